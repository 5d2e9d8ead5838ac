"""What the chapter looks at besides its runs: pictures, and the λ that ends a channel in one step [upadhyay, Eq. 5]."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from mtlcore import data
from mtlcore.nets.dense_tasks import DenseTasks
from mtlcore.recipes.upadhyay import running, studies
from mtlcore.recipes.upadhyay.config import Config
from mtlcore.recipes.upadhyay.keeping import convolutions
from mtlcore.recipes.upadhyay.losses import balancer_of, objective_of
from mtlcore.recipes.upadhyay.optimisers import Maker
from mtlcore.recipes.upadhyay.sets import Batches, sets_of
from mtlcore.train import train


class Critical(NamedTuple):
    """λ as the optimiser takes it, from which on a proximal step makes an input channel zero; one a channel."""

    identity: Tensor  # |x| / (lr √n), the closed form
    adam: Tensor  # |D x| / (lr √n), in the metric D = √v + ε
    metric: Tensor  # D, root mean square over each channel


def config(profile: str, source: str, variant: str, *, seed: int = 0, **settings: object) -> Config:
    """The configuration of the dense three-task run of a seed, as the grid of Table 1 has it."""
    grid = studies.table_1(profile, source, seed + 1, variant, **settings)
    found: Config = next(one for row, one in grid if row == "seg_normal_depth_0" and one.seed == seed)
    return found


def strengths(profile: str, source: str, variant: str, **settings: object) -> dict[str, float]:
    """λ of Table 1 as it is printed -> as the optimiser takes it in the three-task runs of a profile."""
    grid = dict(studies.table_1(profile, source, 1, variant, **settings))
    rows = {strength: grid[f"seg_normal_depth_{strength}"] for strength in studies.STRENGTHS[1:]}
    return {f"λ = {strength}": one.strength * one.scale for strength, one in rows.items()}


def critical(config: Config, *, device: str = "cpu") -> Critical:
    """Train a dense network and measure at which λ the next step would end each input channel of its backbone.

    Raises:
        ValueError: the configuration has a penalty, which would change what is measured.
    """
    if config.strength:
        raise ValueError(f"the network to look at is trained without a penalty, got λ = {config.strength:g}")
    torch.manual_seed(config.seed)
    net = running.network(config)
    batches = Batches(config, sets_of(config).train, device)
    make = Maker(config, config.epochs * len(batches))
    train(
        net,
        batches,
        objective=objective_of(net, config),
        balance=balancer_of(config),
        make_optimizer=make,
        epochs=config.epochs,
        device=device,
        precision=config.precision,
    )
    assert make.made is not None  # by the training
    return measured(net, make.made.state, config.lr, config.epsilon)


@torch.no_grad()
def measured(net: DenseTasks, state: dict[Tensor, dict[str, Tensor]], lr: float, epsilon: float) -> Critical:
    """As `critical`, of a network and the state of its Adam."""
    found: tuple[list[Tensor], ...] = ([], [], [])
    for module in convolutions(net.backbone).values():
        weight = module.weight
        metric = state[weight]["exp_avg_sq"].sqrt() + epsilon
        reach = lr * (weight.numel() // weight.shape[1]) ** 0.5
        found[0].append(_lengths(weight) / reach)
        found[1].append(_lengths(metric * weight) / reach)
        found[2].append(_lengths(metric) / (weight.numel() // weight.shape[1]) ** 0.5)
    return Critical(*(torch.cat(parts).cpu() for parts in found))


def _lengths(weight: Tensor) -> Tensor:
    """The norm of every input channel of a weight (O, I, H, W), (I,)."""
    return torch.linalg.vector_norm(weight, dim=(0, 2, 3))


def pictures(name: str, source: str, *, count: int, size: int, split: str = "test") -> data.Pictures:
    """The first images of a set at a size fit for a page."""
    found: data.Pictures = data.load(name, source=source, split=split, limit=count, size=size)  # type: ignore[call-overload]
    return found


class Priors(NamedTuple):
    """Share of the commoner answer among the test images, 0 to 1: what a constant answer gets right."""

    male: float
    smile: float


def priors(source: str, count: int, size: int) -> Priors:
    """The shares of the commoner class of both attributes, among the test images that runs are measured on."""
    labels = pictures("celebamask", source, count=count, size=size).labels
    shares = [float(labels[name].double().mean()) for name in ("male", "smiling")]
    return Priors(*(max(share, 1 - share) for share in shares))
