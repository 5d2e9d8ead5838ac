"""A network and a training that last milliseconds, also as a program that a test can kill."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch
from torch import nn

from mtlcore import train as training
from mtlcore.train import train


class Batches:
    """Twelve steps an epoch over separable points, the same for an epoch whenever it is asked for."""

    def __init__(self, pause: float = 0.0) -> None:
        self.pause = pause

    def __len__(self) -> int:
        return 12

    def epoch(self, index: int):
        generator = torch.Generator().manual_seed(index)
        for _ in range(len(self)):
            time.sleep(self.pause)
            points = torch.randn(16, 6, generator=generator)
            yield points, (points[:, 0] > 0).long()


def small_net() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 2))


def cross_entropy(net, points, labels):
    return nn.functional.cross_entropy(net(points), labels)


def sgd(net: nn.Module, decay: float = 5e-4) -> torch.optim.SGD:
    return torch.optim.SGD(net.parameters(), 0.1, 0.9, weight_decay=decay)


def train_small(
    net: nn.Module, *, epochs: int = 3, checkpoint: Path | None = None, pause: float = 0.0, optimizers=None, **options
):
    """Train a small network; dropout makes the global random state matter."""

    def make(net):
        optimizer = sgd(net)
        if optimizers is not None:
            optimizers.append(optimizer)
        return optimizer

    options = {"objective": cross_entropy, "make_optimizer": make, **options}
    return train(net, Batches(pause), epochs=epochs, checkpoint=checkpoint, **options)


if __name__ == "__main__":  # python tests/small.py CHECKPOINT
    torch.set_num_threads(1)
    training.SAVE_EVERY = 0.0
    train_small(small_net(), epochs=6, checkpoint=Path(sys.argv[1]), pause=0.01)
