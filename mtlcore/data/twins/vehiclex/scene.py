"""Images of a fleet from their labels: background, shadow, faces and wheels, shaded and painted."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from mtlcore.data.twins.vehiclex import light
from mtlcore.data.twins.vehiclex.camera import View, look
from mtlcore.data.twins.vehiclex.garage import Garage
from mtlcore.data.twins.vehiclex.paint import Shapes, blank, edges_of, paint, tile_for
from mtlcore.data.twins.vehiclex.scenery import Scenery, background
from mtlcore.data.twins.vehiclex.wheels import paint_wheels, wheels

GROW = 0.35  # pixels
THIN = 0.8  # pixels; what is narrower fades, or it would be seen wider than it is
MIRRORED = 0.5  # level of what stands out on the far side


@dataclass(frozen=True)
class Chance:
    """What labels do not say, (B, k) from 0 to 1: of the cut, and of the place on the road."""

    cut: Tensor
    place: Tensor


def render(known: Garage, scenery: Scenery, labels: dict[str, Tensor], chance: Chance, size: int) -> Tensor:
    """Draw images, (B, 3, size, size) uint8, on the device of all that is given."""
    vehicle = labels["vehicle"]
    view = look(labels, known.extent[vehicle], chance.cut, size)
    sunny = light.sun(labels["light_direction"], scenery.bearing[labels["camera"]])
    hx, hy = view.heading.unbind(dim=1)
    sunward = torch.stack(
        [sunny[:, 0] * hx + sunny[:, 1] * hy, -sunny[:, 0] * hy + sunny[:, 1] * hx, sunny[:, 2]], dim=1
    )
    tile = tile_for(size)
    canvas = blank(background(scenery, labels, view, chance.place, sunny, -(-size // tile) * tile), tile)
    paint(canvas, _shadows(known, vehicle, view, sunward, labels["light_intensity"]), 1.0)
    sky, direct = light.strength(labels["light_intensity"])
    far, near = wheels(known, vehicle, view, sky + direct)
    paint_wheels(canvas, far)
    paint(canvas, _faces(known, labels, view, sunward), GROW)
    paint_wheels(canvas, near)
    return canvas.images()[:, :, :size, :size].clamp(0, 1).mul(255).round().to(torch.uint8)


def _faces(known: Garage, labels: dict[str, Tensor], view: View, sunward: Tensor) -> Shapes:
    """The faces that are seen, each image's from the furthest to the nearest."""
    vehicle = labels["vehicle"]
    corners = known.corners[vehicle]
    points = view.pixels(corners.flatten(1, 2)).view(*corners.shape[:3], 2)
    toward = F.normalize(view.eye[:, None] - corners[:, :, :3].mean(dim=2), dim=2)
    normal = known.normal[vehicle]
    seen = ((normal * toward).sum(dim=2) > 1e-3) & (known.alpha[vehicle] > 0)
    paints, materials = known.colour[vehicle], known.material[vehicle]
    colour = light.exposed(light.shade(paints, materials, normal, toward, sunward, labels["light_intensity"]))
    side, place = known.side[vehicle], known.place[vehicle]
    level = torch.where(side * view.eye[:, 1:2] < 0, MIRRORED, known.level[vehicle])
    depth = 1000 * level - (place - view.eye[:, :1]).abs()
    order = torch.where(seen, depth, torch.inf).argsort(dim=1, stable=True)
    shown = seen.sum(dim=1)
    ranks = torch.arange(int(shown.max()), device=order.device)
    rank, image = (ranks[:, None] < shown).nonzero(as_tuple=True)
    face = order[image, rank]
    polygon = points[image, face]
    box = torch.cat([polygon.amin(dim=1) - 1, polygon.amax(dim=1) + 1], dim=1)
    slope = _slope(box, known.slope[vehicle][image, face])
    alpha = known.alpha[vehicle][image, face] * (_width(polygon) / THIN).clamp(max=1)
    return Shapes(edges_of(polygon), box, colour[image, face], slope, alpha, image, rank)


def _width(polygon: Tensor) -> Tensor:
    """About how many pixels wide polygons (m, k, 2) are, (m,): of a strip, its width."""
    ahead = polygon.roll(-1, dims=1)
    area = (polygon[..., 0] * ahead[..., 1] - polygon[..., 1] * ahead[..., 0]).sum(dim=1).abs() / 2
    return 2 * area / (ahead - polygon).norm(dim=2).sum(dim=1).clamp(min=1e-4)


def _slope(box: Tensor, slope: Tensor) -> Tensor:
    """Light as a function of pixels, (m, 3): by so much more at the top than at the bottom, 1 in the middle."""
    top, bottom = box[:, 1], box[:, 3]
    fall = -slope / (bottom - top)
    return torch.stack([1 - fall * (top + bottom) / 2, torch.zeros_like(fall), fall], dim=1)


def _shadows(known: Garage, vehicle: Tensor, view: View, sunward: Tensor, intensity: Tensor) -> Shapes:
    """The shadow that the sun casts, the outline of the vehicle's box on the ground, and that of the belly."""
    long, wide, high = known.extent[vehicle].unbind(dim=1)
    count = len(vehicle)
    cast = -sunward[:, :2] / sunward[:, 2:].clamp(min=0.25) * high[:, None] * 0.8
    away = torch.where(cast < 0, -1.0, 1.0)
    half = torch.stack([long, wide], dim=1) * 0.96
    near, far = -away * half, away * half
    # Of a box and its shifted copy: six corners, from the one that lies towards the sun.
    x0, y0, x1, y1 = near[:, 0], near[:, 1], far[:, 0], far[:, 1]
    dx, dy = cast.unbind(dim=1)
    corners = [(x0, y0), (x1, y0), (x1 + dx, y0 + dy), (x1 + dx, y1 + dy), (x0 + dx, y1 + dy), (x0, y1)]
    sun_shadow = torch.stack([torch.stack([x, y, torch.zeros_like(x)], dim=1) for x, y in corners], dim=1)
    turned = (away[:, 0] * away[:, 1] < 0)[:, None, None]
    sun_shadow = torch.where(turned, sun_shadow.flip(1), sun_shadow)
    square = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, 1), (-1, 1)]
    belly = torch.stack(
        [torch.stack([0.94 * x * long, 0.94 * y * wide, torch.zeros_like(x0)], dim=1) for x, y in square], dim=1
    )
    points = view.pixels(torch.cat([sun_shadow, belly], dim=1)).view(count, 2, 6, 2).transpose(0, 1).flatten(0, 1)
    box = torch.cat([points.amin(dim=1) - 2, points.amax(dim=1) + 2], dim=1)
    image = torch.arange(count, device=box.device).repeat(2)
    dark = torch.zeros(2 * count, 3, device=box.device)
    sky, sunny = light.strength(intensity)
    alpha = torch.cat([0.9 * sunny / (sky + sunny), torch.full_like(sky, 0.6)])
    rank = torch.arange(2, device=box.device).repeat_interleave(count)
    return Shapes(edges_of(points), box, dark, torch.zeros_like(dark), alpha, image, rank)
