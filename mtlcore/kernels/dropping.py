"""Which residual blocks an image needs: reward, policy gradient and curriculum of BlockDrop.

Paper: Wu et al., "BlockDrop: Dynamic Inference Paths in Residual Networks" [wu2018blockdrop, Eq. 2 to 6]. A policy
gives each of K blocks of a pretrained network a probability, for every image; the blocks that are drawn are kept. A
right prediction is rewarded by what it did without, a wrong one is punished, and the reward of the policy's own best
guess is the baseline of the policy gradient (self-critical REINFORCE).

Deviations: the published code adds a term of entropy to the loss, which the text does not have, and so do not we; its
joint finetuning sums the policy gradient over a batch, here it is the mean everywhere.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def bounded(probabilities: Tensor, alpha: float = 0.8) -> Tensor:
    """Probabilities pulled towards 1/2, into 1 - alpha..alpha, so that the policy goes on exploring."""
    return alpha * probabilities + (1 - alpha) * (1 - probabilities)


def reward(keep: Tensor, correct: Tensor, penalty: float = -5.0) -> Tensor:
    """Reward of each image's choice [wu2018blockdrop, Eq. 2].

    Args:
        keep: blocks kept, (B, K) of zeros and ones.
        correct: whether the prediction with these blocks is right, (B,) boolean.
        penalty: for a wrong one.

    Returns:
        (B,): 1 - (share of blocks kept)² where right, the penalty where wrong.
    """
    saved = 1 - keep.mean(1).square()
    return torch.where(correct, saved, torch.full_like(saved, penalty))


def policy_loss(probabilities: Tensor, keep: Tensor, advantage: Tensor, learning: Tensor) -> Tensor:
    """A loss whose gradient is that of the expected reward, with its sign turned [wu2018blockdrop, Eq. 5].

    Args:
        probabilities: of keeping, (B, K), from which `keep` was drawn.
        keep: (B, K) of zeros and ones.
        advantage: reward of `keep` less the baseline's, (B,).
        learning: (K,) boolean, the blocks that the curriculum lets learn; the others are no choice.

    Returns:
        A scalar, the mean over the images.
    """
    surprise = -torch.where(keep > 0, probabilities, 1 - probabilities).clamp_min(1e-12).log()
    return (advantage.detach() * (surprise * learning).sum(1)).mean()


def curriculum(epoch: int, epochs: int, blocks: int) -> int:
    """How many blocks, counted from the last, learn in an epoch; the others are kept.

    One more every epoch, as in the paper; where there are too few epochs, all of them after half of these.

    >>> [curriculum(epoch, 100, 3) for epoch in range(5)], [curriculum(epoch, 4, 6) for epoch in range(4)]
    ([1, 2, 3, 3, 3], [3, 6, 6, 6])
    """
    ramp = max(1, min(blocks, epochs // 2))
    return min(blocks, math.ceil(blocks * (epoch + 1) / ramp))
