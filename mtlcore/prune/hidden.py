"""A hidden layer of units that can be pruned: who makes the units, who normalises them, who reads them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import torch
from torch import Tensor, nn


@dataclasses.dataclass(frozen=True)
class HiddenLayer:
    """One hidden layer of h units inside a network.

    Args:
        producer: the layer whose outputs are the units, (., d) -> (., h).
        consumers: every layer that reads them, (., h) -> (., k): one head a task, or the next layer.
        norm: batch normalisation of the units, before or after their activation.

    Raises:
        TypeError: a part is of another kind of layer.
        ValueError: the sizes do not fit, there is no consumer, or one is named twice.
    """

    producer: nn.Linear
    consumers: tuple[nn.Linear, ...]
    norm: nn.BatchNorm1d | None = None

    def __post_init__(self) -> None:
        for part in (self.producer, *self.consumers):
            _check_kind(part, nn.Linear)
        if self.norm is not None:
            _check_kind(self.norm, nn.BatchNorm1d)
            if self.norm.num_features != self.size:
                raise ValueError(f"the normalisation has {self.norm.num_features} units, the layer has {self.size}")
        if not self.consumers:
            raise ValueError("name the layers that read the hidden units: their weights take part in the pruning")
        if len({id(part) for part in (self.producer, *self.consumers)}) <= len(self.consumers):
            raise ValueError("a layer is named twice; name the producer and every consumer once")
        for consumer in self.consumers:
            if consumer.in_features != self.size:
                raise ValueError(f"a consumer reads {consumer.in_features} units, the layer has {self.size}")

    @property
    def size(self) -> int:
        """h, the number of units."""
        return self.producer.out_features

    def parts(self) -> Iterator[tuple[nn.Module, str, int]]:
        """Every tensor that has an entry for each unit: its module, its name there, the dimension of the units."""
        places: list[tuple[nn.Module, str, int]] = [(self.producer, "weight", 0), (self.producer, "bias", 0)]
        if self.norm is not None:
            places += [(self.norm, name, 0) for name in ("weight", "bias", "running_mean", "running_var")]
        places += [(consumer, "weight", 1) for consumer in self.consumers]
        return (place for place in places if getattr(place[0], place[1]) is not None)

    def parameters(self) -> Iterator[tuple[nn.Parameter, int]]:
        """The parameters among `parts`, each with the dimension of the units."""
        for module, name, dim in self.parts():
            tensor = getattr(module, name)
            if isinstance(tensor, nn.Parameter):
                yield tensor, dim


def optimizer_state(parameter: nn.Parameter, optimizer: torch.optim.Optimizer | None) -> dict[str, Tensor]:
    """What an optimiser remembers of each entry of a parameter, by name; nothing before its first step.

    Raises:
        ValueError: it keeps something of another shape, of which nobody can say which unit it belongs to.
    """
    found = {}
    for name, value in optimizer.state.get(parameter, {}).items() if optimizer else ():
        if isinstance(value, Tensor) and value.shape == parameter.shape:
            found[name] = value
        elif isinstance(value, Tensor) and value.numel() > 1:
            raise ValueError(
                f"{type(optimizer).__name__} keeps {name!r} of shape {tuple(value.shape)} for a parameter of shape "
                f"{tuple(parameter.shape)}; prune with an optimiser whose state has the parameter's shape"
            )
    return found


@torch.no_grad()
def remove_units(layer: HiddenLayer, alive: Tensor, optimizer: torch.optim.Optimizer | None = None) -> None:
    """Remove the units of a hidden layer that are not alive, in place.

    Rows of the producer, channels of the normalisation with their running statistics, and columns of every consumer
    are sliced, and so is what the optimiser remembers of them, so that training goes on as that of a network built
    small. The parameters stay the same objects: optimisers and balancers that hold them need no word. Outputs stay
    as they are (but for the order of the sums) if the consumers' weights of the removed units are zero, as
    `Distinctiveness` leaves them. Call it between steps: gradients are forgotten.

    Args:
        layer: the hidden layer.
        alive: (h,) boolean, the units that stay.
        optimizer: of these parameters.

    Raises:
        ValueError: the mask does not fit, no unit would stay, or the optimiser keeps state that cannot be sliced; the
            network is then as before.
    """
    if alive.shape != (layer.size,) or alive.dtype != torch.bool:
        raise ValueError(f"expected a boolean mask ({layer.size},) of the units that stay, got {tuple(alive.shape)}")
    kept = alive.nonzero().flatten()
    if len(kept) == 0:
        raise ValueError("no unit would stay; prune with angles that leave some, or stop before")
    states = {parameter: optimizer_state(parameter, optimizer) for parameter, _ in layer.parameters()}
    for module, name, dim in layer.parts():
        tensor = getattr(module, name)
        small = tensor.detach().index_select(dim, kept.to(tensor.device))
        if not isinstance(tensor, nn.Parameter):
            setattr(module, name, small)
            continue
        for key, state in states[tensor].items():
            optimizer.state[tensor][key] = state.index_select(dim, kept.to(state.device))  # type: ignore[union-attr]
        tensor.grad = None
        tensor.data = small
    layer.producer.out_features = len(kept)
    if layer.norm is not None:
        layer.norm.num_features = len(kept)
    for consumer in layer.consumers:
        consumer.in_features = len(kept)


def _check_kind(part: object, kind: type[nn.Module]) -> None:
    if not isinstance(part, kind):
        raise TypeError(
            f"got {type(part).__name__} where nn.{kind.__name__} is needed: a hidden layer that can be pruned is "
            "nn.Linear, possibly with nn.BatchNorm1d, read by nn.Linear"
        )
