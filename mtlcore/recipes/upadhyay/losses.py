"""The losses of the tasks and how they become one gradient [upadhyay, Eq. 2 and Section 4]."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtlcore.balance import Balancer, Block, Losses, Sum, Uncertainty
from mtlcore.nets.dense_tasks import DenseTasks
from mtlcore.recipes.upadhyay.config import Config
from mtlcore.recipes.upadhyay.sets import IGNORE, prepared

CONSTANT = math.exp(-1.0)  # exp(-s) with the s = 1 that no optimiser of the published code sees
PENALTY = "penalty"


def segmentation(logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Cross-entropy, mean over the pixels that have a label.

    Args:
        logits: (b, classes, h, w).
        labels: (b, h, w) uint8, 255 without label.
        smoothing: share of the label that is spread over all classes.
    """
    labels = labels.long()
    total = F.cross_entropy(logits, labels, ignore_index=IGNORE, label_smoothing=smoothing, reduction="sum")
    return total / (labels != IGNORE).sum().clamp_min(1)


def depth(output: Tensor, target: Tensor, *, everywhere: bool = False) -> Tensor:
    """Squared error of the sigmoid of an output (b, 1, h, w), mean over the pixels with depth.

    everywhere: as published, mean over all pixels, those without depth counting as 0 against 0.
    """
    known = target > 0
    squares = (torch.sigmoid(output[:, 0]) - target).square() * known
    return squares.mean() if everywhere else squares.sum() / known.sum().clamp_min(1)


def directions(output: Tensor) -> Tensor:
    """Unit vectors (b, 3, h, w) of an output."""
    return F.normalize(torch.tanh(output), dim=1)


def normals(output: Tensor, target: Tensor) -> Tensor:
    """1 - cosine, mean over the pixels with a normal; output and target (b, 3, h, w)."""
    target = target.float()
    known = (target != 0).any(1)
    cosine = (directions(output) * target).sum(1)
    return ((1 - cosine) * known).sum() / known.sum().clamp_min(1)


def binary(logits: Tensor, labels: Tensor, *, twice: bool = False) -> Tensor:
    """Binary cross-entropy of logits (b, 1); `twice` takes the sigmoid of the output for a logit, as published."""
    output = logits[:, 0]
    return F.binary_cross_entropy_with_logits(torch.sigmoid(output) if twice else output, labels.float())


def loss_of(config: Config, task: str, output: Tensor, target: Tensor) -> Tensor:
    """The loss of one task, in float32."""
    output = output.float()
    if task == "seg":
        return segmentation(output, target, config.smoothing)
    if task == "depth":
        return depth(output, target, everywhere=config.resize == "published")
    if task == "normal":
        return normals(output, target)
    return binary(output, target, twice=config.double_sigmoid)


def published_penalty(backbone: nn.Module, strength: float) -> Tensor:
    """What the published code adds to the loss: λ √C Σ |channel| a layer, C being its number of input channels."""
    lengths = [
        weight.shape[1] ** 0.5 * torch.linalg.vector_norm(weight, dim=(0, 2, 3)).sum()
        for weight in backbone.parameters()
        if weight.dim() == 4
    ]
    return strength * torch.stack(lengths).sum()


def weight_of_loss(config: Config) -> float:
    """By what a loss is multiplied before the balancer sees it: Eq. 2 has a half that `Uncertainty` has not."""
    return 0.5 if config.balance == "uncertainty" else 1.0


def objective_of(net: DenseTasks, config: Config) -> Callable[..., Losses]:
    """The objective for `train`: (net, images, *targets) -> the losses, in blocks of shared and own parameters."""
    count = len(config.tasks) + config.loss_penalty
    blocks = [Block(tuple(net.backbone.parameters()), tuple(range(count)))]
    blocks += [Block(tuple(net.heads[task].parameters()), (number,)) for number, task in enumerate(config.tasks)]

    def objective(forward: Callable[[Tensor], dict[str, Tensor]], images: Tensor, *targets: Tensor) -> Losses:
        outputs = forward(prepared(images, config))
        found = {
            task: weight_of_loss(config) * loss_of(config, task, outputs[task], target)
            for task, target in zip(config.tasks, targets, strict=True)
        }
        if config.loss_penalty:
            found[PENALTY] = published_penalty(net.backbone, config.strength * config.scale)
        return Losses(found, blocks)

    return objective


def balancer_of(config: Config) -> Balancer:
    """How the losses are weighed: learnt at the model's rate from log variance 0, or one constant."""
    if config.balance == "uncertainty":
        return Uncertainty(len(config.tasks), lr=config.lr, mean=False)
    return Sum([CONSTANT] * len(config.tasks) + [1.0] * config.loss_penalty, mean=False)
