"""How many nodes are left with one to four tasks, and with each task alone [singh, Table 3]."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
from mtlcore.report.distinctiveness.evidence import HIDDEN, TASK_HUES, TASK_NAMES, TASKS, means, printed
from mtlcore.report.measures import mean, metric
from mtlcore.report.pairing import gap, span
from mtlcore.report.verdicts import listed

ROWS = tuple(f"tasks-{count}" for count in range(1, len(TASKS) + 1))
TOP = HIDDEN + 4


def draw_tasks(evidence: Evidence, alone: Evidence | None) -> Figure:
    """Table 3 as a picture: nodes left with one to four tasks, printed and here; and with each task alone."""
    figure, (paper, ours, single) = plt.subplots(1, 3, figsize=(8.8, 3.2), width_ratios=(1, 1, 0.9))
    places = range(1, len(TASKS) + 1)
    paper.plot(places, [printed("table-3", row, "final_hidden") for row in ROWS], "o-", color="#000000")
    for seeds in zip(*(metric(evidence, row, "final_hidden") for row in ROWS), strict=False):
        ours.plot(places, seeds, "-", color="#9aa3ad", lw=1)
    found = means(evidence, "final_hidden", ROWS)
    ours.plot([int(row[-1]) for row in found], list(found.values()), "o-", color="#0072B2")
    for axes, title in ((paper, "printed, one run"), (ours, f"ours ({evidence.source}), mean and seeds")):
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
    axes.set_title("one task, which?", fontsize=10)
    axes.set_ylim(0, TOP)
    axes.grid(axis="x", visible=False)


def task_words(evidence: Evidence, alone: Evidence | None) -> Block:
    """What each added task does, and whether Table 3 is about the number of tasks or about which they are."""
    steps = [
        f"{start} to {start + 1} {change}"
        for start in range(1, 4)
        if (change := gap(evidence, f"tasks-{start + 1}", f"tasks-{start}", "final_hidden", 1))
    ]
    single = {task: value for task in TASKS if (value := mean(alone, task, "final_hidden")) is not None}
    words = f"Nodes left, paired by seed: {'; '.join(steps)}." if steps else ""
    if len(single) > 1:
        most, least = max(single, key=single.__getitem__), min(single, key=single.__getitem__)
        words += f"""
        One task alone leaves {span(list(single.values()), 0)} nodes, depending on which: {TASK_NAMES[most]} the most,
        {TASK_NAMES[least]} the fewest.
        {_against_all(evidence, single)}"""
    return prose(words)


def _against_all(evidence: Evidence, single: Mapping[str, float]) -> str:
    four = mean(evidence, "tasks-4", "final_hidden")
    if four is None:
        return ""
    above = [TASK_NAMES[task] for task, value in single.items() if value >= four]
    if above:
        return (
            f"All four together leave {four:.0f}; {listed(above)} alone {'leave' if len(above) > 1 else 'leaves'} as "
            "many or more, so that what a task asks for counts, not only how many there are."
        )
    return f"All four together leave {four:.0f}, more than any of them alone."
