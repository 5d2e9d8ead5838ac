"""What changes with LayerOut beside freezing, each thing alone [goutam]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mtlcore import claims
from mtlcore.recipes import Evidence
from mtlcore.recipes.goutam import cifar
from mtlcore.recipes.goutam.cifar_grids import CONFOUNDS
from mtlcore.report.block import Block
from mtlcore.report.differences import numbers
from mtlcore.report.pairing import paired
from mtlcore.report.tables import NOTHING, table_of, where
from mtlcore.results import Record

SPAN = (-100.0, 100.0)


def confound_table(evidence: Evidence, others: Sequence[Evidence | None]) -> Block:
    """How much each thing that the document changes beside freezing changes the accuracy by itself.

    Args:
        evidence: of the study "confounds".
        others: runs whose best test epoch is set beside their last.
    """
    about = {
        "weight_decay": f"weight decay {cifar.OTHER_DECAY:g} instead of {cifar.Config.weight_decay:g}",
        "momentum_reset": "optimiser rebuilt every epoch, nothing frozen",
        "erasing": f"random erasing of {100 * cifar.ERASE:.0f} % of the images instead of none",
    }
    rows = []
    for name in CONFOUNDS[1:]:
        cells = [_difference(evidence, f"{name}/{net}", f"baseline/{net}") for net in ("vgg16", "resnet110")]
        rows.append([about[name], *cells])
    rows.append(["random erasing with the published probability, 0", *["0, the same run"] * 2])
    runs = _unfrozen([evidence, *others])
    looked = [[one for one in runs if ("vgg" in one.config["network"]) == vgg] for vgg in (True, False)]
    rows.append(["best test epoch instead of the last, any of these", *map(_looking, looked)])
    counts = " and ".join(f"{len(records)}" for records in looked)
    caption = (
        "Confounds on CIFAR-10: change of the test accuracy (points) when one thing is changed and no layer is frozen, "
        f"mean and 95 % interval of differences paired by seed ({where(evidence)}). In the last row the interval is "
        f"over all runs on CIFAR-10 that freeze and leave out nothing, each once ({counts} of the two networks), those "
        "of this table and of Tables 2, 3 and 6; the largest change stands behind it. The best epoch cannot be worse "
        "than the last."
    )
    header = (
        ["", "VGG-16 (sibling)", "ResNet-110 (sibling)"] if evidence.profile != "full" else ["", "VGG-16", "ResNet-110"]
    )
    return table_of(evidence, header, rows, caption=caption, name="tbl-goutam-confounds")


def _unfrozen(evidence: Sequence[Evidence | None]) -> list[Record]:
    """Runs on CIFAR-10 that neither freeze nor leave out anything, each once."""
    found = {record.key: record for one in evidence if one for record in one.records}
    return [record for record in found.values() if _plain(record.config)]


def _plain(config: Mapping[str, Any]) -> bool:
    left_out = config["layerout"] or config["survival"] < 1 or config["policy_epochs"]
    return config["dataset"] == "cifar10" and not left_out


def _looking(records: Sequence[Record]) -> str:
    """What the best test epoch adds to the last, over some runs."""
    added = [record.metrics["best_accuracy"] - record.metrics["accuracy"] for record in records]
    if not added:
        return NOTHING
    return f"{_interval(added)} (up to {max(added):+.2f})"


def _difference(evidence: Evidence, row: str, other: str) -> str:
    values = paired(evidence, row, other, "accuracy")
    return _interval(values) if values else NOTHING


def _interval(values: Sequence[float]) -> str:
    if len(values) < 2:
        return f"{values[0]:+.2f}".replace("-", "−")
    return numbers(claims.Difference("", "", *claims.interval(values), len(values)), 2, SPAN)
