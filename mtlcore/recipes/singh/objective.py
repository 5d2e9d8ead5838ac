"""What a run minimises: the cross-entropies of its tasks over the hardest samples, combined by PCGrad or added up."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtlcore.balance import Balancer, Losses, PCGrad, Sum
from mtlcore.balance.balancer import trainable
from mtlcore.balance.gradients import backward_each, gramians
from mtlcore.kernels.mining import hardest_mean
from mtlcore.nets.encoder import Encoder
from mtlcore.recipes.singh.config import Config
from mtlcore.recipes.singh.pictures import Batches


def objective(net: Encoder, hardest: float, images: Tensor, *labels: Tensor, weights: Sequence[float] = ()) -> Losses:
    """Weighted cross-entropy of every task over the same hardest samples of a batch [singh, Eq. 1, Section 2.2].

    Args:
        net: of the tasks.
        hardest: share of the batch.
        images: (B, 3, H, W).
        labels: (B,) each, in the order of the network's tasks.
        weights: λ of Eq. 1, in the same order, which the hardest samples are told by too; none: all 1.
    """
    outputs = net(images)
    each = [_cross_entropy(outputs[task], own) for task, own in zip(net.tasks, labels, strict=True)]
    losses = torch.stack(each, 1)
    if weights:
        losses = losses * losses.new_tensor(weights)
    means = hardest_mean(losses, hardest)
    return Losses(dict(zip(net.tasks, means.unbind(), strict=True)), net.groups())


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    narrow = logits.dtype in (torch.bfloat16, torch.float16)
    return F.cross_entropy(logits.float() if narrow else logits, labels, reduction="none")


def balancer(config: Config) -> Balancer:
    """PCGrad, which adds up what is left of the gradients of shared parameters, or their plain sum [Eq. 1, 16]."""
    return PCGrad(seed=config.seed, mean=False) if config.balance == "pcgrad" else Sum(mean=False)


def optimizer(config: Config, net: nn.Module) -> torch.optim.Optimizer:
    """Adam on everything, with the ℓ2 penalty in the loss or decoupled.

    The gradient of the term l2·|w|² is 2·l2·w, which Adam's own weight_decay adds to that of the tasks, behind the
    surgery. AdamW shrinks the weights by lr·l2 a step instead.
    """
    if config.l2_form == "loss":
        return torch.optim.Adam(net.parameters(), config.lr, weight_decay=2 * config.l2)
    return torch.optim.AdamW(net.parameters(), config.lr, weight_decay=config.l2)


class Conflicts:
    """Share of pairs of tasks whose gradients of the shared parameters have a negative product.

    It is counted on the same training batches after every epoch, in the same way whatever combines the gradients, by
    the objective of training and in training mode; nothing of the network is changed.

    Args:
        config: of the run.
        batches: of training; the first ones of epoch 0 are taken.
    """

    def __init__(self, config: Config, batches: Batches) -> None:
        self.config = config
        count = config.conflict_batches if len(config.tasks) > 1 else 0
        self.batches = list(itertools.islice(batches.epoch(0), count)) if count else []

    def __call__(self, net: Encoder) -> dict[str, float]:
        """The share in %, under the name of its curve; nothing with one task."""
        if not self.batches:
            return {}
        kept = {name: buffer.clone() for name, buffer in net.named_buffers()}
        mode, images = net.training, self.batches[0][0]
        net.train()
        with torch.random.fork_rng([images.device] if images.is_cuda else []):
            negative = sum(self._negative(net, *batch) for batch in self.batches)
        net.train(mode)
        net.zero_grad(set_to_none=True)
        for name, buffer in net.named_buffers():
            buffer.data.copy_(kept[name])
        pairs = len(self.batches) * len(self.config.tasks) * (len(self.config.tasks) - 1) // 2
        return {"conflict_share": 100 * float(negative) / pairs}

    @torch.enable_grad()
    def _negative(self, net: Encoder, *batch: Tensor) -> Tensor:
        found = objective(net, self.config.hardest, *batch, weights=self.config.lambdas)
        losses = tuple(found.by_task().values())
        (problem,) = backward_each(losses, trainable(found.blocks[:1], len(losses)))
        return (gramians(problem).sum(0) < 0).triu(1).sum()
