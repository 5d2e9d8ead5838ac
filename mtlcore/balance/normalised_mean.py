"""The mean of normalised gradients: what the code published with [tran] does before its switch to MGDA."""

from __future__ import annotations

import torch
from torch import Tensor

from mtlcore.balance.mgda import MGDA


class NormalisedMean(MGDA):
    """Averages the tasks' gradients after normalising them, without solving anything; T backward passes.

    Args:
        per: "block" or "tensor", what a gradient's norm is taken over.
        normalise: "none" | "l2" | "loss" | "loss+", as `MGDA`.
    """

    def __init__(self, *, per: str = "tensor", normalise: str = "loss+") -> None:
        super().__init__(per=per, normalise=normalise, normalised_step=True)

    def weigh(self, grams: Tensor) -> Tensor:
        """1/T each."""
        return torch.full_like(grams[:, 0], 1 / grams.shape[-1])
