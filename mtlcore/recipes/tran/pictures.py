"""What two figures of the thesis need of a small trained network: gradients, and a channel [tran, Fig. 2 and 7].

The network is trained for a few steps only and by averaging, in small batches and at ten times the thesis's
learning rate so that it has learnt something by then; no table or claim rests on it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlcore import data
from mtlcore.balance import Block, Sum
from mtlcore.balance.gradients import backward_each, gramians
from mtlcore.data.triple import compose
from mtlcore.kernels.minnorm import min_norm_weights
from mtlcore.nets.activations import normalisation
from mtlcore.nets.lenet import lenet
from mtlcore.nets.tree import TreeNet
from mtlcore.recipes.tran.config import TASKS, Settings, resolved, sets_of, triple

LR, BATCH = 0.01, 64
SMOOTH = 0.008  # weight of the total variation of an optimised image, which keeps it from being noise
SHIFT = 2  # pixels; an image that only works where it stands is not what a channel looks for
BUDGETS = {  # steps of training, images of each set, Gramians, steps of optimising an image
    "smoke": (4, 128, 4, 5),
    "lab": (120, 2_000, 20, 120),
    "desk": (600, 6_000, 50, 300),
    "full": (2_000, 6_000, 100, 300),
}


class Pictures(NamedTuple):
    """A small trained network, as far as it is shown.

    Attributes:
        gramians: of task gradients at the last shared block, (N, T, T).
        images: task -> (16, 1, S, S), white is 1.
        composed: of one of each, (16, 1, S, S).
        channel: one of its channels.
        note: where the images are from.
    """

    gramians: Tensor
    images: dict[str, Tensor]
    composed: Tensor
    channel: Channel
    note: str


class Channel(NamedTuple):
    """What one channel of the last shared block answers to, in standard deviations over the images of all sets.

    Attributes:
        number: of the channel, that with the largest |γ|.
        minimised, maximised: (1, S, S), found by gradient descent and ascent.
        smallest, largest: (9, 1, S, S), images of the sets.
        tasks: of `largest`.
        range: of its mean activation over the images.
        reached: by the optimised images.
    """

    number: int
    minimised: Tensor
    maximised: Tensor
    smallest: Tensor
    largest: Tensor
    tasks: tuple[str, ...]
    range: tuple[float, float]
    reached: tuple[float, float]


def pictures(profile: str, source: str, *, device: str = "cpu", seed: int = 0) -> Pictures:
    """Train a small network on separate inputs and look at it."""
    steps, images, count, updates = BUDGETS[profile]
    config = Settings(
        seed=seed,
        source=resolved(source),
        setting="separate",
        train_images=images,
        held_out=0,
        test_images=1,
        curve_images=1,
        batch_size=BATCH,
    )
    sets = sets_of(config)
    batches = triple(config, sets.train, device, turned=True)
    torch.manual_seed(seed)
    net = lenet(TASKS).to(device)
    _train(net, _endless(batches), steps)
    found = shared_gramians(net, _endless(batches, steps), count)
    shown = {task: one.images.to(device).float() / 255 for task, one in sets.train.items()}
    seen = channel(net, shown, steps=updates, seed=seed)
    samples = {task: images[:16].cpu() for task, images in shown.items()}
    return Pictures(found, samples, compose(list(samples.values())), seen, sets.note)


def _endless(batches: data.Triple, first: int = 0) -> Iterable[tuple[Tensor, ...]]:
    number = first
    while True:
        yield from batches.epoch(number)
        number += 1


def _losses(net: TreeNet, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
    inputs, labels = (dict(zip(net.tasks, batch[place::2], strict=True)) for place in (0, 1))
    outputs = net(inputs)
    return {task: F.cross_entropy(outputs[task], labels[task]) for task in net.tasks}


def _train(net: TreeNet, batches: Iterable[tuple[Tensor, ...]], steps: int) -> None:
    optimizer = torch.optim.SGD(net.parameters(), LR, momentum=0.9, nesterov=True)
    averaging = Sum()
    for batch in islice(batches, steps):
        optimizer.zero_grad(set_to_none=True)
        averaging.backward(_losses(net, batch), net.groups())
        optimizer.step()


def shared_gramians(net: TreeNet, batches: Iterable[tuple[Tensor, ...]], count: int) -> Tensor:
    """Gramians of the tasks' gradients at the last block that all share, (count, T, T) float64 on the CPU.

    Args:
        net: in training mode, on separate inputs; left without gradients.
        batches: (images_1, labels_1, images_2, labels_2, ...), in the order of the network's tasks.
        count: mini-batches to look at.
    """
    last = next(group for group in reversed(net.groups()) if len(group.tasks) == len(net.tasks))
    found = []
    for batch in islice(batches, count):
        (problem,) = backward_each(list(_losses(net, batch).values()), [Block(*last)])
        found.append(gramians(problem).sum(0).cpu())
    return torch.stack(found)


def solver_seconds(grams: Tensor, *, calls: int = 200) -> float:
    """Time that the exact min-norm solver takes for one Gramian (T, T), median over calls on the given ones."""
    found = []
    for number in range(calls):
        gram = grams[number % len(grams)]
        began = time.perf_counter()
        min_norm_weights(gram)
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def channel(net: TreeNet, images: Mapping[str, Tensor], *, steps: int, seed: int = 0) -> Channel:
    """The most important channel of the last shared block, and what it answers to least and most.

    Args:
        net: a network whose blocks are convolutional.
        images: task -> (N, 1, S, S), white is 1.
        steps: of optimising an image.
        seed: of the noise that optimisation starts from, and of its shifts.
    """
    block = net.last_shared
    if block is None:
        raise ValueError("no block is shared by all tasks; take a network before any split of its trunk")
    index = int(normalisation(net, block).weight.abs().argmax())
    pooled = torch.cat([images[task] for task in net.tasks])
    owners = [task for task in net.tasks for _ in range(len(images[task]))]
    net.eval()
    with torch.no_grad():
        levels = torch.cat([_activation(net, block, index, part) for part in pooled.split(500)])
    centre, spread = levels.mean(), levels.std().clamp_min(1e-12)
    order = levels.argsort()
    least, most = order[:9], order.flip(0)[:9]
    low, high = _optimised(net, block, index, float(spread), pooled[0], steps, seed)
    with torch.no_grad():
        ends = (_activation(net, block, index, torch.stack([low, high])) - centre) / spread
    extent = ((levels.min() - centre) / spread, (levels.max() - centre) / spread)
    return Channel(
        index,
        low.cpu(),
        high.cpu(),
        pooled[least].cpu(),
        pooled[most].cpu(),
        tuple(owners[place] for place in most.tolist()),
        (float(extent[0]), float(extent[1])),
        (float(ends[0]), float(ends[1])),
    )


def _activation(net: TreeNet, block: int, index: int, images: Tensor) -> Tensor:
    """Mean over positions of a channel's convolution, before the rectifier, so that it can fall below zero: (N,)."""
    hidden = images
    for before in net.chains[net.tasks[0]]:
        if before == block:
            break
        hidden = net.block(before)(hidden)
    convolution = net.block(block).get_submodule("conv")
    return convolution(hidden)[:, index].mean((1, 2))


def _optimised(
    net: TreeNet, block: int, index: int, spread: float, like: Tensor, steps: int, seed: int
) -> tuple[Tensor, Tensor]:
    """Two images in 0..1, shaped `like`, that drive the channel down and up."""
    generator = torch.Generator().manual_seed(seed)
    start = 0.1 * torch.randn(2, *like.shape, generator=generator) - 2.0  # mostly dark, as the sets are
    free = start.to(like.device).requires_grad_()
    optimizer = torch.optim.Adam([free], 0.1)
    for _ in range(steps):
        image = free.sigmoid()
        shift = torch.randint(-SHIFT, SHIFT + 1, (2,), generator=generator).tolist()
        low, high = _activation(net, block, index, image.roll(shift, (-2, -1)))
        variation = image.diff(dim=-1).abs().sum() + image.diff(dim=-2).abs().sum()
        loss = (low - high) / spread + SMOOTH * variation
        (free.grad,) = torch.autograd.grad(loss, [free])
        optimizer.step()
    low, high = free.detach().sigmoid()
    return low, high
