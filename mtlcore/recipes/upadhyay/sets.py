"""The images of a run and their targets, at the size of a prediction [upadhyay, Section 4]."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from mtlcore import data
from mtlcore.data.minibatches import Minibatches
from mtlcore.recipes.upadhyay.config import Config

IGNORE = 255
MAPS = {("nyuv2", "seg"): "segmentation", ("celebamask", "seg"): "mask", ("nyuv2", "normal"): "normals"}
LABELS = {"depth": "depth", "male": "male", "smile": "smiling"}
AT_ONCE = 64  # images whose targets are made together


class Sets(NamedTuple):
    """The three parts of the data, each its own pictures."""

    train: data.Pictures
    val: data.Pictures
    test: data.Pictures


def sets_of(config: Config) -> Sets:
    """Load the parts of a configuration."""
    counts = {"train": config.train_images, "val": config.val_images, "test": config.test_images}
    return Sets(*(_load(config.dataset, config.source, split, count, config.size) for split, count in counts.items()))


@functools.lru_cache(maxsize=8)
def _load(name: str, source: str, split: str, limit: int, size: int) -> data.Pictures:
    return data.load(name, source=source, split=split, limit=limit, size=size)  # type: ignore[call-overload]


def label_of(config: Config, task: str) -> str:
    """What the data set calls the label of a task."""
    return MAPS.get((config.dataset, task)) or LABELS[task]


def targets_of(config: Config, pictures: data.Pictures) -> list[Tensor]:
    """The targets of all images, task by task.

    Returns:
        seg (n, h, w) uint8, 255 to be ignored; normal (n, 3, h, w) unit vectors, zero where unknown; depth (n, h, w)
        divided by each image's largest and clipped to 0.1..1, 0 where unknown; male and smile (n,) int64.
    """
    found = []
    for task in config.tasks:
        labels = pictures.labels[label_of(config, task)]
        parts = [_target(config, task, labels[first : first + AT_ONCE]) for first in range(0, len(labels), AT_ONCE)]
        found.append(torch.cat(parts))
    return found


def _target(config: Config, task: str, labels: Tensor) -> Tensor:
    if task in ("male", "smile"):
        return labels.long()
    published = config.resize == "published"
    values = relative_depth(labels) if task == "depth" else labels
    if published and task == "depth":
        return F.interpolate(values[:, None], size=(config.grid,) * 2, mode="bilinear", align_corners=False)[:, 0]
    if published and config.dataset == "celebamask":  # class numbers as if they were amounts
        mixed = F.interpolate(values[:, None].float(), size=(config.grid,) * 2, mode="bilinear", align_corners=False)
        return mixed[:, 0].to(torch.uint8)
    step = config.size // config.grid
    first = 0 if published else step // 2  # of a block the corner, or the pixel nearest to its middle
    return values[..., first::step, first::step].contiguous()


def relative_depth(depth: Tensor) -> Tensor:
    """Depth (n, h, w) over each image's largest, clipped to 0.1..1; 0 stays where it is not known."""
    largest = depth.flatten(1).amax(1).clamp_min(torch.finfo(depth.dtype).tiny)[:, None, None]
    return torch.where(depth > 0, (depth / largest).clamp(0.1, 1), 0)


class Batches:
    """Training batches (images, *targets); without the incomplete last one where the configuration asks for it."""

    def __init__(self, config: Config, pictures: data.Pictures, device: str) -> None:
        targets = targets_of(config, pictures)
        size = min(config.batch_size, len(pictures))
        self.all = Minibatches(pictures.images, *targets, batch_size=size, seed=config.seed, device=device)
        self.count = len(pictures) // size if config.drop_last else len(self.all)

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self.count

    def epoch(self, number: int) -> Iterator[tuple[Tensor, ...]]:
        """The batches of one epoch, the same ones whenever it is asked for."""
        for _, batch in zip(range(self.count), self.all.epoch(number), strict=False):
            yield batch


def prepared(images: Tensor, config: Config) -> Tensor:
    """Images (b, 3, s, s) of bytes as the network takes them: 0 to 1, without normalisation."""
    memory = torch.channels_last if config.channels_last else torch.contiguous_format
    return images.to(torch.float32, memory_format=memory).div_(255)
