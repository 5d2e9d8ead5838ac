"""What is behind the vehicles: a street for each camera, seen by casting one ray a pixel at the ground and two fronts.

Texels of all streets lie in one table, in levels of halved size, so that far parts are smooth; a texel is four bytes
read as one number, and a pixel is one look-up.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields, replace
from math import pi

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mtlcore.data.twins.vehicles import CAMERA_SIZES, fleet, random_of
from mtlcore.data.twins.vehiclex import light
from mtlcore.data.twins.vehiclex.camera import View
from mtlcore.data.twins.vehiclex.streets import ACROSS, FRONTS, HIGH, street

LEVELS = 5
FAR = 200.0  # metres, where nothing is seen
LANES = 0.9  # of the carriageway's width, on which vehicles are


@dataclass(frozen=True)
class Scenery:
    """The streets of the 20 cameras.

    bearing: (20,) radians, from where a camera looks on the sun's way. along: (20, 2), the street's direction in the
    camera's world. half, fronts: (20,), see Street. tint: (20, 3), of the sky. texels: (t,) int32, four bytes each.
    layout: (3, 10) int32, of the ground's five levels and then of the fronts', where they begin, rows, columns. A metre
    of level 0 has `fine` texels.
    """

    bearing: Tensor
    along: Tensor
    half: Tensor
    fronts: Tensor
    tint: Tensor
    texels: Tensor
    layout: Tensor
    fine: int

    def to(self, device: torch.device) -> Scenery:
        """The same on a device."""
        tensors = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "fine"}
        return replace(self, **{name: tensor.to(device) for name, tensor in tensors.items()})


def fineness(size: int) -> int:
    """Texels a metre for images of a size."""
    return 16 if size <= 160 else 32


@functools.lru_cache(maxsize=2)
def scenery(seed: int, fine: int) -> Scenery:
    """The streets of a seed, at so many texels a metre."""
    cameras = len(CAMERA_SIZES)
    random = random_of("vehiclex scenery", seed)
    bearing = random.uniform(-pi, pi, cameras)
    # Vehicles go along the street: it has the direction of the commonest orientation.
    main = fleet(seed).angles.argmax(axis=1) * (pi / 3)
    tint = np.array([0.58, 0.74, 0.95]) * random.uniform(0.85, 1.1, (cameras, 1)) + random.normal(0, 0.04, (cameras, 3))
    streets = [street(random_of("vehiclex street", seed, camera), fine) for camera in range(cameras)]
    tables, layout, length = [], [], 0
    for pictures in ([found.ground for found in streets], [found.front for found in streets]):
        level = torch.from_numpy(np.stack(pictures))
        for _ in range(LEVELS):
            layout.append((length, *level.shape[1:3]))
            tables.append(level.contiguous().view(torch.int32).flatten())
            length += len(tables[-1])
            level = F.avg_pool2d(level.permute(0, 3, 1, 2).float(), 2).round().to(torch.uint8).permute(0, 2, 3, 1)
    return Scenery(
        bearing=torch.from_numpy(bearing).float(),
        along=torch.from_numpy(np.stack([np.sin(main), -np.cos(main)], axis=1)).float(),
        half=torch.tensor([found.half for found in streets]),
        fronts=torch.tensor([found.fronts for found in streets]),
        tint=torch.from_numpy(tint).float(),
        texels=torch.cat(tables),
        layout=torch.tensor(layout, dtype=torch.int32).T.contiguous(),
        fine=fine,
    )


def background(
    known: Scenery, labels: dict[str, Tensor], view: View, chance: Tensor, sunny: Tensor, size: int
) -> Tensor:
    """The street behind each vehicle, (B, 3, size, size) from 0 up.

    chance: (B, 3) from 0 to 1, where on the street the vehicle is. sunny: (B, 3), where the sun is in the world.
    """
    camera, intensity = labels["camera"], labels["light_intensity"]
    pixels = torch.arange(size, device=chance.device) + 0.5
    u = (pixels - view.middle[:, :1]) / view.scale[:, None]
    v = (view.middle[:, 1:] - pixels) / view.scale[:, None]
    is_wall, reached, forward, second = _cast(known, camera, view, chance, u[:, None, :], v[:, :, None])
    index = _index(known, camera, is_wall, forward, second, reached / view.scale[:, None, None])
    texel = known.texels[index].view(torch.uint8).view(*index.shape, 4)
    sky, sun = light.strength(intensity)
    on_wall, on_ground = sky + 0.45 * sun, 1.1 * sky + sun * sunny[:, 2]
    bright = torch.where(is_wall, on_wall[:, None, None], on_ground[:, None, None]) / 255
    colour = texel[..., :3].permute(0, 3, 1, 2) * bright[:, None]
    there = (texel[..., 3] > 127) & (reached < FAR) & ((second < HIGH) | ~is_wall)
    upward = view.pitch[:, 1:] + v * view.pitch[:, :1]
    return torch.where(there[:, None], light.exposed(colour), _sky(known.tint[camera], upward, intensity))


def _cast(
    known: Scenery, camera: Tensor, view: View, chance: Tensor, u: Tensor, v: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What rays meet first, the ground or the fronts on one side of the street, all (B, rows, columns).

    Returns whether it is a front, how many times the ray's direction it is away, metres along the street, and metres
    across it or, at a front, up.
    """

    def spread(values: Tensor) -> Tensor:
        return values[:, None, None]

    (flat, rise), (away, height) = (values.unbind(dim=1) for values in (view.pitch, view.stand))
    ahead, upward = spread(flat) - v * spread(rise), spread(rise) + v * spread(flat)
    x, y = known.along[camera].unbind(dim=1)
    sideways = u * spread(y) - ahead * spread(x)
    begin = spread((chance[:, 0] - 0.5) * known.half[camera] * LANES + away * x)
    wall = (torch.copysign(spread(known.fronts[camera]), sideways) - begin) / sideways
    wall = torch.where(wall > 0, wall, FAR)
    ground = torch.where(upward < -1e-4, -spread(height) / upward, FAR)
    is_wall = wall < ground
    reached = torch.minimum(wall, ground).clamp(max=FAR)
    forward = (u * spread(x) + ahead * spread(y)) * reached + spread(chance[:, 1] * FRONTS - away * y)
    second = torch.where(is_wall, spread(height) + upward * reached, sideways * reached + (begin + ACROSS / 2))
    return is_wall, reached, forward, second


def _sky(tint: Tensor, upward: Tensor, intensity: Tensor) -> Tensor:
    """(B, 3, rows, 1): paler towards the horizon."""
    pale = (1 - 2.2 * upward).clamp(0.1, 1)[:, None]
    colour = tint[:, :, None] * (1 - 0.5 * pale) + 0.5 * pale * tint.new_tensor(0.97)
    return (colour * (0.55 + 0.22 * intensity.clamp(max=2.2))[:, None, None])[..., None]


def _index(known: Scenery, camera: Tensor, is_wall: Tensor, forward: Tensor, second: Tensor, width: Tensor) -> Tensor:
    """Where the texel of each pixel lies in the table.

    forward: metres along the street; second: across it, or up at a front; width: metres that a pixel is wide.
    """
    level = (width * (0.8 * known.fine)).clamp(min=1, max=2.0 ** (LEVELS - 1)).log2().int()
    kind = level + is_wall.int() * LEVELS
    start, rows, columns = (known.layout[row][kind] for row in range(3))
    fine = known.fine / (1 << level)
    column = (forward * fine).floor().int() & (columns - 1)
    row = torch.minimum((second * fine).int(), rows - 1).clamp(min=0)
    return start + (camera[:, None, None].int() * rows + row) * columns + column
