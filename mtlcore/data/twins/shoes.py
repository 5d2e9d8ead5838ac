"""Sandals, sneakers and ankle boots, from the side, toe to the left."""

from __future__ import annotations

import torch
from torch import Tensor

from mtlcore.data.twins.cloth import Chance, X, Y, band, cover, finish, limb, profile, weave

TOE, HEEL = -13.3, 13.3


def _sole(heel: Tensor, ground: Tensor) -> Tensor:
    """Height (y) of the underside of the foot over x: on the ground at the ball, lifted by `heel` at the back."""
    lift = profile(
        [TOE, -10.0, -4.0, 5.0, HEEL],
        [0.08 * heel + 0.6, 0 * heel, 0.08 * heel, 0.8 * heel, heel],
        down=False,
    )
    return ground - lift


def _heel_block(heel: Tensor, ground: Tensor, width: Tensor) -> Tensor:
    """Inside field of the heel under the back of the foot."""
    slope = 0.25 * (ground - Y) / 10
    back = HEEL - 0.2 - X
    front = X - (HEEL - width) + width * slope * 2
    return torch.minimum(torch.minimum(back, front), torch.minimum(ground - Y, Y - (ground - heel - 1)))


def sneakers(chance: Chance, difficulty: float) -> Tensor:
    """A low shoe with a rubber sole, laces, and a stripe or patches on its side; some reach the ankle."""
    spread = difficulty * (0.4 * chance.normal()).exp()
    collar = (9.6 + 1.5 * spread * chance.normal()).clamp(6, 17)
    toe = (3.6 + 0.5 * spread * chance.normal()).clamp(2.2, 6)
    instep = toe + (collar - toe) * chance.uniform(0.4, 0.65)
    dip, tab = collar - chance.uniform(0.6, 2.8), collar - chance.uniform(-0.4, 1.2)
    heights = [toe * 0.35, toe * 0.95, toe * 1.1, instep, collar, dip, tab, tab * 0.7]
    ground = collar / 2 + 0.4
    heel = (1.2 * spread * chance.normal().abs() * 0.5).clamp(0, 3)
    under = _sole(heel, ground)
    top = ground - profile([TOE, -11.0, -7.5, -2.0, 2.8, 7.0, 11.8, HEEL], heights, down=False)
    upper = torch.minimum(Y - top, ground - Y)
    inside = torch.minimum(upper, torch.minimum(X - TOE, HEEL - X))
    tone = _leather(chance, inside)
    rubber = cover(Y - (under.minimum(ground - 0.2) - chance.uniform(1.1, 2.4)))
    tone = torch.lerp(tone, chance.uniform(0.1, 1.0).expand_as(tone), rubber * 0.9)
    lean = X + 0.9 * Y
    stripes = cover(torch.sin(lean * 6.28 / chance.uniform(2.6, 5.0)) * 1.2) * band(chance.uniform(-1, 4), 6.0, X)
    tone = tone + chance.maybe(0.6) * chance.uniform(-0.5, 0.5) * stripes * cover(upper - 1.5)
    laces = cover(torch.sin(X * 6.28 / 1.9)) * band(-1.5, 5.5, X) * cover(2.4 - (Y - top))
    return finish(tone + chance.maybe(0.8) * chance.uniform(-0.4, 0.5) * laces, inside)


def boots(chance: Chance, difficulty: float) -> Tensor:
    """A foot and a shaft, on a sole that is flat or on a heel."""
    spread = difficulty * (0.4 * chance.normal()).exp()
    shaft = (19.5 + 3.2 * spread * chance.normal()).clamp(10, 26)
    heel = (chance.maybe(0.45) * (4.2 + 1.6 * spread * chance.normal())).clamp(0.6, 9)
    toe = (4.2 + 0.7 * spread * chance.normal()).clamp(2.6, 7)
    throat = chance.uniform(-2.5, 2.0)
    ground = (shaft + 1) / 2
    under = _sole(heel, ground)
    foot = profile([TOE, -10.5, -6.0, -1.0, HEEL], [toe * 0.4, toe, toe + 1.3, toe + 4.0, toe + 5.0], down=False)
    rise = ((X - throat + 2.0) / 3.6).clamp(0, 1)
    rise = rise * rise * (3 - 2 * rise)
    top = under.minimum(ground) - foot * (1 - rise) - rise * (shaft - heel * (X > 3) - 0.6)
    top = torch.maximum(top, (ground - shaft).expand_as(top))
    leg = torch.minimum(HEEL - chance.uniform(0, 2.5) * cover(-Y) - X, X - TOE)
    upper = torch.minimum(torch.minimum(Y - top, under - Y), leg)
    block = _heel_block(heel, ground, chance.uniform(2.2, 6.5)) - 20 * (heel < 1.0)
    inside = torch.maximum(upper, block)
    tone = _leather(chance, inside)
    rubber = cover(Y - under + chance.uniform(0.9, 1.9))
    tone = torch.lerp(tone, chance.uniform(0.05, 0.9).expand_as(tone), rubber * 0.8)
    gusset = band(chance.uniform(4.5, 7.5), chance.uniform(1.2, 3.5), X) * cover(Y - top - 1) * cover(2 - Y)
    tone = tone + chance.maybe(0.45) * chance.uniform(-0.4, 0.3) * gusset
    laces = cover(torch.sin(Y * 6.28 / 2.4)) * band(throat + 1.6, 2.6, X) * cover(3 - Y)
    tone = tone + chance.maybe(0.4) * chance.uniform(-0.4, 0.5) * laces
    return finish(tone, inside)


def sandals(chance: Chance, difficulty: float) -> Tensor:
    """A sole, flat, wedged or on a heel, and straps over an absent foot."""
    spread = difficulty * (0.4 * chance.normal()).exp()
    heel = (chance.maybe(0.5) * (8.0 + 3.5 * spread * chance.normal())).clamp(0.4, 15)
    ankle = chance.maybe(0.45 + 0.4 * (heel > 3).float()) * chance.uniform(4.0, 9.5)
    height = (heel + ankle + 4).clamp(max=26.4)
    ground = height / 2
    under = _sole(heel, ground)
    thickness = chance.uniform(1.0, 2.6)
    sole = torch.minimum(torch.minimum(Y - under + thickness, under - Y), torch.minimum(X - TOE, HEEL - X))
    wedge = torch.minimum(torch.minimum(Y - under, ground - Y), X - chance.uniform(-8, 2))
    wedge = torch.minimum(wedge, HEEL - 0.3 - X) - 20 * (1 - chance.maybe(0.3))
    block = _heel_block(heel, ground, chance.uniform(1.3, 4.0)) - 20 * (heel < 1.5)
    inside = torch.maximum(torch.maximum(sole, block), wedge)
    for strap in _straps(chance, heel, ankle, ground, thickness):
        inside = torch.maximum(inside, strap)
    tone = _leather(chance, inside)
    dark = cover(Y - under + 0.6)
    return finish(torch.lerp(tone, chance.uniform(0.1, 1.0).expand_as(tone), dark * 0.7), inside)


def _straps(chance: Chance, heel: Tensor, ankle: Tensor, ground: Tensor, thickness: Tensor) -> list[Tensor]:
    """Over the toes, along the foot, behind the heel, round the ankle."""
    width = chance.uniform(0.6, 1.4)
    floor = ground - thickness
    back = ground - heel - thickness
    arch = chance.uniform(2.5, 5.0)
    # From, to, how thick, how bowed, how often.
    straps = (
        ((-11.0, floor), (-4.5, floor - 0.1 * heel), 1.3, arch, 0.95),
        ((-7.5, floor), (-0.5, floor - 0.4 * heel), 1.0, arch * 1.2, 0.6),
        ((-7.0, floor - 2.0), (6.0, back - ankle * 0.7 - 0.5), 0.9, chance.uniform(-1.0, 2.5), 0.6),
        ((11.6, back), (10.2, back - ankle - 0.6), 1.0, chance.uniform(-0.5, 1.0), ankle.clamp(0, 1)),
        ((5.0, back - ankle * 0.8), (11.2, back - ankle), 1.0, chance.uniform(-1.5, 0.5), ankle.clamp(0, 1)),
        (
            (5.5, back - ankle * 0.8),
            (1.0, floor - 0.5 * heel),
            0.9,
            chance.uniform(-1.5, 1.5),
            ankle.clamp(0, 0.6),
        ),
    )
    fields = []
    for (from_x, from_y), (to_x, to_y), thick, bow, often in straps:
        start = (from_x + chance.normal(0, 0.8), from_y.expand_as(width))
        end = (to_x + chance.normal(0, 0.8), to_y + chance.normal(0, 0.4))
        radius = width * thick
        fields.append(limb(start, end, (radius, radius), bow=bow) - 20 * (1 - chance.maybe(often)))
    return fields


def _leather(chance: Chance, inside: Tensor) -> Tensor:
    """Tone of the upper: plain, brighter along its middle, with a seam or two across."""
    tone = weave(chance, printed=0.1)
    seam = band(chance.uniform(-8, 8), chance.uniform(0.5, 1.0), X + chance.normal(0, 0.5) * Y)
    gleam = torch.exp(-(inside - 2.2).square() / 3)
    return tone + chance.uniform(-0.3, 0.1) * seam + chance.uniform(-0.05, 0.2) * gleam
