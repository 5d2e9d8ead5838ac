"""The three files of NYU-v2 as published: images, depth and labels in one .mat, the split, and 894 classes into 40.

nyu_depth_v2_labeled.mat is HDF5 (MATLAB 7.3), in which MATLAB's axes come reversed: images (n, 3, 640, 480) uint8,
depths (n, 640, 480) single, in metres, labels (n, 640, 480) uint16, 0 where nobody gave one. It is read one sample at a
time. splits.mat counts samples from 1; classMapping40.mat gives for each of the 894 classes one of 1 to 40
[gupta2013perceptual].
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
import scipy.io

from mtlcore.data.dataset import DataError
from mtlcore.data.nyuv2_files import CLASSES, IGNORE

MAT, SPLITS, MAPPING = "nyu_depth_v2_labeled.mat", "splits.mat", "classMapping40.mat"
HOMES = {
    MAT: "http://horatio.cs.nyu.edu/mit/silberman/nyu_depth_v2/nyu_depth_v2_labeled.mat",
    SPLITS: "http://horatio.cs.nyu.edu/mit/silberman/indoor_seg_sup/splits.mat",
    MAPPING: "https://github.com/ankurhanda/nyuv2-meta-data",
}
BYTES = 2_972_037_809  # of the .mat as published
RAW_CLASSES = 894
SETS = {"images": (4, "u"), "depths": (3, "f"), "labels": (3, "u")}  # name -> axes, kind of number


@dataclass(frozen=True)
class Raw:
    """A published sample: image (H, W, 3) uint8, depth (H, W) uint16 millimetres, label (H, W) uint8, 255 for none."""

    image: np.ndarray
    depth: np.ndarray
    label: np.ndarray


class LabelledMat:
    """The open .mat file; a context manager. Raises DataError where it is not whole or not of this form."""

    def __init__(self, path: Path, mapping: np.ndarray) -> None:
        self.path, self._mapping = path, mapping
        try:
            self._file = h5py.File(path, "r")
        except OSError as error:
            raise DataError(self._broken(error)) from error
        try:
            self._sets = {name: self._checked(name, *form) for name, form in SETS.items()}
            if len({(found.shape[0], *found.shape[-2:]) for found in self._sets.values()}) > 1:
                shapes = ", ".join(f"{name} {found.shape}" for name, found in self._sets.items())
                raise DataError(f"{path}: its arrays do not go together ({shapes}): download it again.")
        except BaseException:
            self._file.close()
            raise

    def _broken(self, error: Exception) -> str:
        size = self.path.stat().st_size
        return (
            f"{self.path} ({size:,} bytes; {BYTES:,} are published) is truncated or no HDF5 file ({error}): "
            f"download it again, from {HOMES[MAT]}; what has been prepared of it is kept."
        )

    def _checked(self, name: str, axes: int, kind: str) -> Any:
        found = self._file.get(name)
        if not isinstance(found, h5py.Dataset) or found.ndim != axes or found.dtype.kind != kind:
            raise DataError(f"{self.path} has no array {name!r} of the published form: is it {MAT}? See {HOMES[MAT]}.")
        return found

    def __enter__(self) -> LabelledMat:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return int(self._sets["images"].shape[0])

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the images."""
        width, height = self._sets["images"].shape[-2:]
        return int(height), int(width)

    def read(self, number: int) -> Raw:
        """Sample `number`, counted from 0."""
        try:
            image, depth, label = (self._sets[name][number] for name in SETS)
        except (OSError, RuntimeError) as error:  # a gap in the file shows only when it is reached
            raise DataError(self._broken(error)) from error
        if (bad := label > RAW_CLASSES).any():
            raise DataError(f"{self.path}: label {label[bad][0]} in sample {number + 1} is none of 0 to {RAW_CLASSES}.")
        known = np.isfinite(depth) & (depth > 0)
        metres = np.where(known, depth, 0)
        millimetres = np.rint(metres.clip(0, 65.535) * 1000).astype(np.uint16)
        return Raw(image.transpose(2, 1, 0), millimetres.T, self._mapping[label].T)


def read_mapping(path: Path) -> np.ndarray:
    """The prepared class of each published one, (895,) uint8, that of 0, unlabelled, being 255."""
    mapped = _numbers(path, "mapClass")
    if len(mapped) != RAW_CLASSES or mapped.min() < 0 or mapped.max() > len(CLASSES):
        raise DataError(
            f"{path}: mapClass does not give one of 1 to 40 for each of {RAW_CLASSES} classes: see {HOMES[MAPPING]}."
        )
    whole = np.concatenate([[0], mapped])
    return np.where(whole == 0, IGNORE, whole - 1).astype(np.uint8)


def read_splits(path: Path, count: int) -> dict[str, list[int]]:
    """The samples of train and test, counted from 1. Together they must be the `count` samples, each once."""
    splits = {split: sorted(_numbers(path, f"{split}Ndxs").tolist()) for split in ("train", "test")}
    if sorted(splits["train"] + splits["test"]) != list(range(1, count + 1)):
        raise DataError(
            f"{path} does not split the {count:,} samples of {MAT} into two: get both files again, {HOMES[SPLITS]}."
        )
    return splits


def _numbers(path: Path, name: str) -> np.ndarray:
    """A flat array of whole numbers in a .mat file of MATLAB before 7.3."""
    try:
        found = scipy.io.loadmat(path, variable_names=[name]).get(name)
    # scipy raises whatever its parser runs into
    except Exception as error:
        raise DataError(f"{path} cannot be read as a .mat file ({error}): get it again, {HOMES[path.name]}.") from error
    if found is None or found.dtype.kind not in "uif" or found.size == 0:
        raise DataError(f"{path} holds no numbers called {name!r}: get it again, {HOMES[path.name]}.")
    return found.ravel().astype(np.int64)
