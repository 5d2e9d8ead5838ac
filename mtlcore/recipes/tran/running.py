"""One training run of the balancing studies [tran, Section 4.5], and what is measured in it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from mtlcore import profiles
from mtlcore.balance import Balancer
from mtlcore.nets.lenet import lenet
from mtlcore.nets.tree import TreeNet
from mtlcore.recipes.tran import balancers
from mtlcore.recipes.tran.balancing import Config
from mtlcore.recipes.tran.config import TASKS, sets_of, triple
from mtlcore.recipes.tran.evaluation import Evaluator, flat
from mtlcore.recipes.tran.switching import Switch
from mtlcore.recipes.tran.training import Timed, make_optimizer, objective_of, slowdowns
from mtlcore.results import Result, key
from mtlcore.train import train

EARLY = 0.1  # of the epochs


def run(config: Config, *, device: str = "cpu", checkpoints: Path | None = None) -> Result:
    """Train the truncated LeNet once; its checkpoint, `<key>.pt`, is left to whoever stores the result.

    Returns:
        metrics, for each task on its test images after the last epoch: accuracy_<task> (share of 1), loss_<task>
        (nats), printed_loss_<task> (as the document divides it); early_loss_<task>, mean test loss (nats) after the
        epochs of the first tenth; seconds of training without evaluation, steps, step_seconds, slowdown (time of a
        step over that of averaging); for a hybrid that has switched switch_epoch, after which it did; for MGDA
        share_first and share_last, of stationary mini-batches in the first and last tenth of the epochs, and
        share_published_first and _last by the published threshold. curves, one number an epoch: train_loss_<task>,
        loss_<task> and accuracy_<task> on the first test images, step_seconds, and the balancer's numbers, such as
        weight_<task> and, of MGDA, share and kkt_ratio.
    """
    started = time.perf_counter()
    torch.manual_seed(config.seed)
    net = lenet(TASKS)
    sets = sets_of(config)
    batches = Timed(triple(config, sets.train, device, turned=config.augment), device)
    evaluator = Evaluator(config, sets, device)
    balancer = balancers.make(config)
    switch = Switch(config, balancer, evaluator)
    ratios = _ratios(config, net, next(iter(batches.epoch(0))), device)
    checkpoint = checkpoints / f"{key(config)}.pt" if checkpoints else None
    curves = fit(config, net, balancer, batches, evaluator, switch, device=device, checkpoint=checkpoint)
    named = _named(curves)
    return Result(
        metrics={
            **flat(evaluator(net.eval())),
            **_early(named, config.epochs),
            **_cost(named, ratios, len(batches), switch.first_phase, config.epochs),
            **_shares(named, config.epochs),
        },
        curves={name: [round(value, 5) for value in curve] for name, curve in named.items()},
        provenance=profiles.provenance(device, started, curves, sets.note),
    )


def fit(
    config: Config,
    net: TreeNet,
    balancer: Balancer,
    batches: Timed,
    evaluator: Evaluator,
    switch: Switch,
    *,
    device: str,
    checkpoint: Path | None,
    make: Callable[[nn.Module], torch.optim.Optimizer] | None = None,
    epochs: int | None = None,
) -> dict[str, list[float]]:
    """Train a network with a balancer and return the curves of `train`, test scores behind the word "test".

    Args:
        config, net, balancer, batches, evaluator, switch: of the run.
        device, checkpoint: as `train`.
        make: of the optimiser; None makes that of the configuration.
        epochs: None takes those of the configuration.
    """
    objective = objective_of(net, config.setting)

    def after_epoch(_: nn.Module) -> dict[str, float]:
        switch.end_of_epoch(net)
        return flat(evaluator(net, "some"), "test ") | {"step_seconds": batches.seconds / len(batches)}

    return train(
        net,
        batches,
        objective=lambda net, *batch: switch.note(objective(net, *batch)),
        balance=balancer,
        make_optimizer=make or make_optimizer(config),
        reset_optimizer=switch.resets,
        epochs=config.epochs if epochs is None else epochs,
        device=device,
        precision=config.precision,
        evaluate=after_epoch,
        checkpoint=checkpoint,
    )


def _ratios(config: Config, net: TreeNet, batch: tuple[Tensor, ...], device: str) -> list[float]:
    """Time of a step over that of averaging, for each phase."""
    if config.algorithm == "averaging":
        return [1.0]
    fresh = balancers.phases(balancers.make(config))
    return slowdowns(net, fresh, batch, config, turns=config.timed, device=device)


def _named(curves: dict[str, list[float]]) -> dict[str, list[float]]:
    """Curves named like the metrics; numbers of one phase of the hybrid only without the epochs of the other."""
    renamed = {}
    for name, curve in curves.items():
        known = name.removeprefix("test ") if name.startswith("test ") else name
        if name.removeprefix("loss_") in TASKS:
            known = f"train_{name}"
        renamed[known] = [value for value in curve if math.isfinite(value)]
    return {name: curve for name, curve in renamed.items() if not name.startswith("printed_")}


def tenth(epochs: int) -> int:
    """How many epochs are the first, or last, tenth."""
    return max(1, round(EARLY * epochs))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _early(curves: dict[str, list[float]], epochs: int) -> dict[str, float]:
    return {f"early_loss_{task}": _mean(curves[f"loss_{task}"][: tenth(epochs)]) for task in TASKS}


def _cost(
    curves: dict[str, list[float]], ratios: list[float], steps: int, first_phase: int | None, epochs: int
) -> dict[str, float]:
    shares = [1.0] if first_phase is None else [first_phase / epochs, 1 - first_phase / epochs]
    cost = {
        "seconds": steps * sum(curves["step_seconds"]),
        "steps": float(steps * epochs),
        "step_seconds": _mean(curves["step_seconds"]),
        "slowdown": sum(share * ratio for share, ratio in zip(shares, ratios, strict=True)),
    }
    return {**cost, "switch_epoch": float(first_phase)} if first_phase and first_phase < epochs else cost


def _shares(curves: dict[str, list[float]], epochs: int) -> dict[str, float]:
    """Share of stationary mini-batches early and late."""
    found = {}
    for name in ("share", "share_published"):
        if name in curves:
            found[f"{name}_first"] = _mean(curves[name][: tenth(epochs)])
            found[f"{name}_last"] = _mean(curves[name][-tenth(epochs) :])
    return found
