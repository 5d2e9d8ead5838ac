"""A data set of four IDX files (MNIST and its successors): what was published, and how a copy compares with it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mtlcore.data import twins
from mtlcore.data.dataset import DataError, Dataset
from mtlcore.data.idx import IdxFile, find_idx, read_idx
from mtlcore.data.known import FileReport

HEAD = 1000  # how many first items the checksum `head` covers, by which a partial copy is known
KEPT = 6  # splits that stay in memory: three sets whole, 165 MB
SOUND = ("canonical", "recompressed", "unpacked", "unverified")  # states that need no fetching
_MEANING = {
    "canonical": "the published file",
    "recompressed": "the published content in another .gz",
    "unpacked": "the published content, unpacked",
    "unverified": "complete, begins as published; its content has no published checksum",
    "partial": "begins as published, cut",
    "different": "sound, but not the published content",
    "missing": "not there",
}


_READ: dict[tuple[object, ...], tuple[Tensor, Tensor, str]] = {}  # what was read last


@dataclass(frozen=True)
class Published:
    """One published file.

    sha256, size: of the .gz as published; content: SHA-256 of the bytes inside, None where we do not know it;
    head: SHA-256 of the first 1,000 items, without the header; items: how many it holds.
    """

    name: str
    items: int
    size: int
    sha256: str
    content: str | None
    head: str


@dataclass(frozen=True)
class IdxSet:
    """A published data set of 28x28 images in ten classes: its files, and where they are.

    folders: the folders, below the data root, where copies are looked for; the first is where `fetch` puts them.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    folders: tuple[str, ...]
    mirrors: tuple[str, ...]
    files: dict[tuple[str, str], Published]
    home: str
    licence: str
    cite: str

    @property
    def splits(self) -> tuple[str, ...]:
        """Training and test."""
        return tuple(dict.fromkeys(split for split, _ in self.files))

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the files."""
        return tuple(file.name for file in self.files.values())

    @property
    def megabytes(self) -> float:
        """Of all files as published, packed."""
        return sum(file.size for file in self.files.values()) / 1e6

    @property
    def bring(self) -> str:
        """How to get the files."""
        return f"Get it with python -m mtlcore data fetch {self.name}, or put the files there by hand"

    @property
    def resizes(self) -> bool:
        """It has a size of its own."""
        return False

    def folder(self, root: Path) -> Path:
        """The first of the folders that holds any file of the set, else the one where `fetch` puts them."""
        for folder in self.folders:
            if any(find_idx(root / folder, file.name) for file in self.files.values()):
                return root / folder
        return root / self.folders[0]

    def missing(self, root: Path) -> list[str]:
        """Names of the files that are not there, in neither form."""
        folder = self.folder(root)
        return [file.name for file in self.files.values() if find_idx(folder, file.name) is None]

    def load(self, root: Path, split: str, limit: int | None, size: int | None = None) -> Dataset:
        """The first `limit` images of a split."""
        images, labels, note = self.read(root, split)
        return Dataset(self.name, "real", split, images[:limit].clone(), labels[:limit].clone(), self.classes, note)

    def draw(self, split: str, limit: int | None, seed: int, size: int | None = None) -> Dataset:
        """The first `limit` images of the twin, as many as the original has for None."""
        size = self.files[split, "labels"].items
        count = size if limit is None else min(limit, size)
        images, labels = twins.draw(self.name, split=split, count=count, seed=seed)
        return Dataset(self.name, "twin", split, images, labels, self.classes, "")

    def inspect(self, root: Path) -> tuple[FileReport, ...]:
        """The state of each file."""
        folder = self.folder(root)
        return tuple(self.inspect_file(folder, split, kind) for split, kind in self.files)

    def inspect_file(self, folder: Path, split: str, kind: str) -> FileReport:
        """The state of one file: missing, corrupt, or as `state` says."""
        published = self.files[split, kind]
        path = find_idx(folder, published.name)
        if path is None:
            return FileReport(published.name, "missing", None, _MEANING["missing"])
        try:
            found = self._read_file(path, kind)
        except DataError as error:
            return FileReport(published.name, "corrupt", path, str(error))
        state = self.state(split, kind, found)
        about = f"{_MEANING[state]}: {len(found.array):,} of {published.items:,} {kind}"
        return FileReport(published.name, state, path, about)

    def read(self, root: Path, split: str) -> tuple[Tensor, Tensor, str]:
        """Images (n, 1, 28, 28) uint8, labels (n,) int64, and one line on what was found; to be read, not written to.

        Files that are as they were are not read again: the runs of a study ask for the same ones.
        """
        folder = self.folder(root)
        key: tuple[object, ...] = (self.name, split)
        for kind in ("images", "labels"):
            published = self.files[split, kind]
            path = find_idx(folder, published.name)
            stat = path.stat() if path else None
            key += (published, path, stat and (stat.st_size, stat.st_mtime_ns, stat.st_ino))
        if key not in _READ:
            found = self._read(folder, split)
            while len(_READ) >= KEPT:
                _READ.pop(next(iter(_READ)))
            _READ[key] = found
        return _READ[key]

    def _read(self, folder: Path, split: str) -> tuple[Tensor, Tensor, str]:
        images = self._open(folder, split, "images")
        labels = self._open(folder, split, "labels")
        self._agree(images, labels)
        note = self._note(split, images, labels)
        return torch.from_numpy(images.array).unsqueeze(1), torch.from_numpy(labels.array).long(), note

    def state(self, split: str, kind: str, found: IdxFile) -> str:
        """How a copy compares: canonical, recompressed, unpacked, unverified, partial or different."""
        published = self.files[split, kind]
        if found.path.suffix == ".gz" and _file_sha256(found.path) == published.sha256:
            return "canonical"
        if found.sha256 == published.content:
            return "recompressed" if found.path.suffix == ".gz" else "unpacked"
        items = len(found.array)
        if items < min(HEAD, published.items) or _head(found.array) != published.head:
            return "different"
        if items < published.items:
            return "partial"
        # The whole file has no checksum of its content to hold it against, or it has one and differs further on.
        return "unverified" if published.content is None and items == published.items else "different"

    def _read_file(self, path: Path, kind: str) -> IdxFile:
        try:
            return read_idx(path, shape=(28, 28) if kind == "images" else ())
        except DataError as error:
            again = f"Get it again with python -m mtlcore data fetch {self.name}, which replaces it."
            raise DataError(f"{error} {again}") from error

    def _open(self, folder: Path, split: str, kind: str) -> IdxFile:
        name = self.files[split, kind].name
        path = find_idx(folder, name)
        if path is None:
            raise DataError(
                f"{name}.gz is missing in {folder}: get it with python -m mtlcore data fetch {self.name}, "
                "or put it there by hand."
            )
        return self._read_file(path, kind)

    def _agree(self, images: IdxFile, labels: IdxFile) -> None:
        again = f"with python -m mtlcore data fetch {self.name}"  # which leaves a sound file of other content alone
        if len(images.array) == 0:
            raise DataError(f"{images.path} holds no image: delete it and get it again {again}.")
        if len(images.array) != len(labels.array):
            raise DataError(
                f"{images.path} holds {len(images.array):,} images and {labels.path} {len(labels.array):,} labels: "
                f"they are not of one copy; delete both and get them again {again}."
            )
        bad = np.flatnonzero(labels.array >= len(self.classes))
        if len(bad):
            raise DataError(
                f"{labels.path}: label {labels.array[bad[0]]} at position {bad[0]:,} is not one of "
                f"0..{len(self.classes) - 1}; delete it and get it again {again}."
            )

    def _note(self, split: str, images: IdxFile, labels: IdxFile) -> str:
        states = {self.state(split, "images", images), self.state(split, "labels", labels)}
        what = "training" if split == "train" else "test"
        of = f"{len(images.array):,} of {self.files[split, 'images'].items:,} {what} images"
        if "different" in states:
            found = f"but not the published content: {of}"
        elif "partial" in states:
            found = f"partial: the first {of}"
        elif "unverified" in states:
            found = f"complete, recompressed or unpacked, first {HEAD:,} items as published"
        elif "recompressed" in states:
            found = "canonical content, recompressed gz"
        else:
            found = "canonical content, unpacked" if "unpacked" in states else "canonical files"
        return f"real {self.title}, {found}"


def _head(array: np.ndarray) -> str:
    return hashlib.sha256(array[:HEAD].tobytes()).hexdigest()


def _file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
