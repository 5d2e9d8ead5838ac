"""Batches from a data set that lives on the device as bytes.

The images are copied to the device once, one byte a channel and pixel. A batch is a gather, the augmentation, and
the normalisation in floating point, in this order; no sample is touched by Python and nothing is read back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlcore.data import augment, seeding
from mtlcore.data.dataset import DataError, Dataset


@dataclass(frozen=True)
class _Plan:
    """All that is random in one epoch, drawn ahead: index (n,), offsets (n, 2), flips (n,), boxes (n, 4)."""

    index: Tensor
    offsets: Tensor | None
    flips: Tensor | None
    boxes: Tensor | None


class Resident:
    """Batches (images, labels) of a data set, images (B, C, H, W) normalised, labels (B,) int64.

    batch_size: images a batch; the last one is smaller, or left out with drop_last.
    seed: order and augmentation of epoch i are a function of (seed, i) alone, the same on every device.
    shuffle: a new order each epoch; None shuffles the training split only.
    mean, std: a number or one for each channel, on the scale where white is 1.
    crop_size: side of a random crop from the image with `crop_padding` zeros (black) on each side.
    flip: mirror half of the images. erase: probability of random erasing, to the mean.
    pad: zeros on each side; resize: side to stretch to, bilinearly. They are for evaluation, and not random.
    dtype, channels_last: of the images handed out.

    Iterating gives epochs 0, 1, 2, ... one after the other; `epoch(i)` gives any, whatever was drawn before.
    Raises DataError for options that contradict each other.
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        batch_size: int,
        device: str | torch.device = "cpu",
        seed: int = 0,
        shuffle: bool | None = None,
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
        crop_size: int | None = None,
        crop_padding: int = 0,
        flip: bool = False,
        erase: float = 0.0,
        pad: int = 0,
        resize: int | None = None,
        dtype: torch.dtype = torch.float32,
        channels_last: bool = False,
        drop_last: bool = False,
    ) -> None:
        self.dataset = dataset
        self.batch_size, self.device, self.seed = batch_size, torch.device(device), seed
        self.shuffle = dataset.split == "train" if shuffle is None else shuffle
        self.flip, self.erase, self.resize = flip, erase, resize
        self.dtype, self.drop_last = dtype, drop_last
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self._next = 0
        self._refuse_contradictions(crop_size, crop_padding, pad)

        images = F.pad(dataset.images, [crop_padding + pad] * 4) if crop_padding + pad else dataset.images
        self.images, self.labels = images.to(self.device), dataset.labels.to(self.device)
        # With padding alone the crop has the size of the image.
        self.crop_size = dataset.images.shape[-1] if crop_padding and crop_size is None else crop_size
        self._views = augment.windows(self.images, (self.crop_size,) * 2) if self.crop_size else None
        self._scale, self._shift = self._affine(mean, std)

    def __len__(self) -> int:
        """Batches in an epoch."""
        whole, rest = divmod(len(self.dataset), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        number, self._next = self._next, self._next + 1
        return self.epoch(number)

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of one epoch, 0 or more; the same ones whenever it is asked for."""
        plan = self._plan(number)
        for batch in range(len(self)):
            chosen = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
            index = plan.index[chosen]
            yield self._images(plan, chosen, index), self.labels[index]

    def _images(self, plan: _Plan, chosen: slice, index: Tensor) -> Tensor:
        if self._views is not None and plan.offsets is not None:
            top, left = plan.offsets[chosen].unbind(dim=1)
            images = augment.crop(self._views, index, top, left)
        else:
            images = self.images[index]
        if plan.flips is not None:
            images = augment.flip(images, plan.flips[chosen])
        values = images.to(torch.float32, memory_format=self.memory_format)
        if self.resize is not None:
            values = F.interpolate(values, size=(self.resize,) * 2, mode="bilinear", align_corners=False)
        values = values.mul_(self._scale).add_(self._shift)
        if plan.boxes is not None:
            values = augment.erase(values, plan.boxes[chosen])
        return values.to(self.dtype)

    def _plan(self, number: int) -> _Plan:
        """Drawn on the CPU, whatever the device, and sent over once an epoch."""
        count = len(self.dataset)
        generator = seeding.generator(self.seed, number)
        index = torch.randperm(count, generator=generator) if self.shuffle else torch.arange(count)
        offsets = flips = boxes = None
        if self._views is not None:
            offsets = torch.stack(
                [torch.randint(side, (count,), generator=generator) for side in self._views.shape[2:4]], dim=1
            ).to(self.device)
        if self.flip:
            flips = (torch.rand(count, generator=generator) < 0.5).to(self.device)
        if self.erase:
            size = self._side()
            boxes = augment.erasing_boxes(count, size, self.erase, generator=generator).to(self.device)
        return _Plan(index.to(self.device), offsets, flips, boxes)

    def _side(self) -> tuple[int, int]:
        side = self.resize or self.crop_size
        return (side, side) if side else (self.images.shape[2], self.images.shape[3])

    def _affine(self, mean: float | Sequence[float], std: float | Sequence[float]) -> tuple[Tensor, Tensor]:
        """Scale and shift that take bytes to normalised values, (1, C, 1, 1) each."""
        channels = self.dataset.images.shape[1]
        centre = torch.as_tensor(mean, dtype=torch.float64).expand(channels)
        spread = torch.as_tensor(std, dtype=torch.float64).expand(channels)
        if not bool((spread > 0).all()):
            raise DataError(f"std={std} must be greater than 0 in every channel.")
        scale, shift = 1 / (255 * spread), -centre / spread
        return tuple(v.float().view(1, -1, 1, 1).to(self.device) for v in (scale, shift))  # type: ignore[return-value]

    def _refuse_contradictions(self, crop_size: int | None, crop_padding: int, pad: int) -> None:
        height, width = self.dataset.images.shape[2:]
        if self.seed < 0:
            raise DataError(f"seed={self.seed} must be 0 or more.")
        if self.batch_size < 1:
            raise DataError(f"batch_size={self.batch_size} must be 1 or more.")
        if crop_size is not None and crop_size > min(height, width) + 2 * crop_padding:
            raise DataError(
                f"crop_size={crop_size} is larger than the image of {height}x{width} with "
                f"crop_padding={crop_padding}: pad more or crop less."
            )
        if (crop_size or crop_padding) and (pad or self.resize):
            raise DataError("A random crop goes with neither pad nor resize: these two are for evaluation.")
        if not 0 <= self.erase <= 1:
            raise DataError(f"erase={self.erase} is a probability: give 0 to 1.")
