"""Gradients of tasks and what is made of them: weighted sums in one backward pass, or T gradients and their Gramians.

Gradients stay lists of tensors, one a parameter; a Gramian is T(T+1)/2 dot products for each, never a (T, P) copy.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from mtlcore.balance.balancer import Block

Row = list[Tensor | None]  # one gradient a parameter; None where the task does not reach it, which counts as zero


class Problem(NamedTuple):
    """A shared block and the gradients of its tasks.

    Attributes:
        parameters: P tensors.
        tasks: T positions among the losses.
        rows: T rows of P gradients.
    """

    parameters: tuple[Tensor, ...]
    tasks: tuple[int, ...]
    rows: list[Row]


def backward_sum(losses: Sequence[Tensor], blocks: Sequence[Block]) -> None:
    """One backward pass of the sum of the losses into the blocks' gradients."""
    total = torch.stack(tuple(losses)).sum()
    inputs = [parameter for block in blocks for parameter in block.parameters]
    if total.requires_grad and inputs:
        torch.autograd.backward(total, inputs=inputs)


def average(blocks: Sequence[Block]) -> None:
    """Divide the gradients of each block by the number of its tasks, |O_F(i)|."""
    for block in blocks:
        if len(block.tasks) > 1:
            for parameter in block.parameters:
                if parameter.grad is not None:
                    parameter.grad.mul_(1 / len(block.tasks))


def backward_each(losses: Sequence[Tensor], blocks: Sequence[Block], *, keep_graph: bool = False) -> list[Problem]:
    """T backward passes: a problem for every shared block; blocks of one task get their gradient in `.grad`.

    A block may also hold a tensor within the graph: the passes then go no further back than to it. What they go
    through is used up, unless `keep_graph`.
    """
    problems: dict[int, Problem] = {
        number: Problem(block.parameters, block.tasks, [])
        for number, block in enumerate(blocks)
        if len(block.tasks) > 1
    }
    for task, loss in enumerate(losses):
        used = [number for number, block in enumerate(blocks) if task in block.tasks]
        tensors = [tensor for number in used for tensor in blocks[number].parameters]
        found = iter(_gradients(loss, tensors, keep_graph or task < len(losses) - 1))
        for number in used:
            row = list(itertools.islice(found, len(blocks[number].parameters)))
            if number in problems:
                problems[number].rows.append(row)
            else:
                for parameter, gradient in zip(blocks[number].parameters, row, strict=True):
                    parameter.grad = gradient
    return list(problems.values())


def _gradients(loss: Tensor, tensors: list[Tensor], keep_graph: bool) -> Row:
    """The gradients of a loss, each in memory of its own that is laid out as its tensor's, as in `Tensor.backward`."""
    if not loss.requires_grad or not tensors:
        return [None] * len(tensors)
    found = torch.autograd.grad(loss, tensors, retain_graph=keep_graph, allow_unused=True)
    seen: set[int] = set()
    row: Row = []
    for tensor, gradient in zip(tensors, found, strict=True):
        # autograd may give one buffer twice, or an expanded one: nobody could change such a gradient in place
        if gradient is not None and (gradient.data_ptr() in seen or gradient.stride() != tensor.stride()):
            gradient = torch.empty_like(tensor).copy_(gradient)
        if gradient is not None:
            seen.add(gradient.data_ptr())
        row.append(gradient)
    return row


def gramians(problem: Problem) -> Tensor:
    """Dot products of the tasks' gradients, parameter by parameter: (P, T, T) float64; that of the block is the sum."""
    tasks = range(len(problem.tasks))
    zero = torch.zeros((), device=problem.parameters[0].device)
    dots = []
    for parameter, *gradients in zip(problem.parameters, *problem.rows, strict=True):
        flat = [None if gradient is None else _flat(gradient, parameter) for gradient in gradients]
        for s in tasks:
            for t in range(s + 1):
                one, other = flat[s], flat[t]
                dots.append(zero if one is None or other is None else torch.dot(one, other))
    lower = torch.stack(dots).double().view(len(problem.parameters), -1).unbind(1)
    entries = [lower[max(s, t) * (max(s, t) + 1) // 2 + min(s, t)] for s in tasks for t in tasks]
    return torch.stack(entries, 1).view(-1, len(tasks), len(tasks))


def combination(problem: Problem, coefficients: Tensor | None = None) -> Row:
    """Combine the tasks' gradients, parameter by parameter.

    Args:
        problem: a shared block.
        coefficients: (P, T), or (1, T) for all parameters alike; None adds the gradients up.

    Returns:
        P tensors; None for a parameter that no task reaches.
    """
    if coefficients is None:
        coefficients = torch.ones(1, len(problem.tasks), device=problem.parameters[0].device)
    rows = coefficients.expand(len(problem.parameters), -1).to(problem.parameters[0].dtype).unbind()
    found: Row = []
    for row, *gradients in zip(rows, *problem.rows, strict=True):
        total: Tensor | None = None
        for gradient, coefficient in zip(gradients, row.unbind(), strict=True):
            if gradient is not None:
                total = gradient * coefficient if total is None else total.addcmul_(gradient, coefficient)
        found.append(total)
    return found


def combine(problem: Problem, coefficients: Tensor | None = None) -> None:
    """Set `.grad` of a block's parameters to the `combination` of the tasks' gradients."""
    for parameter, gradient in zip(problem.parameters, combination(problem, coefficients), strict=True):
        parameter.grad = gradient


def _flat(gradient: Tensor, parameter: Tensor) -> Tensor:
    """A gradient as a vector, in the order of its parameter's memory, so that nothing is copied."""
    if parameter.dim() == 4 and not parameter.is_contiguous():
        gradient = gradient.permute(0, 2, 3, 1)  # channels_last
    vector = gradient.reshape(-1)
    return vector.float() if vector.dtype in (torch.bfloat16, torch.float16) else vector
