"""Directional or random, on a trained network; masks against real removal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from mtlcore.recipes.ge.removal import Removal
from mtlcore.report.block import Block, percent, prose, table
from mtlcore.report.directional.evidence import signed
from mtlcore.report.figures import COLOURS
from mtlcore.report.origin import note

LINES = {
    "behaviour": ("nearest behaviour, weights added", "neuron-behaviour", "-"),
    "projected": ("nearest behaviour, least squares", "neuron-behaviour", ":"),
    "weights": ("nearest incoming weights, weights added", "weight-matrix", "-"),
}

DRAWN = {"random": ("random, silenced", "-"), "pairs": ("random, weights added to a random unit", "--")}


def draw_directions(found: Mapping[str, Tensor], shares: Sequence[float], about: str = "") -> Figure:
    """Validation loss right after units are taken out of a trained network, by how they are chosen.

    Args:
        found, shares: as `recipes.ge.removal.directions` gives and takes them.
        about: which network it is.
    """
    figure, axes = plt.subplots(figsize=(7.2, 3.9))
    x = [100 * share for share in shares]
    for name, (label, dashes) in DRAWN.items():
        drawn = found[name]
        axes.fill_between(x, drawn.amin(0), drawn.amax(0), color=COLOURS["dropout"], alpha=0.16, lw=0)
        axes.plot(x, drawn.mean(0), color=COLOURS["dropout"], ls=dashes, label=label)
    for name, (label, colour, dashes) in LINES.items():
        axes.plot(x, found[name], color=COLOURS[colour], ls=dashes, label=label)
    axes.set_xlabel("units removed (%)")
    axes.set_ylabel("validation loss (nats)")
    axes.legend(fontsize=9)
    if about:
        note(figure, about)
    return figure


def nearest_half(shares: Sequence[float]) -> int:
    """Where the share nearest to one half stands."""
    return min(range(len(shares)), key=lambda index: abs(shares[index] - 0.5))


def rises(found: Mapping[str, Tensor], at: int) -> dict[str, float]:
    """How much the validation loss rises (nats) up to a share, the first of which is none, by how units are chosen."""
    return {name: float((losses[..., at] - losses[..., 0]).mean()) for name, losses in found.items()}


def direction_words(found: Mapping[str, Tensor], shares: Sequence[float], about: str = "one network") -> Block:
    """What direction buys in one network, at the share nearest to one half."""
    at = nearest_half(shares)
    rise = rises(found, at)
    order = sorted(rise, key=rise.__getitem__)
    names = {name: label for name, (label, *_) in (*LINES.items(), *DRAWN.items())}
    told = "; ".join(f"{names[name]}: {signed(rise[name], 3)}" for name in order)
    fitted = "worse than" if rise["projected"] > rise["behaviour"] else "better than"
    return prose(
        f"""In {about}, with {percent(shares[at])} of the units gone and no further training, the validation loss
        changes by, from best to worst (nats): {told}.
        The least-squares coefficient, which fits each pair best by itself, does {fitted} plain addition here."""
    )


def removal_table(found: Sequence[Removal]) -> Block:
    """Units, parameters, time and difference of outputs of the networks, masked and removed."""
    rows = [
        [
            one.name,
            str(one.units),
            f"{one.parameters:,}",
            f"{1e3 * one.seconds:.2f}",
            "–" if math.isnan(one.difference) else f"{one.difference:.0e}".replace("-", "−"),
        ]
        for one in found
    ]
    header = ["network", "units left", "parameters", "ms a batch", "largest change of a logit"]
    caption = (
        "What masking and what removing units of the second hidden layer gives: parameters held, time of a forward "
        "pass over a batch on one thread of this machine, and how far the outputs are from those of the masked network."
    )
    return table(header, rows, caption=caption, name="tbl-ge-removal")


def removal_words(found: Sequence[Removal]) -> Block:
    """What there was to save in this layer, and what halving the features saves."""
    every, plain, *others = found
    most = min((one for one in others if one.name.endswith("removed")), key=lambda one: one.units)
    masked = next(one for one in others if one.units == most.units and one.name.endswith("masked"))
    return prose(
        f"""A mask changes no shape: the network with {masked.units} of {plain.units} units left still holds all its
        parameters and takes {percent(masked.seconds / plain.seconds)} of the time.
        Taking these units out leaves {percent(most.parameters / plain.parameters)} of the parameters and
        {percent(most.seconds / plain.seconds)} of the time, with the same outputs.
        Reading {plain.name.split(" ")[0]} instead of {every.name.split(" ")[0]} features leaves
        {percent(plain.parameters / every.parameters)} of the parameters and
        {percent(plain.seconds / every.seconds)} of the time: the weight of this network is at its entrance.
        On a busy machine such times are uncertain by several per cent."""
    )
