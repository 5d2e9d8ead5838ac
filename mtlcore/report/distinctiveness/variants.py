"""The method as written and as corrected [singh]."""

from __future__ import annotations

from mtlcore import profiles, recipes
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, table
from mtlcore.report.distinctiveness.evidence import BACKBONES, SHORT, name
from mtlcore.report.variants import variant_columns

MEASURES = {"final_hidden": "nodes left", "accuracy": "average test accuracy (%)"}


def variants(this_run: Evidence, study: str = "table-2") -> Block:
    """Nodes left and accuracy behind every backbone, in every variant that has runs."""
    recorded = {variant: recipes.recorded(SHORT, study, variant=variant) for variant in profiles.VARIANTS}
    body: list[list[str]] = []
    header = [""]
    seen = this_run
    for measure, title in MEASURES.items():
        columns = [column for column in variant_columns(recorded, this_run, measure) if column.evidence]
        header = ["", *(column.title for column in columns)]
        seen = columns[0].evidence or this_run
        body.append([title])
        body += [[name(row), *(column.cell(row, 1) for column in columns)] for row in BACKBONES]
    caption = (
        f"Table 2 by variant: nodes left and average test accuracy, {seen.profile} runs on {seen.source} data, "
        "mean ± sd (seeds)."
    )
    return table(header, body, caption=caption, name="tbl-singh-variants")
