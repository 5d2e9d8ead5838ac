"""BlockDrop: a policy network chooses, image by image, which blocks of a residual network are computed.

Paper: Wu et al., "BlockDrop" [wu2018blockdrop, Sections 3.2 and 3.3]; the mathematics is in `kernels.dropping`. First
the policy learns on a frozen network, block after block from the last to the first (curriculum); then policy and
network are finetuned together. In a test the blocks above probability 1/2 are computed and the others are not.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtlcore.kernels import dropping


class BlockDrop(nn.Module):
    """A residual network and the policy that drops its blocks.

    Args:
        network: `network(images, keep)` gives logits (B, classes), keep (B, K) of zeros and ones over its `blocks`.
        policy: from images to K logits.
        penalty: reward of a wrong prediction.
        alpha: bound of the probabilities while they are drawn from, `dropping.bounded`.
        seed: the draws of an epoch depend on (seed, epoch) alone.
    """

    def __init__(
        self, network: nn.Module, policy: nn.Module, *, penalty: float = -5.0, alpha: float = 0.8, seed: int = 0
    ) -> None:
        super().__init__()
        self.network, self.policy = network, policy
        self.penalty, self.alpha, self.seed = penalty, alpha, seed
        self.blocks = len(network.blocks)  # type: ignore[arg-type]
        self.learning = self.blocks
        self.start(0, self.blocks)

    def start(self, epoch: int, learning: int) -> None:
        """Begin an epoch in which the last `learning` blocks are the policy's choice and all others are kept."""
        self.learning = learning
        self._draws = (self.seed * 1_000_003 + epoch) % 2**63
        self._random: torch.Generator | None = None

    def probabilities(self, images: Tensor) -> Tensor:
        """Probability of keeping each block, (B, K)."""
        return self.policy(images).float().sigmoid()

    def choice(self, probabilities: Tensor) -> Tensor:
        """The policy's best guess, (B, K) of zeros and ones: what a test computes."""
        return self._others_kept((probabilities >= 0.5).float())

    def forward(self, images: Tensor) -> Tensor:
        """Logits with the blocks of the policy's best guess."""
        return self.network(images, self.choice(self.probabilities(images)))

    def policy_loss(self, images: Tensor, labels: Tensor) -> Tensor:
        """The loss of the curriculum: the network is in evaluation mode and gets no gradient."""
        self.network.eval()
        probabilities = dropping.bounded(self.probabilities(images), self.alpha)
        keep = self._draw(probabilities)
        with torch.no_grad():
            drawn = self._reward(images, labels, keep)
        return self._reinforce(probabilities, keep, drawn, images, labels)

    def joint_loss(self, images: Tensor, labels: Tensor) -> Tensor:
        """The loss of the finetuning: cross-entropy of the network on what is drawn, and the policy's."""
        probabilities = dropping.bounded(self.probabilities(images), self.alpha)
        keep = self._draw(probabilities)
        logits = self.network(images, keep)
        drawn = dropping.reward(keep, logits.argmax(1) == labels, self.penalty)
        return F.cross_entropy(logits, labels) + self._reinforce(probabilities, keep, drawn, images, labels)

    def _reinforce(self, probabilities: Tensor, keep: Tensor, drawn: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        training = self.network.training
        self.network.eval()  # a best guess leaves the running statistics alone
        with torch.no_grad():
            best = self._reward(images, labels, self.choice(probabilities))
        self.network.train(training)
        learning = torch.arange(self.blocks, device=images.device) >= self.blocks - self.learning
        return dropping.policy_loss(probabilities, keep, drawn - best, learning)

    def _reward(self, images: Tensor, labels: Tensor, keep: Tensor) -> Tensor:
        return dropping.reward(keep, self.network(images, keep).argmax(1) == labels, self.penalty)

    def _draw(self, probabilities: Tensor) -> Tensor:
        if self._random is None:
            self._random = torch.Generator(probabilities.device).manual_seed(self._draws)
        return self._others_kept(torch.bernoulli(probabilities.detach(), generator=self._random))

    def _others_kept(self, keep: Tensor) -> Tensor:
        keep = keep.clone()
        keep[:, : self.blocks - self.learning] = 1
        return keep
