"""The first words of the chapter, and what it runs on, computed from its runs [ge]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from mtlcore.claims import Judgement
from mtlcore.nets.two_task import HIDDEN
from mtlcore.recipes import Evidence
from mtlcore.recipes.ge.config import Config
from mtlcore.report.block import Block, percent, prose, result
from mtlcore.report.directional.evidence import (
    ANGLES,
    SHORT,
    gaps,
    paired,
    repeats_baseline,
    signed,
    span,
    where,
)
from mtlcore.report.directional.removal import nearest_half, rises
from mtlcore.report.measures import judged, mean
from mtlcore.report.verdicts import badge, counted

Runs = Mapping[str, Evidence | None]
ROWS = {
    "baseline": "the baseline",
    "dropout": "dropout",
    "neuron-behaviour": "Neuron Behaviour",
    "weight-matrix": "Weight Matrix",
}


def headline(runs: Runs, taken_out: Mapping[str, Tensor], shares: Sequence[float]) -> Block:
    """The result in a few sentences, from the largest runs at hand.

    Args:
        runs: study -> its runs.
        taken_out, shares: as `recipes.ge.removal.directions` gives and takes them.
    """
    found = judged(SHORT, runs)
    first = (
        _techniques(runs, found),
        _direction(taken_out, shares),
        _selection(runs, found),
        _claims(found),
        _data(runs),
    )
    more = (_fires(runs), _control(runs))
    return result(first, more)


def _data(runs: Runs) -> str:
    evidence = runs.get("table-4") or next((one for one in runs.values() if one), None)
    if not evidence or evidence.source != "twin":
        return ""
    return (
        f"**Data.** The VehicleX features are not at hand: the runs behind these lines are on {where(evidence)}. "
        "Orderings can be compared with the document's, sizes cannot."
    )


def _techniques(runs: Runs, found: Mapping[str, Judgement]) -> str:
    evidence = runs.get("table-4")
    known = {row: [mean(evidence, row, f"accuracy_t{task}") for task in (1, 2)] for row in ROWS}
    told = [
        f"{name} {pair[0]:.1f} and {pair[1]:.1f} %"
        for (row, name) in ROWS.items()
        if (pair := known[row])[0] is not None and pair[1] is not None
    ]
    if not told:
        return ""
    return (
        f"**Directional or random.** Accuracy on type and colour: {'; '.join(told)}. Weight Matrix beats dropout at "
        f"similar rates: {badge(found['wm-beats-dropout'].verdict)}; Neuron Behaviour is the worst of the three: "
        f"{badge(found['nb-worst'].verdict)}."
    )


def _fires(runs: Runs) -> str:
    evidence = runs.get("table-2")
    told = []
    for method, name in (("nb", "Neuron Behaviour"), ("wm", "Weight Matrix")):
        gone = [mean(evidence, f"{method}-{angle}", "neurons_pruned") for angle in (ANGLES[0], ANGLES[-1])]
        if gone[0] is not None and gone[1] is not None:
            told.append(f"{name} {span([round(value) for value in gone if value is not None], 0)}")
    if not told:
        return ""
    words = (
        f"**What the angles prune.** Of {HIDDEN[-1]} units, from {ANGLES[0]}° to {ANGLES[-1]}°: {', '.join(told)} "
        "in the mean run."
    )
    if instead := repeats_baseline(evidence):
        words += (
            " The incoming weights of two trained units are nearly perpendicular, so that Weight Matrix as described "
            f"prunes nothing: its rows are {instead}."
        )
    return words


def _control(runs: Runs) -> str:
    """What the epochs alone give that Weight Matrix as written has more of."""
    evidence = runs.get("alternatives")
    twice = gaps(evidence, "baseline-twice", "baseline") if evidence else ""
    if not evidence or not twice:
        return ""
    config = evidence.rows["wm-15"][0].config if evidence.rows.get("wm-15") else {}
    budget = "twice the" if config.get("pretraining") is None else "as many"
    given = gaps(evidence, "wm-15", "baseline")
    words = (
        "**The control.** As written, Weight Matrix trains, prunes, and trains as long again. Twice the epochs without "
        f"any pruning give {twice}"
    )
    return words + (f"; Weight Matrix at 15°, with {budget} epochs in all, gives {given}." if given else ".")


def _selection(runs: Runs, found: Mapping[str, Judgement]) -> str:
    evidence = runs.get("selection")
    gaps = [paired(evidence, "chosen", "random-half", f"accuracy_t{task}") for task in (1, 2)] if evidence else []
    if not gaps or not all(gaps):
        return ""
    means = [signed(sum(values) / len(values), 1) for values in gaps]
    return (
        f"**The genetic algorithm.** Its half of the features against a random half: {means[0]} points on type, "
        f"{means[1]} on colour. Against all features, half costs nothing on type: "
        f"{badge(found['ga-helps-type'].verdict)}; it keeps colour within a point: "
        f"{badge(found['ga-keeps-colour'].verdict)}."
    )


def _claims(found: Mapping[str, Judgement]) -> str:
    return f"**Claims.** Of the document's {len(found)} claims: {counted(one.verdict for one in found.values())}."


def _direction(taken_out: Mapping[str, Tensor], shares: Sequence[float]) -> str:
    """What choosing by behaviour saves of the loss that random units cost."""
    rise = rises(taken_out, at := nearest_half(shares))
    worth = "something" if rise["behaviour"] < min(rise["random"], rise["pairs"]) else "nothing here"
    return (
        f"**Direction is worth {worth}.** With {percent(shares[at])} of the units taken out of a trained network and "
        f"no training afterwards, those nearest in behaviour cost {signed(rise['behaviour'], 3)} nats, random ones "
        f"{signed(rise['random'], 3)}, or {signed(rise['pairs'], 3)} if other units take over their weights."
    )


def data_words(evidence: Evidence) -> Block:
    """Where the features come from, and how far these runs are from the document's."""
    config = evidence.records[0].config
    notes = sorted({str(record.provenance["data"]) for record in evidence.records if "data" in record.provenance})
    twin = evidence.source == "twin"
    absent = (
        """**No VehicleX file is here.** The features were a course package without stated terms; a program cannot fetch
        them and nobody may hand them on. The runs below take the *twin*: 2,048 features drawn on the spot, driven by
        type, colour, vehicle, camera and light, with the class balance and the redundancy that is known of the
        originals, and calibrated to nothing but the baseline's difficulty.
        A twin's accuracy says nothing about the document's accuracy; which of two methods is ahead may.
        """
        if twin
        else ""
    )
    return prose(
        f"""{absent}The samples: {" | ".join(notes) or evidence.source}.
        Each network sees {config["train_samples"]:,} of them in {config["epochs"]} epochs at learning rate
        {config["lr"]:g} (the document: {Config.train_samples:,}, {Config.epochs} and {Config.lr:g}).
        With the folders `train`, `val`, `test` and the XML of the package under `vehicle-x` in the data root, the same
        cells read the real features."""
    )
