"""Iterations of two min-norm solvers on Gramians of real training [tran, Sections 4.2 and 4.3, Figure 3].

MGDA trains the truncated LeNet for a while: on parameters (Eq. 4.5), with a shared input and with separate inputs, and
on the representation (Eq. 4.7), which only a shared input has. The Gramians of all its problems are recorded, and both
solvers get them, with one tolerance and one cap on the iterations.
"""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mtlcore import profiles
from mtlcore.balance import MGDA, MGDAUB
from mtlcore.kernels.minnorm import solve
from mtlcore.nets.lenet import lenet
from mtlcore.recipes import Grid
from mtlcore.recipes.tran import balancing
from mtlcore.recipes.tran.config import TASKS, Settings, refuse_unknown, resolved, sets_of, triple
from mtlcore.recipes.tran.stages import Stages
from mtlcore.recipes.tran.training import make_optimizer, objective_of
from mtlcore.results import Record, Result, key
from mtlcore.train import train

SOLVERS = ("frank_wolfe", "projected")
ARMS = ("parameters", "representations", "separate")  # the last: of parameters, on separate inputs


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Three short trainings with MGDA, and the solvers on what was recorded.

    Attributes:
        study: "solvers", which keeps these runs apart from those of other studies. setting: "shared", the one on which
            both problems are posed; the arm "separate" takes the other.
        per, normalise: as `MGDA`.
        problems: solved of each arm at most, evenly spaced over the training.
        tolerance, most: of both solvers, as `minnorm.solve`.
    """

    study: str
    per: str = "block"
    normalise: str = "none"
    problems: int = 2_000
    tolerance: float = 1e-6
    most: int = 250

    def __post_init__(self) -> None:
        """Refuse other settings and nothing to solve."""
        super().__post_init__()
        refuse_unknown(self, {"setting": ("shared",), "study": ("solvers",)})
        if self.problems < 1:
            raise ValueError(f"problems is {self.problems}; it must be 1 or more")


BUDGETS: dict[str, dict[str, Any]] = {
    "smoke": {**balancing.BUDGETS["smoke"], "epochs": 1},
    "lab": {**balancing.BUDGETS["lab"], "epochs": 3},
    "desk": {**balancing.BUDGETS["desk"], "epochs": 10},
    "full": {**balancing.BUDGETS["full"], "epochs": 40},
}


def grid(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Rows <solver>/<arm>; the published code normalises gradients and solves for every parameter tensor."""
    fields = {name: value for name, value in BUDGETS[profile].items() if name != "timed"}
    if variant == "code":
        fields |= {"per": "tensor", "normalise": "loss+"}
    fields |= {**settings, "study": "solvers", "setting": "shared", "source": resolved(source)}
    configs = [Config(**{**fields, "seed": seed}) for seed in range(seeds)]
    return [(f"{solver}/{arm}", config) for config in configs for arm in ARMS for solver in SOLVERS]


def view(row: str, record: Record) -> dict[str, float]:
    """What one solver needs on one kind of problem; the curve "iterations <solver> <arm>" has it problem by problem."""
    name = row.replace("/", " ")
    measured = ("iterations", "median", "capped", "residual")
    return {one: record.metrics[f"{name} {one}"] for one in measured}


class Parameters(MGDA):
    """MGDA that keeps the Gramians of its problems."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.grams: list[Tensor] = []

    def weigh(self, grams: Tensor) -> Tensor:
        """Weights of Gramians (N, T, T), which are kept."""
        self.grams.append(grams.detach().cpu())
        return super().weigh(grams)

    def get_extra_state(self) -> Tensor:
        """What is kept so far, for a checkpoint."""
        return torch.cat(self.grams) if self.grams else torch.zeros(0, len(TASKS), len(TASKS))

    def set_extra_state(self, state: Tensor) -> None:
        """Take up what was kept."""
        self.grams = [state.cpu()] if len(state) else []


class Representations(Parameters, MGDAUB):
    """MGDA-UB that keeps the Gramians of its problems."""


def run(config: Config, *, device: str = "cpu", checkpoints: Path | None = None) -> Result:
    """Train, record, and solve; what is finished is kept in `<key>.pt`, left to whoever stores the result.

    Returns:
        metrics "<solver> <arm> iterations" (mean over the problems), "... median", "... capped" (share of problems on
        which the solver ran into its cap) and "... residual" (mean, as `minnorm.Solution`); problems_<arm>, how many.
        curves "iterations <solver> <arm>": one number a problem, in the order of training.
    """
    started = time.perf_counter()
    stages = Stages(checkpoints, key(config))
    metrics, curves = {}, {}
    for arm in ARMS:
        grams = stages.do(arm, lambda file, arm=arm: _record(config, arm, device, file))  # type: ignore[misc]
        places = torch.linspace(0, len(grams) - 1, min(config.problems, len(grams))).round().long()
        metrics[f"problems_{arm}"] = float(len(places))
        for solver in SOLVERS:
            found = solve(grams[places], method=solver, tolerance=config.tolerance, max_iterations=config.most)
            iterations, name = found.iterations.double(), f"{solver} {arm}"
            metrics[f"{name} iterations"] = float(iterations.mean())
            metrics[f"{name} median"] = float(iterations.median())
            metrics[f"{name} capped"] = float((iterations >= config.most).double().mean())
            metrics[f"{name} residual"] = float(found.residual.mean())
            curves[f"iterations {name}"] = iterations.tolist()
    note = f"{sets_of(config).note}; problems on parameters, on representations and, apart, on separate inputs"
    seconds = round(max(stages.seconds, time.perf_counter() - started), 1)
    return Result(metrics, curves, {"device": profiles.device_name(device), "seconds": seconds, "data": note})


def _record(config: Config, arm: str, device: str, checkpoint: Path | None) -> Tensor:
    """Train with MGDA and return the Gramians of its problems, (N, T, T)."""
    torch.manual_seed(config.seed)
    net = lenet(TASKS)
    setting = "separate" if arm == "separate" else "shared"
    options: dict[str, Any] = {"normalise": config.normalise, "normalised_step": config.normalise != "none"}
    balancer = Representations(**options) if arm == "representations" else Parameters(per=config.per, **options)
    train(
        net,
        triple(config, sets_of(config).train, device, turned=config.augment, setting=setting),
        objective=objective_of(net, setting),
        balance=balancer,
        make_optimizer=make_optimizer(config),
        epochs=config.epochs,
        device=device,
        precision=config.precision,
        checkpoint=checkpoint,
    )
    return balancer.get_extra_state()
