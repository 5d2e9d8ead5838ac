"""A data set of feature vectors with several labels each, read from files or drawn as a twin."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Features:
    """Feature vectors with named labels, and one line on where they come from.

    features: float32, (n, p); of real files mapped into memory, private to the process where it is written to.
    labels: one tensor (n,) a label: int64 indices where `classes` names the classes, else float32.
    names: of the samples, n of them. source: "real" or "twin"; note: what was found, ready to be shown on a page.
    """

    name: str
    source: str
    split: str
    features: Tensor
    labels: dict[str, Tensor]
    names: tuple[str, ...]
    classes: dict[str, tuple[str, ...]]
    note: str

    def __len__(self) -> int:
        return len(self.features)

    def first(self, limit: int | None) -> Features:
        """The first `limit` samples, without a copy; all of them for None."""
        if limit is None or limit >= len(self):
            return self
        labels = {label: values[:limit] for label, values in self.labels.items()}
        return dataclasses.replace(self, features=self.features[:limit], labels=labels, names=self.names[:limit])
