"""What freezing and skipping save of a step of VGG-16 and ResNet-110, and the hours of whole runs [goutam]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mtlcore import recipes
from mtlcore.recipes import Evidence
from mtlcore.recipes.goutam.cifar import POLICY_EPOCHS, Config
from mtlcore.recipes.goutam.cifar_cost import ROWS
from mtlcore.recipes.goutam.speed import BATCHES
from mtlcore.report.block import Block, prose
from mtlcore.report.layerout.cifar import TABLES
from mtlcore.report.layerout.cifar_saved import batch_of, depth_share, saved
from mtlcore.report.measures import mean, metric, told
from mtlcore.report.names import names_of_row
from mtlcore.report.tables import NAMES, NOTHING, table_of, where
from mtlcore.report.verdicts import listed
from mtlcore.results import Record

MEASURES = {
    "backward_saved": "backward FLOPs",
    "computed_saved": "all FLOPs",
    "kept_saved": "activations kept",
    "gradients_saved": "gradients",
    "both_saved": "activations and gradients",
    "step_saved": "step time",
}


def cifar_cost_table(costs: Evidence) -> Block:
    """Per method: what it leaves out, and what that saves; with the normalisation trainable, and frozen at the bottom.

    What is counted is the exact mean of all draws where that is known; time is that of the runs.
    """
    rows = []
    for row in ROWS:
        if not costs.rows.get(row):
            continue
        exact = exact_of(costs, row)
        left_out = metric(costs, row, "frozen") or metric(costs, row, "dropped")
        for end, words in (("", ""), ("_prefix", ", saving")):
            found = [_cell(exact.get(name + end), metric(costs, row, name + end)) for name in MEASURES]
            if any(cell != NOTHING for cell in found):
                name = names_of_row("goutam", "cost", row) + words
                rows.append([name, _cell(exact.get("left_out"), left_out), *found])
    batches = " and ".join(
        dict.fromkeys(f"{batch_of(records[0].config['network'])}" for records in _counted(costs).values())
    )
    timed: Mapping[str, Any] = next((records[0].config for records in _counted(costs).values()), {})
    caption = (
        f"What is saved of a training step (%), {NAMES[costs.variant]}. What is counted of VGG-16, and the FLOPs and "
        "gradients in the plain rows of ResNet-110, are means over all draws, computed exactly; the rest, and time, is "
        f"mean ± sd over the seeds of {timed.get('draws', 'some')} drawn steps, {timed.get('timed', 'some')} of them "
        f"timed ({where(costs)}). "
        "Left out are parameters (frozen) or residual blocks (skipped). Kept are the activations that wait for the "
        f"backward pass; gradients are those of the weights, and the two together are at the batches of the document "
        f"({batches}). Time is measured in batches of {timed.get('batch_size', 'some')}, at small profiles on siblings "
        "of the networks. *Saving* is LayerOut that also freezes the normalisation below the lowest layer that trains."
    )
    header = ["", "left out", *MEASURES.values()]
    return table_of(costs, header, rows, caption=caption, name="tbl-goutam-cifar-cost")


def _counted(costs: Evidence) -> dict[str, list[Record]]:
    """The rows of the CIFAR networks that have runs."""
    return {row: costs.rows[row] for row in ROWS if costs.rows.get(row)}


def exact_of(costs: Evidence, row: str) -> dict[str, float]:
    """The exact mean savings of a row, of the network that its runs have counted; nothing without runs."""
    records = costs.rows.get(row)
    return saved(row, records[0].config["network"], published=costs.variant == "code") if records else {}


def _cell(exact: float | None, drawn: Sequence[float]) -> str:
    return told(drawn, 1) if exact is None else f"{exact + 0.0:.1f}"


def cifar_cost_words(costs: Evidence) -> Block:
    """What the table of costs shows, in exact means."""
    exact = {row: exact_of(costs, row) for row in ROWS}

    def value(row: str, name: str) -> str:
        found = exact[row].get(name)
        return NOTHING if found is None else f"{found:.0f} %".replace("-", "−")

    deep, early, depth = "dfreeze/vgg16", "efreeze/vgg16", "stochastic_depth/resnet110"
    batch = batch_of(costs.rows[deep][0].config["network"]) if costs.rows.get(deep) else 0
    return prose(
        f"""In a mean epoch that freezes, dfreeze freezes {value(deep, "left_out")} of the parameters of VGG-16 and
        saves {value(deep, "computed_saved")} of the FLOPs of a step; efreeze freezes {value(early, "left_out")} and
        saves {value(early, "computed_saved")}.
        Of the activations that wait for the backward pass efreeze saves {value(early, "kept_saved")} while the
        normalisation at the bottom still trains, and {value(early, "kept_saved_prefix")} where it is frozen
        below the lowest layer that trains; the FLOPs saved are then {value(early, "computed_saved_prefix")}.
        A frozen weight has no gradient to store either, and there dfreeze saves most,
        {value(deep, "gradients_saved")} against {value(early, "gradients_saved")}: of activations and gradients
        together, at a batch of {batch}, dfreeze saves {value(deep, "both_saved")} and efreeze
        {value(early, "both_saved")}, and {value(deep, "both_saved_prefix")} and {value(early, "both_saved_prefix")}
        with that normalisation frozen.
        The weights themselves and the momentum of the optimiser stay in memory in every case.
        Stochastic Depth leaves out {value(depth, "left_out")} of the blocks of a mean step and saves
        {value(depth, "computed_saved")} of its FLOPs.
        The compiled runs of `full` save none of this: there LayerOut drops the gradients of frozen layers only before
        the update, since one compiled graph serves all epochs, and the numbers that it trains to are the same."""
    )


def hours_table(speeds: Evidence, *, seeds: int = 5) -> Block:
    """Images a second on this machine, and an estimate of the hours that each table takes at `full`.

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
            shown.append(f"{seeds * hours:,.0f}" if hours is not None else NOTHING)
        rows.append([f"Table {id[-1]}", *shown])
    told_ = ", ".join(f"{row} {rate:,.0f}" for row, rate in rates.items() if rate)
    device, config = speeds.records[0].provenance["device"], speeds.records[0].config
    of = "" if config["network"] in rates else ", on tiny siblings, whose hours mean nothing"
    policy, finetune = POLICY_EPOCHS["full"]
    caption = (
        f"Estimated hours that the CIFAR tables take at `full` on the machine at hand (device: {device}), {seeds} "
        f"seeds, from the images a second that it trains: {told_}, measured at {speeds.profile} over "
        f"{_batches(speeds)}{of}. The estimate takes the document's batches "
        f"({' and '.join(dict.fromkeys(map(str, BATCHES.values())))}) to be as fast, counts Stochastic Depth by the "
        f"blocks of a mean step, and each of BlockDrop's {policy} epochs of policy and {finetune} of finetuning as an "
        "epoch of training; neither of the two is compiled. Runs that several tables share count in each."
    )
    header = ["", *(f"hours, {NAMES[variant]}" for variant in ("corrected", "code"))]
    return table_of(speeds, header, rows, caption=caption, name="tbl-goutam-hours")


def _batches(speeds: Evidence) -> str:
    """The steps and the batches that a speed was measured over, in words."""
    configs = [record.config for record in speeds.records]
    steps, sizes = ([f"{one[name]}" for one in configs if name in one] for name in ("steps", "batch_size"))
    if not steps or not sizes:
        return "some steps"
    return (
        f"{listed(dict.fromkeys(steps))} step{'s' * (set(steps) != {'1'})} in batches of {listed(dict.fromkeys(sizes))}"
    )


def _hours(id: str, variant: str, rates: Mapping[str, float | None]) -> float | None:
    """Hours of one seed of a table at `full`, each run once; None where a network has not been timed."""
    grid = recipes.study("goutam", id).grid("full", "twin", 1, variant)
    total = 0.0
    for config in dict.fromkeys(config for _, config in grid):
        rate = rates.get(config.network)
        if not rate:
            return None
        total += _epochs(config) * config.train_images / rate / 3600
    return total


def _epochs(config: Config) -> float:
    """Epochs of a run, in epochs of plain training of its network.

    An epoch of BlockDrop's policy runs the network forward twice and trains a small one, which is about one of
    training; an epoch of its finetuning is somewhat more.
    """
    depth = depth_share(config.network, config.survival) if config.survival < 1 else 1.0
    return config.epochs * depth + config.policy_epochs + config.finetune_epochs


def commands(runs: Mapping[str, Evidence | None], *, seeds: int = 5) -> Block:
    """The command of each table at `full`, and those that record at `desk` what is not recorded yet.

    Args:
        runs: table -> its recorded runs, if any.
        seeds: runs of every row.
    """

    def line(id: str, profile: str, count: int) -> str:
        return (
            f"python -m mtlcore run goutam {id} --profile {profile} --source real --seeds {count} --variant corrected"
        )

    full = "\n".join(line(id, "full", seeds) for id in TABLES)
    parts = [
        "One command trains a table with the settings of the text, on the networks themselves; `--variant` takes "
        "`paper` and `code` as well, `--source twin` what needs no download. A command that was stopped goes on "
        f"where it was:\n\n```sh\n{full}\n```"
    ]
    missing = [id for id in TABLES if not _complete(runs.get(id))]
    if missing:
        desk = "\n".join(line(id, "desk", 3) for id in missing)
        names = listed(f"Table {id[-1]}" for id in missing)
        parts.append(
            f"Not recorded yet, or not in all rows: {names}. These commands do it at `desk`:\n\n```sh\n{desk}\n```"
        )
    return Block("\n\n".join(parts))


def _complete(evidence: Evidence | None) -> bool:
    return evidence is not None and all(evidence.rows.values())


def alike_words(profile: str) -> Block:
    """What the four methods of Table 6 have in common in our runs, and what BlockDrop has beside it."""
    policy, finetune = POLICY_EPOCHS[profile]
    desk, full = POLICY_EPOCHS["desk"], POLICY_EPOCHS["full"]
    return prose(
        f"""As written and corrected, ResNet-110, Stochastic Depth and LayerOut have the same images, optimiser, steps
        of the learning rate and epochs.
        BlockDrop starts from a network that was trained so, and gets more: Adam trains its policy, and then policy and
        network together, {policy} + {finetune} epochs in this run, {desk[0]} + {desk[1]} at `desk` and
        {full[0]} + {full[1]} at `full`; its authors took far more.
        What that adds is the last column of {{numref}}`tbl-goutam-rivals`.
        As published, each is trained as its own authors did."""
    )
