"""Whether training on the hardest samples helps the rare classes, class by class [singh, Section 2.2]."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtlcore.data.vehiclex_labels import CLASSES
from mtlcore.recipes import Evidence
from mtlcore.recipes.singh.config import LABELS
from mtlcore.recipes.singh.evaluation import RARE
from mtlcore.report.block import Block, prose
from mtlcore.report.distinctiveness.evidence import TASK_HUES, TASK_NAMES, comparison, plain_logarithmic
from mtlcore.report.origin import note, opened, runs_of
from mtlcore.report.pairing import gap, signed
from mtlcore.report.verdicts import listed
from mtlcore.results import Record

HARDEST, ALL = "hardest-70", "all"
ROWS = {HARDEST: "hardest 70 % of the batch", ALL: "whole batch"}
COLUMNS = {
    "accuracy": ("accuracy (%)", 1),
    "balanced_accuracy": ("mean recall of the classes (%)", 1),
    "rare_accuracy": ("of the rarest third (%)", 1),
    "feature_utilization": ("utilization (%)", 1),
}
LETTER = 0.062  # inches that a letter of a name takes, about
PANELS = ("color", "type", "camera")  # those that the runs have


class PerClass(NamedTuple):
    """One task: training images of its classes, and the change of their recall, one row a seed; NaN without images."""

    images: np.ndarray  # (classes,), mean of the seeds
    change: np.ndarray  # (seeds, classes), points


def per_class(evidence: Evidence, task: str) -> PerClass:
    """Recall with mining less recall without it, paired by seed, of the classes that have test images."""
    sides = [{record.seed: record for record in evidence.rows.get(row, [])} for row in (HARDEST, ALL)]
    seeds = [seed for seed in sorted(set(sides[0]) & set(sides[1])) if f"recall_{task}" in sides[0][seed].curves]
    change = [_recall(sides[0][seed], task) - _recall(sides[1][seed], task) for seed in seeds]
    images = [sides[0][seed].curves[f"train_count_{task}"] for seed in seeds]
    if not seeds:
        return PerClass(np.empty(0), np.empty((0, 0)))
    return PerClass(np.mean(images, 0), np.array(change))


def _recall(record: Record, task: str) -> np.ndarray:
    recall = np.array(record.curves[f"recall_{task}"])
    return np.where(np.array(record.curves[f"test_count_{task}"]) > 0, recall, np.nan)


def draw_mining(evidence: Evidence) -> Figure:
    """Change of each class's recall over its share of the training images, one panel a task."""
    found = {task: one for task in PANELS if len((one := per_class(evidence, task)).images)}
    figure, panels = plt.subplots(1, max(1, len(found)), figsize=(8.6, 3.6), sharey=True, squeeze=False)
    row = panels[0]
    for axes, (task, one) in zip(row, found.items(), strict=False):
        _draw_task(axes, one, task)
    low, high = row[0].get_ylim()
    row[0].set_ylim(low, high + 0.2 * (high - low))  # all panels share it; above are the names
    for axes, (task, one) in zip(row, found.items(), strict=False):
        _name_rare(axes, one, task, (figure.get_figwidth() - 1) / len(found))
    row[0].set_ylabel("change of recall by mining (points)")
    note(figure, runs_of(evidence))
    return figure


def _draw_task(axes: Axes, found: PerClass, task: str) -> None:
    axes.axhline(0, color="#333333", lw=1)
    axes.set_title(TASK_NAMES[task], fontsize=10.5)
    axes.set_xlabel("share of the training images (%)")
    plain_logarithmic(axes)
    for place in np.flatnonzero(found.images > 0):
        values = found.change[:, place][np.isfinite(found.change[:, place])]
        x = 100 * found.images[place] / found.images.sum()
        if len(values):
            axes.plot([x, x], [values.min(), values.max()], color=TASK_HUES[task], lw=1.2, alpha=0.7)
            axes.plot(x, values.mean(), "o", color=TASK_HUES[task], ms=5.5)
    axes.margins(x=0.15, y=0.08)


def _name_rare(axes: Axes, found: PerClass, task: str, width: float) -> None:
    """The rarest third of the classes by their names above all points, side by side, each with a line to its bar.

    Args:
        width: of the panel, inches.
    """
    places = rarest(found)
    names = [class_name(task, place) for place in places]
    tips = [
        (100 * found.images[place] / found.images.sum(), float(np.nanmax(found.change[:, place]))) for place in places
    ]
    across = [axes.transLimits.transform(axes.transScale.transform(tip))[0] for tip in tips]
    gap = (LETTER * max(map(len, names), default=0) + 0.08) / width
    for text, tip, x in zip(names, tips, apart(across, gap), strict=True):
        axes.annotate(
            text,
            tip,
            (x, 0.99),
            textcoords="axes fraction",
            ha="center",
            va="top",
            fontsize=8,
            color="#333333",
            arrowprops={"arrowstyle": "-", "color": "#333333", "lw": 0.6, "alpha": 0.6, "shrinkA": 1, "shrinkB": 2},
        )


def apart(places: Sequence[float], gap: float) -> list[float]:
    """Ascending places from 0 to 1, moved as little as can be (least squares) to lie a gap apart, half of it inside.

    >>> [round(place, 2) for place in apart([0.2, 0.5, 0.5], 0.2)]
    [0.2, 0.4, 0.6]
    """
    from scipy.optimize import isotonic_regression  # takes a second to import

    if not places:
        return []
    steps = gap * np.arange(len(places))
    free = isotonic_regression(np.array(places) - steps).x
    return (free.clip(gap / 2, max(gap / 2, 1 - gap / 2 - steps[-1])) + steps).tolist()


def rarest(found: PerClass) -> list[int]:
    """The third of the classes with test images that has the fewest training images, rarest first."""
    there = [int(place) for place in np.flatnonzero(found.images > 0) if np.isfinite(found.change[:, place]).any()]
    return sorted(there, key=lambda place: found.images[place])[: -(-len(there) // RARE)]


def class_name(task: str, place: int) -> str:
    """What a class is called: `pink`, `bus`, `c020`."""
    return CLASSES[LABELS[task]][place]


def mining_table(evidence: Evidence) -> Block:
    """Accuracy by images, by classes, and of the rare classes, with and without mining."""
    caption = "What training on the hardest samples does: test accuracy by images and by classes, average of the tasks"
    return comparison(evidence, COLUMNS, caption=caption, name="tbl-singh-mining", rows=ROWS)


def mining_words(evidence: Evidence) -> Block:
    """What mining does to all images, to the classes and to the rare ones; and whether rarity has to do with it."""
    told = [
        f"{words} {change}"
        for key, words in (
            ("accuracy", "over all images"),
            ("balanced_accuracy", "over classes"),
            ("rare_accuracy", "over the rarest third of the classes"),
        )
        if (change := gap(evidence, HARDEST, ALL, key, 1))
    ]
    related = {task: value for task in PANELS if not math.isnan(value := rarity(per_class(evidence, task)))}
    words = f"Mining changes the accuracy by, in points paired by seed: {'; '.join(told)}." if told else ""
    words = opened(words, evidence) if words else ""
    if related:
        words += (
            " The rank correlation of a class's share with what its recall gains is "
            f"{listed(f'{signed(value)} for {TASK_NAMES[task]}' for task, value in related.items())} "
            f"({_sense(evidence, related)})."
        )
    rare = [
        f"in {TASK_NAMES[task]}: {', '.join(_gained(one, task, place) for place in places)}"
        for task in PANELS
        if (places := rarest(one := per_class(evidence, task)))
    ]
    if rare:
        words += f" The mean change of recall, in points, of the rarest third of the classes {'; '.join(rare)}."
    camera = per_class(evidence, "camera")
    if not len(camera.images):
        words += " Camera is no task of these runs, so that its classes are not shown."
    return prose(words)


def _sense(evidence: Evidence, related: Mapping[str, float]) -> str:
    """What these rank correlations mean for the rare classes, by their signs and by what these classes gain."""
    signs = {(round(value, 2) > 0) - (round(value, 2) < 0) for value in related.values()}
    if len(signs) > 1 or 0 in signs:
        return "negative would mean that the rare classes gain most, positive that they gain least"
    kinds = [per_class(evidence, task) for task in related]
    gained = statistics.fmean(_mean_change(found, place) for found in kinds for place in rarest(found))
    if signs == {1}:
        here = "lose most" if gained < 0 else "gain least"
        return f"negative would mean that the rare classes gain most; here they {here}"
    return f"negative: the rare classes {'gain most' if gained > 0 else 'lose least'}"


def _mean_change(found: PerClass, place: int) -> float:
    column = found.change[:, place]
    return float(column[np.isfinite(column)].mean())


def _gained(found: PerClass, task: str, place: int) -> str:
    return f"{class_name(task, place)} {signed(_mean_change(found, place), 1)}"


def rarity(found: PerClass) -> float:
    """Rank correlation of a class's images with the mean change of its recall; NaN where there is none."""
    pairs = [
        (images, statistics.fmean(column[np.isfinite(column)].tolist()))
        for images, column in zip(found.images, found.change.T, strict=False)
        if images > 0 and np.isfinite(column).any()
    ]
    if len(pairs) < 3 or len({change for _, change in pairs}) == 1 or len({images for images, _ in pairs}) == 1:
        return math.nan
    from scipy import stats  # takes a second to import

    return float(stats.spearmanr(*zip(*pairs, strict=True)).statistic)
