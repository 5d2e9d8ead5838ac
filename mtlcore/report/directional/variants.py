"""The techniques as written and as corrected [ge]."""

from __future__ import annotations

from mtlcore import profiles, recipes
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block
from mtlcore.report.directional.evidence import ANGLES, SHORT, TASKS
from mtlcore.report.variants import compare_variants, variant_columns

ROWS = ("baseline", *(f"nb-{angle}" for angle in ANGLES), *(f"wm-{angle}" for angle in ANGLES))


def variants(this_run: Evidence, study: str = "thresholds") -> Block:
    """Test accuracy on both tasks and the units removed, of every row of Table 2 and the baseline, in every variant."""
    recorded = {name: recipes.recorded(SHORT, study, variant=name) for name in profiles.VARIANTS}
    blocks = [
        compare_variants(
            variant_columns(recorded, this_run, measure), ROWS, about=about, name=f"tbl-ge-variants-{word}", decimals=1
        )
        for measure, word, about in (
            *((measure, task, f"Test accuracy on {task} (%) by variant") for measure, task in TASKS.items()),
            ("neurons_pruned", "units", "Units removed by variant"),
        )
    ]
    return blocks[0] + blocks[1] + blocks[2]
