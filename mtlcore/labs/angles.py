"""Lab 1: angles between hidden units, and what is redundant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from mtlcore.data import seeding
from mtlcore.kernels.angles import pairwise_angles
from mtlcore.kernels.pairs import find_pairs
from mtlcore.labs.checking import apart, question


def layer(seed: int = 0, units: int = 24, patterns: int = 300) -> tuple[Tensor, Tensor]:
    """A hidden layer with something to find in it: copies, near copies and opposites among random units.

    Args:
        seed: of the draw.
        units: h, at least 12.
        patterns: p.

    Returns:
        activations (p, h), as of a layer without an activation function, and outgoing weights (5, h).
    """
    generator = seeding.generator(1, seed)
    free = torch.randn(patterns, units - 6, generator=generator)
    near = free[:, :3] + 0.15 * torch.randn(patterns, 3, generator=generator)
    activations = torch.cat([free, free[:, 3:5], near, -free[:, 5:6]], dim=1)
    order = torch.randperm(units, generator=generator)
    return activations[:, order], torch.randn(5, units, generator=generator)


@question("angles-1", points=1)
def _angle(answer: Callable[[Tensor, Tensor], Any]) -> str | None:
    generator = seeding.generator(1, 1)
    for _ in range(5):
        first, second = torch.randn(2, 40, generator=generator, dtype=torch.float64)
        expected = pairwise_angles(torch.stack([first, second]))[0, 1]
        if hint := apart(answer(first, second), expected, tolerance=1e-6, what="the angle of two vectors"):
            radians = apart(answer(first, second), expected.deg2rad(), tolerance=1e-6) is None
            return "the angle is in radians; give degrees" if radians else hint
        if hint := apart(answer(3 * first, 0.1 * second), expected, tolerance=1e-6, what="the angle"):
            return f"{hint} once the vectors are scaled; an angle does not depend on lengths"
    for same in torch.randn(64, 40, generator=generator, dtype=torch.float64):
        found = torch.as_tensor(answer(same, same))
        if bool(found.isnan().any()):
            return "a vector is at NaN to itself: rounding takes a cosine a little beyond 1; keep it within -1 and 1"
        if hint := apart(found, 0.0, tolerance=1e-5, what="the angle of a vector to itself"):
            return hint
    if hint := apart(answer(first, -first), 180.0, tolerance=1e-5, what="the angle of a vector to its opposite"):
        return f"{hint}: rounding can take a cosine a little beyond 1, where its arc is not defined"
    return None


@question("angles-2", points=2)
def _all_angles(answer: Callable[[Tensor], Any]) -> str | None:
    for seed in range(3):
        vectors = layer(seed)[0].T.double()
        expected = pairwise_angles(vectors)
        found = answer(vectors)
        off = ~torch.eye(len(vectors), dtype=torch.bool)
        if isinstance(found, Tensor) and found.shape == expected.shape:
            if bool(found.isnan().any()):
                return "some angles are NaN: rounding takes a cosine a little beyond 1; keep it within -1 and 1"
            if hint := apart(found[off], expected[off], tolerance=1e-4, what="the angles between different units"):
                return hint
            if hint := apart(found.diagonal(), torch.zeros(len(vectors)), tolerance=1e-4, what="the diagonal"):
                return f"{hint}: a unit is at 0° to itself"
        elif hint := apart(found, expected, what="the matrix of angles"):
            return f"{hint}; expected is a row and a column for every unit"
    return None


@question("angles-3", points=2)
def _pairs(answer: Callable[[Tensor, float], Any]) -> str | None:
    for seed in range(4):
        angles = pairwise_angles(layer(seed)[0].T)
        found = [tuple(int(unit) for unit in pair) for pair in answer(angles, 15.0)]
        expected = [tuple(pair) for pair in find_pairs(angles, similar=15.0, complementary=180.0).similar.tolist()]
        units = [unit for pair in found for unit in pair]
        if any(len(pair) != 2 for pair in found):
            return "every pair has two units"
        if any(first == second for first, second in found):
            return "a unit is paired with itself; look above the diagonal alone"
        if len(set(units)) < len(units):
            return "a unit is in two pairs; once it is merged it is gone"
        if any(float(angles[pair]) >= 15 for pair in found):
            return "a pair is further apart than the threshold"
        if {frozenset(pair) for pair in found} != {frozenset(pair) for pair in expected}:
            return f"{len(found)} pairs were found where there are {len(expected)}, the closest first"
    return None


@question("angles-4", points=3)
def _merge(answer: Callable[[Tensor, Tensor, list[tuple[int, int]]], Any]) -> str | None:
    for seed in range(3):
        activations, weight = layer(seed)
        angles = pairwise_angles(activations.T)
        pairs = [tuple(pair) for pair in find_pairs(angles, similar=1.0, complementary=180.0).similar.tolist()]
        before = weight.clone()
        found = answer(activations, weight, pairs)
        if not torch.equal(weight, before):
            return "the weights that were given have been changed; work on a copy"
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            return "return two tensors: the activations of the units that stay, and their outgoing weights"
        kept, merged = found
        if kept.shape != (len(activations), activations.shape[1] - len(pairs)):
            return (
                f"{len(pairs)} of {activations.shape[1]} units should go, and the activations that stay are "
                f"{tuple(kept.shape)}"
            )
        if hint := apart(kept @ merged.T, activations @ weight.T, tolerance=1e-3, what="the outputs"):
            lost = apart(kept @ merged.T, kept @ weight[:, _columns(activations, kept)].T, tolerance=1e-3) is None
            return f"{hint}: " + (
                "what the removed units contributed is lost" if lost else "compare them before and after"
            )
    return None


def _columns(activations: Tensor, kept: Tensor) -> list[int]:
    """Where the units that stay stood before."""
    return [int((activations - unit[:, None]).abs().sum(dim=0).argmin()) for unit in kept.T]


@question("angles-5", points=1)
def _largest(answer: float) -> str | None:
    if isinstance(answer, (int, float)) and answer >= 165:
        return "the outputs of a sigmoid are positive; what follows for the product of two such vectors?"
    return apart(answer, 90.0, what="the bound")


@question("angles-6", points=1)
def _centre(answer: Callable[[Tensor], Any]) -> str | None:
    generator = seeding.generator(1, 6)
    with torch.no_grad():
        weight = torch.randn(10, 6, generator=generator)
        bias = torch.randn(10, generator=generator)
        hidden = F.linear(torch.randn(200, 6, generator=generator), weight, bias).sigmoid().T.double()
    return apart(answer(hidden), pairwise_angles(hidden, center=0.5), tolerance=1e-3, what="the angles from 0.5")
