"""Batches of three data sets side by side, each with its own task, or composed into one image with three labels.

Separate inputs are the setting of the thesis [tran, Section 4.5]: a step takes one batch of every set. A shared input,
on which every task has a label for the same image, is what its formulation supposes [tran, Section 3.1]; here one image
of each set is laid on a canvas, as in the multi-digit images of [sener2018multitask].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlcore.data import augment, seeding
from mtlcore.data.dataset import DataError, Dataset

SETTINGS = ("separate", "shared")


@dataclass(frozen=True)
class _Plan:
    """All that is random in one epoch: for every set, index (n,), angles (n,) and shears (n,), or None."""

    index: list[Tensor]
    angles: list[Tensor | None]
    shears: list[Tensor | None]


class Triple:
    """Batches of several data sets of equal size, an epoch being one pass over each of them.

    sets: task -> data set of square images. setting: "separate" hands out (images, labels) of each set in turn,
    (images_1, labels_1, images_2, labels_2, ...); "shared", for three sets, hands out (images, labels_1, labels_2,
    labels_3) with the images of `compose`. Images are (B, C, H, W) float32, white is 1; labels (B,) int64.
    batch_size: images a set and batch; the last batch is smaller.
    seed: order, pairing and augmentation of epoch i are a function of (seed, i) alone, the same on every device.
    shuffle: a new order of every set each epoch; None shuffles the training split only.
    degrees: task -> largest angle of a random rotation and of a random shear; before composition. Others stay upright.
    canvas: side of the canvas of a shared input.

    Iterating gives epochs 0, 1, 2, ... one after the other; `epoch(i)` gives any, whatever was drawn before.
    Raises DataError for sets that do not go together and for options out of range.
    """

    def __init__(
        self,
        sets: Mapping[str, Dataset],
        *,
        setting: str,
        batch_size: int,
        device: str | torch.device = "cpu",
        seed: int = 0,
        shuffle: bool | None = None,
        degrees: Mapping[str, float] | None = None,
        canvas: int = 44,
    ) -> None:
        _refuse(sets, setting, batch_size, seed, canvas, degrees or {})
        self.tasks, self.setting = tuple(sets), setting
        self.batch_size, self.device, self.seed, self.canvas = batch_size, torch.device(device), seed, canvas
        self.degrees = {task: float((degrees or {}).get(task, 0.0)) for task in sets}
        self.size = len(next(iter(sets.values())))
        self.shuffle = any(one.split == "train" for one in sets.values()) if shuffle is None else shuffle
        self.images = [one.images.to(self.device) for one in sets.values()]
        self.labels = [one.labels.to(self.device) for one in sets.values()]
        self._next = 0

    def __len__(self) -> int:
        """Batches in an epoch."""
        return -(-self.size // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        number, self._next = self._next, self._next + 1
        return self.epoch(number)

    def epoch(self, number: int) -> Iterator[tuple[Tensor, ...]]:
        """The batches of one epoch, 0 or more; the same ones whenever it is asked for."""
        plan = self._plan(number)
        for first in range(0, self.size, self.batch_size):
            chosen = slice(first, first + self.batch_size)
            images = [self._images(plan, place, chosen) for place in range(len(self.tasks))]
            labels = [of[index[chosen]] for of, index in zip(self.labels, plan.index, strict=True)]
            if self.setting == "shared":
                yield (compose(images, self.canvas), *labels)
            else:
                yield tuple(tensor for pair in zip(images, labels, strict=True) for tensor in pair)

    def _images(self, plan: _Plan, place: int, chosen: slice) -> Tensor:
        images = self.images[place][plan.index[place][chosen]].float() / 255
        angles, shears = plan.angles[place], plan.shears[place]
        return images if angles is None or shears is None else augment.warp(images, angles[chosen], shears[chosen])

    def _plan(self, number: int) -> _Plan:
        """Drawn on the CPU, whatever the device, and sent over once an epoch."""
        generator = seeding.generator(self.seed, number)
        plan = _Plan([], [], [])
        for task in self.tasks:
            index = torch.randperm(self.size, generator=generator) if self.shuffle else torch.arange(self.size)
            plan.index.append(index.to(self.device))
            turn, slant = (2 * torch.rand(2, self.size, generator=generator) - 1) * self.degrees[task]
            plan.angles.append(turn.deg2rad().to(self.device) if self.degrees[task] else None)
            plan.shears.append(slant.deg2rad().to(self.device) if self.degrees[task] else None)
        return plan


def compose(images: list[Tensor], canvas: int = 44) -> Tensor:
    """One image of three: top left, top right and bottom centre of a square canvas, reduced to the size of one.

    images: three times (B, C, S, S); canvas: its side, S or more. Where images overlap the brighter pixel is seen.
    Returns (B, C, S, S), each pixel the mean of the canvas pixels that it touches.
    """
    side = images[0].shape[-1]
    free = canvas - side
    laid = images[0].new_zeros(*images[0].shape[:2], canvas, canvas)
    for image, (top, left) in zip(images, ((0, 0), (0, free), (free, free // 2)), strict=True):
        place = laid[:, :, top : top + side, left : left + side]
        torch.maximum(place, image, out=place)
    return F.adaptive_avg_pool2d(laid, side)


def _refuse(
    sets: Mapping[str, Dataset], setting: str, batch_size: int, seed: int, canvas: int, degrees: Mapping[str, float]
) -> None:
    if setting not in SETTINGS:
        raise DataError(f"setting={setting!r} is none of {', '.join(SETTINGS)}.")
    if batch_size < 1:
        raise DataError(f"batch_size={batch_size} must be 1 or more.")
    if seed < 0:
        raise DataError(f"seed={seed} must be 0 or more.")
    sizes = {task: len(one) for task, one in sets.items()}
    if len(set(sizes.values())) != 1:
        told = ", ".join(f"{task} {size:,}" for task, size in sizes.items())
        raise DataError(f"The sets are not of one size ({told}): load as many of each with limit=.")
    shapes = {tuple(one.images.shape[1:]) for one in sets.values()}
    side = min(next(iter(shapes))[1:])
    if len(shapes) > 1 or side != max(next(iter(shapes))[1:]):
        raise DataError(f"The images must be square and of one shape, not {' and '.join(map(str, sorted(shapes)))}.")
    if setting == "shared" and len(sets) != 3:
        raise DataError(f"A shared input is composed of three sets, not {len(sets)}: take setting='separate'.")
    if canvas < side:
        raise DataError(f"canvas={canvas} is smaller than the images of {side}x{side}.")
    for task, most in degrees.items():
        if task not in sets:
            raise DataError(f"degrees are given for {task!r}, which is none of {', '.join(sets)}.")
        if not 0 <= most < 90:
            raise DataError(f"degrees={most} of {task} must be 0 or more and less than 90.")
