"""What kitchens and bathrooms are fitted with, and structures that are no wall."""

from __future__ import annotations

from mtlcore.data.twins.rooms.pieces import (
    BRIGHT,
    CLOTHS,
    CYLINDER,
    ELLIPSOID,
    METAL,
    WHITE,
    Material,
    Piece,
    Random,
    darker,
    panels,
    pick,
    plain,
    shade,
    wood,
)
from mtlcore.data.twins.rooms.things import clutter, mirror


def kitchen(random: Random) -> Piece:
    """A run of cabinets under a counter, with a sink and cabinets above."""
    width, depth, height = random.uniform(1.6, 3.0), 0.62, 0.9
    piece, body, side = Piece(width, depth), panels(random, 0.45), width / 2
    stone = Material("noise", pick(random, CLOTHS), pick(random, CLOTHS), 0.05)
    piece.add("cabinet", body, (-side, side), (0, height - 0.05), (0, depth - 0.03))
    piece.add("counter", stone, (-side, side), (height - 0.05, height), (0, depth))
    piece.add("counter", stone, (-side, side), (height, height + random.uniform(0.1, 0.4)), (0, 0.02))
    if random.random() < 0.6:
        x, steel = random.uniform(-side / 2, side / 2), plain(shade(random, METAL))
        piece.add("sink", steel, (x - 0.3, x + 0.3), (height, height + 0.025), (0.1, 0.5))
        piece.add("sink", plain(darker(METAL, 0.55)), (x - 0.26, x + 0.26), (height, height + 0.03), (0.14, 0.46))
        piece.add("sink", steel, (x - 0.015, x + 0.015), (height, height + 0.28), (0.1, 0.13), CYLINDER)
    if random.random() < 0.75:
        left, right = -side, random.uniform(0, side)
        piece.add("cabinet", body, (left, right), (1.45, 2.15), (0, 0.34))
    clutter(random, piece, width, depth, height, int(random.integers(2, 7)))
    return piece


def refrigerator(random: Random) -> Piece:
    """Two doors, white or of steel."""
    colour = shade(random, WHITE if random.random() < 0.6 else METAL, 0.03)
    piece, height = Piece(0.75, 0.72), random.uniform(1.6, 1.85)
    piece.add("refrigerator", plain(colour), (-0.37, 0.37), (0.04, height * 0.64), (0, 0.7))
    piece.add("refrigerator", plain(colour), (-0.37, 0.37), (height * 0.65, height), (0, 0.7))
    piece.add("refrigerator", plain(darker(colour, 0.5)), (0.28, 0.31), (height * 0.35, height * 0.6), (0.7, 0.74))
    for _ in range(int(random.integers(0, 4))):
        x, y = random.uniform(-0.25, 0.2), random.uniform(0.7, 0.9 * height)
        piece.add("paper", plain(shade(random, WHITE)), (x - 0.06, x + 0.08), (y, y + 0.18), (0.7, 0.708))
    return piece


def toilet(random: Random) -> Piece:
    """Tank, bowl and seat."""
    white = plain(shade(random, WHITE, 0.02))
    piece = Piece(0.5, 0.72)
    piece.add("toilet", white, (-0.22, 0.22), (0.36, 0.78), (0, 0.2))
    piece.add("toilet", white, (-0.13, 0.13), (0, 0.4), (0.15, 0.5))
    piece.add("toilet", white, (-0.2, 0.2), (0.34, 0.43), (0.17, 0.68), CYLINDER)
    piece.add("toilet", white, (-0.18, 0.18), (0.1, 0.42), (0.2, 0.64), ELLIPSOID)
    return piece


def washstand(random: Random) -> Piece:
    """A cabinet with a sink in it under a mirror."""
    width, depth, height = random.uniform(0.7, 1.4), 0.52, random.uniform(0.78, 0.88)
    piece, side, white = Piece(width, depth), width / 2, plain(shade(random, WHITE, 0.03))
    piece.add("cabinet", panels(random, 0.35), (-side, side), (0, height - 0.04), (0, depth - 0.03))
    piece.add(
        "counter",
        Material("noise", pick(random, CLOTHS), WHITE, 0.06),
        (-side, side),
        (height - 0.04, height),
        (0, depth),
    )
    piece.add("sink", white, (-0.25, 0.25), (height - 0.03, height + 0.05), (0.08, 0.46), CYLINDER)
    piece.add("sink", plain(darker(WHITE, 0.75)), (-0.2, 0.2), (height, height + 0.055), (0.12, 0.42), CYLINDER)
    piece.add("sink", plain(METAL), (-0.015, 0.015), (height, height + 0.2), (0.05, 0.08), CYLINDER)
    piece.put(mirror(random, width * 0.85), 0, height + 0.25, 0)
    clutter(random, piece, width, 0.2, height, int(random.integers(0, 4)))
    return piece


def bathtub(random: Random) -> Piece:
    """A tub between its four sides, half behind a shower curtain at times."""
    width, depth, height = random.uniform(1.5, 1.75), random.uniform(0.72, 0.8), random.uniform(0.45, 0.6)
    piece, side, white = Piece(width, depth), width / 2, plain(shade(random, WHITE, 0.02))
    piece.add("bathtub", plain(darker(WHITE, 0.85)), (-side, side), (0, 0.15), (0, depth))
    for z in (0.0, depth - 0.08):
        piece.add("bathtub", white, (-side, side), (0, height), (z, z + 0.08))
    for x in (-side, side - 0.08):
        piece.add("bathtub", white, (x, x + 0.08), (0, height), (0, depth))
    if random.random() < 0.65:
        left = -side if random.random() < 0.5 else random.uniform(-side / 2, 0)
        folds = Material("stripes", pick(random, CLOTHS), pick(random, BRIGHT), random.uniform(0.08, 0.3))
        piece.add(
            "shower curtain", folds, (left, left + random.uniform(0.5, 1.0) * side), (0.2, 2.0), (depth, depth + 0.05)
        )
    return piece


def stove(random: Random) -> Piece:
    """A cooker: a front with an oven door, and plates."""
    piece, colour = Piece(0.76, 0.65), shade(random, WHITE if random.random() < 0.5 else (0.12, 0.12, 0.13), 0.03)
    piece.add("other furniture", plain(colour), (-0.38, 0.38), (0, 0.9), (0, 0.62))
    piece.add("other furniture", plain((0.05, 0.05, 0.06)), (-0.28, 0.28), (0.3, 0.65), (0.6, 0.635))
    for x in (-0.18, 0.18):
        for z in (0.17, 0.45):
            piece.add(
                "other furniture", plain((0.1, 0.1, 0.1)), (x - 0.1, x + 0.1), (0.9, 0.92), (z - 0.1, z + 0.1), CYLINDER
            )
    return piece


def column(random: Random) -> Piece:
    """A pillar or a chimney breast: a structure that is no wall."""
    width, depth = random.uniform(0.3, 1.2), random.uniform(0.25, 0.5)
    piece, colour = Piece(width, depth), pick(random, CLOTHS)
    bricks = Material("tiles", colour, darker(colour, 0.75), random.uniform(0.1, 0.25))
    piece.add("other structure", bricks, (-width / 2, width / 2), (0, 3.0), (0, depth))
    if width > 0.8:
        piece.add(
            "other structure", plain((0.05, 0.04, 0.04)), (-width / 4, width / 4), (0.05, 0.6), (0.05, depth + 0.01)
        )
        piece.add("other structure", wood(random), (-width / 2, width / 2), (1.1, 1.16), (0, depth + 0.12))
    return piece
