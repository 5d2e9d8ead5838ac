"""The twin of Fashion-MNIST: ten kinds of things to wear, each cut and sewn anew."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from mtlcore.data.twins import bottoms, shoes, tops
from mtlcore.data.twins.cloth import Chance

# In the order of the published labels.
MAKERS: tuple[Callable[[Chance, float], Tensor], ...] = (
    partial(tops.draw, tops.T_SHIRT),
    bottoms.trousers,
    partial(tops.draw, tops.PULLOVER),
    partial(tops.draw, tops.DRESS),
    partial(tops.draw, tops.COAT),
    shoes.sandals,
    partial(tops.draw, tops.SHIRT),
    shoes.sneakers,
    bottoms.bags,
    shoes.boots,
)


def draw(labels: Tensor, *, generator: torch.Generator, difficulty: float) -> Tensor:
    """Draw one image for each label: (B, 784), tone from 0 to 1."""
    images = torch.empty(len(labels), 784)
    for label, maker in enumerate(MAKERS):
        rows = torch.nonzero(labels == label).flatten()
        images[rows] = maker(Chance(len(rows), generator), difficulty)
    return images
