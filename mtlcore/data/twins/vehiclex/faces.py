"""Vehicles as lists of convex faces in three dimensions: the parts a body is made of, and what is fixed to them.

A vehicle stands on z = 0 with its middle at the origin, its front towards x, its left towards y; units are metres.
A part is a convex profile in (x, z) drawn out to both sides, each corner to its own half width. Every face is stored
with eight corners, the last one repeated where it has fewer, counterclockwise as seen from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

CORNERS = 8
Number = float | Tensor
Colour = Tensor | tuple[float, float, float]
Point = tuple[Number, Number, Number]


@dataclass(frozen=True)
class Material:
    """How a face answers to light: share of diffuse light, of mirrored sky and sun, light of its own."""

    diffuse: float
    mirror: float
    glow: float


PAINT = Material(1.0, 0.22, 0.0)
MATT = Material(1.0, 0.0, 0.0)
GLASS = Material(0.5, 0.75, 0.0)
CHROME = Material(0.6, 0.6, 0.0)
LAMP = Material(0.6, 0.3, 0.45)


@dataclass(frozen=True)
class Part:
    """A convex profile of up to eight corners, each x, z, half width, (n,): counterclockwise with x right, z up."""

    corners: tuple[tuple[Tensor, Tensor, Tensor], ...]

    def across(self, strip: int, along: Number, side: Number) -> tuple[Tensor, Tensor, Tensor]:
        """A point of the strip between corners `strip` and the next: along from 0 to 1, side from -1 to 1."""
        start, end = self.corners[strip], self.corners[(strip + 1) % len(self.corners)]
        x, z, width = (a + (b - a) * along for a, b in zip(start, end, strict=True))
        return x, side * width, z


@dataclass
class Faces:
    """Faces of n vehicles of one type in the order in which they are painted, as far as that does not depend on view.

    corners: (n, 8, 3) of each face. colours: (n, 3). alphas: (n,), 0 where a vehicle lacks the face.
    levels: a part stands on those of lower levels; parts of one level are told apart by `place`, their x, and the one
    further from the camera is painted first. sides: 1 and -1 for what stands out on the left or the right, and is
    painted before everything but the lowest parts where the camera is on the other side.
    """

    count: int
    corners: list[Tensor] = field(default_factory=list)
    colours: list[Tensor] = field(default_factory=list)
    alphas: list[Tensor] = field(default_factory=list)
    materials: list[Material] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)
    places: list[float] = field(default_factory=list)
    slopes: list[float] = field(default_factory=list)
    sides: list[int] = field(default_factory=list)
    level: float = 0.0
    place: float = 0.0
    side: int = 0

    def full(self, value: Number) -> Tensor:
        """A number of each vehicle, (n,)."""
        return torch.as_tensor(value, dtype=torch.float32).expand(self.count)

    def at(self, level: float, place: float = 0.0) -> None:
        """What is added from now on is of this level and place."""
        self.level, self.place = level, place

    def add(
        self,
        points: Sequence[Point],
        colour: Colour,
        material: Material,
        *,
        alpha: Number = 1.0,
        slope: float = 0.0,
    ) -> None:
        """One face by its corners (x, y, z). slope: how much lighter its top is than its bottom."""
        corners = [torch.stack([self.full(value) for value in point], dim=1) for point in points]
        corners += [corners[-1]] * (CORNERS - len(corners))
        self.corners.append(torch.stack(corners, dim=1))
        self.colours.append(torch.as_tensor(colour, dtype=torch.float32).expand(self.count, 3))
        self.alphas.append(self.full(alpha))
        self.materials.append(material)
        self.levels.append(self.level)
        self.places.append(self.place)
        self.slopes.append(slope)
        self.sides.append(self.side)

    def part(
        self,
        profile: Sequence[Point],
        colour: Colour,
        material: Material = PAINT,
        *,
        alpha: Number = 1.0,
    ) -> Part:
        """The faces of a part: x, z and half width of up to eight corners."""
        corners = [(self.full(x), self.full(z), self.full(width)) for x, z, width in profile]
        part = Part(tuple(corners))
        for (x, z, w), (x2, z2, w2) in zip(corners, corners[1:] + corners[:1], strict=True):
            self.add([(x, -w, z), (x, w, z), (x2, w2, z2), (x2, -w2, z2)], colour, material, alpha=alpha, slope=0.1)
        self.add([(x, -w, z) for x, z, w in corners], colour, material, alpha=alpha, slope=0.3)
        self.add([(x, w, z) for x, z, w in reversed(corners)], colour, material, alpha=alpha, slope=0.3)
        return part

    def on_strip(
        self,
        part: Part,
        strip: int,
        along: tuple[Number, Number],
        side: tuple[Number, Number],
        colour: Colour,
        material: Material,
        *,
        alpha: Number = 1.0,
        slope: float = 0.0,
        both: bool = False,
    ) -> None:
        """A rectangle on a strip of a part; with both, mirrored to the other side as well."""
        for low, high in [side, (-side[1], -side[0])] if both else [side]:
            points = [
                part.across(strip, along[0], low),
                part.across(strip, along[0], high),
                part.across(strip, along[1], high),
                part.across(strip, along[1], low),
            ]
            self.add(points, colour, material, alpha=alpha, slope=slope)

    def on_sides(
        self,
        points: Sequence[Point],
        colour: Colour,
        material: Material,
        *,
        alpha: Number = 1.0,
        slope: float = 0.0,
    ) -> None:
        """A face on both sides: corners as x, z and distance from the middle, counterclockwise with x to the right."""
        self.add([(x, -y, z) for x, z, y in points], colour, material, alpha=alpha, slope=slope)
        self.add([(x, y, z) for x, z, y in reversed(points)], colour, material, alpha=alpha, slope=slope)

    def panel(
        self,
        along: tuple[Number, Number],
        up: tuple[Number, Number],
        out: Number,
        colour: Colour,
        material: Material = MATT,
        *,
        alpha: Number = 1.0,
        slope: float = 0.0,
    ) -> None:
        """An upright rectangle on both sides: from x to x, from z to z, so far from the middle."""
        (x0, x1), (z0, z1) = along, up
        points = [(x0, z0, out), (x1, z0, out), (x1, z1, out), (x0, z1, out)]
        self.on_sides(points, colour, material, alpha=alpha, slope=slope)

    def board(
        self,
        x: Number,
        across: tuple[Number, Number],
        up: tuple[Number, Number],
        colour: Colour,
        material: Material = MATT,
        *,
        alpha: Number = 1.0,
    ) -> None:
        """An upright rectangle that faces the front where `across` rises from y to y, else the rear."""
        (y0, y1), (z0, z1) = across, up
        self.add([(x, y0, z0), (x, y1, z0), (x, y1, z1), (x, y0, z1)], colour, material, alpha=alpha)

    def box(
        self,
        along: tuple[Number, Number],
        up: tuple[Number, Number],
        half: Number,
        colour: Colour,
        material: Material = PAINT,
        *,
        taper: float = 0.0,
        alpha: Number = 1.0,
    ) -> Part:
        """A part with four corners, from x to x and z to z, narrower at the top by so many metres all around."""
        (x0, x1), (z0, z1) = along, up
        profile = [(x0, z0, half), (x1, z0, half), (x1 - taper, z1, half - taper), (x0 + taper, z1, half - taper)]
        return self.part(profile, colour, material, alpha=alpha)
