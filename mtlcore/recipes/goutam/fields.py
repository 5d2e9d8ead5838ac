"""What a reader calls the settings of a run of LayerOut [goutam]."""

from __future__ import annotations

from mtlcore.recipes.goutam.mnist import Config

DRAWN = "random"
SCHEMES = {"independent": "each on its own", "published": "leading run only"}


def _vector(config: Config) -> tuple[float, ...] | str | None:
    """The freeze probabilities; None where nothing freezes."""
    return (config.probabilities or DRAWN) if config.layerout else None


def _warmup(config: Config) -> int | None:
    return config.warmup if config.layerout else None


def _scheme(config: Config) -> str | None:
    return SCHEMES[config.scheme] if config.layerout else None


def _redraw(config: Config) -> bool | None:
    return config.redraw if _vector(config) == DRAWN else None


# field: its title, or its title and what to show of a configuration (None where it means nothing)
FIELDS = {
    "layerout": "freezes layers",
    "probabilities": ("freeze probability of each layer", _vector),
    "warmup": ("warm-up epochs", _warmup),
    "scheme": ("layers drawn", _scheme),
    "redraw": ("new random vector every epoch", _redraw),
    "reset_optimizer": "momentum dropped every epoch",
    "epochs": "epochs",
    "train_images": "training images",
}
