"""What a study shows of a run [ge]."""

from __future__ import annotations

from mtlcore.recipes.ge.config import Config
from mtlcore.recipes.ge.pruning import schedule
from mtlcore.results import Record


def shown(row: str, record: Record) -> dict[str, float]:
    """The metrics of a run as every row shows them.

    The epoch of Weight Matrix counts its pretraining where its time does, and a jump of the loss that was not measured
    where units went is left out.
    """
    metrics = dict(record.metrics)
    pretraining = record.config.get("pretraining")
    if pretraining and "epochs" in metrics:
        metrics["epochs"] += pretraining
    if _jump_missed(record):
        metrics.pop("loss_jump", None)
    return metrics


def _jump_missed(record: Record) -> bool:
    """Whether the jump is not that of the first pruning that took units out.

    Older runs measured Neuron Behaviour at the first moment at which it may prune, also where nothing went then, and
    gave a 0 to Weight Matrix, which prunes before it trains.
    """
    config, metrics, alive = record.config, record.metrics, record.curves.get("alive", [])
    if config.get("technique") == "weight_matrix":
        return True
    if config.get("technique") != "neuron_behaviour" or not metrics.get("neurons_pruned") or metrics.get("loss_jump"):
        return False
    first = schedule(len(alive), config.get("interval", Config.interval))[:1]
    return all(alive[epoch] == alive[0] for epoch in first)
