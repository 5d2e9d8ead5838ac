"""One training run [upadhyay, Section 4], and what is measured in it."""

from __future__ import annotations

import math
import time
from pathlib import Path

import torch
from torch import nn

from mtlcore import profiles
from mtlcore.nets.dense_tasks import DenseTasks
from mtlcore.prune import channels, sparsity
from mtlcore.recipes.upadhyay import keeping
from mtlcore.recipes.upadhyay.config import Config
from mtlcore.recipes.upadhyay.losses import PENALTY, balancer_of, objective_of, weight_of_loss
from mtlcore.recipes.upadhyay.metrics import Examiner
from mtlcore.recipes.upadhyay.optimisers import Maker
from mtlcore.recipes.upadhyay.sets import Batches, prepared, sets_of
from mtlcore.recipes.upadhyay.timing import inference
from mtlcore.results import Result, key
from mtlcore.train import train

OUTPUTS = {"normal": 3, "depth": 1}
FACE_CLASSES = 3  # background, hair, skin
PIXELS, IMAGES = ("seg", "normal", "depth"), ("male", "smile")
BATCH_NORM_MOMENTUM = 0.1


def network(config: Config) -> DenseTasks:
    """The backbone and the heads of a configuration's tasks, from random weights."""
    classes = config.outputs if config.dataset == "nyuv2" else FACE_CLASSES
    outputs = {"seg": classes, **OUTPUTS}
    net = DenseTasks(
        {task: outputs[task] for task in config.tasks if task in PIXELS},
        {task: 1 for task in config.tasks if task in IMAGES},
        width=config.width,
        blocks=config.blocks,
        rates=config.rates,
    )
    if config.pass_per_task:  # T updates with the same batch statistics are one with this momentum
        for module in net.backbone.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 1 - (1 - BATCH_NORM_MOMENTUM) ** len(config.tasks)
    return net


def run(config: Config, *, device: str = "cpu", checkpoints: Path | None = None) -> Result:
    """Train one network; its checkpoint, `<key>.pt`, is left to whoever stores the result.

    Returns:
        metrics and curves as the docstring of the package lists them.
    """
    started = time.perf_counter()
    torch.manual_seed(config.seed)
    net = network(config)
    sets = sets_of(config)
    batches = Batches(config, sets.train, device)
    validate = Examiner(config, sets.val, device, fine=False)
    make = Maker(config, config.epochs * len(batches))

    def after_epoch(_: nn.Module) -> dict[str, float]:
        measured = {f"val_{name}": value for name, value in validate(net).items()}
        return {**measured, **zeros(net.backbone), "strength": make.strength}

    curves = train(
        net,
        batches,
        objective=objective_of(net, config),
        balance=balancer_of(config),
        make_optimizer=make,
        reset_optimizer=lambda epoch: config.restart and epoch > 0,
        epochs=config.epochs,
        device=device,
        precision=config.precision,
        evaluate=after_epoch,
        checkpoint=checkpoints / f"{key(config)}.pt" if checkpoints else None,
    )
    net.eval()
    metrics = Examiner(config, sets.test, device, fine=True)(net)
    batch = prepared(sets.test.images[: config.batch_size].to(device), config)
    took = inference(net.backbone, batch, config, device) if config.timed else {}
    metrics |= {**zeros(net.backbone), **took, "strength": make.strength}
    curves = _named(curves, config) | layers(net, config, sets.val, device)
    return Result(
        metrics=metrics,
        curves={name: [_rounded(value) for value in curve] for name, curve in curves.items()},
        provenance={
            **profiles.provenance(
                device,
                started,
                curves,
                f"{sets.train.note}; {len(sets.train):,} to train on, {len(sets.test):,} to test on",
            ),
            "alive": keeping.packed(keeping.alive(net.backbone)),
        },
    )


def zeros(backbone: nn.Module) -> dict[str, float]:
    """What of a backbone is zero, in %."""
    found = sparsity(backbone)
    return {
        "group_sparsity": found.inputs,
        "filter_sparsity": found.filters,
        "parameter_sparsity": found.parameters,
    }


def layers(net: DenseTasks, config: Config, pictures: object, device: str) -> dict[str, list[float]]:
    """Channels of every convolution, before and after, and which task keeps them."""
    found = list(channels(net.backbone).values())
    curves = {
        "channels_before": [float(one.inputs) for one in found],
        "channels_after": [float(one.living_inputs) for one in found],
        "filters_before": [float(one.filters) for one in found],
        "filters_after": [float(one.living_filters) for one in found],
    }
    if len(config.tasks) > 1:
        needed = keeping.needs(net, config, pictures, device)  # type: ignore[arg-type]
        curves |= keeping.keepers(needed, keeping.alive(net.backbone), [one.inputs for one in found])
    return curves


def _named(curves: dict[str, list[float]], config: Config) -> dict[str, list[float]]:
    """The curves of `train` with losses and weights as Eq. 2 has them: the half goes from the loss to its weight."""
    half = weight_of_loss(config)
    named = {}
    for name, curve in curves.items():
        if name == "loss" or (name.startswith("loss_") and name != f"loss_{PENALTY}"):
            curve = [value / half for value in curve]
        elif name.startswith("weight_"):
            curve = [value * half for value in curve]
        named[name] = curve
    return named


def _rounded(value: float) -> float:
    """To six digits: curves are drawn, and λ may be very small."""
    return float(f"{value:.6g}") if math.isfinite(value) else value
