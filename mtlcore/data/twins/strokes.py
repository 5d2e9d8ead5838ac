"""Strokes as rows of discs: the engine that draws digits and kana.

A stroke is a Catmull-Rom spline through control points, sampled at even distances; a pen is a disc at each sample,
and ink is the union of the discs. A spline is linear in its control points, so one matrix a shape turns displaced
control points into displaced samples, and a batch of shapes is drawn by matrix products alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

SIDE = 28
Stroke = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Shapes:
    """Prototypes, V of them, all of P discs and C control points, on a square from -1 to 1.

    points: (V, P, 2), x to the right and y down; sway: (V, P, C), how control points move the discs;
    progress: (V, P), from 0 to 1 along each stroke; label: (V,) class of each, in order.
    """

    points: Tensor
    sway: Tensor
    progress: Tensor
    label: Tensor

    @staticmethod
    def of(figures: dict[int, list[list[Stroke]]], *, discs: int, controls: int) -> Shapes:
        """Prototypes from figures by class, on a square of 100 by 100."""
        traced = [
            (*trace(figure, discs=discs, controls=controls), label)
            for label, known in figures.items()
            for figure in known
        ]
        points, sway, progress, labels = zip(*traced, strict=True)
        return Shapes(torch.stack(points) / 50 - 1, torch.stack(sway), torch.stack(progress), torch.tensor(labels))

    def pick(self, labels: Tensor, chance: Tensor) -> Tensor:
        """A prototype of each label's class, every one as likely, from chances in 0..1: (B,) rows."""
        size = torch.bincount(self.label)
        first = size.cumsum(0) - size
        return first[labels] + (chance * size[labels]).long()


def trace(strokes: Sequence[Stroke], *, discs: int, controls: int) -> tuple[Tensor, Tensor, Tensor]:
    """Sample a figure of strokes.

    Control points at the same place are one, so that corners and closed curves hold together when they move.
    Returns points (discs, 2), sway (discs, controls) and progress (discs,), 0 to 1 along each stroke.
    """
    places = list(dict.fromkeys(place for stroke in strokes for place in stroke))
    control = torch.tensor(places, dtype=torch.float64)
    splines = [control[[places.index(place) for place in stroke]] for stroke in strokes]
    lengths = torch.stack([_polyline(_basis(len(s), torch.linspace(0, 1, 64)) @ s)[-1] for s in splines])
    # Every stroke gets discs in proportion to its length, and no fewer than two.
    ends = (lengths.cumsum(0) / lengths.sum() * (discs - 2 * len(splines))).round().long()
    counts = torch.diff(ends, prepend=torch.zeros(1, dtype=torch.long)) + 2
    rows, progress = [], []
    for stroke, spline, count in zip(strokes, splines, counts.tolist(), strict=True):
        along = torch.linspace(0, 1, count, dtype=torch.float64)
        chosen = torch.zeros(len(stroke), controls, dtype=torch.float64)
        chosen[torch.arange(len(stroke)), [places.index(place) for place in stroke]] = 1
        rows.append(_basis(len(stroke), _even(spline, along)) @ chosen)
        progress.append(along)
    sway = torch.cat(rows)
    return (sway[:, : len(control)] @ control).float(), sway.float(), torch.cat(progress).float()


def _even(spline: Tensor, along: Tensor) -> Tensor:
    """Parameters of the spline at which its arc length is `along` times the whole."""
    fine = torch.linspace(0, 1, 256, dtype=torch.float64)
    arc = _polyline(_basis(len(spline), fine) @ spline)
    right = torch.searchsorted(arc, along * arc[-1]).clamp(1, len(fine) - 1)
    share = (along * arc[-1] - arc[right - 1]) / (arc[right] - arc[right - 1]).clamp(min=1e-9)
    return (fine[right - 1] + share * (fine[right] - fine[right - 1])).clamp(0, 1)


def _polyline(points: Tensor) -> Tensor:
    """Length from the first point to each point."""
    steps = torch.diff(points, dim=0).norm(dim=1)
    return torch.cat([torch.zeros(1, dtype=points.dtype), steps.cumsum(0)])


def _basis(count: int, at: Tensor) -> Tensor:
    """Catmull-Rom weights of `count` control points at parameters 0..1, (len(at), count)."""
    t = at.double() * (count - 1)
    segment = t.floor().clamp(0, count - 2).long()
    u = (t - segment)[:, None]
    powers = torch.cat([torch.ones_like(u), u, u**2, u**3], dim=1)
    matrix = torch.tensor([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]], dtype=torch.float64) / 2
    # One more point beyond each end, mirrored in it: row k of `knots` is control point k - 1.
    knots = torch.zeros(count + 2, count, dtype=torch.float64)
    knots[1:-1] = torch.eye(count)
    knots[0, 0], knots[0, 1], knots[-1, -1], knots[-1, -2] = 2, -1, 2, -1
    four = knots[segment[:, None] + torch.arange(4)]
    return ((powers @ matrix)[:, :, None] * four).sum(dim=1)


def fit(points: Tensor, radius: Tensor, size: float) -> tuple[Tensor, Tensor]:
    """Scale discs to a box of `size` pixels, and bring their centre of mass to the middle of the image."""
    low = (points - radius[:, :, None]).amin(dim=1)
    high = (points + radius[:, :, None]).amax(dim=1)
    scale = size / (high - low).amax(dim=1)[:, None]
    mass = radius / radius.sum(dim=1, keepdim=True)
    centre = (points * mass[:, :, None]).sum(dim=1, keepdim=True)
    return (points - centre) * scale[:, :, None], radius * scale


def ink(points: Tensor, radius: Tensor, pixels: Tensor, softness: Tensor) -> Tensor:
    """Coverage, 0 to 1, of pixels by a union of discs.

    points: (B, P, 2); radius: (B, P); pixels: (B, K, 2) or (1, K, 2); softness: (B,) width of the edge.
    The power |q - p|^2 - r^2 of a pixel against each disc is one matrix product; its least value is the distance
    to the union, but for a monotone map that is exact where all radii are equal.
    """
    flat = torch.cat([-2 * points, (points.square().sum(2) - radius.square())[:, :, None]], dim=2)
    ones = torch.ones_like(pixels[:, :, :1])
    homogeneous = torch.cat([pixels, ones], dim=2).expand(len(points), -1, -1)
    power = torch.bmm(homogeneous, flat.transpose(1, 2)).amin(dim=2) + pixels.square().sum(2)
    typical = radius.mean(dim=1, keepdim=True)
    distance = (power + typical.square()).clamp(min=0).sqrt() - typical
    return (0.5 - distance / softness[:, None]).clamp(0, 1)


def pixel_grid() -> Tensor:
    """Centres of the 28x28 pixels, (1, 784, 2), the middle of the image being (0, 0)."""
    axis = torch.arange(SIDE, dtype=torch.float32) - (SIDE - 1) / 2
    rows, columns = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([columns, rows], dim=2).reshape(1, -1, 2)
