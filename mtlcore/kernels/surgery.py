"""Gradient surgery (PCGrad) on the Gramian: a gradient loses what it has against the others.

Paper: Yu et al., "Gradient Surgery for Multi-Task Learning" (2020), Algorithm 1. Each task's gradient g_i meets the
original gradients g_j of all other tasks in random order; where <g_i', g_j> < 0 it becomes
g_i' - <g_i', g_j> / ||g_j||^2 g_j. The result is a combination of the original gradients, and all products it needs
are in the Gramian, so that no vector as long as the parameters is touched. Each meeting costs T multiplications in
Python floats, after one small copy from the device of the Gramian.

Deviation: a gradient of zero is never projected against, where the published code divides by its norm.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtlcore.kernels.minnorm import host_gramians


def surgery_coefficients(gram: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Projected gradients as combinations of the original ones.

    Args:
        gram: Gramian of the gradients, (T, T), of any floating type, on any device.
        generator: of the random orders, on the CPU; None is torch's own.

    Returns:
        (T, T), in the type and on the device of `gram`: row i has what the projected gradient of task i takes of each
        original gradient, 1 of its own and never less than 0 of the others.

    Raises:
        ValueError: not one square matrix, not of a floating type, NaN or infinity inside.
    """
    return torch.tensor(_project_all(gram, generator), dtype=gram.dtype, device=gram.device)


def surgery_weights(gram: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Weights (T,) of the original gradients in the sum (not the mean) of the projected ones [Yu et al., Algorithm 1].

    Arguments and errors as `surgery_coefficients`, of which this is the sum over tasks.

    >>> surgery_weights(torch.tensor([[1.0, -1.0], [-1.0, 4.0]])).tolist()  # g_1 + g_2/4 and g_2 + g_1
    [2.0, 1.25]
    """
    weights = [sum(column) for column in zip(*_project_all(gram, generator), strict=True)]
    return torch.tensor(weights, dtype=gram.dtype, device=gram.device)


def _project_all(gram: Tensor, generator: torch.Generator | None) -> list[list[float]]:
    if gram.dim() != 2:
        raise ValueError(f"surgery takes one Gramian, (T, T), got {tuple(gram.shape)}; call it once for each")
    rows = host_gramians(gram)[0].tolist()
    ranks = torch.rand(len(rows), len(rows), generator=generator).tolist()
    return [_project(task, rows, sorted(range(len(rows)), key=rank.__getitem__)) for task, rank in enumerate(ranks)]


def _project(task: int, rows: list[list[float]], order: list[int]) -> list[float]:
    """Coefficients of the gradient of `task` after it has met the others in this order."""
    coefficients = [0.0] * len(rows)
    coefficients[task] = 1.0
    products = rows[task]  # of the projected gradient with all original ones
    for other in order:
        if other != task and products[other] < 0 < rows[other][other]:
            share = -products[other] / rows[other][other]
            coefficients[other] += share
            products = [product + share * own for product, own in zip(products, rows[other], strict=True)]
    return coefficients
