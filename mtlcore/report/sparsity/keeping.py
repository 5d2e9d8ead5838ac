"""Which task keeps which channels, and whether networks trained apart keep the same ones."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtlcore.claims import interval
from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay import keeping
from mtlcore.report.block import Block, prose
from mtlcore.report.curves import curves
from mtlcore.report.origin import note, runs_of
from mtlcore.report.pairing import signed
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
from mtlcore.results import Record

SHOWN = ("seg_depth", "seg_normal", "normal_depth", ALL)
PAIRS = (*itertools.combinations(("seg", "normal", "depth"), 2), *((one, ALL) for one in ("seg", "normal", "depth")))


DENSE = "0"
SHARED = "shared"


def pairs(evidence: Evidence, tasks: str) -> dict[str, list[Record]]:
    """Runs of a set of tasks at λ = 0 and at the document's, of the seeds that both have; all where one has none."""
    found = {strength: evidence.rows.get(f"{tasks}_{strength}", []) for strength in (DENSE, STRONG)}
    seeds = set.intersection(*({record.seed for record in records} for records in found.values()))
    if not seeds:
        return found
    return {strength: [one for one in records if one.seed in seeds] for strength, records in found.items()}


def shares(evidence: Evidence, tasks: str, strength: str = STRONG) -> dict[str, dict[str, float]]:
    """What becomes of each stage's channels, in %: stage -> task, `shared` or `zero` -> share; empty without runs."""
    records = pairs(evidence, tasks)[strength]
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
    """A panel a set of tasks, two bars a stage, λ = 0 and the document's: channels of one task, of several, of none."""
    figure, grid = plt.subplots(1, 4, figsize=(9.6, 3.4), sharey=True)
    for axes, tasks in zip(grid, SHOWN, strict=True):
        for side, strength in ((-1, DENSE), (1, STRONG)):
            _draw(axes, shares(evidence, tasks, strength), side)
        _ticks(axes, shares(evidence, tasks) or shares(evidence, tasks, DENSE))
        axes.set_title(short_name(tasks), fontsize=9.5)
    grid[0].set_ylabel("input channels (%)", fontsize=9)
    known = {label: handle for axes in grid for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    order = [label for name in (*ALL.split("_"), "shared", "zero") if (label := _label(name)) in known]
    if order:
        handles = [known[label] for label in order]
        figure.legend(handles, order, loc="outside lower center", ncols=5, fontsize=8.5)
    note(figure, runs_of(evidence))
    return figure


def _draw(axes: Axes, whole: dict[str, dict[str, float]], side: int) -> None:
    places = np.arange(len(whole)) + side * 0.22
    base = np.zeros(len(whole))
    names = {name: None for parts in whole.values() for name in parts}
    for name in names:
        heights = np.array([parts.get(name, 0.0) for parts in whole.values()])
        axes.bar(places, heights, 0.4, bottom=base, color=_hue(name), label=_label(name))
        base += heights


def _ticks(axes: Axes, whole: dict[str, dict[str, float]]) -> None:
    places = np.arange(len(whole))
    axes.set_xticks(places, [stage.removeprefix("stage ") for stage in whole], fontsize=8.5)
    axes.set_xlabel("stage", fontsize=9)
    axes.set_ylim(0, 100)
    axes.grid(axis="x", visible=False)


def _hue(name: str) -> str:
    return TASK_HUES.get(name, {"shared": SHARED_HUE, "zero": ZERO_HUE}.get(name, "#000000"))


def _label(name: str) -> str:
    words = {"shared": "needed by several", "zero": "zero"}
    return words.get(name) or f"mostly {TASK_NAMES[name]}"


def needs_by_seed(records: Sequence[Record]) -> dict[int, dict[str, float]]:
    """Whose the living channels are, in %: seed -> task or `shared` -> share; runs without channels are left out."""
    found = {}
    for record in records:
        kept = {name.removeprefix("kept_"): sum(curve) for name, curve in record.curves.items() if name[:5] == "kept_"}
        if total := sum(kept.values()):
            found[record.seed] = {name: 100 * count / total for name, count in kept.items()}
    return found


def keeping_words(evidence: Evidence) -> Block:
    """Of the channels left with all three tasks, how many are a task's own, and how many shared; and at λ = 0.

    All of it is the mean over the seeds that have living channels at both λ, so that differences add up.
    """
    dense, sparse = (needs_by_seed(records) for records in pairs(evidence, ALL).values())
    seeds = sorted(set(dense) & set(sparse)) or sorted(sparse)
    if not seeds:
        return prose("Of these runs no backbone has a channel left, or none tells who needs it.")
    shares = {
        name: statistics.fmean(sparse[seed].get(name, 0.0) for seed in seeds) for name in (*ALL.split("_"), SHARED)
    }
    told = ", ".join(f"{TASK_NAMES[name]} {shares[name]:.0f} %" for name in ALL.split("_"))
    return prose(
        f"""With all three tasks, at λ = {STRONG}, {shares[SHARED]:.1f} % of the living channels are needed by several;
        one task needs more than {keeping.LEAD:g} times as much as any other: {told}.
        The document expects that sparsity keeps the channels that several tasks share and drops what serves none.
        {_control(dense, sparse)}"""
    )


def _control(dense: Mapping[int, Mapping[str, float]], sparse: Mapping[int, Mapping[str, float]]) -> str:
    """The shared channels at the document's λ less those at λ = 0, paired by seed."""
    sides = [(sparse[seed].get(SHARED, 0.0), dense[seed].get(SHARED, 0.0)) for seed in sorted(set(dense) & set(sparse))]
    if len(sides) < 2:
        return ""
    middle, low, high = interval([one - other for one, other in sides])
    found = f"{signed(middle, 1)} points [{signed(low, 1)}, {signed(high, 1)}]"
    share = f"{statistics.fmean(other for _, other in sides):.1f} %"
    if low <= 0 <= high:
        return (
            f"Without a penalty it is {share}; the difference, paired by seed, is {found}: these runs do not tell "
            "whether it changes."
        )
    which = "more" if low > 0 else "fewer"
    return f"Without a penalty it is {share}; with it {which} are shared, {found}, paired by seed."


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
    low, high = (signed(end(lead), 1) for end in (min, max))
    points = f"{low} to {high}" if low != high else low
    return prose(
        f"""What two networks have in common lies {points} points from chance over all {len(lead)} pairs, mean of the
        seeds.
        Channels have no meaning before training, so that two networks agree only where first weights and images decide
        what a channel becomes."""
    )
