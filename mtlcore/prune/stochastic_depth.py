"""Stochastic depth: every training step leaves out random residual blocks, a test uses them all.

Paper: Huang et al., "Deep Networks with Stochastic Depth" [huang2016stochastic, Eq. 4 and Section 4]. Block l of L
survives a step with probability p_l = 1 - l/L (1 - p_L), which falls linearly to p_L = 0.5 at the last; in a test each
branch is scaled by its p_l. A block is left out for the whole batch, so that it costs nothing in that step.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mtlcore.prune.layerout import random_stream


def linear_decay(blocks: int, last: float = 0.5) -> list[float]:
    """Survival probabilities of the blocks [huang2016stochastic, Eq. 4].

    >>> linear_decay(4)
    [0.875, 0.75, 0.625, 0.5]
    """
    return [1 - index / blocks * (1 - last) for index in range(1, blocks + 1)]


def expected_depth(survival: Sequence[float]) -> float:
    """Expected number of blocks in a training step: 3/4 of them, and a quarter of a block less, with the default."""
    return float(sum(survival))


class StochasticDepth:
    """Draws the blocks of every training step.

    Args:
        blocks: of the network.
        last: survival probability of its last block, in 0..1.
        seed: the draws of an epoch depend on (seed, epoch) alone.

    Raises:
        ValueError: `last` is no probability.
    """

    def __init__(self, blocks: int, *, last: float = 0.5, seed: int = 0) -> None:
        if not 0 <= last <= 1:
            raise ValueError(f"the survival probability of the last block is {last}; it must lie in 0..1")
        self.survival = linear_decay(blocks, last)
        self.seed = seed
        self.start(0)

    def start(self, epoch: int) -> None:
        """Begin the draws of an epoch."""
        self._random = random_stream(self.seed, 2_000_003 + epoch)
        self.steps = self.blocks_kept = 0

    def draw(self) -> list[float]:
        """What a training step does with the blocks: 1 keeps, 0 leaves out."""
        chances = torch.rand(len(self.survival), generator=self._random, dtype=torch.float64).tolist()
        keep = [float(chance < survival) for chance, survival in zip(chances, self.survival, strict=True)]
        self.steps += 1
        self.blocks_kept += int(sum(keep))
        return keep

    @property
    def depth(self) -> float:
        """Mean number of blocks in the steps drawn since the epoch began."""
        return self.blocks_kept / self.steps if self.steps else expected_depth(self.survival)
