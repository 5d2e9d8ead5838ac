"""What a reader calls the settings of a run [ge]."""

from __future__ import annotations

from mtlcore.recipes.ge.config import Config

WHEN = {"falling": "while the loss falls", "training": "while the training loss falls", "always": "always"}


def _features(config: Config) -> str:
    chosen = {"genetic": f"{config.kept:,}, genetic", "random": f"{config.kept:,}, random"}
    return chosen.get(config.features, config.features)


def _center(center: float | str | None) -> str:
    if center is None:
        return "the origin"
    return "each unit's mean" if isinstance(center, str) else f"{center:g}"


def _technique(config: Config) -> str | None:
    """What goes, by what, in a few words; None where nothing does."""
    reach = f"nearest {100 * config.rate:.0f} %" if config.rate is not None else f"within {config.angle:g}°"
    if config.technique == "neuron_behaviour":
        center = _center(config.center)
        when = WHEN[config.condition]
        return f"behaviour {reach}, from {center}, {when}"
    if config.technique == "weight_matrix":
        bias = " and bias" if config.bias else ""
        return f"weights{bias} {reach}" + (", then new weights" if config.retrain == "afresh" else "")
    return f"{100 * config.dropout:.0f} % at random" if config.technique == "dropout" else None


def _epochs(config: Config) -> str:
    """Epochs of training, before and after the pruning where Weight Matrix prunes."""
    if config.technique != "weight_matrix":
        return f"{config.epochs:,}"
    return f"{config.epochs if config.pretraining is None else config.pretraining:,} + {config.epochs:,}"


# field: its title, or its title and what to show of a configuration (None where it means nothing)
FIELDS = {
    "features": ("features", _features),
    "technique": ("what goes", _technique),
    "epochs": ("epochs", _epochs),
    "lr": "learning rate",
    "batch_size": "batch",
    "l2": "L2 penalty",
    "activation": "activation",
    "train_samples": "training samples",
    "selection_samples": "samples of the selection",
    "generations": "generations",
}
