"""MGDA-UB: the min-norm problem on the representation, an upper bound of that on the parameters.

Paper: Sener and Koltun, "Multi-Task Learning as Multi-Objective Optimization" (2018, Section 3.3) [tran, Eq. 4.6, 4.7].
The gradients with respect to the output Z of the last block that all tasks share are compared as vectors of all its
numbers, the batch flattened, as in the authors' code; summing them over the batch first is another algorithm. One pass
through the shared blocks remains.

Our reading for trees: a block that only some tasks share lies behind Z; its parameters' gradients come with the passes
that are made anyway, so it is solved by (4.5).
"""

from __future__ import annotations

from torch import Tensor

from mtlcore.balance.balancer import Block
from mtlcore.balance.gradients import backward_each, combination, combine
from mtlcore.balance.mgda import MGDA, stationarity
from mtlcore.balance.representation import backward_behind, backward_through, divide, required


class MGDAUB(MGDA):
    """Min-norm weights from the gradients of a common representation; T passes through the heads, one through the rest.

    Its `kkt_ratio` is that of the gradients with respect to the representation, where it is the largest; its
    `kkt_max` is that of the parameters, as in `MGDA`. `weight_<task>` are those of the representation.

    Args:
        normalise: "none" | "l2" | "loss" | "loss+", as `MGDA`.
        method: of `min_norm_weights`.
        normalised_step: as `MGDA`.

    Raises:
        ValueError: an unknown option; in `backward`, when there is no representation (tasks with separate inputs have
            none in common: use `MGDA`), or when it is not the right one.
        NotFiniteError: in `backward`.
    """

    def __init__(self, *, normalise: str = "none", method: str = "exact", normalised_step: bool = False) -> None:
        super().__init__(normalise=normalise, method=method, normalised_step=normalised_step)

    def balance(
        self, losses: tuple[Tensor, ...], blocks: list[Block], representation: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """T passes as far back as to the representation, one further."""
        given = required(representation, "MGDA-UB", "MGDA")
        front, behind = divide(blocks, len(losses))
        if not front:  # nothing before the representation trains
            return self.finish(backward_each(losses, behind), losses, blocks)
        at, *problems = backward_behind(losses, behind, given)
        (weights, ratio), *solved = self.solve([at, *problems], losses)
        for problem, (coefficients, _) in zip(problems, solved, strict=True):
            combine(problem, coefficients)
        backward_through(given, combination(at, weights), front)
        return weights[0], stationarity([ratio, *(ratio for _, ratio in solved)], blocks)
