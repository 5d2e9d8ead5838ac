"""The twin of the VehicleX images: vehicles rendered in three dimensions, from the same fleet as the features twin.

Image i of a split has the labels and the name that the features twin gives to its sample i. What a vehicle is comes
from the seed alone, what is in an image from seed, split and the image's number; an image is always painted among the
same others, so that it is the same to the bit whatever the number of images asked for.

One thread of a server's CPU renders about 2,600 images a second at 32 pixels, 1,400 at 64, 500 at 128 and 150 at 256.
Of the time at 64 pixels about 45 % goes into painting faces, 30 % into the street, 10 % into wheels, 8 % into placing
and shading faces (benchmarks/vehiclex_twin.py --profile).
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor
from torch.nn import functional as F

from mtlcore.data import seeding
from mtlcore.data.twins.vehicles import fleet, random_of
from mtlcore.data.twins.vehiclex.garage import Garage, garage
from mtlcore.data.twins.vehiclex.scene import Chance, render
from mtlcore.data.twins.vehiclex.scenery import Scenery, fineness, scenery
from mtlcore.data.twins.vehiclex_features import BLOCK, block_labels, image_names
from mtlcore.data.vehiclex_labels import TYPES

SMALLEST = 24  # pixels, at which a vehicle can be painted
KEPT = 64  # chunks of images: at 64 pixels 1.6 MB each
USUAL = {
    "orientation": 325.0,
    "light_intensity": 2.0,
    "light_direction": 70.0,
    "camera_height": 2.4,
    "camera_distance": 8.0,
}

__all__ = ["draw", "sheet", "views"]


def draw(
    *, split: str, count: int, seed: int, size: int = 256, device: torch.device | str = "cpu"
) -> tuple[Tensor, dict[str, Tensor], tuple[str, ...]]:
    """Draw the first `count` images of a split.

    Returns images (count, 3, size, size) uint8 on the device, the nine labels (count,) each, on the CPU, and the names
    of the images. On another kind of device a channel can differ by a rounding.
    """
    known = fleet(seed)
    parts = [block_labels(known, split, seed, block)[0] for block in range(-(-count // BLOCK))]
    labels = {label: torch.cat([part[label] for part in parts])[:count] for label in parts[0]}
    images = torch.empty(count, 3, size, size, dtype=torch.uint8, device=device)
    step = _chunk_of(size)
    for start in range(0, count, step):
        images[start : start + step] = _chunk(split, seed, size, start // step, str(device))[: count - start]
    return images, labels, image_names(labels, known.images(split).start)


def views(labels: dict[str, Tensor], *, seed: int, size: int = 256, device: torch.device | str = "cpu") -> Tensor:
    """Images of any labels one likes, (n, 3, size, size) uint8.

    labels: (n,) each, "vehicle" and any of the others; colour and type are the vehicle's. The camera is the first
    where it is left out, and the numbers are usual ones.
    """
    vehicle = labels["vehicle"]
    whole = {label: torch.full(vehicle.shape, usual) for label, usual in USUAL.items()}
    whole |= {"camera": torch.zeros_like(vehicle), **labels}
    # Of each vehicle one place on the street, so that only what the labels say differs between its images.
    chance = torch.rand(len(fleet(seed).type), 6, generator=seeding.generator(seed))[vehicle]
    step = _chunk_of(size)
    cars, street = _stage(seed, fineness(size), str(device))
    parts = []
    for start in range(0, len(vehicle), step):
        some = slice(start, start + step)
        parts.append(_render(cars, street, {name: values[some] for name, values in whole.items()}, chance[some], size))
    return torch.cat(parts)


def sheet(*, seed: int = 0, columns: int = 6, size: int = 128) -> tuple[Tensor, tuple[str, ...]]:
    """A page of samples: a row a type, vehicles of as many colours as there are, each turned a little further.

    Returns images (11, columns, 3, size, size) uint8 and the names of the rows.
    """
    known = fleet(seed)
    rows = []
    for kind in range(len(TYPES)):
        mine = (known.type == kind).nonzero()[0]
        colours = known.colour[mine]
        # One vehicle of each colour, then a second of each; every row begins with another colour.
        before = [(colours[:i] == colour).sum() for i, colour in enumerate(colours)]
        order = sorted(range(len(mine)), key=lambda i: (before[i], (colours[i] + 5 * kind) % 12))
        rows.append(torch.from_numpy(mine[order[:columns]]))
    vehicle = torch.cat(rows)
    number = torch.arange(len(vehicle))
    labels = {
        "vehicle": vehicle,
        "camera": number * 7 % 20,
        "orientation": (number % columns * (360 / columns) + 35) % 360,
        "camera_height": 1.8 + 0.5 * (number % 4),
        "light_direction": 60.0 + 15 * (number % 5),
    }
    return views(labels, seed=seed, size=size).view(len(TYPES), columns, 3, size, size), TYPES


def _chunk_of(size: int) -> int:
    """Images painted at a time: few enough for the caches, enough for long rows. A divisor of BLOCK."""
    return 128 if size <= 80 else 32 if size <= 160 else 16


@functools.lru_cache(maxsize=KEPT)
def _chunk(split: str, seed: int, size: int, number: int, device: str) -> Tensor:
    """All images of a chunk. The runs of a sweep ask for the same ones again and again, so the last are kept."""
    step = _chunk_of(size)
    block, start = divmod(number * step, BLOCK)
    some = slice(start, start + step)
    labels, _ = block_labels(fleet(seed), split, seed, block)
    state = int(random_of("vehiclex images", split, seed, block).integers(2**63))
    chance = torch.rand(BLOCK, 6, generator=torch.Generator().manual_seed(state))[: len(labels["vehicle"])]
    cars, street = _stage(seed, fineness(size), device)
    return _render(cars, street, {label: values[some] for label, values in labels.items()}, chance[some], size)


def _render(cars: Garage, street: Scenery, labels: dict[str, Tensor], chance: Tensor, size: int) -> Tensor:
    device = cars.corners.device
    chances = Chance(chance[:, :3].to(device), chance[:, 3:].to(device))
    times = -(-SMALLEST // size)  # larger, and then averaged
    images = render(cars, street, {label: values.to(device) for label, values in labels.items()}, chances, size * times)
    return images if times == 1 else F.avg_pool2d(images.float(), times).round().to(torch.uint8)


@functools.lru_cache(maxsize=2)
def _stage(seed: int, fine: int, device: str) -> tuple[Garage, Scenery]:
    """Vehicles and streets of a seed, on a device."""
    return garage(seed).to(torch.device(device)), scenery(seed, fine).to(torch.device(device))
