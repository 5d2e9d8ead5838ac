"""The hybrid: a fast balancer while every task improves, then MGDA [tran, Algorithm 1].

Algorithm 1 leaves the first phase when one task's loss no longer falls by more than ε from one check to the next, a
patience of 1; noise alone can do that. With more patience it takes that many checks in a row without one at which every
task has fallen by more than ε since the last such check. The optimiser goes on as it is across the switch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from mtlcore.balance.balancer import Balancer, Block


class Hybrid(Balancer):
    """One balancer, then another, switched by what `observe` is told.

    Adds `phase`, 1 or 2, to the numbers of the balancer in use.

    Args:
        first: such as `GradNorm`.
        second: such as `MGDA`.
        epsilon: by how much every task's loss must fall; may be negative, so that a slight rise counts as none.
        patience: checks in a row that may miss this before the switch; 1 as printed.

    Raises:
        ValueError: patience is below 1; in `backward`, as the balancer in use.
    """

    def __init__(self, first: Balancer, second: Balancer, *, epsilon: float = 0.0, patience: int = 1) -> None:
        super().__init__()
        if patience < 1:
            raise ValueError(f"patience must be at least 1, got {patience}")
        self.first, self.second = first, second
        self.epsilon, self.patience = epsilon, patience
        self.best: tuple[float, ...] = ()  # losses at the last check at which every task had improved
        self.checks = self.misses = 0
        self.switched_at: int | None = None

    @property
    def phase(self) -> int:
        """1 or 2."""
        return 1 if self.switched_at is None else 2

    def observe(self, losses: Sequence[float]) -> bool:
        """Take note of the tasks' losses, once an epoch, on data that decide the switch.

        Args:
            losses: one a task, in one order.

        Returns:
            Whether this has ended the first phase; `switched_at` is then the number of checks so far.

        Raises:
            ValueError: a loss is not finite, or the number of tasks has changed.
        """
        values = tuple(float(loss) for loss in losses)
        if bad := [task for task, value in enumerate(values) if not math.isfinite(value)]:
            raise ValueError(f"the observed loss of task {bad[0]} is {values[bad[0]]}; the run has diverged")
        if self.best and len(values) != len(self.best):
            raise ValueError(f"{len(values)} losses observed after {len(self.best)}; give one for each task every time")
        self.checks += 1
        if self.phase == 2:
            return False
        if not self.best or all(old - new > self.epsilon for old, new in zip(self.best, values, strict=True)):
            self.best, self.misses = values, 0
        else:
            self.misses += 1
        if self.misses == self.patience:
            self.switched_at = self.checks
        return self.phase == 2

    def balance(
        self, losses: tuple[Tensor, ...], blocks: list[Block], representation: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """A step of the balancer in use."""
        balancer = self.first if self.phase == 1 else self.second
        weights, numbers = balancer.balance(losses, blocks, representation)
        return weights, numbers | {"phase": torch.full_like(weights[0], float(self.phase))}

    def get_extra_state(self) -> dict[str, object]:
        """What has been observed."""
        return {name: getattr(self, name) for name in ("best", "checks", "misses", "switched_at")}

    def set_extra_state(self, state: dict[str, object]) -> None:
        """Take up what had been observed."""
        for name in ("best", "checks", "misses", "switched_at"):
            setattr(self, name, state[name])
