"""What all balancing methods have in common: one call between the losses and the optimiser.

A method turns T task losses into one gradient on every parameter. Parameters come in blocks, each with O_F(i), the
tasks that use it [tran, Definition 3.1]: a method balances in the blocks of several tasks, and a block of one task
gets that task's own gradient.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

TaskLosses = Mapping[str, Tensor] | Sequence[Tensor] | Tensor
Blocks = Sequence[tuple[Sequence[Tensor], Sequence[int]]]  # of `Block` or of anything that unpacks alike


class NotFiniteError(ValueError):
    """The gradient of a task holds NaN or infinity, so that it cannot be balanced."""

    def __init__(self) -> None:
        super().__init__(
            "a gradient is not finite; look for a loss that is NaN or infinite, or lower the learning rate"
        )


class Block(NamedTuple):
    """Parameters that are balanced together.

    Attributes:
        parameters: of the block; those that require no gradient are left alone.
        tasks: O_F(i), the positions of the block's tasks among the losses.
    """

    parameters: tuple[Tensor, ...]
    tasks: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Losses:
    """What an objective returns for a balancer: see `Balancer.backward`."""

    tasks: TaskLosses
    blocks: Blocks
    representation: Tensor | None = None

    def by_task(self) -> dict[str, Tensor]:
        """The losses by task name, or by position where they have no names."""
        return by_task(self.tasks)


class Balancer(nn.Module):
    """A balancing method; its `state_dict` is all that it carries from step to step."""

    def backward(self, losses: TaskLosses, blocks: Blocks, representation: Tensor | None = None) -> dict[str, Tensor]:
        """Set `.grad` of every parameter in the blocks, in place of `losses.sum().backward()`.

        Old gradients of these parameters are dropped, and no others are touched. As in a plain backward pass, a
        parameter that no loss reaches is left with `.grad` None.

        Args:
            losses: T scalars with their graph, by task name, in a sequence, or stacked (T,). The graph is used up.
            blocks: from input to output, (parameters, tasks) each, as `Block`; no parameter in two of them. A block's
                tasks are those whose losses reach it.
            representation: (B, ...), the output of the last block that all tasks share, in the graph of the losses;
                only some methods need it.

        Returns:
            0-d tensors without a graph: `weight_<task>`, the coefficient of each task in the last of the blocks with
            the most tasks (0 where the task does not use it; 1 where no block is shared), and what the method adds.

        Raises:
            ValueError: the method cannot work on these losses or blocks.
            NotFiniteError: a gradient is not finite; only methods that solve a problem look.
        """
        named = by_task(losses)
        trained = trainable(blocks, len(named))
        used = {task for block in trained for task in block.tasks}
        for task, (name, loss) in enumerate(named.items()):
            if task in used and not loss.requires_grad:
                raise ValueError(f"the loss of task {name} has no graph; was it detached or made without gradients?")
        weights, numbers = self.balance(tuple(named.values()), trained, representation)
        found = zip(named, weights.detach().unbind(), strict=True)
        return {f"weight_{name}": weight for name, weight in found} | numbers

    def balance(
        self, losses: tuple[Tensor, ...], blocks: list[Block], representation: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The method itself: `backward` with trainable parameters only, whose `.grad` is None.

        Returns:
            The coefficients (T,) that are reported as weights, and further numbers.
        """
        raise NotImplementedError


def trainable(blocks: Blocks, tasks: int) -> list[Block]:
    """The blocks without frozen parameters, and without the blocks of nothing else; their gradients are dropped.

    Raises:
        ValueError: something is no block; a block names no task, one twice, or one that there is not; a parameter is in
            two blocks.
    """
    kept = []
    seen: dict[int, int] = {}  # parameter -> its block
    for number, block in enumerate(blocks):
        if (
            isinstance(block, Tensor | nn.Module)
            or len(block) != 2
            or not all(isinstance(one, int) for one in block[1])
        ):
            raise ValueError(
                f"block {number} is no pair (parameters, positions of its tasks), such as "
                "(list(head.parameters()), [0])"
            )
        parameters, users = block
        if not users or len(set(users)) < len(users) or not set(users) <= set(range(tasks)):
            raise ValueError(
                f"block {number} has the tasks {tuple(users)}; name each of its tasks once, in 0..{tasks - 1}"
            )
        trained = tuple(parameter for parameter in parameters if parameter.requires_grad)
        for parameter in trained:
            if seen.setdefault(id(parameter), number) != number:
                raise ValueError(
                    f"a parameter of shape {tuple(parameter.shape)} is in block {seen[id(parameter)]} and in block "
                    f"{number}; name it once, with all of its tasks"
                )
            parameter.grad = None
        if trained:
            kept.append(Block(trained, tuple(sorted(users))))
    return kept


def last_shared(blocks: list[Block]) -> Block | None:
    """The last of the blocks with the most tasks; None where no block has more than one."""
    most = max((len(block.tasks) for block in blocks), default=1)
    return next((block for block in reversed(blocks) if len(block.tasks) == most > 1), None)


def pick(values: Tensor, tasks: Sequence[int]) -> Tensor:
    """The entries of some tasks: (T,) -> (len(tasks),), without a copy of indexes to the device."""
    return values if len(tasks) == len(values) else torch.stack([values[task] for task in tasks])


def spread(values: Tensor, tasks: Sequence[int], count: int) -> Tensor:
    """Entries of some tasks among those of all, 0 for the others: (len(tasks),) -> (count,)."""
    if len(tasks) == count:
        return values
    entries = dict(zip(tasks, values.unbind(), strict=True))
    zero = torch.zeros_like(values[0])
    return torch.stack([entries.get(task, zero) for task in range(count)])


def by_task(losses: TaskLosses) -> dict[str, Tensor]:
    """T scalar losses by task name, or by position where they have no names.

    Raises:
        ValueError: there are none, or one is no scalar.
    """
    if not isinstance(losses, Mapping):
        losses = {str(task): loss for task, loss in enumerate(losses)}
    if not losses:
        raise ValueError("there are no losses to balance; give one for each task")
    for name, loss in losses.items():
        if loss.dim():
            raise ValueError(f"the loss of task {name} has the shape {tuple(loss.shape)}; reduce it to a scalar")
    return dict(losses)
