"""Take pruned units out of a network: fewer rows, channels and columns, the same outputs."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtlcore.prune.hidden import HiddenLayer, optimizer_state


@torch.no_grad()
def compact(layer: HiddenLayer, alive: Tensor, optimizer: torch.optim.Optimizer | None = None) -> None:
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
