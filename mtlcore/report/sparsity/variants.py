"""Table 1 as written, as published and as corrected [upadhyay]."""

from __future__ import annotations

from mtlcore import profiles, recipes
from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay.studies import STRENGTHS
from mtlcore.report.block import Block, table
from mtlcore.report.sparsity.evidence import ALL, SHORT, tasks_name
from mtlcore.report.variants import variant_columns

MEASURES = {
    "iou": ("IoU", 3),
    "cs": ("CS", 3),
    "mae": ("MAE", 3),
    "group_sparsity": ("zero groups (%)", 1),
}
SHOWN = ("seg", "seg_depth", ALL)


def variants(this_run: Evidence) -> Block:
    """Performance and sparsity of three sets of tasks, in every variant that has runs."""
    recorded = {variant: recipes.recorded(SHORT, "table-1", variant=variant) for variant in profiles.VARIANTS}
    body: list[list[str]] = []
    header, seen = [""], this_run
    for measure, (title, places) in MEASURES.items():
        columns = [column for column in variant_columns(recorded, this_run, measure) if column.evidence]
        header = ["", *(column.title for column in columns)]
        seen = columns[0].evidence or this_run
        body.append([title])
        for tasks in SHOWN:
            for strength in STRENGTHS:
                cells = [column.cell(f"{tasks}_{strength}", places) for column in columns]
                if any(cell != "–" for cell in cells):
                    body.append([f"{tasks_name(tasks)}, λ = {strength}", *cells])
    caption = f"Table 1 by variant, {seen.profile} runs on {seen.source} data, mean ± sd (seeds)."
    return table(header, body, caption=caption, name=f"tbl-{SHORT}-variants")
