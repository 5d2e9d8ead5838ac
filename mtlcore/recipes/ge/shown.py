"""What a study shows of a run [ge]."""

from __future__ import annotations

from mtlcore.results import Record


def shown(row: str, record: Record) -> dict[str, float]:
    """The metrics of a run as every row shows them.

    The epoch of Weight Matrix counts its pretraining where its time does. It prunes before it trains and has no jump of
    the loss; older runs of it store a 0.
    """
    metrics = dict(record.metrics)
    pretraining = record.config.get("pretraining")
    if pretraining and "epochs" in metrics:
        metrics["epochs"] += pretraining
    if record.config.get("technique") == "weight_matrix":
        metrics.pop("loss_jump", None)
    return metrics
