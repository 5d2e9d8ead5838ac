"""Iterations of the two min-norm solvers (Fig. 3) and the share of Pareto-stationary mini-batches (Fig. 4) [tran]."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, percent, prose
from mtlcore.report.curves import curves, draw_band
from mtlcore.report.measures import mean

NEARLY_ALL = 0.95  # of the problems
SOLVERS = {"frank_wolfe": ("Frank-Wolfe", "#CC79A7"), "projected": ("projected", "#009E73")}
PROBLEMS = {
    "parameters": "(a) parameters, Eq. 4.5",
    "representations": "(b) representations, Eq. 4.7",
    "separate": "Eq. 4.5, separate inputs",
}

WHERE = {
    "parameters": "on parameters",
    "representations": "on representations",
    "separate": "on parameters with separate inputs",
}


def iterations(evidence: Evidence, solver: str, problem: str) -> NDArray[np.float64]:
    """Iterations for every recorded Gramian of all seeds; empty where nothing was solved."""
    name = f"iterations {solver} {problem}"
    found = [np.array(record.curves[name]) for record in evidence.records if record.curves.get(name)]
    return np.concatenate(found) if found else np.array([])


def draw_iterations(evidence: Evidence) -> Figure:
    """Fig. 3: histograms of iterations of both solvers, on both problems and on the setting of the thesis."""
    counts = {problem: {solver: iterations(evidence, solver, problem) for solver in SOLVERS} for problem in PROBLEMS}
    most = max((one.max() for of in counts.values() for one in of.values() if one.size), default=1.0)
    figure, axes = plt.subplots(1, len(PROBLEMS), figsize=(8.8, 3.2), sharex=True, sharey=True)
    for place, (problem, title) in zip(axes, PROBLEMS.items(), strict=True):
        _histograms(place, counts[problem], most)
        place.set_title(title, fontsize=10)
        place.set_xlabel("iterations for one problem")
    axes[0].set_ylabel("share of problems (%)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def _histograms(axes: Axes, found: dict[str, NDArray[np.float64]], most: float) -> None:
    # whole numbers, in bins that widen: one each up to 10, then ten a decade
    edges = [float(edge) for edge in np.unique(np.round(np.geomspace(1, max(most + 1, 2), 28))) - 0.5]
    for solver, counts in found.items():
        if counts.size:
            name, colour = SOLVERS[solver]
            share = np.full(counts.size, 100 / counts.size)
            axes.hist(counts, edges, weights=share, histtype="stepfilled", color=colour, alpha=0.35)
            axes.hist(counts, edges, weights=share, histtype="step", color=colour, lw=1.6, label=name)
            axes.axvline(float(np.median(counts)), color=colour, lw=1.2, ls=":")
    axes.set_xscale("log")
    axes.set_xlim(left=0.8)
    ticks = [tick for tick in (1, 3, 10, 30, 100, 250) if tick <= most]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()


def solver_words(evidence: Evidence) -> Block:
    """Fig. 3 in a sentence a problem."""
    told = []
    for problem, where in WHERE.items():
        slow, fast = (iterations(evidence, solver, problem) for solver in SOLVERS)
        if slow.size and fast.size:
            told.append(
                f"Of {slow.size:,} problems {where}, Frank-Wolfe needs a median of {np.median(slow):g} iterations "
                f"({_tail(evidence, problem, 'frank_wolfe', slow)}), the projected method {np.median(fast):g} "
                f"({_tail(evidence, problem, 'projected', fast)})."
            )
    if any(_capped(evidence, problem, solver) for problem in PROBLEMS for solver in SOLVERS):
        told.append(
            "A problem that is stopped at the cap counts with the cap: the last bar of a histogram holds all of them, "
            "and the mean on which the claim is judged is lower than it would be without a cap."
        )
    told.append("For up to three tasks a closed form gives the same point at once; the training runs use it.")
    return prose("\n".join(told))


def _capped(evidence: Evidence, problem: str, solver: str) -> float:
    """Share of the problems on which a solver ran into its cap."""
    return mean(evidence, f"{solver}/{problem}", "capped") or 0.0


def _tail(evidence: Evidence, problem: str, solver: str, found: NDArray[np.float64]) -> str:
    """The long end of a histogram: the share stopped at the cap, or what nearly all problems keep to."""
    if share := _capped(evidence, problem, solver):
        return f"{percent(share, 1)} of the problems are stopped at the cap of {found.max():.0f}"
    return f"{percent(NEARLY_ALL)} of the problems at most {np.quantile(found, NEARLY_ALL):.0f}"


def draw_stationary(evidence: Evidence) -> Figure:
    """Fig. 4: share of mini-batches that count as Pareto-stationary, over the epochs.

    Args:
        evidence: runs with the curves share (by the threshold tau), share_<threshold> and share_published, in 0..1.
    """
    tau = evidence.records[0].config["tau"]
    figure, axes = plt.subplots(figsize=(6.8, 3.6))
    styles = {
        "share": {"color": "#0072B2", "label": f"|g*| ≤ {tau:g} × mean |gᵗ|"},
        "share_published": {"color": "#D55E00", "label": "published: every entry of g* below 10⁻⁴", "ls": "--"},
    }
    ends: dict[str, float] = {}
    for threshold in thresholds(evidence):
        found = 100 * curves(evidence.records, f"share_{threshold}").mean(0)
        axes.plot(np.arange(1, len(found) + 1), found, color="#0072B2", lw=0.9, alpha=0.7)
        ends[threshold] = float(found[-1])
    for name, style in styles.items():
        found = 100 * curves(evidence.records, name)
        draw_band(axes, np.arange(1, found.shape[1] + 1), found, name, **style)
    _label_ends(axes, ends)
    axes.set_xlabel("epoch")
    axes.set_ylabel("stationary mini-batches (%)")
    axes.set_ylim(-2, 102)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(loc="outside lower center", ncols=2, fontsize=9)
    return figure


def _label_ends(axes: Axes, ends: Mapping[str, float]) -> None:
    """Name lines at the right edge, lowest first, each label at least 5 % above the one below."""
    height = -100.0
    for threshold, end in sorted(ends.items(), key=lambda item: (item[1], float(item[0]))):
        height = max(end, height + 5)
        axes.text(1.01, height, threshold, transform=axes.get_yaxis_transform(), va="center", fontsize=8.5)


def thresholds(evidence: Evidence) -> list[str]:
    """The other relative thresholds whose shares were recorded, ascending."""
    names = {name for record in evidence.records for name in record.curves}
    found = [name.removeprefix("share_") for name in names if name.startswith("share_") and name != "share_published"]
    return sorted(found, key=float)


def stationary_words(evidence: Evidence) -> Block:
    """Fig. 4 in two sentences."""
    told = []
    for name, words in (("share", "the relative threshold"), ("share_published", "the published one")):
        found = curves(evidence.records, name)
        if found.size:
            first, last = found[:, 0].mean(), found[:, -1].mean()
            told.append(f"by {words}, {percent(first, 1)} in the first epoch and {percent(last, 1)} in the last")
    if not told:
        return prose("There are no runs yet.")
    judged = " The verdict below is on the relative threshold alone, last tenth of the training against its first."
    return prose(f"The share of stationary mini-batches is, {'; '.join(told)}.{judged}")
