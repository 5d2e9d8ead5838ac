"""The min-norm problem solved exactly: closed forms for two and three gradients, an active set beyond.

A face is a set of gradients that have weight. On a face the optimum solves a linear system, and it is the optimum of
the whole if its weights are positive and no gradient outside would gain. `triple` tries all faces. `active_set`
starts with all gradients, drops those whose weight would be negative, and then follows Lawson and Hanson ("Solving
Least Squares Problems", 1974, chapter 23): the gradient that gains most is let in, one at a time, and the norm falls
at every step. Where most gradients have weight, that takes one to five systems.

Three gradients and more are divided by their norms, which leaves a matrix of cosines; norms far apart then do no harm.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mtlcore.kernels.minnorm_descent import ROUNDING, Array, Counts, pair_weights

RIDGE = 1e-14  # added to the cosines: lets dependent gradients be solved, and costs an excess of second order in it
SLACK = 1e-13  # a gradient outside the face must gain more than this share of the mean norm to be let in
ROUNDS = 5  # systems a gradient, then rounding is taken to be the reason; definite Gramians took 1.3 at most
GOOD = 1e-13  # a face with a residual below this is the right one
FEW = 4  # up to so many Gramians, floats one by one are faster than arrays

Number = TypeVar("Number", float, Array)
Rows = Sequence[Sequence[float]]


def exact(grams: Array) -> tuple[Array, Counts]:
    """Optimal weights (N, T) and linear systems solved (N,) for symmetric Gramians (N, T, T), T of at least 2."""
    number, tasks, _ = grams.shape
    weights, iterations = np.empty((number, tasks)), np.ones(number, np.int64)
    if tasks <= 3 and number > FEW:
        return (pairs if tasks == 2 else triples)(grams), iterations
    for index, gram in enumerate(grams):
        if tasks <= 3:
            weights[index] = few(gram.tolist())
        else:
            weights[index], iterations[index] = active_set(gram)
    return weights, iterations


def few(rows: Rows) -> Sequence[float]:
    """Weights of two or three gradients, from the rows of their Gramian as Python floats."""
    return pair(rows) if len(rows) == 2 else triple(rows)


def pair(rows: Rows) -> tuple[float, float]:
    """Weights of two gradients, from the rows of their Gramian as Python floats."""
    (one, both), (mirrored, other) = rows
    both = both / 2 + mirrored / 2
    first, second = max(other - both, 0.0), max(one - both, 0.0)
    total = first + second
    return (first / total, second / total) if total > 0 else (0.5, 0.5)


def triple(rows: Rows) -> list[float]:
    """Weights of three gradients, from the rows of their Gramian as Python floats."""
    squares = rows[0][0], rows[1][1], rows[2][2]
    if min(squares) <= 0:
        return _shared_by_zeros(squares)
    n0, n1, n2 = math.sqrt(squares[0]), math.sqrt(squares[1]), math.sqrt(squares[2])
    c01 = (rows[0][1] / 2 + rows[1][0] / 2) / n0 / n1
    c02 = (rows[0][2] / 2 + rows[2][0] / 2) / n0 / n2
    c12 = (rows[1][2] / 2 + rows[2][1] / 2) / n1 / n2
    least = min(n0, n1, n2)
    b0, b1, b2 = least / n0, least / n1, least / n2
    lowest, best = math.inf, (0.0, 0.0, 0.0)
    for x0, x1, x2, slack, other in _faces(c01, c02, c12, b0, b1, b2):
        total = x0 + x1 + x2
        if min(x0, x1, x2) >= 0 and total > 0:
            residual = (max(-slack, -other, 0.0) + ROUNDING) / total
            if residual < lowest:
                lowest, best = residual, (x0 * b0, x1 * b1, x2 * b2)
                if lowest < GOOD:
                    break
    total = sum(best)
    return [weight / total for weight in best]


def _shared_by_zeros(squares: Sequence[float]) -> list[float]:
    zeros = [float(square <= 0) for square in squares]
    return [zero / sum(zeros) for zero in zeros]


def _faces(
    c01: Number, c02: Number, c12: Number, b0: Number, b1: Number, b2: Number
) -> Iterator[tuple[Number, Number, Number, Number, Number]]:
    """The optima of all faces of three gradients, for floats and arrays alike: inside, the edges, the corners.

    Args:
        c01: the cosines of the gradients,
        c02: likewise,
        c12: likewise.
        b0: the inverse norms of the gradients, in any unit,
        b1: likewise,
        b2: likewise.

    Yields:
        The weights of the gradients times their norms, but for a factor; and, with the same factor, what the
        gradients outside the face would gain, negated, and 0 where there is none.
    """
    none = 0 * b0
    s01, s02, s12 = 1 - c01 * c01, 1 - c02 * c02, 1 - c12 * c12
    a01, a02, a12 = c02 * c12 - c01, c01 * c12 - c02, c01 * c02 - c12
    yield s12 * b0 + a01 * b1 + a02 * b2, a01 * b0 + s02 * b1 + a12 * b2, a02 * b0 + a12 * b1 + s01 * b2, none, none
    first, second = b0 - c01 * b1, b1 - c01 * b0
    yield first, second, none, c02 * first + c12 * second - s01 * b2, none
    first, second = b0 - c02 * b2, b2 - c02 * b0
    yield first, none, second, c01 * first + c12 * second - s02 * b1, none
    first, second = b1 - c12 * b2, b2 - c12 * b1
    yield none, first, second, c01 * first + c02 * second - s12 * b0, none
    yield b0, none, none, c01 * b0 - b1, c02 * b0 - b2
    yield none, b1, none, c01 * b1 - b0, c12 * b1 - b2
    yield none, none, b2, c02 * b2 - b0, c12 * b2 - b1


def pairs(grams: Array) -> Array:
    """`pair` for symmetric Gramians (N, 2, 2): weights (N, 2)."""
    return np.stack(pair_weights(grams[:, 0, 0], grams[:, 0, 1], grams[:, 1, 1]), 1)


@np.errstate(all="ignore")  # zero gradients, which are dealt with last, and shares that sum to nothing
def triples(grams: Array) -> Array:
    """`triple` for symmetric Gramians (N, 3, 3): weights (N, 3)."""
    squares = np.diagonal(grams, axis1=1, axis2=2)
    norms = np.sqrt(squares)
    scale = norms.min(1, keepdims=True) / norms
    cosines = grams / norms[:, :, None] / norms[:, None, :]
    faces = np.array(list(_faces(cosines[:, 0, 1], cosines[:, 0, 2], cosines[:, 1, 2], *scale.T)))
    shares, slack = faces[:, :3], faces[:, 3:]
    total = shares.sum(1)
    residual = (np.maximum(-slack.min(1), 0) + ROUNDING) / total
    residual = np.where((shares.min(1) >= 0) & (total > 0) & ~np.isnan(residual), residual, np.inf)
    best = np.where(residual < GOOD, 0, residual).argmin(0)
    weights = shares[best, :, np.arange(len(grams))] * scale
    zero = squares <= 0
    weights = np.where(zero.any(1, keepdims=True), zero, weights)
    return weights / weights.sum(1, keepdims=True)


@np.errstate(over="ignore")  # products beyond the norms, which only what is no Gramian has
def active_set(gram: Array) -> tuple[Array, int]:
    """Weights (T,) and the number of linear systems solved for a symmetric Gramian (T, T)."""
    squares = gram.diagonal().tolist()
    if min(squares) <= 0:
        return np.array(_shared_by_zeros(squares)), 1
    norms = np.sqrt(squares)
    scale = math.sqrt(min(squares)) / norms
    cosines = gram / norms / norms[:, None]
    ridge, systems = RIDGE, 0
    while True:  # a ridge that outweighs the cosines always has a solution
        cosines.reshape(-1)[:: len(gram) + 1] = 1 + ridge
        shares, solved = _complementary(cosines, scale)
        systems += solved
        if shares is not None:
            weights = shares * scale
            return weights / weights.sum(), systems
        # rounding has made the Gramian indefinite, and its least eigenvalue tells by how much
        cosines = np.clip(cosines, -1, 1)
        ridge = max(100 * ridge, -2 * float(np.linalg.eigvalsh(cosines)[0]))


def _complementary(matrix: Array, right: Array) -> tuple[Array | None, int]:
    """Find x >= 0 with matrix x >= right, and equality where x > 0; with the systems solved. None if it is not found.

    For the matrix of cosines and the inverse norms, x is the weights of the gradients times their norms, but for a
    factor.
    """
    x, inside = np.zeros_like(right), np.ones(len(right), bool)
    for turn in range(1, ROUNDS * len(right) + 1):
        try:
            target = _on_face(matrix, right, inside)
        except np.linalg.LinAlgError:
            return None, turn
        used_up = inside & (target <= 0)
        if used_up.any():
            if not x.any():  # no x to start from yet: drop them all
                inside &= ~used_up
                continue
            share = np.divide(x, x - target, out=np.zeros_like(x), where=used_up & (x > 0))
            share[~used_up] = 1
            least = share.min()  # as far as x stays positive
            if least == 0:  # impossible for a definite matrix
                return None, turn
            x += least * (target - x)
            inside &= share > least
            x[~inside] = 0
            continue
        x = target
        gain = right - matrix @ x
        best = gain.argmax()
        if gain[best] <= SLACK * x.sum():
            return x, turn
        inside[best] = True
    return None, turn


def _on_face(matrix: Array, right: Array, inside: NDArray[np.bool_]) -> Array:
    """Solve the system of the gradients inside; 0 for the others."""
    if not inside.all():
        matrix, right = matrix[inside][:, inside], right[inside]
    x = np.zeros(len(inside))
    x[inside] = np.linalg.solve(matrix, right)
    return x
