"""Twins: procedural stand-ins for the original data sets."""

from __future__ import annotations

from torch import Tensor

from mtlcore.data.dataset import DataError


def draw(name: str, *, split: str, count: int, seed: int) -> tuple[Tensor, Tensor]:
    raise DataError(f"The twin of {name} is not drawn yet.")
