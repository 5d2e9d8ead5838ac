"""Where the time of the training algorithms goes: time per step, steps, and epochs to the same loss [tran]."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, percent, prose
from mtlcore.report.curves import curves
from mtlcore.report.figures import LABELS
from mtlcore.report.measures import mean, metric, rows_with_runs, told
from mtlcore.report.multiobjective.evidence import ROWS, TASKS, switch_of
from mtlcore.report.tables import table_of


def epochs_to_common_loss(evidence: Evidence) -> dict[str, int]:
    """Epochs after which the mean test loss of every task is as low as that with which the worst row ends.

    Every row gets there, so that they can be compared: how long for the same result, not what in the same time.
    """
    rows = rows_with_runs(evidence, ROWS)
    losses = {row: [curves(evidence.rows[row], f"loss_{task}") for task in TASKS] for row in rows}
    known = {row: np.array([loss.mean(0) for loss in found]) for row, found in losses.items() if found[0].size}
    target = np.max([found[:, -1] for found in known.values()], axis=0) if known else np.array([])
    return {row: int((found <= target[:, None]).all(0).argmax()) + 1 for row, found in known.items()}


def time_table(evidence: Evidence, *, name: str) -> Block:
    """Time taken apart: milliseconds a step, steps, their product, and what it takes to a loss that all rows reach."""
    reached = epochs_to_common_loss(evidence)
    rows = []
    for row in rows_with_runs(evidence, ROWS):
        rows.append(
            [
                LABELS.get(row, row),
                told([1000 * value for value in metric(evidence, row, "step_seconds")], 1),
                told(metric(evidence, row, "slowdown")),
                told(metric(evidence, row, "steps")[:1], 0),
                told(metric(evidence, row, "seconds"), 1),
                str(reached.get(row, "–")),
                told(_seconds_until(evidence, row, reached.get(row, 0)), 1),
            ]
        )
    header = ["", "ms a step", "÷ averaging", "steps", "seconds in all", "epochs to the common loss", "seconds to it"]
    caption = (
        f"Running time taken apart: {evidence.profile} runs, {evidence.seeds} seeds, mean ± sd. A step includes all "
        "backward passes and the solver, not the evaluation. The common loss is, for each task, the highest with "
        "which any row ends, mean of the seeds."
    )
    return table_of(evidence, header, rows, caption=caption, name=name)


def _seconds_until(evidence: Evidence, row: str, epochs: int) -> list[float]:
    """Seconds of training that so many epochs took, one number a seed."""
    found = curves(evidence.rows[row], "step_seconds")
    steps = metric(evidence, row, "steps")
    if not epochs or not found.size or not steps:
        return []
    return [float(level[:epochs].sum() * steps[0] / found.shape[1]) for level in found]


def time_words(evidence: Evidence, *, solver: float) -> Block:
    """Where the time goes, in sentences.

    Args:
        evidence: runs of a balancing study, on separate inputs or on a shared one.
        solver: seconds that the exact solver takes for one Gramian on this machine.
    """
    slow = {row: mean(evidence, row, "slowdown") for row in rows_with_runs(evidence, ROWS)}
    step = mean(evidence, "averaging", "step_seconds")
    if not slow.get("mgda") or not step:
        return prose("Averaging or MGDA has no runs yet, so that their times cannot be compared.")
    shared = evidence.records[0].config.get("setting") == "shared"
    passes = _shared_passes(slow) if shared else _separate_passes(slow)
    return prose(
        f"""All algorithms take the same number of steps, so a difference in time is one of time per step.
        {passes}
        Solving the convex problem takes {1e6 * solver:.0f} µs for a shared block, {percent(solver / step, 2)} of a step
        of averaging.
        {_switch_words(evidence)}"""
    )


def _separate_passes(slow: Mapping[str, float | None]) -> str:
    others = _listed({row: slow.get(row) for row in ("gradnorm", "hybrid")})
    return (
        "With separate inputs every task has its own passes through the trunk, forward and back, whatever is made "
        f"of the gradients: a step of MGDA takes {slow['mgda']:.2f} times as long as one of averaging{others}."
    )


def _shared_passes(slow: Mapping[str, float | None]) -> str:
    others = _listed({row: slow.get(row) for row in ("gradnorm", "hybrid")})
    on_parameters = slow.get("mgda_parameters")
    full = f"takes {on_parameters:.2f} times as long" if on_parameters else "has no runs yet"
    return (
        "On a shared input averaging goes back through the trunk once, MGDA on parameters once a task: its step "
        f"{full}. On the representation only the heads are passed once a task, and a step of MGDA takes "
        f"{slow['mgda']:.2f} times as long{others}."
    )


def _listed(slow: Mapping[str, float | None]) -> str:
    return "".join(f", of {LABELS[row]} {value:.2f} times" for row, value in slow.items() if value)


def _switch_words(evidence: Evidence) -> str:
    if not evidence.rows.get("hybrid"):
        return ""
    switch = switch_of(evidence, "hybrid")
    if switch is None:
        return "In most runs the hybrid never changes to MGDA."
    return f"The hybrid changes from its first phase to MGDA after epoch {switch:g} (median)."
