"""From hits to colours: a texture in the plane of the side that was hit, dark corners, the camera's response."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mtlcore.data import seeding
from mtlcore.data.twins.rooms.pieces import TEXTURES

_TABLE = torch.rand(4096, generator=seeding.generator(1, 2, 3))  # of pseudo-random shades by place
_OWN = {"view": 0.5, "screen": 0.4, "sky": 3.0, "glow": 2.0}
SHINE = torch.tensor([_OWN.get(name, 0.0) for name in TEXTURES])  # light that a texture has without a lamp

CONTRAST, BLACK = 1.4, 95.0  # a camera's steep response, around a level that stays


def lattice(i: Tensor, j: Tensor, salt: Tensor) -> Tensor:
    """A number from 0 to 1 that depends on three whole numbers alone."""
    return _TABLE[(i * 73 + j * 1571 + salt * 307) & 4095]


def noise(u: Tensor, v: Tensor, salt: Tensor) -> Tensor:
    """Smooth noise from 0 to 1, of one lattice cell a unit."""
    i, j = u.floor(), v.floor()
    a, b = u - i, v - j
    a, b = a * a * (3 - 2 * a), b * b * (3 - 2 * b)
    i, j = i.long(), j.long()
    low = torch.lerp(lattice(i, j, salt), lattice(i + 1, j, salt), a)
    high = torch.lerp(lattice(i, j + 1, salt), lattice(i + 1, j + 1, salt), a)
    return torch.lerp(low, high, b)


def mix(texture: Tensor, local: Tensor, side: Tensor, half: Tensor, scale: Tensor, salt: Tensor) -> Tensor:
    """How much of the second colour shows, from 0 to 1.

    All (B, N, ...): texture: an index of TEXTURES; local: place in metres; side: the axis that is across the plane;
    half: of the block, by which doors and views are laid out; scale: metres of one repeat.
    """
    x, y, z = local.unbind(-1)
    u, v = torch.where(side == 0, z, x), torch.where(side == 1, z, y)
    a, b = u / scale, v / scale
    up = (local[..., 1] / half[..., 1].clamp(min=1e-3) + 1) / 2
    fine = noise(a * 4, b * 4, salt)
    edge = _edges(a, 0.04) + _edges(b, 0.04)
    patterns = {
        "plain": 0.15 * fine,
        "noise": 0.6 * noise(a, b, salt) + 0.4 * fine,
        "wood": 0.55 * noise(a * 0.4, b * 5, salt) + 0.25 * fine + 0.5 * _edges(b, 0.03),
        "tiles": edge.clamp(max=1) + 0.25 * lattice(a.floor().long(), b.floor().long(), salt),
        "stripes": ((a % 1) > 0.5).float() * 0.85 + 0.15 * fine,
        "panels": edge.clamp(max=1) * 0.9 + 0.1 * fine,
        "leather": lattice(a.floor().long(), salt, salt),
        "spots": (noise(a * 1.3, b * 1.3, salt) > 0.55).float(),
        "view": (1 - up) * 0.8 + 0.3 * noise(a * 4, b * 4, salt),
        "screen": noise(a * 3, b * 3, salt).square() * 0.8,
        "sky": (1 - up) * 0.5 + 0.5 * noise(a * 3, b * 3, salt),
        "glow": (1 - up) * 0.4 + 0.1 * fine,
        "picture": noise(a, b, salt) * 1.4 - 0.2,
    }
    return (
        torch.stack([patterns[name].expand(texture.shape) for name in TEXTURES]).gather(0, texture[None])[0].clamp(0, 1)
    )


def _edges(values: Tensor, width: float) -> Tensor:
    """1 within `width` of a whole number, on a scale where repeats are whole numbers."""
    return ((values - values.round()).abs() < width).float()


def corners(place: Tensor, room: Tensor) -> Tensor:
    """Less light near walls, floor and ceiling: the product of smooth steps of the distance to each pair."""
    distance = torch.minimum(place, room[:, None] - place).clamp(min=0)
    # The distance to the side itself is 0 everywhere on it, so that the two smallest of three remain to be told apart.
    second = distance.topk(2, dim=2, largest=False).values[..., 1]
    return 0.6 + 0.4 * (1 - torch.exp(-second / 0.25))


def develop(light: Tensor, exposure: Tensor, grain: Tensor) -> Tensor:
    """Linear light (B, 3, S, S) to bytes: exposure by scene (B,), a soft shoulder, gamma and grain in levels."""
    side = torch.linspace(-1, 1, light.shape[-1])
    vignette = 1 - 0.12 * (side[:, None].square() + side.square())
    bright = light * exposure[:, None, None, None] * vignette
    levels = 255 * (1 - torch.exp(-1.4 * bright)).clamp(min=0).sqrt() / math.sqrt(1 - math.exp(-1.4 * 1.4))
    levels = BLACK + (levels - BLACK) * CONTRAST
    return (levels + grain).round().clamp(0, 255).to(torch.uint8)
