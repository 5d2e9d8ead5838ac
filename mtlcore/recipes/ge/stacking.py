"""Whether the networks of a table train faster side by side than one after another [ge]."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from mtlcore.nets.stacked import StackedTwoTask
from mtlcore.nets.two_task import TASKS, TwoTask

LR = 1e-3
ROUNDS = {"smoke": 1, "lab": 3, "desk": 3, "full": 3}


def speedup(networks: int = 4, *, batch: int = 256, rounds: int = 3) -> float:
    """Time of a training step of networks one after another over that of all of them as one, on the CPU.

    Args:
        networks: how many.
        batch: samples.
        rounds: both sides take turns, and the least time of each counts.
    """
    nets = [TwoTask() for _ in range(networks)]
    features = torch.rand(batch, nets[0].first.in_features)
    labels = [torch.randint(classes, (batch,)) for classes in TASKS.values()]
    stacked = StackedTwoTask(nets)
    joint = torch.optim.SGD(stacked.parameters(), LR)
    single = [torch.optim.SGD(net.parameters(), LR) for net in nets]

    def alone() -> None:
        for net, optimizer in zip(nets, single, strict=True):
            found = net(features).values()
            _step(optimizer, sum(F.cross_entropy(one, label) for one, label in zip(found, labels, strict=True)))

    def together() -> None:
        _step(joint, stacked.losses(features, *labels).sum())

    took = [(_seconds(alone), _seconds(together)) for _ in range(1 + rounds)][1:]  # the first one warms up
    return min(one for one, _ in took) / min(other for _, other in took)


def _step(optimizer: torch.optim.Optimizer, loss: Tensor | int) -> None:
    optimizer.zero_grad(set_to_none=True)
    torch.as_tensor(loss).backward()
    optimizer.step()


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
