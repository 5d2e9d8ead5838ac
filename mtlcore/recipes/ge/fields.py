"""What a reader calls the settings of a run [ge]."""

from __future__ import annotations

from typing import Any

from mtlcore.recipes.ge.config import Config

CONDITIONS = {"falling": "while the loss falls", "always": "always"}
STARTS = {"continue": "the pruned weights", "afresh": "new weights"}


def _features(config: Config) -> str:
    chosen = {"genetic": f"{config.kept:,}, genetic", "random": f"{config.kept:,}, random"}
    return chosen.get(config.features, config.features)


def _angle(config: Config) -> float | None:
    prunes = config.technique in ("neuron_behaviour", "weight_matrix")
    return config.angle if prunes and config.rate is None else None


def _rate(config: Config) -> float | None:
    return config.dropout or config.rate


def _behaviour(config: Config, value: Any) -> Any:
    return value if config.technique == "neuron_behaviour" else None


def _weights(config: Config, value: Any) -> Any:
    return value if config.technique == "weight_matrix" else None


def _centre(config: Config) -> str | None:
    return _behaviour(config, "origin" if config.center is None else f"{config.center:g}")


def _pretraining(config: Config) -> int | None:
    return _weights(config, config.epochs if config.pretraining is None else config.pretraining)


# field: its title, or its title and what to show of a configuration (None where it means nothing)
FIELDS = {
    "features": ("features", _features),
    "angle": ("angle (°)", _angle),
    "rate": ("share of units", _rate),
    "center": ("measured from", _centre),
    "condition": ("prunes", lambda config: _behaviour(config, CONDITIONS[config.condition])),
    "bias": ("bias compared", lambda config: _weights(config, config.bias)),
    "retrain": ("trained on from", lambda config: _weights(config, STARTS[config.retrain])),
    "pretraining": ("epochs before pruning", _pretraining),
    "epochs": "epochs",
    "lr": "learning rate",
    "batch_size": "batch",
    "l2": "L2 penalty",
    "activation": "activation",
    "train_samples": "training samples",
    "selection_samples": "samples of the selection",
    "generations": "generations",
}
