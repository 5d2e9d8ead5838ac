"""Table 1 as written, as published and as corrected [upadhyay]."""

from __future__ import annotations

import dataclasses

from mtlcore import profiles
from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay.studies import STRENGTHS
from mtlcore.report.block import Block, prose
from mtlcore.report.sparsity.evidence import ALL, SHORT, tasks_name
from mtlcore.report.tables import NAMES
from mtlcore.report.variants import recorded_variants, variants_by_measure
from mtlcore.report.verdicts import listed

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
    shown = variants_by_measure(SHORT, "table-1", this_run, MEASURES, rows, about="Table 1 by variant")
    return shown + variants_words(this_run)


def variants_words(this_run: Evidence) -> Block:
    """Of which variants no runs are recorded, and the commands that record them; nothing where all are."""
    recorded = recorded_variants(SHORT, "table-1")
    missing = [variant for variant, evidence in recorded.items() if evidence is None]
    if not missing:
        return Block("")
    like = next((evidence for evidence in recorded.values() if evidence), this_run)
    profile = like.profile if like.profile in profiles.RECORDED else profiles.RECORDED[-1]
    commands = [f"`{dataclasses.replace(like, variant=variant, profile=profile).command}`" for variant in missing]
    return prose(
        f"No runs are recorded {listed(NAMES[variant] for variant in missing)}; {listed(commands)} "
        f"{'records' if len(missing) == 1 else 'record'} them."
    )
