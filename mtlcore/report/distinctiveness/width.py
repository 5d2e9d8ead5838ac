"""What pruning leaves by backbone: does that follow the backbone, or the width of its features? [singh, Table 2]."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from itertools import permutations

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mtlcore import claims
from mtlcore.claims import Test, Verdict
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
from mtlcore.report.distinctiveness.constant import unlearned_words
from mtlcore.report.distinctiveness.evidence import (
    BACKBONES,
    HUES,
    MARKERS,
    SHORT,
    means,
    name,
    plain_logarithmic,
    printed,
)
from mtlcore.report.measures import mean, metric
from mtlcore.report.origin import note, opened, runs_of, unrecorded
from mtlcore.report.pairing import gap, seeds_of, signed, span
from mtlcore.report.verdicts import badge

SMALL = BACKBONES[:2]  # the EfficientNets
OWN, SAME = "own", "same"
TRAINED = "parameters_trained"
LEAST = 3  # points of which a rank correlation says something


def rank_correlation(x: Mapping[str, float], y: Mapping[str, float]) -> float:
    """Spearman's correlation over the rows that both have; NaN for fewer than three, or where one side is constant."""
    rows = [row for row in x if row in y]
    if len(rows) < LEAST or len({x[row] for row in rows}) == 1 or len({y[row] for row in rows}) == 1:
        return math.nan
    from scipy import stats  # takes a second to import

    return float(stats.spearmanr([x[row] for row in rows], [y[row] for row in rows]).statistic)


def draw_width(evidence: Evidence) -> Figure:
    """Utilization by backbone against its size and the width of its features, and with all widths brought to one.

    Args:
        evidence: the study `width`, rows <backbone>/own and <backbone>/same.
    """
    figure, (size, width, held) = plt.subplots(1, 3, figsize=(9.0, 3.7), sharey=True)
    for row in BACKBONES:
        _point(size, evidence, row, OWN, TRAINED)
        _point(width, evidence, row, OWN, "feature_width")
        _point(held, evidence, row, SAME, TRAINED)
        found = [mean(evidence, f"{row}/{side}", "feature_utilization") for side in (OWN, SAME)]
        x = mean(evidence, f"{row}/{SAME}", TRAINED)
        if None not in (*found, x):
            held.plot([x, x], found, color=HUES[row], lw=1, alpha=0.6)
            held.plot(x, found[0], MARKERS[row], color=HUES[row], mfc="white", ms=6, mew=1.2, alpha=0.6)
    for axes, label, title in (
        (size, "parameters of the network (M)", "own width, by size"),
        (width, "features that the layer reads", "own width, by width"),
        (held, "parameters of the network (M)", "the same width for all"),
    ):
        plain_logarithmic(axes)
        low, high = axes.get_xlim()
        axes.set_xlim(low / 1.3, high * 1.3)  # room for two labels at least
        axes.set_xlabel(label, fontsize=9)
        axes.set_title(title, fontsize=10)
    size.set_ylabel("feature utilization (%)")
    note(figure, runs_of(evidence))
    _legend(figure)
    return figure


def _point(axes: Axes, evidence: Evidence, row: str, side: str, against: str) -> None:
    values = metric(evidence, f"{row}/{side}", "feature_utilization")
    x = mean(evidence, f"{row}/{side}", against)
    if not values or x is None:
        return
    middle = sum(values) / len(values)
    axes.plot([x, x], [min(values), max(values)], color=HUES[row], lw=1.4)
    axes.plot(x, middle, MARKERS[row], color=HUES[row], ms=7, zorder=3)


def _legend(figure: Figure) -> None:
    handles = [Line2D([], [], ls="", marker=MARKERS[row], color=HUES[row], label=name(row), ms=7) for row in BACKBONES]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, fontsize=8.5, columnspacing=1.2)


def correlations(evidence: Evidence) -> dict[str, float]:
    """Rank correlations of utilization over the six backbones.

    Returns:
        size, counted, width: with the parameters of the network that was trained, those of the ImageNet classifier of
        its backbone, and the features' width, widths as they are; held: with the parameters that were trained, all
        widths the same; agreement: between utilizations of own and of same width; confounded: between parameters and
        width.
    """
    used = {side: means(evidence, "feature_utilization", side=side) for side in (OWN, SAME)}
    trained = {side: means(evidence, TRAINED, side=side) for side in (OWN, SAME)}
    return {
        **by_size(evidence, OWN),
        "held": rank_correlation(trained[SAME], used[SAME]),
        "agreement": rank_correlation(used[OWN], used[SAME]),
        "confounded": rank_correlation(trained[OWN], means(evidence, "feature_width", side=OWN)),
    }


def by_size(evidence: Evidence, side: str = "") -> dict[str, float]:
    """The first three of `correlations`, of rows <backbone>/<side>, or <backbone> for no side."""
    used = means(evidence, "feature_utilization", side=side)
    measures = {"size": TRAINED, "counted": "parameters", "width": "feature_width"}
    return {key: rank_correlation(means(evidence, measure, side=side), used) for key, measure in measures.items()}


def recorded_words(evidence: Evidence, recorded: Evidence | None) -> str:
    """What recorded runs of Table 2 say of size, beside runs of `width` that are not recorded; nothing without both."""
    if recorded is None or not unrecorded(evidence) or unrecorded(recorded):
        return ""
    here, there = by_size(evidence, OWN), by_size(recorded)
    turned = all(here[key] * there[key] < 0 for key in ("size", "counted"))
    return (
        f"In the recorded runs of Table 2 ({recorded.profile}, {seeds_of(recorded)}) the first two are "
        f"{_told(there['size'])} and {_told(there['counted'])}{', of the other sign' if turned else ''}."
    )


def width_words(evidence: Evidence, recorded: Evidence | None = None) -> Block:
    """Whether utilization follows the backbone or the number of features that the layer reads.

    Args:
        evidence: the study `width`.
        recorded: the study `table-2`, for what it says of size where it is recorded and `evidence` is not.
    """
    found = correlations(evidence)
    told = {key: _told(value) for key, value in found.items()}
    moved = moves(evidence)
    spread = {side: _spread(evidence, side) for side in (OWN, SAME)}
    printed_order = rank_correlation(
        {row: printed("table-2", row, "parameters") for row in BACKBONES},
        {row: printed("table-2", row, "feature_utilization") for row in BACKBONES},
    )
    poor = unlearned_words(evidence)
    first = f"The rank correlation of utilization with the parameters of the network that ran is {told['size']}."
    return prose(
        f"""{opened(first, evidence)}
        With those of its backbone under a head for the classes of ImageNet, which no network here has, it is
        {told["counted"]}, and {signed(printed_order)} in the document's Table 2; with the width of the features it is
        {told["width"]}.
        {poor}
        {recorded_words(evidence, recorded)}
        Brought to one width, the correlation with size is {told["held"]}; the orders of the six with their own and
        with the same width correlate by {told["agreement"]}.
        {f"Narrowing changes utilization, paired by seed, by: {moved}." if moved else ""}
        Highest and lowest of the six lie {spread[OWN]} points apart with widths of their own, and {spread[SAME]} with
        the same width.
        Six points decide little: a rank correlation of six is significant at 5 % from about {_significant():.2f} on.
        {"Where networks have learned too little, a significant one says nothing of others." if poor else ""}"""
    )


def order_words(evidence: Evidence | None, *others: Evidence) -> Block:
    """Where the claim on size names backbones in an order that the networks which ran do not have; and that order.

    Args:
        evidence: the study `table-2`.
        others: other runs of it, whose order of utilization is set beside this one.
    """
    test = next(one for one in claims.load(SHORT).claims if one.id == "utilization-falls-with-size").test
    trained, counted = means(evidence, TRAINED), means(evidence, "parameters")
    used = means(evidence, "feature_utilization")
    if evidence is None or test is None or len(trained) < len(BACKBONES) or len(used) < len(BACKBONES):
        return Block("")
    order = sorted(trained, key=trained.__getitem__)
    falls = sum(used[smaller] > used[larger] for smaller, larger in itertools.pairwise(order))
    told = ", ".join(f"{name(row)} {trained[row]:.2f} ({counted[row]:.2f})" for row in order)
    runs = unrecorded(evidence)
    sizes = prose(
        f"""*The more parameters* goes step by step through the sizes that the document prints.
        The networks that ran{runs and f" ({runs}; not recorded)"} have, in millions of parameters that were
        trained (in brackets the backbone with a head for the classes of ImageNet, as the table counts): {told}.
        A step to a smaller network tests the opposite of what the claim says. Of its {len(test.pairs)} steps such are
        {_turned(test, trained)} by what was trained, and {_turned(test, counted)} by the counts in brackets.
        Taken in the order of what was trained, mean utilization falls in {falls} of {len(order) - 1} steps; its rank
        correlation with that size is {_told(rank_correlation(trained, used))}, and
        {_told(rank_correlation(counted, used))} with the counts in brackets."""
    )
    beside = " ".join(_beside(used, one) for one in others if one.profile != evidence.profile)
    first = " ".join(filter(None, (_small(evidence), unlearned_words(evidence), beside)))
    return prose(first) + sizes if first else sizes


def _small(evidence: Evidence) -> str:
    """What is left behind the EfficientNets, and at which accuracy, beside the others; nothing where one is missing."""
    left, right = means(evidence, "final_hidden"), means(evidence, "accuracy")
    if len(left) < len(BACKBONES) or len(right) < len(BACKBONES):
        return ""
    told = ", ".join(f"{name(row)} {left[row]:.0f} and {right[row]:.1f} %" for row in SMALL)
    rest = [row for row in BACKBONES if row not in SMALL]
    nodes, accuracy = ([side[row] for row in rest] for side in (left, right))
    first = f"The nodes left and the average accuracy are: {told}, the others {span(nodes, 0)} and {span(accuracy)} %."
    words = opened(first, evidence)
    if max(left[row] for row in SMALL) < min(nodes) and max(right[row] for row in SMALL) < min(accuracy):
        words += " Few nodes and low accuracy go together here; which brings which, these runs do not say."
    return words


def _beside(used: Mapping[str, float], other: Evidence) -> str:
    """How the order of utilization in other runs goes with this one."""
    related = rank_correlation(used, means(other, "feature_utilization"))
    if math.isnan(related):
        return ""
    runs = f"the *{other.profile}* runs ({seeds_of(other)})"
    words = f"The order of utilization in {runs} has a rank correlation of {signed(related)} with this one"
    return f"{words}{': it is nearer to the reverse' if related < 0 else ''}. {unlearned_words(other)}".strip()


def _turned(test: Test, size: Mapping[str, float]) -> str:
    """How many steps of a claim lead from a larger network to a smaller one, and which."""
    steps = [f"{name(left)} to {name(right)}" for left, right in test.pairs if size[left] > size[right]]
    return f"{len(steps)} ({'; '.join(steps)})" if steps else "none"


def _told(correlation: float) -> str:
    return "undefined" if math.isnan(correlation) else signed(correlation)


def cause_words() -> Block:
    """What no such run can test: the claim on causes, with the reason."""
    claim = next(one for one in claims.load(SHORT).claims if one.id == "utilization-explains")
    return prose(f"""*{claim.says}* ({claim.place}) {badge(Verdict.UNTESTABLE)} {claim.untestable}""")


def moves(evidence: Evidence) -> str:
    """What bringing a backbone to the common width does to its utilization, of those that it narrows."""
    told = []
    for row in BACKBONES:
        wide, narrow = (mean(evidence, f"{row}/{side}", "feature_width") for side in (OWN, SAME))
        change = gap(evidence, f"{row}/{SAME}", f"{row}/{OWN}", "feature_utilization", 1)
        if wide is not None and narrow is not None and wide > narrow and change:
            told.append(f"{name(row)} ({wide:,.0f} to {narrow:,.0f} features) {change}")
    return "; ".join(told)


def _spread(evidence: Evidence, side: str) -> str:
    values = [
        value for row in BACKBONES if (value := mean(evidence, f"{row}/{side}", "feature_utilization")) is not None
    ]
    return f"{max(values) - min(values):.1f}" if values else "–"


def _significant(count: int = len(BACKBONES), level: float = 0.05) -> float:
    """The smallest rank correlation of so many points whose two-sided exact probability is at most the level."""
    order = range(count)
    every = sorted(
        1 - 6 * sum((a - b) ** 2 for a, b in zip(order, p, strict=True)) / (count**3 - count)
        for p in permutations(order)
    )
    for value in sorted(set(every)):
        if value > 0 and 2 * sum(one >= value - 1e-12 for one in every) / len(every) <= level:
            return value
    return 1.0
