"""Wheels: discs in perspective with a tyre, a rim and spokes, painted like faces but from their own coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mtlcore.data.twins.vehiclex.camera import View
from mtlcore.data.twins.vehiclex.garage import AXLES, Garage
from mtlcore.data.twins.vehiclex.paint import Canvas, Reach, reach

TYRE = 0.05
TURN = 0.3  # radians, of the first spoke


@dataclass(frozen=True)
class Discs:
    """m discs, ordered by rank; those of one rank lie in different images.

    across: (m, 2, 3), coordinates u, v in radii as c + a x + b y of pixels; box: (m, 4) in pixels. image, rank: (m,).
    rim: (m, 6), share of the radius, spokes, the rim's colour and the light; None where wheels show their inner side.
    """

    across: Tensor
    box: Tensor
    rim: Tensor | None
    image: Tensor
    rank: Tensor


def wheels(known: Garage, vehicle: Tensor, view: View, light: Tensor) -> tuple[Discs, Discs]:
    """The wheels of the far side, and those of the near side where that side is seen. light: (B,), of the sky."""
    near = torch.where(view.eye[:, 1] < 0, -1.0, 1.0)
    half = known.extent[vehicle, 1]
    beside = view.eye[:, 1].abs() > half + 0.02
    every = torch.ones_like(beside)
    far_discs = _discs(known, vehicle, view, light, -near * (half - 0.03), every, False)
    return far_discs, _discs(known, vehicle, view, light, near * (half - 0.02), beside, True)


def _discs(known: Garage, vehicle: Tensor, view: View, light: Tensor, side: Tensor, shown: Tensor, rims: bool) -> Discs:
    x, radius = known.axle[vehicle], known.wheel[vehicle, None].expand(-1, AXLES)
    y, none = side[:, None].expand(-1, AXLES), torch.zeros_like(x)
    centre = torch.stack([x, y, radius], dim=2)
    ahead, upward = torch.stack([radius, none, none], dim=2), torch.stack([none, none, radius], dim=2)
    points = torch.cat([centre, centre + ahead, centre - ahead, centre + upward, centre - upward], dim=1)
    middle, front, back, top, bottom = view.pixels(points).view(len(x), 5, AXLES, 2).unbind(dim=1)
    axes = torch.stack([(front - back) / 2, (top - bottom) / 2], dim=3)  # (B, 3, xy, uv)
    there = (known.worn[vehicle] > 0) & shown[:, None] & (torch.linalg.det(axes).abs() > 0.02)
    rank, image = there.T.nonzero(as_tuple=True)
    axes, middle = axes[image, rank], middle[image, rank]
    a, b, c, d = axes.flatten(1).unbind(dim=1)
    inverse = torch.stack([d, -b, -c, a], dim=1).view(-1, 2, 2) / (a * d - b * c)[:, None, None]
    across = torch.cat([-(inverse @ middle[:, :, None]), inverse], dim=2)
    reach_of = axes.norm(dim=2) + 1
    box = torch.cat([middle - reach_of, middle + reach_of], dim=1)
    if not rims:
        return Discs(across, box, None, image, rank)
    share, spokes, lightness, painted = known.rim[vehicle[image]].unbind(dim=1)
    colour = torch.where(painted[:, None] > 0, known.paint[vehicle[image]], lightness[:, None])
    rim = torch.cat([torch.stack([share, spokes], dim=1), colour, light[image, None]], dim=1)
    return Discs(across, box, rim, image, rank)


def paint_wheels(canvas: Canvas, discs: Discs) -> None:
    """Paint discs over the canvas, in place."""
    if not len(discs.image):
        return
    found = reach(discs.box, discs.image, canvas)
    counts = torch.bincount(discs.rank[found.owner], minlength=AXLES).tolist()
    start = 0
    for count in filter(None, counts):
        _paint_tiles(canvas.tiles, discs, found.part(start, count))
        start += count


def _paint_tiles(tiles: Tensor, discs: Discs, found: Reach) -> None:
    across = discs.across[found.owner]
    place = found.spread(across)
    radius = place.square().sum(dim=1).sqrt().clamp(min=1e-3)
    # Pixels a radius, along the way out of the centre.
    slope = torch.einsum("mkp,mkc->mcp", place, across[..., 1:]).square().sum(dim=1).sqrt() / radius
    pixels = 1 / slope.clamp(min=1e-4)
    cover = ((1 - radius) * pixels + 0.5).clamp(0, 1)
    colour = torch.full_like(cover[:, None].expand(-1, 3, -1), TYRE)
    if discs.rim is not None:
        colour = _rim(place, radius, pixels, discs.rim[found.owner, :, None])
    tiles[found.place] = torch.lerp(tiles[found.place], colour, cover[:, None])


def _rim(place: Tensor, radius: Tensor, pixels: Tensor, rim: Tensor) -> Tensor:
    """Tyre, rim and spokes at places (m, 2, p), (m, 3, p)."""
    share, spokes, red, green, blue, light = rim.unbind(dim=1)
    seen = ((share - radius) * pixels + 0.5).clamp(0, 1)
    angle = torch.atan2(place[:, 1], place[:, 0]) + TURN
    within = (radius / share).clamp(max=1)
    gap = (4 * torch.cos(spokes * angle)).clamp(-1, 1).mul(0.5).add(0.5)
    gap = gap * (8 * (within - 0.28)).clamp(0, 1) * (8 * (0.92 - within)).clamp(0, 1)
    metal = seen * (1 - 0.8 * gap) * (0.85 + 0.25 * place[:, 1]) * light
    return torch.stack([red, green, blue], dim=1) * metal[:, None] + (1 - seen)[:, None] * TYRE
