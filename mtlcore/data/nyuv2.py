"""NYU-v2: 1,449 indoor images with depth and the 40 classes of gupta2013perceptual, and normals computed from depth.

The authors publish one file, nyu_depth_v2_labeled.mat [silberman2012nyu]; `prepare` unpacks it into the layout of
nyuv2_files, from which it is read. They split into 795 training and 654 test images; `upadhyay` also needs a validation
part and says nothing of it, so that a tenth of the training images is held out here, 79 of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from mtlcore.data import nyuv2_store
from mtlcore.data.caches import cache_root
from mtlcore.data.dataset import DataError
from mtlcore.data.known import FileReport
from mtlcore.data.nyuv2_files import (
    CLASSES,
    LISTS,
    MAPS,
    SIZES,
    Listing,
    forms,
    list_split,
    names_of,
    published_size,
    read_sample,
    squared,
)
from mtlcore.data.pictures import Pictures
from mtlcore.data.twins import rooms

SIDE = 256  # [upadhyay, Section 4]
FORM = "2"  # of the store, counted up when what is made of the same files changes, such as normals
TITLES = {"train": "training", "val": "validation", "test": "test"}
LABELS = ("segmentation", "depth", "normals")


@dataclass(frozen=True)
class IndoorSet:
    """The set as the registry knows it. folders: below the data root, where copies are looked for."""

    name: str = "nyuv2"
    title: str = "NYU-v2"
    folders: tuple[str, ...] = ("nyuv2", "nyu_depth_v2")
    home: str = "https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html"
    licence: str = "none stated; for research, cite Silberman et al. 2012"
    megabytes: float = 2972.0  # of the published .mat

    @property
    def splits(self) -> tuple[str, ...]:
        """Training, a validation part held out of the published training split, and test."""
        return tuple(SIZES)

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders and lists of the prepared layout."""
        return (*(f"{kind}/" for kind in MAPS), *dict.fromkeys(LISTS.values()))

    @property
    def bring(self) -> str:
        """How to get the parts."""
        return (
            "Put nyu_depth_v2_labeled.mat, splits.mat and classMapping40.mat there and run "
            f"python -m mtlcore data prepare {self.name}, which says where each file is published"
        )

    @property
    def resizes(self) -> bool:
        """Images come at any size."""
        return True

    def folder(self, root: Path) -> Path:
        """The first of the folders that holds any part, else the one where they belong."""
        for folder in self.folders:
            if len(self._missing(root / folder)) < len(self.parts):
                return root / folder
        return root / self.folders[0]

    def missing(self, root: Path) -> list[str]:
        """The parts that are not there, or empty."""
        return self._missing(self.folder(root))

    def _missing(self, folder: Path) -> list[str]:
        empty = [f"{kind}/" for kind in MAPS if not (folder / kind).is_dir() or not any((folder / kind).iterdir())]
        return empty + [name for name in dict.fromkeys(LISTS.values()) if not (folder / name).is_file()]

    def load(self, root: Path, split: str, limit: int | None, size: int | None = None) -> Pictures:
        """The first `limit` samples of a split; only these are decoded, and once for each size."""
        folder = self.folder(root)
        if missing := self._missing(folder):
            raise DataError(f"{', '.join(missing)} missing in {folder}. {self.bring}.")
        listing, side = list_split(folder, split), size or SIDE
        count = len(listing) if limit is None else min(limit, len(listing))
        place = cache_root(folder) / f"{split}-{side}-{FORM}{listing.fingerprint}"
        arrays = nyuv2_store.filled(
            place,
            forms(len(listing), side),
            count,
            lambda index: squared(read_sample(listing, index), side),
            f"The {split} samples of {self.title}",
        )
        images, *maps = (torch.from_numpy(arrays[name]) for name in ("images", *LABELS))
        labels = dict(zip(LABELS, maps, strict=True))
        classes: dict[str, tuple[str, ...]] = {"segmentation": CLASSES}
        return Pictures(
            self.name, "real", split, images, labels, listing.names[:count], classes, self._note(split, listing)
        )

    def _note(self, split: str, listing: Listing) -> str:
        about = [f"{len(listing):,} {TITLES[split]} images"]
        if len(listing) != SIZES[split]:
            about.append(f"{SIZES[split]:,} are published")
        about += published_size(listing)
        about.append("normals stored" if "normals" in listing.files else "normals computed from depth")
        return f"real {self.title}, {', '.join(about)}"

    def draw(self, split: str, limit: int | None, seed: int, size: int | None = None) -> Pictures:
        """The first `limit` samples of the twin: rooms, ray-cast."""
        count = SIZES[split] if limit is None else min(limit, SIZES[split])
        images, labels = rooms.draw(split=split, count=count, seed=seed, size=size or SIDE)
        names = tuple(f"{split}-{number:04d}" for number in range(count))
        return Pictures(self.name, "twin", split, images, labels, names, {"segmentation": CLASSES}, "")

    def inspect(self, root: Path) -> tuple[FileReport, ...]:
        """What is there of each part; whether files can be read is said by reading them."""
        folder, missing = self.folder(root), self.missing(root)
        reports = []
        for part in self.parts:
            if part in missing:
                reports.append(FileReport(part, "missing", None, "not there"))
                continue
            if part.endswith("/"):
                found, published, what = len(list((folder / part).iterdir())), sum(SIZES.values()), "files"
            else:
                split = "test" if part == "test.txt" else "train"
                found, what = _listed(folder, split), "samples"
                published = SIZES[split] + (SIZES["val"] if split == "train" else 0)
            state = "complete" if found == published else "other"
            reports.append(FileReport(part, state, folder / part, f"{found:,} of {published:,} {what}"))
        return tuple(reports)


NYUV2 = IndoorSet()


def _listed(folder: Path, split: str) -> int:
    try:
        return len(names_of(folder, split)) + (len(names_of(folder, "val")) if split == "train" else 0)
    except DataError:
        return 0
