"""What the figures and sentences of the chapter read out of runs, and what they call it [upadhyay]."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from mtlcore import claims
from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay.config import Config
from mtlcore.recipes.upadhyay.fields import NAMES as TASK_NAMES
from mtlcore.recipes.upadhyay.studies import FACES, PATH, ROOMS
from mtlcore.report.block import Block
from mtlcore.report.comparison import compare_rows
from mtlcore.report.measures import mean, metric
from mtlcore.report.pairing import gap, of_both, paired, seeds_of, shared_means
from mtlcore.report.tables import NAMES

__all__ = ["FACES", "PATH", "ROOMS", "TASK_NAMES"]

SHORT = "upadhyay"
SOURCES = {
    ("nyuv2", "real"): "real NYU-v2",
    ("nyuv2", "twin"): "the twin of NYU-v2",
    ("celebamask", "real"): "real CelebAMask-HQ",
    ("celebamask", "twin"): "the twin of CelebAMask-HQ",
}
TASK_HUES = {"seg": "#4477AA", "normal": "#228833", "depth": "#EE6677", "male": "#AA3377", "smile": "#998800"}
SHARED_HUE, ZERO_HUE, INK = "#8b95a1", "#e8e8e8", "#222222"
MEASURES = {"iou": "IoU", "cs": "CS", "mae": "MAE"}  # of the three tasks on rooms, as printed
SPELT = {"iou": "IoU", "cs": "cosine similarity (CS)", "mae": "mean absolute error of depth (MAE)"}
TASK_OF = {"iou": "seg", "cs": "normal", "mae": "depth"}
ALL = "seg_normal_depth"
STRONG, WEAK = "1e-5", "1e-6"  # the two λ of Table 1
Runs = Mapping[str, Evidence | None]  # study -> its runs


def collapsed(evidence: Evidence) -> tuple[list[str], int]:
    """The rows of runs that end less than half as good as at their own best epoch, a row a run; of how many runs."""
    found, runs = [], 0
    for row, records in evidence.rows.items():
        for record in records:
            known = {key: record.curves[f"val_{key}"] for key in MEASURES if record.curves.get(f"val_{key}")}
            runs += bool(known)
            if any(_fallen(curve, lower=key == "mae") for key, curve in known.items()):
                found.append(row)
    return found, runs


def _fallen(curve: Sequence[float], *, lower: bool) -> bool:
    best = min(curve) if lower else max(curve)
    return curve[-1] > 2 * best if lower else best > 0 and curve[-1] < best / 2


def tasks_name(tasks: str) -> str:
    """A set of tasks in words.

    >>> tasks_name("seg_normal_depth")
    'segmentation + surface normals + depth'
    """
    return " + ".join(TASK_NAMES[task] for task in tasks.split("_"))


def short_name(tasks: str) -> str:
    """A set of tasks where there is little room.

    >>> short_name("seg_normal")
    'seg. + normals'
    """
    short = {"seg": "seg.", "normal": "normals"}
    return " + ".join(short.get(task, TASK_NAMES[task]) for task in tasks.split("_"))


def strength_name(strength: str) -> str:
    """λ as a reader writes it, in matplotlib's words.

    >>> strength_name("0"), strength_name("1e-5")
    ('0', '$10^{-5}$')
    """
    return "0" if strength == "0" else f"$10^{{{int(strength.partition('e')[2])}}}$"


def plain_strength(strength: float) -> str:
    """λ as the document prints it.

    >>> plain_strength(0.0), plain_strength(1e-5), plain_strength(1e-3)
    ('0', '1e-5', '1e-3')
    """
    return f"{strength:.0e}".replace("e-0", "e-") if strength else "0"


def number(id: str) -> float:
    """A number of the document's text."""
    return float(next(one["value"] for one in claims.load(SHORT).numbers if one["id"] == id))


def printed(id: str, row: str, column: str) -> float | None:
    """A mean of a table of the document; None where it prints none."""
    paper = claims.load(SHORT).table(id)
    index = next(index for index, one in enumerate(paper.columns) if one.id == column)
    value = next(one.values[index] for one in paper.rows if one.id == row)
    return float(value["mean"] if isinstance(value, dict) else value) if value is not None else None


def budget(evidence: Evidence) -> str:
    """What a run of these sees, in a few words; fields that differ between rows are left out."""
    configs = [record.config for record in evidence.records]
    parts = []
    words = {"size": "{0}×{0} pixels", "train_images": "{:,} images", "epochs": "{:,} epoch{}", "width": "width {}"}
    for field, text in words.items():
        values = {config[field] for config in configs if config.get(field) is not None}
        if len(values) == 1:
            value = values.pop()
            parts.append(text.format(value, "s" * (value != 1)))
    return ", ".join(parts)


def dataset(evidence: Evidence) -> str:
    """Which data some runs took: `real NYU-v2`."""
    names = {str(record.config.get("dataset", "nyuv2")) for record in evidence.records} or {"nyuv2"}
    return SOURCES.get((min(names), evidence.source), evidence.source)


def where(evidence: Evidence) -> str:
    """Data, variant, profile, budget and seeds of some runs, in a few words."""
    parts = [NAMES[evidence.variant], evidence.profile, budget(evidence), seeds_of(evidence)]
    return f"{dataset(evidence)}; {', '.join(part for part in parts if part)}"


def measures_of(evidence: Evidence, row: str) -> list[str]:
    """Which of IoU, CS and MAE a row has."""
    return [key for key in MEASURES if metric(evidence, row, key)]


def gains(evidence: Evidence, left: str, right: str, places: int = 3) -> str:
    """Differences of two rows in all measures that both have, paired by seed: `IoU +0.010 [...], CS ...`."""
    differences = {words: gap(evidence, left, right, key, places) for key, words in MEASURES.items()}
    told = ", ".join(f"{words} {difference}" for words, difference in differences.items() if difference)
    return f"{told}{of_both(evidence, left, right)}" if told else ""


def beyond_chance(evidence: Evidence | None, left: str, right: str) -> dict[str, bool | None] | None:
    """Whether a row is better than another in each measure that both have, paired by seed.

    True where the whole interval says better, False where it says worse, None where it says neither; None in place of
    all where there is nothing to compare or one seed.
    """
    found: dict[str, bool | None] = {}
    for key in MEASURES:
        values = paired(evidence, left, right, key) if evidence else []
        if len(values) >= 2:
            _, low, high = claims.interval([-value for value in values] if key == "mae" else values)
            found[key] = True if low > 0 else False if high < 0 else None
    return found or None


def alike(one: Evidence | None, other: Evidence | None) -> bool:
    """Whether runs of two studies may be set side by side: of one profile, source and variant."""
    origins = [(found.profile, found.source, found.variant) for found in (one, other) if found]
    return len(origins) == 2 and origins[0] == origins[1]


def share_text(values: Sequence[float], places: int = 0) -> str:
    """Percentages as text: the mean of the seeds and its unit.

    >>> share_text([60.0, 70.0])
    '65 %'
    """
    return f"{statistics.fmean(values):.{places}f} %" if values else "–"


def level(evidence: Evidence | None, row: str, measure: str, places: int = 3) -> str:
    """The mean of a measure of a row as text; a dash where there is none."""
    value = mean(evidence, row, measure)
    return "–" if value is None else f"{value:.{places}f}".replace("-", "−")


def levels(evidence: Evidence | None, rows: Sequence[str], measure: str, places: int = 3) -> list[str]:
    """The means of some rows over the seeds that all of them have, as text; dashes where there is none."""
    found = shared_means(evidence, rows, measure) if evidence else []
    return [f"{value:.{places}f}".replace("-", "−") for value in found] or ["–"] * len(rows)


def network_of(config: Config, profile: str) -> str:
    """Which single network a picture is of, in a few words."""
    return (
        f"one dense network of this page ({profile}, seed {config.seed}, {config.train_images:,} images, "
        f"{config.epochs} epoch{'s' * (config.epochs != 1)})"
    )


def comparison(
    evidence: Evidence,
    columns: Mapping[str, tuple[str, int]],
    *,
    caption: str,
    name: str,
    rows: Mapping[str, str],
    groups: Mapping[str, str] | None = None,
) -> Block:
    """A table of some rows of a study, as `compare_rows`, with where its runs are from."""
    origin = where(evidence)
    return compare_rows(evidence, columns, caption=caption, name=name, rows=rows, origin=origin, groups=groups)
