"""Which channels are left, and which task keeps them.

How much task t needs the input channel c of a convolution W is the mean over batches of (Σ W[:, c] ∂L_t/∂W[:, c])², the
first-order estimate of what its loss would change by without the channel (Molchanov et al., "Importance Estimation for
Neural Network Pruning", 2019), as a share of the task's needs over all living channels, so that tasks with large losses
weigh no more. A channel is a task's own where that task needs it more than `LEAD` times as much as any other; else it
is shared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mtlcore import data
from mtlcore.nets.dense_tasks import DenseTasks
from mtlcore.recipes.upadhyay.config import Config
from mtlcore.recipes.upadhyay.losses import loss_of
from mtlcore.recipes.upadhyay.sets import prepared, targets_of
from mtlcore.results import Record

LEAD = 2.0
IMAGES = 64  # looked at


def convolutions(backbone: nn.Module) -> dict[str, nn.Conv2d]:
    """The convolutions by name, in the order in which the curves and `alive` have them."""
    return {name: module for name, module in backbone.named_modules() if isinstance(module, nn.Conv2d)}


def alive(backbone: nn.Module) -> Tensor:
    """Which input channels of all convolutions, one after the other, have a weight that is not zero: (groups,) bool."""
    parts = [(module.weight != 0).any(3).any(2).any(0) for module in convolutions(backbone).values()]
    return torch.cat(parts).cpu()


def packed(living: Tensor) -> str:
    """Bits (n,) as hexadecimal digits, the first bit the highest; zeros fill the last digit."""
    bits = "".join("1" if bit else "0" for bit in living.tolist())
    bits += "0" * (-len(bits) % 4)
    return "".join(f"{int(bits[first : first + 4], 2):x}" for first in range(0, len(bits), 4))


def alive_of(record: Record) -> list[Tensor]:
    """The living input channels of every convolution of a stored run, (C,) bool each, in the order of its curves."""
    sizes = [int(size) for size in record.curves["channels_before"]]
    digits: str = record.provenance["alive"]
    bits = "".join(f"{int(digit, 16):04b}" for digit in digits)
    return list(torch.tensor([bit == "1" for bit in bits[: sum(sizes)]]).split(sizes))


class Overlap(NamedTuple):
    """Shares (0 to 1) of channels that two networks both keep, of those that at least one keeps."""

    found: float
    by_chance: float  # were each layer's living channels drawn at random, so many as there are


def overlap(one: Sequence[Tensor], other: Sequence[Tensor]) -> Overlap:
    """How much two networks keep the same channels, from `alive_of` each; of equal shape and first weights.

    Raises:
        ValueError: the networks have other layers, or both keep nothing.
    """
    if [len(part) for part in one] != [len(part) for part in other]:
        raise ValueError("the two networks have other layers; compare runs of one width and one number of blocks")
    both = sum(int((a & b).sum()) for a, b in zip(one, other, strict=True))
    drawn = sum(int(a.sum()) * int(b.sum()) / len(a) for a, b in zip(one, other, strict=True))
    kept = sum(int(part.sum()) for part in (*one, *other))
    if not kept:
        raise ValueError("neither network keeps a channel, so that there is nothing to compare")
    return Overlap(both / (kept - both), drawn / (kept - drawn))


def needs(net: DenseTasks, config: Config, pictures: data.Pictures, device: str) -> dict[str, Tensor]:
    """How much every task needs every input channel of the backbone, (groups,) each, summing to 1 (or all zero)."""
    pictures = pictures.first(IMAGES)
    targets = targets_of(config, pictures)
    weights = [module.weight for module in convolutions(net.backbone).values()]
    total = {task: torch.zeros(sum(weight.shape[1] for weight in weights), device=device) for task in config.tasks}
    for first in range(0, len(pictures), config.batch_size):
        chosen = slice(first, first + config.batch_size)
        with config.precision.autocast(device):
            outputs = net(prepared(pictures.images[chosen].to(device), config))
        for task, target in zip(config.tasks, targets, strict=True):
            loss = loss_of(config, task, outputs[task], target[chosen].to(device))
            gradients = torch.autograd.grad(loss, weights, retain_graph=task != config.tasks[-1])
            changes = [(w.detach() * g).sum((0, 2, 3)).square() for w, g in zip(weights, gradients, strict=True)]
            total[task] += torch.cat(changes)
    return {task: need / need.sum().clamp_min(torch.finfo(need.dtype).tiny) for task, need in total.items()}


def keepers(needed: Mapping[str, Tensor], living: Tensor, sizes: Sequence[int]) -> dict[str, list[float]]:
    """How many living channels of every layer are each task's own, and how many are shared.

    Args:
        needed: task -> (groups,), as `needs`.
        living: (groups,) bool.
        sizes: channels of the layers.

    Returns:
        kept_<task> and kept_shared, one number a layer each.
    """
    shares = torch.stack([need.cpu() for need in needed.values()])
    highest, owner = shares.max(0)
    second = shares.topk(2, 0).values[1]
    own = living & (highest > LEAD * second)
    found = {f"kept_{task}": own & (owner == number) for number, task in enumerate(needed)}
    found["kept_shared"] = living & ~own
    return {name: [float(part.sum()) for part in mask.split(list(sizes))] for name, mask in found.items()}
