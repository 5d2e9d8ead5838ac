"""What a reader calls the settings of a run [upadhyay]."""

from __future__ import annotations

from typing import Any

NAMES = {
    "seg": "segmentation",
    "normal": "surface normals",
    "depth": "depth",
    "male": "male/female",
    "smile": "smile/no smile",
}
PENALTIES = {"group": "input channels", "element": "single weights (ℓ1)"}
METRICS = {"adam": "weighted by Adam's second moment", "identity": "closed form (Eq. 5)"}
CONTROLS = {"fixed": "stays", "scheduled": "follows a schedule of the sparsity", "learned": "is learnt as a multiplier"}


def penalised(config: Any) -> bool:
    """Whether anything of the backbone is penalised."""
    return config.strength > 0


def _tasks(config: Any) -> str:
    return ", ".join(NAMES[task] for task in config.tasks)


def _decay(config: Any) -> str:
    if not config.weight_decay:
        return "none"
    return f"{config.weight_decay:g}, {'in the gradient' if config.decay == 'coupled' else 'behind the step'}"


def _balance(config: Any) -> str:
    return "weights learnt (Eq. 2)" if config.balance == "uncertainty" else "one constant weight"


def _wanted(config: Any) -> str | None:
    if config.control == "fixed":
        return None
    return f"{config.wanted:g} % of {'groups' if config.penalty == 'group' else 'weights'}"


# field: its title, or its title and what to show of a configuration (None where it means nothing)
FIELDS = {
    "tasks": ("tasks", _tasks),
    "strength": ("λ as printed", lambda config: config.strength if config.control == "fixed" else None),
    "scale": (
        "λ is multiplied by",
        lambda config: config.scale if penalised(config) and config.control == "fixed" else None,
    ),
    "penalty": ("penalty on", lambda config: PENALTIES[config.penalty] if penalised(config) else None),
    "metric": ("proximal step", lambda config: METRICS[config.metric] if penalised(config) else None),
    "control": ("λ", lambda config: CONTROLS[config.control] if penalised(config) else None),
    "wanted": ("sparsity wanted", _wanted),
    "weight_decay": ("weight decay", _decay),
    "restart": "moments forgotten every epoch",
    "balance": ("losses", _balance),
    "epochs": "epochs",
    "train_images": "training images",
    "size": "image side (pixels)",
    "width": "width (of ResNet-50: 64)",
    "batch_size": "batch",
    "lr": "learning rate",
}
