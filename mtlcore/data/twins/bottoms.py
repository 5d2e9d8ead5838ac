"""Trousers, and bags."""

from __future__ import annotations

import torch
from torch import Tensor

from mtlcore.data.twins.cloth import Chance, X, Y, band, cover, finish, profile, weave
from mtlcore.data.twins.tops import BOTTOM, TOP


def trousers(chance: Chance, difficulty: float) -> Tensor:
    """Two legs that part at the crotch, sometimes one of them bent or the gap closed."""
    spread = difficulty * (0.4 * chance.normal()).exp()
    hip = (4.3 + 0.4 * spread * chance.normal()).clamp(3, 7)
    thigh = hip + chance.normal(0.25, 0.25)
    knee = (hip - 0.2 + 0.5 * spread * chance.normal()).clamp(2.4, 8)
    ankle = (knee + 0.3 + 0.6 * spread * chance.normal()).clamp(2.2, 8.5)
    crotch = chance.uniform(-7.5, -3.0)
    lean = 0.5 * spread * chance.normal() * (Y + 13) / 26 + 0.7 * spread * chance.normal() * torch.sin(Y / 8)
    x = (X - lean).abs()
    outer = profile([TOP, -8.0, 2.0, BOTTOM], [hip - 0.7, thigh, knee, ankle]) - x
    gap = ((Y - crotch) / 20).clamp(0, 1) * (ankle * chance.uniform(0.25, 0.75)) + 0.35 - 5 * (crotch > Y)
    legs = torch.minimum(torch.minimum(outer, x - gap), torch.minimum(Y - TOP, BOTTOM - Y))
    tone = weave(chance, printed=0.15)
    crease = band(0.55, 0.8, x / profile([TOP, BOTTOM], [hip, ankle]) * 1.1)
    tone = tone + chance.normal(0.06, 0.1) * crease
    waist = band(TOP + 1.6, 0.9, Y) * chance.uniform(-0.3, 0.1)
    fly = band(0.0, 0.8, X) * cover(crotch - Y) * chance.uniform(-0.3, 0.05)
    pockets = band(-9.0, 0.9, Y - 0.7 * x) * chance.uniform(-0.25, 0.1)
    return finish(tone + waist + fly + pockets, legs)


def bags(chance: Chance, difficulty: float) -> Tensor:
    """A body between a box and a purse, a flap, a clasp, and a handle or two."""
    spread = difficulty * (0.3 * chance.normal()).exp()
    wide = (10.2 + 1.9 * spread * chance.normal()).clamp(5, 13.4)
    tall = (7.2 + 1.4 * spread * chance.normal()).clamp(3.6, 11)
    handled = chance.maybe(0.75)
    rise = handled * (chance.uniform(2.0, 11.0)).minimum(26 - 2 * tall)
    middle = (rise / 2).clamp(max=13.2 - tall)
    taper = 1 + chance.normal(0.02, 0.1) * (Y - middle) / tall
    power = chance.uniform(2.4, 9.0)
    u, v = (X / taper / wide).abs(), ((Y - middle) / tall).abs()
    body = (1 - (u.pow(power) + v.pow(power)).clamp(min=1e-6).pow(1 / power)) * torch.minimum(wide, tall)
    top = middle - tall
    span = wide * chance.uniform(0.3, 0.85)
    arch = ((X / span).square() + ((Y - top) / (rise + 0.5)).square()).clamp(min=1e-4).sqrt()
    handle = chance.uniform(0.5, 1.2) - (arch - 1).abs() * torch.minimum(span, rise + 0.5)
    handle = torch.minimum(handle, top + 1.2 - Y) - 20 * (1 - handled)
    tone = weave(chance, printed=0.25)
    flap = band(
        middle + tall * chance.uniform(-0.6, 0.4),
        chance.uniform(0.6, 1.1),
        Y + chance.normal(0, 0.08) * X.abs(),
    )
    clasp = cover(chance.uniform(0.8, 1.8) - (X.square() + (Y - middle - chance.normal(0, 1.0)).square()).sqrt())
    rim = torch.exp(-body.clamp(min=0) / 0.9)
    tone = tone + chance.uniform(-0.4, 0.1) * flap + chance.maybe(0.5) * chance.uniform(-0.4, 0.4) * clasp
    tone = tone - chance.uniform(-0.15, 0.3) * rim * cover(body)
    return finish(tone, torch.maximum(body, handle))
