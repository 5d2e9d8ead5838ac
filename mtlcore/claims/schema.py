"""What a document is as data: its tables, its claims, and what is wrong and open in it.

A side of a claim's pair names a row as `row`, `row/arm` or `row:metric`, or is a number, a bound.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


class PaperError(Exception):
    """A document's YAML is not as the schema has it; the message says where."""


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a published table: a metric, in some arm (condition) of the experiment."""

    id: str
    label: str
    unit: str = ""
    metric: str = ""
    arm: str = ""
    better: str = ""  # higher | lower | nothing said
    ceiling: float | None = None
    decimals: int = 2
    setting: bool = False  # chosen by who runs it, not measured

    def row(self, row: str) -> str:
        """The row of a study that holds this column's numbers."""
        return f"{row}/{self.arm}" if self.arm else row


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of a published table: one number (or mean and sd, or nothing) a column."""

    id: str
    label: str
    values: tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class Table:
    """A published table."""

    id: str
    title: str
    place: str
    about: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def number(self) -> str:
        """As printed, without the word."""
        return self.id.removeprefix("table-")


@dataclasses.dataclass(frozen=True)
class Test:
    """A statement over results: left RELATION right, for every pair of rows.

    Args:
        study, metric: where the rows are, and what of them is compared where a side does not say.
        relation: greater, less or equal.
        pairs: of rows, or of a row and a bound.
        margin: how far sides that are equal may lie apart.
        floor: what has learned nothing: a row, or, as `:metric`, what the same row could have without learning. Sides
            that are equal show nothing within the margin of it, others show nothing where none is above it; with
            `less`, which does not say that higher is better, there is none.
        alike: a metric in which the sides must be alike for the comparison to mean something, and how far apart they
            may lie.
        by: what the document prints as the difference.
    """

    study: str
    metric: str
    relation: str  # greater | less | equal
    pairs: tuple[tuple[Any, Any], ...]
    margin: float | None = None
    floor: str = ""
    alike: tuple[str, float] | None = None
    by: float | None = None

    __test__ = False  # not a pytest class


@dataclasses.dataclass(frozen=True)
class Claim:
    """What a document says, in our words, and how it is put to the test."""

    id: str
    says: str
    place: str
    kind: str
    test: Test | None
    untestable: str = ""


@dataclasses.dataclass(frozen=True)
class Paper:
    """A document."""

    short: str
    title: str
    authors: tuple[str, ...]
    year: int
    venue: str
    cite: str
    subject: str
    tables: tuple[Table, ...]
    figures: tuple[Mapping[str, Any], ...]
    numbers: tuple[Mapping[str, Any], ...]
    claims: tuple[Claim, ...]
    contradictions: tuple[Mapping[str, Any], ...]
    silences: tuple[Mapping[str, Any], ...]
    title_en: str = ""  # our translation, where the title is in another language
    code: str = ""  # where its authors published their code; empty where they did not

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants that say something: without published code, "code" would repeat "paper"."""
        return ("paper", "code", "corrected") if self.code else ("paper", "corrected")

    def table(self, id: str) -> Table:
        """One of its tables."""
        return next(table for table in self.tables if table.id == id)


def is_number(value: Any) -> bool:
    """Whether a side of a pair is a bound, not the name of a row."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def operand_of(operand: Any, metric: str) -> tuple[str, str]:
    """The row (with its arm) and the metric that one side of a pair names.

    >>> operand_of("dfreeze/vgg16:seconds", "accuracy")
    ('dfreeze/vgg16', 'seconds')
    >>> operand_of("efreeze", "accuracy")
    ('efreeze', 'accuracy')
    """
    row, _, other = str(operand).partition(":")
    return row, other or metric
