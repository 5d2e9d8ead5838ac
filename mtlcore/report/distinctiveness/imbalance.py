"""How unevenly classes are filled, and what weights for one task do to another [singh, Fig. 2 and Eq. 2]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from mtlcore.report.block import Block, percent, prose
from mtlcore.report.distinctiveness.evidence import TASK_HUES, TASK_NAMES, number, numbers

LABELS = {"color": "colour", "type": "type", "vehicle": "vehicle", "camera": "camera"}  # of the data set
MANY = 40  # classes from which on names would not fit


def shares(labels: Tensor, count: int) -> Tensor:
    """The share of the images that each class has, (count,)."""
    return torch.bincount(labels, minlength=count).double() / len(labels)


def given(labels: Mapping[str, Tensor], classes: Mapping[str, Sequence[str]], colour: str) -> Tensor:
    """Shares of the types among the images of one colour, (types,); NaN where there are none."""
    chosen = labels["colour"] == classes["colour"].index(colour)
    return shares(labels["type"][chosen], len(classes["type"]))


def draw_imbalance(labels: Mapping[str, Tensor], classes: Mapping[str, Sequence[str]]) -> Figure:
    """Fig. 2: images of each class of the four tasks, most first; and the types of the pink vehicles.

    Args:
        labels: label -> classes of the training images, (n,).
        classes: label -> names.
    """
    figure = plt.figure(figsize=(9.0, 6.4))
    grid = figure.add_gridspec(3, 2)
    for place, (task, label) in zip(((0, 0), (0, 1), (1, 0), (1, 1)), LABELS.items(), strict=True):
        axes = figure.add_subplot(grid[place])
        _draw_classes(axes, shares(labels[label], len(classes[label])), classes[label], TASK_HUES[task])
        axes.set_title(f"{TASK_NAMES[task]}: {len(classes[label]):,} classes", fontsize=10)
    _draw_given(figure.add_subplot(grid[2, :]), labels, classes)
    return figure


def _draw_classes(axes: Axes, found: Tensor, names: Sequence[str], colour: str) -> None:
    order = found.argsort(descending=True, stable=True)
    values = 100 * found[order].numpy()
    if len(names) > MANY:
        axes.fill_between(np.arange(len(values)), values, step="mid", color=colour, alpha=0.9, lw=0)
        axes.set_xlabel("vehicles, most images first", fontsize=9)
        axes.set_xlim(-0.5, len(values) - 0.5)
    else:
        axes.bar(np.arange(len(values)), values, color=colour)
        axes.set_xticks(range(len(values)), [names[index] for index in order.tolist()], rotation=55, ha="right")
        axes.tick_params(axis="x", labelsize=8, pad=1)
        axes.grid(axis="x", visible=False)
    axes.axhline(100 / len(names), color="#333333", lw=1, ls=":")
    axes.set_ylabel("images (%)", fontsize=9)
    axes.set_ylim(0, None)


def _draw_given(axes: Axes, labels: Mapping[str, Tensor], classes: Mapping[str, Sequence[str]]) -> None:
    places = np.arange(len(classes["type"]))
    bars = {
        "all training images": (shares(labels["type"], len(places)).numpy(), "#b8bec6"),
        "pink ones": (given(labels, classes, "pink").numpy(), "#d45087"),
        "pink ones, printed": (np.array(numbers("type-given-pink")), "#000000"),
    }
    for shift, (name, (values, colour)) in zip((-0.2, 0.2), list(bars.items())[:2], strict=True):
        axes.bar(places + shift, 100 * values, 0.4, color=colour, label=name)
    name, (values, colour) = list(bars.items())[2]
    axes.plot(places + 0.2, 100 * values, "_", color=colour, ms=13, mew=1.8, label=name)
    axes.set_xticks(places, classes["type"])
    axes.tick_params(axis="x", labelsize=9)
    axes.grid(axis="x", visible=False)
    axes.set_ylabel("images (%)", fontsize=9)
    axes.set_title("P(type) and P(type | pink)", fontsize=10)
    axes.legend(fontsize=8.5, ncols=3)


def imbalance_words(labels: Mapping[str, Tensor], classes: Mapping[str, Sequence[str]]) -> Block:
    """Fig. 2 in sentences: how uneven each task is, and what weighting pink ones does to the types."""
    told = []
    for task, label in LABELS.items():
        found = shares(labels[label], len(classes[label]))
        kept = found[found > 0]
        told.append(f"{float(kept.max() / kept.min()):.1f} times in {TASK_NAMES[task]}")
    pink = float(shares(labels["colour"], len(classes["colour"]))[classes["colour"].index("pink")])
    weight = 1 / (len(classes["colour"]) * pink)
    types = given(labels, classes, "pink")
    absent = [name for name, share in zip(classes["type"], types.tolist(), strict=True) if share == 0]
    sports = classes["type"].index("sportscar")
    before, after = balanced(labels, classes)[:, sports].tolist()
    seen = len(torch.unique(labels["vehicle"]))
    return prose(
        f"""The commonest class has more images than the rarest: {", ".join(told)}.
        There are {len(classes["vehicle"]):,} vehicles, with {len(labels["vehicle"]) / seen:.0f} training images each on
        average (the text: about {number("images-per-vehicle"):.0f}).
        Pink has {percent(pink, 2)} of the images (the text: {number("pink-share"):g} %), and
        {len(absent)} of the {len(types)} types have no pink vehicle at all: {", ".join(absent)}.
        To balance the colours, each pink image would have to count {weight:.1f} times; with all colours balanced in
        this way, the share of sports cars goes from {percent(before, 2)} to {percent(after, 2)}.
        A weight for one task is a weight for all."""
    )


def balanced(labels: Mapping[str, Tensor], classes: Mapping[str, Sequence[str]]) -> Tensor:
    """Shares of the types as they are, and with the colours weighted to be even, (2, types)."""
    colours = shares(labels["colour"], len(classes["colour"]))
    weight = torch.where(colours > 0, 1 / colours, 0.0)[labels["colour"]]
    weighted = torch.zeros(len(classes["type"]), dtype=torch.float64).index_add_(0, labels["type"], weight)
    return torch.stack([shares(labels["type"], len(classes["type"])), weighted / weighted.sum()])
