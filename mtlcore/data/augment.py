"""Augmentation of whole batches: crop, flip, erase, warp as one tensor operation each, from parameters drawn before.

Every function is pure: what is random comes in as an argument, so the same parameters give the same batch on any
device. Shapes: images (B, C, H, W).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def windows(images: Tensor, size: tuple[int, int]) -> Tensor:
    """All crops of a size as one view, (N, C, rows, columns, *size), without copying a pixel."""
    return images.unfold(2, size[0], 1).unfold(3, size[1], 1)


def crop(views: Tensor, index: Tensor, top: Tensor, left: Tensor) -> Tensor:
    """One crop of each chosen image, by a single gather.

    views: from `windows`; index, top, left: (B,) int64. Returns (B, C, *size).
    """
    return views[index, :, top, left]


def flip(images: Tensor, chosen: Tensor) -> Tensor:
    """Mirror the chosen images, chosen (B,) bool, left to right."""
    return torch.where(chosen[:, None, None, None], images.flip(-1), images)


def erase(images: Tensor, boxes: Tensor) -> Tensor:
    """Set one rectangle of each image to zero.

    boxes: (B, 4) int64, top, bottom, left, right, the second and fourth exclusive; an empty box erases nothing.
    """
    rows = torch.arange(images.shape[2], device=images.device)
    columns = torch.arange(images.shape[3], device=images.device)
    top, bottom, left, right = boxes[:, :, None].unbind(dim=1)
    hit_rows = (rows >= top) & (rows < bottom)
    hit_columns = (columns >= left) & (columns < right)
    return images.masked_fill((hit_rows[:, None, :, None] & hit_columns[:, None, None, :]), 0)


def erasing_boxes(
    count: int,
    size: tuple[int, int],
    probability: float,
    *,
    generator: torch.Generator,
    area: tuple[float, float] = (0.02, 0.4),
    aspect: float = 0.3,
) -> Tensor:
    """Rectangles of random erasing [zhong2020erasing, Algorithm 1], (count, 4), empty where an image is spared.

    area: least and greatest share of the image; aspect: least height/width, its reciprocal being the greatest.
    Deviations: the aspect ratio is uniform in its logarithm, so that tall and wide are alike; a box that is
    longer than the image is cut to it instead of being drawn again.
    """
    chance, share, shape, row, column = torch.rand(5, count, generator=generator, dtype=torch.float64)
    ratio = torch.exp((2 * shape - 1) * -math.log(aspect))
    pixels = (area[0] + share * (area[1] - area[0])) * size[0] * size[1]
    height = (pixels * ratio).sqrt().round().clamp(1, size[0]).long()
    width = (pixels / ratio).sqrt().round().clamp(1, size[1]).long()
    top = (row * (size[0] - height + 1)).long()
    left = (column * (size[1] - width + 1)).long()
    spared = chance >= probability
    bottom, right = (top + height).masked_fill(spared, 0), (left + width).masked_fill(spared, 0)
    return torch.stack([top, bottom, left, right], dim=1)


def warp(images: Tensor, angles: Tensor, shears: Tensor) -> Tensor:
    """Rotate and shear each image about its centre, by its own angles.

    images: floating point and square; angles, shears: (B,) radians. The pixel at a position p, counted from the centre
    (right, down), shows what was at R S p with S = [[1, tan(shear)], [0, 1]] and R the rotation by the angle, clockwise
    as seen; between pixels bilinearly, and zero beyond the border.
    """
    cos, sin, slant = angles.cos(), angles.sin(), shears.tan()
    zero = torch.zeros_like(cos)
    rows = torch.stack([cos, cos * slant - sin, zero, sin, sin * slant + cos, zero], dim=1)
    grid = F.affine_grid(rows.view(-1, 2, 3).to(images), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
