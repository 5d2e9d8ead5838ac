"""What the genetic algorithm selects, and what that is worth [ge, Section 2.1, Fig. 2 and Table 1]."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtlcore.kernels.genetic import Selection
from mtlcore.recipes import Evidence
from mtlcore.recipes.ge.config import Config
from mtlcore.recipes.ge.features import NEAR, Redundancy, Search
from mtlcore.report.block import Block, percent, prose
from mtlcore.report.directional.evidence import compared, samples_of, where
from mtlcore.report.measures import metric, told
from mtlcore.report.origin import note
from mtlcore.report.tables import table_of

REPAIRED, DRIFTING = "#0072B2", "#D55E00"
ROWS = {"chosen": "half, by the genetic algorithm", "random-half": "half, at random", "all-features": "all features"}


def draw_generations(search: Search, config: Config) -> Figure:
    """Fig. 2: best and mean fitness over the generations, and how many features an individual keeps.

    Args:
        search: what `recipes.ge.features.search` gives for a configuration.
        config: that configuration.
    """
    figure, (fitness, kept) = plt.subplots(1, 2, figsize=(8.6, 3.7), width_ratios=(1.35, 1))
    spread = float(search.random.std())
    middle = float(search.random.mean())
    fitness.axhspan(middle - 2 * spread, middle + 2 * spread, color="#e2e2e2", lw=0, label="random selections, ±2 sd")
    for selection, colour, name in (
        (search.repaired, REPAIRED, "repaired"),
        (search.drifting, DRIFTING, "as written"),
    ):
        _draw_search(fitness, selection, colour, name)
    fitness.set_xlabel("generation")
    fitness.set_ylabel("fitness")
    figure.legend(*fitness.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8.5)
    _draw_kept(kept, search)
    note(figure, f"distances over {samples_of(config)}")
    return figure


def _draw_search(axes: Axes, selection: Selection, colour: str, name: str) -> None:
    generations = range(len(selection.best))
    axes.plot(generations, selection.best, color=colour, label=f"{name}: best")
    axes.plot(generations, selection.mean, color=colour, lw=1.2, ls="--", label=f"{name}: mean")


def _draw_kept(axes: Axes, search: Search) -> None:
    counts = search.kept.double().numpy()
    generations = np.arange(len(counts))
    axes.plot(generations, counts.mean(1), color=DRIFTING)
    axes.fill_between(generations, counts.min(1), counts.max(1), color=DRIFTING, alpha=0.2, lw=0)
    axes.axhline(int(search.repaired.selected.sum()), color=REPAIRED)
    axes.set_xlabel("generation")
    axes.set_ylabel("features that an individual keeps")


def search_words(search: Search, config: Config) -> Block:
    """Fig. 2 in sentences: what a generation gains, and what there was to gain."""
    middle = float(search.random.mean())
    gain, possible = search.repaired.fitness / middle - 1, search.exchanged / middle - 1
    best = search.repaired.best
    late = float(best[int(0.8 * len(best)) :].max() - best[: int(0.8 * len(best))].max())
    tail = "still rises in the last fifth of the generations" if late > 0 else "no longer rises in the last fifth"
    lost = int(search.drifting.selected.sum())
    return prose(
        f"""Over {samples_of(config)}, the best selection gains {percent(gain, 2)} of fitness against a random half,
        and {tail}.
        Exchanging single features of a random half while that helps gains {percent(possible, 1)}: where the curve looks
        flat, the search moves little; it has not arrived.
        Without repair the best individual keeps {lost:,} features, not {int(search.repaired.selected.sum()):,}: the
        tails that two parents exchange hold different numbers."""
    )


def together_words(search: Search) -> Block:
    """Why this fitness does not remove what is redundant."""
    together = search.together
    return prose(
        f"""The fitness counts distances *between* kept and dropped features only.
        Two copies of one feature are at distance nought, so that separating them earns nothing; it pays to keep both,
        or to drop both.
        A random half puts {percent(together["random"])} of the features on the side of the feature nearest to them,
        the genetic algorithm {percent(together["genetic"])}, and the exchange that climbs on
        {percent(together["exchange"])}: the better this fitness, the *more* redundant the half."""
    )


def draw_redundancy(found: Redundancy, config: Config) -> Figure:
    """How nearly each feature repeats another, and how few directions hold the variance.

    Args:
        found: what `recipes.ge.features.redundancy` gives for a configuration.
        config: that configuration.
    """
    figure, (nearest, explained) = plt.subplots(1, 2, figsize=(8.6, 3.2))
    nearest.hist(found.nearest.numpy(), bins=np.linspace(0, 1, 41), color="#56768f", lw=0)
    nearest.axvline(NEAR, color="#333333", lw=1, ls=":")
    nearest.set_xlabel("largest correlation with another feature")
    nearest.set_ylabel("features")
    explained.plot(range(1, len(found.explained) + 1), 100 * found.explained, color="#56768f")
    for share in (0.9, 0.99):
        count = found.components(share)
        explained.plot(count, 100 * share, "o", color="#333333", ms=5)
        explained.annotate(
            f"{count:,} for {percent(share)}", (count, 100 * share), (8, -12), textcoords="offset points", fontsize=9
        )
    explained.set_xlabel("principal components")
    explained.set_ylabel("variance explained (%)")
    note(figure, f"over {samples_of(config)}")
    return figure


def redundancy_words(found: Redundancy, config: Config) -> Block:
    """The redundancy in sentences."""
    copies = float((found.nearest > NEAR).double().mean())
    return prose(
        f"""Over {samples_of(config)}, {percent(copies)} of the {len(found.nearest):,} features correlate with another
        by more than {NEAR:g};
        {found.components(0.9):,} directions hold 90 % of the variance, {found.components(0.99):,} hold 99 %.
        There is something to remove, as the document supposes."""
    )


def selection_table(evidence: Evidence) -> Block:
    """Accuracy and time with half of the features by the genetic algorithm, half at random, and all."""
    columns = {"accuracy_t1": "type (%)", "accuracy_t2": "colour (%)", "time": "training time (s)"}
    rows = [
        [name, *(told(metric(evidence, row, measure)) for measure in columns)]
        for row, name in ROWS.items()
        if evidence.rows.get(row)
    ]
    caption = f"Which half of the features is kept: test accuracy and time, mean ± sd ({where(evidence)})."
    return table_of(evidence, ["features", *columns.values()], rows, caption=caption, name="tbl-ge-selection")


def selection_words(evidence: Evidence) -> Block:
    """Whether the selected half is better than a random one, and what the other half is worth."""
    return compared(
        evidence,
        {
            "the selected half against a random one": ("chosen", "random-half"),
            "the selected half against all features": ("chosen", "all-features"),
        },
    )
