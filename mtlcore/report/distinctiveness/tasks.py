"""How many nodes are left with one to four tasks, and with each task alone [singh, Table 3]."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
from mtlcore.report.distinctiveness.constant import unlearned, unlearned_words
from mtlcore.report.distinctiveness.evidence import (
    HIDDEN,
    TASK_HUES,
    TASK_NAMES,
    TASKS,
    means,
    printed,
)
from mtlcore.report.measures import mean, metric
from mtlcore.report.origin import opened, unrecorded
from mtlcore.report.pairing import gap, merged, shared, shared_means, span
from mtlcore.report.verdicts import listed

ROWS = tuple(f"tasks-{count}" for count in range(1, len(TASKS) + 1))
TOP = HIDDEN + 4


def draw_tasks(evidence: Evidence, alone: Evidence | None) -> Figure:
    """Table 3 as a picture: nodes left with one to four tasks, printed and here; and with each task alone."""
    figure, (paper, ours, single) = plt.subplots(1, 3, figsize=(8.8, 3.2), width_ratios=(1, 1, 0.9))
    places = range(1, len(TASKS) + 1)
    paper.plot(places, [printed("table-3", row, "final_hidden") for row in ROWS], "o-", color="#000000")
    for values in zip(*shared(evidence, ROWS, "final_hidden"), strict=True):
        ours.plot(places, values, "-", color="#9aa3ad", lw=1)
    found = means(evidence, "final_hidden", ROWS)
    ours.plot([int(row[-1]) for row in found], list(found.values()), "o-", color="#0072B2")
    runs = f"ours ({evidence.profile}, {evidence.source}), mean and seeds"
    for axes, title in ((paper, "printed"), (ours, runs)):
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("tasks")
        axes.set_xticks(places)
        axes.set_ylim(0, TOP)
    paper.set_ylabel(f"nodes left of {HIDDEN}")
    _draw_alone(single, alone)
    return figure


def _draw_alone(axes: Axes, alone: Evidence | None) -> None:
    for place, task in enumerate(TASKS):
        values = metric(alone, task, "final_hidden")
        if values:
            axes.bar(place, sum(values) / len(values), color=TASK_HUES[task], width=0.65)
            axes.plot([place, place], [min(values), max(values)], color="#222222", lw=1.4)
    axes.set_xticks(range(len(TASKS)), [TASK_NAMES[task] for task in TASKS], fontsize=8.5)
    axes.set_title(f"one task, which? ({alone.profile})" if alone else "one task, which?", fontsize=10)
    axes.set_ylim(0, TOP)
    axes.grid(axis="x", visible=False)


def task_words(evidence: Evidence, alone: Evidence | None, *others: Evidence) -> Block:
    """What each added task does, and whether Table 3 is about the number of tasks or about which they are.

    Args:
        evidence: the study `table-3`.
        alone: the study `single-tasks`.
        others: other runs of `table-3`, of which those like `alone` are set beside it if `evidence` is not like it.
    """
    steps = [
        f"{start} to {start + 1} {change}"
        for start in range(1, 4)
        if (change := gap(evidence, f"tasks-{start + 1}", f"tasks-{start}", "final_hidden", 1))
    ]
    single = {task: value for task in TASKS if (value := mean(alone, task, "final_hidden")) is not None}
    words = opened(f"Nodes left, paired by seed: {'; '.join(steps)}.", evidence) if steps else ""
    if alone and len(single) > 1:
        most, least = max(single, key=single.__getitem__), min(single, key=single.__getitem__)
        words += f"""
        {opened("One task alone leaves", alone)} {span(list(single.values()), 0)} nodes, depending on which:
        {TASK_NAMES[most]} the most, {TASK_NAMES[least]} the fewest.
        {unlearned_words(alone)}
        {_against_all(merged(alone, evidence, *others), list(single))}"""
    return prose(words)


def _against_all(evidence: Evidence, single: Sequence[str]) -> str:
    """Four tasks beside each alone, of runs of one profile, source and variant; nothing where there are no such."""
    four = mean(evidence, ROWS[-1], "final_hidden")
    pairs = {task: shared_means(evidence, (task, ROWS[-1]), "final_hidden") for task in single}
    if four is None or not all(pairs.values()):
        return ""
    at = f" ({evidence.profile})" if unrecorded(evidence) else ""
    above = [TASK_NAMES[task] for task, (one, every) in pairs.items() if one >= every]
    if above:
        verb = "leave" if len(above) > 1 else "leaves"
        counts = "" if unlearned(evidence) else ", so that what a task asks for counts, not only how many there are"
        return f"All four together leave {four:.0f}{at}; {listed(above)} alone {verb} as many or more{counts}."
    return f"All four together leave {four:.0f}{at}, more than any of them alone."
