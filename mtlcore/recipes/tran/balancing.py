"""Balancing three tasks [tran, Section 4.5, Figure 6]: averaging, GradNorm, MGDA and their hybrid, and two more.

On separate inputs, the setting of the thesis, gradients are those of the parameters (Eqs. 4.5 and 4.10). On a shared
input the forms on representations are defined (Eqs. 4.7 and 4.11) and taken, as the thesis says it does; MGDA on
parameters is then a row of its own.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from mtlcore.recipes import Grid
from mtlcore.recipes.tran import balancers
from mtlcore.recipes.tran.config import Settings, refuse_unknown, resolved

ROWS = ("averaging", "gradnorm", "mgda", "hybrid", "uncertainty", "pcgrad")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """One training run with one algorithm.

    Attributes:
        algorithm: a row of the study, as `balancers.ALGORITHMS` has them.
        gradients: with respect to "parameters" or "representations" of the last shared block.
        alpha: exponent of GradNorm. weight_lr: of what learns the weights of GradNorm and uncertainty weighting.
        per: "block" | "tensor"; what MGDA solves a problem for. solver: of the min-norm problem.
        first_phase: of the hybrid, "gradnorm" or, as published, the "mean" of normalised gradients.
        normalise: gradients, in MGDA, and in that mean.
        epsilon, patience: as `Hybrid`, once an epoch. switch_by: the epoch that ends the first phase at the latest.
        switch_on: the losses that decide the switch, "held_out" | "train" | "test".
        reset_optimizer: forget the momentum at the switch.
        tau: share of the mean gradient norm below which a mini-batch counts as stationary.
        timed: steps of this algorithm and of averaging that are timed against each other.
    """

    algorithm: str
    gradients: str = "parameters"
    alpha: float = 1.0
    weight_lr: float = 0.025
    per: str = "block"
    solver: str = "exact"
    first_phase: str = "gradnorm"
    normalise: str = "none"
    epsilon: float = 0.0
    patience: int = 10
    switch_by: int = 80
    switch_on: str = "held_out"
    reset_optimizer: bool = False
    tau: float = 0.3
    timed: int = 9

    def __post_init__(self) -> None:
        """Refuse words that mean nothing, and what separate inputs do not have."""
        super().__post_init__()
        refuse_unknown(self, balancers.WORDS)
        if self.setting == "separate" and self.gradients == "representations":
            raise ValueError("separate inputs have no common representation; take gradients='parameters'")
        if self.algorithm == "hybrid" and self.switch_on == "held_out" and not self.held_out:
            raise ValueError("held_out is 0, but held-out losses decide the switch; hold images out or set switch_on")


BUDGETS: dict[str, dict[str, Any]] = {
    "smoke": {
        "train_images": 16,
        "held_out": 8,
        "test_images": 16,
        "curve_images": 8,
        "epochs": 2,
        "batch_size": 8,
        "lr": 0.01,
        "timed": 1,
    },
    "lab": {
        "train_images": 1_280,
        "held_out": 256,
        "test_images": 1_000,
        "curve_images": 256,
        "epochs": 5,
        "batch_size": 64,
        "lr": 0.01,
        "timed": 3,
        "bf16": True,
        "channels_last": True,
    },
    "desk": {
        "train_images": 6_400,
        "held_out": 600,
        "curve_images": 1_000,
        "epochs": 20,
        "lr": 0.01,
        "bf16": True,
        "channels_last": True,
    },
    "full": {"bf16": True, "channels_last": True},
}


def rows_of(setting: str, variant: str) -> tuple[str, ...]:
    """The rows of a study: the published code has no others than these three, and no forms on representations."""
    if variant == "code":
        return ("averaging", "mgda", "hybrid")
    return ROWS if setting == "separate" else (*ROWS[:3], "mgda_parameters", *ROWS[3:])


def settings_of(row: str, setting: str, variant: str, budget: dict[str, Any]) -> dict[str, Any]:
    """What a row means in a variant, as fields of the configuration."""
    chosen: dict[str, Any] = {"algorithm": "mgda" if row == "mgda_parameters" else row}
    if variant == "code":
        chosen |= {"statistics": "running", "augment_test": True, "held_out": 0}
        chosen["train_images"] = budget["train_images"] + budget["held_out"]
    elif setting == "shared" and row in ("gradnorm", "mgda", "hybrid"):
        chosen["gradients"] = "representations"
    if variant == "code" and row in ("mgda", "hybrid"):
        chosen |= {"per": "tensor", "solver": "projected", "normalise": "loss+"}
    return chosen | (hybrid_of(variant, budget["epochs"]) if row == "hybrid" else {})


def hybrid_of(variant: str, epochs: int) -> dict[str, Any]:
    """How the hybrid switches, for so many epochs: 80 of 120 at most, patience 10 [tran, the published script]."""
    if variant == "paper":
        return {"switch_on": "train", "patience": 1, "switch_by": epochs}
    fields: dict[str, Any] = {"patience": max(1, round(epochs / 12)), "switch_by": max(1, round(epochs * 2 / 3))}
    if variant == "code":
        fields |= {"first_phase": "mean", "switch_on": "test", "epsilon": -1e-5, "reset_optimizer": True}
    return fields


def configs(setting: str, profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The rows of one setting."""
    full = {"train_images": Config.train_images, "held_out": Config.held_out, "epochs": Config.epochs}
    budget = {**BUDGETS[profile], **settings}
    found = resolved(source)
    return [
        (
            row,
            Config(
                **{
                    **BUDGETS[profile],
                    **settings_of(row, setting, variant, {**full, **budget}),
                    **settings,
                    "seed": seed,
                    "source": found,
                    "setting": setting,
                }
            ),
        )
        for seed in range(seeds)
        for row in rows_of(setting, variant)
    ]


def separate(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The algorithms on separate inputs."""
    return configs("separate", profile, source, seeds, variant, **settings)


def shared(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The algorithms on a shared input."""
    return configs("shared", profile, source, seeds, variant, **settings)
