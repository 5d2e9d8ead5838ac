"""The smallest angle between two hidden nodes over training, by backbone [singh, Fig. 3]."""

from __future__ import annotations

import math
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from mtlcore import claims
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
from mtlcore.report.curves import curves, draw_band
from mtlcore.report.distinctiveness.evidence import (
    BACKBONES,
    HUES,
    MARKERS,
    SHORT,
    THRESHOLD,
    means,
    name,
    side,
)
from mtlcore.report.distinctiveness.width import rank_correlation
from mtlcore.report.measures import mean
from mtlcore.report.origin import note, opened, runs_of
from mtlcore.report.pairing import gap, signed
from mtlcore.report.verdicts import listed

ZONE = "#e9e2cf"
SENSES = {
    1: "the angle is larger where more of the layer is used",
    0: "neither goes with the other",
    -1: "the angle is larger where less of the layer is used",
}


def draw_angles(evidence: Evidence, threshold: float = THRESHOLD) -> Figure:
    """Fig. 3: the smallest angle at the end of each epoch, before its prune; beside it runs that never prune.

    Args:
        evidence: the study `angles`, rows <backbone>/last and <backbone>-unpruned/last.
        threshold: degrees, shaded below.
    """
    figure, panels = plt.subplots(1, 2, figsize=(8.8, 3.9), sharey=True)
    titles = (f"pruned {pruned_from(evidence)}", "never pruned")
    for axes, suffix, title in zip(panels, ("", "-unpruned"), titles, strict=True):
        axes.axhspan(0, threshold, color=ZONE, lw=0, zorder=0)
        for row in BACKBONES:
            _draw_row(axes, evidence, row, suffix)
        axes.set_title(title, fontsize=10.5)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[0].set_ylabel("smallest angle between two nodes (°)")
    panels[0].set_ylim(0, None)
    note(figure, runs_of(evidence))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=6, fontsize=8.5)
    return figure


def pruned_from(evidence: Evidence) -> str:
    """When the runs that prune begin with it, in words."""
    pruned = [record.config for record in evidence.records if record.config.get("pruning", "each_epoch") != "none"]
    first = {int(config.get("prune_from", 1)) for config in pruned} - {1}
    return f"from epoch {' or '.join(map(str, sorted(first)))} on" if first else "after every epoch"


def _draw_row(axes: Axes, evidence: Evidence, row: str, suffix: str) -> None:
    found = curves(evidence.rows.get(f"{row}{suffix}/last", []), "minimum_angle")
    epochs = np.arange(1, found.shape[1] + 1)
    draw_band(axes, epochs, found, row, color=HUES[row], label=name(row), marker=MARKERS[row], ms=5, lw=1.6)


def angle_words(evidence: Evidence, table_2: Evidence | None = None) -> Block:
    """Fig. 3 in sentences: what grows in runs that prune, and what in runs that do not; and whether use goes with it.

    Args:
        evidence: the study `angles`.
        table_2: the study `table-2`.
    """
    told = {suffix: _told(evidence, suffix) for suffix in ("", "-unpruned")}
    parts = []
    if told[""]:
        first = f"From the first epoch to the last the smallest angle changes by, with pruning: {told['']}."
        parts.append(opened(first, evidence))
    if told["-unpruned"]:
        parts.append(
            f"""Without pruning: {told["-unpruned"]}.
            A prune takes the pairs with the smallest angles away, so that only the runs without it say whether
            features *become* more diverse."""
        )
    parts += [use_words(evidence, table_2), against_words(evidence, table_2)]
    return prose(" ".join(" ".join(parts).split()))


def use_words(evidence: Evidence, table_2: Evidence | None) -> str:
    """Whether the backbones that use more of the layer have the larger smallest angle, by rank correlations."""
    used = _used(evidence, table_2)
    told = []
    for suffix, words in (("", "in the runs that are pruned"), ("-unpruned", "in those that are not")):
        last = {row: mean(evidence, f"{row}{suffix}/last", "minimum_angle") for row in used}
        known = {row: value for row, value in last.items() if value is not None}
        related = rank_correlation(used, known)
        if not math.isnan(related):
            sense = SENSES[(round(related, 2) > 0) - (round(related, 2) < 0)]
            told.append(f"{signed(related)} {words} ({len(known)} backbones: {sense})")
    if not told:
        return ""
    return f"""The document has it that the angle is larger where utilization is high.
        The rank correlation of utilization with the last smallest angle is {", and ".join(told)}.
        Fewer nodes have fewer angles, so that pruning by itself can make the smallest one larger, never smaller."""


def against_words(evidence: Evidence | None, table_2: Evidence | None) -> str:
    """Where the claim on distinct features sets a backbone above one that uses more of the layer here."""
    test = next(claim.test for claim in claims.load(SHORT).claims if claim.id == "efficient-more-distinct")
    used = _used(evidence, table_2)
    pairs = [tuple(str(operand).partition("/")[0] for operand in pair) for pair in test.pairs] if test else []
    turned = [(left, right) for left, right in pairs if left in used and right in used and used[left] < used[right]]
    if not turned:
        return ""
    first = turned[0][0]
    others = [right for left, right in turned if left == first]
    return (
        f"Here {name(first)} uses less of the layer than {listed(name(row) for row in others)} "
        f"({used[first]:.0f} % against {listed(f'{used[row]:.0f} %' for row in others)}), so that a larger angle of it "
        "does not show that more use goes with more distinct features."
    )


def _used(evidence: Evidence | None, table_2: Evidence | None) -> dict[str, float]:
    """Utilization by backbone, where it is of the same runs as the angles."""
    if not evidence or not table_2:
        return {}
    same = all(getattr(evidence, field) == getattr(table_2, field) for field in ("profile", "source", "variant"))
    return means(table_2, "feature_utilization") if same else {}


def growth_words(evidence: Evidence | None) -> str:
    """Behind how many backbones the smallest angle grows or shrinks from the first epoch to the last, by intervals."""
    told = []
    for suffix, words in (("", "with pruning"), ("-unpruned", "without it")):
        sides = [
            found
            for row in BACKBONES
            if evidence
            and (found := side(evidence, f"{row}{suffix}/last", f"{row}{suffix}/first", "minimum_angle")) is not None
        ]
        if sides:
            told.append(
                f"{words}, the smallest angle grows behind {sides.count(1)} of {len(sides)} backbones and shrinks "
                f"behind {sides.count(-1)}"
            )
    return f"{_capital('; '.join(told))}, where a difference counts if its interval leaves out nought." if told else ""


def _told(evidence: Evidence, suffix: str) -> str:
    found = []
    for row in BACKBONES:
        change = gap(evidence, f"{row}{suffix}/last", f"{row}{suffix}/first", "minimum_angle", 1)
        last = mean(evidence, f"{row}{suffix}/last", "minimum_angle")
        if change and last is not None:
            found.append(f"{name(row)} {change}° to {last:.0f}°")
    return "; ".join(found)


def draw_histograms(found: Mapping[str, Tensor], threshold: float = THRESHOLD) -> Figure:
    """Angles between all pairs of nodes, over the zones that a threshold prunes.

    Args:
        found: what the nodes are -> angles (pairs,), degrees.
        threshold: degrees.
    """
    figure, row = plt.subplots(1, len(found), figsize=(8.8, 3.0), sharex=True, squeeze=False)
    for axes, (title, angles) in zip(row[0], found.items(), strict=True):
        for start, end in ((0, threshold), (180 - threshold, 180)):
            axes.axvspan(start, end, color=ZONE, lw=0, zorder=0)
        axes.hist(angles.numpy(), bins=range(0, 181, 3), color="#0072B2", lw=0, zorder=2)
        axes.axvline(90, color="#555555", lw=1, ls=":", zorder=3)
        top = axes.get_ylim()[1] * 1.25
        axes.set_ylim(0, top)
        near, far = counts(angles, threshold)
        for x, count, word, edge in ((2, near, "similar", "left"), (178, far, "opposing", "right")):
            axes.text(x, top * 0.97, f"{count:,}\n{word}", ha=edge, va="top", fontsize=8.5)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("angle (°)")
        axes.set_xlim(0, 180)
        axes.set_xticks(range(0, 181, 30))
        axes.grid(axis="x", visible=False)
    row[0][0].set_ylabel("pairs of nodes")
    return figure


def counts(angles: Tensor, threshold: float) -> tuple[int, int]:
    """Pairs nearer than a threshold (degrees) to 0° and to 180°."""
    return int((angles < threshold).sum()), int((angles > 180 - threshold).sum())


def histogram_words(found: Mapping[str, Tensor], threshold: float = THRESHOLD) -> Block:
    """The histograms in sentences."""
    told = []
    for title, angles in found.items():
        if not len(angles):
            continue
        near, far = counts(angles, threshold)
        told.append(
            f"{title}: {float(angles.min()):.0f}° to {float(angles.max()):.0f}°, half of them below "
            f"{float(angles.median()):.0f}°; {near:,} similar and {far:,} opposing pairs of {len(angles):,}"
        )
    return prose(f"{'. '.join(_capital(one) for one in told)}." if told else "")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
