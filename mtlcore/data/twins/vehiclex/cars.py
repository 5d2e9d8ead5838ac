"""Cars, vans and pickups: a cabin on the hull, and what is on the roof, the tail or the bed."""

from __future__ import annotations

import torch
from torch import Tensor

from mtlcore.data.twins.vehiclex.bodies import Form
from mtlcore.data.twins.vehiclex.faces import CHROME, GLASS, MATT, PAINT, Faces, Number, Part
from mtlcore.data.twins.vehiclex.hull import hull, mirrors
from mtlcore.data.twins.vehiclex.traits import CANVAS, DARK, METAL, WOOD, Traits


def car(faces: Faces, form: Form, traits: Traits) -> None:
    """A hull and a cabin: sedan, suv, van, hatchback, mpv, estate, sportscar."""
    hull(faces, form, traits)
    cabin(faces, form, traits, traits.either("dark_roof", 0.12, torch.tensor([DARK]), traits.paint))
    if form.plan.height < 1.3:
        _wing(faces, form, traits)
    else:
        _rack(faces, form, traits, 0.55 if form.plan.height > 1.6 or form.plan.rear < -1.8 else 0.10)
    if form.plan.height > 2:
        _sign(faces, form, traits)
    mirrors(faces, form, traits)


def pickup(faces: Faces, form: Form, traits: Traits) -> None:
    """A cabin in front and an open bed behind it, often with wood on it or under a cover."""
    part = hull(faces, form, traits)
    faces.on_strip(part, 5, (0.06, 0.94), (-0.86, 0.86), DARK, MATT)
    cabin(faces, form, traits, traits.paint, place=0.3)
    faces.at(1, -1.8)
    rear, front, floor = -form.end + 0.3, form.base - 0.25, form.belt - 0.05
    faces.box((rear, front), (floor, floor + 0.3), 0.6, WOOD, MATT, taper=0.05, alpha=traits.has("cargo", 0.25))
    colour = traits.either("cap", 0.5, traits.paint, torch.tensor([DARK]))
    covered = 1 - traits.has("cargo", 0.75)
    faces.box((rear - 0.1, front + 0.1), (floor, floor + 0.48), 0.75, colour, taper=0.06, alpha=covered)
    mirrors(faces, form, traits)
    _rack(faces, form, traits, 0.12)


def cabin(faces: Faces, form: Form, traits: Traits, colour: Tensor, place: float = 0.0) -> Part:
    """Windows and roof over the hull. Strips: 1 the windscreen, 2 to 4 the roof, 5 the rear window."""
    foot, top = form.half - 0.05, form.half * (1 - form.plan.inset)
    drop, crown = 0.03 + 0.02 * (form.height - form.belt), 0.22 * (form.roof - form.rear)
    profile = [
        (form.base, form.belt, foot),
        (form.cowl, form.belt, foot),
        (form.roof, form.height - drop, top),
        (form.roof - crown, form.height, top - 0.04),
        (form.rear + crown, form.height, top - 0.04),
        (form.rear, form.height - drop, top),
    ]
    faces.at(1, place)
    part = faces.part(profile, colour)
    faces.on_strip(part, 1, (0.10, 0.93), (-0.92, 0.92), traits.glass, GLASS, slope=0.5)
    faces.on_strip(part, 5, (0.12, 0.85), (-0.88, 0.88), traits.glass, GLASS, slope=0.5)
    for number, (rear, front) in enumerate(form.plan.panes):
        shown = 1.0 if number or len(form.plan.panes) < 3 else traits.has("quarter", 0.8)
        _pane(faces, form, traits, (rear + 0.03 * traits["quarter"], front), (foot, top), shown)
    faces.on_strip(part, 3, (0.12, 0.55), (-0.55, 0.55), traits.glass, GLASS, alpha=traits.has("sunroof", 0.25))
    stripe = traits.has("stripe", 0.12)
    faces.on_strip(part, 3, (0.0, 1.0), (0.08, 0.28), traits.second, PAINT, both=True, alpha=stripe)
    return part


def _pane(
    faces: Faces, form: Form, traits: Traits, span: tuple[Number, Number], out: tuple[Tensor, Tensor], shown: Number
) -> None:
    """A side window over a share of the cabin's length, which is shorter towards the roof."""
    points = []
    for share, up in ((span[0], 0.08), (span[1], 0.08), (span[1], 0.82), (span[0], 0.82)):
        rear = form.base + (form.rear - form.base) * up
        front = form.cowl + (form.roof - form.cowl) * up
        height = form.belt + (form.height - form.belt) * up
        points.append((rear + (front - rear) * share, height, out[0] + (out[1] - out[0]) * up))
    faces.on_sides(points, traits.glass, GLASS, alpha=shown, slope=0.5)


def _rack(faces: Faces, form: Form, traits: Traits, share: float) -> None:
    """Rails along the roof of so many, and sometimes a load on them."""
    faces.at(2)
    rear, front, z = form.rear + 0.15, form.roof - 0.35, form.height
    load, shown = traits.has("rack", share * 0.35), traits.has("rack", share)
    colour = traits.either("cargo", 0.6, torch.tensor([DARK]), traits.second)
    faces.box((rear + 0.2, front - 0.1), (z + 0.06, z + 0.3), 0.3, colour, taper=0.06, alpha=load)
    y = form.half * (1 - form.plan.inset) - 0.1
    rail = [(rear, z, y), (front, z, y), (front - 0.1, z + 0.07, y), (rear + 0.1, z + 0.07, y)]
    faces.on_sides(rail, METAL, CHROME, alpha=shown)
    faces.on_sides([(x, z, -y) for x, z, y in reversed(rail)], METAL, CHROME, alpha=shown)  # seen from the inside


def _wing(faces: Faces, form: Form, traits: Traits) -> None:
    """A wing over the tail."""
    faces.at(2)
    shown = traits.has("spoiler", 0.6)
    x, z, half = -form.end + 0.12, form.belt + 0.16 + 0.1 * traits["badge"], form.half - 0.14
    colour = traits.either("cap", 0.5, traits.paint, torch.tensor([DARK]))
    for side in (-0.6, 0.6):
        for across in ((side, side + 0.06), (side + 0.06, side)):
            faces.board(x + 0.1, across, (form.belt, z), DARK, alpha=shown)
    faces.part([(x, z, half), (x + 0.32, z, half), (x + 0.3, z + 0.05, half), (x, z + 0.08, half)], colour, alpha=shown)


def _sign(faces: Faces, form: Form, traits: Traits) -> None:
    """A firm's sign on the sides."""
    faces.at(1.5)
    low, tall = form.belt + 0.15, form.height - form.belt - 0.5
    z0 = low + tall * 0.25 * traits["badge"]
    z1 = z0 + tall * (0.35 + 0.3 * traits["cargo"])
    x0 = form.rear + 0.4 + 0.4 * traits["badge_x"]
    x1 = x0 + 0.9 + traits["sign"]
    out, shown, middle = form.half - 0.08, traits.has("sign", 0.55), (z0 + z1) / 2
    faces.panel((x0, x1), (z0, z1), out, traits.second, PAINT, alpha=shown)
    faces.panel((x0 + 0.15, x1 - 0.15), (middle - 0.07, middle + 0.07), out, CANVAS, alpha=shown)
