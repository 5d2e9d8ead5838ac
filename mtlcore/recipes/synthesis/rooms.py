"""The second setting: NYU-v2 with three dense tasks, on the thin dilated ResNet of [upadhyay].

What makes sense there: the two penalties on the backbone's convolutions, which end at a share as on the digits (see
`penalties`), LayerOut, and both together. Losses are weighted by learnt uncertainties, as that document has it.
Directional pruning needs a hidden layer that all heads read, which this network has not.
"""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mtlcore import data, profiles
from mtlcore.nets.dense_tasks import DenseTasks
from mtlcore.prune import LayerOut, ProxAdam, penalised
from mtlcore.prune.layerout import freezable
from mtlcore.recipes import Grid
from mtlcore.recipes.synthesis.penalties import Rising
from mtlcore.recipes.synthesis.studies import refuse_variant
from mtlcore.recipes.tran.training import Timed
from mtlcore.recipes.upadhyay import config as upadhyay
from mtlcore.recipes.upadhyay.losses import balancer_of, objective_of
from mtlcore.recipes.upadhyay.metrics import Examiner
from mtlcore.recipes.upadhyay.optimisers import GROUPS
from mtlcore.recipes.upadhyay.running import network, zeros
from mtlcore.recipes.upadhyay.sets import Batches, prepared, sets_of
from mtlcore.recipes.upadhyay.timing import inference
from mtlcore.results import Result, key
from mtlcore.train import train

DATASET = "nyuv2"
SHARE = 0.5  # of the channels or weights to be zero, and of the layers to be frozen, where a row asks for it
GROUP: dict[str, Any] = {"zero": SHARE, "penalty": "group", "metric": "identity"}
ROWS: dict[str, dict[str, Any]] = {
    "dense": {},
    "group": GROUP,
    "l1": {**GROUP, "penalty": "element"},
    "layerout": {"frozen": SHARE},
    "group+layerout": {**GROUP, "frozen": SHARE},
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(upadhyay.Config):
    """One training run on NYU-v2.

    Attributes:
        frozen: probability with which LayerOut freezes each layer in an epoch; 0 freezes none.
        zero: share of the backbone's input channels, or single weights, at which the penalty ends; 0 for no penalty.
        push: of the penalty, as `strength` of the digits; the document's own `strength` stays 0.
    """

    frozen: float = 0.0
    zero: float = 0.0
    push: float = 0.12

    def __post_init__(self) -> None:
        """Refuse what the recipe of the document refuses, and another data set."""
        super().__post_init__()
        if self.dataset != DATASET:
            raise ValueError(f"dataset is {self.dataset!r}; this study is about {DATASET}")
        if self.strength or self.control != "fixed":
            raise ValueError("this study knows no λ of the document's own; set zero, the share at which a penalty ends")
        for name in ("frozen", "zero"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 0 or more and less than 1")

    @property
    def recipe(self) -> str:
        """The name of the recipe."""
        return "synthesis"


DESK: dict[str, Any] = {"train_images": 416, "test_images": 256, "blocks": (1, 1, 1, 1), "epochs": 10, "lr": 0.005}


def grid(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The rows on NYU-v2, a seed at a time; `desk` is thinner than that of the document's recipe."""
    refuse_variant(variant)
    thin = DESK if profile == "desk" else {}
    budget = upadhyay.budget(profile, DATASET, {**thin, **settings})
    found = data.source_of(DATASET, source) if source == "auto" else source
    fields = {"tasks": upadhyay.TASKS[DATASET], **budget, "source": found}

    def make(row: str, seed: int) -> Config:
        return Config(**{**fields, **ROWS[row], "seed": seed})

    return [(row, make(row, seed)) for seed in range(seeds) for row in ROWS]


def make_optimizer(config: Config, steps: int, net: nn.Module) -> ProxAdam:
    """Adam, with the penalty that the configuration asks for, for so many steps in all."""
    assert isinstance(net, DenseTasks)
    options: dict[str, Any] = {"lr": config.lr, "eps": config.epsilon, "weight_decay": config.weight_decay}
    if not config.zero:
        return ProxAdam(net.parameters(), **options)
    strength = config.push / (config.lr * steps)
    parameters = penalised(net, net.backbone, strength=strength, groups=GROUPS[config.penalty])
    return Rising(parameters, wanted=config.zero, steps=steps, metric=config.metric, **options)


def run(config: Config, *, device: str = "cpu", checkpoints: Path | None = None) -> Result:
    """Train one network; its checkpoint, `<key>.pt`, is left to whoever stores the result.

    Returns:
        metrics as the recipe of [upadhyay] lists them, and `seconds` of training; curves of the losses and of zeros.
    """
    started = time.perf_counter()
    torch.manual_seed(config.seed)
    net = network(config)
    sets = sets_of(config)
    batches = Timed(Batches(config, sets.train, device), device)
    layerout = None
    if config.frozen:
        probabilities = (config.frozen,) * len(freezable(net))
        layerout = LayerOut(net, probabilities, seed=config.seed, norms="prefix")

    def start_epoch(epoch: int) -> dict[str, float]:
        return {"frozen": layerout.share(layerout.apply(epoch)) if layerout else 0.0}

    def after_epoch(_: nn.Module) -> dict[str, float]:
        return {**zeros(net.backbone), "train_seconds": batches.seconds}

    curves = train(
        net,
        batches,
        objective=objective_of(net, config),
        balance=balancer_of(config),
        make_optimizer=lambda net: make_optimizer(config, config.epochs * len(batches), net),
        epochs=config.epochs,
        device=device,
        precision=config.precision,
        start_epoch=start_epoch,
        evaluate=after_epoch,
        checkpoint=checkpoints / f"{key(config)}.pt" if checkpoints else None,
    )
    net.eval()
    batch = prepared(sets.test.images[: config.batch_size].to(device), config)
    metrics = {
        **Examiner(config, sets.test, device, fine=True)(net),
        **zeros(net.backbone),
        **inference(net.backbone, batch, config, device),
        "seconds": sum(curves["train_seconds"]),
    }
    return Result(
        metrics=metrics,
        curves={name: [round(value, 5) for value in curve] for name, curve in curves.items()},
        provenance=profiles.provenance(
            device,
            started,
            curves,
            f"{sets.train.note}; {len(sets.train):,} to train on, {len(sets.test):,} to test on",
        ),
    )
