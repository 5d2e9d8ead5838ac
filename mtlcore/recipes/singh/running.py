"""One run: train a multi-task encoder, prune it after every epoch, and measure it [singh, Sections 2 and 4]."""

from __future__ import annotations

import functools
import json
import time
from pathlib import Path

import torch

from mtlcore import paths, profiles
from mtlcore.nets.backbones import backbone, classifier_parameters, count
from mtlcore.nets.encoder import Encoder
from mtlcore.recipes import stored
from mtlcore.recipes.singh import evaluation
from mtlcore.recipes.singh.config import Config
from mtlcore.recipes.singh.grids import pruned_base
from mtlcore.recipes.singh.normalising import estimate_statistics
from mtlcore.recipes.singh.objective import Conflicts, balancer, objective, optimizer
from mtlcore.recipes.singh.pictures import Batches, class_counts, class_sizes, in_order, pictures
from mtlcore.recipes.singh.pruning import Course
from mtlcore.results import Result, key, lookup
from mtlcore.train import Precision, train

MILLION = 1e6


def run(config: Config, *, device: str = "cpu", checkpoints: Path | None = None) -> Result:
    """Train once; a network of `pruning="direct"` asks for the size of the pruned run first, or makes that run.

    Returns:
        What the package's docstring lists.
    """
    return _run(config, device, checkpoints, key(config))


def _run(config: Config, device: str, checkpoints: Path | None, name: str) -> Result:
    """As `run`; its checkpoint has the name given."""
    started = time.perf_counter()
    hidden = _left(config, device, checkpoints) if config.pruning == "direct" else config.hidden
    net = build(config, hidden)
    start = count(net)
    curves, course = fit(config, net, device, checkpoints / f"{name}.pt" if checkpoints else None)
    test, train_set = pictures(config, "test"), pictures(config, "train")
    scores = evaluation.measure(net, in_order(config, test, device))
    trained_on = {task: class_sizes(train_set, task) for task in config.tasks}
    if config.pruning == "each_epoch":
        _keep_left(net.size, config, checkpoints)
    by_epoch = {name: [round(value, 5) for value in curve] for name, curve in curves.items()}
    return Result(
        metrics={
            **evaluation.metrics(scores, trained_on),
            **_sizes(config, net, start),
            **_angles(curves),
            **course.changed(),
            "similar": float(course.pairs[0]),
            "opposite": float(course.pairs[1]),
        },
        curves=by_epoch | evaluation.by_class(scores, trained_on),
        provenance=profiles.provenance(device, started, curves, train_set.note),
    )


def build(config: Config, hidden: int | None = None) -> Encoder:
    """The network of a configuration at its start, from the run's seed."""
    torch.manual_seed(config.seed)
    classes = class_counts(pictures(config, "train"))
    return Encoder(
        backbone(config.backbone, weights=config.weights, root=paths.data_root()),
        {task: classes[task] for task in config.tasks},
        hidden=config.hidden if hidden is None else hidden,
        relu=config.relu,
        dropout=config.dropout,
        input_width=config.input_width,
    )


def fit(config: Config, net: Encoder, device: str, checkpoint: Path | None) -> tuple[dict[str, list[float]], Course]:
    """Train a network as the configuration says; returns the curves, and what was noted beside them."""
    found = pictures(config, "train")
    batches = Batches(
        found,
        config.tasks,
        batch_size=config.batch_size,
        seed=config.seed,
        augment=config.augment,
        device=device,
        channels_last=config.channels_last,
    )
    course = Course(net, config, in_order(config, found.first(config.angle_images), device))
    conflicts = Conflicts(config, batches)
    held_out = in_order(config, pictures(config, "val"), device)

    def make(net: torch.nn.Module) -> torch.optim.Optimizer:
        course.optimizer = optimizer(config, net)
        return course.optimizer

    def evaluate(_: torch.nn.Module) -> dict[str, float]:
        if config.statistics == "estimated":
            estimate_statistics(net, course.images)
        numbers = evaluation.validation(evaluation.measure(net, held_out), config.lambdas)
        return numbers | course.end_epoch(numbers["val_loss"]) | conflicts(net)

    curves = train(
        net,
        batches,
        objective=lambda net, *batch: objective(net, config.hardest, *batch, weights=config.lambdas),
        balance=balancer(config),
        make_optimizer=make,
        epochs=config.epochs,
        device=device,
        precision=Precision(config.bf16, config.channels_last),
        schedule=course.schedule,
        start_epoch=course.start_epoch,
        evaluate=evaluate,
        checkpoint=checkpoint,
    )
    return curves, course


def _sizes(config: Config, net: Encoder, start: int) -> dict[str, float]:
    """Tables 2 and 3: units, and what that is in per cent; parameters in millions."""
    left = 100 * net.size / config.hidden
    return {
        "tasks": float(len(config.tasks)),
        "initial_hidden": float(config.hidden),
        "final_hidden": float(net.size),
        "compression": 100 - left,
        "feature_utilization": left,
        "feature_width": float(net.width),
        "parameters": _classifier(config.backbone) / MILLION,
        "parameters_trained": start / MILLION,
        "parameters_final": count(net) / MILLION,
    }


_classifier = functools.cache(classifier_parameters)


def _angles(curves: dict[str, list[float]]) -> dict[str, float]:
    found = {f"minimum_angle_{side}": curves["minimum_angle"][place] for side, place in (("first", 0), ("last", -1))}
    if "conflict_share" in curves:
        found["conflict_share"] = sum(curves["conflict_share"]) / len(curves["conflict_share"])
    return found


def _left(config: Config, device: str, checkpoints: Path | None) -> int:
    """How many units the pruned run leaves: as recorded, as kept by it, or found by making that run."""
    base = pruned_base(config)
    if record := lookup(stored(profiles.store_path(config.recipe, "desk")), base):
        return int(record.metrics["final_hidden"])
    path = _left_path(base, checkpoints)
    if path and path.is_file():
        return int(json.loads(path.read_text(encoding="utf-8")))
    name = f"{key(config)}.base"  # its own checkpoint: another process may be making the same run, to store it
    found = _run(base, device, checkpoints, name)
    if checkpoints:
        (checkpoints / f"{name}.pt").unlink(missing_ok=True)
    return int(found.metrics["final_hidden"])


def _keep_left(size: int, config: Config, checkpoints: Path | None) -> None:
    if path := _left_path(config, checkpoints):
        paths.replace_whole(path, lambda partial: partial.write_text(json.dumps(size), encoding="utf-8"))


def _left_path(config: Config, checkpoints: Path | None) -> Path | None:
    """A file of its own beside `<key>.pt`, apart for every state of the code."""
    return checkpoints / f"left-{key(config)}-{paths.code_hash()}.json" if checkpoints else None
