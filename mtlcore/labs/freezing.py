"""Lab 4: what freezing layers saves of a training step."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from mtlcore.data import seeding
from mtlcore.kernels.freezing import backward_cost, patterns
from mtlcore.labs.checking import apart, question


def net(sizes: Sequence[int], frozen: Sequence[bool] = (), seed: int = 0) -> nn.Sequential:
    """Fully connected layers with ReLU between them.

    Args:
        sizes: of the input and of each layer, K + 1 numbers.
        frozen: which of the K layers get no gradient; none of them if not given.
        seed: of the weights.
    """
    layers: list[nn.Module] = []
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for inputs, outputs in itertools.pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    made = nn.Sequential(*layers[:-1])
    for number, still in enumerate(frozen):
        made[2 * number].requires_grad_(not still)
    return made


def counted(batch: int, sizes: Sequence[int], frozen: Sequence[bool] = (), *, backward: bool = True) -> float:
    """Floating-point operations of a step as torch itself counts them while it does them."""
    made = net(sizes, frozen)
    with FlopCounterMode(display=False) as counter:
        outputs = made(torch.ones(batch, sizes[0]))
        if backward:
            outputs.sum().backward()
    return float(counter.get_total_flops())


CASES = ((4, (6, 5, 3)), (3, (4, 4, 4, 4, 4)), (7, (2, 9, 8)))


@question("freezing-1", points=1)
def _forward(answer: Callable[[int, int, int], Any]) -> str | None:
    for batch, inputs, outputs in ((1, 3, 5), (10, 7, 2), (64, 100, 30)):
        expected = counted(batch, (inputs, outputs), backward=False)
        if hint := apart(answer(batch, inputs, outputs), expected, what="the number of operations"):
            if apart(answer(batch, inputs, outputs), expected / 2) is None:
                return "that counts multiplications alone; an addition is an operation too"
            return hint
    return None


@question("freezing-2", points=2)
def _step(answer: Callable[[int, Sequence[int]], Any]) -> str | None:
    for batch, sizes in CASES:
        expected = counted(batch, sizes)
        found = answer(batch, list(sizes))
        if hint := apart(found, expected, what="the operations of a step"):
            forward = counted(batch, sizes, backward=False)
            first = 2 * batch * sizes[0] * sizes[1]
            if apart(found, expected + first) is None:
                return (
                    "nobody asks how the loss changes with the pictures: one gradient of the first layer is not needed"
                )
            if apart(found, 2 * forward) is None:
                return "a backward pass makes two gradients: of the weights, and of what a layer was given"
            return hint
    return None


@question("freezing-3", points=3)
def _frozen(answer: Callable[[int, Sequence[int], Sequence[bool]], Any]) -> str | None:
    for batch, sizes in CASES:
        layers = len(sizes) - 1
        for number in range(2**layers - 1):
            frozen = [bool(number >> layer & 1) for layer in range(layers)]
            expected = counted(batch, sizes, frozen)
            found = answer(batch, list(sizes), frozen)
            if hint := apart(found, expected, what=f"the operations with frozen = {frozen}"):
                return _frozen_hint(hint, found, batch, sizes, frozen)
    return None


def _frozen_hint(hint: str, found: Any, batch: int, sizes: Sequence[int], frozen: Sequence[bool]) -> str:
    products = [2.0 * batch * a * b for a, b in itertools.pairwise(sizes)]
    still = [product for product, is_still in zip(products, frozen, strict=True) if is_still]
    full = counted(batch, sizes)
    if apart(found, full - sum(still)) is None:
        return f"{hint}: what a layer was given needs a gradient only while some layer below it trains"
    if apart(found, full - 2 * sum(still)) is None or apart(found, full - 2 * sum(still) + products[0]) is None:
        return f"{hint}: a frozen layer still hands the gradient down to layers below it that train"
    return hint


@question("freezing-4", points=1)
def _most(answer: float) -> str | None:
    if apart(answer, 1.0, tolerance=1e-3) is None:
        return "the forward pass is needed, whatever is frozen"
    if apart(answer, 1 / 3, tolerance=1e-2) is None:
        return "that is what is left; how much is saved?"
    return apart(answer, 2 / 3, tolerance=1e-2, what="the share")


@question("freezing-5", points=3)
def _expected(answer: Callable[[int, Sequence[int], Sequence[float]], Any]) -> str | None:
    for seed, (batch, sizes) in enumerate(CASES):
        generator = seeding.generator(4, seed)
        chances = torch.rand(len(sizes) - 1, generator=generator, dtype=torch.float64)
        every, weight = patterns(chances)
        costs = _costs(batch, sizes, every)
        expected = costs @ weight
        found = answer(batch, list(sizes), chances.tolist())
        if hint := apart(found, expected, relative=1e-6, what="the expected number of operations"):
            never = _costs(batch, sizes, torch.ones(1, len(chances), dtype=torch.bool))[0]
            all_frozen = chances.prod()
            if apart(found, expected * (1 - all_frozen), relative=1e-6) is None:
                return "the chances do not sum to 1: an epoch in which all would be frozen is drawn again"
            if apart(found, expected * (1 - all_frozen) + never * all_frozen, relative=1e-6) is None:
                return "an epoch in which all would be frozen is drawn again; it must not be counted"
            if apart(found, costs.mean(), relative=1e-6) is None:
                return "every pattern counts the same; each has a chance of its own"
            return hint
    return None


def _costs(batch: int, sizes: Sequence[int], frozen: Tensor) -> Tensor:
    """Operations of a step for each pattern (N, K), float64 (N,)."""
    pairs = itertools.pairwise(sizes)
    products = torch.tensor([2 * batch * a * b for a, b in pairs], dtype=torch.float64)
    return products.sum() + backward_cost(frozen, products, products)


class _Clock:
    """Time that passes only while a step works: a slow first step, then some of uneven length."""

    lengths = (50.0, 3.0, 2.0, 9.0, 4.0, 3.0, 2.5)

    def __init__(self) -> None:
        self.now, self.steps = 100.0, 0

    def read(self) -> float:
        return self.now

    def step(self) -> None:
        self.now += self.lengths[min(self.steps, len(self.lengths) - 1)]
        self.steps += 1


@question("freezing-6", points=2)
def _seconds(answer: Callable[[Callable[[], None], int], Any]) -> str | None:
    clock = _Clock()
    with mock.patch.object(time, "perf_counter", clock.read):
        found = answer(clock.step, 5)
    if clock.steps == 0:
        return "the step was never called"
    timed = torch.tensor(clock.lengths[1:6])
    typical = {
        "the first call warms up; it must not be timed": torch.tensor([clock.lengths[:5]]).mean(),
        "a mean has every disturbance of the machine in it; take the shortest": timed.mean(),
        "the sum of all steps is returned": timed.sum(),
        "0 seconds have passed on `time.perf_counter`: is it read before and after the step?": torch.tensor(0.0),
    }
    for told, wrong in typical.items():
        if apart(found, wrong) is None:
            return told
    if clock.steps != 6:
        return f"the step was called {clock.steps} times for 5 repeats; it should be one more, to warm up"
    return apart(found, timed.min(), what="the time of a step")
