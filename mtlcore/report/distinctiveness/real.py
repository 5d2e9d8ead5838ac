"""The six backbones themselves, not their thin siblings, where runs of them are recorded [singh, Table 2]."""

from __future__ import annotations

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
from mtlcore.report.distinctiveness.evidence import BACKBONES, SHORT, comparison, means, name, printed
from mtlcore.report.distinctiveness.width import rank_correlation
from mtlcore.report.pairing import signed

STUDY = "real-backbones"
COLUMNS = {
    "parameters": ("parameters of the classifier (M)", 2),
    "feature_width": ("features d", 0),
    "final_hidden": ("nodes left", 1),
    "feature_utilization": ("utilization (%)", 1),
    "accuracy": ("accuracy (%)", 1),
}


def real_table(evidence: Evidence | None) -> Block:
    """What pruning leaves behind the backbones themselves; without runs, the command that makes them."""
    if evidence is None:
        return prose(
            f"""Runs with the backbones themselves are not recorded yet.
            They need a GPU: `python -m mtlcore run {SHORT} {STUDY} --profile desk --device cuda`."""
        )
    rows = {row: name(row) for row in BACKBONES}
    caption = "The six backbones themselves, from random weights"
    return comparison(evidence, COLUMNS, caption=caption, name="tbl-singh-real", rows=rows)


def real_words(evidence: Evidence | None) -> Block:
    """Whether their utilization follows their size, their width, or the document's own order."""
    used = means(evidence, "feature_utilization")
    if len(used) < len(BACKBONES):
        return Block("")
    sides = {
        "their size": means(evidence, "parameters"),
        "the number of their features": means(evidence, "feature_width"),
        "the document's utilizations": {row: printed("table-2", row, "feature_utilization") for row in used},
        "their accuracy": means(evidence, "accuracy"),
    }
    told = ", ".join(f"{signed(rank_correlation(used, side))} with {words}" for words, side in sides.items())
    return prose(f"The rank correlation of their utilization is {told}.")
