"""The lower body that most types share, from bumper to bumper and up to the windows, and what is fixed to it."""

from __future__ import annotations

import torch

from mtlcore.data.twins.vehiclex.bodies import Form
from mtlcore.data.twins.vehiclex.faces import CHROME, GLASS, LAMP, MATT, PAINT, Faces, Number, Part
from mtlcore.data.twins.vehiclex.traits import AMBER, DARK, METAL, PLATE, RED, TYRE, WHITE, Traits

ARCH = ((-1, 0.0), (1, 0.0), (0.92, 0.45), (0.55, 0.85), (0.0, 1.0), (-0.55, 0.85), (-0.92, 0.45))


def hull(faces: Faces, form: Form, traits: Traits) -> Part:
    """The body with lights, plates and doors.

    Its strips: 1 the front bumper, 2 the nose, 3 the hood, 4 under the cabin, 5 the deck, 6 the tail, 7 the rear
    bumper.
    """
    end, half = form.end, form.half
    deck = form.belt + 0.02 if form.plan.base > -0.45 * form.plan.length else form.belt
    middle = form.clear + 0.45 * (form.nose - form.clear)
    profile = [
        (-end + 0.12, form.clear, half - 0.08),
        (end - 0.14, form.clear, half - 0.10),
        (end, middle, half - 0.07),
        (end - 0.06, form.nose, half - 0.12),
        (form.cowl, form.belt, half - 0.01),
        (form.base.clamp(min=-end + 0.03), deck, half - 0.01),
        (-end + 0.02, deck - 0.04, half - 0.07),
        (-end, middle, half - 0.05),
    ]
    tyres(faces, form)
    faces.at(0)
    part = faces.part(profile, traits.paint)
    _flanks(faces, form, traits)
    _front(faces, part, traits)
    _rear(faces, part, traits)
    return part


def tyres(faces: Faces, form: Form) -> None:
    """Treads under the body, so that wheels have a width from the front and the rear."""
    faces.at(-1)
    up = (0.04, form.wheel)
    for axle in form.axles:
        inner, outer, reach = form.half - 0.24, form.half - 0.02, 0.75 * form.wheel
        for low, high in ((inner, outer), (-outer, -inner)):
            faces.board(axle + reach, (low, high), up, TYRE)
            faces.board(axle - reach, (high, low), up, TYRE)


def arch(faces: Faces, form: Form, axle: Number, out: Number) -> None:
    """The dark opening around a wheel."""
    radius = form.wheel * 1.16
    faces.on_sides([(axle + radius * x, form.wheel + radius * z, out) for x, z in ARCH], DARK, MATT)


def mirrors(faces: Faces, form: Form, traits: Traits) -> None:
    """A mirror on each side, a little box."""
    faces.at(3)
    size = 0.10 + 0.06 * traits["mirror"] + 0.02 * (form.height - 1.5)
    x, z, inner, outer = form.cowl - 0.22, form.belt + 0.10, form.half - 0.04, form.half + 0.5 * size + 0.08
    front, rear, up = x + 0.08, x - 0.1, (z - size / 2, z + size / 2)
    colour = traits.either("cap", 0.5, traits.paint, torch.tensor([DARK]))
    for side, low, high in ((-1, -outer, -inner), (1, inner, outer)):
        faces.side = side
        faces.board(front, (low, high), up, colour, PAINT)
        faces.board(rear, (high, low), up, 0.6 * colour, GLASS)
        end = [
            (rear, side * outer, up[0]),
            (front, side * outer, up[0]),
            (front, side * outer, up[1]),
            (rear, side * outer, up[1]),
        ]
        faces.add(end if side < 0 else end[::-1], colour, PAINT)
    faces.side = 0


def _flanks(faces: Faces, form: Form, traits: Traits) -> None:
    """Sills, arches, doors with handles, mouldings and stripes."""
    out, low, tall = form.half - 0.03, form.clear, form.belt - form.clear
    whole = (-form.end + 0.1, form.end - 0.12)
    faces.panel(whole, (low, low + 0.13 * tall), out, DARK, alpha=traits.has("skirt", 0.55))
    faces.panel(whole, (low, low + 0.42 * tall), out, traits.second, PAINT, alpha=traits.has("two_tone", 0.14))
    for axle in form.axles:
        arch(faces, form, axle, out)
    front, back = form.cowl - 0.05, form.base.clamp(min=-form.end + 0.3)
    if form.plan.length < 6:
        middle = form.cowl + (form.base - form.cowl) * 0.47
        place = form.belt - 0.14 * tall
        handle = traits.either("handles", 0.4, torch.tensor([[0.8, 0.8, 0.82]]), 0.6 * traits.paint)
        for x in (front, middle):
            faces.panel((x - 0.012, x + 0.012), (low + 0.15 * tall, form.belt - 0.02), out, 0.6 * traits.paint)
        for x in (front - 0.95, middle - 0.85):
            faces.panel((x, x + 0.2), (place - 0.02, place + 0.02), out, handle, CHROME)
    where = low + (0.42 + 0.4 * traits["badge"]) * tall
    shown = traits.has("moulding", 0.35)
    faces.panel((back, front + 0.3), (where, where + 0.05), out, 0.35 * traits.paint, alpha=shown)
    where, wide = low + (0.50 + 0.25 * traits["badge"]) * tall, 0.05 + 0.09 * traits["badge_x"]
    shown = traits.has("side_stripe", 0.16)
    stripe = (-form.end + 0.2, form.end - 0.3)
    faces.panel(stripe, (where, where + wide), out, traits.second, PAINT, alpha=shown)


def _front(faces: Faces, part: Part, traits: Traits) -> None:
    lamp, low = 0.22 + 0.18 * traits["lamp_size"], 0.38 + 0.25 * traits["lamp_height"]
    fog, stripe = traits.has("fog", 0.45), traits.has("stripe", 0.12)
    faces.on_strip(part, 1, (0.35, 0.80), (-0.7, 0.7), DARK, MATT, alpha=traits.has("bumper", 0.6))
    faces.on_strip(part, 1, (0.55, 0.85), (0.68, 0.84), WHITE, LAMP, alpha=fog, both=True)
    grille, shown = 0.30 + 0.25 * traits["grille"], traits.has("chrome", 0.5)
    faces.on_strip(part, 2, (low - 0.15, 0.92), (-grille, grille), DARK, CHROME)
    for along in (0.5, 0.72):
        faces.on_strip(part, 2, (along, along + 0.07), (-grille, grille), METAL, CHROME, alpha=shown)
    faces.on_strip(part, 2, (low, 0.95), (0.96 - lamp, 0.96), WHITE, LAMP, both=True)
    faces.on_strip(part, 2, (low, low + 0.14), (0.96 - lamp, 0.96), AMBER, LAMP, both=True, alpha=fog)
    wide = 0.22 + 0.02 * traits["plate"]
    faces.on_strip(part, 1, (0.72, 0.98), (-wide, wide), PLATE, MATT)
    for strip in (3, 5):
        faces.on_strip(part, strip, (0.0, 1.0), (0.08, 0.28), traits.second, PAINT, both=True, alpha=stripe)


def _rear(faces: Faces, part: Part, traits: Traits) -> None:
    wide, low = 0.16 + 0.22 * traits["tail"], 0.55 + 0.3 * traits["lamp_size"]
    lamp = (0.97 - wide, 0.97)
    faces.on_strip(part, 6, (0.08, low), lamp, RED, LAMP, both=True)
    faces.on_strip(part, 6, (0.30, 0.46), lamp, AMBER, LAMP, both=True, alpha=traits.has("fog", 0.4))
    faces.on_strip(part, 6, (0.12, 0.24), (-0.6, 0.6), RED, LAMP, alpha=traits.has("tail", 0.2))
    faces.on_strip(part, 6, (0.45, 0.85), (-0.24, 0.24), PLATE, MATT)
    faces.on_strip(part, 7, (0.25, 0.85), (-0.85, 0.85), DARK, MATT, alpha=traits.has("bumper", 0.6))
