"""Proximal operators of the ℓ1 and of the group penalty.

Paper: Upadhyay et al., "Less is More" [upadhyay, Eq. 3 to 5]. The operator of a penalty c |θ_g| shortens every group
by a fixed length c and makes it exactly zero where it is no longer than that. The operator in the metric of an
adaptive optimiser, which has no closed form, is in `prox_metric`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

ACCUMULATOR = 1 << 18  # elements, about a core's second cache


def soft_threshold(x: Tensor, threshold: float | Tensor) -> Tensor:
    """Move every element towards zero by a threshold, and to zero where it is no larger: the operator of ℓ1.

    Args:
        x: any shape.
        threshold: at least 0; a tensor broadcasts, and is not looked at, so that no device waits.

    Returns:
        sign(x) max(|x| - threshold, 0), the shape of x.

    Raises:
        ValueError: the threshold is a number below 0.

    >>> soft_threshold(torch.tensor([-3.0, 0.5, 2.0]), 1.0).tolist()
    [-2.0, 0.0, 1.0]
    """
    check_threshold(threshold)
    if isinstance(threshold, Tensor):
        return x - x.clamp(-threshold, threshold)
    return F.softshrink(x, threshold)  # the same in one pass


def group_soft_threshold(weight: Tensor, threshold: float | Tensor, *, dim: int) -> Tensor:
    """Shorten every group by a threshold, and to zero where it is no longer: [upadhyay, Eq. 5].

    Args:
        weight: any shape; a group is all that has one index along `dim`: an input channel of a convolution (O, I, H, W)
            for dim 1, a filter for dim 0.
        threshold: at least 0, αλ√n_g in the paper; one for all groups, or (groups,), which is not looked at, so that no
            device waits.
        dim: the axis of the groups.

    Returns:
        max(1 - threshold / |group|, 0) times the group, in the shape and memory format of the weight. A zero group
        stays zero, whatever the threshold, and a threshold of 0 changes nothing.

    Raises:
        ValueError: the threshold is a number below 0, or the weight has no such axis.

    >>> group_soft_threshold(torch.tensor([[3.0, 0.3], [4.0, 0.4]]), 2.5, dim=1).tolist()
    [[1.5, 0.0], [2.0, 0.0]]
    """
    check_threshold(threshold)
    if not -weight.dim() <= dim < weight.dim():
        raise ValueError(f"a weight of shape {tuple(weight.shape)} has no axis {dim} of groups")
    shrunk = weight.clone()
    if shrunk.numel():
        shorten_(*as_columns(shrunk, dim), threshold)
    return shrunk


def check_threshold(threshold: float | Tensor) -> None:
    """Refuse a number below 0; a tensor is not looked at."""
    if not isinstance(threshold, Tensor) and not threshold >= 0:
        raise ValueError(f"a threshold is 0 or more, got {threshold}")


def sum_dtype(dtype: torch.dtype) -> torch.dtype:
    """What squares are taken and added in: those of float16 overflow from 256 and vanish below 1e-4."""
    return torch.float32 if dtype == torch.float16 else dtype


def shorten_(columns: Tensor, repeat: int, threshold: float | Tensor) -> None:
    """`group_soft_threshold` in place, of a matrix as `as_columns` gives it."""
    lengths = group_sums(_square_sums(columns.to(sum_dtype(columns.dtype))), repeat).sqrt_()
    # what is divided by is above 0: the quotient of a zero group and a threshold of 0 is then 0
    scale = (1 - threshold / lengths.clamp_min_(torch.finfo(lengths.dtype).tiny)).clamp_min_(0)
    columns.mul_(spread(scale, repeat))


def _square_sums(columns: Tensor) -> Tensor:
    """Sums over some rows of the squares of a matrix, (., columns)."""
    if columns.device.type != "cpu":
        return (columns * columns).sum(0, keepdim=True)
    if columns.stride(0) == 1:  # every column is one run of memory
        return torch.linalg.vector_norm(columns, dim=0, keepdim=True).square_()
    # reads every number once, and what it adds to stays in the cache: a third faster than to square, then to sum
    rows = min(len(columns), max(1, ACCUMULATOR // columns.shape[1]))
    sums = columns[:rows].square()
    for start in range(rows, len(columns), rows):
        part = columns[start : start + rows]
        (sums if len(part) == rows else sums[: len(part)]).addcmul_(part, part)
    return sums


def as_columns(weight: Tensor, dim: int) -> tuple[Tensor, int]:
    """A view of a weight as a matrix in which every group is `repeat` neighbouring columns.

    Sums over groups are then sums over rows, which stream through memory in its own order. Contiguous and channels_last
    weights both have such a view, along whichever dimension the groups lie.

    Args:
        weight: dense in memory, in any order of its dimensions.
        dim: the axis of the groups.

    Returns:
        The matrix (rows, groups * repeat), and `repeat`; the groups keep their order.
    """
    dim = range(weight.dim())[dim]
    order = sorted(range(weight.dim()), key=weight.stride, reverse=True)
    shape = [weight.shape[axis] for axis in order]
    before = math.prod(shape[: order.index(dim)])
    stored = weight.permute(order)
    if before == 1:  # a group is one run of memory
        return stored.view(weight.shape[dim], -1).t(), 1
    return stored.view(before, -1), math.prod(shape[order.index(dim) + 1 :])


def group_sums(columns: Tensor, repeat: int) -> Tensor:
    """Sums (groups,) over a matrix (rows, groups * repeat)."""
    sums = columns.sum(0)
    return sums if repeat == 1 else sums.view(-1, repeat).sum(1)


def spread(groups: Tensor, repeat: int) -> Tensor:
    """One number a group (groups,) to one a column (groups * repeat,)."""
    return groups if repeat == 1 else groups[:, None].expand(-1, repeat).flatten()
