"""The method as written and as corrected [singh]."""

from __future__ import annotations

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block
from mtlcore.report.distinctiveness.evidence import BACKBONES, SHORT, name
from mtlcore.report.variants import variants_by_measure

MEASURES = {"final_hidden": ("nodes left", 1), "accuracy": ("average test accuracy (%)", 1)}


def variants(this_run: Evidence, study: str = "table-2") -> Block:
    """Nodes left and accuracy behind every backbone, in every variant that has runs."""
    rows = {row: name(row) for row in BACKBONES}
    about = "Table 2 by variant: nodes left and average test accuracy"
    return variants_by_measure(SHORT, study, this_run, MEASURES, rows, about=about)
