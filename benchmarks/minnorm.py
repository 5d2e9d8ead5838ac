"""The min-norm solvers beside quadprog and TorchJD: python benchmarks/minnorm.py.

Four kinds of gradients: independent, conflicting (0.97 of their mean taken away), correlated, and norms 10^4 apart.
Every solver takes a float64 Gramian of torch and gives back its weights as a tensor. All are measured in this run, in
one process, on one thread, in turns; each problem counts with its fastest turn, and the ratio is to quadprog. The
excess is the worst, over all problems, of the squared norm over the least that any solver found.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import quadprog
import torch
from qpsolvers import solve_qp
from torch import Tensor
from torchjd.aggregation import MGDAWeighting

from mtlcore.kernels.minnorm import METHODS, min_norm_weights

Solver = Callable[[Tensor], Tensor]


def gramians(tasks: int, problems: int) -> Iterator[Tensor]:
    """(problems, T, T) for each of the four kinds."""
    generator = torch.Generator().manual_seed(tasks)
    base = torch.randn(problems, tasks, 512, generator=generator, dtype=torch.float64)
    common = torch.randn(problems, 1, 512, generator=generator, dtype=torch.float64)
    scales = torch.logspace(-2, 2, tasks, dtype=torch.float64)[:, None]
    for rows in (base, base - 0.97 * base.mean(1, keepdim=True), common + 0.3 * base, base * scales):
        yield rows @ rows.mT


def solvers(tasks: int) -> dict[str, Solver]:
    zeros, identity, ones = np.zeros(tasks), np.eye(tasks), np.ones((1, tasks))
    constraints, bounds = np.vstack([ones, identity]).T, np.eye(tasks + 1)[0]

    def direct(gram: Tensor) -> Tensor:
        return torch.from_numpy(quadprog.solve_qp(gram.numpy(), zeros, constraints, bounds, 1)[0])

    def through_qpsolvers(gram: Tensor) -> Tensor:
        found = solve_qp(gram.numpy(), zeros, -identity, zeros, ones, ones[0, :1], solver="quadprog")
        return torch.from_numpy(found)

    ours = {f"ours, {method}": partial(min_norm_weights, method=method) for method in METHODS}
    return {"quadprog": direct, "quadprog, qpsolvers": through_qpsolvers, "TorchJD, MGDA": MGDAWeighting()} | ours


def measure(grams: Tensor, solve: Solver) -> np.ndarray:
    """Seconds of each Gramian."""
    seconds = []
    for gram in grams:
        started = time.perf_counter()
        solve(gram)
        seconds.append(time.perf_counter() - started)
    return np.array(seconds)


def report(tasks: int, problems: int, turns: int) -> None:
    grams = torch.cat(list(gramians(tasks, problems)))
    contest = solvers(tasks)
    squared = {
        name: torch.stack([weights @ gram @ weights for gram in grams for weights in [solve(gram)]])
        for name, solve in contest.items()
    }
    least = torch.stack(list(squared.values())).amin(0)
    many = grams.repeat(1000 // len(grams) + 1, 1, 1)
    fastest = {name: measure(grams, solve) for name, solve in contest.items()}
    batched = measure(many[None], min_norm_weights)
    for _ in range(turns - 1):
        for name, solve in contest.items():
            fastest[name] = np.minimum(fastest[name], measure(grams, solve))
        batched = np.minimum(batched, measure(many[None], min_norm_weights))
    unit = fastest["quadprog"].mean()
    for name, seconds in fastest.items():
        excess = float(((squared[name] - least) / least).max())
        print(f"{tasks:>3}  {name:<22}{1e6 * seconds.mean():>10.1f}{seconds.mean() / unit:>9.2f}{excess:>10.0e}")
    share = batched.mean() / len(many)
    print(f"{tasks:>3}  {'ours, exact, batched':<22}{1e6 * share:>10.1f}{share / unit:>9.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, nargs="+", default=[2, 3, 5, 10])
    parser.add_argument("--problems", type=int, default=4, help="of each of the four kinds")
    parser.add_argument("--turns", type=int, default=10)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'T':>3}  {'solver':<22}{'µs':>10}{'ratio':>9}{'excess':>10}")
    for tasks in arguments.tasks:
        report(tasks, arguments.problems, arguments.turns)


if __name__ == "__main__":
    main()
