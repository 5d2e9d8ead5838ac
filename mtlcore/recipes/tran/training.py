"""How the networks of the thesis are trained: objective, optimiser, and what a step costs."""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtlcore.balance import Balancer, Losses, Sum
from mtlcore.nets.tree import TreeNet
from mtlcore.recipes.tran.config import Settings
from mtlcore.train import Batches


def objective_of(net: TreeNet, setting: str) -> Callable[..., Losses]:
    """(net, *batch) -> the cross-entropy of every task, with the blocks of the network and, shared, its representation.

    The batches are those of `Triple`, its tasks in the order of the network's.
    """
    blocks, tasks, last = net.groups(), net.tasks, net.last_shared

    def separate(net: nn.Module, *batch: Tensor) -> Losses:
        outputs = net(dict(zip(tasks, batch[::2], strict=True)))
        return Losses(_losses(outputs, tasks, batch[1::2]), blocks)

    def shared(net: nn.Module, images: Tensor, *labels: Tensor) -> Losses:
        outputs = net(images, keep=() if last is None else (last,))
        return Losses(_losses(outputs, tasks, labels), blocks, None if last is None else outputs[last])

    return shared if setting == "shared" else separate


def _losses(outputs: dict[Any, Tensor], tasks: Sequence[str], labels: Sequence[Tensor]) -> dict[str, Tensor]:
    return {task: F.cross_entropy(outputs[task].float(), own) for task, own in zip(tasks, labels, strict=True)}


def make_optimizer(config: Settings) -> Callable[[nn.Module], torch.optim.Optimizer]:
    """SGD with Nesterov's momentum, as the thesis has it."""
    return lambda net: torch.optim.SGD(net.parameters(), config.lr, config.momentum, nesterov=config.momentum > 0)


def now(device: str) -> float:
    """Seconds on the clock that times a step: of the processor's work, which a busy neighbour does not lengthen.

    On a GPU those on the wall, once it has done what it was told.
    """
    if device == "cpu":
        return time.process_time()
    torch.accelerator.synchronize()
    return time.perf_counter()


class Timed:
    """Batches that note how long an epoch of training took, from the first batch to the end of the last step.

    `seconds` is that of the last epoch; evaluation is no part of it.
    """

    def __init__(self, batches: Batches, device: str) -> None:
        self.batches, self.device, self.seconds = batches, device, 0.0

    def __len__(self) -> int:
        return len(self.batches)

    def epoch(self, index: int) -> Iterator[tuple[Tensor, ...]]:
        """The batches of one epoch."""
        began = now(self.device)
        yield from self.batches.epoch(index)
        self.seconds = now(self.device) - began


def slowdowns(
    net: TreeNet, balancers: Sequence[Balancer], batch: tuple[Tensor, ...], config: Settings, *, turns: int, device: str
) -> list[float]:
    """Time of a training step with each balancer, over that of averaging, on one batch.

    The steps take turns, so that all of them meet the same machine; medians of `turns` after one to warm up. Nothing
    is changed but copies.
    """
    steps = [_stepper(net, balancer, batch, config, device) for balancer in (Sum(), *balancers)]
    seconds: list[list[float]] = [[] for _ in steps]
    for _ in range(turns + 1):
        for step, found in zip(steps, seconds, strict=True):
            began = now(device)
            step()
            found.append(now(device) - began)
    plain, *others = (statistics.median(found[1:]) for found in seconds)
    return [other / plain for other in others]


def _stepper(
    net: TreeNet, balancer: Balancer, batch: tuple[Tensor, ...], config: Settings, device: str
) -> Callable[[], None]:
    own = copy.deepcopy(net).to(device).train()
    if config.channels_last:
        own.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    balancer.to(device)
    optimizer, objective = make_optimizer(config)(own), objective_of(own, config.setting)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with config.precision.autocast(device):
            losses = objective(own, *batch)
        balancer.backward(losses.tasks, losses.blocks, losses.representation)
        optimizer.step()

    return step
