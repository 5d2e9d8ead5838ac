"""What is a vehicle's own: numbers that say which details it has, its paint, and a second colour."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

DARK, TYRE, WINDOW = (0.07, 0.07, 0.08), (0.045, 0.045, 0.05), (0.06, 0.08, 0.10)
WHITE, RED, AMBER, PLATE = (0.95, 0.95, 0.88), (0.70, 0.04, 0.04), (0.95, 0.50, 0.08), (0.88, 0.87, 0.78)
WOOD, CANVAS, METAL = (0.35, 0.23, 0.13), (0.80, 0.80, 0.77), (0.72, 0.72, 0.75)

# What has only a place or a size, or is there or not, and is asked for by name.
TRAITS = (
    *("rack", "stripe", "side_stripe", "sunroof", "spoiler", "tint", "lamp_size", "lamp_height", "grille", "plate"),
    *("handles", "skirt", "moulding", "quarter", "mirror", "badge", "badge_x", "two_tone", "fog", "bumper", "cargo"),
    *("rim", "spokes", "rim_shade", "sign", "chrome", "tail", "cab", "dark_roof", "cap"),
)


@dataclass(frozen=True)
class Traits:
    """Of n vehicles: numbers (n,) from 0 to 1 by name, evenly spread; paint and second colour, (n, 3)."""

    values: dict[str, Tensor]
    paint: Tensor
    second: Tensor

    def __getitem__(self, name: str) -> Tensor:
        return self.values[name]

    def has(self, name: str, share: float) -> Tensor:
        """1 for about so large a share of the vehicles, those whose number is small, else 0."""
        return (self.values[name] < share).float()

    def either(self, name: str, share: float, colour: Tensor, other: Tensor) -> Tensor:
        """One colour for that share of the vehicles, another for the rest, (n, 3)."""
        return torch.where(self.values[name][:, None] < share, colour, other)

    @property
    def glass(self) -> Tensor:
        """The tint of the windows, (n, 3)."""
        return torch.tensor([WINDOW]) * (0.5 + 1.6 * self.values["tint"][:, None])

    def of(self, mine: Tensor) -> Traits:
        """Those of some vehicles."""
        values = {name: numbers[mine] for name, numbers in self.values.items()}
        return Traits(values, self.paint[mine], self.second[mine])
