"""Feature selection beside DEAP: python benchmarks/genetic.py.

Both sides run in this process, on one thread, with the same operators and rates, and take turns, one a seed; the last
line has the fastest turn of each and the mean fitness. DEAP's fitness is the quadratic form, one individual at a time,
in float64, which is its own best: indexing D[s][:, ~s] takes four times as long. Fitness is that of the best individual
ever seen, measured the same way for both; on one seed either side can be ahead.
"""

from __future__ import annotations

import argparse
import random
import time

import numpy as np
import torch
from deap import algorithms, base, creator, tools

from mtlcore.kernels.genetic import feature_distances, select_features


def deap_select(distance: np.ndarray, keep: int, population: int, generations: int, seed: int) -> np.ndarray:
    """DEAP's eaSimple with its operators of the paper's names; the best individual ever seen."""
    random.seed(seed)
    length = len(distance)

    def individual() -> list[int]:
        genes = [1] * keep + [0] * (length - keep)
        random.shuffle(genes)
        return creator.Individual(genes)

    def fitness(genes: list[int]) -> tuple[float]:
        kept = np.array(genes, dtype=float)
        return (float(kept @ distance @ (1 - kept)) / keep**2,)

    toolbox = base.Toolbox()
    toolbox.register("population", tools.initRepeat, list, individual)
    toolbox.register("evaluate", fitness)
    toolbox.register("mate", tools.cxOnePoint)
    toolbox.register("mutate", tools.mutShuffleIndexes, indpb=0.05)
    toolbox.register("select", tools.selTournament, tournsize=3)
    best = tools.HallOfFame(1)
    algorithms.eaSimple(
        toolbox.population(n=population), toolbox, 0.8, 0.2, generations, halloffame=best, verbose=False
    )
    return np.array(best[0], dtype=bool)


def samples(count: int, length: int, seed: int) -> torch.Tensor:
    """Non-negative features in 0..1 that share a few causes, as those of an image network do."""
    generator = torch.Generator().manual_seed(seed)
    causes = torch.randn(count, 64, generator=generator) @ torch.randn(64, length, generator=generator) / 8
    features = (causes + 0.5 * torch.randn(count, length, generator=generator)).relu()
    return features / features.amax(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", type=int, default=2048)
    parser.add_argument("--samples", type=int, default=2048)
    parser.add_argument("--population", type=int, default=20)
    parser.add_argument("--generations", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=5, help="the first is that of the paper, 1000")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    creator.create("Fitness", base.Fitness, weights=(1.0,))
    creator.create("Individual", list, fitness=creator.Fitness)
    keep = arguments.features // 2
    distance = feature_distances(samples(arguments.samples, arguments.features, 0))
    matrix = distance.numpy()
    size = {"population": arguments.population, "generations": arguments.generations}
    print(
        f"{'seed':>6}{'ours s':>9}{'DEAP s':>9}{'ratio':>8}{'ours':>10}{'DEAP':>10}{'ours kept':>11}{'DEAP kept':>11}"
    )
    turns = []
    for seed in range(1000, 1000 + arguments.seeds):
        start = time.perf_counter()
        theirs = deap_select(matrix, keep, seed=seed, **size)
        middle = time.perf_counter()
        ours = select_features(distance, keep, seed=seed, **size)
        end = time.perf_counter()
        fitness = matrix[theirs][:, ~theirs].sum() / keep**2
        seconds = f"{end - middle:>9.3f}{middle - start:>9.2f}{(middle - start) / (end - middle):>8.1f}"
        found = f"{ours.fitness:>10.5f}{fitness:>10.5f}{int(ours.selected.sum()):>11}{int(theirs.sum()):>11}"
        turns.append((end - middle, middle - start, ours.fitness, fitness))
        print(f"{seed:>6}{seconds}{found}")
    fastest, means = np.min(turns, axis=0), np.mean(turns, axis=0)
    seconds = f"{fastest[0]:>9.3f}{fastest[1]:>9.2f}{fastest[1] / fastest[0]:>8.1f}"
    print(f"{'all':>6}{seconds}{means[2]:>10.5f}{means[3]:>10.5f}")


if __name__ == "__main__":
    main()
