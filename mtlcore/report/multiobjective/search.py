"""The architecture search: trees (Fig. 8), stress against recognition, losses in nats (Table 1) [tran]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from mtlcore import claims
from mtlcore.claims import FEWEST_SEEDS, interval
from mtlcore.recipes import Evidence
from mtlcore.recipes.tran.trees import TREES, UNSPLIT, chains_of
from mtlcore.report.block import Block, prose, table
from mtlcore.report.figures import COLOURS, LABELS
from mtlcore.report.measures import mean, metric, told
from mtlcore.report.multiobjective.evidence import (
    INITIALS,
    SHORT,
    TASKS,
    difference,
    mean_accuracies,
    mean_accuracy,
    mean_of_tasks,
    paired_accuracy,
    side,
)
from mtlcore.report.multiobjective.trees import SHARED, Panel
from mtlcore.report.pairing import signed
from mtlcore.report.tables import sources

PRINTED = 250  # 10,000 test images in 40 batches: what the printed losses are divided by
PICKS = {"ours": "search", "random_1": "random 1", "random_2": "random 2"}


def tree_panels(evidence: Evidence) -> list[Panel]:
    """All splits and the network unsplit: how often the search and chance came to each, and what it reaches."""
    panels = []
    for tree in (*TREES, UNSPLIT):
        title = UNSPLIT if tree == UNSPLIT else f"{INITIALS[tree.removesuffix('_alone')]} alone"
        lines = [_reached(evidence, tree)]
        if tree != UNSPLIT:
            lines += [_picked(evidence, row, TREES.index(tree)) for row in PICKS]
        panels.append(Panel(title, chains_of(tree), tuple(lines)))
    return panels


def _reached(evidence: Evidence, tree: str) -> str:
    """Accuracy (%) of a tree on the three tasks, mean over the seeds."""
    found = {task: mean(evidence, tree, f"accuracy_{task}") for task in TASKS}
    return "  ".join(f"{INITIALS[task]} {100 * value:.1f}" for task, value in found.items() if value is not None)


def _picked(evidence: Evidence, row: str, alone: int) -> str:
    """In how many runs a row of the table is the tree with that task alone."""
    picks = metric(evidence, row, "alone")
    return f"{PICKS[row]}: {picks.count(float(alone))} of {len(picks)}"


def tree_words(evidence: Evidence) -> Block:
    """How far the trees are apart, against how far the seeds of one tree are."""
    by_tree = {tree: mean_accuracy(evidence, tree) for tree in TREES}
    means = mean_accuracies(evidence, TREES)
    if len(means) < len(TREES):
        return prose("The trees have no runs yet.")
    best, worst = max(means, key=lambda tree: means[tree]), min(means, key=lambda tree: means[tree])
    spread = float(np.mean([np.std(values, ddof=1) for values in by_tree.values()])) if evidence.seeds > 1 else None
    seeds = f"; the seeds of one tree spread by {spread:.2f} (standard deviation)" if spread is not None else ""
    unsplit = mean_accuracies(evidence, (*TREES, UNSPLIT)).get(UNSPLIT)
    whole = f", the network unsplit {unsplit:.2f} %" if unsplit is not None else ""
    return prose(
        f"""The best split has {LABELS[best.removesuffix("_alone")]} alone and a mean accuracy of {means[best]:.2f} %,
        the worst, with {LABELS[worst.removesuffix("_alone")]} alone, {means[worst]:.2f} %{whole}.
        That is {means[best] - means[worst]:.2f} points between the best and the worst{seeds}.
        {pick_words(evidence)}"""
    )


def usual_pick(evidence: Evidence) -> tuple[str, int, int] | None:
    """The split that the search comes to most often, in how many runs, and how many runs there are.

    None without runs, and where two splits are picked equally often.
    """
    picks = Counter(TREES[int(place)] for place in metric(evidence, "ours", "alone") if place >= 0)
    if not picks:
        return None
    (tree, times), *others = picks.most_common(2)
    if others and others[0][1] == times:
        return None
    return tree, times, picks.total()


def lowest_in(evidence: Evidence, tree: str) -> tuple[int, int]:
    """In how many seeds a split has the lowest mean accuracy of all splits, and how many seeds there are."""
    by_tree = {one: mean_of_tasks(evidence, one, "accuracy") for one in TREES}
    seeds = set.intersection(*(set(found) for found in by_tree.values()))
    return sum(by_tree[tree][seed] == min(found[seed] for found in by_tree.values()) for seed in seeds), len(seeds)


def best_split(evidence: Evidence) -> str | None:
    """The split with the highest mean accuracy, mean of the seeds; None where one has no runs."""
    means = mean_accuracies(evidence, TREES)
    return max(means, key=means.__getitem__) if len(means) == len(TREES) else None


def unsettled(evidence: Evidence, tree: str, best: str) -> bool:
    """Whether the interval of the difference of two splits, paired by seed, covers zero or too few seeds are paired."""
    return not side(paired_accuracy(evidence, tree, best))


def pick_words(evidence: Evidence) -> str:
    """How good the split is that the search usually picks, against all three."""
    pick, best = usual_pick(evidence), best_split(evidence)
    if pick is None or best is None:
        return ""
    tree, times, runs = pick
    name = f"The search's usual pick, {LABELS[tree.removesuffix('_alone')]} alone ({times} of {runs} runs)"
    if tree == best:
        return f"{name}, has the highest mean accuracy of the three splits."
    lowest, seeds = lowest_in(evidence, tree)
    behind = difference(paired_accuracy(evidence, tree, best))
    return (
        f"{name}, has the lowest mean accuracy of the three splits in {lowest} of {seeds} seeds; minus the best, "
        f"{LABELS[best.removesuffix('_alone')]} alone, it is {behind} points"
        f"{', which is not told from zero' if unsettled(evidence, tree, best) else ''}."
    )


def stress_words(evidence: Evidence) -> Block:
    """Rank correlation of stress and accuracy over the three splits, seed by seed, and its interval."""
    found = correlations(evidence)
    return prose(
        f"{found} Below zero is what the hypothesis asks for." if found else "No stress has been measured yet."
    )


def correlations(evidence: Evidence) -> str:
    """The rank correlations of stress and accuracy as a sentence; nothing where there are none."""
    found = metric(evidence, "all", "correlation")
    if not found:
        return ""
    by_seed = ", ".join(signed(value, 1) for value in found)
    few = "" if side(found) else f" {len(TREES)} trees and so few seeds do not tell it from zero{_beyond(found)}."
    return (
        f"The rank correlation of stress and mean accuracy over the {len(TREES)} splits is {by_seed} in the seeds, "
        f"{difference(found, span=SPAN)} on average with its interval.{few}"
    )


SPAN = (-1.0, 1.0)  # all that a correlation can be


def _beyond(found: Sequence[float]) -> str:
    """Words where the interval of a mean correlation reaches beyond all that a correlation can be."""
    if len(found) < FEWEST_SEEDS:
        return ""
    _, low, high = interval(found)
    if low >= SPAN[0] and high <= SPAN[1]:
        return ""
    return ": the interval reaches beyond all that a correlation can be"


def cost_words(evidence: Evidence) -> Block:
    """How many networks one step of the search trains, against as printed and against T squared times N."""
    counts = {row: metric(evidence, row, "finetunings") for row in ("ours", "printed", "branched")}
    if not all(counts.values()):
        return prose("The search has no runs yet.")
    ours, printed, branched = (f"{values[0]:.0f}" for values in counts.values())
    return prose(
        f"""One step of the search fine-tunes {ours} networks here, because one set of peeled networks serves stress and
        affinity alike; Algorithms 2, 3 and 5 as printed come to {printed} for these tasks and shared blocks.
        What the thesis ascribes to earlier work, $T^2 N$, is {branched}.
        A search of several steps takes so many in each of them.
        These are counts of what the algorithms ask for, the same in every run: the verdict below follows from the
        formulas, by construction, and no experiment could turn it."""
    )


def nats_table(recorded: Evidence | None, this_run: Evidence | None) -> Block:
    """Losses of Table 1 b-d in nats: the printed ones times 250, and ours."""
    paper = claims.load(SHORT)
    columns = [("recorded", recorded), ("this run", this_run)]
    shown = [(title, one) for title, one in columns if one]
    rows: list[list[str]] = []
    for task, letter in zip(TASKS, "bcd", strict=True):
        rows.append([LABELS[task]])
        published = paper.table(f"table-1{letter}")
        place = next(number for number, column in enumerate(published.columns) if column.id == f"loss_{task}")
        for row in published.rows:
            value = float(row.values[place])
            cells = [f"{value:.5f}", f"{PRINTED * value:.3f}"]
            cells += [told(metric(one, row.id, f"nats_{task}"), 3) for _, one in shown]
            rows.append([row.label, *cells])
    caption = f"Test loss of the trees: as printed, the same in nats (times {PRINTED}), and ours in nats, mean ± sd."
    header = ["", "as printed", "printed, in nats", *(f"{title}, in nats" for title, _ in shown)]
    name = "tbl-tran-nats"
    return table(header, rows, caption=caption, name=name) + sources(
        name, {index: one for index, (_, one) in enumerate(shown, start=3)}
    )


def draw_stress(evidence: Evidence) -> Figure:
    """Stress of each tree against its mean accuracy; the three splits of a seed are joined, unsplit networks hollow."""
    figure, axes = plt.subplots(figsize=(6.2, 3.7))
    points = {
        tree: list(zip(metric(evidence, tree, "stress"), metric(evidence, tree, "accuracy"), strict=True))
        for tree in (*TREES, UNSPLIT)
    }
    for of_seed in zip(*(points[tree] for tree in TREES), strict=True):
        x, y = zip(*sorted(of_seed), strict=True)
        axes.plot(x, [100 * value for value in y], color="#7a828e", lw=0.9, zorder=1)
    for tree, found in points.items():
        alone = tree.removesuffix("_alone")
        colour = SHARED if tree == UNSPLIT else COLOURS[alone]
        label = UNSPLIT if tree == UNSPLIT else f"{LABELS[alone]} alone"
        axes.scatter(
            [stress for stress, _ in found],
            [100 * accuracy for _, accuracy in found],
            s=38,
            facecolor="white" if tree == UNSPLIT else colour,
            edgecolor="#7a828e" if tree == UNSPLIT else colour,
            label=label,
            zorder=2,
        )
    axes.set_xlabel("stress of the tree, summed over its shared blocks")
    axes.set_ylabel("accuracy, mean of three tasks (%)")
    figure.legend(loc="outside lower center", ncols=2, fontsize=9)
    return figure
