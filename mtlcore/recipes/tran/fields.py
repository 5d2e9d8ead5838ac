"""What a reader calls the settings of a training run [tran]."""

from __future__ import annotations

from typing import Any

COMBINED = {
    "averaging": "equal weights",
    "gradnorm": "learnt weights, GradNorm",
    "mgda": "the shortest vector",
    "hybrid": "GradNorm, then the shortest vector",
    "uncertainty": "learnt weights, one noise a task",
    "pcgrad": "projections",
}
PUBLISHED_HYBRID = "mean of normalised gradients, then the shortest vector"
PLACES = {"parameters": "parameters", "representations": "shared representation"}
DECIDING = {"held_out": "held-out", "train": "training", "test": "test"}
COMPARED = ("gradnorm", "mgda", "hybrid")  # those that compare the tasks' gradients at a place that can be chosen


def _combined(config: Any) -> str:
    """How the gradients of the tasks become one."""
    if config.algorithm == "hybrid" and config.first_phase == "mean":
        return PUBLISHED_HYBRID
    return COMBINED[config.algorithm]


def _place(config: Any) -> str | None:
    return PLACES[config.gradients] if config.algorithm in COMPARED else None


def _problem(config: Any) -> str | None:
    if config.algorithm not in ("mgda", "hybrid"):
        return None
    normalised = "" if config.normalise == "none" else f", gradients divided by {config.normalise}"
    return f"{config.per}{normalised}"


def _switch(config: Any) -> str | None:
    """When the first phase of the hybrid ends."""
    if config.algorithm != "hybrid":
        return None
    epochs = f"{config.patience} epoch{'s' * (config.patience != 1)}"
    last = f", or after epoch {config.switch_by}" if config.switch_by < config.epochs else ""
    return f"{epochs} without progress on {DECIDING[config.switch_on]} images{last}"


# field: its title, or its title and what to show of a configuration (None where it means nothing)
FIELDS = {
    "algorithm": ("one gradient by", _combined),
    "gradients": ("gradients compared at the", _place),
    "per": ("a min-norm problem for each", _problem),
    "switch_on": ("the second phase begins", _switch),
    "alpha": (
        "exponent of GradNorm",
        lambda config: config.alpha if config.algorithm in ("gradnorm", "hybrid") else None,
    ),
    "epochs": "epochs",
    "train_images": "training images of each set",
    "batch_size": "images of each set in a batch",
    "lr": "learning rate",
}
