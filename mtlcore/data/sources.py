"""Where samples come from: the original files in the data root, or a twin drawn on the spot."""

from __future__ import annotations

from mtlcore import paths
from mtlcore.data import twins
from mtlcore.data.dataset import DataError, Dataset
from mtlcore.data.registry import named

SOURCES = ("auto", "real", "twin")
SPLITS = ("train", "test")


def source_of(name: str, source: str = "auto") -> str:
    """What `source` comes to for a data set, "real" or "twin", found by looking at file names alone.

    "auto" is real where all the files are there. Files that are there but unsound are not passed over in silence:
    they are an error when they are read. Raises DataError for unknown names, and for "real" without the files.
    """
    found = named(name)
    if source not in SOURCES:
        raise DataError(f"source={source!r} is none of {', '.join(SOURCES)}.")
    if source == "twin":
        return "twin"
    root = paths.data_root()
    missing = found.missing(root)
    if source == "real" and missing:
        raise DataError(
            f"{found.title} is not there: {', '.join(missing)} missing in {found.folder(root)}. "
            f"Get it with python -m mtlcore data fetch {name}, or put the files there by hand, "
            "or take source='twin'."
        )
    return "twin" if missing else "real"


def load(name: str, *, source: str = "auto", split: str, limit: int | None = None, seed: int = 0) -> Dataset:
    """Read a data set, or draw its twin.

    name: one of mtlcore.data.SETS. source: "auto", "real" or "twin". split: "train" or "test".
    limit: the first so many images; of a twin no more are drawn. seed: the twin's.
    Returns images (n, 1, 28, 28) uint8 and labels (n,) int64 with a note on what was found.
    Raises DataError when files are missing or unsound, and when an argument is out of range.
    """
    if split not in SPLITS:
        raise DataError(f"split={split!r} is none of {', '.join(SPLITS)}.")
    if limit is not None and limit < 1:
        raise DataError(f"limit={limit} would leave no images: give 1 or more, or None for all.")
    if seed < 0:
        raise DataError(f"seed={seed} must be 0 or more.")
    found, chosen = named(name), source_of(name, source)
    if chosen == "real":
        images, labels, note = found.read(paths.data_root(), split)
        images, labels = images[:limit], labels[:limit]
    else:
        size = found.files[split, "labels"].items
        count = size if limit is None else min(limit, size)
        images, labels = twins.draw(name, split=split, count=count, seed=seed)
        note = f"twin of {found.title}, procedural, seed {seed}"
        missing = found.missing(paths.data_root())
        if source == "auto" and len(missing) < len(found.files):
            note += f" (the real files are incomplete: {', '.join(missing)} missing)"
    return Dataset(name, chosen, split, images, labels, found.classes, note)
