"""Lab 2: gradients of two tasks that pull apart, the min-norm point, and surgery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

from mtlcore.data import seeding
from mtlcore.kernels.minnorm import min_norm_weights
from mtlcore.kernels.surgery import surgery_weights
from mtlcore.labs.checking import apart, question

SIDE = 12  # of a picture that holds two digits of 8 by 8


def pictures(seed: int = 0, count: int = 1000) -> tuple[Tensor, Tensor]:
    """Two real handwritten digits in one picture, one at the upper left and one at the lower right, which overlap.

    The digits are those that scikit-learn brings along, so that nothing is downloaded.

    Returns:
        Pictures (count, 144) in 0..1, and the two digits (count, 2) int64.
    """
    digits = load_digits()
    images = torch.from_numpy(digits.images).float() / 16
    chosen = torch.randint(len(images), (count, 2), generator=seeding.generator(2, seed))
    canvas = torch.zeros(2, count, SIDE, SIDE)
    canvas[0, :, :8, :8] = images[chosen[:, 0]]
    canvas[1, :, -8:, -8:] = images[chosen[:, 1]]
    return canvas.amax(0).flatten(1), torch.from_numpy(digits.target)[chosen].long()


class TwoDigits(nn.Module):
    """A small shared layer with two heads, one for each digit of a picture.

    Args:
        seed: of the initial weights.
        width: units of the shared layer.
    """

    def __init__(self, seed: int = 0, width: int = 12) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.shared = nn.Linear(SIDE * SIDE, width)
            self.heads = nn.ModuleList([nn.Linear(width, 10), nn.Linear(width, 10)])

    def losses(self, images: Tensor, digits: Tensor) -> list[Tensor]:
        """Cross-entropy of the upper left and of the lower right digit: pictures (n, 144), digits (n, 2)."""
        hidden = self.shared(images).relu()
        return [F.cross_entropy(head(hidden), digits[:, task]) for task, head in enumerate(self.heads)]


def _tensors(*words: int) -> list[Tensor]:
    """A gradient as a list of tensors, one of which is far longer than the other."""
    generator = seeding.generator(2, *words)
    matrix = 4 * torch.randn(5, 8, generator=generator, dtype=torch.float64)
    return [matrix, torch.randn(5, generator=generator, dtype=torch.float64)]


@question("conflicts-1", points=1)
def _cosine(answer: Callable[[Sequence[Tensor], Sequence[Tensor]], Any]) -> str | None:
    for seed in range(5):
        first, second = _tensors(1, seed), _tensors(11, seed)
        flat = [torch.cat([tensor.flatten() for tensor in one]) for one in (first, second)]
        expected = F.cosine_similarity(flat[0], flat[1], dim=0)
        found = answer(first, second)
        if hint := apart(found, expected, what="the cosine"):
            each = [F.cosine_similarity(a.flatten(), b.flatten(), dim=0) for a, b in zip(first, second, strict=True)]
            if apart(found, torch.stack(each).mean()) is None:
                return "that is the mean of the tensors' own cosines; all numbers together are one vector"
            if apart(found, flat[0] @ flat[1]) is None:
                return f"{hint}: that is the dot product; a cosine does not depend on lengths"
            return hint
    return None


@question("conflicts-2", points=2)
def _gradients(answer: Callable[[list[Tensor], list[nn.Parameter]], Any]) -> str | None:
    images, digits = pictures(1, 50)
    for seed in range(2):
        net = TwoDigits(seed)
        parameters = list(net.shared.parameters())
        rows = [torch.autograd.grad(loss, parameters, retain_graph=True) for loss in net.losses(images, digits)]
        expected = torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])
        net.zero_grad()
        try:
            found = answer(net.losses(images, digits), parameters)
        except RuntimeError as error:
            if "second time" in str(error):
                return "the graph of the shared layer is gone after the first loss; keep it until the last is done"
            raise
        if hint := apart(found, expected, relative=1e-4, what="the matrix of gradients"):
            summed = torch.stack([expected[0], expected.sum(0)])
            if apart(found, summed, relative=1e-4) is None:
                return "the second row is the sum of both gradients: `.grad` adds up unless it is emptied"
            return hint
        if net.shared.weight.grad is not None:
            return "the gradients are right, but `.grad` of the shared layer is left filled for whoever comes next"
    return None


@question("conflicts-3", points=2)
def _closed_form(answer: Callable[[Tensor, Tensor], Any]) -> str | None:
    for seed in range(12):
        first, second = torch.randn(2, 3, generator=seeding.generator(2, 3, seed), dtype=torch.float64)
        second = second * (1 + seed % 4)
        stacked = torch.stack([first, second])
        expected = min_norm_weights(stacked @ stacked.T)[0]
        found = answer(first, second)
        if hint := apart(found, expected, what="the weight of the first gradient"):
            number = torch.as_tensor(found)
            if number.numel() == 1 and not 0 <= float(number) <= 1:
                return f"{hint}: a point of the segment has a weight between 0 and 1"
            swapped = apart(found, 1 - expected) is None
            return "that is the weight of the second gradient; return that of the first" if swapped else hint
    vector = torch.tensor([1.0, -2.0, 0.5])
    found = torch.as_tensor(answer(vector, vector.clone()))
    if not bool(found.isfinite().all()) or not 0 <= float(found) <= 1:
        return "where both gradients are equal every weight from 0 to 1 is right, but yours is not such a number"
    return None


@question("conflicts-4", points=2)
def _karush_kuhn_tucker(answer: Callable[[Tensor, Tensor], Any]) -> str | None:
    for seed in range(12):
        vectors = torch.randn(4, 5, generator=seeding.generator(2, 4, seed), dtype=torch.float64)
        vectors = vectors + (seed % 3) * torch.tensor([1.0, 1.0, 0.5, 0.0, 0.0])
        gram = vectors @ vectors.T
        best = min_norm_weights(gram)
        if not answer(best, gram):
            some = "a task of weight 0 may have a larger product; " if float(best.min()) == 0 else ""
            return f"optimal weights are refused: {some}and leave room for rounding, such as 1e-6"
        for wrong, why in _not_optimal(best, gram):
            if answer(wrong, gram):
                return why
    return None


def _not_optimal(best: Tensor, gram: Tensor) -> list[tuple[Tensor, str]]:
    """Weights that are no solution, each with what accepting it shows."""
    even = torch.full_like(best, 1 / len(best))
    longest = torch.zeros_like(best)
    longest[int(gram.diagonal().argmax())] = 1
    outside = best.clone()
    outside[0], outside[1] = best[0] - 0.7, best[1] + 0.7
    return [
        (outside, "weights below 0 are accepted: they leave the hull of the gradients"),
        (0 * best, "weights that do not sum to 1 are accepted"),
        (longest, "the weights that take the longest gradient alone are accepted; is every product compared?"),
        (even, "equal weights are accepted where they are not optimal"),
    ]


@question("conflicts-5", points=2)
def _first_order(answer: Callable[[Tensor, Tensor, float], Any]) -> str | None:
    for seed in range(4):
        gradients = torch.randn(3, 20, generator=seeding.generator(2, 5, seed), dtype=torch.float64)
        weights = torch.rand(3, generator=seeding.generator(2, 6, seed), dtype=torch.float64)
        expected = -0.1 * gradients @ (weights @ gradients)
        found = answer(gradients, weights, 0.1)
        if hint := apart(found, expected, what="the change of the losses"):
            if apart(found, -expected) is None:
                return "the sign is wrong: a step goes against the combined gradient"
            return "the step size is missing" if apart(found, 10 * expected) is None else hint
    return None


@question("conflicts-6", points=2)
def _surgery(answer: Callable[[Tensor, Tensor], Any]) -> str | None:
    for seed in range(8):
        first, second = torch.randn(2, 6, generator=seeding.generator(2, 7, seed), dtype=torch.float64)
        second = 2.5 * (second - first * (seed % 2))
        stacked = torch.stack([first, second])
        agree = bool(first @ second >= 0)
        expected = surgery_weights(stacked @ stacked.T) @ stacked
        if hint := apart(answer(first, second), expected, what="the sum of the projected gradients"):
            if agree:
                return f"{hint} where the gradients agree: then nothing is to be taken away"
            chained = _chained(first, second)
            if apart(answer(first, second), chained) is None:
                return "the second gradient is projected against the changed first one; take the original"
            return f"{hint} where they disagree: a projected gradient stands at 90° to the other's original"
    return None


def _chained(first: Tensor, second: Tensor) -> Tensor:
    changed = first - (first @ second) / (second @ second) * second
    return changed + second - (changed @ second).clamp(max=0) / (changed @ changed) * changed


@question("conflicts-7", points=1)
def _short_wins(answer: float) -> str | None:
    expected = 100 / 101
    if apart(answer, 1 - expected, tolerance=2e-3) is None:
        return "that is the weight of the long gradient"
    if apart(answer, 0.5, tolerance=2e-3) is None:
        return "equal weights would make a point that is dominated by the long gradient; is that the nearest to 0?"
    return apart(answer, expected, tolerance=2e-3, what="the weight of the short gradient")
