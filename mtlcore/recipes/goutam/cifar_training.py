"""Train one network on CIFAR: plainly, by LayerOut, by Stochastic Depth, or by BlockDrop behind it [goutam]."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtlcore import data, profiles
from mtlcore.nets.resnet_cifar import ResNet, he
from mtlcore.prune import LayerOut
from mtlcore.prune.layerout import freezable
from mtlcore.prune.stochastic_depth import StochasticDepth
from mtlcore.recipes.goutam import cifar, networks
from mtlcore.recipes.goutam.cifar import CLASSES, Config
from mtlcore.results import Result, key
from mtlcore.train import Precision, train

Curves = dict[str, list[float]]
PUBLISHED_SEED = 23  # of the one vector of the published scripts


@functools.lru_cache(maxsize=4)
def load(dataset: str, source: str, split: str, limit: int) -> data.Dataset:
    """A part of a data set, read or drawn once a process."""
    return data.load(dataset, source=source, split=split, limit=limit)


@dataclasses.dataclass(frozen=True)
class Batches:
    """What a run trains and tests on, on the device."""

    train: data.Resident
    test: data.Resident
    note: str

    @classmethod
    def of(cls, config: Config, device: str) -> Batches:
        """Crops of images padded by 4, half of them mirrored, normalised by the training set [goutam, Section 5]."""
        images = load(config.dataset, config.source, "train", config.train_images)
        tests = load(config.dataset, config.source, "test", config.test_images)
        mean, std = images.moments()
        view: dict[str, Any] = {"device": device, "mean": mean, "std": std, "channels_last": config.channels_last}
        augmented = data.Resident(
            images,
            batch_size=config.batch_size,
            seed=config.seed,
            crop_padding=4,
            crop_size=32,
            flip=True,
            erase=config.erase,
            drop_last=len(images) % config.batch_size == 1,  # batch normalisation cannot take a single image
            **view,
        )
        return cls(augmented, data.Resident(tests, batch_size=1000, shuffle=False, **view), images.note)


def network(config: Config) -> nn.Module:
    """The network of a run, with its initial weights."""
    torch.manual_seed(config.seed)
    net = networks.build(config.network, CLASSES[config.dataset])
    if config.init == "he" or isinstance(net, ResNet):  # of the residual network the published code too has He's
        he(net)
    return net


def policy(net: nn.Module, config: Config) -> LayerOut | None:
    """What freezes the layers of a run; None where nothing does."""
    if not config.layerout:
        return None
    return LayerOut(
        net,
        vector(config, len(freezable(net))),
        scheme=config.scheme,
        redraw=config.redraw,
        warmup=config.warmup,
        seed=config.seed,
        norms=config.norms,
        by="update" if config.compile else "backward",
    )


def vector(config: Config, layers: int) -> tuple[float, ...] | None:
    """Freeze probabilities of the layers; None where they are drawn."""
    if config.vector == "random":
        return None
    if config.vector == "never":
        return (0.0,) * layers
    if config.vector == "published":  # the code draws chances of survival
        survival = torch.rand(layers, generator=torch.Generator().manual_seed(PUBLISHED_SEED))
        return tuple((1 - survival.double()).tolist())
    return cifar.VECTORS[config.vector]


def run(config: Config, *, device: str = "cpu", checkpoints: Path | None = None) -> Result:
    """Train once; the checkpoint `<key>.pt` is left to whoever stores the result.

    Returns:
        metrics: accuracy of the last epoch and of the best test epoch (%), test loss (nats), frozen (% of the layers'
        parameters, mean over all epochs), images_per_second of training; with Stochastic Depth depth (% of the blocks
        in a mean step); curves: accuracy, loss, test_loss, frozen, seconds.
    """
    started = time.perf_counter()
    net = network(config)
    batches = Batches.of(config, device)
    checkpoint = checkpoints / f"{key(config)}.pt" if checkpoints else None
    curves = fit(net, batches, config, device=device, checkpoint=checkpoint)
    return result(curves, batches, config, device=device, started=started)


def fit(net: nn.Module, batches: Batches, config: Config, *, device: str, checkpoint: Path | None) -> Curves:
    """Train a network as a configuration has it, and return its curves."""
    layerout = policy(net, config)
    depth = None
    if config.survival < 1:
        depth = StochasticDepth(len(net.blocks), last=config.survival, seed=config.seed)  # type: ignore[arg-type]
    decay = config.weight_decay

    def start_epoch(epoch: int) -> dict[str, float]:
        nonlocal decay
        if config.late_weight_decay is not None and epoch >= config.warmup:
            decay = config.late_weight_decay
        if depth:
            depth.start(epoch)
        return {"frozen": 100 * layerout.share(layerout.apply(epoch)) if layerout else 0.0}

    def make_optimizer(net: nn.Module) -> torch.optim.Optimizer:
        optimizer = torch.optim.SGD(
            net.parameters(), config.lr, config.momentum, weight_decay=decay, nesterov=config.nesterov
        )
        return layerout.guard(optimizer) if layerout else optimizer

    def evaluate(net: nn.Module) -> dict[str, float]:
        found = {"depth": 100 * depth.depth / len(depth.survival)} if depth else {}
        predict = functools.partial(net, keep=depth.survival) if depth else net
        return found | measure(predict, batches.test)

    return train(
        net,
        batches.train,
        objective=functools.partial(_cross_entropy, depth),
        make_optimizer=make_optimizer,
        epochs=config.epochs,
        device=device,
        precision=Precision(config.bf16, config.channels_last, config.compile),
        schedule=lambda epoch: cifar.rate(config, epoch),
        start_epoch=start_epoch,
        reset_optimizer=lambda epoch: config.reset_optimizer and epoch >= config.warmup,
        evaluate=evaluate,
        checkpoint=checkpoint,
    )


def _cross_entropy(depth: StochasticDepth | None, net: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(net(images, depth.draw()) if depth else net(images), labels)


def measure(predict: Callable[[Tensor], Tensor], tests: data.Resident) -> dict[str, float]:
    """Accuracy (%) and loss (nats) on the test images."""
    outputs = [(predict(images).float(), labels) for images, labels in tests.epoch(0)]
    logits, labels = (torch.cat(parts) for parts in zip(*outputs, strict=True))
    return {
        "accuracy": 100 * float((logits.argmax(1) == labels).double().mean()),
        "test_loss": float(F.cross_entropy(logits, labels)),
    }


def result(curves: Curves, batches: Batches, config: Config, *, device: str, started: float, **more: float) -> Result:
    """What a run is stored as: the curves of its last stage, and the metrics that follow from them."""
    accuracy, frozen = curves["accuracy"], curves.get("frozen", [0.0])
    metrics = {
        "accuracy": accuracy[-1],
        "best_accuracy": max(accuracy),
        "test_loss": curves["test_loss"][-1],
        "frozen": sum(frozen) / len(frozen),
        "images_per_second": len(batches.train.dataset) / (sum(curves["seconds"]) / len(curves["seconds"])),
    }
    if "depth" in curves:
        metrics["depth"] = sum(curves["depth"]) / len(curves["depth"])
    return Result(
        metrics=metrics | more,
        curves={name: [round(value, 5) for value in curve] for name, curve in curves.items()},
        provenance=profiles.provenance(device, started, curves, batches.note),
    )
