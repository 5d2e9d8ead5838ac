"""How hard are the twins of CIFAR? A small network on each twin, and on the original where it is there.

    python benchmarks/calibrate_scenes.py [--difficulty 1.0 1.2] [--real] [--limit 20000] [cifar10 cifar100]

The network is that of calibrate_twins.py with a second pooling: conv 3x3 (16), pool, conv 3x3 (32), pool, linear 128
and one output a class, with ReLU between; six epochs of Adam at 2e-3 falling to zero on a cosine, batches of 128, with
mirroring. It trains on the whole training split unless limited, and is tested on the whole test split.
"""

from __future__ import annotations

import torch
from calibrate_twins import main, trained_accuracy
from torch import nn

from mtlcore import data
from mtlcore.data.dataset import Dataset
from mtlcore.data.twins import scenes

EPOCHS = 6


def accuracy(train: Dataset, test: Dataset, *, seed: int) -> float:
    """Test accuracy in per cent of the small network after EPOCHS epochs."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        *(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 64, 128), nn.ReLU(), nn.Linear(128, len(train.classes))),
    )
    return trained_accuracy(net, train, test, seed=seed, epochs=EPOCHS, flip=True)


def twin(name: str, split: str, *, difficulty: float | None, limit: int | None, seed: int) -> Dataset:
    """A twin at a difficulty other than its own."""
    known = data.SETS[name]
    count = limit or {"train": 50_000, "test": 10_000}[split]
    images, labels = scenes.draw(name, split=split, count=count, seed=seed, difficulty=difficulty)
    return Dataset(name, "twin", split, images, labels, tuple(scenes.SCENES[name].figures), known.title)


if __name__ == "__main__":
    main(str(__doc__), scenes.SCENES, accuracy, twin)
