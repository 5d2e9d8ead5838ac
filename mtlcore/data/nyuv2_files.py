"""NYU-v2 in the prepared layout: one file a map and sample, lists of the two splits, names of the classes.

    image/NNNN.jpg or .png    colour
    depth/NNNN.png            16 bit, millimetres, 0 unknown
    label40/NNNN.png          8 bit, classes 0 to 39, 255 unlabelled
    normals/NNNN.png          8 bit, round(127 n) + 128 in three channels, (128, 128, 128) unknown; optional
    train.txt, test.txt       one NNNN a line, the authors' split; classes40.txt: one name a line

All maps of a sample have one size, which need not be the published 640×480; normals may be smaller.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from mtlcore.data.dataset import DataError
from mtlcore.data.nyuv2_normals import Camera, centres, surface_normals

CLASSES = (
    *("wall", "floor", "cabinet", "bed", "chair", "sofa", "table", "door", "window", "bookshelf", "picture", "counter"),
    *("blinds", "desk", "shelves", "curtain", "dresser", "pillow", "mirror", "floor mat", "clothes", "ceiling"),
    *("books", "refrigerator", "television", "paper", "towel", "shower curtain", "box", "whiteboard", "person"),
    *("night stand", "toilet", "sink", "lamp", "bathtub", "bag", "other structure", "other furniture", "other prop"),
)
IGNORE = 255
MAPS = ("image", "depth", "label40")
LISTS = {"train": "train.txt", "val": "train.txt", "test": "test.txt"}
SIZES = {"train": 716, "val": 79, "test": 654}
DEPTH = ("16-bit millimetres", ("I;16", "I;16B", "I"))  # and the modes that Pillow may give them
LABEL = ("8-bit classes", ("L", "P"))
AGAIN = "bring the file again, or prepare the set anew (python -m mtlcore data prepare nyuv2)"


@dataclass(frozen=True)
class Sample:
    """One sample at its own size.

    image: colour, depth: (H, W) float32 metres, label: (H, W) uint8; normals: (3, h, w) float32, of their own size,
    where they are stored.
    """

    image: Image.Image
    depth: np.ndarray
    label: np.ndarray
    normals: np.ndarray | None


@dataclass(frozen=True)
class Listing:
    """The samples of a split: their names and the files of each, (n) by map, and a hash over what the files are."""

    names: tuple[str, ...]
    files: dict[str, tuple[Path, ...]]
    fingerprint: str

    def __len__(self) -> int:
        return len(self.names)


def names_of(folder: Path, split: str) -> tuple[str, ...]:
    """The samples of a split, in the order of a checksum, so that any beginning is a fair sample of the whole.

    The authors split into training and test alone. The validation part is the tenth of their training samples whose
    checksums are smallest; a smaller list gives a smaller part.
    """
    path = folder / LISTS[split]
    try:
        listed = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}): {AGAIN}.") from error
    if not listed or len(set(listed)) < len(listed):
        raise DataError(f"{path} {'names a sample twice' if listed else 'names no sample'}: {AGAIN}.")
    ordered = sorted(listed, key=lambda name: hashlib.blake2b(name.encode()).digest())
    held = len(ordered) * SIZES["val"] // (SIZES["train"] + SIZES["val"])
    return tuple({"train": ordered[held:], "val": ordered[:held], "test": ordered}[split])


def list_split(folder: Path, split: str) -> Listing:
    """The files of a split. Raises DataError with the names of those that are missing."""
    names = names_of(folder, split)
    there = {kind: _folder(folder / kind) for kind in (*MAPS, "normals")}
    missing = [f"{kind}/{name}" for kind in MAPS for name in names if name not in there[kind]]
    if missing:
        raise DataError(
            f"{len(missing):,} files of the {split} split are missing in {folder} "
            f"({', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}): {AGAIN}."
        )
    kinds = MAPS if any(name not in there["normals"] for name in names) else (*MAPS, "normals")
    files = {kind: tuple(there[kind][name] for name in names) for kind in kinds}
    digest = hashlib.sha256()
    for path in (path for paths in files.values() for path in paths):
        state = path.stat()
        digest.update(os.fsencode(f"{path.relative_to(folder)} {state.st_size} {state.st_mtime_ns}\n"))
    return Listing(names, files, digest.hexdigest()[:16])


def _folder(folder: Path) -> dict[str, Path]:
    """Files of a folder by name without suffix; hidden ones and those still being written are passed over."""
    if not folder.is_dir():
        return {}
    found = (path for path in folder.iterdir() if path.suffix in (".png", ".jpg") and not path.name.startswith("."))
    return {path.stem: path for path in found}


def read_sample(listing: Listing, number: int) -> Sample:
    """One sample as it lies there. Raises DataError that names the file which cannot be used."""
    image, depth, label = (_open(listing.files[kind][number]) for kind in MAPS)
    for kind, found, form in (("depth", depth, DEPTH), ("label40", label, LABEL)):
        path = listing.files[kind][number]
        _agree(path, found, form)
        if found.size != image.size:
            raise DataError(f"{path} is {found.size} but its image is {image.size}: {AGAIN}.")
    classes = np.array(label)
    if (bad := (classes >= len(CLASSES)) & (classes != IGNORE)).any():
        raise DataError(
            f"{listing.files['label40'][number]}: {classes[bad][0]} is no class of 0 to 39, nor 255 for none: {AGAIN}."
        )
    stored = _open(listing.files["normals"][number]) if "normals" in listing.files else None
    return Sample(image.convert("RGB"), _metres(depth), classes, None if stored is None else _decoded(stored))


def read_depth(path: Path) -> np.ndarray:
    """A depth map alone, (H, W) float32 in metres."""
    found = _open(path)
    _agree(path, found, DEPTH)
    return _metres(found)


def _agree(path: Path, found: Image.Image, form: tuple[str, tuple[str, ...]]) -> None:
    what, modes = form
    if found.mode not in modes:
        raise DataError(f"{path} holds no {what} (its mode is {found.mode}): {AGAIN}.")


def _metres(depth: Image.Image) -> np.ndarray:
    return np.array(depth).astype(np.float32) / 1000


def _open(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            image.load()
            return image
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} cannot be read ({error}): {AGAIN}.") from error


def encode_normals(normals: np.ndarray) -> np.ndarray:
    """Unit vectors (3, H, W) as bytes (H, W, 3), to within 0.4 degrees; 0 stays exactly 0."""
    return (np.rint(normals.transpose(1, 2, 0) * 127) + 128).astype(np.uint8)


def _decoded(image: Image.Image) -> np.ndarray:
    vectors = (np.array(image.convert("RGB")).astype(np.float32) - 128).transpose(2, 0, 1)
    return vectors / np.maximum(np.sqrt((vectors**2).sum(axis=0)), 1)


def squared(sample: Sample, size: int) -> dict[str, np.ndarray]:
    """The maps of a sample as squares of `size` pixels a side; the whole image, its sides scaled apart.

    The image is averaged over area. Maps are taken at the centres of the new pixels, so that no class, distance or
    direction is made up at an edge. Normals are computed where they are not stored.
    """
    height, width = sample.depth.shape
    rows, columns = centres(size, height), centres(size, width)
    at = np.ix_(rows, columns)
    if sample.normals is None:
        normals = surface_normals(sample.depth, rows, columns, Camera().scaled((height, width))).numpy()
    else:
        high, wide = sample.normals.shape[1:]
        normals = sample.normals[:, centres(size, high)[:, None], centres(size, wide)]
    small = sample.image.resize((size, size), Image.Resampling.BILINEAR)
    return {
        "images": np.asarray(small).transpose(2, 0, 1),
        "segmentation": sample.label[at],
        "depth": sample.depth[at],
        "normals": normals,
    }


def forms(count: int, size: int) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape and type of the arrays that hold `count` squared samples."""
    return {
        "images": ((count, 3, size, size), "|u1"),
        "segmentation": ((count, size, size), "|u1"),
        "depth": ((count, size, size), "<f4"),
        "normals": ((count, 3, size, size), "<f2"),
    }


def published_size(listing: Listing) -> Iterator[str]:
    """How the copy differs from the published size, as the end of a note; nothing where it does not."""
    width, height = _open(listing.files["depth"][0]).size
    if (width, height) != (640, 480):
        yield f"at {width}×{height}, published at 640×480"
