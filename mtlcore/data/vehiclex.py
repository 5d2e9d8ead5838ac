"""The VehicleX features, first package: 2048 numbers of a ResNet for each of 75,516 images, with nine labels.

Published are folders train, val and test of one .npy file an image and one XML with the labels of all
[yao2020vehiclex]; `ge` works on them. The package is not to be fetched by a program: it was handed out to a course.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import torch

from mtlcore.data.dataset import DataError
from mtlcore.data.features import Features
from mtlcore.data.known import FileReport
from mtlcore.data.twins import vehiclex_features as twin
from mtlcore.data.twins.vehicles import SIZES
from mtlcore.data.vehiclex_cache import WIDTH, XML, read_split
from mtlcore.data.vehiclex_files import any_file, list_folder
from mtlcore.data.vehiclex_labels import CLASSES, COLOURS, TYPES, read_labels

LISTS = {"colour": ("list_color.txt", COLOURS), "type": ("list_type.txt", TYPES)}
BYTES = WIDTH * 4 + 128  # of one file
TITLES = {"train": "training", "val": "validation", "test": "test"}


@dataclass(frozen=True)
class FeatureSet:
    """The set as the registry knows it.

    folders: below the data root, where copies are looked for; the second is what unpacking inside the first gives.
    """

    name: str = "vehiclex-features"
    title: str = "VehicleX features"
    folders: tuple[str, ...] = ("vehicle-x", "vehicle-x/vehicle-x")
    home: str = "https://github.com/yorkeyao/VehicleX"
    licence: str = "none stated"

    @property
    def splits(self) -> tuple[str, ...]:
        """Training, validation and test."""
        return tuple(SIZES)

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders of features and the labels."""
        return (*(f"{split}/*.npy" for split in SIZES), XML)

    @property
    def megabytes(self) -> float:
        """Of the feature files, unpacked."""
        return sum(SIZES.values()) * BYTES / 1e6

    @property
    def bring(self) -> str:
        """Where the package was, and where it must be put."""
        return (
            "It was a course package of the Australian National University, cs.anu.edu.au/~tom/datasets/vehicle-x.zip "
            "(vehicle-x_v2.zip beside it holds the images instead), with no terms stated; put its folders train, val "
            f"and test and its {XML} by hand into {self.folders[0]} below the data root"
        )

    @property
    def resizes(self) -> bool:
        """It has a size of its own."""
        return False

    def folder(self, root: Path) -> Path:
        """The first of the folders that holds the labels or features, else the one where they belong."""
        for folder in self.folders:
            if len(self._missing(root / folder)) < len(self.parts):
                return root / folder
        return root / self.folders[0]

    def missing(self, root: Path) -> list[str]:
        """The folders that hold no .npy file, and the XML."""
        return self._missing(self.folder(root))

    def _missing(self, folder: Path) -> list[str]:
        there = [*(any_file(folder / split) for split in SIZES), (folder / XML).is_file()]
        return [part for part, here in zip(self.parts, there, strict=True) if not here]

    def load(self, root: Path, split: str, limit: int | None, size: int | None = None) -> Features:
        """The first `limit` samples of a split of the original, mapped into memory."""
        folder = self.folder(root)
        if missing := self._missing(folder):
            raise DataError(
                f"{', '.join(missing)} missing in {folder}: put them there by hand "
                f"(python -m mtlcore data fetch {self.name} says from where)."
            )
        found = read_split(folder, split, self.splits)
        labels = {label: torch.from_numpy(values) for label, values in found.labels.items()}
        classes, doubt = class_names(folder)
        count, published = len(found.names), SIZES[split]
        whole = "as many as published" if count == published else f"{published:,} were published"
        note = f"real {self.title}, {count:,} {TITLES[split]} samples, {whole}{doubt}"
        features = torch.from_numpy(found.features)
        return Features(self.name, "real", split, features, labels, found.names, classes, note).first(limit)

    def draw(self, split: str, limit: int | None, seed: int, size: int | None = None) -> Features:
        """The first `limit` samples of a split of the twin."""
        count = SIZES[split] if limit is None else min(limit, SIZES[split])
        features, labels, names = twin.draw(split=split, count=count, seed=seed)
        return Features(self.name, "twin", split, features, labels, names, CLASSES, "")

    def inspect(self, root: Path) -> tuple[FileReport, ...]:
        """What is there of each part; whether it can be read is said by reading it."""
        folder = self.folder(root)
        missing = self._missing(folder)
        reports = []
        for part, split in zip(self.parts, (*SIZES, None), strict=True):
            if part in missing:
                reports.append(FileReport(part, "missing", None, "not there"))
            elif split is None:
                reports.append(inspect_labels(folder / XML))
            else:
                count = len(list_folder(folder / split).names)
                state = "complete" if count == SIZES[split] else "other"
                reports.append(FileReport(part, state, folder / split, f"{count:,} of {SIZES[split]:,} files"))
        return tuple(reports)


VEHICLEX_FEATURES = FeatureSet()


def inspect_labels(path: Path) -> FileReport:
    """The state of the XML."""
    try:
        count, published = len(read_labels(path).rows), sum(SIZES.values())
    except DataError as error:
        return FileReport(XML, "corrupt", path, str(error))
    state = "complete" if count == published else "other"
    return FileReport(XML, state, path, f"labels of {count:,} of {published:,} images")


def class_names(folder: Path) -> tuple[dict[str, tuple[str, ...]], str]:
    """Names of the classes: those of the package's two lists where these can be read, else the known ones."""
    classes, doubts = dict(CLASSES), []
    for label, (name, known) in LISTS.items():
        if (folder / name).is_file():
            if names := _listed(folder / name, len(known)):
                classes[label] = names
            else:
                doubts.append(name)
    return classes, f" ({' and '.join(doubts)} not understood, known names taken)" if doubts else ""


def _listed(path: Path, count: int) -> tuple[str, ...]:
    """The names in lines of a number and a name, by their numbers; none where they are not `count` different ones."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    pairs = [match.groups() for line in lines if (match := re.match(r"\s*(\d+)\s*[:.,=]?\s*(\S.*?)\s*$", line))]
    numbered = {int(number): name for number, name in pairs}
    names = tuple(numbered[number] for number in sorted(numbered))
    return names if len(set(names)) == len(pairs) == count else ()
