"""When the hybrid leaves its first phase [tran, Algorithm 1]: which losses decide, and from when on."""

from __future__ import annotations

import torch
from torch import Tensor

from mtlcore.balance import Balancer, Hybrid, Losses
from mtlcore.nets.tree import TreeNet
from mtlcore.recipes.tran.balancing import Config
from mtlcore.recipes.tran.evaluation import Evaluator


class Switch:
    """Decides the end of the hybrid's first phase, once an epoch; does nothing for other balancers.

    Args:
        config: of the run.
        balancer: of the run.
        evaluator: for held-out and test losses.
    """

    def __init__(self, config: Config, balancer: Balancer, evaluator: Evaluator) -> None:
        self.config, self.evaluator = config, evaluator
        self.hybrid = balancer if isinstance(balancer, Hybrid) else None
        self.losses: list[Tensor] = []  # of the steps of this epoch, where training losses decide

    def note(self, losses: Losses) -> Losses:
        """Take note of a step's losses, on the way to the balancer."""
        if self.hybrid is not None and self.config.switch_on == "train":
            self.losses.append(torch.stack(list(losses.by_task().values())).detach())
        return losses

    def end_of_epoch(self, net: TreeNet) -> None:
        """Show the hybrid the losses that decide, and end its first phase where it must."""
        if self.hybrid is None:
            return
        if self.hybrid.phase == 1:
            self.hybrid.observe(self._deciding(net))
            if self.hybrid.phase == 1 and self.hybrid.checks >= self.config.switch_by:
                self.hybrid.switched_at = self.hybrid.checks
        self.losses.clear()

    def _deciding(self, net: TreeNet) -> list[float]:
        if self.config.switch_on == "train":
            return torch.stack(self.losses).double().mean(0).tolist()
        which = "held_out" if self.config.switch_on == "held_out" else "all"
        return [score.loss for score in self.evaluator(net, which).values()]

    def resets(self, epoch: int) -> bool:
        """Whether the optimiser starts anew with this epoch."""
        return self.config.reset_optimizer and self.hybrid is not None and self.hybrid.switched_at == epoch

    @property
    def first_phase(self) -> int | None:
        """Epochs of the first phase so far; None without phases."""
        if self.hybrid is None:
            return None
        return self.hybrid.checks if self.hybrid.switched_at is None else self.hybrid.switched_at
