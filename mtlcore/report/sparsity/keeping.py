"""Which task keeps which channels, and whether networks trained apart keep the same ones."""

from __future__ import annotations

import itertools
import statistics

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay import keeping
from mtlcore.report.block import Block, prose
from mtlcore.report.curves import curves
from mtlcore.report.sparsity.evidence import (
    ALL,
    SHARED_HUE,
    SHORT,
    STRONG,
    TASK_HUES,
    TASK_NAMES,
    ZERO_HUE,
    short_name,
    tasks_name,
    where,
)
from mtlcore.report.sparsity.layers import layers_of
from mtlcore.report.tables import table_of

SHOWN = ("seg_depth", "seg_normal", "normal_depth", ALL)
PAIRS = (*itertools.combinations(("seg", "normal", "depth"), 2), *((one, ALL) for one in ("seg", "normal", "depth")))


def shares(evidence: Evidence, tasks: str) -> dict[str, dict[str, float]]:
    """What becomes of each stage's channels, in %: stage -> task, `shared` or `zero` -> share; empty without runs."""
    records = evidence.rows.get(f"{tasks}_{STRONG}", [])
    before = curves(records, "channels_before")
    if not before.size:
        return {}
    found = layers_of(evidence)
    kept = {name: curves(records, f"kept_{name}") for name in (*tasks.split("_"), "shared")}
    whole = {}
    for stage in found.known:
        inside = found.of(stage)
        total = before[:, inside].sum()
        parts = {name: 100 * float(curve[:, inside].sum() / total) for name, curve in kept.items() if curve.size}
        whole[stage] = parts | {"zero": 100 - sum(parts.values())}
    return whole


def draw_keeping(evidence: Evidence) -> Figure:
    """A panel a set of tasks, a bar a stage: channels of one task, of several, and of none."""
    figure, grid = plt.subplots(1, 4, figsize=(9.6, 3.4), sharey=True)
    for axes, tasks in zip(grid, SHOWN, strict=True):
        _draw(axes, shares(evidence, tasks))
        axes.set_title(short_name(tasks), fontsize=9.5)
    grid[0].set_ylabel("input channels (%)", fontsize=9)
    handles, labels = grid[-1].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=8.5)
    return figure


def _draw(axes: Axes, whole: dict[str, dict[str, float]]) -> None:
    places = np.arange(len(whole))
    base = np.zeros(len(whole))
    names = {name: None for parts in whole.values() for name in parts}
    for name in names:
        heights = np.array([parts.get(name, 0.0) for parts in whole.values()])
        axes.bar(places, heights, 0.8, bottom=base, color=_hue(name), label=_label(name))
        base += heights
    axes.set_xticks(places, [stage.removeprefix("stage ") for stage in whole], fontsize=8.5)
    axes.set_xlabel("stage", fontsize=9)
    axes.set_ylim(0, 100)
    axes.grid(axis="x", visible=False)


def _hue(name: str) -> str:
    return TASK_HUES.get(name, {"shared": SHARED_HUE, "zero": ZERO_HUE}.get(name, "#000000"))


def _label(name: str) -> str:
    words = {"shared": "needed by several", "zero": "zero"}
    return words.get(name) or f"mostly {TASK_NAMES[name]}"


def keeping_words(evidence: Evidence) -> Block:
    """Of the channels that are left with all three tasks, how many are a task's own, and how many shared."""
    records = evidence.rows.get(f"{ALL}_{STRONG}", [])
    kept = {name: curves(records, f"kept_{name}").sum() for name in (*ALL.split("_"), "shared")}
    total = sum(kept.values())
    if not total:
        return prose("Of these runs no backbone has a channel left, or none tells who needs it.")
    told = ", ".join(f"{TASK_NAMES[name]} {100 * kept[name] / total:.0f} %" for name in ALL.split("_"))
    return prose(
        f"""With all three tasks {100 * kept["shared"] / total:.0f} % of the living channels are needed by several; one
        task needs more than {keeping.LEAD:g} times as much as any other: {told}.
        The document expects that sparsity keeps the channels that several tasks share and drops what serves none."""
    )


def overlap_table(evidence: Evidence) -> Block:
    """For pairs of task sets, trained apart from the same first weights: how many living channels both keep."""
    rows = []
    for left, right in PAIRS:
        found = overlaps(evidence, left, right)
        if found:
            both, drawn = (statistics.fmean(values) for values in zip(*found, strict=True))
            rows.append([f"{tasks_name(left)} | {tasks_name(right)}", f"{100 * both:.0f}", f"{100 * drawn:.0f}"])
    caption = (
        f"Living input channels that two networks both keep, in % of those that either keeps, at λ = {STRONG}; trained "
        f"apart from the same first weights, mean of the seeds ({where(evidence)}). By chance: were as many living "
        "channels of each convolution drawn at random."
    )
    header = ["", "both keep (%)", "by chance (%)"]
    return table_of(evidence, header, rows, caption=caption, name=f"tbl-{SHORT}-overlap")


def overlaps(evidence: Evidence, left: str, right: str) -> list[keeping.Overlap]:
    """The overlap of two sets of tasks for every seed that has both; those of which one keeps nothing are left out."""
    sides = [
        {record.seed: record for record in evidence.rows.get(f"{tasks}_{STRONG}", []) if "alive" in record.provenance}
        for tasks in (left, right)
    ]
    found = []
    for seed in sorted(set(sides[0]) & set(sides[1])):
        one, other = (keeping.alive_of(side[seed]) for side in sides)
        if all(any(bool(part.any()) for part in side) for side in (one, other)):
            found.append(keeping.overlap(one, other))
    return found


def overlap_words(evidence: Evidence) -> Block:
    """By how much networks keep the same channels more often than chance, the range over all pairs."""
    lead = []
    for left, right in PAIRS:
        found = overlaps(evidence, left, right)
        if found:
            lead.append(100 * statistics.fmean(one.found - one.by_chance for one in found))
    if not lead:
        return Block("")
    low, high = (f"{end(lead):.0f}".replace("-", "−") for end in (min, max))
    points = f"between {low} and {high}" if low != high else low
    return prose(
        f"""Over all {len(lead)} pairs, two networks have {points} points more than chance in common, mean of the seeds.
        Channels have no meaning before training, so that two networks agree only where first weights and images decide
        what a channel becomes."""
    )
