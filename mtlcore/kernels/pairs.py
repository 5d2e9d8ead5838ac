"""Which pairs of hidden units are pruned, given the angles between them.

Two units are similar when their angle is small, and complementary when it is near 180° [ge, Section 2.3],
[singh, Section 2.3]. The texts do not say in which order pairs are taken, which matters: a unit that is gone, or has
just taken over another's weights, is no longer there for the next pair.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

ORDERS = ("angle", "index")


class Pairs(NamedTuple):
    """Pairs of units, in the order in which they were taken; of a similar pair, the first survives."""

    units: Tensor  # (k, 2) int64, each row i < j
    opposite: Tensor  # (k,) boolean: complementary, not similar

    @property
    def similar(self) -> Tensor:
        """The similar pairs, (s, 2)."""
        return self.units[~self.opposite]

    @property
    def complementary(self) -> Tensor:
        """The complementary pairs, (c, 2)."""
        return self.units[self.opposite]


def find_pairs(
    angles: Tensor,
    *,
    similar: float = 15.0,
    complementary: float = 165.0,
    order: str = "angle",
    limit: int | None = None,
    again: bool = False,
    drop_both: bool = True,
) -> Pairs:
    """Take pairs of similar and complementary units, greedily.

    Args:
        angles: (n, n) in degrees, symmetric; NaN where a unit is not to be paired.
        similar: angles below are similar.
        complementary: angles above are complementary.
        order: "angle" takes the pair nearest to 0° or 180° first; "index" goes through i < j row by row. Ties in the
            angle go by index.
        limit: take so many pairs at most.
        again: a unit that survives a pair may be in another, as if pairs were sought anew after each; otherwise no
            unit is in two pairs.
        drop_both: nothing survives a complementary pair; otherwise the first unit does.

    Raises:
        ValueError: the thresholds overlap or leave 0..180, or the order is unknown.

    >>> angles = torch.tensor([[0.0, 9.0, 5.0], [9.0, 0.0, 170.0], [5.0, 170.0, 0.0]])
    >>> find_pairs(angles).similar.tolist(), find_pairs(angles, order="index").similar.tolist()
    ([[0, 2]], [[0, 1]])
    """
    check_thresholds(similar, complementary)
    if order not in ORDERS:
        raise ValueError(f"order {order!r} is unknown; choose one of {', '.join(ORDERS)}")
    angles = angles.detach().double().cpu()
    candidates = ((angles < similar) | (angles > complementary)).triu(1).nonzero()
    values = angles[candidates[:, 0], candidates[:, 1]]
    if order == "angle":
        ranks = torch.minimum(values, 180 - values).argsort(stable=True)
        candidates, values = candidates[ranks], values[ranks]
    taken: set[int] = set()
    chosen: list[int] = []
    for index, ((i, j), angle) in enumerate(zip(candidates.tolist(), values.tolist(), strict=True)):
        if len(chosen) == (math.inf if limit is None else limit):
            break
        if i not in taken and j not in taken:
            chosen.append(index)
            taken.add(j)
            if not again or (angle > complementary and drop_both):
                taken.add(i)
    return Pairs(candidates[chosen], values[chosen] > complementary)


def check_thresholds(similar: float, complementary: float) -> None:
    """Refuse angles (degrees) between which nothing would be left to keep."""
    if not 0 <= similar <= complementary <= 180:
        raise ValueError(
            f"units are similar below {similar}° and complementary above {complementary}°; "
            "these angles must lie in 0..180, the first not above the second"
        )
