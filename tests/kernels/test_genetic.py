import itertools
import random

import numpy as np
import pytest
import torch
from deap import algorithms, base, creator, tools
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform

from mtlcore.kernels import evolution
from mtlcore.kernels.genetic import _Fitness, feature_distances, select_features

creator.create("Fitness", base.Fitness, weights=(1.0,))
creator.create("Individual", list, fitness=creator.Fitness)


def features(count, length, seed=0):
    """Columns that share a few causes, some more than others."""
    generator = torch.Generator().manual_seed(seed)
    causes = torch.randn(count, 5, generator=generator) @ torch.randn(5, length, generator=generator)
    return causes + torch.rand(length, generator=generator) * torch.randn(count, length, generator=generator)


def distances(length, seed=0):
    return feature_distances(features(40, length, seed))


def plain_fitness(distance, selected, keep):
    """The double sum over kept and dropped features."""
    kept = [i for i, bit in enumerate(selected.tolist()) if bit]
    dropped = [i for i, bit in enumerate(selected.tolist()) if not bit]
    return sum(float(distance[i, j]) for i, j in itertools.product(kept, dropped)) / keep**2


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


# --- distances ---


@pytest.mark.parametrize("whole", [True, False])
def test_distances_are_those_of_scipy(whole):
    samples = features(3000, 60)
    found = feature_distances(samples if whole else samples.split(700))
    expected = squareform(pdist(samples.double().numpy().T))
    assert found.dtype == torch.float64
    assert np.abs(found.numpy() - expected).max() < 1e-9
    assert torch.equal(found, found.T)
    assert torch.equal(found.diagonal(), torch.zeros(60, dtype=torch.float64))


def test_columns_that_are_nearly_equal_are_told_apart():
    samples = features(2000, 20).abs() + 5
    samples[:, 3] = samples[:, 2]
    samples[:, 4] = samples[:, 2]
    samples[7, 4] += 1e-3  # the only difference
    samples[:, 6] = samples[:, 5] * (1 + 1e-5)
    found = feature_distances(samples)
    expected = squareform(pdist(samples.double().numpy().T))
    assert float(found[2, 3]) == pytest.approx(0, abs=1e-5)
    assert float(found[2, 4]) == pytest.approx(expected[2, 4], rel=1e-5)
    assert float(found[5, 6]) == pytest.approx(expected[5, 6], rel=1e-5)
    float32 = torch.cdist(samples.T[None], samples.T[None], compute_mode="use_mm_for_euclid_dist")[0]
    assert abs(float(float32[2, 4]) - expected[2, 4]) > 5e-4  # what float32 products would make of it


def test_distances_of_nothing_or_of_what_is_not_finite_are_refused():
    for nothing in (iter(()), torch.zeros(0, 4), [torch.zeros(0, 4)], torch.zeros(4, 0)):
        with pytest.raises(ValueError, match="there are no samples to take distances from"):
            feature_distances(nothing)
    with pytest.raises(ValueError, match=r"samples are \(n, p\), or batches \(b, p\), got shape \(3,\)"):
        feature_distances([torch.ones(3)])
    samples = torch.ones(5, 4)
    samples[2, 1] = torch.nan
    with pytest.raises(ValueError, match=r"features \[1\] are not finite"):
        feature_distances(samples)


# --- the search ---


@pytest.mark.parametrize("repair", [True, False])
def test_the_history_is_that_of_the_populations(monkeypatch, repair):
    """Every population is written down where its fitness is asked for, and measured again by the double sum."""
    distance, seen = distances(30), []
    values = _Fitness.values

    def write_down(self):
        seen.append(self.individuals.clone())
        return values(self)

    monkeypatch.setattr(_Fitness, "values", write_down)
    found = select_features(distance, 12, population=6, generations=8, repair=repair, seed=3)
    expected = torch.tensor([[plain_fitness(distance, s, 12) for s in one] for one in seen], dtype=torch.float64)
    assert found.best == pytest.approx(expected.amax(1), rel=1e-5)
    assert found.mean == pytest.approx(expected.mean(1), rel=1e-5)
    assert found.fitness == pytest.approx(float(expected.max()), rel=1e-12)
    assert found.fitness == pytest.approx(plain_fitness(distance, found.selected, 12), rel=1e-12)
    assert len(seen) == 9
    counts = torch.stack(seen).sum(-1)
    assert (counts == 12).all() == repair
    assert (counts[0] == 12).all()


@pytest.mark.parametrize("seed", [0, 1000])
def test_exactly_as_many_features_as_asked_for(seed):
    found = select_features(distances(64), 20, generations=30, seed=seed)
    assert int(found.selected.sum()) == 20
    assert found.indices.tolist() == [i for i in range(64) if found.selected[i]]
    assert len(found.best) == len(found.mean) == 31
    assert (found.best >= found.mean - 1e-12).all()
    assert found.fitness == pytest.approx(float(found.best.max()), rel=1e-6)
    assert found.fitness > float(found.best[0])


def test_a_seed_is_a_result():
    distance = distances(50)
    torch.manual_seed(0)
    state = torch.get_rng_state()
    one, same, other = (select_features(distance, 25, generations=10, seed=seed) for seed in (5, 5, 6))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(one.selected, same.selected)
    assert torch.equal(one.best, same.best)
    assert torch.equal(one.mean, same.mean)
    assert not torch.equal(one.mean, other.mean)


def test_the_best_ever_seen_is_returned_though_the_population_may_lose_it():
    lost = 0
    for seed in range(6):
        found = select_features(distances(40), 20, population=4, generations=25, tournament=1, seed=seed)
        lost += bool(found.best[-1] < found.best.max())
        assert found.fitness == pytest.approx(float(found.best.max()), rel=1e-6)
    assert lost > 0


def test_a_small_problem_is_solved():
    distance = distances(12, seed=4)
    every = [torch.tensor([i in kept for i in range(12)]) for kept in itertools.combinations(range(12), 6)]
    optimum = max(plain_fitness(distance, selected, 6) for selected in every)
    found = select_features(distance, 6, population=40, generations=60, seed=0)
    assert found.fitness == pytest.approx(optimum, rel=1e-9)


def test_no_generations_give_the_best_of_the_random_ones():
    found = select_features(distances(30), 10, generations=0, seed=0)
    assert len(found.best) == 1
    assert found.fitness == pytest.approx(float(found.best[0]), rel=1e-6)


def test_the_products_do_not_drift():
    distance = distances(100)
    individuals = torch.rand(8, 100, generator=generator()).argsort(1) < 50
    followed = _Fitness(distance, 50, individuals)
    for step in range(500):
        children = individuals.clone()
        evolution.mutate_(children, 0.5, 0.1, generator(step))
        parents = torch.randint(8, (8,), generator=generator(step))
        individuals = evolution.cross(children[parents], 0.8, generator(step))
        followed.follow(individuals, parents)
    fresh = _Fitness(distance, 50, individuals)
    assert followed.values() == pytest.approx(fresh.values(), rel=1e-6)
    spread = float(fresh.values().max() - fresh.values().min())
    assert float((followed.values() - fresh.values()).abs().max()) < 1e-3 * spread


def deap_best(distance, keep, population, generations, seed):
    """The same search by DEAP's own loop and operators."""
    random.seed(seed)
    matrix = distance.numpy()

    def individual():
        genes = [1] * keep + [0] * (len(matrix) - keep)
        random.shuffle(genes)
        return creator.Individual(genes)

    def evaluate(genes):
        kept = np.array(genes, dtype=float)
        return (float(kept @ matrix @ (1 - kept)) / keep**2,)

    toolbox = base.Toolbox()
    toolbox.register("evaluate", evaluate)
    toolbox.register("mate", tools.cxOnePoint)
    toolbox.register("mutate", tools.mutShuffleIndexes, indpb=0.05)
    toolbox.register("select", tools.selTournament, tournsize=3)
    start, best = [individual() for _ in range(population)], tools.HallOfFame(1)
    first = evaluate(start[0])[0]
    algorithms.eaSimple(start, toolbox, 0.8, 0.2, generations, halloffame=best, verbose=False)
    return best[0].fitness.values[0], first


def test_as_good_as_deap():
    distance, keep, size = distances(256), 128, {"population": 20, "generations": 40}
    theirs, start = np.array([deap_best(distance, keep, **size, seed=seed) for seed in range(8)]).T
    gains = {}
    for repair in (True, False):
        ours = np.array([select_features(distance, keep, **size, repair=repair, seed=s).fitness for s in range(8)])
        gains[repair] = (ours.mean() - start.mean()) / (theirs.mean() - start.mean())
    assert gains[True] > 0.97
    assert gains[False] == pytest.approx(1, abs=0.12)  # as written, it is the same search


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"distance": torch.ones(3, 4)}, r"distances are a square matrix \(p, p\), got shape \(3, 4\)"),
        ({"distance": torch.full((4, 4), torch.nan)}, r"features \[0, 1, 2, 3\] are not finite"),
        ({"keep": 0}, "keep must lie between 1 and 3, got 0 of 4 features"),
        ({"keep": 4}, "keep must lie between 1 and 3, got 4 of 4 features"),
        ({"population": 1}, "population of at least 2, .* got 1, 3, 100"),
        ({"tournament": 0}, "tournaments of at least 1"),
        ({"generations": -1}, "no negative generations"),
        ({"crossover": 1.2}, r"crossover, mutation and shuffle are probabilities in 0..1, got \(1.2, 0.2, 0.05\)"),
        ({"shuffle": float("nan")}, "probabilities in 0..1"),
    ],
)
def test_options_that_make_no_sense_are_refused(change, message):
    options = {"distance": torch.ones(4, 4), "keep": 2, "seed": 0} | change
    with pytest.raises(ValueError, match=message):
        select_features(**options)


# --- the operators ---

populations = st.tuples(st.integers(2, 9), st.integers(2, 30), st.integers(0, 10**6)).map(
    lambda shape: torch.rand(shape[0], shape[1], generator=generator(shape[2])) < 0.5
)


@given(populations, st.integers(0, 99))
def test_neighbours_exchange_their_tails(parents, seed):
    before = parents.clone()
    children = evolution.cross(parents, 1.0, generator(seed))
    assert torch.equal(parents, before)
    for first in range(0, len(parents) - 1, 2):
        pair, offspring = parents[first : first + 2], children[first : first + 2]
        cuts = [
            cut
            for cut in range(1, parents.shape[1])
            if torch.equal(offspring, torch.cat([pair[:, :cut], pair.flip(0)[:, cut:]], 1))
        ]
        assert cuts
    if len(parents) % 2:
        assert torch.equal(children[-1], parents[-1])
    assert torch.equal(evolution.cross(parents, 0.0, generator(seed)), parents)


@given(populations, st.floats(0, 1), st.integers(0, 99))
def test_repair_flips_no_more_than_it_must(individuals, share, seed):
    keep = int(share * individuals.shape[1])
    before = individuals.clone()
    evolution.repair_(individuals, keep, generator(seed))
    assert (individuals.sum(1) == keep).all()
    assert ((individuals != before).sum(1) == (before.sum(1) - keep).abs()).all()


@given(populations, st.integers(0, 99))
def test_mutation_moves_genes_and_makes_none(individuals, seed):
    before = individuals.clone()
    evolution.mutate_(individuals, 1.0, 0.5, generator(seed))
    assert torch.equal(individuals.sum(1), before.sum(1))
    again = individuals.clone()
    evolution.mutate_(individuals, 0.0, 0.5, generator(seed))
    evolution.mutate_(individuals, 1.0, 0.0, generator(seed))
    assert torch.equal(individuals, again)


def test_rates_are_those_asked_for():
    count, length = 3000, 40
    individuals = torch.arange(length).expand(count, length) % 2 == 0
    mutated = individuals.clone()
    evolution.mutate_(mutated, 0.2, 0.05, generator(1))
    touched = (mutated != individuals).any(1)
    # 5 % of 40 genes move; a move to the other kind changes two bits, and 20 of the 39 other places are of that kind
    moved = 1 - (1 - 0.05 * 20 / 39) ** length
    assert float(touched.double().mean()) == pytest.approx(0.2 * moved, abs=0.025)
    assert float((mutated != individuals).sum() / 0.2 / count) == pytest.approx(2 * 0.05 * length * 20 / 39, rel=0.12)
    halves = torch.arange(2 * count) % 2 == 0
    crossed = evolution.cross(halves[:, None].expand(-1, length), 0.8, generator(2))
    assert float((crossed[:, -1] != halves).double().mean()) == pytest.approx(0.8, abs=0.04)
    cuts = (crossed[::2] == halves[0]).sum(1)[crossed[::2, -1] != halves[0]]
    assert cuts.min() == 1
    assert cuts.max() == length - 1
    assert torch.bincount(cuts, minlength=length)[1:].double().std() < 0.35 * len(cuts) / (length - 1)


def test_a_tournament_is_won_by_the_fittest_that_was_drawn():
    fitness = torch.tensor([3.0, 1.0, 2.0, 0.0], dtype=torch.float64)
    draws = torch.cat([evolution.tournaments(fitness, 3, generator(seed)) for seed in range(2000)])
    shares = torch.bincount(draws, minlength=4).double() / len(draws)
    better = torch.tensor([0, 2, 1, 3])  # individuals that are fitter
    expected = ((4 - better) / 4) ** 3 - ((3 - better) / 4) ** 3
    assert shares == pytest.approx(expected, abs=0.02)
