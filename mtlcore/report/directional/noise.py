"""How large a difference must be to mean anything: chance of the test set, of a repetition, of the seed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mtlcore import claims
from mtlcore.claims import interval
from mtlcore.recipes import Evidence
from mtlcore.recipes.ge.config import Config
from mtlcore.report.block import Block, prose
from mtlcore.report.directional.evidence import METHODS, SHORT, TASKS, method_of, paired, span
from mtlcore.report.figures import COLOURS, LABELS
from mtlcore.report.names import row_name
from mtlcore.report.origin import aside, note, runs_of
from mtlcore.report.pairing import seeds_of
from mtlcore.results import Record

NORMAL = statistics.NormalDist().inv_cdf(0.975)
BANDS: dict[str, dict[str, Any]] = {  # of chance, one a task
    "accuracy_t1": {"facecolor": "#e2e2e2", "lw": 0},
    "accuracy_t2": {"facecolor": "none", "edgecolor": "#a8a8a8", "hatch": "////", "lw": 0},
}
MARKERS = {"accuracy_t1": "o", "accuracy_t2": "s"}
TWICE = {"wm-15": "wm-r23", "wm-25": "wm-r53", "nb-20": "nb-r20", "nb-30": "nb-r42"}  # in Table 2, and again in Table 3


def printed(table: str, row: str, metric: str) -> float:
    """A number of the document."""
    paper = claims.load(SHORT).table(table)
    index = next(index for index, column in enumerate(paper.columns) if column.metric == metric)
    return float(next(entry.values[index] for entry in paper.rows if entry.id == row))


def printed_differences() -> dict[str, dict[str, float]]:
    """What the document prints above its baseline: row of Table 2, or dropout of Table 3 -> metric -> points."""
    rows = [("table-2", row.id) for row in claims.load(SHORT).table("table-2").rows]
    rows += [("table-3", row) for row in ("dropout-r20", "dropout-r50")]
    return {
        row: {metric: printed(table, row, metric) - printed("table-4", "baseline", metric) for metric in TASKS}
        for table, row in rows
    }


def repetitions() -> list[float]:
    """How far the document's two printings of the same run are apart, in points, where they differ."""
    pairs = [
        abs(printed("table-2", one, metric) - printed("table-3", other, metric))
        for one, other in TWICE.items()
        for metric in TASKS
    ]
    return [round(found, 6) for found in pairs if found > 1e-9]


def within_repetitions() -> tuple[int, int]:
    """How many differences from its baseline the document prints that its widest repetition covers, and of how many."""
    every = [abs(value) for row in printed_differences().values() for value in row.values()]
    return sum(value <= max(repetitions()) + 1e-9 for value in every), len(every)


def chance(accuracy: float, images: int) -> float:
    """Half of the 95 % interval of the difference of two accuracies (%) from the chance of the test images alone.

    As if the two were tested on images of their own; on the same images, errors that both make cancel.
    """
    share = accuracy / 100
    return 100 * NORMAL * math.sqrt(2 * share * (1 - share) / images)


def seed_sd(evidence: Evidence, metric_name: str) -> float | None:
    """Standard deviation over seeds, pooled over the rows; None without two seeds of a row.

    Runs that came out alike in both tasks, such as a baseline and a pruning that removed nothing, count once.
    """
    squares = freedom = 0.0
    seen: set[tuple[float | None, ...]] = set()
    for records in evidence.rows.values():
        fresh = [record for record in records if _outcome(record) not in seen]
        seen |= {_outcome(record) for record in fresh}
        values = [record.metrics[metric_name] for record in fresh if metric_name in record.metrics]
        if len(values) > 1:
            squares += statistics.variance(values) * (len(values) - 1)
            freedom += len(values) - 1
    return math.sqrt(squares / freedom) if freedom else None


def _outcome(record: Record) -> tuple[float | None, ...]:
    return (record.seed, *(record.metrics.get(name) for name in TASKS))


def between_runs(sd: float) -> float:
    """What two single runs of one method differ by at most in 19 of 20 cases."""
    return NORMAL * math.sqrt(2) * sd


def draw_noise(evidence: Evidence) -> Figure:
    """Differences from the baseline: the document's numbers, and ours paired by seed, each over its own chance."""
    figure, (paper, ours) = plt.subplots(1, 2, figsize=(8.8, 4.9), sharey=True)
    differences = printed_differences()
    rows = [row for row in evidence.rows if row in differences]
    for place, row in enumerate(rows):
        for shift, (metric, value) in zip((-0.16, 0.16), differences[row].items(), strict=True):
            _mark(paper, value, place + shift, row, metric)
            found = paired(evidence, row, "baseline", metric)
            if found:
                _draw_ours(ours, found, place + shift, row, metric)
    _draw_bands(paper, ours, evidence)
    paper.set_yticks(range(len(rows)), [row_name(SHORT, "table-2", row) for row in rows], fontsize=8.5)
    paper.invert_yaxis()
    for axes, title in ((paper, "printed"), (ours, f"ours ({evidence.source}), mean of the seeds")):
        axes.axvline(0, color="#333333", lw=1)
        axes.set_title(title, fontsize=10.5)
        axes.set_xlabel("accuracy above the baseline (points)")
    _legend(figure)
    note(figure, f"right: {runs_of(evidence)}")
    return figure


def _draw_bands(paper: Axes, ours: Axes, evidence: Evidence) -> None:
    """How far chance alone sets two equal networks apart, a band a task."""
    for metric, style in BANDS.items():
        images = chance(printed("table-4", "baseline", metric), Config.test_samples)
        paper.axvspan(-images, images, zorder=0, **style)
        if (sd := seed_sd(evidence, metric)) is not None:
            ours.axvspan(-between_runs(sd), between_runs(sd), zorder=0, **style)


def _draw_ours(axes: Axes, found: Sequence[float], y: float, row: str, metric: str) -> None:
    middle = statistics.fmean(found)
    if len(found) > 1:
        _, low, high = interval(found)
        axes.plot([low, high], [y, y], color=COLOURS[method_of(row)], lw=1.4)
    _mark(axes, middle, y, row, metric)


def _mark(axes: Axes, x: float, y: float, row: str, metric: str) -> None:
    colour = COLOURS[method_of(row)]
    face = colour if metric == "accuracy_t1" else "white"
    axes.plot(x, y, MARKERS[metric], color=colour, mfc=face, ms=5.5, mew=1.4, zorder=3)


def _legend(figure: Figure) -> None:
    handles: list[Artist] = [
        Line2D([], [], ls="", marker=marker, color="#333333", mfc="#333333" if task == "type" else "white", label=task)
        for (_, task), marker in zip(TASKS.items(), MARKERS.values(), strict=True)
    ]
    handles += [Line2D([], [], color=COLOURS[method], lw=3, label=LABELS[method]) for method in METHODS.values()]
    handles += [Patch(**style, label=f"chance, {TASKS[metric]}") for metric, style in BANDS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=8.5, columnspacing=1.2)


def noise_words(evidence: Evidence) -> Block:
    """The three measures of chance, and what the document's differences look like beside its own two."""
    images = Config.test_samples
    chances = {task: chance(printed("table-4", "baseline", metric), images) for metric, task in TASKS.items()}
    twice = repetitions()
    within, every = within_repetitions()
    return prose(
        f"""**By the test images alone**, two networks that are equally good differ by up to
        {chances["type"]:.1f} points on type and {chances["colour"]:.1f} on colour in 19 of 20 cases, at the document's
        accuracies and {images:,} test images each.
        Where both are tested on the same images, errors that both make cancel, and chance is smaller than that.
        **By its own repetitions**: {len(twice)} accuracies that the document prints for the same setting in Tables 2
        and 3 differ, by {span(twice)} points.
        {within} of its {every} differences from the baseline are no larger than the largest of these.
        **By the seed**, in our runs: {_seeds(evidence)}. {aside(evidence)}"""
    )


def _seeds(evidence: Evidence) -> str:
    told = []
    for name, task in TASKS.items():
        sd = seed_sd(evidence, name)
        if sd is not None:
            apart = f"two single runs differ by up to {between_runs(sd):.1f} in 19 of 20 cases"
            told.append(f"{sd:.2f} points on {task} ({apart})")
    if not told:
        return "one seed cannot say how far seeds spread"
    widths = {task: half_widths(evidence, name) for name, task in TASKS.items()}
    halves = [f"±{statistics.median(found):.2f} points on {task}" for task, found in widths.items() if found]
    rows = max(map(len, widths.values()))
    paired_words = (
        f". Paired by seed, {rows} rows differ from the baseline and from each other; with {seeds_of(evidence)} they "
        f"have intervals of {' and '.join(halves)} in the median"
        if halves
        else ""
    )
    return f"the standard deviation over seeds, pooled over the rows, is {' and '.join(told)}{paired_words}"


def half_widths(evidence: Evidence, metric_name: str) -> list[float]:
    """Half widths of the paired intervals above the baseline, of rows that differ from it and from each other."""
    rows = (paired(evidence, row, "baseline", metric_name) for row in evidence.rows)
    different = {tuple(found) for found in rows if len(found) > 1 and any(found)}
    return sorted((high - low) / 2 for _, low, high in map(interval, different))
