"""Performance, sparsity and inference time over the strength of the penalty [upadhyay, Fig. 4]."""

from __future__ import annotations

import statistics

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mtlcore.claims import interval
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
from mtlcore.report.curves import curves
from mtlcore.report.measures import mean, metric
from mtlcore.report.origin import note, runs_of
from mtlcore.report.pairing import gap, span
from mtlcore.report.sparsity.evidence import (
    MEASURES,
    PATH,
    STRONG,
    TASK_HUES,
    TASK_OF,
    WEAK,
    alike,
    beyond_chance,
    gains,
    level,
    number,
    strength_name,
)
from mtlcore.report.verdicts import listed

ROWS = tuple(f"l{strength}" for strength in PATH)
MARKS = {"iou": "o", "cs": "s", "mae": "^"}
ZEROS = {"group_sparsity": ("groups", "#222222", "o"), "parameter_sparsity": ("parameters", "#999999", "s")}
TIMES = {
    "speedup_masked": ("masked: zeros in place", "#E69F00", "s"),
    "speedup": ("compacted: zeros taken out", "#0072B2", "^"),
}
DENSE = "dense"  # beside which they are timed


def draw_path(evidence: Evidence) -> Figure:
    """Fig. 4: four panels over λ; mean of the seeds, bar from lowest to highest."""
    figure, ((quality, zeros), (course, times)) = plt.subplots(2, 2, figsize=(9.2, 6.4))
    for key, words in MEASURES.items():
        arrow = "↓" if key == "mae" else "↑"
        _draw_points(quality, evidence, key, f"{words} {arrow}", TASK_HUES[TASK_OF[key]], MARKS[key])
    quality.set_ylabel("test performance (0 to 1)", fontsize=9)
    for key, (words, colour, mark) in ZEROS.items():
        _draw_points(zeros, evidence, key, words, colour, mark)
    zeros.set_ylabel("zero in the backbone (%)", fontsize=9)
    _draw_course(course, evidence)
    for key, (words, colour, mark) in TIMES.items():
        _draw_values(
            times, {place: shares_of_time(evidence, row, key) for place, row in enumerate(ROWS)}, words, colour, mark
        )
    times.axhline(100, color="#000000", lw=1, ls=":", label=DENSE)
    times.set_ylabel("backbone, one batch (% of the dense time)", fontsize=9)
    times.set_ylim(0, None)
    for letter, axes in zip("abcd", (quality, zeros, course, times), strict=True):
        axes.set_title(f"({letter})", loc="left", fontsize=9.5)
        if axes is not course:
            axes.set_xticks(range(len(PATH)), [strength_name(one) for one in PATH])
            axes.set_xlabel("λ, as printed", fontsize=9)
            axes.legend(fontsize=8)
    note(figure, runs_of(evidence))
    return figure


def _draw_points(axes: Axes, evidence: Evidence, key: str, label: str, colour: str, mark: str) -> None:
    _draw_values(axes, {place: metric(evidence, row, key) for place, row in enumerate(ROWS)}, label, colour, mark)


def _draw_values(axes: Axes, found: dict[int, list[float]], label: str, colour: str, mark: str) -> None:
    known = {place: values for place, values in found.items() if values}
    means = [statistics.fmean(values) for values in known.values()]
    axes.plot(list(known), means, f"{mark}-", color=colour, ms=5, lw=1.5, label=label)
    for place, values in known.items():
        axes.plot([place, place], [min(values), max(values)], color=colour, lw=1)


def _draw_course(axes: Axes, evidence: Evidence) -> None:
    """Group sparsity over the epochs, a line a λ, darker where it is stronger."""
    ramp = plt.get_cmap("viridis_r")
    for place, (strength, row) in enumerate(zip(PATH, ROWS, strict=True)):
        found = curves(evidence.rows.get(row, []), "group_sparsity")
        if found.size:
            epochs = np.arange(1, found.shape[1] + 1)
            mark = "o" if len(epochs) == 1 else ""
            axes.plot(
                epochs,
                found.mean(0),
                marker=mark,
                color=ramp(0.12 + 0.88 * place / len(PATH)),
                label=strength_name(strength),
            )
            axes.set_xlim(0.6, len(epochs) + 0.4)
    axes.set_xlabel("epoch", fontsize=9)
    axes.set_ylabel("zero groups (%)", fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.legend(fontsize=8, title="λ", title_fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))


def best_strength(evidence: Evidence, key: str) -> str | None:
    """The λ, as printed, with the best mean of a measure; None without runs."""
    found = {strength: mean(evidence, f"l{strength}", key) for strength in PATH}
    known = {strength: value for strength, value in found.items() if value is not None}
    if not known:
        return None
    return (min if key == "mae" else max)(known, key=known.__getitem__)


def path_words(evidence: Evidence) -> Block:
    """At which λ each task is best, by how much, and where the backbone is gone."""
    best = [
        f"{words} at λ = {found}{_beside_dense(evidence, found, key)}"
        for key, words in MEASURES.items()
        if (found := best_strength(evidence, key))
    ]
    gone = [strength for strength in PATH if (mean(evidence, f"l{strength}", "group_sparsity") or 0) > 99.5]
    if not best:
        return Block("")
    empty = f"All of it is zero from λ = {gone[0]} on." if gone else "At no λ is all of it zero."
    return prose(
        f"""The best mean of the seeds, and how far it is from that at λ = 0, paired by seed: {"; ".join(best)}.
        {empty}
        {"The constant answer beside Table 1 is what to read them against." if emptied(evidence) else ""}"""
    )


def _beside_dense(evidence: Evidence, strength: str, key: str) -> str:
    """The difference of a measure between a λ and none, in brackets; nothing of λ = 0 itself."""
    found = gap(evidence, f"l{strength}", "l0", key, 3) if strength != "0" else ""
    return f" ({found})" if found else ""


def emptied(evidence: Evidence) -> str | None:
    """The weakest λ at which nothing of the backbone is left in any run, as printed; None where there is none."""
    for strength in PATH:
        zero = metric(evidence, f"l{strength}", "group_sparsity")
        if zero and min(zero) == 100:
            return strength
    return None


def floor_words(evidence: Evidence) -> Block:
    """The constant answer, to be read beside a table of scores; empty where no λ empties the backbone."""
    words = floor_text(evidence)
    return prose(f"**The constant answer.** {words}") if words else Block("")


def floor_text(evidence: Evidence) -> str:
    """What a backbone without a weight scores, and the dense one above it; nothing where none is empty."""
    strength = emptied(evidence)
    if strength is None:
        return ""
    levels = ", ".join(f"{words} {level(evidence, f'l{strength}', key)}" for key, words in MEASURES.items())
    return (
        "A backbone without a weight passes nothing of the image on, and each head can only say what is right on "
        f"average at each place: {levels} (λ = {strength}). This is the floor that every number should be read "
        f"against. The dense model against it, paired by seed: {gains(evidence, 'l0', f'l{strength}')}, where MAE is "
        f"better when it is lower.{_meaning(evidence, f'l{strength}')}"
    )


def above_floor(evidence: Evidence, row: str) -> list[str] | None:
    """The measures in which the dense model is better than an empty row by more than chance; None with one seed."""
    found = beyond_chance(evidence, "l0", row)
    return None if found is None else [words for key, words in MEASURES.items() if found.get(key)]


def learns_nothing(evidence: Evidence, row: str, path: Evidence | None) -> bool:
    """Whether the runs of a row are in no measure better than an answer that ignores the image.

    Args:
        evidence, row: the runs.
        path: runs of the same origin over λ, of which some λ empties the backbone; False where there are none.
    """
    strength = emptied(path) if path and alike(evidence, path) else None
    if strength is None:
        return False
    pairs = [(key, mean(evidence, row, key), mean(path, f"l{strength}", key)) for key in MEASURES]
    known = [(key, one, floor) for key, one, floor in pairs if one is not None and floor is not None]
    return bool(known) and all(one >= floor if key == "mae" else one <= floor for key, one, floor in known)


def _meaning(evidence: Evidence, row: str) -> str:
    """What verdicts on performance are worth in these runs."""
    better = above_floor(evidence, row)
    if better is None or len(better) == len(MEASURES):
        return ""
    missing = listed(words for words in MEASURES.values() if words not in better)
    return (
        f" In {missing} these runs do not rise above it by more than chance: verdicts on performance then say "
        "nothing of sparsity, those on zeros and sizes do."
    )


def shares_of_time(evidence: Evidence | None, row: str, key: str) -> list[float]:
    """Time in % of the dense backbone's, one a seed, from a metric that says how many times as fast."""
    return [100 / value for value in metric(evidence, row, key) if value > 0]


def time_share(evidence: Evidence | None, row: str, key: str) -> float | None:
    """The mean of `shares_of_time`; None where there are none."""
    values = shares_of_time(evidence, row, key)
    return statistics.fmean(values) if values else None


def _weak_words(evidence: Evidence) -> str:
    """What the weaker λ of Table 1 saves, by interval."""
    values = shares_of_time(evidence, f"l{WEAK}", "speedup")
    if len(values) < 2:
        return ""
    middle, low, high = interval(values)
    said = (
        "slower than the dense one"
        if low > 100
        else "faster than the dense one"
        if high < 100
        else "neither faster nor slower by more than chance"
    )
    return f"At λ = {WEAK} the compacted backbone is {said}: {middle:.1f} % of its time [{low:.1f}, {high:.1f}]."


def _dense_words(evidence: Evidence) -> str:
    """What 100 % is, in milliseconds; the same network at every λ, so that its range is that of the machine."""
    means = [value for row in ROWS if (value := mean(evidence, row, "dense_ms")) is not None]
    return (
        f"The dense backbone, the same at every λ, takes {span(means)} ms for a batch, mean of the seeds at each λ."
        if means
        else ""
    )


def _small(left: float | None, time: float | None) -> str:
    """Where far fewer multiplications save no time, why."""
    if left is None or time is None or time < (left + 100) / 2:
        return ""
    return (
        "So small a network spends its time between the operations, not in them: what is taken out pays on larger ones."
    )


def time_words(evidence: Evidence) -> Block:
    """Inference dense, masked and compacted at the document's λ, beside what it prints."""
    row = f"l{STRONG}"
    found = {key: mean(evidence, row, key) for key in ("compact_macs", "compact_parameters", "parameter_sparsity")}
    times = {key: time_share(evidence, row, key) for key in ("speedup", "speedup_masked")}
    if None in (*found.values(), *times.values()):
        return Block("")
    return prose(
        f"""At λ = {STRONG} {found["parameter_sparsity"]:.0f} % of the weights are zero.
        With the zeros in place a pass takes {times["speedup_masked"]:.0f} % of the time of the dense one, and with the
        zeros taken out {times["speedup"]:.0f} %; of the multiplications {found["compact_macs"]:.0f} % are left, of the
        parameters {found["compact_parameters"]:.0f} %.
        {_weak_words(evidence)}
        {_small(found["compact_macs"], times["speedup"])}
        {_dense_words(evidence)}
        The document prints {number("inference-1e-5"):g} ms saved, without the time that they are saved of and without
        saying that the network was cut.
        An input channel that is zero removes nothing by itself: its filter upstream goes only if nobody else reads it,
        and everything that adds to a residual sum reads it."""
    )
