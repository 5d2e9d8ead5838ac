"""The twins of CIFAR-10 and CIFAR-100: drawn things of the published classes before drawn backgrounds.

Images are drawn in blocks of 500, each from its own random stream, and a block is always drawn whole: image i is the
same whatever the number of images asked for.
"""

from __future__ import annotations

import functools
import zlib
from dataclasses import dataclass

import torch
from torch import Tensor

from mtlcore.data import seeding
from mtlcore.data.twins.scenes import hundred, ten
from mtlcore.data.twins.scenes.canvas import GROUNDS, paint
from mtlcore.data.twins.scenes.drawing import Figure
from mtlcore.data.twins.scenes.tables import Tables

BLOCK = 500
BATCH = 250  # pictures painted at a time: what a processor's cache holds
KEPT = 128  # blocks, 1.5 MB each: one set whole


@dataclass(frozen=True)
class Scenes:
    """A twin: its classes in the order of the labels, and the constant that scales all that varies.

    published: test accuracy of early convolutional networks on the whole original: cuda-convnet without and with
    augmentation [krizhevsky2009cifar, page of the set], stochastic pooling on CIFAR-100 (Zeiler and Fergus, 2013).
    original, measured: that of the smaller network of benchmarks/calibrate_scenes.py on the original, where it was at
    hand, and on the twin, both trained on 10,000 images; `difficulty` is set to bring these two together.
    """

    figures: dict[str, Figure]
    difficulty: float
    published: str
    original: float | None
    measured: float


# Measured with `python benchmarks/calibrate_scenes.py --real --limit 10000`: the first 10,000 training images, one
# seed. Of CIFAR-100 no original was at hand: its twin has the difficulty that suits the twin of CIFAR-10.
SCENES: dict[str, Scenes] = {
    "cifar10": Scenes(ten.FIGURES, 1.3, "82 to 89 %", 59.03, 59.51),
    "cifar100": Scenes(hundred.FIGURES, 1.3, "57.5 %", None, 24.99),
}


def draw(name: str, *, split: str, count: int, seed: int, difficulty: float | None = None) -> tuple[Tensor, Tensor]:
    """Draw the first `count` images of a twin.

    difficulty: None for the calibrated one. Returns images (count, 3, 32, 32) uint8 and labels (count,) int64; every
    ten images in a row (of cifar100 every hundred) show all classes.
    """
    twin = SCENES[name]
    level = twin.difficulty if difficulty is None else difficulty
    drawn = [_block(name, split, seed, block, level) for block in range(-(-count // BLOCK))]
    images, labels = (torch.cat(parts)[:count].clone() for parts in zip(*drawn, strict=True))
    return images, labels


@functools.lru_cache(maxsize=KEPT)
def _block(name: str, split: str, seed: int, block: int, difficulty: float) -> tuple[Tensor, Tensor]:
    generator = seeding.generator(zlib.crc32(f"{name} {split}".encode()), seed, block)
    classes = len(SCENES[name].figures)
    labels = torch.rand(BLOCK // classes, classes, generator=generator).argsort(dim=1).flatten()
    images = torch.cat([paint(_tables(name), part, generator, difficulty) for part in labels.split(BATCH)])
    return (images * 255).round().to(torch.uint8), labels


@functools.cache
def _tables(name: str) -> Tables:
    return Tables.of(list(SCENES[name].figures.values()), list(GROUNDS))
