"""Architectures as pictures: the four kinds of Fig. 1, and the trees of Fig. 8 [tran]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from mtlcore.report.figures import COLOURS, LABELS
from mtlcore.report.multiobjective.evidence import INITIALS, TASKS

Chains = Mapping[str, Sequence[int]]
SHARED = "#c9ced6"
LINK = "#7a828e"
WIDTH, HEIGHT = 0.72, 0.5


class Panel(NamedTuple):
    """One tree of a figure: its title, its chains, and lines to set below it."""

    title: str
    chains: Chains
    lines: tuple[str, ...] = ()


def layout(chains: Chains) -> dict[int, tuple[float, float]]:
    """Where blocks stand: above their tasks' middle, from input (bottom) to output; tasks that share most side by side.

    Args:
        chains: task -> block indexes from input to output.

    Returns:
        Block -> (x, depth).
    """
    order = sorted(chains, key=lambda task: tuple(chains[task]))
    places: dict[int, list[tuple[float, float]]] = {}
    for x, task in enumerate(order):
        for depth, block in enumerate(chains[task]):
            places.setdefault(block, []).append((float(x), float(depth)))
    return {block: (sum(x for x, _ in of) / len(of), max(y for _, y in of)) for block, of in places.items()}


def draw_tree(axes: Axes, chains: Chains) -> None:
    """Draw one tree, upwards; every block carries the initials of the tasks that use it."""
    places = layout(chains)
    users = {block: [task for task in chains if block in chains[task]] for block in places}
    links = {pair for chain in chains.values() for pair in pairwise(chain)}
    for parent, child in sorted(links):
        _arrow(axes, places[parent], places[child])
    for block, place in places.items():
        alone = len(users[block]) == 1
        colour = COLOURS[users[block][0]] if alone else SHARED
        _box(axes, place, colour, " ".join(INITIALS[task] for task in users[block]), "white" if alone else "#222222")
    _frame(axes, len(chains), max(y for _, y in places.values()))


def draw_trees(panels: Sequence[Panel], *, columns: int = 3) -> Figure:
    """Trees side by side with what they reach (Fig. 8)."""
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(8.4, 2.75 * rows), squeeze=False)
    for place in axes.flat:
        place.axis("off")
    for place, panel in zip(axes.flat, panels, strict=False):
        draw_tree(place, panel.chains)
        place.set_title(panel.title, fontsize=10.5, weight="bold")
        place.text(1, -0.62, "\n".join(panel.lines), ha="center", va="top", fontsize=8.5, linespacing=1.45)
        place.set_ylim(bottom=-0.75 - 0.33 * max(len(one.lines) for one in panels))
    return figure


def draw_architectures() -> Figure:
    """The four kinds of multi-task architecture that the thesis distinguishes (Fig. 1)."""
    figure, axes = plt.subplots(1, 4, figsize=(8.6, 2.9))
    for place, (title, chains) in zip(axes, _kinds().items(), strict=True):
        draw_tree(place, chains)
        place.set_title(title, fontsize=10.5, weight="bold")
        place.axis("off")
    for depth in (0, 1):  # columns exchange what they compute at each depth
        for left in (0, 1):
            _arrow(axes[1], (left + 0.38, depth), (left + 0.62, depth), both=True)
        for number, task in enumerate(TASKS):  # and universal blocks have small scales a task
            _sliver(axes[3], 1.62 + 0.2 * number, depth, COLOURS[task])
    colours = {"shared": SHARED} | {f"{INITIALS[task]}: {LABELS[task]}": COLOURS[task] for task in TASKS}
    handles = [plt.Rectangle((0, 0), 1, 1, color=colour, lw=0) for colour in colours.values()]
    figure.legend(handles, colours, loc="outside lower center", ncols=4, fontsize=9)
    return figure


def _kinds() -> dict[str, Chains]:
    """The four kinds as chains, for three tasks with two blocks before their heads."""
    first, second, third = TASKS
    heads = dict(zip(TASKS, (10, 11, 12), strict=True))
    return {
        "(a) shared trunk": {task: (0, 1, head) for task, head in heads.items()},
        "(b) a column each": {task: (20 + number, 30 + number, heads[task]) for number, task in enumerate(TASKS)},
        "(c) branching": {first: (0, 2, heads[first]), second: (0, 1, heads[second]), third: (0, 1, heads[third])},
        "(d) universal": dict.fromkeys(TASKS, (0, 1, heads[first])),
    }


def _sliver(axes: Axes, x: float, y: float, colour: str) -> None:
    axes.add_patch(FancyBboxPatch((x, y - 0.2), 0.1, 0.4, boxstyle="round,pad=0.02", lw=0, facecolor=colour))


def _box(axes: Axes, place: tuple[float, float], colour: str, text: str, ink: str) -> None:
    x, y = place
    axes.add_patch(
        FancyBboxPatch(
            (x - WIDTH / 2, y - HEIGHT / 2), WIDTH, HEIGHT, boxstyle="round,pad=0.03", facecolor=colour, lw=0, zorder=3
        )
    )
    axes.text(x, y, text, ha="center", va="center", color=ink, fontsize=10, weight="bold", zorder=4)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], *, both: bool = False) -> None:
    upright = start[1] != end[1]
    tail = (start[0], start[1] + HEIGHT / 2) if upright else start
    head = (end[0], end[1] - HEIGHT / 2) if upright else end
    style = "<|-|>" if both else "-|>"
    axes.add_patch(
        FancyArrowPatch(tail, head, arrowstyle=style, mutation_scale=9, color=LINK, lw=1.3, shrinkA=0, shrinkB=0)
    )


def _frame(axes: Axes, tasks: int, deepest: float) -> None:
    axes.set_xlim(-0.6, tasks - 0.4)
    axes.set_ylim(-0.45, deepest + 0.45)
