"""What the figures and sentences of the chapter read out of runs, and what they call it [singh]."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator

from mtlcore import claims
from mtlcore.claims import interval
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block
from mtlcore.report.comparison import compare_rows
from mtlcore.report.measures import mean
from mtlcore.report.names import row_name
from mtlcore.report.pairing import paired, seeds_of
from mtlcore.report.tables import NAMES
from mtlcore.results import Record

SHORT = "singh"
BACKBONES = ("efficientnet-b0", "efficientnet-b2", "resnet-18", "resnet-50", "nfnet-l0", "vgg-11")
TASKS = ("color", "type", "vehicle", "camera")  # in the order in which Table 3 adds them
SOURCES = {"real": "the VehicleX images", "twin": "the twin of the images"}
HUES = {
    "efficientnet-b0": "#009E73",
    "efficientnet-b2": "#56B4E9",
    "resnet-18": "#E69F00",
    "resnet-50": "#D55E00",
    "nfnet-l0": "#CC79A7",
    "vgg-11": "#000000",
}
MARKERS = dict(zip(BACKBONES, "oPs^Dv", strict=True))
TASK_NAMES = {"color": "colour", "type": "type", "vehicle": "vehicle", "camera": "camera"}
TASK_HUES = {"color": "#806600", "type": "#AA4499", "vehicle": "#332288", "camera": "#44AA99"}
THRESHOLD = 30.0  # degrees [singh, Section 4]
HIDDEN = 128


def number(id: str) -> float:
    """A number of the document's text."""
    return float(next(one["value"] for one in claims.load(SHORT).numbers if one["id"] == id))


def numbers(id: str) -> list[float]:
    """Several numbers of the document's text that stand together."""
    return [float(value) for value in next(one["value"] for one in claims.load(SHORT).numbers if one["id"] == id)]


def printed(id: str, row: str, column: str) -> float:
    """A number of a table of the document."""
    paper = claims.load(SHORT).table(id)
    index = next(index for index, one in enumerate(paper.columns) if one.id == column)
    return float(next(one.values[index] for one in paper.rows if one.id == row))


def name(row: str) -> str:
    """A row in words: `ResNet-50`, `3 tasks`."""
    return row_name(SHORT, "table-2", row)


def train_images(record: Record) -> int:
    """How many images a run trained on: at most as many as its configuration asks for, all of them of few vehicles."""
    counts = next((curve for name, curve in record.curves.items() if name.startswith("train_count_")), None)
    return round(sum(counts)) if counts else int(record.config["train_images"])


def budget(evidence: Evidence) -> str:
    """What a run of these sees, in a few words; what differs between rows is left out."""
    seen = [{**record.config, "images": train_images(record)} for record in evidence.records]
    parts = []
    for field, words in (("size", "{0}×{0} pixels"), ("images", "{:,} images"), ("epochs", "{:,} epoch{}")):
        values = {one[field] for one in seen if one.get(field) is not None}
        if len(values) == 1:
            value = values.pop()
            parts.append(words.format(value, "s" * (value != 1)))
    return ", ".join(parts)


def where(evidence: Evidence, *others: Evidence) -> str:
    """Data, variant, profile, budget and seeds of some runs, and of others of the same origin, in a few words."""
    every = (evidence, *others)
    seen = max(map(budget, every), key=len)  # where tasks stand alone the images differ
    rows = {f"{one.study} {row}": records for one in every for row, records in one.rows.items()}
    parts = [NAMES[evidence.variant], evidence.profile, seen, seeds_of(dataclasses.replace(evidence, rows=rows))]
    return f"{SOURCES.get(evidence.source, evidence.source)}; {', '.join(part for part in parts if part)}"


def side(evidence: Evidence, left: str, right: str, metric: str) -> int | None:
    """On which side of nought the difference of two rows lies, by its 95 % interval: 1, -1, or 0 where it covers it.

    None where fewer than two seeds are paired.
    """
    values = paired(evidence, left, right, metric)
    if len(values) < 2:
        return None
    _, low, high = interval(values)
    return (low > 0) - (high < 0)


def plain_logarithmic(axes: Axes) -> None:
    """A logarithmic horizontal axis with plain numbers at 1, 2 and 5."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.xaxis.set_minor_locator(NullLocator())


def means(
    evidence: Evidence | None, measure: str, rows: tuple[str, ...] = BACKBONES, *, side: str = ""
) -> dict[str, float]:
    """The mean of a measure by row, of the rows that have it; of `row/side` where a side is given."""
    found = {row: mean(evidence, f"{row}/{side}" if side else row, measure) for row in rows}
    return {row: value for row, value in found.items() if value is not None}


def comparison(
    evidence: Evidence, columns: Mapping[str, tuple[str, int]], *, caption: str, name: str, rows: Mapping[str, str]
) -> Block:
    """A table of some rows of a study, as `compare_rows`, with where its runs are from."""
    return compare_rows(evidence, columns, caption=caption, name=name, rows=rows, origin=where(evidence))
