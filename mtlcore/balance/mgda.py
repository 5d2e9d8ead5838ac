"""MGDA: the shortest combination of the tasks' gradients, which lowers every loss or is zero.

Papers: Désidéri, "Multiple-gradient descent algorithm (MGDA) for multiobjective optimization" (2012); Sener and Koltun,
"Multi-Task Learning as Multi-Objective Optimization" (2018) [tran, Eq. 4.5]. One problem a shared block, over the tasks
O_F(i) of the block, solved from its Gramian; a block of one task gets that task's gradient, unweighted.

Gradients may be normalised before the problem is solved: by their norms ("l2"), by the losses ("loss") or by both
("loss+"). Sener and Koltun take the step with the gradients as they are, and the weights that were found; the code
published with the thesis takes it with the normalised gradients, and solves for every tensor by itself.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtlcore.balance.balancer import Balancer, Block, NotFiniteError, last_shared, spread
from mtlcore.balance.gradients import Problem, backward_each, combine, gramians
from mtlcore.kernels.minnorm import METHODS, min_norm_weights

NORMALISATIONS = ("none", "l2", "loss", "loss+")
EPSILON = 1e-8  # added to what gradients are divided by, as in the published code
TINY = 1e-30


class MGDA(Balancer):
    """Min-norm weights in every shared block, from the gradients of its parameters; T backward passes.

    Adds to the numbers `kkt_ratio`, ||g*|| / mean_t ||g_t|| of the problem that was solved, the largest of all
    problems: 0 at a Pareto-stationary point, at most 1; and `kkt_max`, the largest entry of the step on shared blocks.
    The ratio of float32 gradients is known to about 0.001, the root of their rounding.

    Args:
        per: "block" for one set of weights a block [tran, Eq. 4.5], "tensor" for one a parameter tensor, as published
            (its `weight_<task>` is then the mean over the tensors).
        normalise: "none" | "l2" | "loss" | "loss+".
        method: of `min_norm_weights`.
        normalised_step: take the step with the normalised gradients, as the published code does.

    Raises:
        ValueError: an unknown option.
        NotFiniteError: in `backward`.
    """

    def __init__(
        self,
        *,
        per: str = "block",
        normalise: str = "none",
        method: str = "exact",
        normalised_step: bool = False,
    ) -> None:
        super().__init__()
        for name, value, known in (
            ("per", per, ("block", "tensor")),
            ("normalise", normalise, NORMALISATIONS),
            ("method", method, METHODS),
        ):
            if value not in known:
                raise ValueError(f"{name} {value!r} is unknown; choose one of {', '.join(known)}")
        self.per, self.normalise, self.method, self.normalised_step = per, normalise, method, normalised_step

    def balance(
        self, losses: tuple[Tensor, ...], blocks: list[Block], representation: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """T backward passes and one combination a shared block."""
        return self.finish(backward_each(losses, blocks), losses, blocks)

    def finish(
        self, problems: list[Problem], losses: tuple[Tensor, ...], blocks: list[Block]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Solve all problems and set the gradients of their parameters."""
        last = last_shared(blocks)
        weights, ratios = torch.ones_like(losses[0]).expand(len(losses)), []
        for problem, (coefficients, ratio) in zip(problems, self.solve(problems, losses), strict=True):
            combine(problem, coefficients)
            ratios.append(ratio)
            if last is not None and problem.parameters is last.parameters:
                weights = spread(coefficients.mean(0), last.tasks, len(losses))
        return weights, stationarity(ratios, blocks)

    def solve(self, problems: list[Problem], losses: tuple[Tensor, ...]) -> list[tuple[Tensor, Tensor]]:
        """For each problem its coefficients, (1, T) or (P, T) per tensor, and its largest KKT ratio.

        Problems of as many tasks are solved together: one small copy from the device and one back.
        """
        found: dict[int, tuple[Tensor, Tensor]] = {}
        for size in {len(problem.tasks) for problem in problems}:
            members = [number for number, problem in enumerate(problems) if len(problem.tasks) == size]
            grams = [gramians(problems[number]) for number in members]
            if self.per == "block":
                grams = [gram.sum(0, keepdim=True) for gram in grams]
            counts = [len(gram) for gram in grams]
            rows = [torch.stack([losses[task] for task in problems[number].tasks]) for number in members]
            weights, ratios = self.coefficients(torch.cat(grams), _repeated(rows, counts))
            parts = zip(weights.split(counts), ratios.split(counts), strict=True)
            found |= {number: (weight, ratio.max()) for number, (weight, ratio) in zip(members, parts, strict=True)}
        return [found[number] for number in range(len(problems))]

    def coefficients(self, grams: Tensor, losses: Tensor) -> tuple[Tensor, Tensor]:
        """What gradients are multiplied by (N, T), and KKT ratios (N,), from Gramians (N, T, T) and losses (N, T)."""
        if self.normalise == "none":
            weights = self.weigh(grams)
            return weights, kkt_ratio(grams, weights)
        norms = grams.diagonal(dim1=1, dim2=2).sqrt()
        scale = 1 / ({"l2": norms, "loss": losses, "loss+": losses * norms}[self.normalise] + EPSILON)
        scaled = grams * scale.unsqueeze(1) * scale.unsqueeze(2)
        weights = self.weigh(scaled)
        return weights * scale if self.normalised_step else weights, kkt_ratio(scaled, weights)

    def weigh(self, grams: Tensor) -> Tensor:
        """Weights (N, T) from Gramians (N, T, T) of what is to be combined."""
        try:
            return min_norm_weights(grams, method=self.method)
        except ValueError:  # all else about the Gramians is right
            raise NotFiniteError from None


def kkt_ratio(grams: Tensor, weights: Tensor) -> Tensor:
    """||g*|| / mean_t ||g_t|| from Gramians (N, T, T) and weights (N, T): (N,), 0 where all gradients are zero."""
    shortest = torch.einsum("ns,nst,nt->n", weights, grams, weights).clamp_min(0).sqrt()
    return shortest / grams.diagonal(dim1=1, dim2=2).sqrt().mean(1).clamp_min(TINY)


def stationarity(ratios: list[Tensor], blocks: list[Block]) -> dict[str, Tensor]:
    """`kkt_ratio` and `kkt_max` of a step; nothing where no block is shared."""
    if not ratios:
        return {}
    shared = [parameter for block in blocks if len(block.tasks) > 1 for parameter in block.parameters]
    extremes = [torch.aminmax(parameter.grad) for parameter in shared if parameter.grad is not None]
    ends = [end for low, high in extremes for end in (-low, high)]  # many times faster than an infinity norm
    largest = torch.stack(ends).max() if ends else torch.zeros_like(ratios[0])
    return {"kkt_ratio": torch.stack(ratios).max(), "kkt_max": largest}


def _repeated(rows: list[Tensor], counts: list[int]) -> Tensor:
    """Each row (T,) as often as its count says: (sum of counts, T), without a graph."""
    return torch.cat([row.detach().expand(count, -1) for row, count in zip(rows, counts, strict=True)])
