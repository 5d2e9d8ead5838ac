"""One room: its kind, walls, what stands and hangs in it, the camera and the light, from a random stream of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mtlcore.data.twins.rooms import hangings
from mtlcore.data.twins.rooms.kinds import KINDS, Maker
from mtlcore.data.twins.rooms.pieces import (
    CLOTHS,
    TEXTURES,
    WHITE,
    WOODS,
    Block,
    Material,
    Piece,
    Random,
    darker,
    pick,
    plain,
    shade,
)

GAP = 0.06  # metres between pieces along a wall
CLEAR = 0.45  # metres around the camera without furniture


@dataclass(frozen=True)
class Placed:
    """A block in the room: turned by `turn` radians about the vertical, `centre` in the axes of the room."""

    block: Block
    centre: tuple[float, float, float]
    turn: float


@dataclass(frozen=True)
class Scene:
    """A room from 0 to `size` (x, y up, z); surfaces: materials of the wall at each side, floor and ceiling.

    position, angles: of the camera, angles being yaw, pitch and roll in radians. sun: direction towards the light
    from outside; bulb: where the light inside is; light: how strong ambient light, bulb and sun are; tint: of all.
    """

    size: np.ndarray
    surfaces: tuple[Material, ...]
    placed: tuple[Placed, ...]
    position: np.ndarray
    angles: np.ndarray
    sun: np.ndarray
    bulb: np.ndarray
    light: np.ndarray
    tint: np.ndarray


def furnish(random: Random) -> Scene:
    """A room with everything in it."""
    kind = KINDS[random.choice(len(KINDS), p=np.array([kind.share for kind in KINDS]) / sum(k.share for k in KINDS))]
    low, high = kind.sides
    size = np.array([random.uniform(low, high), random.uniform(2.35, 2.9), random.uniform(low, high)])
    position, angles = _camera(random, size)
    floor = _Floor(random, size, position)
    for maker in _chosen(random, ((hangings.door, 0.55), *kind.walls)):
        floor.along_wall(maker(random))
    for maker in _chosen(random, kind.middle):
        floor.in_the_open(maker(random))
    for maker in _chosen(random, kind.hung):
        floor.hang(maker(random))
    if random.random() < 0.25:
        floor.place(hangings.ceiling_lamp(random), size[0] / 2, size[1], size[2] / 2, 0.0)
    away = random.uniform(0, 2 * np.pi)
    sun = np.array([np.cos(away), random.uniform(0.4, 1.2), np.sin(away)])
    bulb = size * [random.uniform(0.3, 0.7), 0.93, random.uniform(0.3, 0.7)]
    light = np.array([random.uniform(0.12, 0.4), random.uniform(0.4, 0.9), random.uniform(0.05, 0.4)])
    tint = np.array([1.0, random.uniform(0.9, 1.0), random.uniform(0.72, 1.02)]) * random.lognormal(-0.1, 0.4)
    surfaces = _surfaces(random)
    return Scene(size, surfaces, tuple(floor.placed), position, angles, sun / np.linalg.norm(sun), bulb, light, tint)


def _chosen(random: Random, makers: tuple[tuple[Maker, float], ...]) -> list[Maker]:
    return [maker for maker, chance in makers for _ in range(int(chance + random.random()))]


def _camera(random: Random, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Near one side of the room, at the height of a hand, looking across and a little down."""
    side, along, back = random.integers(4), random.uniform(0.25, 0.75), random.uniform(0.08, 0.28)
    place = {0: (along, back), 1: (1 - back, along), 2: (along, 1 - back), 3: (back, along)}[int(side)]
    position = np.array([place[0] * size[0], random.uniform(1.1, 1.65), place[1] * size[2]])
    aim = size * [random.uniform(0.25, 0.75), 0, random.uniform(0.25, 0.75)] - position
    if np.hypot(aim[0], aim[2]) < 0.5:
        aim = size / 2 - position
    yaw = np.arctan2(aim[0], aim[2])
    return position, np.array([yaw, random.normal(0.24, 0.13), random.normal(0, 0.03)])


def _surfaces(random: Random) -> tuple[Material, ...]:
    """Materials of the four walls, the floor and the ceiling."""
    paint = shade(random, WHITE, 0.08) if random.random() < 0.55 else pick(random, CLOTHS)
    light = tuple(0.35 + 0.65 * value for value in paint)
    wall = plain(light)  # type: ignore[arg-type]
    if random.random() < 0.15:
        wall = Material("tiles", wall.colour, darker(wall.colour, 0.9), random.uniform(0.12, 0.3))
    other = plain(pick(random, CLOTHS)) if random.random() < 0.2 else wall
    walls = [wall, wall, wall, wall]
    walls[random.integers(4)] = other
    return (*walls, _floor(random), plain(shade(random, WHITE, 0.03)))


def _floor(random: Random) -> Material:
    kind = random.random()
    if kind < 0.4:
        colour = pick(random, WOODS)
        return Material("wood", colour, darker(colour, 0.7), random.uniform(0.1, 0.2))
    colour = shade(random, ((0.6, 0.55, 0.47), (0.45, 0.42, 0.4), (0.7, 0.68, 0.64))[random.integers(3)])
    if kind < 0.75:
        return Material("noise", colour, darker(colour, 0.85), 0.04)
    return Material("tiles", colour, darker(colour, 0.75), random.uniform(0.2, 0.5))


class _Floor:
    """What stands where: pieces never overlap on the floor, and none stands at the camera."""

    def __init__(self, random: Random, size: np.ndarray, camera: np.ndarray) -> None:
        self.random, self.size, self.camera = random, size, camera
        self.placed: list[Placed] = []
        self.taken: list[tuple[float, float, float, float]] = []  # x and z from, to
        self.hung: list[tuple[int, float, float]] = []  # wall, from, to

    def place(self, piece: Piece, x: float, y: float, z: float, turn: float) -> None:
        """The piece's back centre at (x, y, z), its front turned by `turn` from the room's z towards x."""
        cos, sin = np.cos(turn), np.sin(turn)
        for block in piece.blocks:
            bx, by, bz = block.centre
            centre = (x + cos * bx + sin * bz, y + by, z - sin * bx + cos * bz)
            self.placed.append(Placed(block, (float(centre[0]), float(centre[1]), float(centre[2])), turn))

    def along_wall(self, piece: Piece) -> None:
        """With its back at a wall, where there is room; nowhere after a few tries."""
        for _ in range(8):
            wall, x, z, turn, length = self._spot(piece)
            if length > 0 and self._free(self._footprint(piece, x, z, turn), piece):
                self.place(piece, x, 0, z, turn)
                self.taken.append(self._footprint(piece, x, z, turn))
                along = x if wall % 2 == 0 else z
                if max(block.centre[1] + block.half[1] for block in piece.blocks) > 1.1:
                    self.hung.append((wall, along - piece.width / 2, along + piece.width / 2))
                return

    def hang(self, piece: Piece) -> None:
        """On a wall, beside what is there already."""
        for _ in range(6):
            wall, x, z, turn, length = self._spot(piece)
            along = x if wall % 2 == 0 else z
            low, high = along - piece.width / 2, along + piece.width / 2
            blocked = any(at == wall and low < to and high > since for at, since, to in self.hung)
            if piece.depth > 0.15 and not self._free(self._footprint(piece, x, z, turn), piece):
                blocked = True
            if length > 0 and not blocked:
                self.place(piece, x, 0, z, turn)
                self.hung.append((wall, low, high))
                return

    def in_the_open(self, piece: Piece) -> None:
        """Anywhere on the floor, turned at random; a rug under what stands there."""
        for _ in range(8):
            half = max(piece.width, piece.depth) / 2
            x = self.random.uniform(half + 0.1, max(self.size[0] - half - 0.1, half + 0.11))
            z = self.random.uniform(half + 0.1, max(self.size[2] - half - 0.1, half + 0.11))
            reach = 0.75 * (piece.width + piece.depth) / 2 + 0.02
            print_ = (x - reach, x + reach, z - reach, z + reach)
            if piece.width == 0 or self._free(print_, piece):
                turn = self.random.uniform(0, 2 * np.pi)
                back = piece.depth / 2
                self.place(piece, x - np.sin(turn) * back, 0, z - np.cos(turn) * back, turn)
                if piece.width:
                    self.taken.append(print_)
                return

    def _spot(self, piece: Piece) -> tuple[int, float, float, float, float]:
        """A place along one of the walls: wall, x, z, turn, and how much wall is left."""
        wall = int(self.random.integers(4))
        length = (self.size[0] if wall % 2 == 0 else self.size[2]) - piece.width - 2 * GAP
        along = piece.width / 2 + GAP + self.random.random() * max(length, 0)
        x, z = {0: (along, 0), 1: (self.size[0], along), 2: (along, self.size[2]), 3: (0, along)}[wall]
        return wall, float(x), float(z), (0, -np.pi / 2, np.pi, np.pi / 2)[wall], float(length)

    def _footprint(self, piece: Piece, x: float, z: float, turn: float) -> tuple[float, float, float, float]:
        cos, sin, half = np.cos(turn), np.sin(turn), piece.width / 2
        xs = [x + cos * side + sin * far for side in (-half, half) for far in (0, piece.depth)]
        zs = [z - sin * side + cos * far for side in (-half, half) for far in (0, piece.depth)]
        return min(xs), max(xs), min(zs), max(zs)

    def _free(self, area: tuple[float, float, float, float], piece: Piece) -> bool:
        left, right, near, far = area
        if left < -0.01 or near < -0.01 or right > self.size[0] + 0.01 or far > self.size[2] + 0.01:
            return False
        x, z = self.camera[0], self.camera[2]
        tall = max((block.centre[1] + block.half[1] for block in piece.blocks), default=0)
        clear = CLEAR if tall > 0.6 else CLEAR / 2
        if left - clear < x < right + clear and near - clear < z < far + clear:
            return False
        return not any(
            left < to_x and right > from_x and near < to_z and far > from_z for from_x, to_x, from_z, to_z in self.taken
        )


def numbers(scene: Scene, classes: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The blocks of a scene as arrays, float32 or int64, (P, ...), the six sides of the room after them."""
    blocks, room = [placed.block for placed in scene.placed], scene.surfaces
    materials = [block.material for block in blocks] + list(room)
    labels = [block.label for block in blocks] + ["wall"] * 4 + ["floor", "ceiling"]
    return {
        "shape": np.array([block.shape for block in blocks], dtype=np.int64),
        "centre": np.array([placed.centre for placed in scene.placed], dtype=np.float32).reshape(-1, 3),
        "half": np.array([block.half for block in blocks], dtype=np.float32).reshape(-1, 3),
        "turn": np.array([placed.turn for placed in scene.placed], dtype=np.float32),
        "label": np.array([classes.index(label) for label in labels], dtype=np.int64),
        "texture": np.array([TEXTURES.index(material.texture) for material in materials], dtype=np.int64),
        "colour": np.array([material.colour for material in materials], dtype=np.float32),
        "second": np.array([material.second for material in materials], dtype=np.float32),
        "scale": np.array([material.scale for material in materials], dtype=np.float32),
    }
