"""How much of a network is zero: groups and parameters of its convolutions [upadhyay, Tables 1 to 3, Figure 3]."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Channels(NamedTuple):
    """The input channels and filters of one convolution, and those that are not all zero."""

    inputs: int
    living_inputs: int
    filters: int
    living_filters: int
    parameters: int
    living_parameters: int


class Sparsity(NamedTuple):
    """Shares of what is exactly zero in all convolutions, in percent."""

    inputs: float  # input channels: "% group sparsity" of the tables
    filters: float  # what the published code logs while it trains
    parameters: float  # "% parameters reduced to zero" of the tables


def channels(net: nn.Module) -> dict[str, Channels]:
    """The channels of every 2-D convolution, by its name in the network; one look at the device in all."""
    convolutions = {name: module for name, module in net.named_modules() if isinstance(module, nn.Conv2d)}
    if not convolutions:
        return {}
    living = torch.stack([_living(module.weight) for module in convolutions.values()]).tolist()
    found = {}
    for (name, module), (inputs, filters, parameters) in zip(convolutions.items(), living, strict=True):
        outs, ins = module.weight.shape[:2]
        found[name] = Channels(ins, inputs, outs, filters, module.weight.numel(), parameters)
    return found


def sparsity(net: nn.Module) -> Sparsity:
    """The shares of zero groups and parameters over all 2-D convolutions of a network, such as a backbone.

    Raises:
        ValueError: it has no convolution.
    """
    found = list(channels(net).values())
    if not found:
        raise ValueError(f"{type(net).__name__} has no 2-D convolution to count the zeros of")
    sums = [sum(numbers) for numbers in zip(*found, strict=True)]
    return Sparsity(*(100.0 * (1 - living / every) for every, living in zip(sums[::2], sums[1::2], strict=True)))


@torch.no_grad()
def _living(weight: Tensor) -> Tensor:
    """Input channels, filters and elements of a weight (O, I, H, W) that are not zero, (3,) int64."""
    nonzero = weight != 0
    kernels = nonzero.flatten(2).any(2)
    return torch.stack([kernels.any(0).sum(), kernels.any(1).sum(), nonzero.sum()])
