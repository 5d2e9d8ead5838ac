"""What rows, measures and pairs of a claim are called on a page.

A claim names a row as `row`, `row/arm` or `row:metric`; a reader should meet the names of the tables and figures.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

from mtlcore import claims
from mtlcore.claims import Column, Table, Test
from mtlcore.report.figures import LABELS

AS_PRINTED = {"singh": ("type",)}  # rows that are another document's in LABELS


def row_name(short: str, study: str, row: str) -> str:
    """A row in words: the book's short name, else the document's label, else the identifier without its dashes.

    A row whose short name is another document's keeps the label of its own.
    """
    label = next((entry.label for table in _nearest(short, study) for entry in table.rows if entry.id == row), "")
    if row in LABELS and not (label and row in AS_PRINTED.get(short, ())):
        return LABELS[row]
    return label or _plain(row)


def names_of_row(short: str, study: str, row: str) -> str:
    """A row and its arm in words: `LayerOut-dfreeze, VGG-16`."""
    return ", ".join(row_name(short, study, part) for part in row.split("/"))


def column_of(short: str, study: str, operand: Any, metric: str) -> Column | None:
    """The published column that one side of a pair is measured in.

    That of the study's own table and of the side's arm where there is one, else any of the document's with the same
    metric: a measure keeps its name, its unit and its scale throughout a document.
    """
    row, metric = claims.operand_of(operand, metric)
    arm = row.partition("/")[2]
    columns = [column for table in _nearest(short, study) for column in table.columns if column.metric == metric]
    return next((column for column in columns if column.arm == arm), next(iter(columns), None))


def metric_name(short: str, metric: str) -> str:
    """A metric in words: its published label where no other metric has the same, else its identifier taken apart.

    >>> metric_name("ge", "accuracy_t2")
    'T2 accuracy (colour)'
    >>> metric_name("tran", "early_loss_kmnist")
    'early loss, Kuzushiji-MNIST'
    """
    columns = [column for table in claims.load(short).tables for column in table.columns]
    for column in columns:
        if column.metric == metric and not column.arm:
            alike = {other.metric for other in columns if other.label == column.label}
            if alike == {metric}:
                return column.label
    if metric in LABELS:
        return LABELS[metric]
    head, _, tail = metric.rpartition("_")
    if head and tail in LABELS:
        return f"{metric_name(short, head)}, {LABELS[tail]}"
    return _plain(metric)


def _plain(identifier: str) -> str:
    """An identifier without what is only its grammar; the sign in 1e-5 stays."""
    return re.sub(r"(?<=[A-Za-z])-(?=[A-Za-z])", " ", identifier.replace("_", " "))


@dataclasses.dataclass(frozen=True)
class PairName:
    """A pair in words: the difference, and what its two sides share that other pairs of the claim do not."""

    difference: str
    shared: str

    def __str__(self) -> str:
        return f"{self.difference}, {self.shared}" if self.shared else self.difference


def pair_names(short: str, test: Test) -> list[PairName]:
    """The pairs of a claim in words, in its order; a row, arm or metric that all of them share is left out.

    >>> [str(name) for name in pair_names("goutam", claims.load("goutam").claims[0].test)][0]
    'LayerOut with warm-up − baseline'
    """
    pairs = [[_side(short, test, operand) for operand in pair] for pair in test.pairs]
    shared = [[left if left == right else "" for left, right in zip(*_both(pair), strict=True)] for pair in pairs]
    common = [set(part) if len(set(part)) == 1 else {""} for part in zip(*shared, strict=True)]
    return [
        PairName(_difference(*pair), "; ".join(w for w, c in zip(words, common, strict=True) if w and w not in c))
        for pair, words in zip(pairs, shared, strict=True)
    ]


def operand_name(short: str, test: Test, operand: Any) -> str:
    """One side of a pair in words, with its arm, and its metric where the claim has several."""
    several = len({claims.operand_of(side, test.metric)[1] for pair in test.pairs for side in pair}) > 1
    row, arm, metric = _side(short, test, operand)
    return ", ".join([row, *([arm] if arm else []), *([metric] if metric and several else [])])


def _side(short: str, test: Test, operand: Any) -> tuple[str, str, str]:
    """Row, arm and metric of one side in words; a bound has neither arm nor metric.

    An arm whose published column is named after arm and metric together ("Accuracy, with R.E") takes that name, and
    no metric of its own.
    """
    if claims.is_number(operand):
        return f"{operand:g}", "", ""
    name, metric = claims.operand_of(operand, test.metric)
    row, _, arm = name.partition("/")
    words = row_name(short, test.study, row)
    if not arm:
        return words, "", _own_label(short, test.study, metric, "") or metric_name(short, metric)
    if label := _own_label(short, test.study, metric, arm):
        return words, LABELS.get(label, label), ""
    return words, row_name(short, test.study, arm), metric_name(short, metric)


def _own_label(short: str, study: str, metric: str, arm: str) -> str:
    own = (column for table in claims.load(short).tables if table.id == study for column in table.columns)
    return next((column.label for column in own if (column.metric, column.arm) == (metric, arm)), "")


def _both(pair: Sequence[tuple[str, str, str]]) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    """The two sides, a bound with the arm and the metric of what it bounds."""
    left, right = pair
    if not right[2] and not right[1]:
        right = (right[0], *left[1:])
    if not left[2] and not left[1]:
        left = (left[0], *right[1:])
    return left, right


def _difference(left: tuple[str, str, str], right: tuple[str, str, str]) -> str:
    """What differs between the sides: "a − b", with what their names begin or end with in common said once."""
    left, right = _both((left, right))
    parts = [(a, b) for a, b in zip(left, right, strict=True) if a != b]
    if len(parts) > 1:
        return f"{parts[0][0]} ({parts[1][0]}) − {parts[0][1]} ({parts[1][1]})"
    a, b = (_AT_COMMA.split(words) for words in (parts or [(left[0], right[0])])[0])
    if len(a) == len(b) == 2 and a[0] == b[0]:
        return f"{a[0]}: {a[1]} − {b[1]}"
    end = f", {a[1]}" if len(a) == len(b) == 2 and a[1] == b[1] else ""
    return " − ".join(_summand(side[0] if end else ", ".join(side)) for side in (a, b)) + end


def _summand(words: str) -> str:
    return f"({words})" if " + " in words else words  # a + b is one row, not a sum


_AT_COMMA = re.compile(r", (?![^()]*\))")  # not within brackets


def _nearest(short: str, study: str) -> list[Table]:
    """The document's tables, that of the study first; none of a recipe that is no document."""
    if short not in claims.DOCUMENTS:
        return []
    return sorted(claims.load(short).tables, key=lambda table: table.id != study)
