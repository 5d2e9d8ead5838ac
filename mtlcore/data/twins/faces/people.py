"""Who is drawn: the traits of faces, and which of them decide whether somebody is a man and smiles.

Lengths are in units of half the picture's side. A man has heavier brows, a squarer jaw and duller lips than a woman, in
ranges that do not meet; hair, beards, make-up and jewellery agree with it more often than not. Somebody smiles when
the corners of the mouth are drawn up by more than the middle of the two ranges of `curve`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

MALE, SMILING = 0.37, 0.48  # shares, those of the original
BROW = {True: (0.026, 0.04), False: (0.010, 0.019)}  # half height of the brows
JAW = {True: (2.5, 3.3), False: (1.8, 2.25)}  # exponent of the outline below the cheeks: 2 is an ellipse
CURVE = {True: (0.045, 0.10), False: (-0.015, 0.012)}  # by how much the corners of the mouth are higher than its middle

FIELDS, CELLS = 7, 12
_SKIN = ((244, 214, 190), (232, 190, 160), (214, 164, 128), (182, 128, 94), (140, 94, 66), (98, 64, 46))
_HAIR = ((30, 26, 26), (62, 42, 30), (98, 64, 40), (150, 104, 60), (206, 168, 104), (232, 206, 152), (150, 68, 36))
_GREY = ((150, 148, 146), (214, 212, 208))
_EYES = ((74, 46, 28), (104, 72, 40), (70, 110, 150), (96, 128, 92), (110, 116, 120))


@dataclass(frozen=True)
class People:
    """Traits of B people: (B, 1) each, colours (B, 3, 1), the two attributes (B,) bool."""

    male: Tensor
    smiling: Tensor
    skin: Tensor
    hair: Tensor
    iris: Tensor
    cloth: Tensor
    wide: Tensor  # half width of the face
    tall: Tensor  # half height
    jaw: Tensor
    brow: Tensor
    lift: Tensor  # of the brows
    eye: Tensor  # half width of an eye
    lid: Tensor  # how far the eyes are open
    nose: Tensor
    mouth: Tensor  # half width
    lips: Tensor  # thickness
    red: Tensor  # of the lips
    curve: Tensor
    open: Tensor
    length: Tensor  # how far down the hair falls
    volume: Tensor  # how far it stands off
    line: Tensor  # height of the hairline
    fringe: Tensor  # how much of the forehead it covers
    part: Tensor  # where it is parted
    bald: Tensor
    beard: Tensor  # how dense
    shadow: Tensor  # make-up round the eyes
    glasses: Tensor
    hat: Tensor
    rings: Tensor
    turn: Tensor  # radians
    yaw: Tensor  # to the side, as a share of the face
    size: Tensor
    shift: Tensor  # (B, 2)
    light: Tensor  # (B, 2)
    ends: Tensor  # colours of the background above and below, (B, 2, 3, 1)
    exposure: Tensor  # (B, 1, 1)
    noise: Tensor  # (B, FIELDS, 12, 12), for what is uneven in a picture

    def rows(self, index: slice) -> People:
        """Some of them."""
        return People(*(getattr(self, field.name)[index] for field in fields(self)))


class Dice:
    """Random numbers for B people, (B, 1)."""

    def __init__(self, count: int, generator: torch.Generator) -> None:
        self.count, self.generator = count, generator

    def between(self, low: float | Tensor, high: float | Tensor, columns: int = 1) -> Tensor:
        """Evenly distributed."""
        return low + (high - low) * torch.rand(self.count, columns, generator=self.generator)

    def normal(self, spread: float, columns: int = 1) -> Tensor:
        """About zero."""
        return spread * torch.randn(self.count, columns, generator=self.generator)

    def maybe(self, share: float | Tensor) -> Tensor:
        """1 as often as the share says, else 0."""
        return (torch.rand(self.count, 1, generator=self.generator) < share).float()

    def colour(self, known: tuple[tuple[int, int, int], ...], spread: float) -> Tensor:
        """A mixture of two neighbours of a list of colours, shaken: (B, 3, 1)."""
        table = torch.tensor(known, dtype=torch.float32) / 255
        place = self.between(0, len(known) - 1).squeeze(1)
        low = place.long().clamp(max=len(known) - 2)
        mixed = torch.lerp(table[low], table[low + 1], (place - low)[:, None])
        return (mixed * (1 + self.normal(spread)) + self.normal(spread / 3, 3)).clamp(0, 1)[:, :, None]

    def ranged(self, ranges: dict[bool, tuple[float, float]], chosen: Tensor) -> Tensor:
        """From one range for those chosen, from another for the others."""
        return torch.where(chosen > 0, self.between(*ranges[True]), self.between(*ranges[False]))


def draw_people(count: int, generator: torch.Generator) -> People:
    """So many people."""
    dice = Dice(count, generator)
    male, smiling = dice.maybe(MALE), dice.maybe(SMILING)
    woman = 1 - male
    grey = dice.maybe(0.1)[:, :, None]
    hair = dice.colour(_HAIR, 0.05) * (1 - grey) + dice.colour(_GREY, 0.06) * grey
    tint = dice.between(0, 1, 6).view(count, 2, 3, 1)
    long = dice.maybe(0.82 * woman + 0.1 * male)
    bald = dice.maybe(0.1 * male) * (1 - long)
    return People(
        male=male.squeeze(1) > 0,
        smiling=smiling.squeeze(1) > 0,
        skin=dice.colour(_SKIN, 0.06),
        hair=hair,
        iris=dice.colour(_EYES, 0.1),
        cloth=(dice.between(0.1, 0.9) + dice.normal(0.14, 3)).clamp(0, 1)[:, :, None],
        wide=0.40 + 0.02 * male + dice.normal(0.016),
        tall=0.54 + dice.normal(0.02),
        jaw=dice.ranged(JAW, male),
        brow=dice.ranged(BROW, male),
        lift=0.02 * woman + dice.normal(0.012),
        eye=0.088 + 0.008 * woman + dice.normal(0.005),
        lid=0.040 + 0.008 * woman - 0.012 * smiling + dice.normal(0.004),
        nose=0.066 + 0.014 * male + dice.normal(0.006),
        mouth=0.145 + 0.045 * smiling + dice.normal(0.012),
        lips=0.020 + 0.012 * woman + dice.normal(0.003),
        red=(0.12 + 0.42 * woman * dice.between(0.3, 1) + dice.normal(0.03)).clamp(0.02, 0.8),
        curve=dice.ranged(CURVE, smiling),
        open=dice.maybe(0.2 + 0.55 * smiling) * (dice.between(0.015, 0.05) + 0.02 * smiling),
        length=torch.where(long > 0, dice.between(0.35, 1.25), dice.between(-0.22, 0.1)),
        volume=0.05 + 0.10 * long * dice.between(0.2, 1) + dice.between(0, 0.06),
        line=-0.36 + dice.normal(0.03) + 0.03 * male * dice.between(-1.5, 0.5),
        fringe=dice.maybe(0.25 * woman + 0.15 * male) * dice.between(0.06, 0.16),
        part=dice.between(-0.24, 0.24),
        bald=bald,
        beard=male * dice.maybe(0.45) * dice.between(0.25, 0.9),
        shadow=woman * dice.maybe(0.6) * dice.between(0.1, 0.5),
        glasses=dice.maybe(0.07),
        hat=dice.maybe(0.05) * (1 - bald),
        rings=dice.maybe(0.35 * woman),
        turn=dice.normal(0.09),
        yaw=dice.normal(0.09).clamp(-0.2, 0.2),
        size=(dice.normal(0.06) - 0.02).exp(),
        shift=dice.normal(0.035, 2),
        light=torch.cat([dice.normal(0.22), dice.between(-0.2, 0.02)], dim=1),
        ends=0.1 + 0.75 * torch.lerp(tint, tint.mean(dim=2, keepdim=True), 0.6),
        exposure=(1 + dice.normal(0.12))[:, :, None],
        noise=torch.randn(count, FIELDS, CELLS, CELLS, generator=generator),
    )  # fmt: skip
