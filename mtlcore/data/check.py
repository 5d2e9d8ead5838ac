"""What is there of the original data: states of files for the command line, without loading them for use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mtlcore import paths
from mtlcore.data.dataset import DataError
from mtlcore.data.idx import find_idx, read_idx
from mtlcore.data.idxset import IdxSet
from mtlcore.data.registry import SETS, named

# States that need no fetching.
SOUND = ("canonical", "recompressed", "unpacked", "unverified")
_MEANING = {
    "canonical": "the published file",
    "recompressed": "the published content in another .gz",
    "unpacked": "the published content, unpacked",
    "unverified": "complete, begins as published; its content has no published checksum",
    "partial": "begins as published, cut",
    "different": "sound, but not the published content",
    "missing": "not there",
}


@dataclass(frozen=True)
class FileReport:
    """One file: its published name, its state, where it is (None when missing) and one line about it."""

    name: str
    state: str
    path: Path | None
    about: str


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


def file_state(known: IdxSet, folder: Path, split: str, kind: str) -> tuple[str, Path | None, str]:
    """State of one file, its path and one line: missing, corrupt, or as IdxSet.state says."""
    published = known.files[split, kind]
    path = find_idx(folder, published.name)
    if path is None:
        return "missing", None, _MEANING["missing"]
    try:
        found = read_idx(path, shape=(28, 28) if kind == "images" else ())
    except DataError as error:
        return "corrupt", path, str(error)
    state = known.state(split, kind, found)
    count = f"{len(found.array):,} of {published.items:,} {kind}"
    return state, path, f"{_MEANING[state]}: {count}"


def check(name: str, root: Path | None = None) -> Report:
    """Read every file of a data set and compare it with what was published.

    Nothing is raised for unsound data: the report says it. Raises DataError for an unknown name.
    """
    known = named(name)
    root = root or paths.data_root()
    folder = known.folder(root)
    files = []
    for (split, kind), file in known.files.items():
        state, path, about = file_state(known, folder, split, kind)
        files.append(FileReport(file.name, state, path, about))
    notes, ok = {}, True
    for split in dict.fromkeys(split for split, _ in known.files):
        try:
            notes[split] = known.read(root, split)[2]
        except DataError as error:
            notes[split], ok = str(error), False
    return Report(known.name, known.title, folder, tuple(files), notes, ok)


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
                present=len(known.files) - len(missing),
                files=len(known.files),
                megabytes=sum(file.size for file in known.files.values()) / 1e6,
                licence=known.licence,
                home=known.home,
                folder=known.folder(root),
            )
        )
    return rows
