"""The techniques as written and as corrected [ge]."""

from __future__ import annotations

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, table
from mtlcore.report.directional.evidence import ANGLES, SHORT, compared, where
from mtlcore.report.figures import LABELS
from mtlcore.report.measures import metric, rows_with_runs, told
from mtlcore.report.variants import variants_by_measure

ROWS = ("baseline", *(f"nb-{angle}" for angle in ANGLES), *(f"wm-{angle}" for angle in ANGLES))

MEASURES = {
    "accuracy_t1": ("accuracy on type (%)", 1),
    "accuracy_t2": ("accuracy on colour (%)", 1),
    "neurons_pruned": ("units removed", 1),
}


def variants(this_run: Evidence, study: str = "thresholds") -> Block:
    """Test accuracy and the units removed, of every row of Table 2 and the baseline, in every variant that has runs."""
    rows = {row: LABELS[row] for row in ROWS}
    about = "Table 2 by variant: test accuracy and units removed"
    return variants_by_measure(SHORT, study, this_run, MEASURES, rows, about=about)


def alternatives_table(evidence: Evidence) -> Block:
    """Accuracy and units removed under other readings of the text."""
    columns = {"accuracy_t1": ("type (%)", 2), "accuracy_t2": ("colour (%)", 2), "neurons_pruned": ("units removed", 1)}
    rows = [
        [
            LABELS.get(row, row),
            *(told(metric(evidence, row, name), places, seeds=True) for name, (_, places) in columns.items()),
        ]
        for row in rows_with_runs(evidence)
    ]
    caption = (
        "Other readings of what the text leaves open: test accuracy and units removed, mean ± sd, in brackets the "
        f"seeds of the row ({where(evidence)})."
    )
    header = ["", *(title for title, _ in columns.values())]
    return table(header, rows, caption=caption, name="tbl-ge-alternatives")


def alternatives_words(evidence: Evidence) -> Block:
    """What twice the epochs give without any pruning, and what Weight Matrix adds to that."""
    return compared(
        evidence,
        {
            "twice the epochs against once, without pruning": ("baseline-twice", "baseline"),
            "Weight Matrix at 15° against the baseline": ("wm-15", "baseline"),
            "Weight Matrix at 15° against the baseline with twice the epochs": ("wm-15", "baseline-twice"),
        },
    )
