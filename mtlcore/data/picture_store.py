"""Image files decoded once, at one size, into a memory-mapped array, filled in parallel, that goes on where it was.

Beside the array lies the state (bytes and time of the last change) of the file that each row was decoded from. A row
is decoded where that differs from the file's state now: at first everywhere, after a break what is left, and later
the files that have changed. Rows are marked once they are written, so that a killed process costs its last chunk.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from mtlcore.data.caches import alone
from mtlcore.data.dataset import DataError
from mtlcore.data.vehiclex_files import Faults

CHUNK = 256  # images between two marks
LARGEST = 8192  # pixels of a side; what claims more is not decoded
FORMATS = ("JPEG", "PNG")
FORM = "1"  # of the store; another one is another fingerprint

Decode = Callable[[Path, int], np.ndarray]
Progress = Callable[[int, int], None]


@dataclass(eq=False)
class Unusable(Exception):
    """Why an image cannot be used: a kind that many may share, the end of a sentence, and the detail of this one."""

    kind: str
    detail: str = ""


def decode(path: Path, size: int) -> np.ndarray:
    """An image file as (3, size, size) uint8. Raises Unusable, and OSError where the file cannot be opened."""
    with path.open("rb") as stream:
        try:
            with Image.open(stream, formats=FORMATS) as image:
                if max(image.size) > LARGEST:
                    raise Unusable("too large", "x".join(map(str, image.size)))
                image.draft("RGB", (size, size))  # JPEG is decoded at a half, a quarter or an eighth where that will do
                picture = image.convert("RGB")
        except UnidentifiedImageError:
            raise Unusable("neither JPEG nor PNG") from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise Unusable("too large") from None
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise Unusable("corrupt", f"({error})") from None
    if picture.size != (size, size):
        smaller = min(picture.size) > size
        picture = picture.resize((size, size), Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC)
    return np.asarray(picture).transpose(2, 0, 1)


@dataclass(frozen=True)
class PictureStore:
    """The images of some files at one size.

    place: the folder it lies in. files: in the order of the rows. states: (n, 2) int64, bytes and time of the last
    change in nanoseconds. channels: of what `decode` returns. The fingerprint of names and size is part of the folder's
    name, so that stores of several sizes lie beside each other.
    """

    place: Path
    files: Sequence[Path]
    states: np.ndarray
    size: int
    workers: int = min(8, os.cpu_count() or 1)
    channels: int = 3
    decode: Decode = decode

    @property
    def folder(self) -> Path:
        """Of this size and these names."""
        names = hashlib.sha256(f"{FORM} {self.size}\n".encode())
        names.update(os.fsencode("\n".join(path.name for path in self.files)))
        return self.place.with_name(f"{self.place.name}-{self.size}-{names.hexdigest()[:12]}")

    def images(self, limit: int | None = None, progress: Progress | None = None) -> np.ndarray:
        """The first `limit` images (n, 3, size, size) uint8, mapped into memory, private where it is written to.

        What is not there yet is decoded. progress: called as progress(images there, images wanted).
        Raises DataError with the names of all files that cannot be used, and where the disk has no room.
        """
        count = len(self.files) if limit is None else min(limit, len(self.files))
        try:
            if not self._waiting(count).size:
                return self._map("c")[:count]
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with alone(self.folder.with_name(f"{self.folder.name}.lock")):
                self._prepare()
                self._fill(count, progress)
            return self._map("c")[:count]
        except OSError as error:
            cure = "make room, or set MTLCORE_DATA to a folder on a larger disk"
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                cure = "check its permissions"
            where = error.filename or self.folder
            raise DataError(f"The images cannot be stored ({where}: {error.strerror or error}): {cure}.") from error

    def _map(self, mode: str) -> np.ndarray:
        return np.load(self.folder / "images.npy", mmap_mode=mode, allow_pickle=False)  # type: ignore[arg-type]

    def _marks(self) -> np.ndarray:
        return np.load(self.folder / "states.npy", mmap_mode="r+", allow_pickle=False)

    def _waiting(self, count: int) -> np.ndarray:
        """Which of the first rows must be decoded; all where the store is not there or spoilt."""
        try:
            marks, images = self._marks(), self._map("r")
        except (FileNotFoundError, ValueError, EOFError):
            return np.arange(count)
        if marks.shape != self.states.shape or images.shape != self._shape:
            return np.arange(count)
        return np.flatnonzero((marks[:count] != self.states[:count]).any(axis=1))

    @property
    def _shape(self) -> tuple[int, int, int, int]:
        return (len(self.files), self.channels, self.size, self.size)

    def _prepare(self) -> None:
        """An empty store where none is that could go on, made under another name and renamed."""
        try:
            if self._marks().shape == self.states.shape and self._map("r").shape == self._shape:
                return
        except (FileNotFoundError, ValueError, EOFError):
            pass
        shutil.rmtree(self.folder, ignore_errors=True)
        fresh = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        np.lib.format.open_memmap(fresh / "images.npy", mode="w+", dtype=np.uint8, shape=self._shape).flush()
        marks = np.lib.format.open_memmap(fresh / "states.npy", mode="w+", dtype=np.int64, shape=self.states.shape)
        marks[:] = -1
        marks.flush()
        fresh.rename(self.folder)

    def _fill(self, count: int, progress: Progress | None) -> None:
        """Decode what waits, chunk by chunk; a file that cannot be used stays unmarked, and the rest goes on."""
        waiting, images, marks, faults = self._waiting(count), self._map("r+"), self._marks(), Faults()
        there = count - len(waiting)

        def work(row: int) -> Unusable | None:
            try:
                images[row] = self.decode(self.files[row], self.size)
            except Unusable as fault:
                return fault
            except OSError as error:
                return Unusable("not readable", f"({error.strerror or error})")
            return None

        with ThreadPoolExecutor(self.workers) as threads:
            for start in range(0, len(waiting), CHUNK):
                rows = waiting[start : start + CHUNK]
                found = list(threads.map(work, rows.tolist()))
                images.flush()  # type: ignore[attr-defined]
                sound = [row for row, fault in zip(rows.tolist(), found, strict=True) if fault is None]
                marks[sound] = self.states[sound]
                marks.flush()  # type: ignore[attr-defined]
                for row, fault in zip(rows.tolist(), found, strict=True):
                    if fault is not None:
                        path = self.files[row]
                        faults.add(fault.kind, f"{path.parent.name}/{path.name} {fault.detail}".rstrip())
                if progress:
                    progress(there + min(start + CHUNK, len(waiting)), count)
        if faults:
            raise DataError(
                f"Images in {self.files[0].parent.parent} cannot be used: {faults}. "
                "Unpack the package again, or replace these files; the others are kept."
            )
