"""Which angles there are between the units of a trained network, and what a threshold makes of them [ge, Table 2]."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
from mtlcore.report.directional.evidence import ANGLES, where
from mtlcore.report.figures import COLOURS
from mtlcore.report.measures import metric
from mtlcore.report.origin import note
from mtlcore.report.verdicts import listed

TITLES = {
    "origin": "behaviour, from the origin (as written)",
    "centre": "behaviour, from the middle (corrected)",
    "incoming": "incoming weights (Weight Matrix)",
    "outgoing": "outgoing weights (another reading)",
}
HUES = {
    "origin": "neuron-behaviour",
    "centre": "neuron-behaviour",
    "incoming": "weight-matrix",
    "outgoing": "weight-matrix",
}
ZONE = "#e9e2cf"
RIGHT_ANGLE = 90.0
POSITIVE = " for no better reason than that outputs are positive"


def counts(angles: Tensor, threshold: float) -> tuple[int, int]:
    """Pairs nearer than a threshold (degrees) to 0° and to 180°."""
    return int((angles < threshold).sum()), int((angles > 180 - threshold).sum())


def draw_histograms(found: Mapping[str, Tensor], threshold: float, about: str = "") -> Figure:
    """Angles between all pairs of units by what is compared, over the zones in which a threshold prunes.

    Args:
        found: measure -> angles (pairs,) in degrees; NaN of a pair with a unit that has no direction is not drawn.
        threshold: degrees; similar below, complementary above 180 less this.
        about: whose angles they are.
    """
    figure, grid = plt.subplots(2, 2, figsize=(8.6, 4.9), sharex=True)
    for axes, (measure, angles) in zip(grid.flat, found.items(), strict=True):
        _draw_histogram(axes, angles[angles.isfinite()], threshold, COLOURS[HUES[measure]])
        axes.set_title(TITLES[measure], fontsize=10)
    for axes in grid[:, 0]:
        axes.set_ylabel("pairs of units")
    for axes in grid[1]:
        axes.set_xlabel("angle (°)")
    if about:
        note(figure, about)
    return figure


def _draw_histogram(axes: Axes, angles: Tensor, threshold: float, colour: str) -> None:
    for start, end in ((0, threshold), (180 - threshold, 180)):
        axes.axvspan(start, end, color=ZONE, lw=0, zorder=0)
    axes.hist(angles.numpy(), bins=range(0, 181, 3), color=colour, lw=0, zorder=2)
    axes.axvline(RIGHT_ANGLE, color="#555555", lw=1, ls=":", zorder=3)
    near, far = counts(angles, threshold)
    top = axes.get_ylim()[1] * 1.2
    axes.set_ylim(0, top)
    for x, count, word, side in ((2, near, "similar", "left"), (178, far, "complementary", "right")):
        axes.text(x, top * 0.97, f"{count:,}\n{word}", ha=side, va="top", fontsize=8.5, linespacing=1.2)
    axes.set_xlim(0, 180)
    axes.set_xticks(range(0, 181, 30))
    axes.grid(axis="x", visible=False)


def angle_words(
    found: Mapping[str, Tensor], threshold: float, about: str = "one network", runs: Evidence | None = None
) -> Block:
    """The histograms in sentences.

    Args:
        found, threshold: as `draw_histograms`.
        about: whose angles they are.
        runs: of Table 2, which are of other networks.
    """
    seen = {name: angles[angles.isfinite()] for name, angles in found.items()}
    if not all(map(len, seen.values())):
        return prose(f"In {about} too few units have a direction to measure angles by. {_undefined(found)}")
    written, centred, weights = (seen[name] for name in ("origin", "centre", "incoming"))
    wide = max(ANGLES)
    share = 100 * float((written < wide).double().mean())
    positive = float(written.max()) <= RIGHT_ANGLE
    dead = (
        "so that the upper threshold is out of reach: the complementary half of the method is dead as written"
        if positive
        else "for this activation has outputs of both signs"
    )
    return prose(
        f"""These are the angles of {about}.
        {_undefined(found)}
        From the origin no angle exceeds {float(written.max()):.0f}°, {dead}.
        Half of all pairs lie below {float(written.median()):.0f}°{POSITIVE if positive else ""},
        and at {wide}° {share:.0f} % of all pairs count as similar.
        From the middle the same units lie {float(centred.min()):.0f}° to {float(centred.max()):.0f}° apart, half of
        them beyond {float(centred.median()):.0f}°; {_fires(centred, threshold)}.
        The incoming weights of two units lie {float(weights.min()):.0f}° to {float(weights.max()):.0f}° apart;
        {_fires(weights, threshold)}. {_elsewhere(runs)}"""
    )


def _undefined(found: Mapping[str, Tensor]) -> str:
    """How many pairs have no angle, because a unit is dead or constant."""
    lost = {name: int((~angles.isfinite()).sum()) for name, angles in found.items()}
    if not any(lost.values()):
        return "No unit is dead or constant: all pairs have an angle."
    told = "; ".join(f"{TITLES[name]}, {count:,} of {len(found[name]):,}" for name, count in lost.items() if count)
    return f"Pairs with a unit that is dead or constant have no angle and are left out: {told}."


def _elsewhere(runs: Evidence | None) -> str:
    """At which thresholds the runs of Table 2, of other networks, lose units."""
    if not runs:
        return ""
    told = []
    for method, name in (("nb", "Neuron Behaviour"), ("wm", "Weight Matrix")):
        gone = {angle: metric(runs, f"{method}-{angle}", "neurons_pruned") for angle in ANGLES}
        angles = [f"{angle}°" for angle in ANGLES if any(gone[angle])]
        if any(gone.values()):
            told.append(f"{name} {f'removes units at {listed(angles)}' if angles else 'removes none at any threshold'}")
    return (
        f"Other networks have other angles. In the runs of Table 2 ({where(runs)}) {', '.join(told)}." if told else ""
    )


def _fires(angles: Tensor, threshold: float) -> str:
    near, far = counts(angles, threshold)
    if not near + far:
        first = torch.minimum(angles, 180 - angles).min()
        return f"a threshold of {threshold:g}° finds nothing, and in this network none below {float(first):.0f}° would"
    return f"a threshold of {threshold:g}° finds {near:,} similar and {far:,} complementary of {len(angles):,} pairs"
