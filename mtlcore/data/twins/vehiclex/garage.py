"""The vehicles of one seed as tables of faces and wheels, one row a vehicle."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mtlcore.data.twins.vehicles import Fleet, fleet, random_of
from mtlcore.data.twins.vehiclex.bodies import PROPORTIONS, Form, form
from mtlcore.data.twins.vehiclex.cars import car, pickup
from mtlcore.data.twins.vehiclex.faces import Faces
from mtlcore.data.twins.vehiclex.heavy import bus, motorhome, truck
from mtlcore.data.twins.vehiclex.traits import TRAITS, Traits
from mtlcore.data.twins.vehiclex_features import PAINTS
from mtlcore.data.vehiclex_labels import TYPES, VEHICLES

AXLES = 3
MAKERS = {"car": car, "pickup": pickup, "bus": bus, "truck": truck, "motorhome": motorhome}


@dataclass(frozen=True)
class Garage:
    """All vehicles, v of them with at most n faces.

    corners (v, n, 8, 3), normal (v, n, 3), colour (v, n, 3), material (v, n, 3), alpha (v, n); level, place, side,
    slope (v, n): see Faces. extent (v, 3): half length, half width, height.
    axle (v, 3): x of each, wheel (v,): radius, worn (v, 3): 1 where the axle is there; rim (v, 4): share of the
    radius, number of spokes, lightness, 1 for a rim in the vehicle's colour. paint (v, 3).
    """

    corners: Tensor
    normal: Tensor
    colour: Tensor
    material: Tensor
    alpha: Tensor
    level: Tensor
    place: Tensor
    side: Tensor
    slope: Tensor
    extent: Tensor
    axle: Tensor
    wheel: Tensor
    worn: Tensor
    rim: Tensor
    paint: Tensor

    def to(self, device: torch.device) -> Garage:
        """The same on a device."""
        return Garage(**{item.name: getattr(self, item.name).to(device) for item in fields(self)})


@functools.lru_cache(maxsize=2)
def garage(seed: int) -> Garage:
    """The vehicles of a seed."""
    known = fleet(seed)
    proportions, traits = _individuals(known, seed)
    found: list[tuple[Tensor, dict[str, Tensor]]] = []
    for kind in range(len(TYPES)):
        mine = torch.from_numpy(np.flatnonzero(known.type == kind))
        measures, own = form(kind, proportions[mine]), traits.of(mine)
        faces = Faces(len(mine))
        MAKERS[measures.plan.kind](faces, measures, own)
        found.append((mine, _table(faces) | _rest(measures, own, faces)))
    most = max(rows["alpha"].shape[1] for _, rows in found)
    order = torch.cat([mine for mine, _ in found]).argsort()
    tables = {}
    for name in found[0][1]:
        parts = [_widen(rows[name], most) if name in _table_names() else rows[name] for _, rows in found]
        tables[name] = torch.cat(parts)[order].contiguous()
    return Garage(**tables)


def _table_names() -> tuple[str, ...]:
    return ("corners", "normal", "colour", "material", "alpha", "level", "place", "side", "slope")


def _widen(values: Tensor, faces: int) -> Tensor:
    """To so many faces a vehicle; those that are added are not there."""
    return F.pad(values, [0, 0] * (values.dim() - 2) + [0, faces - values.shape[1]])


def _individuals(known: Fleet, seed: int) -> tuple[Tensor, Traits]:
    """Proportions of the body with a little of each vehicle's own, (v, 8), and traits."""
    random = random_of("vehiclex individuals", seed)
    bodies = random.uniform(-1, 1, (known.bodies, PROPORTIONS))[known.body]
    proportions = (0.92 * bodies + 0.08 * random.uniform(-1, 1, bodies.shape)).astype(np.float32)
    numbers = torch.from_numpy(random.random((len(TRAITS), len(VEHICLES)), dtype=np.float32))
    paint, second = _paints(known.colour, random)
    return torch.from_numpy(proportions), Traits(dict(zip(TRAITS, numbers, strict=True)), paint, second)


def _paints(colour: np.ndarray, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Paint of vehicles, a shade of the named colour, and a second colour that can be told from it: (v, 3) each."""
    count, names = len(colour), np.array(PAINTS)
    shade = random.normal(1, 0.05, (count, 1))
    paint = (names[colour] * shade + random.normal(0, 0.012, (count, 3))).clip(0.02, 1)
    other = names[(colour + 1 + random.integers(len(names) - 1, size=count)) % len(names)]
    second = np.where(random.random((count, 1)) < 0.45, 0.92, other)
    second = np.where(np.abs(second - paint).sum(axis=1, keepdims=True) < 0.3, 0.1, second)
    return torch.from_numpy(paint).float(), torch.from_numpy(second).float()


def _table(faces: Faces) -> dict[str, Tensor]:
    corners = torch.stack(faces.corners, dim=1)
    ahead = corners.roll(-1, dims=2)
    normal = F.normalize(torch.linalg.cross(corners, ahead, dim=3).sum(dim=2), dim=2)
    count = faces.count
    materials = torch.tensor([(m.diffuse, m.mirror, m.glow) for m in faces.materials])

    def same(values: list[float] | list[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.float32).expand(count, -1)

    return {
        "corners": corners,
        "normal": normal,
        "colour": torch.stack(faces.colours, dim=1),
        "material": materials.expand(count, -1, -1),
        "alpha": torch.stack(faces.alphas, dim=1),
        "level": same(faces.levels),
        "place": same(faces.places),
        "side": same(faces.sides),
        "slope": same(faces.slopes),
    }


def _rest(measures: Form, traits: Traits, faces: Faces) -> dict[str, Tensor]:
    count = len(measures.end)
    there = torch.stack(faces.alphas, dim=1) > 0
    height = (torch.stack(faces.corners, dim=1)[..., 2].amax(dim=2) * there).amax(dim=1)
    axles = [*measures.axles, *([torch.zeros(count)] * (AXLES - len(measures.axles)))]
    worn = torch.tensor([float(number < len(measures.axles)) for number in range(AXLES)])
    spokes = (4 + 4 * traits["spokes"]).round()
    rims = [0.56 + 0.24 * traits["rim"], spokes, 0.25 + 0.6 * traits["rim_shade"], (traits["cap"] < 0.08).float()]
    return {
        "extent": torch.stack([measures.end, measures.half, height], dim=1),
        "axle": torch.stack(axles, dim=1),
        "wheel": measures.wheel,
        "worn": worn.expand(count, -1),
        "rim": torch.stack(rims, dim=1),
        "paint": traits.paint,
    }
