"""The nine labels of VehicleX: what they may be, and how the published XML holds them [yao2020vehiclex].

`finegrained_label.xml` is TrainingImages / Items / Item, with everything in the attributes of Item: `imageName` is
the key, vehicles and cameras count from 1, colours and types from 0, and the other labels are decimal numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from xml.parsers import expat

import numpy as np

from mtlcore.data.dataset import DataError

TYPES = ("sedan", "suv", "van", "hatchback", "mpv", "pickup", "bus", "truck", "estate", "sportscar", "RV")
COLOURS = (
    *("yellow", "orange", "green", "gray", "red", "blue"),
    *("white", "golden", "brown", "black", "purple", "pink"),
)
VEHICLES = tuple(f"{number:04d}" for number in range(1, 1363))
CAMERAS = tuple(f"c{number:03d}" for number in range(1, 21))
CLASSES = {"vehicle": VEHICLES, "camera": CAMERAS, "colour": COLOURS, "type": TYPES}
NUMBERS = ("orientation", "light_intensity", "light_direction", "camera_height", "camera_distance")
SUFFIXES = (".npy", ".jpg")  # the first package names features, the second one the images they are of

FROM_PACKAGE = "get the file again from its package"

_Parse = Callable[[str], float]


@dataclass(frozen=True)
class Labels:
    """What the XML says: the row of each image by its name without suffix, and one array a label."""

    rows: dict[str, int]
    columns: dict[str, np.ndarray]


def stem(name: str) -> str:
    """The name of an image without the suffix of either package."""
    for suffix in SUFFIXES:
        if name.endswith(suffix):
            return name[: -len(suffix)]
    return name


def _index(count: int, *, first: int, prefix: str = "") -> _Parse:
    """Parses a class counted from `first`, after a prefix, into 0 .. count - 1."""
    wanted = f"one of {prefix}{first} to {prefix}{first + count - 1}"

    def parse(text: str) -> float:
        digits = text.removeprefix(prefix)
        if not (text.startswith(prefix) and digits.isascii() and digits.isdigit()):
            raise ValueError(wanted)
        index = int(digits) - first
        if not 0 <= index < count:
            raise ValueError(wanted)
        return index

    return parse


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("a number") from None
    if not isfinite(value):
        raise ValueError("a finite number")
    return value


ATTRIBUTES: dict[str, tuple[str, _Parse]] = {
    "vehicle": ("vehicleID", _index(len(VEHICLES), first=1)),
    "camera": ("cameraID", _index(len(CAMERAS), first=1, prefix="c")),
    "colour": ("colorID", _index(len(COLOURS), first=0)),
    "type": ("typeID", _index(len(TYPES), first=0)),
    "orientation": ("orientation", _number),
    "light_intensity": ("lightInt", _number),
    "light_direction": ("lightDir", _number),
    "camera_height": ("camHei", _number),
    "camera_distance": ("camDis", _number),
}


def read_labels(path: Path) -> Labels:
    """Read the XML as a stream.

    It is taken as UTF-8 whatever it says of itself, and a document type, which could declare entities, is refused.
    Raises DataError with the line for what is malformed, lacks an attribute, is out of range or is there twice.
    """
    reader = _Reader(path)
    try:
        with path.open("rb") as stream:
            reader.parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise DataError(
            f"{path}, line {error.lineno}: not well-formed XML ({expat.ErrorString(error.code)}); {FROM_PACKAGE}."
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}): check its permissions.") from error
    if not reader.rows:
        raise DataError(f"{path} holds no Item: {FROM_PACKAGE}.")
    kinds = {label: np.int64 if label in CLASSES else np.float32 for label in ATTRIBUTES}
    return Labels(reader.rows, {label: np.array(reader.columns[label], dtype=kinds[label]) for label in ATTRIBUTES})


class _Reader:
    """Takes the attributes of each Item as the parser meets it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[str, int] = {}
        self.columns: dict[str, list[float]] = {label: [] for label in ATTRIBUTES}
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._element

    def _fault(self, what: str) -> DataError:
        return DataError(f"{self.path}, line {self.parser.CurrentLineNumber}: {what}; {FROM_PACKAGE}.")

    def _doctype(self, *_: object) -> None:
        raise self._fault("a document type is declared, which the published file has not")

    def _element(self, tag: str, attributes: dict[str, str]) -> None:
        if tag != "Item":
            return
        name = attributes.get("imageName", "")
        if not name:
            raise self._fault("an Item without imageName")
        if self.rows.setdefault(stem(name), len(self.rows)) != len(self.rows) - 1:
            raise self._fault(f"{name} is there twice")
        for label, (attribute, parse) in ATTRIBUTES.items():
            text = attributes.get(attribute)
            if text is None:
                raise self._fault(f"{name} has no {attribute}")
            try:
                self.columns[label].append(parse(text))
            except ValueError as wanted:
                raise self._fault(f"{attribute}={text!r} of {name} is not {wanted}") from None
