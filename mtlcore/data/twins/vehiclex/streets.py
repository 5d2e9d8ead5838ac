"""The street of each camera as two pictures that repeat along it: the ground, and the fronts on either side.

Ground: metres across the street by metres along it, a carriageway with markings, kerbs, pavements, verges. Fronts:
height by metres along, houses with windows, shops and awnings, gaps, trees. Colours are red, green, blue and whether
there is anything (0 is sky), each from 0 to 255.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Metres: of ground, along until it repeats and across with the middle of the street in the middle; of fronts, along
# until they repeat and up. Those along are powers of two, so that repeating is a mask of bits.
PERIOD, ACROSS = 16, 32
FRONTS, HIGH = 64, 12
GRAIN = 8  # a metre

ASPHALT = ((72, 72, 76), (92, 90, 88), (60, 62, 68), (104, 98, 92), (84, 86, 92))
PAVEMENT = ((150, 146, 138), (128, 128, 130), (166, 152, 132), (138, 118, 104))
VERGE = ((86, 112, 58), (104, 120, 66), (150, 146, 138), (122, 108, 84))
WALLS = (
    *((158, 92, 74), (214, 198, 168), (176, 174, 170), (196, 150, 110), (126, 138, 150)),
    *((222, 214, 202), (142, 72, 60), (206, 178, 120), (150, 166, 150), (98, 96, 104), (230, 190, 176)),
)
AWNINGS = ((170, 44, 44), (40, 92, 66), (44, 66, 120), (206, 160, 60), (90, 60, 90))
LEAVES = ((62, 98, 46), (84, 116, 52), (104, 128, 60), (50, 84, 58))


@dataclass(frozen=True)
class Street:
    """half: metres from the middle of the carriageway to its kerb; fronts: to the houses, on both sides.

    ground: (32 r, 16 r, 4), front: (12 r, 64 r, 4) uint8 for r texels a metre; row 0 of the front is its foot.
    """

    half: float
    fronts: float
    ground: np.ndarray
    front: np.ndarray


def street(random: np.random.Generator, texels: int) -> Street:
    """A street drawn at random, at so many texels a metre: the same one at any."""
    half, fronts = random.uniform(3.2, 5.0), random.uniform(7.5, 12.5)
    return Street(half, fronts, _ground(random, half, texels), _fronts(random, texels))


@dataclass(frozen=True)
class _Picture:
    """A picture being painted over: colours (rows, columns, 3), whether there is anything, metres up and along.

    up: (rows, 1) and along: (1, columns), of the middles of texels.
    """

    colours: np.ndarray
    there: np.ndarray
    up: np.ndarray
    along: np.ndarray

    @classmethod
    def blank(cls, up: int, along: int, texels: int) -> _Picture:
        """Nothing yet, over so many metres up and along."""
        shape = (up * texels, along * texels)
        rows, columns = (np.arange(shape[0]) + 0.5)[:, None] / texels, (np.arange(shape[1]) + 0.5)[None] / texels
        return cls(np.zeros((*shape, 3)), np.zeros(shape), rows, columns)

    def between(self, start: float, end: float) -> _Picture:
        """The part between two places along, which is the same picture."""
        low, high = np.searchsorted(self.along[0], (start, end))
        return _Picture(self.colours[:, low:high], self.there[:, low:high], self.up, self.along[:, low:high])

    def fill(self, mask: np.ndarray, colour: tuple[float, float, float] | np.ndarray) -> None:
        """Paint where the mask, which is spread over the picture, is true."""
        mask = np.broadcast_to(mask, self.there.shape)
        self.colours[mask], self.there[mask] = colour, 1

    def texels(self, grain: np.ndarray) -> np.ndarray:
        """Red, green, blue, alpha, (rows, columns, 4) uint8."""
        return np.concatenate([(self.colours + grain).clip(0, 255), 255 * self.there[..., None]], axis=2).astype(
            np.uint8
        )


def _grain(random: np.random.Generator, shape: tuple[int, int], texels: int) -> np.ndarray:
    """Fine and smooth coarse unevenness of metres by metres, (rows, columns, 1)."""
    rows, columns = shape
    fine = random.standard_normal((rows * GRAIN, columns * GRAIN))
    coarse = random.standard_normal((rows // 2, columns // 2))
    for axis in (0, 1):
        fine = fine.repeat(texels // GRAIN, axis=axis)
        coarse = _stretch(coarse, 2 * texels, axis)
    return (4.5 * fine + 4.5 * coarse)[..., None]


def _stretch(values: np.ndarray, times: int, axis: int) -> np.ndarray:
    """Linear between the values, which repeat."""
    share = ((np.arange(times) + 0.5) / times)[None, :, None]
    first = np.moveaxis(values, axis, 0)[:, None]
    both = first * (1 - share) + np.roll(first, -1, axis=0) * share
    return np.moveaxis(both.reshape(-1, first.shape[2]), 0, axis)


def _ground(random: np.random.Generator, half: float, texels: int) -> np.ndarray:
    picture = _Picture.blank(ACROSS, PERIOD, texels)
    across, along = picture.up - ACROSS / 2, picture.along
    away = np.abs(across)
    picture.fill(away >= 0, np.array(VERGE[random.integers(len(VERGE))]))
    walk = half + random.uniform(1.6, 3.0)
    pavement = np.array(PAVEMENT[random.integers(len(PAVEMENT))], dtype=float)
    joint = random.choice([0.5, 0.8, 1.0])
    picture.fill(away < walk, pavement)
    picture.fill((away < walk) & ((away % joint < 0.05) | (along % (2 * joint) < 0.05)), 0.86 * pavement)
    picture.fill(away < half + 0.22, np.array((186, 184, 178)) * random.uniform(0.85, 1.05))
    asphalt = np.array(ASPHALT[random.integers(len(ASPHALT))], dtype=float)
    picture.fill(away < half, asphalt)
    for _ in range(random.integers(0, 4)):  # mended places
        x, y, wide, long = random.uniform(-half, half - 1), random.uniform(0, PERIOD - 4), *random.uniform(0.6, 3.0, 2)
        mended = (across > x) & (across < min(x + wide, half)) & (along > y) & (along < y + long)
        picture.fill(mended, asphalt * random.uniform(0.8, 0.95))
    _markings(picture, random, half, across)
    for _ in range(random.integers(0, 3)):  # manholes
        x, y = random.uniform(-half + 0.5, half - 0.5), random.uniform(1, PERIOD - 1)
        picture.fill((across - x) ** 2 + (along - y) ** 2 < 0.09, 0.7 * asphalt)
    return picture.texels(_grain(random, (ACROSS, PERIOD), texels))


def _markings(picture: _Picture, random: np.random.Generator, half: float, across: np.ndarray) -> None:
    """Lines along the middle and the edges, and now and then a crossing."""
    away, along = np.abs(across), picture.along
    white = np.array((222, 220, 212))
    paint = white if random.random() < 0.7 else np.array((214, 176, 70))
    if random.random() < 0.85:
        dash = random.choice([2.0, 4.0, 16.0])
        picture.fill((away < 0.07) & (along % dash < 0.6 * dash), paint)
    if random.random() < 0.5:
        picture.fill((away > half - 0.45) & (away < half - 0.33), paint)
    if random.random() < 0.3:
        start = random.uniform(3, PERIOD - 5)
        band = (along > start) & (along < start + 2.4)
        picture.fill((away < half - 0.4) & band & ((across + ACROSS) % 1.0 < 0.5), white)


def _fronts(random: np.random.Generator, texels: int) -> np.ndarray:
    picture = _Picture.blank(HIGH, FRONTS, texels)
    hedge = np.array(LEAVES[random.integers(len(LEAVES))]) * 0.9
    picture.fill((picture.up < 1.1) & (picture.along >= 0), hedge)  # seen in every gap
    start = 0.0
    while start < FRONTS - 4:
        end = min(start + random.uniform(5, 13), FRONTS)
        if random.random() < 0.85:
            _house(picture.between(start, end), random, start, end)
        start = end
    for _ in range(random.integers(3, 12)):
        _tree(picture, random)
    return picture.texels(_grain(random, (HIGH, FRONTS), texels) * 0.7)


def _house(picture: _Picture, random: np.random.Generator, start: float, end: float) -> None:
    up, along = picture.up, picture.along
    height, shop = random.uniform(3.8, HIGH - 0.4), random.random() < 0.55
    wall = np.array(WALLS[random.integers(len(WALLS))]) * random.uniform(0.85, 1.08)
    glass = np.array((70, 84, 98)) * random.uniform(0.7, 1.5)
    inside = (along > start) & (along < end)
    picture.fill(inside & (up < height), wall)
    picture.fill(inside & (up > height - 0.35) & (up < height), wall * random.choice([0.6, 0.75, 1.15]))
    _windows(picture, random, (start, end), height, wall, glass, 1 if shop else 0)
    if shop:
        _shop(picture, random, (start, end), wall, glass)
    door = start + random.uniform(0.6, max(0.7, end - start - 1.8))
    colour = np.array(AWNINGS[random.integers(len(AWNINGS))]) * 0.8
    picture.fill((along > door) & (along < door + 1.0) & (up < 2.15), colour)


def _windows(
    picture: _Picture,
    random: np.random.Generator,
    span: tuple[float, float],
    height: float,
    wall: np.ndarray,
    glass: np.ndarray,
    first: int,
) -> None:
    """Rows of framed windows from a storey on, some of them lit."""
    up, along = picture.up, picture.along
    bay, wide, tall, floor = random.uniform((1.5, 0.5, 1.1, 2.7), (2.6, 0.8, 1.8, 3.2))
    beside, storey = np.abs((along - span[0]) % bay - bay / 2) - wide * bay / 2, (up - 0.3 * first) % floor
    inside = (along > span[0]) & (along < span[1]) & (up > first * floor)
    frame = inside & (beside < 0.1) & (storey > 0.8) & (storey < 1.0 + tall) & (up < height - 0.5)
    panes = frame & (beside < 0) & (storey > 0.9) & (storey < 0.9 + tall) & (up < height - 0.6)
    picture.fill(frame, np.minimum(wall * 1.2 + 10, 240))
    picture.fill(panes, glass)
    number = np.floor((along - span[0]) / bay) * 7 + np.floor(up / floor) * 13 + random.integers(50)
    picture.fill(panes & (number % 9 == 0), (236, 214, 150))


def _shop(
    picture: _Picture, random: np.random.Generator, span: tuple[float, float], wall: np.ndarray, glass: np.ndarray
) -> None:
    """Shop windows under a striped awning."""
    up, along = picture.up, picture.along
    inside = (along > span[0]) & (along < span[1])
    awning = np.array(AWNINGS[random.integers(len(AWNINGS))])
    picture.fill((up < 2.6) & (up > 0.45) & (along > span[0] + 0.4) & (along < span[1] - 0.4), glass * 0.9)
    picture.fill(inside & (up < 2.6) & (np.abs((along - span[0]) % 3.0 - 1.5) > 1.42), wall * 0.6)
    picture.fill(inside & (up > 2.45) & (up < 3.15), awning)
    picture.fill(inside & (up > 2.45) & (up < 2.8) & (along % 1 < 0.5), np.minimum(awning * 0.4 + 150, 240))


def _tree(picture: _Picture, random: np.random.Generator) -> None:
    x, height = random.uniform(2.5, FRONTS - 2.5), random.uniform(3.0, 7.5)
    picture = picture.between(x - 2.5, x + 2.5)
    up, along = picture.up, picture.along
    picture.fill((np.abs(along - x) < 0.16) & (up < height), (84, 66, 50))
    leaf = np.array(LEAVES[random.integers(len(LEAVES))])
    for _ in range(7):
        dx, dz, radius = random.uniform((-1.1, -0.6, 0.6), (1.1, 1.3, 1.3))
        crown = (along - x - dx) ** 2 + (up - height - dz) ** 2 < radius**2
        picture.fill(crown, leaf * random.uniform(0.75, 1.25))
