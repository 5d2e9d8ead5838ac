"""Painting a batch of figures: backgrounds, parts over them, light and the camera. Pictures are (B, 3, 1024)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlcore.data.twins.scenes import shapes
from mtlcore.data.twins.scenes.drawing import PATTERNS
from mtlcore.data.twins.scenes.tables import KINDS, NAMES, RGB, Choices, Tables

SIDE = 32
_AXIS = torch.arange(SIDE, dtype=torch.float32) - (SIDE - 1) / 2
_Y, _X = (grid.reshape(1, -1) for grid in torch.meshgrid(_AXIS, _AXIS, indexing="ij"))

# Colours of the upper and of the lower part, and the least and greatest height of the line between them, from the top;
# where both are 0 the one passes into the other all the way down.
GROUNDS: dict[str, tuple[str, str, float, float]] = {
    "sky": ("azure|blue|silver", "silver|white|azure", 0, 0),
    "night": ("navy|black", "navy|purple|dark", 0, 0),
    "grass": ("azure|silver|leaf|pine|olive", "green|lime|leaf|olive", 0.05, 0.6),
    "water": ("azure|silver|white|pine", "blue|teal|navy|azure", 0.25, 0.7),
    "deep": ("azure|teal|blue", "navy|teal|blue", 0, 0),
    "road": ("azure|silver|leaf|grey|white", "grey|silver|dark|beige", 0.35, 0.7),
    "room": ("beige|cream|azure|white|teal|pink|grey", "brown|tan|grey|beige|rust", 0.5, 0.85),
    "forest": ("pine|leaf|olive|dark", "leaf|bark|olive|green", 0.1, 0.9),
    "leaves": ("leaf|green|pine", "lime|green|olive", 0, 0),
    "sand": ("azure|tan|silver|cream", "tan|beige|cream|gold", 0.1, 0.6),
    "soil": ("bark|tan|grey|olive", "brown|bark|tan|rust", 0, 0),
    "snow": ("azure|silver|pine|grey", "white|silver", 0.2, 0.7),
    "plain": ("white|silver|cream|grey|black", "white|silver|beige|grey|dark", 0, 0),
    "table": ("grey|beige|dark|teal|white", "brown|tan|white|rust|cream", 0.3, 0.75),
}
_ABOVE, _BELOW = (
    Choices.of([[NAMES.index(name) for name in ground[half].split("|")] for ground in GROUNDS.values()])  # type: ignore[union-attr]
    for half in (0, 1)
)
_LOW, _HIGH = (torch.tensor([ground[end] for ground in GROUNDS.values()]) for end in (2, 3))


class Chance:
    """Random numbers for a batch, one row an image."""

    def __init__(self, count: int, generator: torch.Generator) -> None:
        self.count, self.generator = count, generator

    def normal(self, *sizes: int) -> Tensor:
        """Standard normal, (B, *sizes)."""
        return torch.randn(self.count, *sizes, generator=self.generator)

    def uniform(self, low: float, high: float, *sizes: int) -> Tensor:
        """Evenly distributed, (B, *sizes)."""
        return low + (high - low) * torch.rand(self.count, *sizes, generator=self.generator)

    def field(self, cells: int, channels: int = 1) -> Tensor:
        """A smooth field over the picture, (B, channels, 1024), of unit variance at its nodes."""
        noise = self.normal(channels, cells, cells)
        return F.interpolate(noise, size=(SIDE, SIDE), mode="bilinear", align_corners=True).flatten(2)

    def shaken(self, colours: Tensor, spread: float) -> Tensor:
        """Colours (B, ..., 3) made brighter or darker, and a little another hue."""
        lead = colours.shape[1:-1]
        return (colours * (1 + 0.6 * spread * self.normal(*lead, 1)) + spread * self.normal(*lead, 3)).clamp(0, 1)


@dataclass(frozen=True)
class _Easel:
    """Where every pixel is on its figure, x, y (B, 1024); pixels a unit (B, 1); grain of the thing; sideways light."""

    x: Tensor
    y: Tensor
    scale: Tensor
    grain: Tensor
    light: Tensor


def paint(tables: Tables, figures: Tensor, generator: torch.Generator, difficulty: float) -> Tensor:
    """One picture of each figure, figures (B,): (B, 3, 32, 32) from 0 to 1."""
    chance = Chance(len(figures), generator)
    pictures = _ground(tables.grounds.pick(figures, chance.uniform(0, 1)), chance, difficulty)
    pictures = _clutter(pictures, chance, difficulty, pieces=3)
    easel = _place(tables, figures, chance, difficulty)
    _figures(pictures, tables, figures, easel, chance, difficulty)
    pictures = _clutter(pictures, chance, 0.6 * difficulty, pieces=1)
    return _camera(pictures, chance, difficulty).unflatten(2, (SIDE, SIDE))


def _place(tables: Tables, figures: Tensor, chance: Chance, difficulty: float) -> _Easel:
    size = tables.size[figures, None]
    scale = 0.34 * size * (0.16 * difficulty * chance.normal(1) - 0.06 * difficulty).exp()
    turn = tables.turn[figures, None] * difficulty * chance.normal(1)
    mirrored = torch.where(chance.uniform(0, 1, 1) < 0.5, -1.0, 1.0)
    stretch = (0.1 * difficulty * chance.normal(1)).exp()
    dx, dy = _X - 2.4 * difficulty * chance.normal(1), _Y - 1.8 * difficulty * chance.normal(1)
    x = (turn.cos() * dx + turn.sin() * dy) * mirrored / (scale * stretch)
    y = (-turn.sin() * dx + turn.cos() * dy) * stretch / scale
    bend = 2.5 * difficulty * chance.field(4, 2)
    light = 0.16 * torch.sin(chance.uniform(0, 6.28, 1))
    return _Easel(x + bend[:, 0], y + bend[:, 1], scale, chance.field(9).squeeze(1), light)


def _figures(
    pictures: Tensor, tables: Tables, figures: Tensor, easel: _Easel, chance: Chance, difficulty: float
) -> None:
    """Paint the figures over the pictures, in place."""
    names = torch.arange(tables.names)
    chosen = tables.palette.pick(figures[:, None] * tables.names + names, chance.uniform(0, 1, tables.names))
    own = chance.shaken(RGB[chosen], 0.06 * difficulty)
    common = chance.shaken(RGB.expand(len(figures), -1, -1), 0.05 * difficulty)
    colours = torch.cat([own, common], dim=1)
    marks = torch.where((tables.mark[figures] < 0)[:, None], 0.15, own[torch.arange(len(own)), tables.mark[figures]])
    drawing = tables.drawings.pick(figures, chance.uniform(0, 1))
    for place in range(tables.kind.shape[1]):
        sway = 1.3 * difficulty * chance.normal(tables.numbers.shape[2])
        for kind in range(len(KINDS)):
            rows = torch.nonzero(tables.kind[drawing, place] == kind).flatten()
            if len(rows):
                part, x, y = drawing[rows], easel.x[rows], easel.y[rows]
                inside, depth = _shape(tables, part, place, kind, x, y, sway[rows])
                value = colours[rows, tables.colour[part, place]] * tables.tone[part, place, None]
                value = _patterned(value[:, :, None], tables.pattern[part, place], marks[rows], x, y, easel.grain[rows])
                # A round thing is brighter where it looks up, and where it looks to the light.
                shade = 1 - 0.24 * depth + easel.light[rows] * x / 50 + 0.05 * easel.grain[rows]
                cover = (0.5 + inside * easel.scale[rows]).clamp(0, 1)[:, None]
                pictures[rows] = torch.lerp(pictures[rows], value * shade[:, None], cover)


def _shape(
    tables: Tables, part: Tensor, place: int, kind: int, x: Tensor, y: Tensor, sway: Tensor
) -> tuple[Tensor, Tensor]:
    numbers = tables.numbers[part, place] + sway
    if KINDS[kind] == "oval":
        return shapes.oval(x, y, numbers, tables.angle[part, place])
    if KINDS[kind] == "limb":
        return shapes.limb(x, y, numbers)
    places = numbers.unflatten(1, (-1, 2))
    ends = (tables.corner[part, place], tables.next_corner[part, place])
    corners, following = (places.gather(1, index[..., None].expand(-1, -1, 2)) for index in ends)
    return shapes.polygon(x, y, corners, following)


def _patterned(value: Tensor, pattern: Tensor, mark: Tensor, x: Tensor, y: Tensor, grain: Tensor) -> Tensor:
    """Colours with the second colour in stripes, spots or bars, (B, 3, 1024), or (B, 3, 1) where none has a pattern."""
    for number, name in enumerate(PATTERNS[1:], start=1):
        rows = torch.nonzero(pattern == number).flatten()
        if not len(rows):
            continue
        if name == "stripes":
            share = 2 * torch.sin(0.62 * x[rows] + 1.5 * grain[rows])
        elif name == "bars":
            share = 2 * torch.sin(0.55 * y[rows])
        else:
            share = 3 * torch.sin(0.55 * x[rows]) * torch.sin(0.55 * y[rows]) + grain[rows] - 0.6
        value = value.expand(-1, -1, x.shape[1]).clone()
        value[rows] = torch.lerp(value[rows], mark[rows, :, None], share.clamp(0, 1)[:, None])
    return value


def _ground(ground: Tensor, chance: Chance, difficulty: float) -> Tensor:
    """The background, (B, 3, 1024), of the kinds ground (B,)."""
    spread = 0.03 + 0.04 * difficulty
    top, bottom = (
        chance.shaken(RGB[half.pick(ground, chance.uniform(0, 1))], spread)[:, :, None] for half in (_ABOVE, _BELOW)
    )
    low, high = _LOW[ground, None, None], _HIGH[ground, None, None]
    down = (_Y / SIDE + 0.5)[:, None]
    line = low + (high - low) * chance.uniform(0, 1, 1, 1) + 0.03 * chance.field(5)
    share = torch.where(high > 0, ((down - line) * SIDE / 1.5 + 0.5).clamp(0, 1), down)
    rough = 0.05 * chance.field(6) + 0.05 * chance.field(14) + 0.03 * chance.field(SIDE) + 0.03 * chance.field(5, 3)
    return torch.lerp(top, bottom, share) + difficulty * rough


def _clutter(pictures: Tensor, chance: Chance, difficulty: float, *, pieces: int) -> Tensor:
    """Soft blobs and boxes of any colour, that mean nothing."""
    for _ in range(pieces):
        here = (chance.uniform(0, 1, 1) < 0.4 * difficulty).float()
        radius = chance.uniform(1.5, 7, 2)
        away = chance.uniform(0, 6.28, 1)
        centre = 17 * torch.cat([away.cos(), away.sin()], dim=1) * chance.uniform(0.6, 1.2, 1)
        u, v = ((_X - centre[:, :1]) / radius[:, :1]).abs(), ((_Y - centre[:, 1:]) / radius[:, 1:]).abs()
        distance = torch.where(chance.uniform(0, 1, 1) < 0.5, torch.maximum(u, v), (u.square() + v.square()).sqrt())
        cover = 0.85 * (0.5 + (1 - distance) * radius.amin(dim=1, keepdim=True)).clamp(0, 1) * here
        colour = chance.shaken(RGB[(chance.uniform(0, 1) * len(RGB)).long()], 0.1)
        pictures = torch.lerp(pictures, colour[:, :, None], cover[:, None])
    return pictures


def _camera(pictures: Tensor, chance: Chance, difficulty: float) -> Tensor:
    """Exposure, contrast, cast of colour, focus and grain of the film."""
    gain = (0.16 * difficulty * chance.normal(1, 1) + 0.04 * difficulty * chance.normal(3, 1)).exp()
    contrast = (0.14 * difficulty * chance.normal(1, 1)).exp()
    pictures = ((pictures - 0.5) * contrast + 0.5) * gain
    square = pictures.unflatten(2, (SIDE, SIDE))
    soft = F.avg_pool2d(F.pad(square, [1, 1, 1, 1], mode="replicate"), 3, stride=1).flatten(2)
    pictures = torch.lerp(pictures, soft, (0.5 * difficulty * chance.uniform(0, 1, 1, 1)).clamp(0, 1))
    return (pictures + 0.02 * difficulty * chance.normal(3, SIDE * SIDE)).clamp(0, 1)
