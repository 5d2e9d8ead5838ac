"""The training algorithms as written, as published and as corrected [tran]."""

from __future__ import annotations

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, table
from mtlcore.report.figures import LABELS
from mtlcore.report.measures import told
from mtlcore.report.multiobjective.evidence import ROWS, SHORT, mean_accuracy
from mtlcore.report.tables import NAMES, heading, sources
from mtlcore.report.variants import recorded_variants, same_runs


def variants(this_run: Evidence, study: str = "balancing") -> Block:
    """Accuracy of every algorithm of the thesis, mean of the three tasks, in every variant recorded and in this run."""
    recorded = recorded_variants(SHORT, study)
    known = [(NAMES[name], one) for name, one in recorded.items()]
    shown = [(heading(name, one), one) for name, one in known if one]
    shown.append((heading(f"this run, {NAMES[this_run.variant]}", this_run), this_run))
    rows = [[LABELS[row], *(_reached(one, row) for _, one in shown)] for row in ROWS]
    caption = (
        "Test accuracy (%), mean of the three tasks, by variant, last epoch, mean ± sd over seeds; in brackets the "
        "seeds of a row that has fewer than its column. The published code distorts its test images and has no "
        "GradNorm that runs."
    )
    if same := same_runs(recorded.get("paper"), recorded.get("corrected"), ROWS):
        caption += f" As written and corrected, these are the same runs: {', '.join(LABELS[row] for row in same)}."
    block = table(["", *(title for title, _ in shown)], rows, caption=caption, name="tbl-tran-variants")
    return block + sources("tbl-tran-variants", {index: one for index, (_, one) in enumerate(shown, start=1)})


def _reached(evidence: Evidence, row: str) -> str:
    found = mean_accuracy(evidence, row)
    return told(found, seeds=len(found) != evidence.seeds)
