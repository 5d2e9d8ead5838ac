"""What is there of the original data: states of files for the command line, without loading them for use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mtlcore import paths
from mtlcore.data.dataset import DataError
from mtlcore.data.known import FileReport
from mtlcore.data.registry import SETS, named

CHECKED = 32  # pixels of a side


@dataclass(frozen=True)
class Report:
    """One data set: its files, one note a split on what reading it gives, and whether it can be read."""

    name: str
    title: str
    folder: Path
    files: tuple[FileReport, ...]
    notes: dict[str, str]
    ok: bool


@dataclass(frozen=True)
class Row:
    """One line of the list of data sets: what source="auto" takes here, and what could be brought."""

    name: str
    title: str
    source: str
    present: int
    files: int
    megabytes: float
    licence: str
    home: str
    folder: Path


def check(name: str, root: Path | None = None) -> Report:
    """Read every file of a data set and compare it with what was published.

    Nothing is raised for unsound data: the report says it. Raises DataError for an unknown name.
    """
    known = named(name)
    root = root or paths.data_root()
    notes, ok = {}, True
    for split in known.splits:
        try:
            # of pictures that come at any size, small ones: they are decoded once, and all that can be wrong is found
            size = CHECKED if known.resizes else None
            notes[split] = known.load(root, split, None, size).note
        except DataError as error:
            notes[split], ok = str(error), False
    return Report(known.name, known.title, known.folder(root), known.inspect(root), notes, ok)


def available(root: Path | None = None) -> list[Row]:
    """All data sets, by file names alone, without reading a file."""
    root = root or paths.data_root()
    rows = []
    for known in SETS.values():
        missing = known.missing(root)
        rows.append(
            Row(
                name=known.name,
                title=known.title,
                source="twin" if missing else "real",
                present=len(known.parts) - len(missing),
                files=len(known.parts),
                megabytes=known.megabytes,
                licence=known.licence,
                home=known.home,
                folder=known.folder(root),
            )
        )
    return rows
