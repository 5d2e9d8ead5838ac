"""Small data sets in the published format, made up on the spot."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mtlcore.data import idxset, registry
from mtlcore.data.idxset import IdxSet, Published
from mtlcore.data.idxsets import MNIST

SIZES = {"train": 60, "test": 20}


def idx_bytes(array: np.ndarray) -> bytes:
    """An IDX file of unsigned bytes, written by hand from the format's description."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def arrays(split: str) -> dict[str, np.ndarray]:
    """Images and labels that look like nothing but differ everywhere."""
    random = np.random.default_rng(7 + SIZES[split])
    return {
        "images": random.integers(0, 256, (SIZES[split], 28, 28), dtype=np.uint8),
        "labels": random.permutation(np.arange(SIZES[split]) % 10).astype(np.uint8),
    }


@dataclasses.dataclass
class Toy:
    """A made-up published set called mnist, and a data root with its canonical files."""

    known: IdxSet
    root: Path
    files: dict[str, bytes]  # published .gz by file name

    @property
    def folder(self) -> Path:
        return self.root / "mnist"

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.gz"

    def content(self, name: str) -> bytes:
        return gzip.decompress(self.files[f"{name}.gz"])

    def write(self, name: str, content: bytes) -> Path:
        """Replace a file by other content, in a .gz that is not the published one."""
        self.path(name).write_bytes(gzip.compress(content, compresslevel=1, mtime=1))
        return self.path(name)


def _published(name: str, array: np.ndarray, packed: bytes) -> Published:
    return Published(
        name=name,
        items=len(array),
        size=len(packed),
        sha256=hashlib.sha256(packed).hexdigest(),
        content=hashlib.sha256(idx_bytes(array)).hexdigest(),
        head=hashlib.sha256(array[:10].tobytes()).hexdigest(),
    )


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """The registry knows the made-up set as mnist, and the data root holds it whole."""
    monkeypatch.setattr(idxset, "HEAD", 10)
    published, files = {}, {}
    for (split, kind), real in MNIST.files.items():
        array = arrays(split)[kind]
        packed = gzip.compress(idx_bytes(array), mtime=0)
        files[f"{real.name}.gz"] = packed
        published[split, kind] = _published(real.name, array, packed)
    known = dataclasses.replace(MNIST, files=published)
    monkeypatch.setitem(registry.SETS, "mnist", known)
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path / "root"))
    made = Toy(known, tmp_path / "root", files)
    made.folder.mkdir(parents=True)
    for name, packed in files.items():
        (made.folder / name).write_bytes(packed)
    return made


@pytest.fixture
def empty_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root with nothing in it."""
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path))
    return tmp_path


Change = Callable[[bytes], bytes]
