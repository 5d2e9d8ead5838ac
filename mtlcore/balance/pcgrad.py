"""PCGrad: what of a task's gradient works against another task's is taken out of it.

Paper: Yu et al., "Gradient Surgery for Multi-Task Learning" (2020, Algorithm 1). The gradient is that of all shared
parameters together; a parameter that a task does not use has zero in that task's gradient. Each task's gradient is
projected on the normal planes of the others it conflicts with, in random order, against their original gradients; all
of it on the Gramian, as coefficients of the original gradients.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtlcore.balance.balancer import Balancer, Block, NotFiniteError, last_shared, pick, spread
from mtlcore.balance.gradients import backward_each, combine, gramians
from mtlcore.kernels.surgery import surgery_weights


class PCGrad(Balancer):
    """Combines the projected gradients of the tasks; T backward passes.

    A block of one task gets that task's gradient, without surgery.

    Args:
        seed: of the order of projections.
        mean: divide the sum of the projected gradients by the number of a block's tasks, as `Sum`; the paper adds.

    Raises:
        NotFiniteError: in `backward`.
    """

    def __init__(self, *, seed: int = 0, mean: bool = True) -> None:
        super().__init__()
        self.mean = mean
        self.generator = torch.Generator().manual_seed(seed)

    def balance(
        self, losses: tuple[Tensor, ...], blocks: list[Block], representation: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """T backward passes, one Gramian, one combination a shared block."""
        problems = backward_each(losses, blocks)
        last = last_shared(blocks)
        if last is None:
            return torch.ones_like(losses[0]).expand(len(losses)), {}
        total = torch.zeros(len(losses), len(losses), dtype=torch.float64, device=losses[0].device)
        for problem in problems:
            for s, row in zip(problem.tasks, gramians(problem).sum(0).unbind(), strict=True):
                total[s] += spread(row, problem.tasks, len(losses))
        try:
            coefficients = surgery_weights(total, generator=self.generator)
        except ValueError:  # all else about the Gramian is right
            raise NotFiniteError from None
        for problem in problems:
            share = pick(coefficients, problem.tasks) * (1 / len(problem.tasks) if self.mean else 1.0)
            combine(problem, share.unsqueeze(0))
            if problem.parameters is last.parameters:
                weights = spread(share, problem.tasks, len(losses))
        return weights, {}

    def get_extra_state(self) -> Tensor:
        """The state of the generator, so that a resumed run draws what the uninterrupted one would have."""
        return self.generator.get_state()

    def set_extra_state(self, state: Tensor) -> None:
        """Take up the state of the generator."""
        self.generator.set_state(state.cpu())
