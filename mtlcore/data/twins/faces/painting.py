"""Painting people: layers from the back to the front, each with its colour and its class in the mask.

Places are in units of half the picture's side, x to the right and y down, in the frame of the head, whose middle is
between the eyes and the mouth. Every layer has a field `inside`, positive within and about a distance near its edge:
the picture gets the colour by as much of a pixel as is covered, the mask the class where the middle of a pixel is.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlcore.data.twins.faces.people import People

BACKGROUND, HAIR, SKIN = 0, 1, 2


class Canvas:
    """B pictures (B, 3, K) and their masks (B, K) of K = size * size pixels, over which layers are painted."""

    def __init__(self, people: People, size: int, generator: torch.Generator) -> None:
        count, self.people = len(people.male), people
        axis = (torch.arange(size, dtype=torch.float32) + 0.5) * 2 / size - 1
        down, right = (grid.reshape(1, -1) for grid in torch.meshgrid(axis, axis, indexing="ij"))
        dx, dy = right - people.shift[:, :1], down - 0.06 - people.shift[:, 1:]
        cos, sin = people.turn.cos(), people.turn.sin()
        self.x, self.y = (cos * dx + sin * dy) / people.size, (cos * dy - sin * dx) / people.size
        self.right, self.down = right, down
        self.size, self.pixel, self.generator = size, 2 / size / people.size, generator
        self.picture = torch.zeros(count, 3, size * size)
        self.mask = torch.zeros(count, size * size, dtype=torch.uint8)

    def field(self, number: int, cells: int) -> Tensor:
        """One of the smooth random fields of the people, (B, K), the same at every size; cells: of a side, up to 12."""
        return self._spread(self.people.noise[:, number : number + 1, :cells, :cells])

    def texture(self, rows: int, columns: int) -> Tensor:
        """A random field of its own, (B, K), with so many nodes of unit variance."""
        return self._spread(torch.randn(len(self.mask), 1, rows, columns, generator=self.generator))

    def _spread(self, noise: Tensor) -> Tensor:
        return F.interpolate(noise, size=(self.size,) * 2, mode="bilinear", align_corners=True).flatten(1)

    def layer(self, inside: Tensor, colour: Tensor, label: int | None = None, opacity: Tensor | float = 1.0) -> None:
        """Paint over. colour: (B, 3, K) or (B, 3, 1); label: None leaves the mask as it is."""
        cover = (0.5 + inside / self.pixel).clamp(0, 1)
        self.picture = torch.lerp(self.picture, colour.expand_as(self.picture), (cover * opacity)[:, None])
        if label is not None:
            self.mask = torch.where(inside > 0, label, self.mask)

    def result(self) -> tuple[Tensor, Tensor]:
        """Pictures (B, 3, size, size) and masks (B, size, size), uint8 both."""
        levels = (self.picture.clamp(0, 1) * 255).round().to(torch.uint8)
        return levels.unflatten(2, (self.size,) * 2), self.mask.unflatten(1, (self.size,) * 2)


def oval(x: Tensor, y: Tensor, rx: Tensor | float, ry: Tensor | float) -> Tensor:
    """About the distance to the edge of an ellipse, positive inside."""
    return (1 - ((x / rx).square() + (y / ry).square()).sqrt()) * (rx * ry) ** 0.5


def paint(people: People, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Pictures (B, 3, size, size) uint8 and masks (B, size, size) uint8 of these people."""
    canvas = Canvas(people, size, generator)
    strands = 0.10 * canvas.texture(4, max(6, size // 3)) + 0.10 * canvas.field(0, 7)
    hair = people.hair * (1 + strands[:, None]) * (1 - 0.18 * canvas.y.clamp(-1, 1)[:, None])
    _behind(canvas, people, hair)
    _head(canvas, people)
    _eyes(canvas, people)
    _nose_and_mouth(canvas, people)
    _above(canvas, people, hair)
    grain = 0.012 * torch.randn(canvas.picture.shape, generator=generator)
    canvas.picture = canvas.picture * people.exposure + grain
    return canvas.result()


def _behind(canvas: Canvas, people: People, hair: Tensor) -> None:
    """Background, shoulders, the hair behind, and the neck."""
    blur = 0.08 * canvas.field(1, 4)[:, None] + 0.05 * canvas.field(2, 8)[:, None]
    canvas.picture = (
        torch.lerp(people.ends[:, 0], people.ends[:, 1], (canvas.down * 0.35 + canvas.right * 0.15 + 0.5)[:, None])
        + blur
    )
    shoulders = 0.74 + 0.42 * (canvas.x.abs() - 0.22).clamp(min=0).square() + 0.12 * (canvas.x.abs() > 0.9)
    canvas.layer(canvas.y - shoulders, people.cloth * (1 + 0.12 * canvas.field(3, 5)[:, None]), BACKGROUND)
    top, reach = -people.tall * 0.95, people.wide + people.volume
    tips = people.length + 0.03 * canvas.field(4, 12) - 0.5 * (canvas.x.abs() - 0.3).clamp(min=0).square()
    falling = torch.minimum(reach * (1 + 0.16 * canvas.y) - canvas.x.abs(), tips - canvas.y)
    curtain = torch.minimum(falling, canvas.y + 0.2)
    crown = oval(canvas.x, canvas.y + 0.12, reach, -top + people.volume)
    behind = torch.maximum(curtain, torch.minimum(crown, people.length.clamp(min=0.05) - canvas.y))
    canvas.layer(behind - people.bald, hair * 0.72, HAIR)
    neck = torch.minimum(
        0.19 + 0.03 * people.male[:, None] + 0.10 * (canvas.y - 0.7).clamp(min=0) - canvas.x.abs(), canvas.y - 0.2
    )
    collar = 0.86 - 0.5 * canvas.x.abs() - canvas.y
    canvas.layer(torch.minimum(neck, collar + 0.06), people.skin * 0.8, SKIN)


def _head(canvas: Canvas, people: People) -> None:
    """Ears, face, beard and the light on them."""
    side = canvas.x.abs()
    canvas.layer(oval(side - people.wide * 0.99, canvas.y - 0.02, 0.07, 0.12), people.skin * 0.86, SKIN)
    ring = oval(side - people.wide * 1.02, canvas.y - 0.19, 0.026, 0.04)
    canvas.layer(ring - (1 - people.rings), torch.tensor([0.88, 0.78, 0.4])[None, :, None], BACKGROUND)
    inside = _outline(canvas, people)
    across, down = canvas.x / people.wide, canvas.y / people.tall
    shade = 1 + people.light[:, :1] * across + people.light[:, 1:] * down - 0.16 * (across.square() - 0.3).clamp(min=0)
    blush = torch.exp(-((side - 0.24).square() + (canvas.y - 0.13).square()) / 0.012)
    tone = people.skin * (shade + 0.02 * canvas.field(5, 9))[:, None]
    tone = tone + (0.03 + 0.05 * people.shadow)[:, :, None] * blush[:, None] * torch.tensor([1.0, -0.5, -0.3])[:, None]
    canvas.layer(inside, tone, SKIN)
    below = torch.minimum(canvas.y - 0.16 + 0.25 * (0.34 - side).clamp(max=0), inside)
    jowl = torch.minimum(below, -oval(canvas.x - _yaw(people), canvas.y - 0.28, people.mouth * 0.92, 0.055))
    canvas.layer(
        jowl,
        people.hair * 0.8,
        None,
        (0.75 * people.beard * (1 + 0.3 * canvas.texture(*(canvas.size // 2,) * 2))).clamp(0, 1),
    )


def _outline(canvas: Canvas, people: People) -> Tensor:
    """Inside field of the face: an ellipse above, and below one whose exponent is the jaw's."""
    across, down = (canvas.x / people.wide).abs(), canvas.y / people.tall
    above = (across.square() + down.square()).sqrt()
    square = (across.clamp(min=1e-4).pow(people.jaw) + down.clamp(min=1e-4).pow(people.jaw)).pow(1 / people.jaw)
    return (1 - torch.where(down > 0, square, above)) * people.wide


def _yaw(people: People) -> Tensor:
    return people.yaw * people.wide


def _eyes(canvas: Canvas, people: People) -> None:
    x, white = canvas.x - _yaw(people), torch.full((1, 3, 1), 0.93)
    out = x.abs() - 0.175  # from the middle of the nearer eye, outwards
    gaze = people.yaw * 0.12 * x.sign()
    y = canvas.y + 0.07
    dusk = torch.exp(-(out / 0.12).square() - ((y + 0.02) / 0.06).square())
    canvas.picture = canvas.picture * (1 - (0.18 + 0.6 * people.shadow) * dusk)[:, None]
    almond = people.lid * (1 - (out / people.eye).square()) - y.abs()
    almond = torch.minimum(almond, people.eye - out.abs())
    canvas.layer(almond + 0.012, people.skin * (0.35 - 0.2 * people.shadow)[:, :, None])
    canvas.layer(almond, white)
    within = torch.minimum(almond, oval(out - gaze, y, 0.043, 0.043))
    canvas.layer(within, people.iris)
    canvas.layer(torch.minimum(almond, oval(out - gaze, y, 0.02, 0.02)), torch.zeros(1, 3, 1))
    canvas.layer(torch.minimum(almond, oval(out - gaze + 0.012, y + 0.013, 0.009, 0.009)), white)
    arch = y + 0.12 + people.lift - 2.2 * (out - 0.02).square()
    taper = (1.15 - 0.5 * ((out + 0.03) / 0.12)).clamp(0.3, 1.2)
    brow = torch.minimum(people.brow * taper - arch.abs(), 0.115 - (out - 0.005).abs())
    canvas.layer(brow, people.hair * 0.62, None, 0.92)
    frame = torch.maximum(oval(out, y - 0.015, 0.135, 0.11), torch.minimum(0.012 - (y + 0.02).abs(), 0.32 - x.abs()))
    rim = torch.minimum(frame, -oval(out, y - 0.015, 0.118, 0.094)) - (1 - people.glasses)
    canvas.layer(rim, torch.full((1, 3, 1), 0.1))


def _nose_and_mouth(canvas: Canvas, people: People) -> None:
    x, y = canvas.x - _yaw(people) * 1.12, canvas.y
    ridge = torch.exp(-((x - 0.02) / 0.03).square()) * ((y + 0.08) / 0.2).clamp(0, 1) * (y < 0.17)
    canvas.picture = canvas.picture * (1 + 0.07 * ridge)[:, None]
    wings = torch.exp(-((x.abs() - people.nose).abs() / 0.02).square() - ((y - 0.145) / 0.035).square())
    under = torch.exp(-(x / people.nose).square() - ((y - 0.185) / 0.016).square())
    canvas.picture = canvas.picture * (1 - 0.22 * wings - 0.28 * under)[:, None]
    canvas.layer(oval(x.abs() - 0.034, y - 0.172, 0.017, 0.010), people.skin * 0.32)
    x, along = canvas.x - _yaw(people), (canvas.x - _yaw(people)) / people.mouth
    # Both lips are parabolas through the corners, which the curve lifts.
    bow = people.curve * along.square()
    end = 1 - along.square()
    middle = 0.30 - bow + people.curve * 0.4
    upper, lower = middle - 0.35 * people.open * end, middle + 0.9 * people.open * end
    within = people.mouth - x.abs()
    thick = people.lips * end.clamp(min=0).sqrt()
    outer = torch.minimum(torch.minimum(y - upper + thick * 0.9, lower + thick * 1.25 - y), within)
    lip = people.skin * torch.tensor([0.86, 0.62, 0.60])[:, None]
    lip = torch.lerp(lip, torch.tensor([0.72, 0.14, 0.2])[None, :, None].expand_as(lip), people.red[:, :, None])
    canvas.layer(outer, lip)
    gap = torch.minimum(torch.minimum(y - upper, lower - y), within)
    canvas.layer(gap + 0.006, torch.tensor([0.28, 0.08, 0.08])[None, :, None])
    smiles = people.smiling[:, None].float()
    teeth = torch.minimum(gap, upper + people.open * 0.85 - y) - (1 - smiles)
    canvas.layer(teeth, torch.tensor([0.95, 0.94, 0.9])[None, :, None])
    fold = (x.abs() - people.mouth - 0.045 + 0.5 * (y - 0.24)).abs()
    crease = torch.exp(-(fold / 0.016).square()) * ((y - 0.12) / 0.05).clamp(0, 1) * ((0.34 - y) / 0.05).clamp(0, 1)
    canvas.picture = canvas.picture * (1 - (0.05 + 0.16 * smiles) * crease)[:, None]


def _above(canvas: Canvas, people: People, hair: Tensor) -> None:
    """The hair in front, and hats."""
    side, top = canvas.x.abs(), people.tall + people.volume
    cap = oval(canvas.x, canvas.y + 0.03, people.wide + 0.7 * people.volume + 0.015, top)
    swept = 0.55 * (canvas.x - people.part).square() + 0.03 * canvas.field(6, 10)
    line = people.line + people.fringe + swept + 0.14 * (people.fringe > 0) * -swept
    front = torch.minimum(cap, line - canvas.y)
    lock = torch.minimum(side - people.wide * (0.93 - 0.14 * (people.length > 0.2)), people.length - canvas.y)
    reach = torch.where(people.length > 0.2, people.wide + people.volume * 0.9, people.wide * 1.04) - side
    lock = torch.minimum(torch.minimum(lock, torch.where(canvas.y < -0.03, cap, reach)), canvas.y + 0.42)
    front = torch.maximum(front, lock)
    fluff = torch.where(
        people.bald > 0, torch.minimum(cap, torch.minimum(side - people.wide * 0.9, 0.02 - canvas.y)), front
    )
    canvas.layer(fluff, hair, HAIR)
    dome = oval(canvas.x, canvas.y + 0.22, people.wide + people.volume + 0.05, top - 0.09)
    crown = torch.minimum(dome, people.line - canvas.y)
    brim = torch.minimum(0.05 - (canvas.y - people.line).abs(), people.wide + 0.17 - side)
    hat = torch.maximum(crown, brim) - (1 - people.hat)
    canvas.layer(hat, people.cloth.flip(1) * 0.9, BACKGROUND)
