"""One line that says where an execution is and about how long it still takes."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TextIO

from mtlcore.durations import words

EVERY = 20.0  # seconds between lines where the output is no terminal


def guess(profile: str, *, gathers: bool, code_cells: int) -> float:
    """The seconds a page may take that has never been executed here."""
    if gathers:
        return 10.0
    return {"smoke": 15.0, "lab": 150.0}.get(profile, 3600.0) if code_cells > 4 else 10.0


class Progress:
    """Follows the pages that are executed and writes the line; a terminal sees one line change, a log a few.

    Args:
        expected: seconds that each page is expected to take, by name, in order.
        cells: code cells of each page, by name.
        jobs: how many run at the same time.
    """

    def __init__(
        self,
        expected: Mapping[str, float],
        cells: Mapping[str, int],
        *,
        jobs: int,
        stream: TextIO | None = None,
    ) -> None:
        self.expected = dict(expected)
        self.cells = cells
        self.jobs = jobs
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty()
        self.begun: dict[str, float] = {}
        self.cell: dict[str, int] = {}
        self.done: set[str] = set()
        self._last = ("", 0.0)

    def cell_started(self, name: str, number: int) -> None:
        """A page has begun its code cell `number`."""
        self.begun.setdefault(name, time.monotonic())
        self.cell[name] = number
        self.show()

    def finished(self, name: str, note: str) -> None:
        """A page is done, well or not: its own line stays."""
        self.done.add(name)
        self._write(f"  {name}: {note}", stays=True)

    def say(self, text: str) -> None:
        """A line of its own."""
        self._write(text, stays=True)

    def left(self) -> float:
        """About how many seconds are left: what pages took before, less what has passed, over the jobs."""
        now = time.monotonic()
        parts = []
        for name, seconds in self.expected.items():
            if name not in self.done:
                passed = now - self.begun[name] if name in self.begun else 0.0
                parts.append(max(seconds - passed, 0.1 * passed, 1.0))
        return max(max(parts, default=0.0), sum(parts) / self.jobs)

    def show(self) -> None:
        """Write the line, where something has changed or enough time has passed."""
        running = [name for name in self.begun if name not in self.done]
        if not running:
            return
        name = running[-1]
        number = list(self.expected).index(name) + 1
        cell = f"cell {self.cell[name]}/{self.cells[name]}"
        line = f"chapter {number}/{len(self.expected)} {name} · {cell} · about {words(self.left())} left"
        if self.live or time.monotonic() - self._last[1] > EVERY:
            self._write(line, stays=not self.live)

    def _write(self, line: str, *, stays: bool) -> None:
        if line == self._last[0]:
            return
        self._last = (line, time.monotonic())
        head, tail = ("\r\x1b[K", "\n" if stays else "") if self.live else ("", "\n")
        print(f"{head}{line}", end=tail, file=self.stream, flush=True)
