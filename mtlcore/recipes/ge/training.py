"""One run: train the two-task network, prune it or drop units at random, and measure it [ge, Sections 2.2 to 2.4]."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtlcore import paths, profiles
from mtlcore.data.minibatches import Minibatches
from mtlcore.nets.two_task import TwoTask
from mtlcore.recipes.ge import preparation
from mtlcore.recipes.ge.config import Config
from mtlcore.recipes.ge.pruning import ROWS, Pruning
from mtlcore.results import Result, key
from mtlcore.train import Precision, train

WEIGHT = 0.5  # of the loss of each task [ge, Section 2.2]


def run(config: Config, *, device: str = "cpu", checkpoints: Path | None = None) -> Result:
    """Train once; Weight Matrix trains a network first, or takes the one that another run of its seed has trained.

    Returns:
        metrics: accuracy_t1 (type) and accuracy_t2 (colour) on the test split at the last epoch (%), their losses,
        neurons_pruned, pruning_ratio (%), loss_gap (validation less training loss at the end, in evaluation mode),
        loss_jump (validation loss right after less right before the first pruning that took units out; 0 without; not
        of Weight Matrix, which prunes before it trains), units_undefined (the most units without a direction that a
        pruning met; of both pruning methods), epochs (that of the lowest validation loss; of Weight Matrix behind the
        pruning), time (s of training; of Weight Matrix with its pretraining where that has a budget of
        its own, else from the pruned weights on, as the text counts) and time_with_pretraining. On a CPU they are
        seconds of the processor, which neighbours on the machine do not lengthen.
        curves: loss and loss_type, loss_colour (in training, mean over the steps), val_loss, val_loss_type,
        val_loss_colour, accuracies on the validation split, alive, seconds.
    """
    torch.manual_seed(config.seed)
    sets = {split: preparation.prepared(config, split) for split in preparation.SPLITS}
    net = TwoTask(sets["train"].features.shape[1], activation=config.activation, dropout=config.dropout)
    pretraining = 0.0
    if config.technique == "weight_matrix":
        state, pretraining = _pretrained(config, device, checkpoints)
        net.load_state_dict(state)
        torch.manual_seed(config.seed)  # what follows is the same whether the network was kept or trained just now
    checkpoint = checkpoints / f"{key(config)}.pt" if checkpoints else None
    curves, pruning, took = fit(config, net, sets, device, checkpoint)
    accuracy, losses = measure(net, sets["test"], device)
    final = {split: _mean_loss(net, sets[split], device) for split in ("train", "val")}
    best = min(range(len(curves["val_loss"])), key=curves["val_loss"].__getitem__)
    return Result(
        metrics={
            "accuracy_t1": accuracy[0],
            "accuracy_t2": accuracy[1],
            "test_loss_t1": losses[0],
            "test_loss_t2": losses[1],
            "neurons_pruned": float(pruning.pruned),
            "pruning_ratio": 100 * pruning.pruned / net.second.out_features,
            "rate": config.dropout or pruning.pruned / net.second.out_features,
            "loss_gap": final["val"] - final["train"],
            "epochs": float(best + 1),
            "time": took + (pretraining if config.pretraining else 0.0),
            "time_with_pretraining": took + pretraining,
            "similar_below": config.angle,
            "complementary_above": 180 - config.angle,
            **_of_pruning(config, pruning),
            **_settings(config),
        },
        curves={name: [round(value, 5) for value in curve] for name, curve in curves.items()},
        provenance={
            "device": profiles.device_name(device),
            "seconds": round(took + pretraining, 1),
            "data": preparation.load(config.source, "train", config.train_samples).note,
        },
    )


def _pretrained(config: Config, device: str, checkpoints: Path | None) -> tuple[dict[str, Tensor], float]:
    """The trained network that Weight Matrix starts from, and the seconds it took.

    It is a baseline of the same seed, trained once and kept beside the checkpoints for the other angles, apart for
    every state of the code.
    """
    plain: dict[str, Any] = {
        "technique": "none",
        "angle": Config.angle,
        "rate": None,
        "center": None,
        "bias": False,
        "retrain": Config.retrain,
        "epochs": config.pretraining or config.epochs,
        "pretraining": None,
    }
    base = dataclasses.replace(config, **plain)
    path = checkpoints / f"pretrained-{key(base)}-{paths.code_hash()}.pt" if checkpoints else None
    if path and path.exists():
        kept = torch.load(path, map_location=device, weights_only=True)
        return kept["net"], float(kept["seconds"])
    torch.manual_seed(config.seed)
    sets = {split: preparation.prepared(base, split) for split in preparation.SPLITS}
    net = TwoTask(sets["train"].features.shape[1], activation=base.activation)
    _, _, took = fit(base, net, sets, device, None)
    state = {name: value for name, value in net.state_dict().items() if not name.startswith("pruning.")}
    if path:
        paths.replace_whole(path, lambda partial: torch.save({"net": state, "seconds": took}, partial))
    return state, took


def _of_pruning(config: Config, pruning: Pruning) -> dict[str, float]:
    """What only a run that prunes can measure; without any pruning no loss jumps."""
    jump = {} if config.technique == "weight_matrix" else {"loss_jump": float(pruning.jump)}
    prunes = config.technique in ("neuron_behaviour", "weight_matrix")
    return jump | ({"units_undefined": float(pruning.undefined)} if prunes else {})


def _settings(config: Config) -> dict[str, float]:
    """The settings that Table 1 prints."""
    width = config.kept if config.features != "all" else 2048
    return {
        "features": float(width),
        "batch_size": float(config.batch_size),
        "learning_rate": config.lr,
        "l2_penalty": config.l2,
    }


def fit(
    config: Config,
    net: TwoTask,
    sets: dict[str, preparation.Prepared],
    device: str,
    checkpoint: Path | None,
) -> tuple[dict[str, list[float]], Pruning, float]:
    """Train a network as the configuration says; returns the curves, what was pruned, and the seconds it took."""
    train_set = sets["train"]
    batches = Minibatches(
        train_set.features, *train_set.labels, batch_size=config.batch_size, seed=config.seed, device=device
    )
    pruning = Pruning(
        net,
        config,
        train_set.features,
        lambda: _mean_loss(net, sets["val"], device),
        lambda: _mean_loss(net, train_set, device),
    )
    objective = _Objective()
    wall, processor = time.perf_counter(), time.process_time()
    curves = train(
        net,
        batches,
        objective=objective,
        make_optimizer=lambda net: pruning.guard(
            torch.optim.SGD(net.parameters(), config.lr, config.momentum, weight_decay=config.l2)
        ),
        epochs=config.epochs,
        device=device,
        precision=Precision(config.bf16),
        start_epoch=pruning.start_epoch,
        evaluate=lambda net: objective.means() | _evaluate(net, sets["val"], device),
        checkpoint=checkpoint,
    )
    busy = (time.process_time() - processor) / (time.perf_counter() - wall)
    # of a resumed run the seconds of its earlier legs are known, and their share of the processor is taken as this one
    return curves, pruning, sum(curves["seconds"]) * (busy if device == "cpu" else 1.0)


class _Objective:
    """The mean loss of both tasks; it keeps the loss of each over the steps, on the device, until it is asked."""

    def __init__(self) -> None:
        self.steps: list[Tensor] = []  # (tasks,) each

    def __call__(self, net: nn.Module, features: Tensor, *labels: Tensor) -> Tensor:
        found = net(features).values()
        losses = torch.stack([F.cross_entropy(logits, label) for logits, label in zip(found, labels, strict=True)])
        self.steps.append(losses.detach())
        return WEIGHT * losses.sum()

    def means(self) -> dict[str, float]:
        """The training loss of each task, mean over the steps since the last call, for the curves."""
        means = torch.stack(self.steps).float().cpu().double().mean(0).tolist()
        self.steps.clear()
        return {f"loss_{task}": loss for task, loss in zip(preparation.LABELS, means, strict=True)}


@torch.no_grad()
def measure(net: nn.Module, split: preparation.Prepared, device: str) -> tuple[list[float], list[float]]:
    """Accuracy (%) and mean cross-entropy (nats) of each task over a split, in evaluation mode."""
    mode = net.training
    net.eval()
    right, total = torch.zeros(2, len(split.labels), dtype=torch.float64, device=device)
    for batch in Minibatches(split.features, *split.labels, batch_size=ROWS, seed=None, device=device).epoch(0):
        features, *labels = batch
        for task, (logits, label) in enumerate(zip(net(features).values(), labels, strict=True)):
            right[task] += (logits.argmax(1) == label).sum()
            total[task] += F.cross_entropy(logits.float(), label, reduction="sum")
    net.train(mode)
    rows = len(split.features)
    return (100 * right / rows).tolist(), (total / rows).tolist()


def _evaluate(net: nn.Module, split: preparation.Prepared, device: str) -> dict[str, float]:
    accuracy, losses = measure(net, split, device)
    return {
        "val_loss": WEIGHT * sum(losses),
        **{f"val_loss_{task}": loss for task, loss in zip(preparation.LABELS, losses, strict=True)},
        **{f"val_accuracy_{task}": share for task, share in zip(preparation.LABELS, accuracy, strict=True)},
    }


def _mean_loss(net: nn.Module, split: preparation.Prepared, device: str) -> float:
    return WEIGHT * sum(measure(net, split, device)[1])
