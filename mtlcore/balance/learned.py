"""Balancers whose weights are themselves learned, by an optimiser of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mtlcore.balance.balancer import Balancer


class Learned(Balancer):
    """Keeps one learned number a task, and the state of Adam that learns it, in its `state_dict`.

    The network's optimiser never sees the numbers: its learning rate, decay and schedule are the network's. Adam and
    the rate 0.025 are those of Chen et al. (2018, Section 5) for both GradNorm and uncertainty weighting.

    Args:
        tasks: T.
        initial: what all T numbers start from.
        lr: of Adam.

    Raises:
        ValueError: there is no task, or the learning rate is not positive.
    """

    def __init__(self, tasks: int, initial: float, lr: float) -> None:
        super().__init__()
        if tasks < 1 or not lr > 0:
            raise ValueError(f"tasks and lr must be positive, got {tasks} and {lr}")
        self.learned = nn.Parameter(torch.full((tasks,), initial))
        self.optimizer = torch.optim.Adam([self.learned], lr)

    def check_count(self, losses: Sequence[Tensor]) -> None:
        """Refuse losses of another number of tasks."""
        if len(losses) != len(self.learned):
            raise ValueError(
                f"{len(losses)} losses for a balancer of {len(self.learned)} tasks; give one for each task"
            )

    def descend(self, gradient: Tensor) -> None:
        """One step of Adam along the gradient (T,) of the learned numbers."""
        self.learned.grad = gradient.detach().to(self.learned.dtype)
        self.optimizer.step()
        self.learned.grad = None

    def get_extra_state(self) -> dict[str, Any]:
        """The state of Adam, so that a resumed run goes on to the same bits."""
        return self.optimizer.state_dict()

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take up the state of Adam."""
        self.optimizer.load_state_dict(state)
