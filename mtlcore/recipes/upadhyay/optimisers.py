"""The optimiser of a run, and one that leads λ to a wanted sparsity [upadhyay, Eq. 4 and Section 6].

The document leaves "learning the optimal value of λ while training" to others. Here the sparsity s is wanted and λ
follows: every few steps log λ changes by `INTEGRAL` times what s lacks and by `PROPORTIONAL` times what this lack has
grown; without the second term λ would overshoot, since weights need time to shrink. Where the reference is the wanted
sparsity from the first step, λ is the multiplier of the constraint "so sparse" in logarithms, learnt by damped ascent
(Stooke et al., "Responsive Safety in Reinforcement Learning by PID Lagrangian Methods", 2020): "learned". Where the
reference rises with the training along the cubic of Zhu and Gupta (2017) and stays after `RAMP` of the steps, λ is
"scheduled".
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from mtlcore.nets.dense_tasks import DenseTasks
from mtlcore.prune import ProxAdam, penalised
from mtlcore.recipes.upadhyay.config import Config

GROUPS = {"group": "input_channel", "element": "element"}
CARRIED = ("strength", "taken", "lack")  # from one optimiser to the next, and in checkpoints
EVERY = 4  # steps between two looks at the sparsity
RAMP = 0.75  # of the steps, until the schedule has reached the wanted sparsity
INTEGRAL = 30.0  # of log λ over all steps together, did everything lack
PROPORTIONAL = 5.0  # of log λ, as everything comes to lack


def reference(control: str, wanted: float, progress: float) -> float:
    """The share of zeros (0 to 1) that is due at some progress (0 to 1) of the training.

    >>> reference("learned", 70.0, 0.0), reference("scheduled", 70.0, 0.0), reference("scheduled", 70.0, 1.0)
    (0.7, 0.0, 0.7)
    """
    if control == "learned":
        return wanted / 100
    return wanted / 100 * (1 - (1 - min(progress / RAMP, 1.0)) ** 3)


class Controlled(ProxAdam):
    """ProxAdam whose λ follows the sparsity of the penalised weights; its state is in the parameter groups.

    Args:
        parameters: in groups, as `penalised` gives them.
        control, wanted: as `reference`.
        steps: of the whole training.
        options: as ProxAdam.
    """

    def __init__(
        self, parameters: list[dict[str, Any]], *, control: str, wanted: float, steps: int, **options: Any
    ) -> None:
        super().__init__(parameters, **options)
        self.control, self.wanted, self.steps = control, wanted, steps
        self.param_groups[0].setdefault("taken", 0)

    @torch.no_grad()
    def step(self, closure: Any = None) -> float | None:  # type: ignore[override]
        """A step, and every few steps a new λ."""
        loss = super().step(closure)
        group = self.param_groups[0]
        group["taken"] += 1
        if group["taken"] % EVERY == 0:
            due = reference(self.control, self.wanted, group["taken"] / self.steps)
            lack = due - share_of_zeros(group["params"], group["groups"])
            change = INTEGRAL * EVERY / self.steps * lack + PROPORTIONAL * (lack - group.get("lack", lack))
            group["strength"] *= math.exp(change)
            group["lack"] = lack
        return loss


def share_of_zeros(weights: list[Tensor], groups: str) -> float:
    """The share (0 to 1) of input channels, or of single elements, that are zero."""
    zero, every = [], 0
    for weight in weights:
        empty = weight == 0 if groups == "element" else (weight == 0).all(3).all(2).all(0)
        zero.append(empty.sum())
        every += empty.numel()
    return float(torch.stack(zero).sum()) / every


class Maker:
    """Makes the optimiser of a run, again for every epoch where its moments are to be forgotten.

    Args:
        config: of the run.
        steps: of the whole training.

    Attributes:
        made: the last optimiser made; what λ has become goes from one to the next.
    """

    def __init__(self, config: Config, steps: int) -> None:
        self.config, self.steps = config, steps
        self.made: ProxAdam | None = None

    def __call__(self, net: nn.Module) -> ProxAdam:
        """The optimiser of a network."""
        assert isinstance(net, DenseTasks)
        config = self.config
        options: dict[str, Any] = {
            **{"lr": config.lr, "eps": config.epsilon, "weight_decay": config.weight_decay},
            **{"decoupled": config.decay == "decoupled", "metric": config.metric, "groups": GROUPS[config.penalty]},
        }
        parameters = penalised(net, net.backbone, strength=config.strength * config.scale)
        if self.made is not None:
            before = self.made.param_groups[0]
            parameters[0] |= {name: before[name] for name in CARRIED if name in before}
        if config.control == "fixed":
            self.made = ProxAdam(parameters, **options)
        else:
            led: dict[str, Any] = {"control": config.control, "wanted": config.wanted, "steps": self.steps}
            self.made = Controlled(parameters, **led, **options)
        return self.made

    @property
    def strength(self) -> float:
        """λ as the optimiser has it."""
        return float(self.made.param_groups[0]["strength"]) if self.made else 0.0
