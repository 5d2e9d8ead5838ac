"""GradNorm: weights that are learned so that the tasks train at similar rates.

Paper: Chen et al., "GradNorm: Gradient Normalization for Adaptive Loss Balancing in Deep Multitask Networks" (2018,
Algorithm 1) [tran, Eq. 4.8 to 4.11]. With G_t the norm of task t's weighted gradient and r_t its loss, relative to the
first one and to the other tasks, the weights c descend on sum_t |G_t - mean(G) r_t^alpha|, the targets held constant,
and are rescaled to sum to T after each step. A step of the network uses the weights that the steps before have led to.

Deviations: weights are kept from falling below `FLOOR`, since nothing in the algorithm keeps them positive. A task
outside the block where norms are compared keeps its weight, but for the rescaling.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mtlcore.balance.balancer import Block, last_shared, pick, spread
from mtlcore.balance.gradients import Problem, average, backward_each, backward_sum, combination, combine, gramians
from mtlcore.balance.learned import Learned
from mtlcore.balance.representation import backward_behind, backward_through, divide, required
from mtlcore.balance.sum import reported

FLOOR = 1e-3
TINY = 1e-30  # nothing is divided by less


class GradNorm(Learned):
    """Weighs the losses by learned weights that sum to T.

    Args:
        tasks: T.
        alpha: strength of the pull towards equal training rates; 0 equalises the norms.
        lr: of the Adam that learns the weights, which start at 1.
        on: what the compared gradients are with respect to. "parameters" are those of the last shared block
            [tran, Eq. 4.10]; each task costs one more pass as far back as to it. "representations" are the outputs of
            the last block that all tasks share, the batch flattened [tran, Eq. 4.11]; no pass is repeated.
        initial: L_0, the losses that training rates are relative to: "first" takes those of the first step; or T
            numbers, such as log K for cross-entropy over K classes. Losses must be positive.
        mean: divide the gradient of a shared block by the number of its tasks, as `Sum`.

    Raises:
        ValueError: a wrong option; in `backward`, when there are not T losses, or the representation is missing.
    """

    initial: Tensor

    def __init__(
        self,
        tasks: int,
        *,
        alpha: float = 1.0,
        lr: float = 0.025,
        on: str = "parameters",
        initial: str | Sequence[float] = "first",
        mean: bool = True,
    ) -> None:
        super().__init__(tasks, 1.0, lr)
        if on not in ("parameters", "representations"):
            raise ValueError(f"on {on!r} is unknown; choose parameters or representations")
        if isinstance(initial, str) and initial != "first":
            raise ValueError(f"initial {initial!r} is unknown; choose 'first', or give one loss for each task")
        if not isinstance(initial, str) and (len(initial) != tasks or not all(loss > 0 for loss in initial)):
            raise ValueError(f"initial {tuple(initial)} is not one positive loss for each of {tasks} tasks")
        self.alpha, self.on, self.mean = alpha, on, mean
        known = torch.zeros(tasks) if isinstance(initial, str) else torch.tensor(initial)
        self.register_buffer("initial", known)  # 0 as long as a first loss is to come

    @property
    def weights(self) -> Tensor:
        """c, (T,), sum T."""
        return self.learned.detach().clone()

    def balance(
        self, losses: tuple[Tensor, ...], blocks: list[Block], representation: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The backward passes of a step of the network, and one step of the weights."""
        self.check_count(losses)
        weights = self.weights
        weighted = [weight * loss for weight, loss in zip(weights.unbind(), losses, strict=True)]
        front, behind = divide(blocks, len(losses))
        if self.on == "representations" and front:
            norms, tasks = self._on_representation(weighted, front, behind, representation)
        else:
            norms, tasks = self._on_parameters(weighted, blocks)
        if tasks:
            self._learn(torch.stack(losses).detach(), norms, tasks)
        return reported(weights, blocks, self.mean), {}

    def _on_parameters(self, weighted: list[Tensor], blocks: list[Block]) -> tuple[Tensor, tuple[int, ...]]:
        """Backward; the norms G in the last shared block, and whose they are."""
        last = last_shared(blocks)
        norms, tasks = torch.zeros(0), tuple[int, ...]()
        if last is not None:
            (problem,) = backward_each(weighted, [last], keep_graph=True)
            norms, tasks = _norms(problem), problem.tasks
            combine(problem)
        backward_sum(weighted, [block for block in blocks if block is not last])
        if self.mean:
            average(blocks)
        return norms, tasks

    def _on_representation(
        self, weighted: list[Tensor], front: list[Block], behind: list[Block], representation: Tensor | None
    ) -> tuple[Tensor, tuple[int, ...]]:
        """Backward; the norms G at the representation, and whose they are."""
        given = required(representation, 'GradNorm on="representations"', 'on="parameters"')
        at, *problems = backward_behind(weighted, behind, given)
        norms = _norms(at)
        for problem in problems:
            combine(problem)
        backward_through(given, combination(at), front)
        if self.mean:
            average([*front, *behind])
        return norms, at.tasks

    def _learn(self, losses: Tensor, norms: Tensor, tasks: tuple[int, ...]) -> None:
        """One step of the weights: losses (T,), norms G of the tasks that are compared."""
        self.initial.copy_(torch.where(self.initial > 0, self.initial, losses))
        rates = pick(losses / self.initial.clamp_min(TINY), tasks)
        relative = rates / rates.mean().clamp_min(TINY)
        target = norms.mean() * relative**self.alpha
        slope = torch.sign(norms - target) * norms / pick(self.weights, tasks)
        self.descend(spread(slope, tasks, len(losses)))
        with torch.no_grad():
            self.learned.clamp_(min=FLOOR)
            self.learned.mul_(len(losses) / self.learned.sum())


def _norms(problem: Problem) -> Tensor:
    return gramians(problem).sum(0).diagonal().sqrt()
