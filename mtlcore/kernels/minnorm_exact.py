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
from operator import mul
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mtlcore.kernels.minnorm_descent import ROUNDING, Array, Counts, pair_weights

RIDGE = 1e-14  # added to the cosines: lets dependent gradients be solved, and costs an excess of second order in it
SLACK = 1e-13  # a gradient outside the face must gain more than this share of the mean norm to be let in
ROUNDS = 5  # systems a gradient, then rounding is taken to be the reason; definite Gramians took 1.3 at most
GOOD = 1e-13  # a face with a residual below this is the right one
SMALL = 12  # faces up to this size are solved in floats
FEW = 4  # up to so many Gramians, floats one by one are faster than arrays

Number = TypeVar("Number", float, Array)
Rows = Sequence[Sequence[float]]


def exact(grams: Array) -> tuple[Array, Counts]:
    """Optimal weights (N, T) and linear systems solved (N,) for symmetric Gramians (N, T, T), T of at least 2."""
    number, tasks, _ = grams.shape
    weights, iterations = np.empty((number, tasks)), np.ones(number, np.int64)
    if tasks <= 3 and number > FEW:
        return (pairs if tasks == 2 else triples)(grams), iterations
    for index, rows in enumerate(grams.tolist()):
        weights[index], iterations[index] = exact_one(rows)
    return weights, iterations


def exact_one(rows: Rows) -> tuple[Sequence[float], int]:
    """Optimal weights and the linear systems solved, from the rows of one Gramian as Python floats."""
    if len(rows) == 2:
        return pair(rows), 1
    return (triple(rows), 1) if len(rows) == 3 else active_set(rows)


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


def active_set(rows: Rows) -> tuple[list[float], int]:
    """Weights of the gradients, and the linear systems solved, from the rows of their Gramian as Python floats."""
    squares = [row[task] for task, row in enumerate(rows)]
    if min(squares) <= 0:
        return _shared_by_zeros(squares), 1
    inverse = [1 / math.sqrt(square) for square in squares]
    cosines = [
        [(entry / 2 + mirrored / 2) * own * other for entry, mirrored, other in zip(row, column, inverse, strict=True)]
        for row, column, own in zip(rows, zip(*rows, strict=True), inverse, strict=True)
    ]
    largest = max(inverse)
    scale = [own / largest for own in inverse]
    ridge, systems = RIDGE, 0
    while True:  # a ridge that outweighs the cosines always has a solution
        shares, solved = _lawson_hanson(cosines, scale, ridge)
        systems += solved
        if shares:
            weights = list(map(mul, shares, scale))
            total = sum(weights)
            return [weight / total for weight in weights], systems
        # rounding has made the Gramian indefinite, and its least eigenvalue tells by how much
        clipped = np.clip(cosines, -1, 1)
        cosines, ridge = clipped.tolist(), max(100 * ridge, -2 * float(np.linalg.eigvalsh(clipped)[0]))


def _lawson_hanson(matrix: Rows, right: Sequence[float], ridge: float) -> tuple[list[float], int]:
    """Find x >= 0 with matrix x >= right, and equality where x > 0; with the systems solved. Empty if it is not found.

    For the cosines and the inverse norms, x is the weights of the gradients times their norms, but for a factor.
    """
    inside, x = list(range(len(right))), [0.0] * len(right)
    for turn in range(1, ROUNDS * len(right) + 1):
        start, target = [x[task] for task in inside], _on_face(matrix, right, ridge, inside)
        # the part of the way to the target that keeps x positive; from x = 0 it is none, and all that fall are dropped
        ways = [
            old / (old - new) if new <= 0 < old else float(new > 0) for old, new in zip(start, target, strict=False)
        ]
        way = min(ways, default=0.0)
        if way == 0 and (any(x) or not target):  # impossible for a definite matrix
            return [], turn
        x = [0.0] * len(right)
        for task, old, new in zip(inside, start, target, strict=True):
            x[task] = new if way == 1 else old + way * (new - old)
        if way < 1:
            inside = [task for task, own in zip(inside, ways, strict=True) if own > way]
            x = [share if task in inside else 0.0 for task, share in enumerate(x)]
            continue
        gains = {task: right[task] - sum(map(mul, row, x)) for task, row in enumerate(matrix) if task not in inside}
        best = max(gains, key=gains.__getitem__, default=-1)
        if best < 0 or gains[best] <= SLACK * sum(x):
            return x, turn
        inside.append(best)
    return [], turn


def _on_face(matrix: Rows, right: Sequence[float], ridge: float, inside: Sequence[int]) -> list[float]:
    """Solve the system of the gradients inside, by Cholesky's method; empty if it is not definite."""
    if len(inside) > SMALL:
        face = np.array([[matrix[task][other] for other in inside] for task in inside]) + ridge * np.eye(len(inside))
        try:
            factor = np.linalg.cholesky(face)
        except np.linalg.LinAlgError:
            return []
        return np.linalg.solve(factor.T, np.linalg.solve(factor, [right[task] for task in inside])).tolist()
    lines: list[list[float]] = []
    x: list[float] = []
    for task in inside:
        row, own = matrix[task], []
        for other, line in zip(inside, lines, strict=False):
            own.append((row[other] - sum(map(mul, own, line))) / line[-1])
        square = 1 + ridge - sum(map(mul, own, own))
        if not square > 0:
            return []
        pivot = math.sqrt(square)
        x.append((right[task] - sum(map(mul, own, x))) / pivot)
        lines.append([*own, pivot])
    for position in range(len(inside) - 1, -1, -1):
        x[position] /= lines[position][-1]
        for other in range(position):
            x[other] -= lines[position][other] * x[position]
    return x
