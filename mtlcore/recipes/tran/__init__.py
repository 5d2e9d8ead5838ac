"""Multi-task training as multi-objective optimisation [tran]: the studies behind its tables, figures and claims."""

from __future__ import annotations

from mtlcore.recipes import Study
from mtlcore.recipes.tran import balancing, running, searching, solvers, stationarity, trees
from mtlcore.recipes.tran.fields import FIELDS


def _trees(about: str, grid: str) -> Study:
    return Study(about, getattr(trees, f"{grid}_grid"), searching.run, view=getattr(trees, f"{grid}_view"))


STUDIES = {
    "balancing": Study("Training algorithms on separate inputs, a set for each task.", balancing.separate, running.run),
    "balancing-shared": Study("Training algorithms on a shared input, three labels.", balancing.shared, running.run),
    "stationarity": Study(
        "Share of Pareto-stationary mini-batches, early and late.",
        stationarity.grid,
        running.run,
        view=stationarity.view,
    ),
    "solvers": Study("Iterations of two min-norm solvers.", solvers.grid, solvers.run, view=solvers.view),
    "table-1a": _trees("Divergence of the tasks at the last shared block.", "affinity"),
    "table-1b": _trees("The tree found, random trees and all splits on Fashion-MNIST.", "table"),
    "table-1c": _trees("The tree found, random trees and all splits on Kuzushiji-MNIST.", "table"),
    "table-1d": _trees("The tree found, random trees and all splits on MNIST.", "table"),
    "search": _trees("The tree that the search finds.", "search"),
    "stress": _trees("Stress of the blocks of a tree against recognition.", "stress"),
    "search-cost": _trees("Networks trained to measure affinity.", "cost"),
}

# the field, and what it is as written, as published and as corrected; choices where the text is silent are in
# data/papers/tran.yaml
VARIANTS = [
    ["test images", "as they are", "rotated and sheared", "as they are"],
    ["statistics in tests", "of each set (our choice)", "running ones, sets mixed", "of each set"],
    ["min-norm problem", "per block", "per tensor", "per block"],
    ["gradients before it", "as they are", "divided by norm and loss", "as they are"],
    ["solver", "exact (our choice)", "projected", "exact"],
    ["GradNorm", "runs", "cannot be constructed: no row", "runs"],
    ["hybrid, phase 1", "GradNorm", "mean of normalised gradients", "GradNorm"],
    ["hybrid, its end", "one epoch without progress on training losses", "10 such epochs of 120 on test losses, or 80",
     "10 such epochs of 120 on held-out losses, or 80"],
    ["hybrid, optimiser", "kept", "started anew", "kept"],
    ["positions compared", "sum over (h + w)", "one at random", "mean over h·w"],
    ["importance", "γ of one network", "|γ| of both", "|γ| of one network"],
    ["images for stress", "the task's own", "also of sets whose name is part of its own", "the task's own"],
    ["penalty on γ", "sum of |γ|", "Huber, mean over channels", "sum of |γ|"],
    ["fine-tuning", "10 epochs", "3 epochs", "10 epochs"],
]  # fmt: skip

__all__ = ["FIELDS", "STUDIES", "VARIANTS"]
