"""Where samples come from: the original files in the data root, or a twin drawn on the spot."""

from __future__ import annotations

import dataclasses
from typing import Literal, overload

from mtlcore import paths
from mtlcore.data.dataset import DataError, Dataset
from mtlcore.data.features import Features
from mtlcore.data.pictures import Pictures
from mtlcore.data.registry import named

SOURCES = ("auto", "real", "twin")


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
            f"{found.bring}, or take source='twin'."
        )
    return "twin" if missing else "real"


@overload
def load(  # type: ignore[overload-overlap]
    name: Literal["vehiclex-features"],
    *,
    source: str = "auto",
    split: str,
    limit: int | None = None,
    seed: int = 0,
    size: None = None,
) -> Features: ...
@overload
def load(  # type: ignore[overload-overlap]
    name: Literal["vehiclex", "nyuv2", "celebamask"],
    *,
    source: str = "auto",
    split: str,
    limit: int | None = None,
    seed: int = 0,
    size: int | None = None,
) -> Pictures: ...
@overload
def load(
    name: str, *, source: str = "auto", split: str, limit: int | None = None, seed: int = 0, size: None = None
) -> Dataset: ...
def load(
    name: str,
    *,
    source: str = "auto",
    split: str,
    limit: int | None = None,
    seed: int = 0,
    size: int | None = None,
) -> Dataset | Features | Pictures:
    """Read a data set, or draw its twin.

    name: one of mtlcore.data.SETS. source: "auto", "real" or "twin". split: one that the set has, "train" or "test",
    with "val" of some. limit: the first so many samples; of a twin no more are drawn. seed: the twin's. size: pixels
    of a side, of sets that come at any size; None for the set's own.
    Returns images (n, C, H, W) uint8 and labels (n,) int64 as Dataset, feature vectors with several labels as
    Features, or colour images with several labels or maps as Pictures, with a note on what was found.
    Raises DataError when files are missing or unsound, and when an argument is out of range.
    """
    found = named(name)
    if split not in found.splits:
        raise DataError(f"split={split!r} is none of {', '.join(found.splits)}.")
    if limit is not None and limit < 1:
        raise DataError(f"limit={limit} would leave no images: give 1 or more, or None for all.")
    if seed < 0:
        raise DataError(f"seed={seed} must be 0 or more.")
    if size is not None and not found.resizes:
        raise DataError(f"{found.title} comes at its own size alone: leave size={size} out.")
    if size is not None and size < 8:
        raise DataError(f"size={size} is too small for a picture: give 8 pixels or more.")
    chosen = {} if size is None else {"size": size}
    root = paths.data_root()
    if source_of(name, source) == "real":
        return found.load(root, split, limit, **chosen)
    note = f"twin of {found.title}, procedural, seed {seed}"
    missing = found.missing(root)
    if source == "auto" and len(missing) < len(found.parts):
        note += f" (the real files are incomplete: {', '.join(missing)} missing)"
    return dataclasses.replace(found.draw(split, limit, seed, **chosen), note=note)
