"""Differences in words: mean and interval, to as many decimals as they need, within what the measure allows.

A t interval over few seeds may reach beyond every possible difference: where one of three runs collapses, a share of
100 % may differ by -31 [-152, +90]. Such an end is printed as the bound with a sign, -31 [< -100, +90], which is true
of it and can be read; the verdict rests on the interval as it was computed.
"""

from __future__ import annotations

import math

from mtlcore import claims
from mtlcore.claims import Column, Difference, Outcome, Test
from mtlcore.report.names import column_of

Span = tuple[float, float]
TIE = "\N{NO-BREAK SPACE}"  # an interval stays on one line
BEYOND = (
    f"An end such as [&lt;{TIE}−100, …] says that the interval reaches beyond the largest difference that the measure "
    "allows; the verdict is unchanged by it."
)


def span_of(short: str, test: Test, outcome: Outcome) -> Span | None:
    """The least and the greatest difference that a pair can show; None where its measure has no scale.

    A measure with a ceiling, or in %, lies between 0 and it; a bound is a number.
    """
    left, right = (_scale(short, test, operand) for operand in (outcome.left, outcome.right))
    return (left[0] - right[1], left[1] - right[0]) if left and right else None


def _scale(short: str, test: Test, operand: object) -> Span | None:
    if claims.is_number(operand):
        return float(str(operand)), float(str(operand))
    column = column_of(short, test.study, operand, test.metric)
    if column is None:
        return None
    ceiling = column.ceiling if column.ceiling is not None else 100.0 if column.unit == "%" else None
    return None if ceiling is None else (0.0, float(ceiling))


def beyond(difference: Difference, span: Span | None) -> bool:
    """Whether the interval reaches beyond the possible differences."""
    return span is not None and (difference.low < span[0] or difference.high > span[1])


def numbers(difference: Difference, decimals: int | None = 2, span: Span | None = None) -> str:
    """Mean and interval as text: `−0.06 [−0.16, +0.03]`, without a break within the brackets.

    Args:
        difference: of one pair.
        decimals: at least so many, more where a number would be rounded to nothing; None begins with what the
            interval's width asks for.
        span: the possible differences; an end beyond them is printed as the bound with < or >.
    """
    places = _places(difference, decimals)
    mean, low, high = (f"{value:+.{places}f}" for value in (difference.mean, difference.low, difference.high))
    if span and difference.low < span[0]:
        low = f"<{TIE}{span[0]:+g}"
    if span and difference.high > span[1]:
        high = f">{TIE}{span[1]:+g}"
    return f"{mean} [{low},{TIE}{high}]".replace("-", "−")


def _places(difference: Difference, decimals: int | None) -> int:
    told = [abs(value) for value in (difference.mean, difference.low, difference.high) if value]
    if decimals is None:  # two digits of the half width
        half = (difference.high - difference.low) / 2 or min(told, default=1.0)
        decimals = max(0, min(6, 1 - math.floor(math.log10(half))))
    least = min(told, default=1.0)
    return next((places for places in range(decimals, decimals + 3) if round(least, places)), decimals + 2)


def unit_of(column: Column | None) -> str:
    """What a difference in a column is counted in; nothing for a pure number."""
    if column is None or " " in column.unit:  # "as printed" is no unit
        return ""
    return {"%": "points"}.get(column.unit, column.unit)


UNITS = {
    **{"seconds": "s", "inference_ms": "ms", "minimum_angle": "°", "speedup": "times as fast"},
    **dict.fromkeys(("balanced_accuracy", "conflict_share"), "points"),
}


def outcome_numbers(short: str, test: Test, outcome: Outcome) -> str:
    """The difference of a pair as text, without its unit; nothing where there is none."""
    if outcome.difference is None:
        return ""
    column = column_of(short, test.study, _row_of(outcome), test.metric)
    return numbers(outcome.difference, column.decimals if column else None, span_of(short, test, outcome))


def outcome_unit(short: str, test: Test, outcome: Outcome) -> str:
    """The unit of a pair's difference; of a measure that no table prints, its own."""
    column = column_of(short, test.study, _row_of(outcome), test.metric)
    return unit_of(column) if column else UNITS.get(claims.operand_of(_row_of(outcome), test.metric)[1], "")


def _row_of(outcome: Outcome) -> object:
    """The side of a pair that is a row, not a bound."""
    return outcome.right if claims.is_number(outcome.left) else outcome.left


def printed_difference(short: str, test: Test, left: object, right: object) -> str:
    """The difference of a pair in the document's own table; nothing where it prints none."""
    values = [_printed(short, test, operand) for operand in (left, right)]
    if values[0] is None or values[1] is None:
        return ""
    column = column_of(short, test.study, right if claims.is_number(left) else left, test.metric)
    return f"{values[0] - values[1]:+.{column.decimals if column else 2}f}".replace("-", "−")


def published(short: str, test: Test) -> str:
    """By how much the document says that a claim holds, with its unit; nothing where it gives no number."""
    if test.by is None:
        return ""
    column = column_of(short, test.study, test.pairs[0][0], test.metric)
    unit = unit_of(column)
    told = f"{test.by:+.{column.decimals}f}" if column else f"{test.by:+g}"
    return f"{told}{f' {unit}' if unit else ''}".replace("-", "−")


def _printed(short: str, test: Test, operand: object) -> float | None:
    if claims.is_number(operand):
        return float(str(operand))
    name, metric = claims.operand_of(operand, test.metric)
    for table in claims.load(short).tables:
        for row in table.rows if table.id == test.study else ():
            for column, value in zip(table.columns, row.values, strict=True):
                if (column.row(row.id), column.metric) == (name, metric):
                    return value["mean"] if isinstance(value, dict) else value
    return None
