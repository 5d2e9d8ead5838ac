"""What freezing and skipping save of a step of VGG-16 and ResNet-110, and the hours of whole runs [goutam]."""

from __future__ import annotations

from collections.abc import Mapping

from mtlcore import recipes
from mtlcore.recipes import Evidence
from mtlcore.recipes.goutam.cifar_cost import ROWS
from mtlcore.report.block import Block, prose
from mtlcore.report.layerout.cifar import TABLES
from mtlcore.report.measures import mean, metric, told
from mtlcore.report.names import names_of_row
from mtlcore.report.tables import NAMES, table_of, where

MEASURES = {
    "backward_saved": "backward FLOPs",
    "computed_saved": "all FLOPs",
    "kept_saved": "activations kept",
    "step_saved": "step time",
}


def cifar_cost_table(costs: Evidence) -> Block:
    """Per method: what it leaves out, and what that saves; LayerOut as published and as it could save."""
    rows = []
    for row in ROWS:
        if not costs.rows.get(row):
            continue
        left_out = metric(costs, row, "frozen") or metric(costs, row, "dropped")
        for end, words in (("", ""), ("_prefix", ", saving")):
            found = [told(metric(costs, row, name + end), 1) for name in MEASURES]
            if any(cell != "–" for cell in found):
                rows.append([names_of_row("goutam", "cost", row) + words, told(left_out, 1), *found])
    caption = (
        f"What is saved of a training step (%), {NAMES[costs.variant]}, {where(costs)} (mean ± sd over the draws of "
        "the seeds): FLOPs and bytes of activations that wait for the backward pass are counted, time is measured "
        "here, at small profiles on siblings of the networks. Left out are parameters (frozen) or residual blocks "
        "(skipped). *Saving* is LayerOut that also freezes the normalisation below the lowest layer that trains."
    )
    header = ["", "left out", *MEASURES.values()]
    return table_of(costs, header, rows, caption=caption, name="tbl-goutam-cifar-cost")


def cifar_cost_words(costs: Evidence) -> Block:
    """What the table of costs shows."""

    def value(row: str, name: str) -> str:
        found = mean(costs, row, name)
        return "–" if found is None else f"{found:.0f} %".replace("-", "−")

    deep, early, depth = "dfreeze/vgg16", "efreeze/vgg16", "stochastic_depth/resnet110"
    return prose(
        f"""On VGG-16 dfreeze freezes {value(deep, "frozen")} of the parameters and saves
        {value(deep, "computed_saved")} of the FLOPs of a step; efreeze freezes {value(early, "frozen")} and saves
        {value(early, "computed_saved")}.
        Of the activations that wait for the backward pass efreeze saves {value(early, "kept_saved")} as published,
        where the normalisation at the bottom still trains, and {value(early, "kept_saved_prefix")} where it is frozen
        below the lowest layer that trains; the FLOPs saved are then {value(early, "computed_saved_prefix")}.
        Stochastic Depth leaves out {value(depth, "dropped")} of the blocks and saves
        {value(depth, "computed_saved")} of the FLOPs of a step."""
    )


def hours_table(speeds: Evidence, *, seeds: int = 5) -> Block:
    """Images a second on this machine, and the hours that each table takes at `full`.

    Args:
        speeds: of the study "speed".
        seeds: runs of every row.
    """
    rates = {row: mean(speeds, row, "images_per_second") for row in speeds.rows}
    rows = []
    for id in TABLES:
        shown = []
        for variant in ("corrected", "code"):
            hours = _hours(id, variant, rates)
            shown.append(f"{seeds * hours:,.0f}" if hours is not None else "–")
        rows.append([f"Table {id[-1]}", *shown])
    told_ = ", ".join(f"{row} {rate:,.0f}" for row, rate in rates.items() if rate)
    device = speeds.records[0].provenance["device"]
    of = "" if speeds.records[0].config["network"] in rates else ", on tiny siblings, whose hours mean nothing"
    caption = (
        f"Hours that the CIFAR tables take at `full` on the machine at hand (device: {device}), {seeds} seeds, "
        f"from the images a second that it trains ({told_}, measured at {speeds.profile}{of}). BlockDrop's policy "
        "comes on top; runs that several tables share count in each."
    )
    header = ["", *(f"hours, {NAMES[variant]}" for variant in ("corrected", "code"))]
    return table_of(speeds, header, rows, caption=caption, name="tbl-goutam-hours")


def _hours(id: str, variant: str, rates: Mapping[str, float | None]) -> float | None:
    """Hours of one seed of a table at `full`, each run once; None where a network has not been timed."""
    grid = recipes.study("goutam", id).grid("full", "twin", 1, variant)
    total = 0.0
    for config in dict.fromkeys(config for _, config in grid):
        rate = rates.get(config.network)
        if not rate:
            return None
        total += config.epochs * config.train_images / rate / 3600
    return total
