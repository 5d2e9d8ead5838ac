"""The first words of the chapter, and what it runs on, computed from its runs [ge]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from mtlcore.claims import Judgement, interval
from mtlcore.data.twins.vehiclex_features import MEASURED
from mtlcore.nets.two_task import HIDDEN
from mtlcore.recipes import Evidence
from mtlcore.recipes.ge.config import Config
from mtlcore.recipes.ge.inspection import Inspected
from mtlcore.report.block import Block, percent, prose, result
from mtlcore.report.directional.evidence import (
    ANGLES,
    SHORT,
    TASKS,
    gaps,
    merged,
    paired,
    repeats_baseline,
    shared_means,
    signed,
    where,
)
from mtlcore.report.directional.removal import nearest_half, rises
from mtlcore.report.measures import judged, kept, mean, metric, partly_recorded
from mtlcore.report.names import row_name
from mtlcore.report.origin import aside
from mtlcore.report.pairing import origins
from mtlcore.report.verdicts import badge, counted, listed

Runs = Mapping[str, Evidence | None]
ROWS = {
    "baseline": "the baseline",
    "dropout": "dropout",
    "neuron-behaviour": "Neuron Behaviour",
    "weight-matrix": "Weight Matrix",
}


def headline(runs: Runs, taken_out: Mapping[str, Tensor], shares: Sequence[float], about: str) -> Block:
    """The result in a few sentences, from the largest runs at hand.

    Args:
        runs: study -> its runs.
        taken_out, shares: as `recipes.ge.removal.directions` gives and takes them.
        about: the network that they are of, which is not that of the runs.
    """
    found = judged(SHORT, kept(runs))
    first = (
        _from(runs, "table-3", _techniques(runs, found)),
        _from(runs, "table-2", _fires(runs)),
        _from(runs, "selection", _selection(runs, found)),
        _direction(taken_out, shares, about),
        _claims(runs, found),
        _data(runs),
    )
    more = (_from(runs, "table-4", _best(runs, found)), _from(runs, "alternatives", _control(runs)))
    return result(first, more, lead=" ".join(filter(None, _lead(kept(runs)))))


def _from(runs: Runs, study: str, words: str) -> str:
    """Sentences, and which runs they are of where these are not recorded while others are."""
    return f"{words} {aside(runs.get(study))}" if words and study not in kept(runs) else words


LATE = 0.05  # share of the epochs at the end; a run that is best there has not converged
# pruned by direction, and dropout at a similar rate
MATCHED = {"dropout-r20": ("nb-r20", "wm-r23"), "dropout-r50": ("nb-r42", "wm-r53")}


def _lead(runs: Runs) -> tuple[str, ...]:
    """What came out, in everyday words that follow from the intervals."""
    return _against_dropout(runs.get("table-3")), _against_baseline(runs), _idle(runs)


def _against_dropout(evidence: Evidence | None) -> str:
    """Where pruning by direction stands beside dropout at similar rates, on each task."""
    stands = {}
    for name, task in TASKS.items():
        pairs = [(row, dropout) for dropout, rows in MATCHED.items() for row in rows]
        stands[task] = _stand([paired(evidence, *pair, name) for pair in pairs] if evidence else [])
    if not all(stands.values()):
        return ""
    words = list(dict.fromkeys(stands.values()))
    told = f"{words[0]} on both" if len(words) == 1 else listed(f"{word} on {task}" for task, word in stands.items())
    return (
        "At like rates, a network that loses its most alike units for good, set against one that silences units at "
        f"random while it trains (dropout), is {told}."
    )


def _stand(differences: Sequence[Sequence[float]]) -> str:
    """What a set of differences, each a list over the seeds, says of the left side; nothing where one is unknown."""
    if not differences or any(len(found) < 2 for found in differences):
        return ""
    intervals = [interval(found) for found in differences]
    above, below = (sum(low > 0 for _, low, _ in intervals), sum(high < 0 for _, _, high in intervals))
    if above and below:
        return "now better, now worse"
    if not above and not below:
        return "not told apart from it"
    beyond = max(above, below)
    word = "better" if above else "worse"
    return f"{'' if beyond == len(intervals) else 'mostly ' if 2 * beyond > len(intervals) else 'partly '}{word}"


def _against_baseline(runs: Runs) -> str:
    """Whether taking units out ever gives more than leaving the network whole."""
    first, second = runs.get("thresholds"), runs.get("table-3")
    if not first or not second or not first.rows.get("baseline"):
        return ""
    both = merged(first, second)
    found = [
        (row, interval(values))
        for row in both.rows
        for name in TASKS
        if row != "baseline" and len(values := paired(both, row, "baseline", name)) > 1
    ]
    if not found:
        return ""
    if better := list(dict.fromkeys(row_name(SHORT, "table-2", row) for row, (_, low, _) in found if low > 0)):
        return f"More accurate than the whole network: {listed(better)}."
    return "Neither pruning nor dropout is shown to make the network more accurate than it is whole."


def _idle(runs: Runs) -> str:
    """Whether Weight Matrix prunes at all, and whether the selected half is worth its search."""
    idle = "comparing weights removes nothing at the document's angles" if repeats_baseline(runs.get("table-2")) else ""
    evidence = runs.get("selection")
    found = [paired(evidence, "chosen", "random-half", name) for name in TASKS] if evidence else []
    stand = _stand(found)
    unsure = {"not told apart from it": "not shown to be better than a random half"}
    words = unsure.get(stand, f"{stand} than a random half")
    half = f"the half of the features that the genetic algorithm picks is {words}" if stand else ""
    if stand == "now better, now worse":
        half = "the half of the features that the genetic algorithm picks is better than a random half on one task only"
    told = ", and ".join(filter(None, (idle, half)))
    return f"{told[0].upper()}{told[1:]}." if told else ""


def _data(runs: Runs) -> str:
    told = origins(runs, where)
    if not told:
        return ""
    if not any(one and one.source == "twin" for one in runs.values()):
        return f"**Data.** The runs behind these lines: {told}."
    return (
        f"**Data.** The VehicleX features are not at hand. The runs behind these lines: {told}. "
        "Orderings can be compared with the document's, sizes cannot."
    )


def _techniques(runs: Runs, found: Mapping[str, Judgement]) -> str:
    """Table 3: both methods against dropout, task by task."""
    evidence = runs.get("table-3")
    if not evidence:
        return ""
    told = []
    for dropout, rows in MATCHED.items():
        names = zip(("Neuron Behaviour", "Weight Matrix"), rows, strict=True)
        differences = [f"{name} {words}" for name, row in names if (words := gaps(evidence, row, dropout))]
        if differences:
            told.append(f"Against dropout {mean(evidence, dropout, 'rate'):.2f}, {'; '.join(differences)}.")
    if not told:
        return ""
    return (
        f"**Directional or random.** At similar rates, paired by seed. {' '.join(told)} {_unfinished(evidence)}The "
        "document's claims are "
        "about both tasks and both rates at once, and count by their worst pair: that Weight Matrix beats dropout, "
        f"{badge(found['wm-beats-dropout'].verdict)}; that Neuron Behaviour is the worst of the three, "
        f"{badge(found['nb-worst'].verdict)}."
    )


def _unfinished(evidence: Evidence) -> str:
    """That no run has converged, where all are best near their end; nothing where one is not, or does not say."""
    best = [one.metrics.get("epochs", 0.0) for one in evidence.records]
    length = [one.config["epochs"] + (one.config.get("pretraining") or 0) for one in evidence.records]
    if not best or any(one < (1 - LATE) * all for one, all in zip(best, length, strict=True)):
        return ""
    return (
        f"All of these runs have their lowest validation loss in the last {percent(LATE)} of their epochs: none has "
        "converged, and with more epochs the order may be another. "
    )


def _best(runs: Runs, found: Mapping[str, Judgement]) -> str:
    """Table 4: what the document takes as the best of each."""
    evidence = runs.get("table-4")
    there = [row for row in ROWS if all(metric(evidence, row, name) for name in TASKS)]
    if not evidence or not there:
        return ""
    means = [shared_means(evidence, there, name) for name in TASKS]  # of one set of seeds
    told = [f"{ROWS[row]} {type:.1f} and {colour:.1f} %" for row, type, colour in zip(there, *means, strict=False)]
    if not told:
        return ""
    return (
        f"**The settings that the document calls best.** Accuracy on type and colour: {'; '.join(told)}. That dropout "
        f"beats the baseline: {badge(found['dropout-beats-baseline'].verdict)}."
    )


def _fires(runs: Runs) -> str:
    evidence = runs.get("table-2")
    told = []
    for method, name in (("nb", "Neuron Behaviour"), ("wm", "Weight Matrix")):
        gone = [mean(evidence, f"{method}-{angle}", "neurons_pruned") for angle in (ANGLES[0], ANGLES[-1])]
        if gone[0] is not None and gone[1] is not None:
            told.append(f"{name} {listed(dict.fromkeys(f'{value:.0f}' for value in gone if value is not None))}")
    if not told:
        return ""
    words = (
        f"**What the angles prune.** Of {HIDDEN[-1]} units, at {ANGLES[0]}° and at {ANGLES[-1]}°, on average over the "
        f"seeds: {', '.join(told)}."
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
    told = gaps(evidence, "chosen", "random-half") if evidence else ""
    if not told:
        return ""
    return (
        f"**The genetic algorithm.** Its half of the features against a random half, paired by seed: {told}. That "
        f"it is better than all features on type: {badge(found['ga-helps-type'].verdict)}; that it keeps colour within "
        f"a point: {badge(found['ga-keeps-colour'].verdict)}."
    )


def _claims(runs: Runs, found: Mapping[str, Judgement]) -> str:
    on = " (on recorded runs)" if partly_recorded(runs) else ""
    return f"**Claims.** Of the document's {len(found)} claims{on}: {counted(one.verdict for one in found.values())}."


def _direction(taken_out: Mapping[str, Tensor], shares: Sequence[float], about: str) -> str:
    """What choosing by behaviour saves of the loss that random units cost, in one network."""
    rise = rises(taken_out, at := nearest_half(shares))
    drawn = [taken_out[name][:, at] for name in ("random", "pairs")]
    least = min(float(losses.min()) for losses in drawn)
    if float(taken_out["behaviour"][at]) < least:
        worth = f"less than in any of {len(drawn[0])} random draws"
    else:
        worth = f"not less than in all {len(drawn[0])} random draws"
    return (
        f"**Without training afterwards.** In {about}, with {percent(shares[at])} of the units taken out, those "
        f"nearest in behaviour cost {signed(rise['behaviour'], 3)} nats, {worth}: random ones "
        f"cost {signed(rise['random'], 3)} in the mean, or {signed(rise['pairs'], 3)} if other units take over their "
        "weights."
    )


def calibration_words(evidence: Evidence) -> Block:
    """How far the baseline is from the network by which the twin was calibrated; nothing of real features."""
    ours = [mean(evidence, "chosen", name) for name in TASKS]
    if evidence.source != "twin" or ours[0] is None or ours[1] is None:
        return Block("")
    config = evidence.rows["chosen"][0].config
    activation = config.get("activation", Config.activation)
    same = "here too" if activation == "relu" else f"here the activation is {activation}"
    return prose(
        f"""The twin was calibrated with ReLU units and all {Config.train_samples:,} training samples, where the network
        reached {MEASURED["type"]:.1f} % on type and {MEASURED["colour"]:.1f} % on colour; {same}, with
        {config["train_samples"]:,} samples and {config["epochs"]:,} epochs, and it reaches {ours[0]:.1f} % and
        {ours[1]:.1f} %.
        The document names sigmoid for the pruned layer alone.
        {aside(evidence)}"""
    )


def constant_words(network: Inspected) -> Block:
    """What an answer that ignores the features gets right, on the test samples of one network."""
    labels = network.sets["test"].labels
    kind, colour = (float(torch.bincount(one).max()) / len(one) for one in labels)
    return prose(
        f"""Always the commonest type is right on {percent(kind)} of the {len(labels[0]):,} test samples of this page,
        always the commonest colour on {percent(colour)}: what lies above that has been learnt."""
    )


def best_words(evidence: Evidence) -> Block:
    """Which rate of dropout is the better one in Table 3, where Table 4 takes the document's choice."""
    known = [shared_means(evidence, tuple(MATCHED), name) for name in TASKS]  # by task, then by rate
    rates = shared_means(evidence, tuple(MATCHED), "rate")
    if not rates or not all(known):
        return Block("")
    told = listed(
        f"{kind:.1f} % on type and {colour:.1f} % on colour at {rate:.2f}"
        for kind, colour, rate in zip(*known, rates, strict=True)
    )
    ahead = {high > low for low, high in known}
    words = {True: "the better on both tasks here too", False: "the worse on both tasks here"}
    verdict = words[ahead.pop()] if len(ahead) == 1 else "the better on one task and the worse on the other here"
    low, high = MATCHED
    return prose(
        f"""Table 4 takes dropout at {rates[1]:.2f}, which the document calls its best.
        By the means it is {verdict}: in Table 3 dropout reaches {told}.
        Paired by seed, {rates[1]:.2f} against {rates[0]:.2f}: {gaps(evidence, high, low)}. {aside(evidence)}"""
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
        Each network of the {evidence.profile} runs that are told below sees {config["train_samples"]:,} of them in
        {config["epochs"]} epochs at learning rate {config["lr"]:g} (the document: {Config.train_samples:,},
        {Config.epochs} and {Config.lr:g}).
        With the folders `train`, `val`, `test` and the XML of the package under `vehicle-x` in the data root, the same
        cells read the real features."""
    )
