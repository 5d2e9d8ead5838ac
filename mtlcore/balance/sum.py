"""Fixed weights: the weighted sum of the losses [tran, Eq. 4.1], and its average over the tasks of a block."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mtlcore.balance.balancer import Balancer, Block, last_shared, pick, spread
from mtlcore.balance.gradients import average, backward_sum


class Sum(Balancer):
    """Adds up the losses with weights that stay; one backward pass.

    Args:
        weights: c, one a task; None weighs all 1.
        mean: divide the gradient of a shared block by the number of its tasks, as the published code does, so that the
            coefficients sum to 1 there, as those of MGDA do, when the weights are 1; a block of one task keeps its
            whole gradient. False gives the gradient of the sum itself.

    Raises:
        ValueError: in `backward`, when the number of losses is not the number of weights.
    """

    def __init__(self, weights: Sequence[float] | None = None, *, mean: bool = True) -> None:
        super().__init__()
        self.weights: Tensor | None
        self.register_buffer("weights", None if weights is None else torch.tensor(weights), persistent=False)
        self.mean = mean

    def balance(
        self, losses: tuple[Tensor, ...], blocks: list[Block], representation: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """One backward pass of the weighted sum."""
        weights = torch.ones(len(losses), device=losses[0].device) if self.weights is None else self.weights
        if len(weights) != len(losses):
            raise ValueError(f"{len(losses)} losses for {len(weights)} weights; give one weight for each task")
        return weighted(losses, weights, blocks, self.mean), {}


def weighted(losses: Sequence[Tensor], weights: Tensor, blocks: list[Block], mean: bool) -> Tensor:
    """Set the gradients of the weighted sum, in shared blocks divided by the number of tasks if `mean`.

    Returns:
        The coefficients (T,) in the last shared block, as `reported`.
    """
    backward_sum([weight * loss for weight, loss in zip(weights.unbind(), losses, strict=True)], blocks)
    if mean:
        average(blocks)
    return reported(weights, blocks, mean)


def reported(weights: Tensor, blocks: list[Block], mean: bool) -> Tensor:
    """What weights (T,) amount to in the last shared block: (T,), 0 for tasks that do not use it."""
    block = last_shared(blocks)
    if block is None:
        return weights
    scale = 1 / len(block.tasks) if mean else 1.0
    return spread(pick(weights, block.tasks) * scale, block.tasks, len(weights))
