"""The algorithms of the studies [tran, Section 4.5], built from a configuration, and what is watched in MGDA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from mtlcore.balance import (
    MGDA,
    MGDAUB,
    Balancer,
    Block,
    GradNorm,
    Hybrid,
    NormalisedMean,
    PCGrad,
    Sum,
    Uncertainty,
)
from mtlcore.recipes.tran.config import TASKS

if TYPE_CHECKING:
    from mtlcore.recipes.tran.balancing import Config

ALGORITHMS = ("averaging", "gradnorm", "mgda", "hybrid", "uncertainty", "pcgrad")
WORDS = {  # what fields of a configuration may say
    "algorithm": ALGORITHMS,
    "gradients": ("parameters", "representations"),
    "first_phase": ("gradnorm", "mean"),
    "switch_on": ("held_out", "train", "test"),
}
THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.5)  # of ||g*|| relative to the mean gradient norm, for the curves
PUBLISHED_THRESHOLD = 1e-4  # of the largest entry of g*


def make(config: Config) -> Balancer:
    """The balancer of a configuration."""
    algorithm = config.algorithm
    if algorithm == "averaging":
        return Sum()
    if algorithm == "uncertainty":
        return Uncertainty(len(TASKS), lr=config.weight_lr)
    if algorithm == "pcgrad":
        return PCGrad(seed=config.seed)
    if algorithm == "gradnorm":
        return _gradnorm(config)
    if algorithm == "mgda":
        return Watched(_mgda(config, config.normalise), config.tau)
    # the published second phase leaves the gradients as they are
    second = _mgda(config, "none" if config.first_phase == "mean" else config.normalise)
    return Hybrid(_first_phase(config), second, epsilon=config.epsilon, patience=config.patience)


def phases(balancer: Balancer) -> tuple[Balancer, ...]:
    """The balancers of the hybrid's phases, or the balancer alone."""
    return (balancer.first, balancer.second) if isinstance(balancer, Hybrid) else (balancer,)


def _first_phase(config: Config) -> Balancer:
    if config.first_phase == "mean":
        return NormalisedMean(per=config.per, normalise=config.normalise)
    return _gradnorm(config)


def _gradnorm(config: Config) -> GradNorm:
    return GradNorm(len(TASKS), alpha=config.alpha, lr=config.weight_lr, on=config.gradients)


def _mgda(config: Config, normalise: str) -> MGDA:
    step = normalise != "none"  # of the normalised gradients, as published
    if config.gradients == "representations":
        return MGDAUB(normalise=normalise, method=config.solver, normalised_step=step)
    return MGDA(per=config.per, normalise=normalise, method=config.solver, normalised_step=step)


class Watched(Balancer):
    """MGDA that counts stationary mini-batches: those that satisfy the Karush-Kuhn-Tucker condition [tran, Figure 4].

    Adds to its numbers `share`, 1 where ||g*|| is at most tau times the mean norm of the tasks' gradients (the largest
    ratio over the problems that were solved), `share_<threshold>`, the same for other thresholds, and
    `share_published`, 1 where every entry of g* is below 0.0001.

    Args:
        balancer: gives `kkt_ratio` and `kkt_max`.
        tau: the threshold.
    """

    def __init__(self, balancer: MGDA, tau: float) -> None:
        super().__init__()
        self.balancer, self.tau = balancer, tau

    def balance(
        self, losses: tuple[Tensor, ...], blocks: list[Block], representation: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """A step of the balancer, and what it says of stationarity."""
        weights, numbers = self.balancer.balance(losses, blocks, representation)
        ratio, largest = numbers["kkt_ratio"], numbers["kkt_max"]
        shares = {"share": ratio <= self.tau, "share_published": largest < PUBLISHED_THRESHOLD}
        shares |= {f"share_{threshold:g}": ratio <= threshold for threshold in THRESHOLDS}
        return weights, numbers | {name: share.double() for name, share in shares.items()}
