"""The twin of MNIST: digits from own pen strokes and from printed type, drawn by many hands."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from mtlcore.data.twins import glyphs, warp
from mtlcore.data.twins.strokes import Shapes, Stroke, fit, ink, pixel_grid

DISCS, CONTROLS = 112, 24
PRINTED = 0.2  # share of images that begin from printed type

# On a square of 100 by 100, y down. Strokes that share an end point make a corner.
FIGURES: dict[int, list[list[Stroke]]] = {
    0: [
        [[(56, 3), (30, 10), (15, 50), (28, 90), (53, 98), (76, 86), (86, 48), (74, 12), (50, 3)]],
        [[(62, 9), (40, 3), (18, 34), (20, 78), (48, 98), (76, 78), (80, 36), (64, 8), (42, 12)]],
        [[(45, 4), (8, 30), (8, 68), (45, 97), (88, 74), (92, 34), (62, 5), (36, 8)]],
    ],
    1: [
        [[(52, 2), (51, 35), (50, 65), (49, 98)]],
        [[(52, 2), (49, 50), (51, 98)]],
        [[(53, 2), (53, 40), (47, 98)]],
        [[(30, 24), (42, 14), (52, 2)], [(52, 2), (50, 50), (50, 98)]],
        [[(32, 22), (52, 2)], [(52, 2), (50, 50), (50, 97)], [(26, 98), (50, 97), (76, 97)]],
    ],
    2: [
        [[(18, 25), (32, 5), (62, 3), (78, 24), (66, 50), (40, 76), (15, 96)], [(15, 96), (50, 93), (88, 96)]],
        [[(20, 24), (46, 2), (76, 18), (68, 52), (34, 88), (14, 90), (24, 74), (46, 80), (64, 95), (92, 86)]],
        [[(16, 16), (48, 4), (78, 14), (56, 54), (14, 92)], [(14, 92), (50, 90), (90, 92)]],
        [[(22, 30), (40, 3), (74, 14), (70, 46), (44, 80), (30, 95), (48, 90), (70, 92), (94, 97)]],
    ],
    3: [
        [[(20, 13), (50, 2), (76, 20), (66, 40), (40, 48)], [(40, 48), (76, 56), (82, 80), (54, 98), (16, 88)]],
        [[(16, 6), (48, 4), (80, 5)], [(80, 5), (44, 42)], [(44, 42), (78, 54), (80, 82), (50, 98), (16, 88)]],
        [[(22, 16), (52, 2), (76, 18), (58, 42), (38, 50), (48, 43), (78, 62), (76, 86), (46, 98), (14, 84)]],
    ],
    4: [
        [[(24, 5), (18, 34), (22, 54), (54, 52), (88, 46)], [(72, 6), (67, 50), (62, 98)]],
        [[(62, 2), (40, 32), (12, 64)], [(12, 64), (50, 63), (90, 62)], [(64, 2), (64, 50), (63, 98)]],
        [[(30, 8), (22, 30), (15, 54)], [(15, 54), (50, 52), (84, 50)], [(72, 22), (68, 60), (64, 98)]],
        [[(68, 98), (73, 50), (78, 5)], [(78, 5), (46, 28), (16, 58)], [(16, 58), (50, 58), (92, 54)]],
    ],
    5: [
        [[(80, 4), (32, 6)], [(32, 6), (26, 42)], [(26, 42), (56, 36), (80, 60), (70, 88), (40, 98), (14, 88)]],
        [[(34, 8), (26, 44), (58, 44), (76, 68), (56, 96), (14, 92)], [(34, 8), (62, 8), (92, 2)]],
        [[(82, 5), (44, 8), (26, 28), (42, 46), (70, 60), (74, 82), (46, 98), (12, 90)]],
    ],
    6: [
        [[(68, 2), (38, 22), (20, 60), (28, 90), (55, 98), (76, 80), (66, 58), (42, 58), (24, 76)]],
        [[(58, 2), (32, 42), (22, 80), (44, 98), (70, 88), (70, 64), (44, 60), (25, 82)]],
        [[(54, 3), (26, 34), (14, 70), (36, 97), (70, 92), (84, 68), (60, 48), (30, 58), (16, 74)]],
    ],
    7: [
        [[(14, 8), (50, 6), (86, 5)], [(86, 5), (62, 45), (44, 98)]],
        [[(14, 8), (50, 6), (84, 5)], [(84, 5), (60, 45), (42, 98)], [(30, 54), (54, 50), (80, 48)]],
        [[(14, 24), (17, 8)], [(17, 8), (50, 6), (82, 5)], [(82, 5), (66, 48), (56, 98)]],
        [[(14, 18), (30, 5), (56, 8), (82, 6), (70, 40), (50, 98)]],
    ],
    8: [
        [
            [
                (74, 14), (48, 2), (24, 18), (40, 42), (70, 64), (76, 86), (50, 98),
                (24, 86), (32, 62), (62, 40), (76, 18), (64, 6),
            ]
        ],
        [
            [(50, 2), (28, 12), (30, 38), (50, 46), (72, 36), (72, 12), (50, 2)],
            [(50, 46), (24, 60), (24, 88), (50, 98), (78, 86), (76, 60), (50, 46)],
        ],
        [[(82, 10), (52, 2), (26, 22), (50, 48), (76, 76), (52, 98), (26, 80), (48, 50), (84, 8)]],
    ],
    9: [
        [[(78, 22), (54, 3), (25, 20), (30, 46), (56, 46), (78, 20)], [(78, 20), (72, 60), (66, 98)]],
        [[(74, 16), (46, 4), (24, 28), (44, 50), (72, 30), (76, 12), (76, 60), (60, 92), (24, 94)]],
        [[(70, 32), (44, 46), (24, 26), (46, 4), (74, 12)], [(74, 8), (69, 50), (64, 98)]],
    ],
}  # fmt: skip


@functools.cache
def hand_drawn() -> Shapes:
    """The figures above as discs, on a square from -1 to 1."""
    return Shapes.of(FIGURES, discs=DISCS, controls=CONTROLS)


@functools.cache
def printed() -> tuple[Tensor, Tensor, Tensor]:
    """Points, radii, and rows by digit, (10, faces), of printed type."""
    points, radii, labels = glyphs.digit_discs(DISCS)
    return points, radii, torch.argsort(labels, stable=True).view(10, -1)


def draw(labels: Tensor, *, generator: torch.Generator, difficulty: float) -> Tensor:
    """Draw one image for each label: (B, 784), coverage from 0 to 1."""
    noise = functools.partial(torch.randn, generator=generator)
    count = len(labels)
    # Most hands are tidy and a few are wild: the disorder is log-normal.
    mess = difficulty * (0.6 * noise(count)).exp()
    pen = (0.2 + 0.3 * noise(count)).exp().clamp(0.75, 2.2)
    points, radius = _choose(labels, mess, pen, generator)
    turn = warp.matrices(0.08 * mess * noise(count), 0.12 + 0.22 * noise(count), -0.1 + 0.15 * noise(count))
    # The original was scaled to a box of 20 pixels and centred by its mass [lecun1998mnist].
    points, radius = fit(points @ turn.transpose(1, 2), radius, 20)
    bend = warp.elastic(noise(count, 2, 4, 4) * (0.6 * mess)[:, None, None, None])
    softness = 0.8 + 0.5 * torch.rand(count, generator=generator)
    return ink(points, radius, pixel_grid() + bend, softness)


def _choose(labels: Tensor, mess: Tensor, pen: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A prototype for each label, its control points moved: points (B, P, 2) in -1..1, radii (B, P) likewise."""
    count, hand = len(labels), hand_drawn()
    pick, face, kind = torch.rand(3, count, generator=generator)
    rows = hand.pick(labels, pick)
    shake = torch.randn(count, CONTROLS, 2, generator=generator) * (0.075 * mess)[:, None, None]
    points = hand.points[rows] + torch.bmm(hand.sway[rows], shake)
    radius = (pen / 10)[:, None].expand(-1, DISCS)
    type_points, type_radii, by_digit = printed()
    rows = by_digit[labels, (face * by_digit.shape[1]).long()]
    is_type = (kind < PRINTED)[:, None]
    # The same pen makes printed type bolder or lighter.
    bolder = type_radii[rows] * (0.6 + 0.4 * pen[:, None])
    return torch.where(is_type[:, :, None], type_points[rows], points), torch.where(is_type, bolder, radius)
