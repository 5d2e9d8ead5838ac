"""Immediate answers to a student: right, or what is wrong, without the answer itself."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable
from typing import Any

import click
import torch
from torch import Tensor

Judge = Callable[[Any], str | None]


class NotYet(AssertionError):
    """An answer is not right yet. A notebook shows the sentence alone; a test and a grader see a failure."""

    def _render_traceback_(self) -> list[str]:
        return [f"✗ {self}"]


@dataclasses.dataclass(frozen=True)
class Question:
    """A question of a lab.

    Attributes:
        id: `<lab>-<number>`, as `check` is given it.
        points: what it is worth.
        judge: takes the answer; returns a hint, or None where the answer is right.
    """

    id: str
    points: int
    judge: Judge


QUESTIONS: dict[str, Question] = {}
EMPTY = "still empty: write your answer where the cell says YOUR CODE HERE"


def question(id: str, *, points: int) -> Callable[[Judge], Judge]:
    """Register a judge as that of a question."""

    def register(judge: Judge) -> Judge:
        QUESTIONS[id] = Question(id, points, judge)
        return judge

    return register


def check(id: str, answer: Any) -> None:
    """Say whether an answer is right.

    Args:
        id: of the question, such as `angles-2`.
        answer: what the lab asks for: a number, a tensor, or a function, which is then tried on data of its own.

    Raises:
        NotYet: it is not, and the message says what is wrong.
        ValueError: there is no such question.
    """
    if id not in QUESTIONS:
        close = difflib.get_close_matches(id, QUESTIONS, n=1)
        nearest = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"there is no question {id!r}; {nearest}there are {', '.join(QUESTIONS)}")
    asked = QUESTIONS[id]
    try:
        hint = EMPTY if answer is ... else asked.judge(answer)
    except NotImplementedError:
        hint = EMPTY
    except Exception as error:  # whatever the student's own code raises is the hint
        hint = f"your answer raises {type(error).__name__}: {error}"
    if hint:
        raise NotYet(f"{id}: {hint}") from None
    click.echo(f"✓ {id}: right ({asked.points} point{'s' * (asked.points != 1)})")


def apart(
    answer: Any, expected: Tensor | float, *, tolerance: float = 1e-6, relative: float = 1e-5, what: str = "the result"
) -> str | None:
    """A hint where a number or tensor is not what is expected: its type, its shape, or how far it is off.

    Args:
        answer: of the student.
        expected: as it should be.
        tolerance, relative: how far each number may be off, as in `torch.allclose`.
        what: how the hint calls it.
    """
    expected = torch.as_tensor(expected)
    if answer is None:
        return f"{what} is None: is something returned, or put into the variable?"
    try:
        found = torch.as_tensor(answer)
    except (TypeError, ValueError, RuntimeError):
        return f"{what} should be a number or a tensor, and is {type(answer).__name__}"
    if found.shape != expected.shape:
        return f"{what} has the shape {tuple(found.shape)}; it should have {tuple(expected.shape)}"
    found, expected = found.double(), expected.double()
    if not bool(torch.isfinite(found).eq(torch.isfinite(expected)).all()):
        return f"{what} is not finite where it should be: is there a division by zero, or a root of something negative?"
    wrong = ~torch.isclose(found, expected, rtol=relative, atol=tolerance, equal_nan=True)
    if not bool(wrong.any()):
        return None
    if wrong.dim() == 0:
        side = "large" if bool(found > expected) else "small"
        return f"{what} is too {side}"
    return f"{int(wrong.sum())} of the {wrong.numel()} numbers of {what} are off"
