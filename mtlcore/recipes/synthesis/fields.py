"""What a reader calls the settings of a run."""

from __future__ import annotations

from typing import Any

WORDS = {
    "dropout": "units left out at random, in each step",
    "neuron-behaviour": "units with like activations",
    "weight-matrix": "units with like incoming weights",
    "distinctiveness": "units with like or opposite activations, least squares",
    "group": "penalty on input channels",
    "l1": "penalty on single weights",
    "layerout": "layers frozen at random, in each epoch",
    "narrow": "channels and units, from the start",
}
ZEROS = {"group": "the input channels", "element": "the weights"}


def _taken(config: Any) -> str | None:
    if not hasattr(config, "methods"):
        return None
    return "; ".join(WORDS[method] for method in config.methods) or "nothing"


def _share(config: Any) -> str | None:
    return f"{100 * config.share:g} %" if config.methods else None


# field: its title, or its title and what to show of a configuration (None where it means nothing)
FIELDS = {
    "methods": ("what is taken", _taken),
    "share": ("share", _share),
    "balancer": "balancer",
    "zero": (
        "zero at the end",
        lambda config: f"{100 * config.zero:g} % of {ZEROS[config.penalty]}" if config.zero else None,
    ),
    "frozen": ("frozen in an epoch", lambda config: f"{100 * config.frozen:g} %" if config.frozen else None),
    "epochs": "epochs",
    "train_images": "training images",
    "batch_size": "batch",
    "lr": "learning rate",
}
