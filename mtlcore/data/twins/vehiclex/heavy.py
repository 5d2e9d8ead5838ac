"""Buses, trucks and motorhomes."""

from __future__ import annotations

import torch

from mtlcore.data.twins.vehiclex.bodies import Form
from mtlcore.data.twins.vehiclex.cars import cabin
from mtlcore.data.twins.vehiclex.faces import CHROME, GLASS, LAMP, MATT, PAINT, Colour, Faces, Material, Number, Point
from mtlcore.data.twins.vehiclex.hull import arch, hull, mirrors, tyres
from mtlcore.data.twins.vehiclex.traits import AMBER, CANVAS, DARK, METAL, PLATE, RED, WHITE, Traits


def bus(faces: Faces, form: Form, traits: Traits) -> None:
    """One long box, with the line's number at both ends, doors towards the kerb, a band, cooling on the roof."""
    hull(faces, form, traits)
    cabin(faces, form, traits, traits.either("dark_roof", 0.12, torch.tensor([DARK]), traits.paint))
    faces.at(1.5)
    board, number = form.height - 0.42, 0.1 + 0.4 * traits["sign"]
    for x, low, high in ((form.roof + 0.06, -0.9, 0.9), (form.rear - 0.06, 0.5, -0.5)):
        faces.board(x, (low, high), (board, board + 0.3), DARK)
        faces.board(x, (low * number, high * number), (board + 0.08, board + 0.22), AMBER, LAMP)
    out, z, shown = form.half - 0.01, form.belt - 0.28, traits.has("side_stripe", 0.6)
    faces.panel((-form.end + 0.1, form.end - 0.1), (z, z + 0.18), out, traits.second, PAINT, alpha=shown)
    for x in (0.78 * form.end, -0.02 * form.end):
        for half, colour, material in ((0.5, traits.glass, GLASS), (0.03, traits.paint, PAINT)):
            _on_right(faces, (x - half, x + half), (form.clear + 0.1, form.height - 0.6), out, colour, material)
    faces.at(2)
    x, z = (traits["badge_x"] - 0.5) * form.end, form.height
    faces.box((x - 1.2, x + 1.2), (z, z + 0.22), 0.8, CANVAS, MATT, taper=0.15, alpha=traits.has("cargo", 0.7))
    mirrors(faces, form, traits)


def truck(faces: Faces, form: Form, traits: Traits) -> None:
    """A cab, a frame, and a box on it."""
    tyres(faces, form)
    faces.at(0, -1)
    faces.box((-form.end + 0.2, 2.0), (form.clear, 1.0), form.half - 0.3, DARK, MATT)
    _container(faces, form, traits)
    _cab(faces, form, traits)
    mirrors(faces, form, traits)


def motorhome(faces: Faces, form: Form, traits: Traits) -> None:
    """A hull with a nose, a tall living box on it that leans over the windscreen, small windows, stripes."""
    hull(faces, form, traits)
    half, belt = form.half, form.belt
    faces.at(1, 2.0)
    screen: list[Point] = [
        (1.2, belt, half - 0.08),
        (form.cowl, belt, half - 0.1),
        (1.85, 2.05, half - 0.2),
        (1.2, 2.05, half - 0.2),
    ]
    part = faces.part(screen, traits.paint)
    faces.on_strip(part, 1, (0.08, 0.95), (-0.92, 0.92), traits.glass, GLASS, slope=0.5)
    foot, top, out, inner = belt + 0.06, 1.95, half - 0.1, half - 0.18
    points: list[Point] = [(1.4, foot, out), (form.cowl - 0.15, foot, out), (1.85, top, inner), (1.4, top, inner)]
    faces.on_sides(points, traits.glass, GLASS, slope=0.5)
    faces.at(1.2)
    _living(faces, form, traits)
    faces.at(2)
    x, z = -0.5 * form.end + 0.8 * traits["sign"], form.height
    faces.box((x - 0.5, x + 0.5), (z, z + 0.2), 0.5, CANVAS, MATT, taper=0.05, alpha=traits.has("rack", 0.7))
    mirrors(faces, form, traits)


def _on_right(
    faces: Faces,
    along: tuple[Number, Number],
    up: tuple[Number, Number],
    out: Number,
    colour: Colour,
    material: Material,
) -> None:
    """A rectangle on the right side alone, where the kerb is."""
    (x0, x1), (z0, z1) = along, up
    faces.add([(x0, -out, z0), (x1, -out, z0), (x1, -out, z1), (x0, -out, z1)], colour, material, slope=0.4)


def _container(faces: Faces, form: Form, traits: Traits) -> None:
    """The box of a truck, with doors, a sign, a bar with the lights."""
    faces.at(1, -1.2)
    end, half, top = form.end, form.half, 2.75 + 0.75 * traits["cargo"]
    colour = traits.either("cap", 0.45, traits.paint, 0.5 * torch.tensor([CANVAS]) + 0.5 * traits.paint)
    box = faces.box((-end, 1.75), (1.0, top), half, colour)
    for across in ((-0.96, -0.02), (0.02, 0.96)):
        faces.on_strip(box, 3, (0.02, 0.98), across, 0.85 * colour, PAINT)
    out, x0 = half + 0.005, -end + 0.5 + 0.6 * traits["badge_x"]
    z0, z1 = 1.0 + 0.25 * (top - 1), 1.0 + (0.5 + 0.3 * traits["badge"]) * (top - 1)
    x1, middle, shown = x0 + 2.0 + 1.8 * traits["sign"], (z0 + z1) / 2, traits.has("side_stripe", 0.65)
    faces.panel((x0, x1), (z0, z1), out, traits.second, PAINT, alpha=shown)
    faces.panel((x0 + 0.3, x1 - 0.3), (middle - 0.12, middle + 0.12), out, CANVAS, alpha=shown)
    for x in (-end + 0.05, 1.7):
        faces.panel((x, x + 0.06), (1.0, top), out, DARK)
    faces.board(-end, (half - 0.1, 0.1 - half), (0.75, 0.95), DARK)
    for left, right in ((half - 0.15, half - 0.55), (0.55 - half, 0.15 - half)):
        faces.board(-end, (left, right), (0.77, 0.93), RED, LAMP)


def _cab(faces: Faces, form: Form, traits: Traits) -> None:
    """The cab of a truck, now and then with a wind deflector. Strips: 1 and 2 the front, 3 the windscreen."""
    end, half, rear, height = form.end, form.half - 0.03, 2.0, 2.45 + 0.35 * traits["cab"]
    faces.at(1, 2.9)
    profile: list[Point] = [
        (rear, 0.5, half - 0.05),
        (end - 0.08, 0.42, half - 0.06),
        (end, 0.85, half - 0.04),
        (end - 0.02, form.belt, half - 0.04),
        (end - 0.30, height - 0.06, half - 0.14),
        (end - 0.5, height, half - 0.18),
        (rear, height, half - 0.16),
    ]
    part = faces.part(profile, traits.paint)
    faces.on_strip(part, 2, (0.08, 0.75), (-0.72, 0.72), DARK, CHROME)
    for along in (0.2, 0.42, 0.62):
        faces.on_strip(part, 2, (along, along + 0.08), (-0.6, 0.6), METAL, CHROME, alpha=traits.has("chrome", 0.5))
    faces.on_strip(part, 1, (0.2, 0.95), (0.55, 0.92), WHITE, LAMP, both=True)
    faces.on_strip(part, 1, (0.2, 0.6), (-0.25, 0.25), PLATE, MATT)
    faces.on_strip(part, 3, (0.06, 0.92), (-0.92, 0.92), traits.glass, GLASS, slope=0.5)
    foot, top, out = form.belt + 0.02, height - 0.25, half - 0.06
    points: list[Point] = [
        (rear + 0.35, foot, out),
        (end - 0.12, foot, out),
        (end - 0.3, top, out - 0.05),
        (rear + 0.35, top, out - 0.05),
    ]
    faces.on_sides(points, traits.glass, GLASS, slope=0.5)
    arch(faces, form, form.axles[0], half - 0.03)
    deflector: list[Point] = [
        (rear + 0.1, height, half - 0.4),
        (end - 0.55, height, half - 0.4),
        (rear + 0.1, height + 0.5, half - 0.4),
    ]
    faces.part(deflector, traits.paint, alpha=traits.has("spoiler", 0.5))


def _living(faces: Faces, form: Form, traits: Traits) -> None:
    """The box of a motorhome."""
    half, end, height, belt, glass = form.half, form.end, form.height, form.belt, traits.glass
    pale = 0.7 * traits.paint + 0.3 * torch.tensor([(0.90, 0.88, 0.82)])
    shell = traits.either("cap", 0.6, traits.paint, pale)
    nose = 2.1 + 0.35 * traits["cargo"]
    profile: list[Point] = [
        (-end + 0.02, belt, half),
        (1.25, belt, half),
        (nose, 2.05, half),
        (nose + 0.05, 2.35, half - 0.02),
        (nose - 0.5, height, half - 0.08),
        (-end + 0.15, height, half - 0.08),
        (-end, height - 0.15, half - 0.04),
    ]
    part = faces.part(profile, shell)
    out, low, shown = half + 0.005, belt + 0.08 + 0.2 * traits["badge"], traits.has("side_stripe", 0.8)
    for foot, colour in ((low, traits.second), (low + 0.22, 0.5 * traits.second)):
        faces.panel((-end + 0.1, 1.25), (foot, foot + 0.12), out, colour, PAINT, alpha=shown)
    shift, pane = 0.3 * traits["badge_x"], (belt + 0.75, belt + 1.25 + 0.15 * traits["quarter"])
    for x, wide in ((-end + 0.6 + shift, 0.8), (-0.7 + shift, 1.0)):
        faces.panel((x, x + wide), pane, out, glass, GLASS, slope=0.5)
    x = 0.35 + 0.4 * traits["badge_x"]
    _on_right(faces, (x, x + 0.65), (form.clear + 0.2, 2.3), out, 0.9 * shell, PAINT)
    _on_right(faces, (x + 0.12, x + 0.53), (1.6, 2.15), out, glass, GLASS)
    faces.on_strip(part, 3, (0.1, 0.6), (-0.5, 0.5), glass, GLASS, alpha=traits.has("quarter", 0.5))
    faces.on_strip(part, 6, (0.15, 0.55), (-0.6, 0.6), glass, GLASS, slope=0.5, alpha=traits.has("tail", 0.7))
