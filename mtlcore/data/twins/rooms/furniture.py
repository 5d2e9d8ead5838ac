"""Furniture that stands on the floor, one function a kind."""

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
    cloth,
    panels,
    pick,
    plain,
    shade,
    wood,
)
from mtlcore.data.twins.rooms.things import clutter, lamp, mirror, screen


def legs(piece: Piece, label: str, material: Material, width: float, depth: float, height: float) -> None:
    """Four legs under a top that begins at the piece's back."""
    for x in (-width / 2 + 0.04, width / 2 - 0.04):
        for z in (0.04, depth - 0.04):
            piece.add(label, material, (x - 0.025, x + 0.025), (0, height), (z - 0.025, z + 0.025))


def bed(random: Random) -> Piece:
    """A bed with its head at the wall, pillows on it and, at times, clothes."""
    width, depth, height = random.uniform(1.0, 2.0), random.uniform(1.95, 2.15), random.uniform(0.45, 0.65)
    piece, side = Piece(width + 0.1, depth + 0.1), width / 2
    cover, sheet, frame = cloth(random), plain(shade(random, WHITE, 0.1)), wood(random)
    piece.add("bed", frame, (-side, side), (0, height * 0.45), (0, depth))
    piece.add("bed", sheet, (-side, side), (height * 0.45, height - 0.04), (0.05, depth - 0.02))
    piece.add("bed", cover, (-side - 0.03, side + 0.03), (height * 0.25, height), (0.55, depth + 0.03))
    piece.add("bed", frame, (-side - 0.03, side + 0.03), (0, height + random.uniform(0.3, 0.6)), (0, 0.06))
    for number in range(2 if width > 1.3 else 1):
        x = (number - 0.5) * width / 2 if width > 1.3 else 0.0
        pillow = plain(pick(random, CLOTHS)) if random.random() < 0.5 else sheet
        spread = 0.3 if width > 1.3 else 0.34
        y = height + 0.06
        piece.add("pillow", pillow, (x - spread, x + spread), (y - 0.1, y + 0.1), (0.1, 0.55), ELLIPSOID)
    if random.random() < 0.3:
        x, z = random.uniform(-side / 2, side / 2), random.uniform(0.9, depth - 0.4)
        piece.add(
            "clothes", cloth(random), (x - 0.3, x + 0.3), (height - 0.1, height + 0.14), (z - 0.25, z + 0.25), ELLIPSOID
        )
    return piece


def chair(random: Random) -> Piece:
    """A seat on legs, or on a stem, with a back."""
    width, seat, top = random.uniform(0.42, 0.55), random.uniform(0.42, 0.48), random.uniform(0.8, 1.05)
    piece, body = Piece(width, width), cloth(random) if random.random() < 0.5 else wood(random)
    frame = plain(METAL) if random.random() < 0.3 else body
    if random.random() < 0.3:
        piece.add("chair", frame, (-0.03, 0.03), (0.05, seat), (width / 2 - 0.03, width / 2 + 0.03), CYLINDER)
        piece.add("chair", frame, (-0.25, 0.25), (0, 0.06), (width / 2 - 0.25, width / 2 + 0.25), CYLINDER)
    else:
        legs(piece, "chair", frame, width, width, seat)
    piece.add("chair", body, (-width / 2, width / 2), (seat - 0.05, seat + 0.03), (0, width))
    piece.add("chair", body, (-width / 2, width / 2), (seat + random.choice([0.03, 0.2]), top), (0, 0.05))
    if random.random() < 0.2:
        piece.add("clothes", cloth(random), (-width / 2, width / 2), (top - 0.35, top + 0.03), (-0.02, 0.09))
    return piece


def sofa(random: Random) -> Piece:
    """Seat, back and arms, with pillows."""
    width, depth = random.choice([0.95, 1.5, 2.1]) * random.uniform(0.9, 1.1), random.uniform(0.85, 1.0)
    piece, body, side = Piece(width, depth), cloth(random), width / 2
    piece.add("sofa", body, (-side, side), (0.05, 0.42), (0, depth))
    piece.add("sofa", body, (-side, side), (0.3, random.uniform(0.75, 0.95)), (0, 0.28))
    for x in (-side, side - 0.2):
        piece.add("sofa", body, (x, x + 0.2), (0.05, 0.62), (0, depth))
    for x in random.uniform(-side + 0.4, side - 0.4, random.integers(0, 3)) if width > 1 else ():
        pillow = plain(pick(random, CLOTHS))
        piece.add("pillow", pillow, (x - 0.22, x + 0.22), (0.4, 0.8), (0.2, 0.45), ELLIPSOID)
    return piece


def table(random: Random) -> Piece:
    """A dining table or a low one, with things on it."""
    low = random.random() < 0.4
    width, depth = random.uniform(0.8, 1.3 if low else 2.0), random.uniform(0.55, 0.7 if low else 1.0)
    height = random.uniform(0.4, 0.5) if low else random.uniform(0.7, 0.78)
    piece, top = Piece(width, depth), wood(random)
    if random.random() < 0.2:
        across = min(width, depth)
        piece = Piece(across, across)
        piece.add("table", top, (-across / 2, across / 2), (height - 0.04, height), (0, across), CYLINDER)
        piece.add("table", top, (-0.05, 0.05), (0, height), (across / 2 - 0.05, across / 2 + 0.05), CYLINDER)
        width = depth = across
    else:
        piece.add("table", top, (-width / 2, width / 2), (height - 0.05, height), (0, depth))
        legs(piece, "table", top, width, depth, height)
    clutter(random, piece, width, depth, height, int(random.integers(1, 5)))
    return piece


def desk(random: Random) -> Piece:
    """A top on two sides, a screen, paper, perhaps a lamp."""
    width, depth, height = random.uniform(1.1, 1.7), random.uniform(0.6, 0.75), random.uniform(0.71, 0.77)
    piece, body, side = Piece(width, depth + 0.1), wood(random), width / 2
    piece.add("desk", body, (-side, side), (height - 0.04, height), (0, depth))
    for x in (-side, side - 0.04):
        piece.add("desk", body, (x, x + 0.04), (0, height), (0, depth))
    piece.add("desk", panels(random, 0.25), (side - 0.45, side), (0.05, height - 0.04), (0.02, depth - 0.02))
    if random.random() < 0.75:
        piece.put(screen(random, random.uniform(0.4, 0.6)), random.uniform(-side / 2, side / 3), height, 0.2)
    if random.random() < 0.4:
        piece.put(lamp(random), -side + 0.18, height, 0.1)
    clutter(random, piece, width, depth, height, int(random.integers(2, 6)))
    return piece


def night_stand(random: Random) -> Piece:
    """A small chest with a lamp or things on it."""
    width, depth, height = random.uniform(0.4, 0.55), random.uniform(0.38, 0.45), random.uniform(0.5, 0.65)
    piece = Piece(width, depth)
    piece.add("night stand", panels(random, 0.25), (-width / 2, width / 2), (0, height), (0, depth))
    if random.random() < 0.7:
        piece.put(lamp(random), 0, height, 0.05)
    else:
        clutter(random, piece, width, depth, height, 2)
    return piece


def dresser(random: Random) -> Piece:
    """A chest of drawers under a mirror or a television."""
    width, depth, height = random.uniform(0.9, 1.6), random.uniform(0.42, 0.52), random.uniform(0.75, 1.15)
    piece = Piece(width, depth)
    piece.add("dresser", panels(random, 0.3), (-width / 2, width / 2), (0, height), (0, depth))
    if random.random() < 0.45:
        piece.put(mirror(random, width * 0.7), 0, height + 0.05, 0)
    elif random.random() < 0.4:
        piece.put(screen(random, 0.7), 0, height, 0.1)
    clutter(random, piece, width, depth, height, int(random.integers(1, 4)))
    return piece


def wardrobe(random: Random) -> Piece:
    """A tall cabinet."""
    width, depth, height = random.uniform(0.9, 1.8), random.uniform(0.5, 0.62), random.uniform(1.8, 2.2)
    piece = Piece(width, depth)
    piece.add("cabinet", panels(random, 0.45), (-width / 2, width / 2), (0, height), (0, depth))
    if random.random() < 0.4:
        piece.add("box", plain(shade(random, (0.6, 0.45, 0.3))), (-0.25, 0.15), (height, height + 0.25), (0.1, 0.45))
    return piece


def bookshelf(random: Random) -> Piece:
    """Boards with books standing on them."""
    width, depth, height = random.uniform(0.8, 1.8), random.uniform(0.26, 0.34), random.uniform(1.2, 2.2)
    piece, body, side = Piece(width, depth), wood(random), width / 2
    piece.add("bookshelf", body, (-side, side), (0, height), (0, 0.03))
    for x in (-side, side - 0.03):
        piece.add("bookshelf", body, (x, x + 0.03), (0, height), (0, depth))
    count = round(height / 0.36)
    for number in range(count + 1):
        y = number * (height - 0.03) / count
        piece.add("bookshelf", body, (-side, side), (y, y + 0.03), (0, depth))
        if number < count and random.random() < 0.85:
            left, right = -side + 0.04 + random.uniform(0, width / 4), side - 0.04 - random.uniform(0, width / 4)
            spines = Material("leather", pick(random, BRIGHT), pick(random, BRIGHT), 0.04)
            high = y + 0.03 + random.uniform(0.2, 0.29)
            piece.add("books", spines, (left, right), (y + 0.03, high), (0.04, depth - 0.05))
    return piece


def ottoman(random: Random) -> Piece:
    """A padded stool or bench."""
    width, depth, height = random.uniform(0.45, 1.2), random.uniform(0.4, 0.55), random.uniform(0.35, 0.5)
    piece = Piece(width, depth)
    shape = CYLINDER if random.random() < 0.3 else 0
    piece.add("other furniture", cloth(random), (-width / 2, width / 2), (0.04, height), (0, depth), shape)
    return piece
