"""A published CIFAR: its files in both versions, and how a copy compares with what was published."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mtlcore.data.cifar_files import Batch, read_batch
from mtlcore.data.dataset import DataError, Dataset
from mtlcore.data.known import FileReport
from mtlcore.data.twins import scenes

HEAD = 1000  # images at the beginning of a file, by whose checksum a partial or recompressed copy is known
_MEANING = {
    "canonical": "the published file",
    "same": "the published content in another file",
    "recompressed": f"labels and the first {HEAD:,} images as published, but not every pixel",
    "unverified": "complete; its content has no published checksum that we know",
    "partial": "begins as published, cut",
    "different": "sound, but not the published content",
    "missing": "not there",
}
SOUND = ("canonical", "same", "recompressed", "unverified")  # states that need no fetching
# From the best to the worst: the note on a split is the worst of its files.
_RANK = ("canonical", "same", "unverified", "recompressed", "partial", "different")


@dataclass(frozen=True)
class Part:
    """One file of a set, in either version.

    binary, pickled: its names; items: images; sha256: of the binary file, which is also that of the content;
    md5: of the pickle; labels, head: SHA-256 of all labels, and of the first 1,000 binary records, None where no copy
    was at hand to compute them from.
    """

    binary: str
    pickled: str
    items: int
    sha256: str
    md5: str
    labels: str | None = None
    head: str | None = None


@dataclass(frozen=True)
class Archive:
    """What the authors offer for download: the binary version. sha256, size: of the .tar.gz; inside: its folder."""

    name: str
    size: int
    sha256: str
    inside: str


@dataclass(frozen=True)
class CifarSet:
    """A set of 32x32 colour images.

    limits: how many classes each label of a record knows, the one that counts last. place: the folder below the data
    root where `fetch` puts it; folders: those of the versions, looked for there and in the root itself.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    limits: tuple[int, ...]
    place: str
    folders: tuple[str, str]
    files: dict[str, tuple[Part, ...]]
    archive: Archive
    mirrors: tuple[str, ...]
    home: str
    licence: str = "none stated; its authors ask to cite Krizhevsky, 2009"

    @property
    def splits(self) -> tuple[str, ...]:
        """Training and test."""
        return tuple(self.files)

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the files of the binary version."""
        return tuple(part.binary for parts in self.files.values() for part in parts)

    @property
    def megabytes(self) -> float:
        """Of the archive."""
        return self.archive.size / 1e6

    @property
    def bring(self) -> str:
        """How to get the files."""
        return (
            f"Get it with python -m mtlcore data fetch {self.name}, or unpack {self.archive.name} or the Python "
            f"version into {self.place} below the data root"
        )

    @property
    def resizes(self) -> bool:
        """It has a size of its own."""
        return False

    def folder(self, root: Path) -> Path:
        """The folder with the most files of one version, the binary one at a tie, else where `fetch` puts it."""
        candidates = [root / above / inside for inside in self.folders for above in (self.place, ".")]
        return min(candidates, key=lambda folder: len(self._missing(folder)))

    def missing(self, root: Path) -> list[str]:
        """Names of the files that are not there."""
        return self._missing(self.folder(root))

    def _name(self, folder: Path, part: Part) -> str:
        return part.pickled if folder.name == self.folders[1] else part.binary

    def _missing(self, folder: Path) -> list[str]:
        names = [self._name(folder, part) for parts in self.files.values() for part in parts]
        return [name for name in names if not (folder / name).is_file()]

    def count(self, split: str) -> int:
        """Images in a split as published."""
        return sum(part.items for part in self.files[split])

    def load(self, root: Path, split: str, limit: int | None, size: int | None = None) -> Dataset:
        """The first `limit` images of a split, with the labels of the finest classes."""
        folder = self.folder(root)
        paths = [folder / self._name(folder, part) for part in self.files[split]]
        if missing := [path.name for path in paths if not path.is_file()]:
            raise DataError(f"{', '.join(missing)} missing in {folder}. {self.bring}.")
        batches = [read_batch(path, self.limits) for path in paths]
        images = torch.from_numpy(_first([batch.images for batch in batches], limit))
        labels = torch.from_numpy(_first([batch.labels[:, -1] for batch in batches], limit)).long()
        note = self._note(split, folder, batches)
        return Dataset(self.name, "real", split, images, labels, self.classes, note)

    def draw(self, split: str, limit: int | None, seed: int, size: int | None = None) -> Dataset:
        """The first `limit` images of the twin, as many as the original has for None."""
        whole = self.count(split)
        images, labels = scenes.draw(
            self.name, split=split, count=whole if limit is None else min(limit, whole), seed=seed
        )
        return Dataset(self.name, "twin", split, images, labels, self.classes, "")

    def inspect(self, root: Path) -> tuple[FileReport, ...]:
        """The state of each file."""
        folder = self.folder(root)
        return tuple(self.inspect_file(folder, part) for parts in self.files.values() for part in parts)

    def inspect_file(self, folder: Path, part: Part) -> FileReport:
        """The state of one file: missing, corrupt, or as `state` says."""
        path = folder / self._name(folder, part)
        if not path.is_file():
            return FileReport(path.name, "missing", None, _MEANING["missing"])
        try:
            batch = read_batch(path, self.limits)
        except DataError as error:
            return FileReport(path.name, "corrupt", path, str(error))
        state = self.state(part, batch)
        about = f"{_MEANING[state]}: {len(batch):,} of {part.items:,} images"
        return FileReport(path.name, state, path, about)

    def state(self, part: Part, batch: Batch) -> str:
        """How a copy compares: canonical, same, recompressed, unverified, partial or different."""
        stat = batch.path.stat()
        key = (part, batch.path, stat.st_size, stat.st_mtime_ns)
        if key not in _SEEN:
            _SEEN[key] = _compare(part, batch)
        return _SEEN[key]

    def _note(self, split: str, folder: Path, batches: list[Batch]) -> str:
        states = [self.state(part, batch) for part, batch in zip(self.files[split], batches, strict=True)]
        worst = max(states, key=_RANK.index)
        version = "Python version" if folder.name == self.folders[1] else "binary version"
        count = sum(len(batch) for batch in batches)
        what = f"{'training' if split == 'train' else 'test'} images"
        found = {
            "canonical": "canonical files",
            "same": "canonical content, written anew",
            "unverified": "complete, not verified: no checksum of this content is known",
            "recompressed": f"recompressed: labels and the first {HEAD:,} images a file as published, not every pixel",
            "partial": f"partial: {count:,} of {self.count(split):,} {what}",
            "different": f"but not the published content: {count:,} of {self.count(split):,} {what}",
        }
        return f"real {self.title}, {version}, {found[worst]}"


# A sweep reads the same files for every run; their checksums are computed once, by name and state of change.
_SEEN: dict[tuple[Part, Path, int, int], str] = {}


def _compare(part: Part, batch: Batch) -> str:
    if batch.path.suffix != ".bin" and _sum("md5", batch.path.read_bytes()) == part.md5:
        return "canonical"
    records = batch.records()
    if _sum("sha256", records) == part.sha256:
        return "canonical" if batch.path.suffix == ".bin" else "same"
    if part.head is None:
        return "unverified" if len(batch) == part.items else "different"
    begins = len(batch) >= min(HEAD, part.items) and _sum("sha256", batch.records(HEAD)) == part.head
    if begins and len(batch) < part.items:
        return "partial"
    labels = np.ascontiguousarray(batch.labels[:, -1]).tobytes()
    return "recompressed" if begins and _sum("sha256", labels) == part.labels else "different"


def _sum(kind: str, content: bytes) -> str:
    return hashlib.new(kind, content, usedforsecurity=False).hexdigest()


def _first(arrays: list[np.ndarray], limit: int | None) -> np.ndarray:
    """The first rows of arrays one after the other, without a copy of the rest."""
    taken, room = [], sum(map(len, arrays)) if limit is None else limit
    for array in arrays:
        taken.append(array[:room])
        room -= len(taken[-1])
    return np.concatenate(taken)
