"""Uncertainty weighting: weights from learned variances of the tasks.

Paper: Kendall, Gal and Cipolla, "Multi-Task Learning Using Uncertainty to Weigh Losses" (2018, Eq. 7 to 10): minimise
sum_t exp(-s_t) L_t + s_t / 2 over the network and the log-variances s_t. For cross-entropy L_t is the mean negative
log-likelihood; for regression it is half the squared error. The minimum over s_t alone is at exp(-s_t) = 1 / (2 L_t),
where every weighted loss is 1/2. The printed form divides by variances; their logarithms, as the authors use, are safe.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtlcore.balance.balancer import Block
from mtlcore.balance.learned import Learned
from mtlcore.balance.sum import weighted


class Uncertainty(Learned):
    """Weighs the losses by exp(-s), with log-variances s that are learned; one backward pass.

    A step uses the weights that the steps before have led to.

    Args:
        tasks: T.
        lr: of the Adam that learns s, which starts at 0.
        mean: divide the gradient of a shared block by the number of its tasks, as `Sum`.

    Raises:
        ValueError: as `Learned`; in `backward`, when there are not T losses.
    """

    def __init__(self, tasks: int, *, lr: float = 0.025, mean: bool = True) -> None:
        super().__init__(tasks, 0.0, lr)
        self.mean = mean

    @property
    def weights(self) -> Tensor:
        """exp(-s), (T,)."""
        return torch.exp(-self.learned.detach())

    def balance(
        self, losses: tuple[Tensor, ...], blocks: list[Block], representation: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """One backward pass of the weighted sum, and one step of the log-variances."""
        self.check_count(losses)
        weights = self.weights
        coefficients = weighted(losses, weights, blocks, self.mean)
        self.descend(0.5 - weights * torch.stack(losses).detach())
        return coefficients, {}
