"""What a reader calls the settings of a run of LayerOut [goutam]."""

from __future__ import annotations

from mtlcore.recipes.goutam import cifar, mnist

Config = mnist.Config | cifar.Config
DRAWN = "random"
SCHEMES = {"independent": "each on its own", "published": "leading run only"}


def _vector(config: Config) -> tuple[float, ...] | str | None:
    """The freeze probabilities, or what they are called; None where nothing freezes."""
    if isinstance(config, cifar.Config):
        return config.vector if config.layerout else None
    return (config.probabilities or DRAWN) if config.layerout else None


def _blocks(config: cifar.Config) -> str | None:
    """How blocks are left out; None where they are not."""
    if config.policy_epochs:
        return "by a policy, in tests too"
    return "at random in training" if config.survival < 1 else None


def _warmup(config: Config) -> int | None:
    return config.warmup if config.layerout else None


def _scheme(config: Config) -> str | None:
    return SCHEMES[config.scheme] if config.layerout else None


def _redraw(config: Config) -> bool | None:
    return config.redraw if _vector(config) == DRAWN else None


# field: its title, or its title and what to show of a configuration (None where it means nothing)
FIELDS = {
    "layerout": "freezes layers",
    "network": "network",
    "vector": ("freeze probabilities", _vector),
    "probabilities": ("freeze probability of each layer", _vector),
    "warmup": ("warm-up epochs", _warmup),
    "scheme": ("layers drawn", _scheme),
    "redraw": ("new random vector every epoch", _redraw),
    "reset_optimizer": "momentum dropped every epoch",
    "survival": ("blocks left out", _blocks),
    "erase": "probability of erasing",
    "weight_decay": "weight decay",
    "epochs": "epochs",
    "train_images": "training images",
}
