"""The operators of a genetic algorithm, on a population of bit strings: a boolean matrix, one row an individual.

They are those of [ge, Section 2.1], under the names and with the meanings that they have in common libraries.
"""

from __future__ import annotations

import torch
from torch import Tensor


def tournaments(fitness: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Who takes the places of the next generation, (N,): the fittest of `size` drawn with replacement, for each."""
    drawn = torch.randint(len(fitness), (len(fitness), size), generator=generator)
    return drawn.gather(1, fitness[drawn].argmax(1, keepdim=True)).flatten()


def cross(parents: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """Children (N, p) of neighbouring parents: each pair exchanges its tails with the given probability."""
    pairs, length = len(parents) // 2, parents.shape[1]
    mated = torch.rand(pairs, 1, generator=generator) < probability
    cut = torch.randint(1, length, (pairs, 1), generator=generator)
    swapped = mated & (torch.arange(length) >= cut)
    children = parents.clone()
    first, second = parents[0 : 2 * pairs : 2], parents[1::2]
    children[0 : 2 * pairs : 2] = torch.where(swapped, second, first)
    children[1::2] = torch.where(swapped, first, second)
    return children


def repair_(individuals: Tensor, keep: int, generator: torch.Generator) -> None:
    """Flip random bits back, in place, until every individual (N, p) keeps exactly `keep` features."""
    for row, surplus in zip(individuals, (individuals.sum(1) - keep).tolist(), strict=True):
        if surplus:
            candidates = (row if surplus > 0 else ~row).nonzero().flatten()
            flipped = candidates[torch.randperm(len(candidates), generator=generator)[: abs(surplus)]]
            row[flipped] = surplus < 0


def mutate_(individuals: Tensor, probability: float, shuffle: float, generator: torch.Generator) -> None:
    """Shuffle genes of some individuals (N, p), in place: a gene that moves swaps places with a random other one."""
    chosen = (torch.rand(len(individuals), generator=generator) < probability).nonzero().flatten().tolist()
    length = individuals.shape[1]
    for index in chosen:
        moving = (torch.rand(length, generator=generator) < shuffle).nonzero().flatten()
        others = torch.randint(length - 1, moving.shape, generator=generator)
        others += others >= moving  # never itself
        genes = individuals[index].numpy().data  # the row itself: a tensor's own items are slow to reach
        for one, other in zip(moving.tolist(), others.tolist(), strict=True):
            genes[one], genes[other] = genes[other], genes[one]
