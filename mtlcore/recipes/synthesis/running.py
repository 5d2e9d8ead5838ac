"""One training run on the digit triple, and what is measured in it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtlcore import profiles
from mtlcore.balance import MGDAUB, Balancer, Block, GradNorm, Losses, PCGrad, Sum
from mtlcore.data import Triple
from mtlcore.nets.shared_lenet import SharedLeNet
from mtlcore.recipes.synthesis.config import Config
from mtlcore.recipes.synthesis.penalties import make_optimizer
from mtlcore.recipes.synthesis.pruning import Course
from mtlcore.recipes.synthesis.sets import sets_of
from mtlcore.recipes.synthesis.sizes import sizes
from mtlcore.recipes.tran.config import TASKS
from mtlcore.recipes.tran.training import Timed
from mtlcore.results import Result, key
from mtlcore.train import train


def run(config: Config, *, device: str = "cpu", checkpoints: Path | None = None) -> Result:
    """Train one network; its checkpoint, `<key>.pt`, is left to whoever stores the result.

    Returns:
        metrics and curves as the docstring of the package lists them.
    """
    started = time.perf_counter()
    torch.manual_seed(config.seed)
    net = network(config)
    sets = sets_of(config, device)
    batches = Timed(sets.train, device)
    course = Course(config, net, sets.train, device)

    def make(net: nn.Module) -> torch.optim.Optimizer:
        course.optimizer = make_optimizer(config, config.epochs * len(batches), net)
        return course.optimizer

    def after_epoch(_: nn.Module) -> dict[str, float]:
        scores = evaluate(net, sets.some)
        return {"accuracy": scores["accuracy"], "train_seconds": batches.seconds + course.seconds}

    curves = train(
        net,
        batches,
        objective=objective_of(net),
        balance=balancer(config),
        make_optimizer=make,
        epochs=config.epochs,
        device=device,
        precision=config.precision,
        start_epoch=course.start_epoch,
        evaluate=after_epoch,
        checkpoint=checkpoints / f"{key(config)}.pt" if checkpoints else None,
    )
    net.eval()
    with torch.no_grad(), config.precision.autocast(device):
        metrics = evaluate(net, sets.test)
    images = next(iter(sets.test.epoch(0)))[0][: config.batch]
    metrics |= sizes(net, images, config, device) | {"seconds": sum(curves["train_seconds"])}
    return Result(
        metrics=metrics,
        curves=_given(curves),
        provenance=profiles.provenance(device, started, curves, sets.note),
    )


def _given(curves: dict[str, list[float]]) -> dict[str, list[float]]:
    """The curves that every epoch has given; a balancer has nothing to tell of one in which the trunk is frozen."""
    told = {name: [round(value, 5) for value in curve] for name, curve in curves.items()}
    return {name: curve for name, curve in told.items() if all(map(math.isfinite, curve))}


def network(config: Config) -> SharedLeNet:
    """The network of a configuration, from random weights."""
    first, second = (config.size(channels) for channels in config.channels)
    dropout = config.share if "dropout" in config.methods else 0.0
    return SharedLeNet(TASKS, channels=(first, second), hidden=config.size(config.hidden), dropout=dropout)


def balancer(config: Config) -> Balancer:
    """How the gradients of the tasks become one; the forms on the representation, as a shared input has one."""
    if config.balancer == "gradnorm":
        return GradNorm(len(TASKS), alpha=config.alpha, lr=config.weight_lr, on="representations")
    if config.balancer == "mgda":
        return MGDAUB()
    return PCGrad(seed=config.seed) if config.balancer == "pcgrad" else Sum()


def objective_of(net: SharedLeNet) -> Callable[..., Losses]:
    """(net, images, *labels) -> the cross-entropy of every task, in blocks of the trunk and of each head.

    The parameters stay the same objects where units are taken out of the network.
    """
    blocks = [Block(tuple(net.trunk.parameters()), tuple(range(len(net.tasks))))]
    blocks += [Block(tuple(head.parameters()), (number,)) for number, head in enumerate(net.heads.values())]

    def objective(_: nn.Module, images: Tensor, *labels: Tensor) -> Losses:
        features = net.features(images)
        outputs = net.predict(features)
        found = zip(outputs.items(), labels, strict=True)
        return Losses({task: F.cross_entropy(out.float(), own) for (task, out), own in found}, blocks, features)

    return objective


def evaluate(net: SharedLeNet, tests: Triple) -> dict[str, float]:
    """accuracy_<task> (share of 1), loss_<task> (nats) and their mean accuracy, on epoch 0 of some batches.

    To be called in evaluation mode, without gradients, in the precision that is wanted.
    """
    outputs: list[list[Tensor]] = [[] for _ in net.tasks]
    given: list[list[Tensor]] = [[] for _ in net.tasks]
    for images, *labels in tests.epoch(0):
        for place, logits in enumerate(net(images).values()):
            outputs[place].append(logits.double())
            given[place].append(labels[place])
    found = {}
    for task, logits, own in zip(net.tasks, map(torch.cat, outputs), map(torch.cat, given), strict=True):
        found[f"accuracy_{task}"] = float((logits.argmax(1) == own).double().mean())
        found[f"loss_{task}"] = float(F.cross_entropy(logits, own))
    return found | {"accuracy": sum(found[f"accuracy_{task}"] for task in net.tasks) / len(net.tasks)}
