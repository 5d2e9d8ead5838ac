"""A network of two tasks and a training that last milliseconds, also as a program that a test can kill."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtlcore import train as training
from mtlcore.balance import MGDAUB, Balancer, Block, GradNorm, Hybrid, Losses
from tests.small import train_small


class Net(nn.Module):
    """Two shared layers, with dropout so that the global random state matters, and two heads."""

    def __init__(self) -> None:
        super().__init__()
        self.root = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(0.2))
        self.trunk = nn.Sequential(nn.Linear(8, 8), nn.Tanh())
        self.heads = nn.ModuleList(nn.Linear(8, 2) for _ in range(2))

    def forward(self, points: Tensor) -> Tensor:
        return self.trunk(self.root(points))

    def blocks(self) -> list[Block]:
        shared = [Block(tuple(part.parameters()), (0, 1)) for part in (self.root, self.trunk)]
        return [*shared, *(Block(tuple(head.parameters()), (task,)) for task, head in enumerate(self.heads))]


def net() -> Net:
    torch.manual_seed(3)
    return Net()


def objective(net: Net, points: Tensor, labels: Tensor) -> Losses:
    """The sides of the first and of the second coordinate."""
    hidden = net(points)
    losses = {
        "first": F.cross_entropy(net.heads[0](hidden), labels),
        "second": F.cross_entropy(net.heads[1](hidden), (points[:, 1] > 0).long()),
    }
    return Losses(losses, net.blocks(), hidden)


def hybrid() -> Hybrid:
    return Hybrid(GradNorm(2, on="representations"), MGDAUB(), epsilon=0.01)


def train_tasks(net: Net, balance: Balancer, *, epochs: int = 4, **options):
    """Train; a hybrid observes losses made up so that it switches after the third epoch."""

    def evaluate(net: nn.Module) -> dict[str, float]:
        if isinstance(balance, Hybrid):
            balance.observe((1.0, 2.0 / (1 + min(balance.checks, 1))) if balance.checks else (2.0, 2.0))
        return {}

    options = {"objective": objective, "evaluate": evaluate, **options}
    return train_small(net, epochs=epochs, balance=balance, **options)


if __name__ == "__main__":  # python tests/small_tasks.py CHECKPOINT
    torch.set_num_threads(1)
    training.SAVE_EVERY = 0.0
    train_tasks(net(), hybrid(), epochs=6, checkpoint=Path(sys.argv[1]), pause=0.01)
