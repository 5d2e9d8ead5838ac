"""Where the time of the training algorithms goes: time per step, steps, and epochs to the same loss [tran]."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, percent, prose
from mtlcore.report.curves import curves
from mtlcore.report.figures import LABELS
from mtlcore.report.measures import mean, metric, rows_with_runs, told
from mtlcore.report.multiobjective.evidence import ROWS, TASKS, capped_of, curve_images, switch_of
from mtlcore.report.tables import table_of

LEAST = 1e-4  # the least share that is printed


def common_loss(evidence: Evidence) -> dict[str, tuple[str, float]]:
    """For each task the row that ends highest on it and its loss, mean of the seeds: the loss that every row reaches.

    So that rows can be compared: how long for the same result, not what in the same time. Of the curves.
    """
    known = _curves(evidence)
    ends = {task: {row: float(found[place, -1]) for row, found in known.items()} for place, task in enumerate(TASKS)}
    return {task: max(of_task.items(), key=lambda end: end[1]) for task, of_task in ends.items() if of_task}


def epochs_to_common_loss(evidence: Evidence) -> dict[str, int]:
    """Epochs after which the mean test loss of every task is as low as the common one."""
    target = np.array([loss for _, loss in common_loss(evidence).values()])
    return {row: int((found <= target[:, None]).all(0).argmax()) + 1 for row, found in _curves(evidence).items()}


def _curves(evidence: Evidence) -> dict[str, NDArray[np.float64]]:
    """Test losses of every row, (tasks, epochs), mean of the seeds."""
    rows = rows_with_runs(evidence, ROWS)
    losses = {row: [curves(evidence.rows[row], f"loss_{task}") for task in TASKS] for row in rows}
    return {row: np.array([loss.mean(0) for loss in found]) for row, found in losses.items() if found[0].size}


def whole_ratios(evidence: Evidence, row: str) -> list[float]:
    """Time of a step of whole trainings over that of averaging with the same seed, one number a seed."""
    own, plain = (
        {one.seed: one.metrics["step_seconds"] for one in evidence.rows.get(name, []) if "step_seconds" in one.metrics}
        for name in (row, "averaging")
    )
    return [own[seed] / plain[seed] for seed in sorted(own.keys() & plain.keys())]


def time_table(evidence: Evidence, *, name: str) -> Block:
    """Time taken apart: milliseconds a step, steps, their product, and what it takes to a loss that all rows reach."""
    reached = epochs_to_common_loss(evidence)
    rows = []
    for row in rows_with_runs(evidence, ROWS):
        rows.append(
            [
                LABELS.get(row, row),
                told([1000 * value for value in metric(evidence, row, "step_seconds")], 1),
                told(whole_ratios(evidence, row)),
                told(metric(evidence, row, "slowdown")),
                told(metric(evidence, row, "steps")[:1], 0),
                told(metric(evidence, row, "seconds"), 1),
                str(reached.get(row, "–")),
                told(_seconds_until(evidence, row, reached.get(row, 0)), 1),
            ]
        )
    header = ["", "ms a step", "÷ averaging", "÷ averaging, in turns", "steps", "seconds in all",
              "epochs to the common loss", "seconds to it"]  # fmt: skip
    caption = (
        f"Running time taken apart: {evidence.profile} runs, {evidence.seeds} seeds, mean ± sd; {_clock(evidence)}. A "
        "step of a training includes drawing its batch, all backward passes and the solver, not the evaluation; *÷ "
        "averaging* is its time over that of averaging with the same seed. *In turns* is another measurement: steps on "
        "one batch drawn before, which take turns with steps of averaging in one process; the verdict on the cost of "
        "MGDA rests on it. The common loss is, for each task, the highest with which any row ends, mean of the seeds, "
        f"read off the curves{_of_images(evidence)}."
    )
    return table_of(evidence, header, rows, caption=caption, name=name)


def _clock(evidence: Evidence) -> str:
    """By which clock the times are."""
    devices = [str(record.provenance.get("device", "")) for record in evidence.records]
    if all(device.startswith("cpu") for device in devices):
        return "process time, that of the processor's work and not on the wall"
    return "time on the wall on a GPU, process time on a CPU"


def _of_images(evidence: Evidence) -> str:
    sizes = curve_images(evidence)
    return f", which are of the first {sizes[0]:,} test images of a set" if sizes and sizes[0] < sizes[1] else ""


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
        f"""All algorithms take the same number of steps, so over the whole training a difference in time is one of time
        per step.
        {passes}
        {_two_measurements(evidence, "mgda_parameters" if shared else "mgda")}
        Solving the convex problem takes {1e6 * solver:.0f} µs for a shared block on the machine that built this page,
        {_little(solver / step)} of a step of averaging above.
        {switch_words(evidence)}
        {_until_words(evidence)}"""
    )


def _little(share: float) -> str:
    return percent(share, 2) if share >= LEAST else f"below {percent(LEAST, 2)}"


def _separate_passes(slow: Mapping[str, float | None]) -> str:
    others = _listed({row: slow.get(row) for row in ("gradnorm", "hybrid")})
    return (
        "With separate inputs every task has its own passes through the trunk, forward and back, whatever is made "
        f"of the gradients: in turns, a step of MGDA takes {slow['mgda']:.2f} times as long as one of averaging"
        f"{others}."
    )


def _shared_passes(slow: Mapping[str, float | None]) -> str:
    others = _listed({row: slow.get(row) for row in ("gradnorm", "hybrid")})
    on_parameters = slow.get("mgda_parameters")
    full = f"takes, in turns, {on_parameters:.2f} times as long" if on_parameters else "has no runs yet"
    return (
        "On a shared input averaging goes back through the trunk once, MGDA on parameters once a task: its step "
        f"{full}. On the representation only the heads are passed once a task, and a step of MGDA takes "
        f"{slow['mgda']:.2f} times as long{others}."
    )


def _two_measurements(evidence: Evidence, row: str) -> str:
    """Why the two ratios of the table are not the same."""
    whole, turns = whole_ratios(evidence, row), mean(evidence, row, "slowdown")
    if not whole or turns is None:
        return ""
    return (
        f"In whole trainings {LABELS[row]} takes {fmean(whole):.2f} times as long as averaging, in turns {turns:.2f}. "
        "These are two measurements: the steps of a training also draw and distort a batch, which costs all algorithms "
        "alike, and trainings run at different times."
    )


def _listed(slow: Mapping[str, float | None]) -> str:
    names = {row: f"the {LABELS[row]}" if row == "hybrid" else LABELS[row] for row in slow}
    return "".join(f", of {names[row]} {value:.2f} times" for row, value in slow.items() if value)


def switch_words(evidence: Evidence) -> str:
    """When the hybrid changes its algorithm, and whether it was made to."""
    if not evidence.rows.get("hybrid"):
        return ""
    switch = switch_of(evidence, "hybrid")
    if switch is None:
        return "In most runs the hybrid never changes to MGDA."
    capped, runs = capped_of(evidence, "hybrid")
    cap = f", in {capped} of {runs} runs in the last epoch that it was allowed" if capped else ""
    return f"The hybrid changes from its first phase to MGDA after epoch {switch:g} (median){cap}."


def _until_words(evidence: Evidence) -> str:
    """How many epochs and seconds a row takes to the common loss, and whose loss that is."""
    reached, common = epochs_to_common_loss(evidence), common_loss(evidence)
    rows = [row for row in ROWS if row in reached]
    if len(rows) < 2:
        return ""
    costs = {row: _seconds_until(evidence, row, reached[row]) for row in rows}
    each = ", ".join(
        f"{LABELS[row]} {reached[row]} epochs" + (f" ({fmean(costs[row]):.1f} s)" if costs[row] else "") for row in rows
    )
    set_by = ", ".join(f"{LABELS[row]} on {LABELS[task]}" for task, (row, _) in common.items())
    return (
        "The thesis wants training to be faster both in time and in epochs (Section 1.3), and on the way to one loss "
        f"epochs count too. To the common loss it takes {each}. That loss is the end of the worst row, here {set_by}: "
        "a row that sets it needs all its epochs by construction."
    )
