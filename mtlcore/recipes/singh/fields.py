"""What a reader calls the settings of a run [singh]."""

from __future__ import annotations

from mtlcore.recipes.singh.config import Config

TAKES = {"one": "one pair an epoch", "disjoint": "all disjoint pairs", "until_none": "until none is left"}
STATISTICS = {"running": "running averages", "estimated": "estimated anew after every epoch"}
RELUS = {"none": "none", "between": "ReLU, then normalisation", "after": "normalisation, then ReLU"}


def _pruning(config: Config) -> str:
    """What goes, by what, in a few words."""
    if config.pruning == "none":
        return "nothing"
    if config.pruning == "direct":
        return "nothing; built at the pruned size"
    opposing = "opposing ones removed" if config.opposite == "drop" else "opposing ones merged"
    start = f", from epoch {config.prune_from}" if config.prune_from > 1 else ""
    return f"within {config.angle:g}°, {TAKES[config.take]}, {opposing}{start}"


def _coefficient(config: Config) -> str | None:
    names = {"one": "1", "cosine": "cos θ", "projection": "cos θ · |h_y| / |h_x|"}
    return names[config.coefficient] if config.pruning == "each_epoch" else None


def _weights(config: Config) -> str:
    return "all 1" if set(config.lambdas) == {1} else ", ".join(f"{weight:g}" for weight in config.lambdas)


def _l2(config: Config) -> str:
    return f"{config.l2:g}, {'in the loss' if config.l2_form == 'loss' else 'decoupled'}"


# field: its title, or its title and what to show of a configuration (None where it means nothing)
FIELDS = {
    "backbone": "backbone",
    "weights": ("its first weights", lambda config: "ImageNet" if config.weights == "imagenet" else "random"),
    "tasks": ("tasks", lambda config: ", ".join(config.tasks)),
    "pruning": ("what is pruned", _pruning),
    "coefficient": ("weights moved times", _coefficient),
    "task_weights": ("weights of the tasks", _weights),
    "balance": ("gradients", lambda config: "surgery (PCGrad)" if config.balance == "pcgrad" else "added up"),
    "hardest": ("share of a batch trained on", lambda config: f"{100 * config.hardest:g} %"),
    "dropout": ("dropout", lambda config: config.dropout or None),
    "input_width": ("features of the layer", lambda config: config.input_width or "the backbone's own"),
    "relu": ("activation", lambda config: RELUS[config.relu]),
    "l2_form": ("ℓ2 penalty", _l2),
    "statistics": ("statistics of normalisation", lambda config: STATISTICS[config.statistics]),
    "angle_images": ("training images for angles, at most", lambda config: f"{config.angle_images:,}"),
    "epochs": "epochs",
    "size": "pixels of a side",
    "vehicles": "vehicles",
    "batch_size": "batch",
    "lr": "learning rate",
}
