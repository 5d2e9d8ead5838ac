"""The method as written and as corrected [singh]."""

from __future__ import annotations

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
from mtlcore.report.distinctiveness.evidence import BACKBONES, SHORT, name
from mtlcore.report.tables import NAMES
from mtlcore.report.variants import recorded_variants, variants_by_measure

MEASURES = {"final_hidden": ("nodes left", 1), "accuracy": ("average test accuracy (%)", 1)}


def variants(this_run: Evidence, study: str = "table-2") -> Block:
    """Nodes left and accuracy behind every backbone, in every variant that has runs."""
    rows = {row: name(row) for row in BACKBONES}
    several = sum(map(bool, recorded_variants(SHORT, study).values())) > 1
    about = "Table 2 by variant: nodes left and average test accuracy" if several else "Nodes and accuracy"
    return variants_by_measure(SHORT, study, this_run, MEASURES, rows, about=about) + _missing(study)


def _missing(study: str) -> Block:
    """The commands that record the variants of which there are no recorded runs."""
    absent = [variant for variant, evidence in recorded_variants(SHORT, study).items() if evidence is None]
    if not absent:
        return Block("")
    told = " and ".join(
        f"*{NAMES[variant]}* with `python -m mtlcore run {SHORT} {study} --profile desk --variant {variant}`"
        for variant in absent
    )
    return prose(f"Not recorded yet, and so without a column: {told}.")
