"""The VehicleX images, second package: 75,516 JPEGs of 256x256 pixels, with the same XML of labels as the first.

They are what `singh` works on; the features of the first package were taken from them [yao2020vehiclex]. The package
is not to be fetched by a program: it was handed out to a course.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import torch

from mtlcore.data.caches import cache_root
from mtlcore.data.dataset import DataError
from mtlcore.data.known import FileReport
from mtlcore.data.picture_store import PictureStore
from mtlcore.data.pictures import Pictures
from mtlcore.data.twins import vehiclex as twin
from mtlcore.data.twins.vehicles import SIZES
from mtlcore.data.vehiclex import TITLES, class_names, inspect_labels
from mtlcore.data.vehiclex_cache import XML, fair_order, join
from mtlcore.data.vehiclex_files import Faults, any_file, list_folder
from mtlcore.data.vehiclex_labels import CLASSES, Labels, read_labels

SIDE = 256  # pixels, as published
SUFFIX = ".jpg"
ABOUT_BYTES = 12_000  # of one file


@dataclass(frozen=True)
class ImageSet:
    """The set as the registry knows it.

    folders: below the data root, where copies are looked for. The XML lies in the folder of the splits or above it.
    """

    name: str = "vehiclex"
    title: str = "VehicleX images"
    folders: tuple[str, ...] = (
        "vehicle-x_v2/Classification Task",
        "vehicle-x_v2/vehicle-x_v2/Classification Task",
        "vehicle-x_v2",
    )
    home: str = "https://github.com/yorkeyao/VehicleX"
    licence: str = "none stated"

    @property
    def splits(self) -> tuple[str, ...]:
        """Training, validation and test."""
        return tuple(SIZES)

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders of images and the labels."""
        return (*(f"{split}/*{SUFFIX}" for split in SIZES), XML)

    @property
    def megabytes(self) -> float:
        """Of the images, roughly: the package's own size is not published."""
        return sum(SIZES.values()) * ABOUT_BYTES / 1e6

    @property
    def bring(self) -> str:
        """Where the package was, and where it must be put."""
        return (
            "It was a course package of the Australian National University, "
            "cs.anu.edu.au/~tom/datasets/vehicle-x_v2.zip (vehicle-x.zip beside it holds features instead), with no "
            f"terms stated; put its folders train, val and test and its {XML} by hand into {self.folders[0]} below the "
            "data root"
        )

    @property
    def resizes(self) -> bool:
        """Images are decoded, and those of the twin drawn, at any size."""
        return True

    def folder(self, root: Path) -> Path:
        """The first of the folders that holds images, else the first with labels, else the one where they belong."""
        places = [root / folder for folder in self.folders]
        return max(places, key=lambda place: len(self.parts) - len(self._missing(place)))

    def missing(self, root: Path) -> list[str]:
        """The folders that hold no image, and the XML."""
        return self._missing(self.folder(root))

    def _missing(self, folder: Path) -> list[str]:
        there = [*(any_file(folder / split, SUFFIX) for split in SIZES), _xml(folder).is_file()]
        return [part for part, here in zip(self.parts, there, strict=True) if not here]

    def load(self, root: Path, split: str, limit: int | None, size: int | None = None) -> Pictures:
        """The first `limit` samples of a split of the original, at `size` pixels, mapped into memory.

        They come in the same order as the features of the first package.
        """
        folder = self.folder(root)
        if missing := self._missing(folder):
            raise DataError(
                f"{', '.join(missing)} missing in {folder}: put them there by hand "
                f"(python -m mtlcore data fetch {self.name} says from where)."
            )
        labels = _labels(_xml(folder), _xml(folder).stat().st_mtime_ns)
        listing = list_folder(folder / split, SUFFIX)
        faults = Faults()
        join(labels, listing, [list_folder(folder / other, SUFFIX) for other in SIZES if other != split], faults)
        if faults:
            raise DataError(
                f"The images in {folder} cannot be used: {faults}. Unpack the package again, "
                f"or mend {XML} and the folders so that they agree."
            )
        order = fair_order(listing.names)
        names = tuple(listing.names[i] for i in order)
        files = [listing.folder / f"{name}{SUFFIX}" for name in names]
        store = PictureStore(cache_root(folder) / split, files, listing.states[order], size or SIDE)
        images = torch.from_numpy(store.images(limit))
        rows = [labels.rows[name] for name in names[: len(images)]]
        values = {label: torch.from_numpy(column[rows]) for label, column in labels.columns.items()}
        classes, doubt = class_names(folder)
        count, published = len(names), SIZES[split]
        whole = "as many as published" if count == published else f"{published:,} were published"
        resized = "" if store.size == SIDE else f", at {store.size}x{store.size} pixels"
        note = f"real {self.title}, {count:,} {TITLES[split]} samples, {whole}{resized}{doubt}"
        return Pictures(self.name, "real", split, images, values, names[: len(images)], classes, note)

    def draw(self, split: str, limit: int | None, seed: int, size: int | None = None) -> Pictures:
        """The first `limit` samples of a split of the twin."""
        count = SIZES[split] if limit is None else min(limit, SIZES[split])
        images, labels, names = twin.draw(split=split, count=count, seed=seed, size=size or SIDE)
        return Pictures(self.name, "twin", split, images, labels, names, CLASSES, "")

    def inspect(self, root: Path) -> tuple[FileReport, ...]:
        """What is there of each part; whether it can be read is said by reading it."""
        folder = self.folder(root)
        missing = self._missing(folder)
        reports = []
        for part, split in zip(self.parts, (*SIZES, None), strict=True):
            if part in missing:
                reports.append(FileReport(part, "missing", None, "not there"))
            elif split is None:
                reports.append(inspect_labels(_xml(folder)))
            else:
                count = len(list_folder(folder / split, SUFFIX).names)
                state = "complete" if count == SIZES[split] else "other"
                reports.append(FileReport(part, state, folder / split, f"{count:,} of {SIZES[split]:,} files"))
        return tuple(reports)


VEHICLEX = ImageSet()


def _xml(folder: Path) -> Path:
    """The labels: beside the folders of the splits, or one folder up."""
    return folder / XML if (folder / XML).is_file() or not (folder.parent / XML).is_file() else folder.parent / XML


@functools.lru_cache(maxsize=1)
def _labels(xml: Path, _: int) -> Labels:
    """The labels of all splits, read once for all three unless the file has changed in the meantime."""
    return read_labels(xml)
