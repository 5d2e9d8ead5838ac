"""Mini-batches of tensors that live on the device: an epoch's order is a function of (seed, epoch) alone."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from mtlcore.data import seeding
from mtlcore.data.dataset import DataError


class Minibatches:
    """Batches of rows of tensors that belong together, e.g. features (n, p) and labels (n,).

    Args:
        tensors: of the same length n; copied to the device once.
        batch_size: rows a batch; the last batch is smaller, and left out where it would have a single row, which batch
            normalisation cannot take.
        seed: of the order; None keeps the order of the rows, single last row and all.
        device: where the batches are.

    Raises:
        DataError: the lengths differ, or a batch would be empty.
    """

    def __init__(self, *tensors: Tensor, batch_size: int, seed: int | None, device: str = "cpu") -> None:
        lengths = {len(tensor) for tensor in tensors}
        if len(lengths) != 1 or not min(lengths) or batch_size < 1:
            raise DataError(f"tensors of {sorted(lengths)} rows make no batches of {batch_size}: give equal lengths")
        self.tensors = tuple(tensor.to(device) for tensor in tensors)
        self.batch_size, self.seed, self.device = batch_size, seed, torch.device(device)
        self.rows = lengths.pop()

    def __len__(self) -> int:
        """Batches in an epoch."""
        whole, rest = divmod(self.rows, self.batch_size)
        return whole + (rest > (self.seed is not None)) or 1

    def epoch(self, number: int) -> Iterator[tuple[Tensor, ...]]:
        """The batches of one epoch, the same ones whenever it is asked for."""
        order = None
        if self.seed is not None:
            order = torch.randperm(self.rows, generator=seeding.generator(self.seed, number)).to(self.device)
        for batch in range(len(self)):
            chosen = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
            yield tuple(tensor[chosen] if order is None else tensor[order[chosen]] for tensor in self.tensors)
