"""The optimiser of a run: Adam for all rows, with a penalty that rises until the wanted share is zero.

Penalised are the second convolution and the hidden layer, whose inputs are channels that can go; the first convolution
reads the image, and the heads belong to one task each. A channel of the hidden layer is all positions of a channel of
the second convolution. All of them have one λ.

The documents give λ and take the sparsity that comes of it; to compare methods the sparsity has to be given. So λ rises
exponentially with the steps, by the factor exp(`RISE`) over a whole training. As soon as the wanted share is zero the
penalty ends: the zeros stay zero, and what is left is trained on without it, as what is left behind a directional
pruning is.

Behind each penalised layer stands a normalisation, which makes the length of the weight as a whole irrelevant. A
penalty then shortens all groups together until Adam's steps are long against them, and the network is lost before a
group is zero. So the weight gets back, behind each proximal step, the length that the step has taken: this changes
nothing of what the network computes, and only what a group is to the others decides.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from mtlcore.nets.shared_lenet import POSITIONS, SharedLeNet
from mtlcore.prune import ProxAdam
from mtlcore.prune.prox_adam import by_channel
from mtlcore.recipes.synthesis.config import PENALTIES, Config
from mtlcore.recipes.upadhyay.optimisers import EVERY

RISE = 3.0  # of log λ over a whole training


class Rising(ProxAdam):
    """ProxAdam whose λ rises until enough is zero; its state is in the parameter groups, as checkpoints keep them.

    Args:
        parameters: in groups; those with a strength above 0 are penalised.
        wanted: share of zeros at which the penalty ends, 0 to 1.
        steps: of the whole training.
        options: as ProxAdam.
    """

    def __init__(self, parameters: list[dict[str, Any]], *, wanted: float, steps: int, **options: Any) -> None:
        for group in parameters:
            group["penalised"] = group["strength"] > 0
        super().__init__(parameters, **options)
        self.wanted, self.steps = wanted, steps

    @torch.no_grad()
    def step(self, closure: Any = None) -> float | None:  # type: ignore[override]
        """A step; zeros of a penalty that has ended stay."""
        groups = [group for group in self.param_groups if group["penalised"]]
        ended = groups[0]["strength"] == 0
        zeros = [(weight, weight == 0) for group in groups for weight in group["params"]] if ended else []
        loss = super().step(closure)
        for weight, zero in zeros:
            weight.masked_fill_(zero, 0)
        if not ended:
            taken = groups[0]["taken"] = groups[0].get("taken", 0) + 1
            done = taken % EVERY == 0 and share_of_zeros(groups) >= self.wanted  # a look waits for the device
            for group in groups:
                group["strength"] *= 0.0 if done else math.exp(RISE / self.steps)
        return loss

    def _shrink(self, group: dict[str, Any]) -> None:
        """The proximal step; the weights as a whole get back the length that it has taken."""
        before = [torch.linalg.vector_norm(weight) for weight in group["params"]]
        super()._shrink(group)
        for weight, length in zip(group["params"], before, strict=True):
            left = torch.linalg.vector_norm(weight)
            weight.mul_(torch.where(left > 0, length / left, 1))  # of a weight that is all zero nothing comes back


def share_of_zeros(groups: list[dict[str, Any]]) -> float:
    """The share (0 to 1) of penalised input channels, or of single weights, that are zero."""
    zero: list[Tensor] = []
    every = 0
    for group in groups:
        for weight in group["params"]:
            empty = weight == 0
            if group["groups"] == "input_channel":
                empty = by_channel(empty, group.get("positions", 1)).transpose(0, 1).flatten(1).all(1)
            zero.append(empty.sum())
            every += empty.numel()
    return float(torch.stack(zero).sum()) / every


def make_optimizer(config: Config, steps: int, net: nn.Module) -> torch.optim.Optimizer:
    """The optimiser of a configuration for so many steps in all."""
    assert isinstance(net, SharedLeNet)
    if config.penalty is None:
        return ProxAdam(net.parameters(), lr=config.lr)  # of strength 0: Adam, to the bit
    groups = PENALTIES[config.penalty]
    convolution = net.trunk.get_submodule("conv2").weight
    chosen = {id(convolution), id(net.hidden.weight)}
    others = [parameter for parameter in net.parameters() if id(parameter) not in chosen]
    strength = config.strength / (config.lr * steps)  # the same way in all for short trainings and long ones
    parameters = [
        {"params": [convolution], "strength": strength, "groups": groups},
        {"params": [net.hidden.weight], "strength": strength, "groups": groups, "positions": POSITIONS},
        {"params": others, "strength": 0.0},
    ]
    return Rising(parameters, wanted=config.share, steps=steps, lr=config.lr, metric=config.metric)
