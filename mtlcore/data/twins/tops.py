"""Garments with shoulders: T-shirt, pullover, dress, coat, shirt. They differ in degree, as in a shop.

All are one cut with different traits. Each trait has a mean for its class and a spread that grows with difficulty,
so that a short-sleeved shirt comes near a T-shirt, and a thin coat near a pullover.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mtlcore.data.twins.cloth import Chance, X, Y, band, cover, finish, limb, profile, weave

TOP, BOTTOM = -13.3, 13.3


@dataclass(frozen=True)
class Cut:
    """Traits of a class.

    shoulder to hem: half widths in pixels; sleeve: length of a short one, where 1 reaches the wrist.
    The others say how often: no sleeve, long sleeves, a front opening, a collar, a print on the chest, a pattern.
    """

    shoulder: float
    chest: float
    waist: float
    hem: float
    sleeve: float
    bare: float
    long: float
    opening: float
    collar: float
    badge: float
    pattern: float


T_SHIRT = Cut(7.0, 7.6, 7.3, 7.6, 0.30, 0.06, 0.03, 0.02, 0.04, 0.35, 0.25)
PULLOVER = Cut(6.6, 7.2, 7.0, 7.0, 0.80, 0.00, 0.95, 0.03, 0.10, 0.20, 0.22)
DRESS = Cut(4.4, 4.4, 3.8, 6.0, 0.22, 0.45, 0.25, 0.05, 0.08, 0.04, 0.25)
COAT = Cut(7.0, 7.5, 7.3, 7.6, 0.85, 0.00, 0.97, 0.92, 0.85, 0.02, 0.12)
SHIRT = Cut(6.6, 7.1, 6.8, 7.2, 0.38, 0.04, 0.58, 0.68, 0.62, 0.04, 0.40)


def draw(cut: Cut, chance: Chance, difficulty: float) -> Tensor:
    """Draw as many garments of a cut as there are columns in `chance`: (B, 784)."""
    spread = difficulty * (0.35 * chance.normal()).exp()

    def trait(mean: float, scale: float) -> Tensor:
        return mean + scale * spread * chance.normal()

    size = trait(0.0, 0.35)
    shoulder = (trait(cut.shoulder, 0.35) + size).clamp(2.5, 9)
    chest = (trait(cut.chest, 0.4) + size).clamp(3, 9.5)
    waist = (trait(cut.waist, 0.55) + size).clamp(2.2, 10)
    hem = (trait(cut.hem, 0.8) + size).clamp(2.5, 12)
    neck = chance.uniform(2.0, 3.6)
    drop = TOP + chance.uniform(1.2, 3.0)
    edge = profile([TOP, -10.5, -6.0, 1.0, BOTTOM], [neck + 0.8, shoulder, chest, waist, hem])
    torso = torch.minimum(edge - X.abs(), torch.minimum(Y - TOP - 0.12 * X.abs(), BOTTOM - Y))
    depth = torch.where(chance.maybe(0.25) > 0, chance.uniform(3, 6), chance.uniform(0.8, 2.4))
    scoop = (X / neck).square() + ((Y - TOP) / depth).square() - 1
    torso = torch.minimum(torso, scoop * torch.minimum(neck, depth) / 2)

    sleeves = _sleeves(cut, chance, spread, shoulder, drop)
    inside = torch.maximum(torso, sleeves)
    tone = weave(chance, printed=cut.pattern)
    tone = _seams(tone, torso, sleeves, chance)
    tone = _badge(tone, chance, cut.badge)
    tone = _front(tone, chance, cut, spread, neck)
    return finish(tone, inside)


def _sleeves(cut: Cut, chance: Chance, spread: Tensor, shoulder: Tensor, drop: Tensor) -> Tensor:
    """Inside field of both sleeves; a sleeve shorter than a tenth is none."""
    long, bare = chance.maybe(cut.long), chance.maybe(cut.bare)
    short = cut.sleeve * (1 + 0.4 * spread * chance.normal())
    length = torch.where(long > 0, 1 + 0.09 * spread * chance.normal(), short).clamp(0, 1.06)
    # A short sleeve stands off, a long one hangs down.
    angle = (0.98 - 0.8 * length + 0.08 * chance.normal()).clamp(0.06, 1.1)
    thick, thin = chance.normal(2.9, 0.25), chance.normal(2.6, 0.2) - 0.95 * length
    start = (shoulder - 2.0, drop + 1.9 - 0.6 * length)
    reach = length * 21
    end_x = (start[0] + reach * angle.sin()).clamp(max=12.4)
    end_y = (start[1] + reach * angle.cos()).clamp(max=BOTTOM - 0.8)
    bow = chance.uniform(0, 1.2) * length
    both = [
        limb((sign * start[0], start[1]), (sign * end_x, end_y), (thick, thin), bow=-sign * bow, cut=True)
        for sign in (-1, 1)
    ]
    return torch.maximum(*both) - 20 * bare.maximum((length < 0.1).float())


def _seams(tone: Tensor, torso: Tensor, sleeves: Tensor, chance: Chance) -> Tensor:
    """Shade where a sleeve lies on the body, along the outline, and in bands at hem and neck."""
    overlap = torch.exp(-torso.square() / 0.8) * cover(sleeves - 0.6)
    tone = tone * (1 - chance.uniform(0.15, 0.55) * overlap)
    roundness = torch.exp(-torch.maximum(torso, sleeves).clamp(min=0) / 1.2)
    tone = tone * (1 - chance.normal(0.06, 0.12) * roundness)
    rib = cover(Y - (BOTTOM - chance.uniform(1.0, 2.4)))
    return tone * (1 - chance.maybe(0.4) * chance.normal(0.1, 0.15) * rib)


def _badge(tone: Tensor, chance: Chance, often: float) -> Tensor:
    """A print on the chest: a round, a bar or lettering."""
    wide, tall = chance.uniform(2.0, 4.6), chance.uniform(0.8, 3.6)
    middle = chance.uniform(-6.0, -2.0)
    power = torch.where(chance.maybe(0.5) > 0, 2.0, 6.0)
    shape = cover(1.5 * (1 - ((X / wide).abs().pow(power) + ((Y - middle) / tall).abs().pow(power))))
    holes = 0.6 + 0.4 * torch.sign(chance.field(16))
    strength = chance.maybe(often) * chance.uniform(0.25, 0.7)
    return tone + strength * torch.where(tone.mean(dim=1, keepdim=True) > 0.5, -1.0, 1.0) * shape * holes


def _front(tone: Tensor, chance: Chance, cut: Cut, spread: Tensor, neck: Tensor) -> Tensor:
    """Opening with zip or buttons, collar, pockets; the harder, the fainter."""
    faint = torch.exp(-0.55 * spread * chance.normal().abs())
    sign = torch.where(chance.maybe(0.65) > 0, -1.0, 1.0)
    opening = chance.maybe(cut.opening) * faint
    line = band(chance.normal(0, 0.35), chance.uniform(0.5, 1.3), X) * cover(Y - TOP - 1)
    buttons = (0.55 + 0.45 * torch.sin(Y * 6.28 / chance.uniform(2.6, 4.4))).where(
        chance.maybe(0.5) > 0, torch.tensor(1.0)
    )
    tone = tone + sign * 0.42 * opening * line * buttons
    # A collar is a pair of flaps that run down from the neck towards the opening.
    flap = (
        cover(2.2 - (Y - TOP - 0.4 - 1.1 * (neck + 0.6 - X.abs())).abs())
        * cover(4.6 - (Y - TOP))
        * cover(X.abs() - 0.4)
    )
    tone = tone + sign * 0.30 * chance.maybe(cut.collar) * faint * flap
    flank = chance.uniform(2.6, 4.4)
    pocket = band(flank, 2.4, X.abs()) * band(chance.uniform(2.5, 6.5), chance.uniform(0.6, 1.0), Y)
    chest = band(flank, 2.0, X) * band(-4.5, 0.8, Y)
    often = 0.55 * cut.opening
    return tone + sign * 0.25 * faint * (chance.maybe(often) * pocket + chance.maybe(often * 0.6) * chest)
