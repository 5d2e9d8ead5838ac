"""How redundant the features are, and how far the genetic algorithm comes [ge, Section 2.1]."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from mtlcore.kernels import evolution, genetic
from mtlcore.recipes.ge import preparation
from mtlcore.recipes.ge.config import Config
from mtlcore.recipes.ge.pruning import ROWS

RANDOM = 500  # selections drawn at random, to measure the genetic algorithm by
NEAR = 0.95  # correlation from which a feature says what another says


class Redundancy(NamedTuple):
    """How much the normalised features repeat each other."""

    nearest: Tensor  # (p,) float64, largest correlation of each feature with another
    explained: Tensor  # (k,) share of the variance that the first principal components hold together

    def components(self, share: float) -> int:
        """How many principal components hold a share of the variance."""
        return int((self.explained < share).sum()) + 1


class Search(NamedTuple):
    """The genetic algorithm, as written and repaired, and what it is to be measured by."""

    repaired: genetic.Selection
    drifting: genetic.Selection
    kept: Tensor  # (generations + 1, N) int64, features of each individual without repair
    random: Tensor  # (RANDOM,) float64, fitness of selections drawn at random
    exchanged: float  # fitness that exchanging single features reaches
    together: dict[str, float]  # selection -> share of features that stand on the side of the feature nearest to them


def _normalised(config: Config) -> Tensor:
    low, scale = preparation.limits(config.source, config.selection_samples)
    found = preparation.load(config.source, "train", config.selection_samples)
    return (found.features - low) * scale


def redundancy(config: Config) -> Redundancy:
    """Correlations and principal components of the normalised features, over the samples of the selection."""
    values = _normalised(config)
    values -= values.mean(0, dtype=torch.float64).float()
    gram = torch.zeros(values.shape[1], values.shape[1], dtype=torch.float64)
    for block in values.split(ROWS):
        gram.addmm_(block.double().T, block.double())
    length = gram.diagonal().sqrt()
    inverse = torch.where(length > 0, 1 / length, torch.zeros_like(length))  # constant features correlate with none
    nearest = (gram * inverse[:, None] * inverse).fill_diagonal_(-1).amax(1)
    smaller = values @ values.T if len(values) < len(gram) else gram.float()  # of the same eigenvalues
    variances = torch.linalg.eigvalsh(smaller).double().clamp(min=0).flip(0)
    return Redundancy(nearest, variances.cumsum(0) / variances.sum())


def search(config: Config) -> Search:
    """Run the selection of a configuration with and without repair, and what both are to be measured by."""
    distance = preparation.distances(config.source, config.selection_samples)
    about = (config.source, config.selection_samples, config.kept, config.generations, config.selection_seed)
    repaired, drifting = (preparation.search(*about, repair=repair) for repair in (True, False))
    generator = torch.Generator().manual_seed(config.selection_seed)
    drawn = torch.rand(RANDOM, len(distance), generator=generator).argsort(1) < config.kept
    best = exchange(distance, drawn[0])
    return Search(
        repaired,
        drifting,
        _kept(distance, config),
        fitness(distance, drawn, config.kept),
        float(fitness(distance, best[None], config.kept)),
        {
            "random": _together(distance, drawn),
            "genetic": _together(distance, repaired.selected[None]),
            "exchange": _together(distance, best[None]),
        },
    )


def fitness(distance: Tensor, selections: Tensor, kept: int) -> Tensor:
    """s'D(1-s)/k² of selections (n, p), in float64."""
    chosen = selections.to(distance.dtype)
    return ((chosen @ distance) * (1 - chosen)).sum(1) / kept**2


def exchange(distance: Tensor, start: Tensor) -> Tensor:
    """Exchange kept and dropped features one pair at a time, the feature that gains most first, while that helps.

    Args:
        distance: D, (p, p).
        start: (p,) boolean, the selection to begin with; its number of features stays.
    """
    selected = start.clone()
    sides = 1 - 2 * selected.to(distance.dtype)  # -1 where kept
    field = distance @ sides
    while True:
        gains = sides * field  # of moving a feature to the other side
        out = int(gains.masked_fill(~selected, -torch.inf).argmax())
        both = gains + 2 * distance[out]  # the two stay on different sides
        into = int(both.masked_fill(selected, -torch.inf).argmax())
        if float(gains[out] + both[into]) <= 1e-9 * float(field.abs().max()):
            return selected
        for moved in (out, into):
            selected[moved] = ~selected[moved]
            sides[moved] = -sides[moved]
            field += 2 * sides[moved] * distance[moved]


def _kept(distance: Tensor, config: Config) -> Tensor:
    """Features that each individual keeps, generation after generation, where nothing repairs them."""
    generator = torch.Generator().manual_seed(config.selection_seed)
    individuals = torch.rand(20, len(distance), generator=generator).argsort(1) < config.kept
    counts = [individuals.sum(1)]
    for _ in range(config.generations):
        parents = evolution.tournaments(fitness(distance, individuals, config.kept), 3, generator)
        individuals = evolution.cross(individuals[parents], 0.8, generator)
        evolution.mutate_(individuals, 0.2, 0.05, generator)
        counts.append(individuals.sum(1))
    return torch.stack(counts)


def _together(distance: Tensor, selections: Tensor) -> float:
    """Share of features on the same side as the nearest other one."""
    nearest = distance.clone().fill_diagonal_(torch.inf).argmin(1)
    return float((selections == selections[:, nearest]).double().mean())
