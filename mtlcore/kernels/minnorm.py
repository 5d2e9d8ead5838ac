"""The shortest vector in the convex hull of T gradients: minimise ||sum_t a_t g_t||^2 over the simplex.

Papers: Désidéri, "Multiple-gradient descent algorithm (MGDA) for multiobjective optimization" (2012); Sener and
Koltun, "Multi-Task Learning as Multi-Objective Optimization" (2018); [tran, Eq. 4.5 and 4.7]. Only the Gramian
G_st = <g_s, g_t> is needed, for the squared norm is a'Ga. The methods are in `minnorm_exact` and `minnorm_descent`.

Everything is computed on the host in float64: a GPU pays for one small copy there and one back, and for no
synchronisation within the iterations. Slightly indefinite Gramians, as float32 makes them, get weights as good as
their rounding allows.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from mtlcore.kernels.minnorm_descent import Array, Counts, frank_wolfe, projected
from mtlcore.kernels.minnorm_exact import exact, few
from mtlcore.kernels.tensors import need_tensor

METHODS = ("exact", "frank_wolfe", "projected")


class Solution(NamedTuple):
    """Weights, with the cost and the quality of finding them.

    Attributes:
        weights: (..., T), at least 0, sum 1, in the type of the Gramians.
        iterations: (...,) int64: line searches of the iterative methods; linear systems that `exact` solved, 1 for
            its closed forms; 0 where T = 1.
        residual: (...,) float64, of the weights before they are rounded to their type: how far the
            Karush-Kuhn-Tucker conditions <g, g_t> >= ||g||^2 are violated, in 0..1, free of scale, 0 at the optimum:
            max_t (||g||^2 - <g, g_t>) / ((||g|| + ||g_t||) sum_s a_s ||g_s||), where g = sum_s a_s g_s. Rounding
            leaves about 1e-16, times the ratio of norms where long gradients cancel beside a short one.
    """

    weights: Tensor
    iterations: Tensor
    residual: Tensor


def min_norm_weights(gram: Tensor, *, method: str = "exact") -> Tensor:
    """Weights on the simplex that minimise ||sum_t a_t g_t||^2 [tran, Eq. 4.5].

    The combined gradient is unique, the weights are not where gradients are equal or dependent: then any minimiser
    is returned. Gradients of zero share all the weight equally in `exact`.

    Args:
        gram: Gramians of the gradients, (..., T, T), of any floating type, on any device.
        method: "exact" | "frank_wolfe" | "projected", the iterative ones as `solve` stops them by default.

    Returns:
        (..., T), at least 0, sum 1, in the type and on the device of `gram`, without a graph.

    Raises:
        ValueError: not square, not of a floating type, NaN or infinity inside, or an unknown method.

    >>> min_norm_weights(torch.tensor([[1.0, 0.0], [0.0, 3.0]])).tolist()
    [0.75, 0.25]
    """
    need_tensor(gram, "gram")
    if method == "exact" and gram.shape in ((2, 2), (3, 3)) and gram.is_floating_point():
        rows = gram.tolist()  # Python floats beat arrays by far at this size
        if math.isfinite(sum(map(sum, rows))):
            return torch.from_numpy(np.array(few(rows))).to(gram)
    return torch.from_numpy(_solve(gram, method)[1].reshape(gram.shape[:-1])).to(gram)


def solve(gram: Tensor, *, method: str = "exact", tolerance: float = 1e-6, max_iterations: int = 250) -> Solution:
    """`min_norm_weights` with its iterations and its residual.

    Args:
        gram: Gramians of the gradients, (..., T, T).
        method: "exact" | "frank_wolfe" | "projected".
        tolerance: the iterative methods stop after a step that changes the weights by less than this, in L1;
            `exact` takes no notice of it.
        max_iterations: and after this many steps, likewise.

    Returns:
        A `Solution` on the device of `gram`.

    Raises:
        ValueError: as `min_norm_weights`, or a tolerance or a number of iterations that is not positive.
    """
    if not tolerance > 0 or max_iterations < 1:
        raise ValueError(f"tolerance and max_iterations must be positive, got {tolerance} and {max_iterations}")
    grams, weights, iterations = _solve(gram, method, tolerance, max_iterations)
    batch = gram.shape[:-2]
    return Solution(
        torch.from_numpy(weights.reshape(gram.shape[:-1])).to(gram),
        torch.from_numpy(iterations.reshape(batch)).to(gram.device),
        torch.from_numpy(kkt_residual(grams, weights).reshape(batch)).to(gram.device),
    )


def _solve(
    gram: Tensor, method: str, tolerance: float = 1e-6, max_iterations: int = 250
) -> tuple[Array, Array, Counts]:
    """Gramians on the host (N, T, T), their weights (N, T) and iterations (N,)."""
    if method not in METHODS:
        raise ValueError(f"method {method!r} is unknown: choose one of {', '.join(METHODS)}")
    grams = host_gramians(gram)
    if gram.shape[-1] == 1:
        return grams, np.ones(grams.shape[:2]), np.zeros(len(grams), np.int64)
    if method == "exact":
        return grams, *exact(grams)
    return grams, *(frank_wolfe if method == "frank_wolfe" else projected)(grams, tolerance, max_iterations)


def host_gramians(gram: Tensor) -> Array:
    """Gramians (..., T, T) as (N, T, T) float64 on the host, made symmetric; what is no Gramian is refused.

    Raises:
        ValueError: not square, not of a floating type, NaN or infinity inside.
    """
    need_tensor(gram, "gram")
    if gram.dim() < 2 or gram.shape[-1] != gram.shape[-2] or gram.shape[-1] == 0:
        raise ValueError(f"Gramians must be square, (..., T, T) with T of at least 1, got {tuple(gram.shape)}")
    if not gram.is_floating_point():
        raise ValueError(f"Gramians must be of a floating type, got {gram.dtype}; convert them with .double()")
    host = gram.detach().to("cpu", torch.float64).numpy()
    finite = np.isfinite(host)
    if not finite.all():
        place = tuple(int(index) for index in np.argwhere(~finite)[0])
        raise ValueError(
            f"the Gramian holds {host[place]} at index {place}, so a gradient is not finite: "
            "look for a loss that is NaN or infinite, and lower the learning rate"
        )
    grams = host.reshape(-1, *host.shape[-2:])
    return grams / 2 + grams.swapaxes(1, 2) / 2


def kkt_residual(grams: Array, weights: Array) -> Array:
    """The residual of `Solution` for Gramians (N, T, T) and weights (N, T): (N,)."""
    norms = np.sqrt(np.maximum(np.diagonal(grams, axis1=1, axis2=2), 0))
    products = (grams @ weights[:, :, None])[:, :, 0]  # <g, g_t>
    squared = np.maximum((weights * products).sum(1, keepdims=True), 0)
    size = (np.sqrt(squared) + norms) * (weights * norms).sum(1, keepdims=True)
    violation = np.maximum(squared - products, 0)
    return np.divide(violation, size, out=(violation > 0).astype(float), where=size > violation).max(1)
