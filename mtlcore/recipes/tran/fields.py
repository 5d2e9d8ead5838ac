"""What a reader calls the settings of a training run [tran]."""

from __future__ import annotations

from typing import Any

GRADIENTS = {"parameters": "parameters", "representations": "shared representation"}
DECIDING = {"held_out": "held-out images", "train": "training images", "test": "test images"}
FIRST = {"gradnorm": "GradNorm", "mean": "mean of normalised gradients"}
COMPARED = ("gradnorm", "mgda", "hybrid")  # what compares the tasks' gradients at a place that can be chosen


def _of(config: Any, algorithms: tuple[str, ...], value: Any) -> Any:
    """A value where the algorithm has a use for it; None elsewhere."""
    return value if getattr(config, "algorithm", None) in algorithms else None


# field: its title, or its title and what to show of a configuration (None where it means nothing)
FIELDS = {
    "gradients": ("gradients of", lambda config: _of(config, COMPARED, GRADIENTS[config.gradients])),
    "alpha": ("exponent of GradNorm", lambda config: _of(config, ("gradnorm", "hybrid"), config.alpha)),
    "per": ("min-norm problem for each", lambda config: _of(config, ("mgda", "hybrid"), config.per)),
    "normalise": ("gradients divided by", lambda config: _of(config, ("mgda", "hybrid"), config.normalise)),
    "first_phase": ("first phase", lambda config: _of(config, ("hybrid",), FIRST[config.first_phase])),
    "patience": ("epochs without progress", lambda config: _of(config, ("hybrid",), config.patience)),
    "switch_on": ("seen on", lambda config: _of(config, ("hybrid",), DECIDING[config.switch_on])),
    "switch_by": ("or after epoch", lambda config: _of(config, ("hybrid",), config.switch_by)),
    "epochs": "epochs",
    "train_images": "training images of each set",
    "batch_size": "images of each set in a batch",
    "lr": "learning rate",
}
