"""How hard are the twins? A small network on each twin, and on the real set where it is there.

    python benchmarks/calibrate_twins.py [--difficulty 1.0 1.2] [--real] [mnist fashion kmnist]

The network is conv 3x3 (16), conv 3x3 (32), pool, linear 128, linear 10, with ReLU between; three epochs of
Adam at 2e-3 falling to zero on a cosine, batches of 128, no augmentation. It trains on the whole training
split and is tested on the whole test split.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from mtlcore import data
from mtlcore.data import twins
from mtlcore.data.dataset import Dataset

EPOCHS = 3


def accuracy(train: Dataset, test: Dataset, *, seed: int) -> float:
    """Test accuracy in per cent of the small network after EPOCHS epochs."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 196, 128), nn.ReLU(), nn.Linear(128, 10)),
    )
    return trained_accuracy(net, train, test, seed=seed, epochs=EPOCHS)


def trained_accuracy(
    net: nn.Module, train: Dataset, test: Dataset, *, seed: int, epochs: int, flip: bool = False
) -> float:
    """Test accuracy in per cent of a network, trained as the heading of this file says."""
    net.to(memory_format=torch.channels_last)
    mean, std = train.moments()
    batches = data.Resident(train, batch_size=128, seed=seed, mean=mean, std=std, flip=flip, channels_last=True)
    optimiser = torch.optim.Adam(net.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * len(batches))
    for _ in range(epochs):
        for images, labels in batches:
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(images), labels).backward()
            optimiser.step()
            schedule.step()
    evaluation = data.Resident(test, batch_size=1000, shuffle=False, mean=mean, std=std, channels_last=True)
    with torch.inference_mode():
        right = sum(int((net(images).argmax(dim=1) == labels).sum()) for images, labels in evaluation)
    return 100 * right / len(test)


def twin(name: str, split: str, *, difficulty: float | None, limit: int | None, seed: int) -> Dataset:
    """A twin at a difficulty other than its own."""
    known = data.SETS[name]
    count = limit or known.files[split, "labels"].items
    images, labels = twins.draw(name, split=split, count=count, seed=seed, difficulty=difficulty)
    return Dataset(name, "twin", split, images, labels, known.classes, "")


def main(about: str, known: Mapping[str, Any], measure: Callable[..., float], drawn: Callable[..., Dataset]) -> None:
    """Measure twins, and the originals where that is asked for.

    about: what --help says. known: the twins by name, each with its `difficulty`. measure: as `accuracy`; drawn: as
    `twin`.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(known))
    parser.add_argument("--difficulty", type=float, nargs="*", default=[None], help="default: the calibrated one")
    parser.add_argument("--limit", type=int, help="training images, default all")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--real", action="store_true", help="the original too, where it is there")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in options.names:
        if options.real and data.source_of(name) == "real":
            train, test = (
                data.load(name, source="real", split=s, limit=n) for s, n in (("train", options.limit), ("test", None))
            )
            for seed in range(options.seeds):
                print(f"{train.note}: {measure(train, test, seed=seed):.2f} %", flush=True)
        for level in options.difficulty:
            for seed in range(options.seeds):
                start = time.perf_counter()
                train = drawn(name, "train", difficulty=level, limit=options.limit, seed=seed)
                test = drawn(name, "test", difficulty=level, limit=None, seed=seed)
                seconds = time.perf_counter() - start
                shown = known[name].difficulty if level is None else level
                result = measure(train, test, seed=seed)
                where = f"twin of {name}, difficulty {shown:g}, seed {seed}"
                print(f"{where}: {result:.2f} % (drawn in {seconds:.0f} s)", flush=True)


if __name__ == "__main__":
    main(str(__doc__), twins.TWINS, accuracy, twin)
