"""The progress line says which chapter, which cell, and about how long."""

from __future__ import annotations

import io

import pytest

from mtlcore.durations import words
from tools import progress
from tools.progress import Progress, guess


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "5 s"), (12, "15 s"), (61, "2 min"), (180, "3 min"), (7800, "2 h 10 min")]
)
def test_durations_in_words(seconds, text):
    assert words(seconds) == text


def test_the_line(clock):
    stream = io.StringIO()
    line = Progress({"one": 100.0, "two": 20.0}, {"one": 7, "two": 3}, jobs=1, stream=stream)
    line.cell_started("one", 2)
    assert stream.getvalue() == "chapter 1/2 one · cell 2/7 · about 2 min left\n"


def test_time_left_counts_what_has_passed_and_what_runs_together(clock):
    both = {"one": 100.0, "two": 20.0}
    line = Progress(both, dict.fromkeys(both, 5), jobs=1, stream=io.StringIO())
    assert line.left() == 120
    line.cell_started("one", 1)
    clock[0] += 60
    assert line.left() == 60
    line.finished("two", "done")
    assert line.left() == 40
    clock[0] += 400  # far over what was expected: it is never said to be over
    assert line.left() > 10
    pair = Progress(both, dict.fromkeys(both, 5), jobs=2, stream=io.StringIO())
    assert pair.left() == 100  # the longest of those that run together


def test_a_log_gets_few_lines_and_a_terminal_one_that_changes(clock):
    log, terminal = io.StringIO(), Terminal()
    for stream in (log, terminal):
        line = Progress({"one": 100.0}, {"one": 50}, jobs=1, stream=stream)
        for cell in range(1, 51):
            clock[0] += 1
            line.cell_started("one", cell)
        line.finished("one", "50.0 s")
    assert 2 <= len(log.getvalue().splitlines()) <= 5
    assert terminal.getvalue().count("\r") == 51
    assert terminal.getvalue().endswith("  one: 50.0 s\n")


def test_guesses_grow_with_the_profile():
    assert guess("smoke", gathers=False, code_cells=9) < guess("lab", gathers=False, code_cells=9)
    assert guess("lab", gathers=True, code_cells=9) <= 10
