"""Feature selection by a genetic algorithm, the whole population as one matrix.

Of p features, k are kept such that they lie far from those that are dropped: the fitness of a selection s in {0,1}^p is
s'D(1-s)/k², D the Euclidean distances between feature columns [ge, Section 2.1]. Tournaments of three, single-point
crossover at 0.8, mutation at 0.2 that moves each gene with a probability of 0.05, 20 individuals, 100 generations, no
elite.

One matrix product a generation gives the fitness of all individuals. Children differ from their parents in some bits
only, so it runs over the rows of D that belong to these bits, and is added to the parents' products.

Our readings, where the text is silent:

- Single-point crossover does not keep the number of features. With `repair`, random bits of a child are flipped back
  until k are kept; without, the number drifts, as it does in common libraries.
- A gene moves by swapping places with a random other one, one gene after the other.
- Without an elite the last generation can be worse than an earlier one: the best individual ever seen is returned.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from mtlcore.kernels.evolution import cross, mutate_, repair_, tournaments
from mtlcore.kernels.gram import add_product_, mirror
from mtlcore.kernels.tensors import need_tensor

ROWS = 1024  # samples that are converted to float64 at a time


class Selection(NamedTuple):
    """The best features found, and how the search went."""

    selected: Tensor  # (p,) boolean
    fitness: float
    best: Tensor  # (generations + 1,) float64, of each generation, the first being the random one
    mean: Tensor  # (generations + 1,) float64

    @property
    def indices(self) -> Tensor:
        """The positions of the selected features, ascending."""
        return self.selected.nonzero().flatten()


@torch.no_grad()
def feature_distances(samples: Tensor | Iterable[Tensor]) -> Tensor:
    """Euclidean distances between the columns of a data set, from one Gram product over all samples.

    Each sample's mean over its features is taken out first, which no distance sees, and the products are float64: two
    columns that are nearly equal are told apart down to about 1e-7 of their spread about those means.

    Args:
        samples: (n, p), possibly memory-mapped; or batches (b, p) that hold all samples together.

    Returns:
        (p, p) float64, symmetric, the diagonal 0, on the device of the samples.

    Raises:
        ValueError: there are no samples or no features, or a feature is not finite; names the features.
    """
    gram = sums = torch.empty(0)
    seen = 0
    for batch in samples.split(ROWS) if isinstance(samples, Tensor) else samples:
        need_tensor(batch, "samples")
        if batch.dim() != 2:
            raise ValueError(f"samples are (n, p), or batches (b, p), got shape {tuple(batch.shape)}")
        seen += batch.numel()
        if gram.numel() == 0:
            sums = batch.new_zeros(batch.shape[1], dtype=torch.float64)
            gram = sums.new_zeros(len(sums), len(sums))
        for rows in batch.double().split(ROWS):
            sums += rows.sum(0)
            add_product_(gram, (rows - rows.mean(1, keepdim=True)).T)
    if seen == 0:
        raise ValueError("there are no samples to take distances from")
    _check_finite(sums)
    gram = mirror(gram)
    squares = gram.diagonal()
    return (squares[:, None] + squares - 2 * gram).clamp_(min=0).sqrt_().fill_diagonal_(0)


@torch.no_grad()
def select_features(
    distance: Tensor,
    keep: int,
    *,
    population: int = 20,
    generations: int = 100,
    crossover: float = 0.8,
    mutation: float = 0.2,
    shuffle: float = 0.05,
    tournament: int = 3,
    repair: bool = True,
    seed: int,
) -> Selection:
    """Select features that lie far from those that are dropped.

    Args:
        distance: D, (p, p); its device computes the products, in float32.
        keep: k, the number of features to keep.
        population: individuals.
        generations: after the random one.
        crossover: probability that a pair of individuals exchanges its tails.
        mutation: probability that an individual mutates.
        shuffle: probability that a gene of a mutating individual swaps places with another.
        tournament: individuals drawn for each place in the next generation, the fittest of which takes it.
        repair: keep exactly k features in every individual.
        seed: of all random numbers; they are drawn on the CPU, so that every device gets the same.

    Returns:
        The best selection of all generations, its fitness in float64, and the history.

    Raises:
        ValueError: the matrix is not square and finite, or an option is out of its range.
    """
    _check(distance, keep, population, generations, tournament, crossover, mutation, shuffle)
    generator = torch.Generator().manual_seed(seed)
    individuals = torch.rand(population, len(distance), generator=generator).argsort(1) < keep
    fitness = _Fitness(distance, keep, individuals)
    history = [fitness.values()]
    leaders = [individuals[history[0].argmax()].clone()]
    for _ in range(generations):
        parents = tournaments(history[-1], tournament, generator)
        individuals = cross(individuals[parents], crossover, generator)
        if repair:
            repair_(individuals, keep, generator)
        mutate_(individuals, mutation, shuffle, generator)
        fitness.follow(individuals, parents)
        history.append(fitness.values())
        leaders.append(individuals[history[-1].argmax()].clone())
    values = torch.stack(history)
    best = values.amax(1)
    champion = leaders[int(best.argmax())]
    kept = champion.to(distance.device)
    exact = float(distance[kept][:, ~kept].sum(dtype=torch.float64)) / keep**2
    return Selection(champion, exact, best, values.mean(1))


class _Fitness:
    """s'D(1-s)/k² of a population that changes.

    The mean distance is taken out of D, so that float32 holds the differences that selection goes by; its part, which
    depends on the number of features alone, is put back in float64.
    """

    def __init__(self, distance: Tensor, keep: int, individuals: Tensor) -> None:
        self.divisor = keep**2
        self.middle = float(distance.mean(dtype=torch.float64))
        self.distance = (distance - self.middle).float()
        self.individuals = individuals
        self.products = self._numbers(individuals) @ self.distance  # s'D of every individual, (N, p)

    def follow(self, children: Tensor, parents: Tensor) -> None:
        """Go on to children (N, p), the i-th of which descends from the individual parents[i]."""
        before = self.individuals[parents]
        touched = (children != before).any(0).nonzero().flatten()
        change = self._numbers(children[:, touched]) - self._numbers(before[:, touched])
        rows = self.distance[touched.to(self.distance.device)]
        self.products = self.products[parents.to(self.products.device)].addmm_(change, rows)
        self.individuals = children

    def values(self) -> Tensor:
        """The fitness of every individual, (N,) float64 on the CPU."""
        dropped = self._numbers(~self.individuals)
        number = self.individuals.sum(1).double()
        sums = (self.products * dropped).sum(1).cpu().double()
        return (sums + self.middle * number * (self.individuals.shape[1] - number)) / self.divisor

    def _numbers(self, bits: Tensor) -> Tensor:
        return bits.to(self.distance.device, torch.float32)


def _check(distance: Tensor, keep: int, population: int, generations: int, tournament: int, *rates: float) -> None:
    if distance.dim() != 2 or distance.shape[0] != distance.shape[1]:
        raise ValueError(f"distances are a square matrix (p, p), got shape {tuple(distance.shape)}")
    _check_finite(distance.sum(1))
    if not 0 < keep < len(distance):
        raise ValueError(f"keep must lie between 1 and {len(distance) - 1}, got {keep} of {len(distance)} features")
    if population < 2 or generations < 0 or tournament < 1:
        raise ValueError(
            "a search needs a population of at least 2, tournaments of at least 1 and no negative generations, "
            f"got {population}, {tournament}, {generations}"
        )
    if not all(0 <= rate <= 1 for rate in rates):
        raise ValueError(f"crossover, mutation and shuffle are probabilities in 0..1, got {rates}")


def _check_finite(sums: Tensor) -> None:
    bad = (~sums.isfinite()).nonzero().flatten().tolist()
    if bad:
        raise ValueError(f"features {bad[:10]} are not finite; replace or drop them before measuring distances")
