"""The eleven body types: how long, wide and high each is, where its hood, roof and doors are, and how much they vary.

The measures are rough ones of common vehicles, in metres from the middle of the vehicle, and our choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mtlcore.data.vehiclex_labels import TYPES

PROPORTIONS = 8  # numbers a body varies by


@dataclass(frozen=True)
class Plan:
    """One type.

    nose: height of the hood's front edge; belt: where the windows begin; clear: of the ground; wheel: its radius.
    cowl, roof, rear, base: x of the windscreen's foot, the roof's front and rear end, and the rear window's foot.
    axles: x of each; panes: side windows from the rear to the front, as shares of the cabin's length; inset: how much
    narrower the cabin's top is, of half the width; kind: who builds it, see `garage.MAKERS`.
    """

    length: float
    width: float
    height: float
    nose: float
    belt: float
    clear: float
    wheel: float
    cowl: float
    roof: float
    rear: float
    base: float
    axles: tuple[float, ...]
    panes: tuple[tuple[float, float], ...]
    inset: float = 0.2
    kind: str = "car"


PLANS: dict[str, Plan] = {
    "sedan": Plan(
        *(4.75, 1.82, 1.45, 0.70, 0.93, 0.19, 0.33, 1.00, 0.25, -0.95, -1.68),
        axles=(1.42, -1.38),
        panes=((0.16, 0.50), (0.54, 0.90)),
    ),
    "suv": Plan(
        *(4.65, 1.94, 1.80, 0.98, 1.14, 0.27, 0.40, 1.05, 0.40, -1.85, -2.22),
        axles=(1.42, -1.42),
        panes=((0.06, 0.26), (0.30, 0.60), (0.64, 0.93)),
        inset=0.17,
    ),
    "van": Plan(
        *(5.30, 2.00, 2.25, 0.95, 1.18, 0.22, 0.35, 1.95, 1.30, -2.52, -2.60),
        axles=(1.75, -1.60),
        panes=((0.74, 0.95),),
        inset=0.10,
    ),
    "hatchback": Plan(
        *(3.85, 1.72, 1.50, 0.74, 0.94, 0.18, 0.31, 0.92, 0.30, -1.35, -1.82),
        axles=(1.22, -1.22),
        panes=((0.14, 0.48), (0.53, 0.91)),
    ),
    "mpv": Plan(
        *(4.60, 1.84, 1.72, 0.80, 1.00, 0.18, 0.33, 1.52, 0.55, -1.95, -2.22),
        axles=(1.45, -1.42),
        panes=((0.05, 0.24), (0.27, 0.51), (0.54, 0.79), (0.81, 0.91)),
        inset=0.17,
    ),
    "pickup": Plan(
        *(5.40, 1.94, 1.80, 1.00, 1.12, 0.30, 0.40, 1.25, 0.70, -0.38, -0.60),
        axles=(1.75, -1.65),
        panes=((0.08, 0.45), (0.50, 0.90)),
        inset=0.18,
        kind="pickup",
    ),
    "bus": Plan(
        *(10.4, 2.52, 3.10, 1.25, 1.40, 0.30, 0.50, 5.16, 4.98, -5.12, -5.18),
        axles=(2.9, -2.7),
        panes=((0.03, 0.16), (0.18, 0.31), (0.33, 0.46), (0.48, 0.61), (0.63, 0.76), (0.86, 0.97)),
        inset=0.04,
        kind="bus",
    ),
    "truck": Plan(
        *(7.6, 2.40, 3.30, 1.30, 1.55, 0.45, 0.48, 3.75, 3.55, 2.05, 1.95),
        axles=(2.65, -1.9, -2.95),
        panes=((0.30, 0.92),),
        inset=0.08,
        kind="truck",
    ),
    "estate": Plan(
        *(4.80, 1.83, 1.48, 0.71, 0.93, 0.18, 0.33, 1.05, 0.32, -1.90, -2.30),
        axles=(1.45, -1.38),
        panes=((0.05, 0.28), (0.31, 0.59), (0.63, 0.93)),
    ),
    "sportscar": Plan(
        *(4.40, 1.92, 1.20, 0.56, 0.80, 0.12, 0.34, 0.80, -0.05, -0.62, -1.70),
        axles=(1.35, -1.28),
        panes=((0.36, 0.88),),
        inset=0.26,
    ),
    "RV": Plan(
        *(6.60, 2.28, 2.95, 0.95, 1.20, 0.25, 0.38, 2.40, 1.75, -3.20, -3.25),
        axles=(2.15, -1.75),
        panes=((0.08, 0.20), (0.36, 0.52), (0.84, 0.97)),
        inset=0.03,
        kind="motorhome",
    ),
}
SPREADS = (0.045, 0.03, 0.04, 0.05, 0.04, 0.10, 0.06, 0.10)  # of length, width, height, nose, belt, clear, wheel, cabin


@dataclass(frozen=True)
class Form:
    """The measures of n vehicles of one type, (n,) each, named as in Plan; end is x of the front, -end of the rear."""

    plan: Plan
    end: Tensor
    half: Tensor
    height: Tensor
    nose: Tensor
    belt: Tensor
    clear: Tensor
    wheel: Tensor
    cowl: Tensor
    roof: Tensor
    rear: Tensor
    base: Tensor
    axles: tuple[Tensor, ...]


def form(kind: int, proportions: Tensor) -> Form:
    """The measures of vehicles of the type with that number from their proportions, (n, 8), from -1 to 1."""
    plan = PLANS[TYPES[kind]]
    factor = (1 + proportions * torch.tensor(SPREADS)).unbind(dim=1)
    long, wide, high, nose, belt, clear, wheel, _ = factor
    slide = 0.12 * proportions[:, 7] * (plan.height < 2)  # the cabin a little to the front or the rear
    belts = plan.belt * belt
    return Form(
        plan=plan,
        end=plan.length / 2 * long,
        half=plan.width / 2 * wide,
        height=belts + (plan.height - plan.belt) * high,
        nose=plan.nose * nose.clamp(max=1.03) * belt,
        belt=belts,
        clear=plan.clear * clear,
        wheel=plan.wheel * wheel,
        cowl=plan.cowl * long + slide,
        roof=plan.roof * long + slide,
        rear=plan.rear * long + slide * 0.5,
        base=plan.base * long,
        axles=tuple(axle * long for axle in plan.axles),
    )
