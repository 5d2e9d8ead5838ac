"""The two published versions of CIFAR [krizhevsky2009cifar]: fixed records of bytes, and Python's pickles.

A record of the binary version is one label byte (of CIFAR-100 two: superclass and class) and 3,072 bytes of pixels,
1,024 a channel in the order red, green, blue, row by row. A pickle holds the same in arrays and lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mtlcore.data.dataset import DataError
from mtlcore.data.pickles import read_pickle

PIXELS = 3 * 32 * 32


@dataclass(frozen=True)
class Batch:
    """One file. images: (n, 3, 32, 32) uint8; labels: (n, 1) uint8, of CIFAR-100 (n, 2), the superclass first."""

    path: Path
    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def records(self, count: int | None = None) -> bytes:
        """The first `count` images as the binary version writes them."""
        pixels = self.images[:count].reshape(-1, PIXELS)
        return np.concatenate([self.labels[: len(pixels)], pixels], axis=1).tobytes()


def read_batch(path: Path, limits: tuple[int, ...]) -> Batch:
    """Read one file; a name that ends in .bin is of the binary version, any other is a pickle.

    limits: how many classes each label knows: (10,) of CIFAR-10, (20, 100) of CIFAR-100.
    Raises DataError for a file that is cut within a record, that is of another set, or that has a label out of range.
    """
    batch = _binary(path, len(limits)) if path.suffix == ".bin" else _pickled(path, len(limits))
    if not len(batch):
        raise DataError(f"{path} holds no image: {_again(len(limits))}.")
    for column, limit in enumerate(limits):
        bad = np.flatnonzero(batch.labels[:, column] >= limit)
        if len(bad):
            raise DataError(
                f"{path}: label {batch.labels[bad[0], column]} at position {bad[0]:,} is not one of 0..{limit - 1}; "
                f"it is of another set, or spoilt: {_again(len(limits))}."
            )
    return batch


def _binary(path: Path, columns: int) -> Batch:
    try:
        content = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}): check its permissions.") from error
    size = columns + PIXELS
    if len(content) % size:
        raise DataError(
            f"{path} is no whole number of records: {len(content):,} bytes in records of {size:,} leave "
            f"{len(content) % size:,}; {_again(columns)}."
        )
    records = content.reshape(-1, size)
    return Batch(path, records[:, columns:].reshape(-1, 3, 32, 32), records[:, :columns])


def _pickled(path: Path, columns: int) -> Batch:
    held = read_pickle(path)
    names = ("labels",) if columns == 1 else ("coarse_labels", "fine_labels")
    if not isinstance(held, dict) or any(name not in _keys(held) for name in ("data", *names)):
        raise DataError(f"{path} does not hold data and {' and '.join(names)}: it belongs to another data set.")
    held = {_text(key): value for key, value in held.items()}
    images = held["data"]
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[1:] != (PIXELS,):
        raise DataError(f"{path}: its data are no rows of {PIXELS:,} bytes; {_again(columns)}.")
    try:
        labels = np.stack([np.asarray(held[name], dtype=np.int64) for name in names], axis=1)
    except (ValueError, TypeError) as error:
        raise DataError(
            f"{path}: its labels are no lists of numbers of one length ({error}); {_again(columns)}."
        ) from error
    if labels.shape != (len(images), columns) or labels.min(initial=0) < 0 or labels.max(initial=0) > 255:
        raise DataError(f"{path} holds {len(images):,} images and labels that do not fit them; {_again(columns)}.")
    return Batch(path, images.reshape(-1, 3, 32, 32), labels.astype(np.uint8))


def _again(columns: int) -> str:
    name = "cifar10" if columns == 1 else "cifar100"
    return f"get it again with python -m mtlcore data fetch {name}, which replaces it"


def _keys(held: dict[Any, Any]) -> set[str]:
    return {_text(key) for key in held}


def _text(key: Any) -> str:
    """Keys are bytes in copies that Python 3 has written again."""
    return key.decode("latin1") if isinstance(key, bytes) else str(key)
