"""What every data set is once it is read, whether from the original files or from a twin."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


class DataError(ValueError):
    """Data that cannot be used. The message is one sentence that names the file and the cure."""


@dataclass(frozen=True)
class Dataset:
    """Labelled images as bytes, with one line on where they come from.

    images: uint8, (n, C, H, W); labels: int64, (n,), indices into classes.
    source: "real" or "twin"; note: what was found, ready to be shown on a page.
    """

    name: str
    source: str
    split: str
    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    note: str

    def __len__(self) -> int:
        return len(self.labels)

    def moments(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation of each channel, on the scale where white is 1."""
        levels = torch.arange(256, dtype=torch.float64) / 255
        means, deviations = [], []
        for channel in self.images.unbind(dim=1):
            # A histogram is exact and needs no copy of the images in floating point.
            share = torch.bincount(channel.flatten(), minlength=256).double() / channel.numel()
            mean = float(share @ levels)
            means.append(mean)
            deviations.append(float((share @ (levels - mean).square()).sqrt()))
        return tuple(means), tuple(deviations)
