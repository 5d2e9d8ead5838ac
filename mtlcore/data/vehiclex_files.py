"""A folder of one .npy file a sample, read into rows without Python's pickles and at the speed of the disk.

Nearly all files of such a folder begin with the same header. So the header is compared as bytes and the numbers go
by one system call from the file into their row; only a file that differs is looked at closely.
"""

from __future__ import annotations

import os
import tokenize
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

CHUNK = 1024  # files that one thread reads in a row
THREADS = 4  # reading is waiting, on a disk that is not local most of all
SHOWN = 3


@dataclass(frozen=True)
class Listing:
    """The files of a folder with one suffix by name, in sorted order, with what tells whether one has changed.

    names: without suffix. states: (n, 2) int64, bytes and time of the last change in nanoseconds.
    """

    folder: Path
    names: tuple[str, ...]
    states: np.ndarray
    suffix: str = ".npy"


@dataclass
class Faults:
    """Names of what is wrong, by kind; a kind reads as the end of a sentence with a number before it."""

    found: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, name: str) -> None:
        """Note one."""
        self.found.setdefault(kind, []).append(name)

    def __bool__(self) -> bool:
        return bool(self.found)

    def __str__(self) -> str:
        """Every kind with its number and the first few names."""
        return "; ".join(
            f"{len(names):,} {kind} ({', '.join(sorted(names)[:SHOWN])}{', ...' if len(names) > SHOWN else ''})"
            for kind, names in self.found.items()
        )


def list_folder(folder: Path, suffix: str = ".npy") -> Listing:
    """The files of a folder with a suffix; hidden ones, which some systems leave beside the real ones, do not count."""
    with os.scandir(folder) as entries:
        found = [
            (entry.name[: -len(suffix)], (state.st_size, state.st_mtime_ns))
            for entry in entries
            if _is_one(entry.name, suffix) and (state := entry.stat())
        ]
    found.sort()
    states = np.array([state for _, state in found], dtype=np.int64).reshape(-1, 2)
    return Listing(folder, tuple(name for name, _ in found), states, suffix)


def any_file(folder: Path, suffix: str = ".npy") -> bool:
    """Whether the folder holds a file with that suffix, without looking at all of them."""
    if not folder.is_dir():
        return False
    with os.scandir(folder) as entries:
        return any(_is_one(entry.name, suffix) for entry in entries)


def _is_one(name: str, suffix: str) -> bool:
    return name.endswith(suffix) and not name.startswith(".")


def read_rows(listing: Listing, places: np.ndarray, width: int, faults: Faults) -> np.ndarray:
    """Read files of `width` numbers each into (n, width) float32; numbers of any floating type are taken.

    Files are read in the order of their names, in which a disk mostly holds them; file i becomes row places[i].
    What cannot be used is added to `faults`, and the rest is read on.
    """
    folder, names = listing.folder, listing.names
    rows = np.empty((len(names), width), dtype=np.float32)
    handle = os.open(folder, os.O_RDONLY)
    try:
        header = _common_header(folder, names, width)
        chunks = [slice(start, start + CHUNK) for start in range(0, len(names), CHUNK)]

        def work(chunk: slice) -> list[tuple[str, str]]:
            return list(_read_chunk(folder, handle, names[chunk], rows, places[chunk].tolist(), header))

        with ThreadPoolExecutor(THREADS) as threads:
            for wrong in threads.map(work, chunks):
                for kind, name in wrong:
                    faults.add(kind, name)
    finally:
        os.close(handle)
    return rows


def _common_header(folder: Path, names: Sequence[str], width: int) -> bytes:
    """The header of the first file that is as expected; none at all where no file is."""
    for name in names[:SHOWN]:
        try:
            with (folder / f"{name}.npy").open("rb") as stream:
                shape, _, dtype = _read_header(stream)
                if (shape, dtype) == ((width,), np.dtype("<f4")):
                    end = stream.tell()
                    stream.seek(0)
                    return stream.read(end)
        except (OSError, ValueError):
            continue
    return b""


def _read_chunk(
    folder: Path, handle: int, names: Sequence[str], rows: np.ndarray, places: list[int], header: bytes
) -> Iterator[tuple[str, str]]:
    """Fill the rows at `places`; yields kind and name of what is wrong."""
    size = rows.shape[1] * 4
    start, beyond, flat = bytearray(len(header)), bytearray(1), rows.data.cast("B")
    for name, place in zip(names, places, strict=True):
        try:
            file = os.open(f"{name}.npy", os.O_RDONLY, dir_fd=handle)
            try:
                # One byte more than there should be, so that a longer file shows.
                got = os.readv(file, [start, flat[place * size : (place + 1) * size], beyond])
            finally:
                os.close(file)
            if not (header and got == len(header) + size and start == header):
                rows[place] = _read_closely(folder / f"{name}.npy", rows.shape[1])
        except (_Unusable, OSError) as error:
            rows[place] = 0
            kind, detail = error.args if isinstance(error, _Unusable) else ("not readable", f"({error.strerror})")
            yield kind, f"{folder.name}/{name}.npy {detail}".rstrip()
    finite = np.isfinite(rows[places]).all(axis=1)
    for i in np.flatnonzero(~finite).tolist():
        yield "not finite", f"{folder.name}/{names[i]}.npy"


class _Unusable(Exception):
    """Why a file cannot be used: a kind that many may share, and the detail of this one."""


def _read_closely(path: Path, width: int) -> np.ndarray:
    """One file whose header is not the common one, (width,), or why it is of no use."""
    with path.open("rb") as stream:
        try:
            shape, _, dtype = _read_header(stream)
        except ValueError:
            raise _Unusable("not in the .npy format", "") from None
        if dtype.kind != "f":
            raise _Unusable("of the wrong type", f"is {dtype.name}")
        if shape != (width,):
            raise _Unusable("misshaped", f"is {shape}")
        size = width * dtype.itemsize
        content = stream.read(size + 1)
    if len(content) != size:
        raise _Unusable("cut" if len(content) < size else "too long", "")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is reported as that
        return np.frombuffer(content, dtype=dtype).astype(np.float32)


def _read_header(stream: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether in Fortran's order, and type. Raises ValueError; evaluates and unpickles nothing."""
    try:
        version = npy.read_magic(stream)
        if version == (1, 0):
            return npy.read_array_header_1_0(stream)
        return npy.read_array_header_2_0(stream)
    except (SyntaxError, tokenize.TokenError, UnicodeDecodeError, TypeError) as error:
        raise ValueError(str(error)) from error
