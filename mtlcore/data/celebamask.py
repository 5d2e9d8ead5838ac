"""CelebAMask-HQ [lee2020maskgan], as `upadhyay` uses it: faces, masks of hair and skin, male or not, smiling or not."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mtlcore.data import seeding
from mtlcore.data.caches import cache_root
from mtlcore.data.celebamask_files import (
    ATTRIBUTES,
    CLASSES,
    IMAGES,
    MASKS,
    PUBLISHED,
    Faces,
    list_faces,
    merge,
    read_attributes,
)
from mtlcore.data.dataset import DataError
from mtlcore.data.known import FileReport
from mtlcore.data.picture_store import PictureStore
from mtlcore.data.pictures import Pictures
from mtlcore.data.twins import faces as twin
from mtlcore.data.vehiclex_files import any_file

SIDE = 256  # pixels, where none are asked for: those of `upadhyay`; the images are published at 1024, masks at 512
SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}  # [upadhyay, experimental set-up]
SPLIT_SEED = 0
LABELS = {"male": "Male", "smiling": "Smiling"}
NAMES = {"mask": CLASSES, "male": ("not male", "male"), "smiling": ("not smiling", "smiling")}
_TITLES = {"train": "training", "val": "validation", "test": "test"}


def part(split: str, *, seed: int = SPLIT_SEED) -> Tensor:
    """The numbers of the images of a split, of all 30,000 that are published, in a random order that the seed gives.

    The published numbers are dealt, not those that are there: an incomplete copy has parts of the same splits.
    """
    order = torch.randperm(PUBLISHED, generator=seeding.generator(seed))
    sizes = {name: round(share * PUBLISHED) for name, share in SHARES.items()}
    return dict(zip(sizes, order.split(list(sizes.values())), strict=True))[split]


@dataclass(frozen=True)
class FaceSet:
    """The set as the registry knows it. folders: below the data root, where copies are looked for."""

    name: str = "celebamask"
    title: str = "CelebAMask-HQ"
    folders: tuple[str, ...] = ("CelebAMask-HQ", "celebamask/CelebAMask-HQ", "celebamask")
    home: str = "https://github.com/switchablenorms/CelebAMask-HQ"
    licence: str = "non-commercial research and education only"

    @property
    def splits(self) -> tuple[str, ...]:
        """Training, validation and test."""
        return tuple(SHARES)

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders of images and of masks, and the attributes."""
        return (f"{IMAGES}/*.jpg", f"{MASKS}/*/*.png", ATTRIBUTES)

    @property
    def megabytes(self) -> float:
        """Of the package, roughly."""
        return 3_150.0

    @property
    def bring(self) -> str:
        """Where the package is, and where it must be put."""
        return (
            f"Ask for CelebAMask-HQ.zip at {self.home}, whose terms must be agreed to, and unpack it into the data "
            f"root, so that {self.folders[0]} holds {IMAGES}, {MASKS} and {ATTRIBUTES}"
        )

    @property
    def resizes(self) -> bool:
        """Images and masks come, and those of the twin are drawn, at any size."""
        return True

    def folder(self, root: Path) -> Path:
        """The folder with the most of the parts, else the one where they belong."""
        return min((root / folder for folder in self.folders), key=lambda folder: len(self._missing(folder)))

    def missing(self, root: Path) -> list[str]:
        """The folders that hold no file of theirs, and the attributes."""
        return self._missing(self.folder(root))

    def _missing(self, folder: Path) -> list[str]:
        masks = folder / MASKS
        there = (
            any_file(folder / IMAGES, ".jpg"),
            masks.is_dir() and any(any_file(place, ".png") for place in masks.iterdir() if place.is_dir()),
            (folder / ATTRIBUTES).is_file(),
        )
        return [part for part, here in zip(self.parts, there, strict=True) if not here]

    def load(self, root: Path, split: str, limit: int | None, size: int | None = None) -> Pictures:
        """The first `limit` images of a split at `size` pixels, with their masks, mapped into memory both."""
        folder = self.folder(root)
        if missing := self._missing(folder):
            raise DataError(f"{', '.join(missing)} missing in {folder}. {self.bring}.")
        found = list_faces(folder)
        attributes = _attributes(folder / ATTRIBUTES, (folder / ATTRIBUTES).stat().st_mtime_ns)
        rows = _rows(found, part(split))
        numbers = found.numbers[rows].tolist()
        if unknown := [number for number in numbers if number not in attributes]:
            raise DataError(
                f"{folder / ATTRIBUTES} does not name {unknown[0]}.jpg, nor {len(unknown) - 1:,} others of those "
                "that are there: get it again from its authors."
            )
        if not numbers:
            raise DataError(f"{folder / IMAGES} holds no image of the {_TITLES[split]} split: {self.bring}.")
        images, masks = _stored(found, rows, split, size or SIDE, limit)
        values = torch.tensor([attributes[number] for number in numbers[: len(images)]])
        labels = {"mask": masks, **dict(zip(LABELS, values.unbind(dim=1), strict=True))}
        names = tuple(f"{number}.jpg" for number in numbers[: len(images)])
        note = self._note(split, len(numbers), size or SIDE)
        return Pictures(self.name, "real", split, images, labels, names, NAMES, note)

    def _note(self, split: str, count: int, size: int) -> str:
        whole = len(part(split))
        of = f"all {count:,}" if count == whole else f"{count:,} of {whole:,}"
        return (
            f"real {self.title}, {of} {_TITLES[split]} images of the split 60-20-20 by seed {SPLIT_SEED}, "
            f"at {size}x{size} pixels"
        )

    def draw(self, split: str, limit: int | None, seed: int, size: int | None = None) -> Pictures:
        """The first `limit` faces of a split of the twin."""
        whole = len(part(split))
        count = whole if limit is None else min(limit, whole)
        pictures, labels = twin.draw(split=split, count=count, seed=seed, size=size or SIDE)
        names = tuple(f"{split}-{number:05d}" for number in range(count))
        return Pictures(self.name, "twin", split, pictures, labels, names, NAMES, "")

    def inspect(self, root: Path) -> tuple[FileReport, ...]:
        """What is there of each part; whether all can be decoded is said by reading it."""
        folder = self.folder(root)
        missing = self._missing(folder)
        if missing:
            return tuple(
                FileReport(name, *(("missing", None, "not there") if name in missing else ("there", folder, "there")))
                for name in self.parts
            )
        try:
            found = list_faces(folder)
            count, parts = len(found.numbers), sum(map(len, found.parts.values()))
            state, about = "complete" if count == PUBLISHED else "partial", f"{count:,} of {PUBLISHED:,} images"
        except DataError as error:
            parts, state, about = 0, "corrupt", str(error)
        try:
            named = len(read_attributes(folder / ATTRIBUTES, list(LABELS.values())))
            text = ("complete" if named == PUBLISHED else "partial", f"{named:,} of {PUBLISHED:,} images named")
        except DataError as error:
            text = ("corrupt", str(error))
        return (
            FileReport(self.parts[0], state, folder / IMAGES, about),
            FileReport(self.parts[1], state, folder / MASKS, f"{parts:,} parts of the images"),
            FileReport(self.parts[2], text[0], folder / ATTRIBUTES, text[1]),
        )


@functools.lru_cache(maxsize=1)
def _attributes(path: Path, _: int) -> dict[int, tuple[int, ...]]:
    """Read once for all splits, unless the file has changed in the meantime."""
    return read_attributes(path, list(LABELS.values()))


def _rows(found: Faces, numbers: Tensor) -> np.ndarray:
    """Places in `found` of those of the numbers that are there, in their order."""
    wanted = numbers.numpy()
    places = np.searchsorted(found.numbers, wanted).clip(max=len(found.numbers) - 1)
    return places[found.numbers[places] == wanted]


def _stored(found: Faces, rows: np.ndarray, split: str, size: int, limit: int | None) -> tuple[Tensor, Tensor]:
    """Images (n, 3, size, size) and masks (n, size, size) from the stores of a split, decoded where they must be."""
    files = [found.folder / IMAGES / f"{number}.jpg" for number in found.numbers[rows].tolist()]
    place = cache_root(found.folder)
    images = PictureStore(place / f"images-{split}", files, found.images[rows], size).images(limit)

    def decode_mask(path: Path, side: int) -> np.ndarray:
        return merge(found.parts[int(path.stem)], side)

    store = PictureStore(place / f"masks-{split}", files, found.masks[rows], size, channels=1, decode=decode_mask)
    return torch.from_numpy(images), torch.from_numpy(store.images(limit)).squeeze(1)


CELEBAMASK = FaceSet()
