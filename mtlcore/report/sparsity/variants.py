"""Table 1 as written, as published and as corrected [upadhyay]."""

from __future__ import annotations

from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay.studies import STRENGTHS
from mtlcore.report.block import Block
from mtlcore.report.sparsity.evidence import ALL, SHORT, tasks_name
from mtlcore.report.variants import variants_by_measure

MEASURES = {
    "iou": ("IoU", 3),
    "cs": ("CS", 3),
    "mae": ("MAE", 3),
    "group_sparsity": ("zero groups (%)", 1),
}
SHOWN = ("seg", "seg_depth", ALL)


def variants(this_run: Evidence) -> Block:
    """Performance and sparsity of three sets of tasks, in every variant that has runs."""
    rows = {f"{tasks}_{strength}": f"{tasks_name(tasks)}, λ = {strength}" for tasks in SHOWN for strength in STRENGTHS}
    return variants_by_measure(SHORT, "table-1", this_run, MEASURES, rows, about="Table 1 by variant")
