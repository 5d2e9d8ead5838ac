"""The published folders of CelebAMask-HQ [lee2020maskgan]: what is in them, masks from their parts, the attributes.

`CelebA-HQ-img` holds 30,000 JPEGs of 1024x1024 pixels, 0.jpg to 29999.jpg. `CelebAMask-HQ-mask-anno` holds folders 0 to
14 of 512x512 PNGs, one for each part that an image shows, 00012_hair.png. `CelebAMask-HQ-attribute-anno.txt` holds the
number of images, the names of 40 attributes, and a line an image with 1 or -1 for each.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from mtlcore.data.dataset import DataError
from mtlcore.data.picture_store import LARGEST, Unusable

IMAGES, MASKS = "CelebA-HQ-img", "CelebAMask-HQ-mask-anno"
ATTRIBUTES = "CelebAMask-HQ-attribute-anno.txt"
PUBLISHED = 30_000
CLASSES = ("background", "hair", "skin")

# The parts in the order in which the authors lay them over each other, and the class each becomes. Nothing published
# says how `upadhyay` merged them; here all that is of the face, ears or neck is skin, brows, eyes, glasses and lips
# included, and what is worn on the body or the head is background.
PARTS = {
    **dict.fromkeys(("skin", "nose", "eye_g", "l_eye", "r_eye", "l_brow", "r_brow", "l_ear", "r_ear"), 2),
    **dict.fromkeys(("mouth", "u_lip", "l_lip"), 2),
    "hair": 1,
    **dict.fromkeys(("hat", "ear_r", "neck_l"), 0),
    "neck": 2,
    "cloth": 0,
}
_PART = re.compile(r"(\d+)_([a-z_]+)\.png")


@dataclass(frozen=True)
class Faces:
    """What is there: numbers of the images, sorted; for each the state (bytes, time of change) of image and masks.

    parts: for each number the files of its parts, in the order of PARTS.
    """

    folder: Path
    numbers: np.ndarray
    images: np.ndarray
    masks: np.ndarray
    parts: dict[int, tuple[Path, ...]]


def list_faces(folder: Path) -> Faces:
    """All images and parts by name. Raises DataError where images have no part, or parts are of an unknown kind."""
    stamps = [place.stat().st_mtime_ns for place in (folder / IMAGES, folder / MASKS, *_folders(folder))]
    return _listed(folder, tuple(stamps))


def _folders(folder: Path) -> list[Path]:
    return sorted(place for place in (folder / MASKS).iterdir() if place.is_dir())


@functools.lru_cache(maxsize=2)
def _listed(folder: Path, _: tuple[int, ...]) -> Faces:
    """Looked at once a process while no folder has had files added or taken away."""
    images = _scan(folder / IMAGES, re.compile(r"(\d+)\.jpg"))
    states = {int(match[1]): state for match, state, _ in images}
    found: dict[int, dict[str, tuple[Path, tuple[int, int]]]] = {}
    strange = []
    for place in _folders(folder):
        for match, state, path in _scan(place, _PART):
            if match[2] not in PARTS:
                strange.append(path.name)
            found.setdefault(int(match[1]), {})[match[2]] = (path, state)
    if strange:
        raise DataError(
            f"{folder / MASKS} holds parts of unknown kinds: {_some(strange)}; there are {', '.join(PARTS)}."
        )
    if bare := sorted(states.keys() - found.keys()):
        raise DataError(
            f"{len(bare):,} images in {folder / IMAGES} have no part in {MASKS} ({_some([f'{n}.jpg' for n in bare])}): "
            "unpack the package again, or take these images away."
        )
    numbers = sorted(states)
    parts, masks = {}, []
    for number in numbers:
        there = [found[number][part] for part in PARTS if part in found[number]]
        parts[number] = tuple(path for path, _ in there)
        masks.append((sum(state[0] for _, state in there), max(state[1] for _, state in there)))
    columns = (np.array([states[n] for n in numbers]), np.array(masks))
    image_states, mask_states = (column.astype(np.int64).reshape(-1, 2) for column in columns)
    return Faces(folder, np.array(numbers), image_states, mask_states, parts)


def _scan(folder: Path, pattern: re.Pattern[str]) -> list[tuple[re.Match[str], tuple[int, int], Path]]:
    with os.scandir(folder) as entries:
        return [
            (match, (state.st_size, state.st_mtime_ns), folder / entry.name)
            for entry in entries
            if (match := pattern.fullmatch(entry.name)) and (state := entry.stat())
        ]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def merge(files: Sequence[Path], size: int) -> np.ndarray:
    """The parts of one image as one mask of classes, (1, size, size) uint8.

    The masks are laid over each other at their own size; a pixel of the result takes the class of the nearest one.
    Raises Unusable for a part that cannot be read or that has another size than the others.
    """
    merged: np.ndarray | None = None
    for path in files:
        part = _binary(path)
        merged = np.zeros(part.shape, dtype=np.uint8) if merged is None else merged
        if part.shape != merged.shape:
            raise Unusable("with parts of several sizes", f"({path.name})")
        merged[part] = PARTS[path.stem.split("_", 1)[1]]
    if merged is None:
        raise Unusable("without parts")
    rows, columns = (((np.arange(size) + 0.5) * side / size).astype(int) for side in merged.shape)
    return merged[rows[:, None], columns][None]


def _binary(path: Path) -> np.ndarray:
    """Where a part is: white in the file, whether that is grey, of colours or of two levels."""
    try:
        with Image.open(path, formats=("PNG",)) as image:
            if max(image.size) > LARGEST:
                raise Unusable("too large", path.name)
            return np.asarray(image.convert("L")) > 127
    except UnidentifiedImageError:
        raise Unusable("with a part that is no PNG", f"({path.name})") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise Unusable("with a corrupt part", f"({path.name}: {error})") from None


def read_attributes(path: Path, wanted: Sequence[str]) -> dict[int, tuple[int, ...]]:
    """For each image number, 1 for yes and 0 for no for each wanted attribute.

    Raises DataError with the line that is not as published.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}): get it again from its authors.") from error
    names = lines[1].split() if len(lines) > 1 else []
    if missing := [name for name in wanted if name not in names]:
        raise DataError(
            f"{path}: its second line does not name the attribute {missing[0]}: get it again from its authors."
        )
    columns = [names.index(name) + 1 for name in wanted]
    found = {}
    for place, line in enumerate(lines[2:], start=3):
        words = line.split()
        if not words:
            continue
        match = re.fullmatch(r"(\d+)\.jpg", words[0])
        if match is None or len(words) != len(names) + 1 or set(words[1:]) - {"1", "-1"}:
            raise DataError(
                f"{path}, line {place}: not an image and {len(names)} times 1 or -1: get it again from its authors."
            )
        found[int(match[1])] = tuple(int(words[column] == "1") for column in columns)
    return found
