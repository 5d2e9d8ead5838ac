"""Take what is zero out of a network: fewer rows, channels and columns, the same outputs."""

from __future__ import annotations

from typing import overload

import torch
from torch import Tensor, nn

from mtlcore.prune.hidden import HiddenLayer, remove_units
from mtlcore.prune.slimming import slim


@overload
def compact(what: HiddenLayer, given: Tensor, optimizer: torch.optim.Optimizer | None = None) -> None: ...


@overload
def compact(what: nn.Module, given: Tensor) -> nn.Module: ...


def compact(
    what: HiddenLayer | nn.Module, given: Tensor, optimizer: torch.optim.Optimizer | None = None
) -> nn.Module | None:
    """Remove units from a hidden layer in place, or build a smaller network from one with zeros.

    **A hidden layer and a mask**, (h,) boolean, of the units that stay: as `hidden.remove_units`, with the optimiser.

    **A network and an example** of its input, (B, C, H, W): returns a smaller network of the same class whose outputs
    are those of the given one (but for the order of the sums), which stays as it is. What goes: every channel that no
    layer behind it needs, because all of them multiply it by zero; with it the filter that made it, its place in the
    normalisation, and so on backwards; and channels that are the same number everywhere, such as those of filters that
    are all zero, which become part of the next layer's bias. A residual sum keeps the channels that anything behind it
    needs, so that it narrows as its stage goes on; where the shortcut is an `nn.Identity` it becomes a `Pick`. A
    convolution that needs only some of what others need picks its channels first where that pays.

    The result has the class, the methods and the names of parameters that the network had; `torch.save` keeps it as a
    plain module, and `fit` brings its `state_dict()` back into a freshly built network. It can be trained on, with a
    new optimiser. Equal outputs are those of evaluation: constants are taken with the running statistics.

    Args:
        what: a hidden layer, or a network that torch.fx can trace: its forward takes the same path for all values.
            Operations that it does not know keep all their channels.
        given: the mask, or the example, on the device of the network.
        optimizer: of a hidden layer's parameters; a smaller network needs a new one.

    Raises:
        ValueError: as `hidden.remove_units`; the network cannot be traced; an optimiser was given with a network.
    """
    if isinstance(what, HiddenLayer):
        return remove_units(what, given, optimizer)
    if optimizer is not None:
        raise ValueError("a smaller network has new parameters: make a new optimiser for them after compact")
    return slim(what, given)
