"""The min-norm problem solved exactly: closed forms for two and three gradients, an active set beyond.

A face is a set of gradients that have weight. On a face the optimum solves a linear system, and it is the optimum of
the whole if its weights are positive and no gradient outside would gain. `pair` and `triple` compare all faces.
`active_set` starts with all gradients, drops those whose weight would be negative, and then follows Lawson and Hanson
("Solving Least Squares Problems", 1974, chapter 23): the gradient that gains most is let in, one at a time, and the
norm falls at every step. Where most gradients have weight, that takes one to five systems.

Norms far apart do no harm: three gradients are measured from the shortest one and in its unit, more are divided by
their norms, which leaves a matrix of cosines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mtlcore.kernels.minnorm_descent import ROUNDING, Array, Counts, pair_weights

RIDGE = 1e-14  # added to the cosines: lets dependent gradients be solved, and costs an excess of second order in it
SLACK = 1e-13  # a gradient outside the face must gain more than this share of the mean norm to be let in
ROUNDS = 5  # systems a gradient, then rounding is taken to be the reason; definite Gramians took 1.3 at most
FLAT = 1e-6  # a triangle whose sides have a squared sine below this may be too flat to tell inside from edge
SHORTEST_FIRST = ((0, 1, 2), (1, 0, 2), (2, 0, 1))
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
            weights[index] = (pair if tasks == 2 else triple)(gram.tolist())
        else:
            weights[index], iterations[index] = active_set(gram)
    return weights, iterations


def pair(rows: Rows) -> tuple[float, float]:
    """Weights of two gradients, from the rows of their Gramian as Python floats."""
    (one, both), (mirrored, other) = rows
    return _edge(one, both / 2 + mirrored / 2, other)


def triple(rows: Rows) -> Sequence[float]:
    """Weights of three gradients, from the rows of their Gramian as Python floats.

    The shortest gradient k is the origin and its norm the unit; from there the sides to i and j span the triangle.
    """
    norms = rows[0][0], rows[1][1], rows[2][2]
    unit = min(norms)
    if unit <= 0:
        zeros = [float(norm <= 0) for norm in norms]
        return [zero / sum(zeros) for zero in zeros]
    k, i, j = SHORTEST_FIRST[norms.index(unit)]
    ii, jj = norms[i] / unit, norms[j] / unit
    ki = (rows[k][i] / 2 + rows[i][k] / 2) / unit
    kj = (rows[k][j] / 2 + rows[j][k] / 2) / unit
    ij = (rows[i][j] / 2 + rows[j][i] / 2) / unit
    weights = [0.0, 0.0, 0.0]
    weights[k], weights[i], weights[j] = _triangle(ki, kj, ii, jj, ij)
    return weights


def _triangle(ki: float, kj: float, ii: float, jj: float, ij: float) -> tuple[float, float, float]:
    """Weights of k, i and j from their products in units of kk, which is the least of kk, ii and jj."""
    sides = 1 - ki, 1 - kj, 1 - 2 * ki + ii, 1 - 2 * kj + jj, 1 - ki - kj + ij
    inside_k, inside_i, inside_j, total = _plane(*sides)
    faces = []
    if total > 0 and inside_k > 0 and inside_i > 0 and inside_j > 0:
        inside = inside_k / total, inside_i / total, inside_j / total
        if total > FLAT * sides[2] * sides[3]:
            return inside
        faces = [inside]
    (edge_k, edge_i), (other_k, edge_j) = _edge(1.0, ki, ii), _edge(1.0, kj, jj)
    faces = [(1.0, 0.0, 0.0), (edge_k, edge_i, 0.0), (other_k, 0.0, edge_j), (0.0, *_edge(ii, ij, jj)), *faces]
    return max(faces, key=lambda face: _gain(face[1], face[2], *sides))


def _edge(one: float, both: float, other: float) -> tuple[float, float]:
    """Weights of two gradients from their squared norms and their product: `pair_weights` for floats."""
    first, second = max(other - both, 0.0), max(one - both, 0.0)
    total = first + second
    return (first / total, second / total) if total > 0 else (0.5, 0.5)


def _plane(to_i: Number, to_j: Number, ii: Number, jj: Number, ij: Number) -> tuple[Number, Number, Number, Number]:
    """Weights of k, i and j, each times the last value, for the point of their plane nearest to the origin.

    From the sides s_i = g_i - g_k and s_j = g_j - g_k: to_i = -<g_k, s_i>, to_j = -<g_k, s_j>, ii = <s_i, s_i>,
    jj = <s_j, s_j> and ij = <s_i, s_j>; the last value is four times the squared area of the triangle.
    """
    weight_i, weight_j = to_i * jj - to_j * ij, to_j * ii - to_i * ij
    total = ii * jj - ij * ij
    return total - weight_i - weight_j, weight_i, weight_j, total


def _gain(i: Number, j: Number, to_i: Number, to_j: Number, ii: Number, jj: Number, ij: Number) -> Number:
    """By how much the weights i and j, on the sides of `_plane`, surely make the squared norm less than that of g_k.

    The difference of two squared norms would lose this where it is little. What rounding may have added is taken off,
    so that of several faces that reach the origin the one of short gradients is chosen.
    """
    gained, lost = 2 * (i * to_i + j * to_j), i * i * ii + j * j * jj + 2 * i * j * ij
    size = 2 * (i * abs(to_i) + j * abs(to_j)) + i * i * ii + j * j * jj + 2 * i * j * abs(ij)
    return gained - lost - ROUNDING * size


def pairs(grams: Array) -> Array:
    """`pair` for symmetric Gramians (N, 2, 2): weights (N, 2)."""
    return np.stack(pair_weights(grams[:, 0, 0], grams[:, 0, 1], grams[:, 1, 1]), 1)


def triples(grams: Array) -> Array:
    """`triple` for symmetric Gramians (N, 3, 3): weights (N, 3)."""
    diagonal = np.diagonal(grams, axis1=1, axis2=2)
    order = np.array(SHORTEST_FIRST)[diagonal.argmin(1)]
    ordered = np.take_along_axis(np.take_along_axis(grams, order[:, :, None], 1), order[:, None, :], 2)
    with np.errstate(all="ignore"):  # zero gradients, triangles without area, norms beyond all range
        ki, kj, ii, jj, ij = (ordered[:, s, t] / ordered[:, 0, 0] for s, t in ((0, 1), (0, 2), (1, 1), (2, 2), (1, 2)))
        sides = 1 - ki, 1 - kj, 1 - 2 * ki + ii, 1 - 2 * kj + jj, 1 - ki - kj + ij
        none, one = np.zeros_like(ki), np.ones_like(ki)
        (edge_k, edge_i), (other_k, edge_j) = pair_weights(one, ki, ii), pair_weights(one, kj, jj)
        *inside, total = _plane(*sides)
        faces = np.array([
            [one, none, none], [edge_k, edge_i, none], [other_k, none, edge_j], [none, *pair_weights(ii, ij, jj)],
            [weight / total for weight in inside],
        ])  # fmt: skip
        gains = _gain(faces[:, 1], faces[:, 2], *sides)
        within = (total > 0) & (np.min(inside, axis=0) > 0)
        gains[4, ~within] = -np.inf
        gains[4, within & (total > FLAT * sides[2] * sides[3])] = np.inf
    best = np.where(np.isnan(gains), -np.inf, gains).argmax(0)
    weights = np.empty_like(diagonal)
    np.put_along_axis(weights, order, faces[best, :, np.arange(len(grams))], 1)
    zero = diagonal <= 0
    return np.where(zero.any(1, keepdims=True), zero / np.maximum(zero.sum(1, keepdims=True), 1), weights)


@np.errstate(over="ignore")  # products beyond the norms, which only what is no Gramian has
def active_set(gram: Array) -> tuple[Array, int]:
    """Weights (T,) and the number of linear systems solved for a symmetric Gramian (T, T)."""
    diagonal = gram.diagonal()
    if diagonal.min() <= 0:
        return (diagonal <= 0) / (diagonal <= 0).sum(), 1
    norms = np.sqrt(diagonal)
    scale = norms.min() / norms
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
        if used_up.any():  # go as far as x stays positive; from x = 0, that drops them all
            share = np.divide(x, x - target, out=np.zeros_like(x), where=used_up & (x > 0))
            share[~used_up] = 1
            least = share.min()
            if least == 0 and x.any():  # impossible for a definite matrix
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
