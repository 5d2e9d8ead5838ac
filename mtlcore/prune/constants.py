"""Channels that are the same number everywhere in every picture: what is left of a filter that is all zero."""

from __future__ import annotations

from collections import Counter

import torch
from torch import Tensor, fx, nn

from mtlcore.prune.graph import Step

Known = dict[fx.Node, Tensor]  # node -> (C,) float64, NaN where a channel is no constant


@torch.no_grad()
def constants(steps: list[Step], shapes: dict[fx.Node, torch.Size]) -> Known:
    """The constant channels of every tensor of a network in evaluation mode.

    A tensor that is changed in place and read again has none: what it holds depends on who reads it.
    """
    known: Known = {}
    changed = {node for step in steps for node in step.changed}
    calls = Counter(step.module for step in steps)
    for step in steps:
        if step.kind in ("conv", "linear") and calls[step.module] > 1:
            known[step.sources[0]].fill_(torch.nan)  # its one bias cannot take up the constants of several inputs
        if step.node in shapes and len(shapes[step.node]) > 1:
            known[step.node] = _of(step, known, shapes[step.node][1])
            if step.node in changed:
                known[step.node].fill_(torch.nan)
    return known


def _of(step: Step, known: Known, channels: int) -> Tensor:
    values = [known[source] for source in step.sources if source in known]
    module = step.module
    if len(values) != len(step.sources) or not values:
        return torch.full((channels,), torch.nan, dtype=torch.float64)
    if step.kind in ("conv", "linear") and isinstance(module, nn.Conv2d | nn.Linear):
        return _made(module, values[0])
    if step.kind == "norm" and isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        return _normalised(module, values[0])
    if step.kind == "apply" and step.function is not None:
        return step.function(values[0].clone())  # clone: it may work in place
    if step.kind in ("same", "identity"):
        return values[0].clone()
    if step.kind == "sum" and len(values) == 2:
        return values[0] + values[1]
    if step.kind == "cat":
        return torch.cat(values)
    if step.kind == "flatten":
        return values[0].repeat_interleave(channels // len(values[0]))
    return torch.full((channels,), torch.nan, dtype=torch.float64)


def foldable(module: nn.Conv2d | nn.Linear, values: Tensor) -> Tensor:
    """Which constant channels of its input a layer can take into its bias, boolean (in,).

    Zeros always; other constants unless the layer pads with zeros, for at the borders of the picture they then are no
    constants.
    """
    pads = isinstance(module, nn.Conv2d) and module.padding_mode == "zeros" and module.padding not in ("valid", (0, 0))
    return (values == 0) | ~(values.isnan() | pads)


def folded(module: nn.Conv2d | nn.Linear, values: Tensor) -> Tensor:
    """What the foldable constants of its input add to a layer's outputs, (out,) float64."""
    weight = module.weight.double().flatten(2).sum(2) if module.weight.dim() > 2 else module.weight.double()
    return weight.cpu() @ torch.where(foldable(module, values), values, 0)


def _made(module: nn.Conv2d | nn.Linear, values: Tensor) -> Tensor:
    live = (module.weight.flatten(2) != 0).any(2) if module.weight.dim() > 2 else module.weight != 0
    varies = (live.cpu() & ~foldable(module, values)).any(1)
    bias = torch.zeros(len(varies), dtype=torch.float64) if module.bias is None else module.bias.double().cpu()
    return (bias + folded(module, values)).masked_fill(varies, torch.nan)


def _normalised(module: nn.BatchNorm1d | nn.BatchNorm2d, values: Tensor) -> Tensor:
    if module.running_mean is None or module.running_var is None:
        return torch.full_like(values, torch.nan)  # statistics of the batch: not known before
    scale = (module.running_var.double() + module.eps).rsqrt()
    shift = -module.running_mean.double() * scale
    if module.weight is not None:
        scale, shift = scale * module.weight.double(), shift * module.weight.double()
    if module.bias is not None:
        shift = shift + module.bias.double()
    return values * scale.cpu() + shift.cpu()
