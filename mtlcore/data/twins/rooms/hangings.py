"""What hangs on walls or is let into them: doors, windows and what covers them, pictures, boards, shelves, towels."""

from __future__ import annotations

from mtlcore.data.twins.rooms.pieces import (
    BRIGHT,
    CLOTHS,
    CYLINDER,
    METAL,
    WHITE,
    WOODS,
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
from mtlcore.data.twins.rooms.things import clutter, screen
from mtlcore.data.twins.rooms.things import mirror as standing_mirror


def door(random: Random) -> Piece:
    """A door in its frame."""
    width, height = random.uniform(0.75, 0.95), random.uniform(1.98, 2.1)
    colour = shade(random, WHITE, 0.03) if random.random() < 0.6 else pick(random, WOODS)
    piece, side = Piece(width + 0.2, 0.3), width / 2
    piece.add("door", plain(darker(colour, 0.85)), (-side - 0.08, side + 0.08), (0, height + 0.08), (0, 0.03))
    piece.add("door", Material("panels", colour, darker(colour, 0.75), 0.7), (-side, side), (0, height), (0, 0.05))
    piece.add("door", plain(METAL), (side - 0.1, side - 0.05), (0.97, 1.02), (0.05, 0.1))
    return piece


def window(random: Random) -> Piece:
    """A window, bare, with blinds or with curtains."""
    width, low = random.uniform(0.8, 1.8), random.uniform(0.7, 1.1)
    high, side = random.uniform(1.9, 2.25), width / 2
    piece, frame = Piece(width + 0.3, 0.06), plain(shade(random, WHITE, 0.03))
    piece.add("window", frame, (-side - 0.07, side + 0.07), (low - 0.07, high + 0.07), (0, 0.03))
    sky = shade(random, (0.85, 0.92, 1.0) if random.random() < 0.7 else (0.08, 0.08, 0.12), 0.05)
    piece.add("window", Material("sky", sky, darker(sky, 0.6), high - low), (-side, side), (low, high), (0, 0.04))
    for x in (0.0, *((-side / 2, side / 2) if width > 1.4 else ())):
        piece.add("window", frame, (x - 0.025, x + 0.025), (low, high), (0, 0.05))
    cover = random.random()
    if cover < 0.45:
        slats = shade(random, (0.85, 0.82, 0.75), 0.05)
        bottom = random.uniform(low, (low + high) / 2)
        lines = Material("tiles", slats, darker(slats, 0.75), 0.12)
        piece.add("blinds", lines, (-side - 0.02, side + 0.02), (bottom, high + 0.03), (0.05, 0.08))
    elif cover < 0.78:
        colour = pick(random, CLOTHS)
        folds = Material("stripes", colour, darker(colour, 0.7), random.uniform(0.07, 0.14))
        bottom, drawn = random.choice([0.05, low - 0.15]), random.uniform(0.15, 0.45) * width
        for x in (-side - 0.15, side + 0.15 - drawn):
            piece.add("curtain", folds, (x, x + drawn), (bottom, high + 0.15), (0.06, 0.13))
    return piece


def picture(random: Random) -> Piece:
    """A framed picture."""
    width, height, low = random.uniform(0.3, 1.0), random.uniform(0.3, 0.8), random.uniform(1.2, 1.5)
    piece, side = Piece(width + 0.1, 0.04), width / 2
    piece.add("picture", wood(random), (-side - 0.03, side + 0.03), (low - 0.03, low + height + 0.03), (0, 0.02))
    canvas = Material("picture", pick(random, BRIGHT), pick(random, CLOTHS), random.uniform(0.1, 0.3))
    piece.add("picture", canvas, (-side, side), (low, low + height), (0, 0.03))
    return piece


def mirror(random: Random) -> Piece:
    """A mirror on the wall."""
    piece = Piece(0.8, 0.05)
    piece.put(standing_mirror(random, random.uniform(0.4, 0.8)), 0, random.uniform(0.9, 1.2), 0)
    return piece


def whiteboard(random: Random) -> Piece:
    """A board with a few words on it."""
    width, side = random.uniform(1.2, 2.4), 0.0
    piece, side = Piece(width, 0.1), width / 2
    piece.add("whiteboard", plain(METAL), (-side - 0.02, side + 0.02), (0.93, 2.02), (0, 0.015))
    ink = Material("picture", (0.95, 0.95, 0.95), (0.88, 0.9, 0.95), 0.12)
    piece.add("whiteboard", ink, (-side, side), (0.95, 2.0), (0, 0.02))
    return piece


def shelves(random: Random) -> Piece:
    """Boards on the wall with things on them."""
    width, depth = random.uniform(0.7, 1.6), random.uniform(0.22, 0.32)
    piece, board, side = Piece(width, depth), wood(random), width / 2
    for number in range(int(random.integers(2, 5))):
        y = 0.55 + 0.42 * number
        piece.add("shelves", board, (-side, side), (y, y + 0.03), (0, depth))
        clutter(random, piece, width, depth, y + 0.03, 3)
    for x in (-side, side - 0.03):
        piece.add("shelves", board, (x, x + 0.03), (0, 2.0), (0, depth))
    return piece


def towels(random: Random) -> Piece:
    """Towels on a rail."""
    width, top = random.uniform(0.45, 0.7), random.uniform(1.2, 1.5)
    piece, side = Piece(width + 0.1, 0.1), width / 2
    piece.add("towel", plain(METAL), (-side - 0.03, side + 0.03), (top, top + 0.02), (0.04, 0.06))
    for x in (-side, 0.02):
        low = top - random.uniform(0.35, 0.7)
        piece.add("towel", cloth(random), (x, x + side - 0.04), (low, top + 0.03), (0.02, 0.09))
    return piece


def notices(random: Random) -> Piece:
    """Sheets of paper on the wall."""
    piece = Piece(0.9, 0.02)
    for _ in range(int(random.integers(2, 7))):
        x, y = random.uniform(-0.4, 0.2), random.uniform(1.1, 1.7)
        piece.add("paper", plain(shade(random, WHITE, 0.15)), (x, x + 0.21), (y, y + 0.29), (0, 0.006))
    return piece


def hooks(random: Random) -> Piece:
    """Clothes and a bag on hooks."""
    piece = Piece(1.0, 0.2)
    for x in (-0.3, 0.05):
        long = random.uniform(0.6, 1.0)
        piece.add("clothes", cloth(random), (x - 0.18, x + 0.18), (1.75 - long, 1.75), (0, 0.16))
    if random.random() < 0.5:
        piece.add("bag", cloth(random), (0.25, 0.5), (1.2, 1.6), (0, 0.18))
    return piece


def television(random: Random) -> Piece:
    """A television on a low cabinet."""
    width = random.uniform(1.1, 1.7)
    piece = Piece(width, 0.45)
    front = Material("panels", colour := pick(random, WOODS), darker(colour, 0.5), 0.4)
    piece.add("cabinet", front, (-width / 2, width / 2), (0, 0.5), (0, 0.42))
    piece.put(screen(random, random.uniform(0.8, 1.2)), 0, 0.5, 0.1)
    clutter(random, piece, width, 0.4, 0.5, 2)
    return piece


def beam(random: Random) -> Piece:
    """A duct, a beam or a rail under the ceiling: a structure that is no wall."""
    width, low = random.uniform(0.8, 2.2), random.uniform(1.9, 2.3)
    piece, colour = Piece(width, 0.1), pick(random, CLOTHS)
    body = Material("noise", colour, darker(colour, 0.8), 0.3)
    piece.add("other structure", body, (-width / 2, width / 2), (low, low + random.uniform(0.15, 0.5)), (0, 0.3))
    return piece


def radiator(random: Random) -> Piece:
    """A radiator under a window: a structure that is no wall."""
    width = random.uniform(0.6, 1.2)
    piece = Piece(width, 0.16)
    ribs = Material("stripes", WHITE, darker(WHITE, 0.7), 0.06)
    piece.add("other structure", ribs, (-width / 2, width / 2), (0.12, 0.62), (0.03, 0.15))
    return piece


def ceiling_lamp(random: Random) -> Piece:
    """A lamp under the ceiling; it hangs from y = 0."""
    radius, drop = random.uniform(0.12, 0.3), random.uniform(0.1, 0.6)
    piece, glass = Piece(0, 0), Material("glow", (1.0, 0.97, 0.85), (1.0, 0.9, 0.7), radius)
    piece.add("lamp", plain(METAL), (-0.015, 0.015), (-drop, 0), (-0.015, 0.015), CYLINDER)
    piece.add("lamp", glass, (-radius, radius), (-drop - 0.15, -drop), (-radius, radius), CYLINDER)
    return piece
