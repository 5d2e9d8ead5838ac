"""Distances to the edges of ovals, limbs and polygons, one shape an image.

x, y: (B, K) places; the others (B, ...) as the parts of a drawing give them. Every function returns the distance to
the edge in units, positive inside, and how far down in the shape a place is, from -1 at its top to 1.
"""

from __future__ import annotations

import torch
from torch import Tensor

Field = tuple[Tensor, Tensor]


def oval(x: Tensor, y: Tensor, numbers: Tensor, angle: Tensor) -> Field:
    """An ellipse about (x, y) with half axes, turned by `angle` (B,) radians. The distance is exact on a circle."""
    cx, cy, rx, ry = (numbers[:, k : k + 1] for k in range(4))
    rx, ry = rx.clamp(min=1), ry.clamp(min=1)
    dx, dy = x - cx, y - cy
    cos, sin = angle.cos()[:, None], angle.sin()[:, None]
    u, v = (cos * dx + sin * dy) / rx, (cos * dy - sin * dx) / ry
    return (1 - (u.square() + v.square()).sqrt()) * torch.minimum(rx, ry), (dy / ry).clamp(-1, 1)


def limb(x: Tensor, y: Tensor, numbers: Tensor) -> Field:
    """A rod from (x1, y1) to (x2, y2) whose radius goes from r1 to r2."""
    x1, y1, x2, y2, r1, r2 = (numbers[:, k : k + 1] for k in range(6))
    dx, dy = x2 - x1, y2 - y1
    along = (((x - x1) * dx + (y - y1) * dy) / (dx.square() + dy.square()).clamp(min=1)).clamp(0, 1)
    across, below = x - x1 - along * dx, y - y1 - along * dy
    radius = (r1 + (r2 - r1) * along).clamp(min=0.8)
    return radius - (across.square() + below.square()).sqrt(), (below / radius).clamp(-1, 1)


def polygon(x: Tensor, y: Tensor, corners: Tensor, following: Tensor) -> Field:
    """A convex polygon with its edges from corners to following, (B, E, 2) each; an edge may come more than once."""
    edges = following - corners
    area = (corners[..., 0] * following[..., 1] - corners[..., 1] * following[..., 0]).sum(dim=1, keepdim=True)
    normals = torch.stack([-edges[..., 1], edges[..., 0]], dim=2) * area.sign()[..., None]
    normals = normals / normals.norm(dim=2, keepdim=True).clamp(min=1e-3)
    offsets = (normals * corners).sum(dim=2)
    inside = x * normals[:, 0, :1] + y * normals[:, 0, 1:] - offsets[:, :1]
    for k in range(1, corners.shape[1]):
        inside = torch.minimum(inside, x * normals[:, k, :1] + y * normals[:, k, 1:] - offsets[:, k : k + 1])
    top, bottom = corners[..., 1].amin(dim=1, keepdim=True), corners[..., 1].amax(dim=1, keepdim=True)
    return inside, ((2 * y - top - bottom) / (bottom - top).clamp(min=1)).clamp(-1, 1) * 0.5
