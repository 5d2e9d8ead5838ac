"""Iterative solvers of the min-norm problem, counted step by step: [tran, Fig. 3] compares them.

- `frank_wolfe`: from equal weights, towards the gradient whose product with the sum is least (Sener and Koltun, 2018,
  Algorithm 2).
- `projected`: from the best pair, along the descent direction in the plane of the simplex until a first weight
  reaches 0 or 1, and back onto the simplex (the solver published with [tran]).

Both then search the line between the old and the new point exactly, and stop after a step that changes the weights
by less than a tolerance, in L1.

Deviations: the published Frank-Wolfe solvers clamp the line search to 0.001..0.999, which gives a hundred times the
optimal squared norm where norms are 10^4 apart; here it takes all of 0..1. Both return the weights after their last
step, where the published solvers return those before it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

ROUNDING = 1e-15  # a sum below this share of the size of its terms is nothing but rounding

Array = NDArray[np.float64]
Counts = NDArray[np.int64]


def frank_wolfe(grams: Array, tolerance: float, max_iterations: int) -> tuple[Array, Counts]:
    """Weights (N, T) and steps (N,) for Gramians (N, T, T), T of at least 2."""
    weights = np.full(grams.shape[:2], 1 / grams.shape[1])
    return _descend(grams, weights, _steepest_vertex, tolerance, max_iterations)


def projected(grams: Array, tolerance: float, max_iterations: int) -> tuple[Array, Counts]:
    """Weights (N, T) and steps (N,) for Gramians (N, T, T), T of at least 2."""
    return _descend(grams, _best_pair(grams), _projected_point, tolerance, max_iterations)


def simplex_projection(points: Array) -> Array:
    """The nearest points on the simplex, (..., T) to (..., T) (Held, Wolfe and Crowder, 1974)."""
    ordered = -np.sort(-points, axis=-1)
    thresholds = (ordered.cumsum(-1) - 1) / np.arange(1, points.shape[-1] + 1)
    count = (ordered > thresholds).sum(-1, keepdims=True)
    return np.maximum(points - np.take_along_axis(thresholds, count - 1, -1), 0)


@np.errstate(over="ignore")  # a length beyond all range is cut to the whole way
def _descend(
    grams: Array, weights: Array, aim: Callable[[Array, Array], Array], tolerance: float, max_iterations: int
) -> tuple[Array, Counts]:
    """Exact line searches towards `aim(weights, gradient)`, for each Gramian until its own stop."""
    largest = np.abs(grams).max((1, 2), keepdims=True)
    grams = grams / np.where(largest > 0, largest, 1)
    iterations = np.zeros(len(grams), np.int64)
    running = np.arange(len(grams))
    for _ in range(max_iterations):
        if not running.size:
            break
        old, gram = weights[running], grams[running]
        gradient = _product(gram, old)
        direction = aim(old, gradient) - old
        slopes = direction * gradient
        curvature = (direction * _product(gram, direction)).sum(1)
        descent = np.maximum(-slopes.sum(1) - ROUNDING * np.abs(slopes).sum(1), 0)
        # without curvature a descent leads all the way
        length = np.divide(descent, curvature, out=(descent > 0).astype(float), where=curvature > 0)
        step = np.minimum(length, 1)[:, None] * direction
        moved = np.maximum(old + step, 0)
        weights[running] = moved / moved.sum(1, keepdims=True)
        iterations[running] += 1
        running = running[np.abs(step).sum(1) >= tolerance]
    return weights, iterations


def _product(grams: Array, vectors: Array) -> Array:
    return (grams @ vectors[:, :, None])[:, :, 0]


def _steepest_vertex(weights: Array, gradient: Array) -> Array:
    return np.eye(weights.shape[1])[gradient.argmin(1)]


def _projected_point(weights: Array, gradient: Array) -> Array:
    """Follow the projected descent direction to its first bound, then project onto the simplex."""
    direction = gradient.mean(1, keepdims=True) - gradient
    room = np.where(direction < 0, weights, 1 - weights)
    lengths = np.full_like(room, np.inf)
    # a weight that stands at its bound already would end every step before it begins
    np.divide(room, np.abs(direction), out=lengths, where=(direction != 0) & (room > 1e-7))
    length = lengths.min(1, keepdims=True)
    return simplex_projection(weights + np.where(np.isfinite(length), length, 0) * direction)


def pair_weights(one: Array, both: Array, other: Array) -> tuple[Array, Array]:
    """Optimal weights of two gradients from their squared norms and their product; equal gradients share equally."""
    first, second = np.maximum(other - both, 0), np.maximum(one - both, 0)
    total = first + second
    half = np.full_like(total, 0.5)
    return np.divide(first, total, out=half.copy(), where=total > 0), np.divide(
        second, total, out=half, where=total > 0
    )


def _best_pair(grams: Array) -> Array:
    """The best weights (N, T) that only two gradients share."""
    left, right = np.triu_indices(grams.shape[1], 1)
    diagonal = np.diagonal(grams, axis1=1, axis2=2)
    one, both, other = diagonal[:, left], grams[:, left, right], diagonal[:, right]
    first, second = pair_weights(one, both, other)
    squared = first * (first * one + second * both) + second * (first * both + second * other)
    best, rows = squared.argmin(1), np.arange(len(grams))
    weights = np.zeros(grams.shape[:2])
    weights[rows, left[best]], weights[rows, right[best]] = first[rows, best], second[rows, best]
    return weights
