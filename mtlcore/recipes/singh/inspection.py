"""A trained network, the angles between its hidden units, samples and class sizes, for the chapter [singh]."""

from __future__ import annotations

import functools
from typing import NamedTuple

import torch
from torch import Tensor

from mtlcore import data, paths
from mtlcore.data.twins import vehiclex
from mtlcore.data.twins.vehicles import fleet
from mtlcore.data.vehiclex_cache import XML, fair_order
from mtlcore.data.vehiclex_files import list_folder
from mtlcore.data.vehiclex_images import SUFFIX, VEHICLEX
from mtlcore.data.vehiclex_labels import CLASSES, COLOURS, read_labels
from mtlcore.recipes.singh import evaluation, grids, running
from mtlcore.recipes.singh.config import LABELS, Config


def config(profile: str, source: str, variant: str, *, seed: int = 0, **settings: object) -> Config:
    """The configuration of a seed's network of the document that is never pruned.

    Args:
        profile, source, variant, settings: as the grid of the study `angles` takes them.
        seed: of the run.
    """
    grid = grids.angles(profile, source, seed + 1, variant, **settings)
    found: Config = next(one for row, one in grid if row == "resnet-50-unpruned/last" and one.seed == seed)
    return found


def angles(config: Config, *, device: str = "cpu") -> Tensor:
    """Train a network that is never pruned; the angles (degrees) of all pairs of its units, (pairs,).

    They are those of the activations over the training images, as pruning takes them after the last epoch; pairs with
    a unit that has no direction are left out.
    """
    net = running.build(config)
    _, course = running.fit(config, net, device, None)
    assert course.gram is not None  # taken at the end of every epoch
    found = course.gram.angles().cpu()
    return found[found.isfinite().triu(1)]


class Sheet(NamedTuple):
    """Pictures for a page of samples, a row a type; a place without a picture is white."""

    images: Tensor  # (types, columns, 3, S, S) uint8
    rows: tuple[str, ...]
    columns: tuple[str, ...]  # colours, where each has its column


def sheet(source: str, *, images: int = 3000, size: int = 96) -> Sheet:
    """Vehicles of each type: on the twin turned a little from one to the next, else the first one of each colour.

    Args:
        source: auto, real or twin.
        images: real ones to look among.
        size: pixels of a side.
    """
    if data.source_of("vehiclex", source) == "twin":
        drawn, rows = vehiclex.sheet(columns=len(COLOURS), size=size)
        return Sheet(drawn, rows, ())
    found = data.load("vehiclex", source=source, split="train", limit=images, size=size)
    colours, types = found.classes["colour"], found.classes["type"]
    shown = torch.full((len(types), len(colours), 3, size, size), 255, dtype=torch.uint8)
    for place in reversed(range(len(found))):
        shown[found.labels["type"][place], found.labels["colour"][place]] = found.images[place]
    return Sheet(shown, types, colours)


@functools.lru_cache(maxsize=8)
def constant(source: str, train_images: int, test_images: int, vehicles: int) -> dict[str, float]:
    """What always guessing the commonest class reaches on the test images of a run, %, by task.

    Args:
        source, train_images, test_images, vehicles: as in the run's configuration. The commonest class is that of its
            training images.
    """
    sides = []
    for split, limit in (("train", train_images), ("test", test_images)):
        every, _ = labels(source, split)
        some = {label: values[:limit] for label, values in every.items()}
        kept = some["vehicle"] < vehicles
        sides.append({label: values[kept] for label, values in some.items()})
    found = {}
    for task, label in LABELS.items():
        counts = [torch.bincount(side[label], minlength=len(CLASSES[label])) for side in sides]
        if int(counts[1].sum()):
            found[task] = evaluation.constant(*counts)
    return found


def labels(source: str, split: str = "train") -> tuple[dict[str, Tensor], dict[str, tuple[str, ...]]]:
    """The classes of all images of a split, without the images: label -> (n,) int64, label -> names of its classes.

    They come in the order of the images.
    """
    if data.source_of("vehiclex", source) == "twin":
        known = fleet(0)
        vehicle = known.vehicle[known.images(split)]
        found = {"vehicle": vehicle, "camera": known.camera[known.images(split)]}
        found |= {"colour": known.colour[vehicle], "type": known.type[vehicle]}
    else:
        folder = VEHICLEX.folder(paths.data_root())
        read = read_labels(next(place / XML for place in (folder, folder.parent) if (place / XML).is_file()))
        names = list_folder(folder / split, SUFFIX).names
        rows = [read.rows[names[place]] for place in fair_order(names) if names[place] in read.rows]
        found = {label: read.columns[label][rows] for label in CLASSES}
    return {label: torch.from_numpy(values).long() for label, values in found.items()}, dict(CLASSES)
