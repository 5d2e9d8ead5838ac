"""Distinctiveness pruning: hidden units that say the same, or the opposite, of another one go.

The method of Gedeon and Harris, as used in [ge, Section 2.3] and generalised in [singh, Section 2.3]. Two measures: the
angle between two units' activations over all patterns (`measures.observe`, "neuron behaviour"), or between their
incoming weights (`measures.incoming`, "weight matrix"). Of a similar pair the first unit survives, and its outgoing
weights, to every task, take over those of the second, times a coefficient:

- "one": plain addition [ge], [singh, below Eq. 13]; subtraction where a complementary pair is merged [singh, Eq. 15].
- "cosine": cos θ [singh, Eq. 12-14], exact where both vectors have the same length.
- "projection": cos θ |h_y| / |h_x|, the least-squares coefficient; where the angles have a centre, the consumers' bias
  takes up what the centre contributes. With equal lengths and no centre it is "cosine".

A complementary pair is dropped whole [ge] or merged with the sign of the cosine [singh, Section 2.3, Eq. 14].

Batch normalisation that follows undoes the length of the incoming weights, and a negative scale turns a unit round:
of the two measures, only the behaviour sees it. Units without a direction (dead, constant) are in no pair and are left
as they are; `Pruned.undefined` names them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from mtlcore.kernels.angles import AngleGram
from mtlcore.kernels.pairs import ORDERS, Pairs, check_thresholds, find_pairs
from mtlcore.prune.compact import compact
from mtlcore.prune.hidden import HiddenLayer, optimizer_state

COEFFICIENTS = ("one", "cosine", "projection")
OPPOSITES = ("drop", "merge")
TAKES = ("one", "disjoint", "until_none")
SURVIVORS = ("first", "larger")


class Pruned(NamedTuple):
    """What one pruning found and did; units by their index before it."""

    pairs: Pairs
    angles: Tensor  # (k,) degrees, of the pairs
    removed: Tensor  # (r,) int64, ascending
    undefined: Tensor  # (u,) int64, living units without a direction
    smallest: float  # angle between two living units before the pruning, degrees; NaN without any
    largest: float


class Distinctiveness(nn.Module):
    """Prunes one hidden layer by the angles between its units.

    A pruned unit stays in the network as zeros: its incoming weights and bias, its normalisation's scale and shift, and
    its outgoing weights, until `compact` takes it out. The mask `alive` is a buffer: as a submodule of the network (or
    beside it) it is in the checkpoints.

    Args:
        layer: the hidden layer.
        similar: degrees below which two units are similar.
        complementary: degrees above which they are complementary; 180 for never.
        coefficient: "one", "cosine" or "projection", as above.
        opposite: "drop" both units of a complementary pair, or "merge" them.
        take: at a pruning, "one" pair; all "disjoint" ones, in which no unit is in two pairs; or one after the other
            "until_none" is left, where a survivor can take over several units.
        order: of the pairs, as `find_pairs`.
        survivor: the "first" unit of a pair is that with the lower index, or the one whose vector is "larger".

    Raises:
        TypeError: the layer is no `HiddenLayer`.
        ValueError: an option is unknown, or the thresholds overlap.
    """

    alive: Tensor  # (h,) boolean

    def __init__(
        self,
        layer: HiddenLayer,
        *,
        similar: float = 15.0,
        complementary: float = 165.0,
        coefficient: str = "one",
        opposite: str = "drop",
        take: str = "disjoint",
        order: str = "angle",
        survivor: str = "first",
    ) -> None:
        super().__init__()
        if not isinstance(layer, HiddenLayer):
            raise TypeError(f"the layer is a {type(layer).__name__}; give HiddenLayer(producer, consumers)")
        check_thresholds(similar, complementary)
        _check_choice("coefficient", coefficient, COEFFICIENTS)
        _check_choice("opposite", opposite, OPPOSITES)
        _check_choice("take", take, TAKES)
        _check_choice("order", order, ORDERS)
        _check_choice("survivor", survivor, SURVIVORS)
        self.layer = layer
        self.similar, self.complementary = similar, complementary
        self.coefficient, self.opposite, self.take, self.order = coefficient, opposite, take, order
        self.survivor = survivor
        self.register_buffer("alive", torch.ones(layer.size, dtype=torch.bool, device=layer.producer.weight.device))

    def prune(self, gram: AngleGram, optimizer: torch.optim.Optimizer | None = None) -> Pruned:
        """Find pairs among the living units, merge or drop them, and mask what is removed.

        Args:
            gram: of `observe` or `incoming`; masked units may be in it.
            optimizer: what it remembers of the removed units is set to zero.

        Raises:
            TypeError: it is no Gram matrix of angles.
            ValueError: the gram is of another number of units or empty; or the coefficient is "projection", the gram
                has a centre, and a consumer has no bias to take it up; or the optimiser keeps state of another shape.
                Nothing is changed then.
        """
        if not isinstance(gram, AngleGram):
            raise TypeError(f"the angles are a {type(gram).__name__}; give what `observe` or `incoming` returns")
        if gram.size != self.layer.size:
            raise ValueError(f"angles between {gram.size} units for a layer of {self.layer.size}; measure this layer")
        if self._moves_bias(gram) and any(consumer.bias is None for consumer in self.layer.consumers):
            raise ValueError("a consumer has no bias to take up what the centre contributes; measure without a centre")
        for parameter, _ in self.layer.parameters():
            optimizer_state(parameter, optimizer)  # raises before anything is changed
        living = self.alive.cpu()
        gone = ~living
        angles = gram.angles().cpu().masked_fill(gone, torch.nan).masked_fill(gone[:, None], torch.nan)
        ranks = self._ranks(gram)
        pairs = find_pairs(
            angles[ranks][:, ranks],
            similar=self.similar,
            complementary=self.complementary,
            order=self.order,
            limit=1 if self.take == "one" else None,
            again=self.take == "until_none",
            drop_both=self.opposite == "drop",
        )
        pairs = Pairs(ranks[pairs.units], pairs.opposite)
        self._merge(pairs, gram)
        removed = pairs.units[:, 1]
        if self.opposite == "drop":
            removed = torch.cat([removed, pairs.complementary[:, 0]])
        self.alive[removed.to(self.alive.device)] = False
        self.enforce(optimizer)
        undefined = (gram.undefined().cpu() & living).nonzero().flatten()
        return Pruned(pairs, angles[pairs.units.unbind(1)], removed.sort().values, undefined, *_extremes(angles))

    def _ranks(self, gram: AngleGram) -> Tensor:
        """The units, (h,), the one that survives all others first."""
        if self.survivor == "first":
            return torch.arange(gram.size)
        return gram.gram().diagonal().cpu().argsort(descending=True, stable=True)

    def _moves_bias(self, gram: AngleGram) -> bool:
        return self.coefficient == "projection" and gram.center is not None

    @torch.no_grad()
    def _merge(self, pairs: Pairs, gram: AngleGram) -> None:
        """Give the outgoing weights of the second unit of each pair to the first, one pair after the other."""
        products, centers = gram.gram().cpu(), gram.centers().cpu()
        for (first, second), opposite in zip(pairs.units.tolist(), pairs.opposite.tolist(), strict=True):
            if opposite and self.opposite == "drop":
                continue
            squares = float(products[first, first]), float(products[second, second])
            coefficient = -1.0 if opposite else 1.0
            if self.coefficient != "one":
                coefficient = float(products[first, second]) / (squares[0] * squares[1]) ** 0.5
            if self.coefficient == "projection":
                coefficient *= (squares[1] / squares[0]) ** 0.5
            for consumer in self.layer.consumers:
                if self._moves_bias(gram):
                    shift = float(centers[second] - coefficient * centers[first])
                    consumer.bias.add_(consumer.weight[:, second], alpha=shift)
                consumer.weight[:, first] += coefficient * consumer.weight[:, second]

    @torch.no_grad()
    def enforce(self, optimizer: torch.optim.Optimizer | None = None) -> None:
        """Set everything that belongs to a pruned unit to zero again, without waiting for the device.

        Args:
            optimizer: what it remembers of these entries too, so that no momentum pushes them.
        """
        self.alive = self.alive.to(self.layer.producer.weight.device)  # where the network has been moved
        for parameter, dim in self.layer.parameters():
            gone = ~self.alive if parameter.dim() == 1 else ~self.alive.unsqueeze(1 - dim)
            for tensor in (parameter, *optimizer_state(parameter, optimizer).values()):
                tensor.masked_fill_(gone, 0)

    def guard(self, optimizer: torch.optim.Optimizer) -> RemovableHandle:
        """Call `enforce` after every step of an optimiser, until the handle is removed.

        Neither momentum nor weight decay, nor a gradient that reaches an outgoing weight, then revives a unit.
        """
        return optimizer.register_step_post_hook(lambda *_: self.enforce(optimizer))

    def compact(self, optimizer: torch.optim.Optimizer | None = None) -> None:
        """Take the pruned units out of the network, as `compact`; the units that stay are numbered anew."""
        compact(self.layer, self.alive, optimizer)
        self.alive = torch.ones(self.layer.size, dtype=torch.bool, device=self.alive.device)


def _extremes(angles: Tensor) -> tuple[float, float]:
    """The smallest and the largest angle between two different units, NaN where none is defined."""
    between = angles[angles.isfinite().triu(1)]
    return (float(between.min()), float(between.max())) if len(between) else (math.nan, math.nan)


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} {value!r} is unknown; choose one of {', '.join(choices)}")
