"""The proximal operator of the group penalty in a diagonal metric, by Newton's method on all groups at once.

The published code of [upadhyay] takes the proximal step in the metric D of an adaptive optimiser (Yun et al., "Adaptive
Proximal Gradient Methods for Structured Neural Networks", 2021): of a group x it finds the z that minimises
|z - x|²_D / 2 + c |z|. With r = |z| and e = c / D, elementwise, z = x r / (r + e), and r is the root of

    S(r) = sum_j (x_j / (r + e_j))² = 1,

or 0 where S(0) <= 1. We solve S^(-1/2) = 1: its left side is a mean of linear functions, increasing and concave, so
that Newton's method from any start is below the root after one step and then climbs to it. From r = |x| it is there, to
float accuracy, in two or three steps where a group shrinks little and in about ten where it nearly vanishes.
The published solver asks for an accuracy below that of its arithmetic and takes all of its 100 steps; we stop at the
accuracy of the arithmetic on a CPU and take a fixed number of steps elsewhere, so that no device waits for the host.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtlcore.kernels.prox import as_columns, check_threshold, group_sums, spread, sum_dtype

ITERATIONS = 12
BLOCK = 1 << 18  # elements solved at a time on a CPU, so that all that is needed of them stays in its caches


def metric_group_soft_threshold(weight: Tensor, metric: Tensor, threshold: float | Tensor, *, dim: int) -> Tensor:
    """The z that minimises |z - weight|²_metric / 2 + threshold |z| of each group.

    Args:
        weight: any shape; a group is all that has one index along `dim`.
        metric: D, positive, the shape of the weight.
        threshold: c, at least 0; one for all groups.
        dim: the axis of the groups.

    Returns:
        The shape and memory format of the weight; exact zeros for the groups with |D x| <= c. With D = 1 it is
        `group_soft_threshold`, and a threshold of 0 changes nothing.

    Raises:
        ValueError: the metric has another shape, or the threshold is a number below 0.
    """
    check_threshold(threshold)
    if metric.shape != weight.shape:
        raise ValueError(f"the metric has the shape {tuple(metric.shape)}, the weight {tuple(weight.shape)}")
    shrunk = weight.clone()
    if shrunk.numel() == 0:
        return shrunk
    columns, repeat = as_columns(shrunk, dim)
    same = torch.empty_like(shrunk, dtype=sum_dtype(shrunk.dtype)).copy_(metric)  # in the weight's memory format
    shorten_in_metric_(columns, as_columns(same, dim)[0], repeat, threshold)
    return shrunk


def shorten_in_metric_(
    columns: Tensor, metric: Tensor, repeat: int, threshold: float | Tensor, *, eps: float | None = None
) -> None:
    """`metric_group_soft_threshold` in place, of matrices as `as_columns` gives them.

    Args:
        columns, repeat, threshold: as `prox.shorten_`.
        metric: D; with `eps`, the second moment v of D = √v + eps instead, which then needs no memory of its own.
        eps: above 0.
    """
    rows, width = columns.shape
    if columns.device.type == "cpu":
        width = min(width, max(1, BLOCK // (rows * repeat)) * repeat)
    # taken once: fresh memory costs more than the arithmetic on it
    room = columns.new_empty(4, rows * width, dtype=sum_dtype(columns.dtype))
    for part, weights in zip(columns.split(width, 1), metric.split(width, 1), strict=True):
        x, elastic, inverse, squares = _like(part, room)
        if eps is not None:
            weights = torch.sqrt(weights, out=elastic).add_(eps)
        torch.div(threshold, weights, out=elastic)
        r = _lengths(x.copy_(part), elastic, inverse, squares, repeat)
        torch.add(elastic, spread(r.clamp_min(torch.finfo(r.dtype).tiny), repeat), out=inverse)
        part.copy_(x.mul_(torch.div(spread(r, repeat), inverse, out=squares)))  # in this order nothing underflows


def _like(part: Tensor, room: Tensor) -> Tensor:
    """Four matrices of the shape of a block, in the order of its memory."""
    if part.stride(0) == 1:
        return room[:, : part.numel()].view(4, part.shape[1], part.shape[0]).transpose(1, 2)
    return room[:, : part.numel()].view(4, *part.shape)


def _lengths(x: Tensor, elastic: Tensor, inverse: Tensor, squares: Tensor, repeat: int) -> Tensor:
    """The lengths |z| of all groups, (groups,); `inverse` and `squares` are room to work in, of the shape of x."""
    tiny, tolerance = torch.finfo(x.dtype).tiny, 8 * torch.finfo(x.dtype).eps
    whole = group_sums(torch.mul(x, x, out=squares), repeat)
    # what is left of |x| to first order in e / |x|, which is small in most steps of an optimiser
    r = (whole.sqrt() - group_sums(squares.mul_(elastic), repeat) / whole.clamp_min(tiny)).clamp_min_(tiny)
    dead = torch.zeros_like(r, dtype=torch.bool)
    for _ in range(ITERATIONS):
        torch.add(elastic, spread(r, repeat), out=inverse).reciprocal_()
        total = group_sums(torch.mul(x, inverse, out=squares).square_(), repeat)
        slope = group_sums(squares.mul_(inverse), repeat)  # -S'/2
        excess = total.sqrt() - 1
        dead = (r == tiny) & (excess <= 0)  # S(0) <= 1: a group that vanishes stays at the bottom
        r = (r + total * excess / slope.clamp_min_(tiny)).clamp_min_(tiny)
        if x.device.type == "cpu" and bool(((excess.abs() <= tolerance) | dead).all()):
            break  # elsewhere a look would make the device wait for the host
    return r.masked_fill_(dead, 0)
