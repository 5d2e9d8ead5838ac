"""The images of a run: loaded once a process, and given out in batches with the labels of the run's tasks [singh]."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator

import torch
from torch import Tensor

from mtlcore import data
from mtlcore.recipes.singh.config import LABELS, TASKS, Config

MEAN, SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet [singh, Eq. 17]
ROWS = 256  # images a forward pass without gradients


class Batches:
    """Batches (images, labels of each task), images normalised as those of ImageNet.

    Args:
        pictures: with the labels of all tasks.
        tasks: of the run, in its order.
        batch_size: images a batch; a single last image is left out where batches are shuffled.
        seed: of order and augmentation; None keeps the order.
        augment: random flips, and crops of the image's size after padding by a sixteenth of it.
        device, channels_last: of the images handed out.
    """

    def __init__(
        self,
        pictures: data.Pictures,
        tasks: tuple[str, ...],
        *,
        batch_size: int,
        seed: int | None,
        augment: bool = False,
        device: str = "cpu",
        channels_last: bool = False,
    ) -> None:
        count = len(pictures)
        numbered = data.Dataset(
            pictures.name, pictures.source, pictures.split, pictures.images, torch.arange(count), (), pictures.note
        )
        self.images = data.Resident(
            numbered,
            batch_size=batch_size,
            device=device,
            seed=seed or 0,
            shuffle=seed is not None,
            mean=MEAN,
            std=SD,
            crop_padding=pictures.images.shape[-1] // 16 if augment else 0,
            flip=augment,
            channels_last=channels_last,
            drop_last=seed is not None and count % batch_size == 1,
        )
        self.device = torch.device(device)
        self.labels = [pictures.labels[LABELS[task]].to(device) for task in tasks]

    def __len__(self) -> int:
        """Batches in an epoch."""
        return len(self.images)

    def epoch(self, index: int) -> Iterator[tuple[Tensor, ...]]:
        """The batches of one epoch, the same ones whenever it is asked for."""
        for images, numbers in self.images.epoch(index):
            yield images, *(label[numbers] for label in self.labels)


def pictures(config: Config, split: str) -> data.Pictures:
    """The images of a split, train, val or test, that a run uses."""
    limit = {"train": config.train_images, "val": config.val_images, "test": config.test_images}[split]
    return _load(config.source, split, limit, config.size, config.vehicles)


@functools.lru_cache(maxsize=6)
def _load(source: str, split: str, limit: int, size: int, vehicles: int) -> data.Pictures:
    return of_vehicles(data.load("vehiclex", source=source, split=split, limit=limit, size=size), vehicles)


def of_vehicles(found: data.Pictures, vehicles: int) -> data.Pictures:
    """The images of the first so many vehicles; the others are no classes then.

    Raises:
        DataError: there is no image of them.
    """
    if vehicles >= len(found.classes["vehicle"]):
        return found
    rows = (found.labels["vehicle"] < vehicles).nonzero().flatten()
    if not len(rows):
        raise data.DataError(f"No {found.split} image is of the first {vehicles} vehicles: take more of either.")
    return dataclasses.replace(
        found,
        images=found.images[rows],
        labels={label: values[rows] for label, values in found.labels.items()},
        names=tuple(found.names[row] for row in rows.tolist()),
        classes=found.classes | {"vehicle": found.classes["vehicle"][:vehicles]},
        note=f"{found.note}; {len(rows):,} images of {vehicles} vehicles",
    )


def class_counts(found: data.Pictures) -> dict[str, int]:
    """Number of classes by task."""
    return {task: len(found.classes[LABELS[task]]) for task in TASKS}


def class_sizes(found: data.Pictures, task: str) -> Tensor:
    """Images of each class, (classes,)."""
    return torch.bincount(found.labels[LABELS[task]], minlength=len(found.classes[LABELS[task]]))


def in_order(config: Config, found: data.Pictures, device: str) -> Batches:
    """The images of a split one after the other, as they are."""
    return Batches(found, config.tasks, batch_size=ROWS, seed=None, device=device, channels_last=config.channels_last)
