"""What a room is made of: blocks of three shapes in one material each, and pieces of furniture made of blocks.

A piece has its own axes: x along its width, from -width/2 to width/2, y up from the floor, z from its back at 0 to its
front at depth. All lengths are metres.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

BOX, CYLINDER, ELLIPSOID = 0, 1, 2
Colour = tuple[float, float, float]
TEXTURES = (
    "plain",
    "noise",
    "wood",
    "tiles",
    "stripes",
    "panels",
    "leather",
    "spots",
    "view",
    "screen",
    "picture",
    "sky",
    "glow",
)


@dataclass(frozen=True)
class Material:
    """A texture of two colours (red, green, blue from 0 to 1) that repeats every `scale` metres."""

    texture: str
    colour: Colour
    second: Colour
    scale: float = 0.3


@dataclass(frozen=True)
class Block:
    """An upright box, cylinder or ellipsoid: of which class, its material, its centre and half its sides."""

    shape: int
    label: str
    material: Material
    centre: tuple[float, float, float]
    half: tuple[float, float, float]


@dataclass
class Piece:
    """Blocks that belong together, and the floor that they take: width along a wall, depth into the room."""

    width: float
    depth: float
    blocks: list[Block] = field(default_factory=list)

    def add(
        self,
        label: str,
        material: Material,
        x: tuple[float, float],
        y: tuple[float, float],
        z: tuple[float, float],
        shape: int = BOX,
    ) -> None:
        """A block from its extent along each axis."""
        extents = (x, y, z)
        centre = tuple((low + high) / 2 for low, high in extents)
        half = tuple(max((high - low) / 2, 0.002) for low, high in extents)
        self.blocks.append(Block(shape, label, material, centre, half))  # type: ignore[arg-type]

    def put(self, other: Piece, x: float, y: float, z: float) -> None:
        """Another piece on top of this one, its back centre at (x, y, z)."""
        for block in other.blocks:
            cx, cy, cz = block.centre
            self.blocks.append(Block(block.shape, block.label, block.material, (cx + x, cy + y, cz + z), block.half))


Random = np.random.Generator


def shade(random: Random, colour: Colour, spread: float = 0.08) -> Colour:
    """The colour, a little lighter or darker, and a little off."""
    values = np.array(colour) * random.uniform(0.7, 1.25) + random.normal(0, spread / 2, 3)
    red, green, blue = np.clip(values, 0.02, 1).tolist()
    return red, green, blue


def darker(colour: Colour, factor: float = 0.7) -> Colour:
    """The colour times a factor."""
    red, green, blue = colour
    return min(red * factor, 1), min(green * factor, 1), min(blue * factor, 1)


WOODS: tuple[Colour, ...] = (
    (0.45, 0.28, 0.15),
    (0.62, 0.43, 0.26),
    (0.3, 0.17, 0.1),
    (0.75, 0.6, 0.42),
    (0.2, 0.13, 0.1),
)
CLOTHS: tuple[Colour, ...] = (
    *((0.55, 0.15, 0.15), (0.2, 0.25, 0.45), (0.75, 0.7, 0.6), (0.35, 0.3, 0.25), (0.5, 0.55, 0.4)),
    *((0.8, 0.8, 0.82), (0.25, 0.2, 0.2), (0.7, 0.55, 0.35), (0.45, 0.2, 0.35), (0.3, 0.45, 0.5)),
)
BRIGHT: tuple[Colour, ...] = (
    *((0.8, 0.2, 0.2), (0.2, 0.45, 0.75), (0.9, 0.75, 0.2), (0.25, 0.6, 0.3), (0.85, 0.5, 0.2), (0.6, 0.3, 0.6)),
    *((0.9, 0.9, 0.88), (0.15, 0.15, 0.18)),
)
WHITE: Colour = (0.88, 0.88, 0.86)
METAL: Colour = (0.6, 0.6, 0.62)


def pick(random: Random, colours: tuple[Colour, ...]) -> Colour:
    """One of the colours, shaded."""
    return shade(random, colours[random.integers(len(colours))])


def wood(random: Random) -> Material:
    """Wood of one of a few kinds."""
    colour = pick(random, WOODS)
    return Material("wood", colour, darker(colour, 0.72), random.uniform(0.15, 0.4))


def cloth(random: Random) -> Material:
    """Cloth: one colour, stripes or spots."""
    colour, texture = pick(random, CLOTHS), ("noise", "noise", "stripes", "spots", "tiles")[random.integers(5)]
    second = darker(colour, 0.8) if texture == "noise" else pick(random, CLOTHS)
    return Material(texture, colour, second, random.uniform(0.06, 0.25))


def plain(colour: Colour) -> Material:
    """One colour."""
    return Material("plain", colour, colour)


def panels(random: Random, scale: float) -> Material:
    """Doors and drawers: wood or paint with gaps between."""
    colour = pick(random, WOODS) if random.random() < 0.65 else shade(random, WHITE, 0.04)
    return Material("panels", colour, darker(colour, 0.45), scale)
