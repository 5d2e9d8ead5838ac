"""Gradients with respect to a representation: T passes through what is behind it, one through what is before it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mtlcore.balance.balancer import Block
from mtlcore.balance.gradients import Problem, Row, backward_each


def divide(blocks: list[Block], tasks: int) -> tuple[list[Block], list[Block]]:
    """Blocks before the representation, which all of several tasks share, and those behind it."""
    front = [block for block in blocks if len(block.tasks) == tasks > 1]
    return front, [block for block in blocks if not len(block.tasks) == tasks > 1]


def required(representation: Tensor | None, method: str, instead: str) -> Tensor:
    """The representation, or a sentence that says why there may be none."""
    if representation is None:
        raise ValueError(
            f"{method} needs the output of the last block that all tasks share; tasks with separate inputs have no "
            f"common output: use {instead} there"
        )
    return representation


def backward_behind(losses: Sequence[Tensor], behind: list[Block], representation: Tensor) -> list[Problem]:
    """T passes as far back as to the representation.

    Returns:
        The problem of the representation (its gradients per task, the batch kept as it is), then those of the shared
        blocks behind it.

    Raises:
        ValueError: no loss depends on the representation.
    """
    if not representation.requires_grad:
        raise ValueError("the representation has no graph; give the output of the last shared block, not detached")
    at, *problems = backward_each(losses, [Block((representation,), tuple(range(len(losses)))), *behind])
    if all(row[0] is None for row in at.rows):
        raise ValueError("no loss depends on the representation; give the very tensor that the heads have read")
    return [at, *problems]


def backward_through(representation: Tensor, gradient: Row, front: list[Block]) -> None:
    """One pass from the representation's gradient, in a row of one, to the blocks before it.

    Raises:
        ValueError: a block is not before the representation.
    """
    inputs = [parameter for block in front for parameter in block.parameters]
    torch.autograd.backward(representation, gradient, inputs=inputs)
    for block in front:
        if all(parameter.grad is None for parameter in block.parameters):
            raise ValueError(
                f"the block of all tasks with parameters of the shapes {[tuple(p.shape) for p in block.parameters]} "
                "is not before the representation; give the output of the last block that all tasks share"
            )
