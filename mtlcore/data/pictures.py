"""A data set of colour images with several labels each: classes, numbers, or maps of the image's own size."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Pictures:
    """Colour images with named labels, and one line on where they come from.

    images: uint8, (n, 3, H, W); of real files mapped into memory, private to the process where it is written to.
    labels: one tensor a label, n long: int64 indices (n,) where `classes` names the classes and the label is of the
    whole image, float32 (n,) for a number, and maps: uint8 (n, H, W) of classes (255: ignore), float32 (n, H, W) or
    (n, C, H, W) of numbers.
    names: of the samples, n of them. source: "real" or "twin"; note: what was found, ready to be shown on a page.
    """

    name: str
    source: str
    split: str
    images: Tensor
    labels: dict[str, Tensor]
    names: tuple[str, ...]
    classes: dict[str, tuple[str, ...]]
    note: str

    def __len__(self) -> int:
        return len(self.images)

    def first(self, limit: int | None) -> Pictures:
        """The first `limit` samples, without a copy; all of them for None."""
        if limit is None or limit >= len(self):
            return self
        labels = {label: values[:limit] for label, values in self.labels.items()}
        return dataclasses.replace(self, images=self.images[:limit], labels=labels, names=self.names[:limit])
