"""How hard are the twins of CIFAR? A small network on each twin, and on the original where it is there.

    python benchmarks/calibrate_scenes.py [--difficulty 1.0 1.2] [--real] [--limit 20000] [cifar10 cifar100]

The network is that of calibrate_twins.py with a second pooling: conv 3x3 (16), pool, conv 3x3 (32), pool, linear 128
and one output a class, with ReLU between; six epochs of Adam at 2e-3 falling to zero on a cosine, batches of 128, with
mirroring. It trains on the whole training split unless limited, and is tested on the whole test split.
"""

from __future__ import annotations

import argparse
import time

import torch
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
    ).to(memory_format=torch.channels_last)
    mean, std = train.moments()
    batches = data.Resident(train, batch_size=128, seed=seed, mean=mean, std=std, flip=True, channels_last=True)
    optimiser = torch.optim.Adam(net.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS * len(batches))
    for _ in range(EPOCHS):
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
    count = limit or {"train": 50_000, "test": 10_000}[split]
    images, labels = scenes.draw(name, split=split, count=count, seed=seed, difficulty=difficulty)
    return Dataset(name, "twin", split, images, labels, tuple(scenes.SCENES[name].figures), known.title)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(scenes.SCENES))
    parser.add_argument("--difficulty", type=float, nargs="*", default=[None], help="default: the calibrated one")
    parser.add_argument("--limit", type=int, help="training images, default all")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--real", action="store_true", help="the original too, where it is there")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in options.names:
        if options.real and data.source_of(name) == "real":
            for seed in range(options.seeds):
                train, test = (
                    data.load(name, source="real", split=s, limit=n)
                    for s, n in (("train", options.limit), ("test", None))
                )
                print(f"{train.note}: {accuracy(train, test, seed=seed):.2f} %", flush=True)
        for level in options.difficulty:
            for seed in range(options.seeds):
                start = time.perf_counter()
                train = twin(name, "train", difficulty=level, limit=options.limit, seed=seed)
                test = twin(name, "test", difficulty=level, limit=None, seed=seed)
                drawn = time.perf_counter() - start
                shown = scenes.SCENES[name].difficulty if level is None else level
                result = accuracy(train, test, seed=seed)
                where = f"twin of {name}, difficulty {shown:g}, seed {seed}"
                print(f"{where}: {result:.2f} % (drawn in {drawn:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
