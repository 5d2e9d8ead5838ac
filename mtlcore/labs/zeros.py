"""Lab 3: exact zeros from a proximal step, for numbers and for groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mtlcore.data import seeding
from mtlcore.kernels.prox import group_soft_threshold, soft_threshold
from mtlcore.labs.checking import apart, question

USEFUL = (1, 4, 6, 9)  # the inputs of `regression` that the targets depend on


def regression(seed: int = 0, count: int = 120, noise: float = 0.5) -> tuple[Tensor, Tensor]:
    """Four targets that depend on four of twelve inputs, which are correlated.

    Returns:
        Inputs (count, 12) and targets (count, 4), float64, of mean 0; the useful inputs are `USEFUL`.
    """
    generator = seeding.generator(3, seed)
    inputs = torch.randn(count, 12, generator=generator, dtype=torch.float64)
    inputs = inputs + 0.6 * inputs.roll(1, dims=1)
    weight = torch.zeros(4, 12, dtype=torch.float64)
    strength = torch.tensor([1.0, 0.7, 0.4, 0.25], dtype=torch.float64)
    columns = torch.randn(4, 4, generator=generator, dtype=torch.float64)
    weight[:, USEFUL] = columns / columns.norm(dim=0) * 2 * strength
    targets = inputs @ weight.T + noise * torch.randn(count, 4, generator=generator, dtype=torch.float64)
    return inputs - inputs.mean(0), targets - targets.mean(0)


@question("zeros-1", points=1)
def _soft(answer: Callable[[Tensor, float], Any]) -> str | None:
    x = torch.tensor([-3.0, -1.0, -0.4, 0.0, 0.4, 1.0, 1.5, 7.0], dtype=torch.float64)
    for threshold in (1.0, 0.25):
        before = x.clone()
        expected = soft_threshold(x, threshold)
        found = answer(x, threshold)
        if not torch.equal(x, before):
            return "the numbers that were given have been changed; return new ones"
        if hint := apart(found, expected, what="the shrunk numbers"):
            if apart(found, x.where(x.abs() > threshold, torch.zeros_like(x))) is None:
                return "the small ones become 0, but the others must come nearer to 0 by the threshold"
            if apart(found, x - threshold) is None or apart(found, (x - threshold).clamp(min=0)) is None:
                return f"{hint}: what happens to negative numbers?"
            return hint
    return None


@question("zeros-2", points=2)
def _group(answer: Callable[[Tensor, float], Any]) -> str | None:
    for seed in range(3):
        weight = torch.randn(3, 6, generator=seeding.generator(3, 2, seed), dtype=torch.float64)
        expected = group_soft_threshold(weight, 1.5, dim=1)
        found = answer(weight, 1.5)
        if hint := apart(found, expected, what="the shrunk columns"):
            if apart(found, group_soft_threshold(weight, 1.5, dim=0)) is None:
                return "the groups are the columns; you have shrunk the rows"
            if apart(found, soft_threshold(weight, 1.5)) is None:
                return "every number is shrunk by itself; a column is shortened as a whole, in its own direction"
            if bool((torch.as_tensor(found) * weight < -1e-12).any()):
                return f"{hint}: a column shorter than the threshold has been turned round, not set to 0"
            return hint
    weight = torch.tensor([[0.0, 3.0], [0.0, 4.0]])
    found = answer(weight, 0.0)
    hint = apart(found, weight, what="a matrix with a column of zeros, at threshold 0")
    return f"{hint}; what is 0 divided by 0?" if hint else None


@question("zeros-3", points=2)
def _minimiser(answer: Callable[[Tensor, Tensor, float], Any]) -> str | None:
    for seed in range(8):
        x = torch.randn(4, generator=seeding.generator(3, 3, seed), dtype=torch.float64) * (0.3 + 0.4 * seed)
        threshold = 1.2
        z = group_soft_threshold(x[:, None], threshold, dim=1)[:, 0]
        vanishes = not bool(z.any())
        if not answer(z, x, threshold):
            if vanishes:
                return "the minimiser 0 is refused where x is short: at 0 the norm has many slopes, all up to length 1"
            return "the minimiser is refused where it is not 0; is the slope of the norm z / |z|, and is there slack?"
        if answer(x, x, threshold):
            return "x itself is accepted: the penalty has a slope there"
        if not vanishes and answer(torch.zeros_like(x), x, threshold):
            return "0 is accepted although x is longer than the threshold"
        if not vanishes and answer(z * 1.01, x, threshold):
            return "a point a little beyond the minimiser is accepted; slack is for rounding alone"
    return None


@question("zeros-4", points=1)
def _subgradient(answer: Callable[[Tensor, Tensor, float, float], Any]) -> str | None:
    for seed in range(3):
        weight, gradient = torch.randn(2, 3, 5, generator=seeding.generator(3, 4, seed), dtype=torch.float64)
        expected = weight - 0.1 * (gradient + 0.7 * weight / weight.norm(dim=0))
        found = answer(weight, gradient, 0.1, 0.7)
        if hint := apart(found, expected, what="the weights after a step"):
            if apart(found, weight - 0.1 * (gradient + 0.7 * weight)) is None:
                return "that is the slope of the squared norm, which fades near 0; that of the norm has length 1"
            if apart(found, weight - 0.1 * (gradient + 0.7 * weight.sign())) is None:
                return "that is the slope of the sum of absolute values; the penalty is the norm of each column"
            return hint
    return None


@question("zeros-5", points=1)
def _bounce(answer: float) -> str | None:
    for wrong, hint in {
        0.0: "0 is never met: each step is as long as rate times penalty, whatever the weight",
        0.02: "that is where it is after an even number of steps",
        -8.06: "the slope changes its sign whenever the weight does",
    }.items():
        if apart(answer, wrong, tolerance=1e-6) is None:
            return hint
    return apart(answer, -0.06, tolerance=1e-6, what="the weight")


@question("zeros-6", points=2)
def _prox_step(answer: Callable[[Tensor, Tensor, float, float], Any]) -> str | None:
    for seed in range(3):
        weight, gradient = torch.randn(2, 3, 5, generator=seeding.generator(3, 5, seed), dtype=torch.float64)
        rate, penalty = 0.3, 2.0
        expected = group_soft_threshold(weight - rate * gradient, rate * penalty, dim=1)
        found = answer(weight, gradient, rate, penalty)
        if hint := apart(found, expected, what="the weights after a step"):
            typical = {
                "the columns are shortened by the penalty; by how much does a step of this rate shorten them?": (
                    group_soft_threshold(weight - rate * gradient, penalty, dim=1)
                ),
                "shorten after the step on the loss, not before it: else a zero does not stay one": (
                    group_soft_threshold(weight, rate * penalty, dim=1) - rate * gradient
                ),
                "the step goes up the loss; mind the sign of the gradient": (
                    group_soft_threshold(weight + rate * gradient, rate * penalty, dim=1)
                ),
            }
            return next((told for told, wrong in typical.items() if apart(found, wrong) is None), hint)
    return None


@question("zeros-7", points=2)
def _largest_penalty(answer: Callable[[Tensor, Tensor], Any]) -> str | None:
    for seed in range(1, 4):
        inputs, targets = regression(seed)
        slope = targets.T @ inputs / len(inputs)
        expected = slope.norm(dim=0).max()
        found = answer(inputs, targets)
        if hint := apart(found, expected, relative=1e-4, what="the penalty"):
            typical = {
                "the loss is a mean over the samples; its slope too": expected * len(inputs),
                "that is the largest number of the slope; a group goes by the length of its column": slope.abs().max(),
                "that is the smallest column; one group that is not 0 is enough to fail": slope.norm(dim=0).min(),
                "the groups are the inputs, not the targets": slope.norm(dim=1).max(),
            }
            for told, wrong in typical.items():
                if apart(found, wrong, relative=1e-4) is None:
                    return told
            return hint
    return None
