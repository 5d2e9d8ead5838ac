"""Cloth: what garments are cut from. Regions with soft edges, woven and printed patterns, folds and seams.

Everything is a tensor over the 784 pixels of a batch of images, (B, 784). `inside` fields are distances in pixels
to the edge, positive within; `cover` turns them into coverage from 0 to 1.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlcore.data.twins.strokes import SIDE, pixel_grid

X, Y = pixel_grid()[0].unbind(dim=1)  # of each pixel, -13.5 to 13.5
AXIS = Y.view(SIDE, SIDE)[:, 0].contiguous()


class Chance:
    """Random numbers for a batch, one column an image, so that they broadcast over pixels."""

    def __init__(self, count: int, generator: torch.Generator) -> None:
        self.count, self.generator = count, generator

    def normal(self, mean: float = 0.0, spread: float = 1.0) -> Tensor:
        """Normally distributed, (B, 1)."""
        return mean + spread * torch.randn(self.count, 1, generator=self.generator)

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Evenly distributed, (B, 1)."""
        return low + (high - low) * torch.rand(self.count, 1, generator=self.generator)

    def maybe(self, probability: float | Tensor) -> Tensor:
        """1 with that probability, else 0."""
        return (torch.rand(self.count, 1, generator=self.generator) < probability).float()

    def field(self, cells: int) -> Tensor:
        """A smooth field of unit variance at its nodes, from a grid of cells by cells."""
        noise = torch.randn(self.count, 1, cells, cells, generator=self.generator)
        return F.interpolate(noise, size=(SIDE, SIDE), mode="bilinear", align_corners=True).flatten(1)


def cover(inside: Tensor, softness: float = 1.0) -> Tensor:
    """Coverage of each pixel by the region whose edge is at 0."""
    return (0.5 + inside / softness).clamp(0, 1)


def profile(at: list[float], values: list[Tensor], *, down: bool = True) -> Tensor:
    """A curve through values (B, 1) at places along y (or, with down=False, x), for every pixel: (B, 784)."""
    knots = torch.tensor(at)
    right = torch.searchsorted(knots, AXIS).clamp(1, len(at) - 1)
    share = ((AXIS - knots[right - 1]) / (knots[right] - knots[right - 1])).clamp(0, 1)
    share = share * share * (3 - 2 * share) * 0.5 + share * 0.5
    table = torch.cat(values, dim=1)
    line = table[:, right - 1] * (1 - share) + table[:, right] * share
    image = line[:, :, None] if down else line[:, None, :]
    return image.expand(-1, SIDE, SIDE).reshape(len(line), -1)


def band(at: Tensor | float, width: Tensor | float, along: Tensor) -> Tensor:
    """Coverage by a band of a width around a place."""
    return cover(width / 2 - (along - at).abs())


def limb(
    start: tuple[Tensor, Tensor],
    end: tuple[Tensor, Tensor],
    radii: tuple[Tensor, Tensor],
    *,
    bow: Tensor | float = 0.0,
    cut: bool = False,
) -> Tensor:
    """Inside field of a tapering limb from one place to another, bowed to its left by so many pixels.

    With cut, it ends straight across instead of round.
    """
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = (dx.square() + dy.square()).clamp(min=1e-3)
    free = ((X - start[0]) * dx + (Y - start[1]) * dy) / length
    along = free.clamp(0, 1)
    bend = bow * 4 * along * (1 - along) / length.sqrt()
    away_x = X - start[0] - along * dx - bend * dy
    away_y = Y - start[1] - along * dy + bend * dx
    inside = radii[0] + (radii[1] - radii[0]) * along - (away_x.square() + away_y.square()).sqrt()
    return torch.minimum(inside, (1 - free) * length.sqrt()) if cut else inside


def weave(chance: Chance, *, printed: float = 0.35) -> Tensor:
    """Tone of a cloth over the image, 0 to 1: its shade, its pattern where it has one, folds and grain."""
    shade = 0.2 + 0.72 * chance.uniform().pow(0.6)
    period, phase = chance.uniform(2.6, 8.0), chance.uniform(0, 6.28)
    tilt = chance.normal(0, 0.05)
    rows = torch.sin((Y + tilt * X) * 6.28 / period + phase).mul(2.5).clamp(-1, 1)
    columns = torch.sin((X - tilt * Y) * 6.28 / period + phase).mul(2.5).clamp(-1, 1)
    blocks = torch.sign(Y - chance.uniform(-6, 8)).expand_as(rows)
    motifs = (rows, columns, (rows + columns) / 2, chance.field(18), chance.field(9), blocks)
    kind = chance.uniform() * len(motifs) / printed
    pattern = sum(motif * ((kind >= number) & (kind < number + 1)) for number, motif in enumerate(motifs))
    contrast = chance.uniform(0.04, 0.38)
    folds = chance.field(5) * chance.uniform(0.02, 0.07)
    grain = chance.field(SIDE) * (0.004 + 0.02 * chance.uniform().square())
    return shade + contrast * pattern * torch.where(shade > 0.55, -1.0, 1.0) + folds + grain


def finish(tone: Tensor, inside: Tensor) -> Tensor:
    """The image: tone where the region is, never quite black there, black elsewhere."""
    return tone.clamp(0.06, 1) * cover(inside)
