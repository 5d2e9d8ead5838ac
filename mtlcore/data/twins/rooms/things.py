"""Smaller things, on furniture, on the floor or by themselves, and people."""

from __future__ import annotations

from mtlcore.data.twins.rooms.pieces import (
    BRIGHT,
    CLOTHS,
    CYLINDER,
    ELLIPSOID,
    WHITE,
    Material,
    Piece,
    Random,
    cloth,
    darker,
    pick,
    plain,
    shade,
    wood,
)


def clutter(random: Random, piece: Piece, width: float, depth: float, height: float, count: int) -> None:
    """Small things on top: books, paper, boxes, bottles, bowls."""
    for _ in range(count):
        x, z = random.uniform(-width / 2 + 0.12, width / 2 - 0.12), random.uniform(0.1, max(depth - 0.1, 0.11))
        kind, colour = random.random(), plain(pick(random, BRIGHT))
        if kind < 0.2:
            piece.add(
                "books", colour, (x - 0.1, x + 0.1), (height, height + random.uniform(0.02, 0.12)), (z - 0.07, z + 0.07)
            )
        elif kind < 0.4:
            piece.add(
                "paper",
                plain(shade(random, WHITE, 0.03)),
                (x - 0.11, x + 0.11),
                (height, height + 0.008),
                (z - 0.08, z + 0.08),
            )
        elif kind < 0.5:
            piece.add("box", colour, (x - 0.09, x + 0.09), (height, height + 0.14), (z - 0.07, z + 0.07))
        elif kind < 0.8:
            top = height + random.uniform(0.1, 0.3)
            piece.add("other prop", colour, (x - 0.04, x + 0.04), (height, top), (z - 0.04, z + 0.04), CYLINDER)
        else:
            piece.add(
                "other prop", colour, (x - 0.12, x + 0.12), (height - 0.05, height + 0.1), (z - 0.1, z + 0.1), ELLIPSOID
            )


def screen(random: Random, width: float) -> Piece:
    """A television or a monitor on a foot."""
    piece, dark = Piece(width, 0.2), plain(shade(random, (0.06, 0.06, 0.07), 0.02))
    picture = Material("screen", (0.05, 0.05, 0.07), pick(random, BRIGHT), width)
    height = width * random.uniform(0.58, 0.75)
    piece.add("television", picture, (-width / 2, width / 2), (0.08, 0.08 + height), (0.05, 0.12))
    piece.add("television", dark, (-width / 6, width / 6), (0, 0.08), (0.02, 0.16))
    return piece


def lamp(random: Random, tall: bool = False) -> Piece:
    """A shade on a foot; a tall one stands on the floor."""
    stem, radius = (random.uniform(1.2, 1.5), 0.2) if tall else (random.uniform(0.2, 0.35), random.uniform(0.1, 0.15))
    piece, foot = Piece(2 * radius, 2 * radius), plain(pick(random, BRIGHT))
    piece.add("lamp", foot, (-0.02, 0.02), (0, stem), (radius - 0.02, radius + 0.02), CYLINDER)
    piece.add("lamp", foot, (-radius / 2, radius / 2), (0, 0.03), (radius / 2, radius * 1.5), CYLINDER)
    lit = "glow" if random.random() < 0.6 else "plain"
    cover = Material(lit, (1.0, 0.95, random.uniform(0.7, 0.9)), (0.95, 0.8, 0.6), radius)
    piece.add("lamp", cover, (-radius, radius), (stem, stem + 1.4 * radius), (0, 2 * radius), CYLINDER)
    return piece


def mirror(random: Random, width: float) -> Piece:
    """A framed mirror; what it shows is a blur of the room."""
    height, frame = random.uniform(0.6, 1.0), wood(random)
    piece = Piece(width, 0.05)
    piece.add("mirror", frame, (-width / 2 - 0.04, width / 2 + 0.04), (-0.04, height + 0.04), (0, 0.03))
    glass = Material("view", shade(random, (0.6, 0.6, 0.58)), shade(random, (0.4, 0.42, 0.42)), height)
    piece.add("mirror", glass, (-width / 2, width / 2), (0, height), (0, 0.045))
    return piece


def person(random: Random) -> Piece:
    """Somebody who stands there."""
    piece, shirt, trousers = Piece(0.55, 0.4), cloth(random), plain(pick(random, CLOTHS))
    height, skin = random.uniform(1.5, 1.85), plain(shade(random, (0.75, 0.55, 0.42)))
    for x in (-0.1, 0.1):
        piece.add("person", trousers, (x - 0.08, x + 0.08), (0, 0.5 * height), (0.1, 0.28), CYLINDER)
    piece.add("person", shirt, (-0.21, 0.21), (0.44 * height, 0.86 * height), (0.06, 0.34), ELLIPSOID)
    for x in (-0.24, 0.24):
        piece.add("person", shirt, (x - 0.05, x + 0.05), (0.46 * height, 0.82 * height), (0.14, 0.26), ELLIPSOID)
    piece.add("person", skin, (-0.09, 0.09), (0.86 * height, height), (0.1, 0.3), ELLIPSOID)
    hair = plain(shade(random, (0.25, 0.17, 0.1)))
    piece.add("person", hair, (-0.095, 0.095), (0.93 * height, height + 0.02), (0.06, 0.28), ELLIPSOID)
    return piece


def bag(random: Random) -> Piece:
    """A bag or a backpack on the floor."""
    size = random.uniform(0.3, 0.5)
    piece, body = Piece(size, size * 0.7), cloth(random)
    piece.add("bag", body, (-size / 2, size / 2), (-0.05, size), (0, size * 0.7), ELLIPSOID)
    piece.add("bag", body, (-size / 3, size / 3), (0, size * 0.5), (size * 0.3, size * 0.72))
    return piece


def boxes(random: Random) -> Piece:
    """One or two boxes of cardboard or plastic."""
    size = random.uniform(0.3, 0.5)
    piece = Piece(size, size)
    paper = plain(shade(random, (0.62, 0.47, 0.32)) if random.random() < 0.6 else pick(random, BRIGHT))
    piece.add("box", paper, (-size / 2, size / 2), (0, size * 0.7), (0, size))
    if random.random() < 0.5:
        piece.add(
            "box", plain(pick(random, BRIGHT)), (-size / 3, size / 3), (size * 0.7, size * 1.2), (0.05, size * 0.8)
        )
    return piece


def heap(random: Random) -> Piece:
    """Clothes on the floor, or in a basket."""
    piece = Piece(0.6, 0.5)
    for _ in range(int(random.integers(2, 4))):
        x, z, wide = random.uniform(-0.12, 0.12), random.uniform(0.18, 0.32), random.uniform(0.15, 0.28)
        top = random.uniform(0.15, 0.45)
        piece.add(
            "clothes", cloth(random), (x - wide, x + wide), (-0.1, top), (z - wide * 0.8, z + wide * 0.8), ELLIPSOID
        )
    return piece


def mat(random: Random) -> Piece:
    """A rug; it takes no floor, as furniture may stand on it."""
    width, depth = random.uniform(0.9, 2.4), random.uniform(0.6, 1.6)
    piece, weave = Piece(0, 0), cloth(random)
    edge = plain(darker(weave.colour, 0.6))
    piece.add("floor mat", edge, (-width / 2, width / 2), (0, 0.008), (-depth / 2, depth / 2))
    piece.add(
        "floor mat", weave, (-width / 2 + 0.07, width / 2 - 0.07), (0, 0.012), (-depth / 2 + 0.07, depth / 2 - 0.07)
    )
    return piece


def plant(random: Random) -> Piece:
    """A plant in a pot."""
    piece, height = Piece(0.5, 0.5), random.uniform(0.6, 1.4)
    piece.add("other prop", plain(pick(random, BRIGHT)), (-0.15, 0.15), (0, 0.3), (0.1, 0.4), CYLINDER)
    leaves = Material("spots", shade(random, (0.2, 0.4, 0.15)), shade(random, (0.1, 0.22, 0.08)), 0.07)
    for _ in range(3):
        x, z, y = random.uniform(-0.1, 0.1), random.uniform(0.15, 0.35), random.uniform(0.4, height)
        piece.add("other prop", leaves, (x - 0.18, x + 0.18), (y - 0.15, y + 0.2), (z - 0.16, z + 0.16), ELLIPSOID)
    return piece


def stand(random: Random) -> Piece:
    """A lamp on the floor."""
    return lamp(random, tall=True)
