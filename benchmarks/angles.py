"""Angles between all pairs beside the bare Gram product: python benchmarks/angles.py.

Both sides are measured in this run, in one process, on one thread; they take turns, and the fastest turn counts. The
bare product is vectors @ vectors.T in float32, which gives no angle yet. Of the vectors "with near pairs", as many as
asked for nearly coincide with another, so that their angles are computed a second time, in float64.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from mtlcore.kernels.angles import AngleGram, pairwise_angles


def seconds(calls: dict[str, Callable[[], object]], turns: int) -> dict[str, float]:
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(turns):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def streamed(patterns: Tensor, batch: int) -> Tensor:
    gram = AngleGram(patterns.shape[1])
    for rows in patterns.split(batch):
        gram.update(rows)
    return gram.angles()


def row_by_row(vectors: Tensor, rows: int) -> Tensor:
    """As often written: one unit against all others at a time, and the arc cosine of a float32 cosine."""
    cosines = [F.cosine_similarity(vector[None], vectors) for vector in vectors[:rows]]
    return torch.stack(cosines).clamp(-1, 1).acos().rad2deg()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=512)
    parser.add_argument("--patterns", type=int, default=4096)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--near", type=int, default=64, help="units that nearly coincide with another")
    parser.add_argument("--turns", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    vectors = torch.randn(arguments.units, arguments.patterns)
    near = vectors.clone()
    near[: arguments.near] = vectors[-arguments.near :] + 1e-3 * vectors[: arguments.near]
    doubles, patterns = vectors.double(), vectors.T.contiguous()
    times = seconds(
        {
            "bare Gram product": lambda: vectors @ vectors.T,
            "pairwise_angles": lambda: pairwise_angles(vectors),
            "pairwise_angles, center 0.5": lambda: pairwise_angles(vectors, center=0.5),
            'pairwise_angles, center "mean"': lambda: pairwise_angles(vectors, center="mean"),
            f"pairwise_angles, {arguments.near} near pairs": lambda: pairwise_angles(near),
            "pairwise_angles of float64": lambda: pairwise_angles(doubles),
            "AngleGram, streamed, float64": lambda: streamed(patterns, arguments.batch),
        },
        arguments.turns,
    )
    rows = min(16, arguments.units)
    part = seconds({"row": lambda: row_by_row(vectors, rows)}, 2)["row"]
    times[f"row by row ({rows} rows, extrapolated)"] = part * arguments.units / rows
    print(f"{arguments.units} units x {arguments.patterns} patterns{'ms':>24}{'ratio':>9}")
    for name, spent in times.items():
        print(f"{name:<42}{1000 * spent:>11.1f}{spent / times['bare Gram product']:>9.2f}")


if __name__ == "__main__":
    main()
