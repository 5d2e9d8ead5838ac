"""The result, the budget and the lessons of the chapter on LayerOut in sentences [goutam]."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence

from mtlcore import claims
from mtlcore.recipes import Evidence
from mtlcore.recipes.goutam.mnist import DFREEZE, EFREEZE, ROWS, Config
from mtlcore.report.block import Block, percent, prose, result
from mtlcore.report.figures import LABELS
from mtlcore.report.layerout.cifar import share_of_training
from mtlcore.report.layerout.cifar_words import WARMED, against_baseline, cifar_claims, compared
from mtlcore.report.layerout.expected import MANUAL, SHORT, expected_saving, expected_share
from mtlcore.report.measures import judged
from mtlcore.report.origin import topic, unrecorded
from mtlcore.report.pairing import span
from mtlcore.report.tables import NAMES
from mtlcore.report.verdicts import badge, counted


def headline(evidence: Evidence, cifar: Mapping[str, Evidence | None] | None = None) -> Block:
    """The result in a few sentences, from the largest runs at hand.

    Args:
        evidence: of Table 1.
        cifar: table -> runs of Tables 2 to 6, as far as there are some.
    """
    where = {"real": "the real MNIST digits", "twin": "the digit twin"}.get(evidence.source, evidence.source)
    board = judged(SHORT, {"table-1": evidence})
    about = [claim.id for claim in claims.load(SHORT).claims if claim.test and claim.test.study == "table-1"]
    found = Counter(board[name].verdict for name in about)
    accuracies = {row: [one.metrics["accuracy"] for one in records] for row, records in evidence.rows.items()}
    means = {row: statistics.fmean(values) for row, values in accuracies.items() if values}
    warmed = [means[row] for row in ROWS[2:] if row in means]
    start = accuracies["since_start"]
    share, saving = ({name: percent(of(v)) for name, v in MANUAL.items()} for of in (expected_share, expected_saving))
    words = [
        f"**Accuracy.** On {where} ({NAMES[evidence.variant]}, {evidence.profile}: {percent(_budget(evidence))} of the "
        f"document's training, {evidence.seeds} seeds, last epoch) the baseline reaches {means['baseline']:.2f} %, "
        f"LayerOut after a warm-up {min(warmed):.2f} to {max(warmed):.2f} %, and LayerOut from the first epoch "
        f"{statistics.median(start):.2f} % (median, {min(start):.2f} to {max(start):.2f} %).{_collapses(evidence)}",
        f"**Claims.** Of the document's {len(about)} claims about Table 1: {counted(found)}.",
        "**Code.** *dfreeze* freezes deep layers more often, *efreeze* early ones. The published loop freezes "
        f"{percent(expected_share(DFREEZE, published=True), 1)} of the parameters with dfreeze, where the method asks "
        f"for {share['dfreeze']}: those runs train almost all layers all the time.",
        f"**Cost.** The share frozen is not the share saved. In an epoch that freezes, efreeze freezes "
        f"{share['efreeze']} of the parameters and saves {saving['efreeze']} of the backward FLOPs; dfreeze freezes "
        f"{share['dfreeze']} and saves {saving['dfreeze']}.",
    ]
    if about_cifar := cifar_claims(cifar or {}):
        words.insert(2, about_cifar)
    return result(words, lead=_lead(evidence, cifar or {}))


def _lead(evidence: Evidence, cifar: Mapping[str, Evidence | None]) -> str:
    """What came out, in everyday words."""
    mnist = against_baseline({"table-1": evidence}, {"table-1": ROWS[2:]}, [""])
    pictures = against_baseline(cifar, WARMED, ["/re", "/nore"])
    parts = (("MNIST", mnist, [evidence]), ("CIFAR-10", pictures, _of(cifar)))
    told = [f"{compared(name, found)} ({_how_long(of)})" for name, found, of in parts if found]
    first = f"LayerOut after a warm-up {'; it '.join(told)}." if told else ""
    second = (
        f"What it freezes is not what it saves: with *dfreeze* {percent(expected_share(DFREEZE))} of the parameters "
        f"rest in an epoch on MNIST, which saves {percent(expected_saving(DFREEZE))} of the backward computation."
    )
    return f"{first} {second}".strip()


def _of(cifar: Mapping[str, Evidence | None]) -> list[Evidence]:
    """The runs of the CIFAR tables that the lead is on."""
    return [evidence for id in WARMED if (evidence := cifar.get(id)) and evidence.records]


def _how_long(runs: Sequence[Evidence]) -> str:
    """How much of the document's training some runs have had, on which networks, and their profile if not recorded."""
    shares = [100 * (_budget(one) if one.study == "table-1" else share_of_training(one)) for one in runs]
    small = any(one.study != "table-1" and one.profile != "full" for one in runs)
    parts = [
        "narrow siblings of the networks" if small else "",
        f"{span(shares, 0 if min(shares) >= 10 else 1)} % of the document's training",
        next((f"not recorded: {told}" for one in runs if (told := unrecorded(one))), ""),
    ]
    return ", ".join(filter(None, parts))


def _budget(evidence: Evidence) -> float:
    """Share of the training images of the document's own runs that a network of these runs sees."""
    config = evidence.records[0].config
    return int(config["epochs"]) * int(config["train_images"]) / (Config.epochs * Config.train_images)


COLLAPSE = 20.0  # points below its own best epoch: such a run has lost what it had learnt


def _collapses(evidence: Evidence) -> str:
    """A sentence on runs that end far below their own best epoch; nothing where there are none."""
    lost = Counter(
        row
        for row, records in evidence.rows.items()
        for record in records
        if record.metrics["best_accuracy"] - record.metrics["accuracy"] > COLLAPSE
    )
    if not lost:
        return ""
    told = ", ".join(f"{count} of {len(evidence.rows[row])} runs of {LABELS[row]}" for row, count in lost.items())
    return f" Some runs end more than {COLLAPSE:.0f} points below their own best epoch: {told}."


def budget_words(evidence: Evidence | None, this_run: Evidence) -> Block:
    """How far the runs are from the document's own, and what that does to a method that trains less at a time."""
    parts = [f"{percent(_budget(this_run), 1)} in this run"]
    if evidence:
        parts.insert(0, f"{percent(_budget(evidence), 1)} in the recorded runs")
    return prose(
        f"""Of the {Config.epochs * Config.train_images:,} images ({Config.epochs} epochs) that a network sees in the
        document, ours sees {" and ".join(parts)}.
        A layer that is frozen learns nothing meanwhile, so that a short run is hard on LayerOut: the shorter, the less
        a loss against the baseline says about the method at full length."""
    )


def looking_words(recorded: Mapping[str, Evidence | None]) -> Block:
    """What the choice of the best test epoch adds, where published runs are recorded."""
    records = recorded["code"].records if recorded["code"] else []
    if not records:
        return prose("""The published scripts report the best epoch *on the test set*. Their variant is not recorded
            yet; a run of this chapter with `variant="code"` shows that number beside the last epoch's.""")
    added = [record.metrics["best_accuracy"] - record.metrics["accuracy"] for record in records]
    return prose(
        f"""The published scripts report the best epoch *on the test set*.
        Over the {len(added)} runs recorded as published, that choice adds {statistics.fmean(added):.2f} points to the
        last epoch's accuracy on average, and up to {max(added):.2f}."""
    )


def lessons(evidence: Evidence, costs: Evidence) -> Block:
    """What a reader takes home, with the verdicts behind it."""
    board = judged(SHORT, {"table-1": evidence})
    better = board["mnist-warmup-beats-baseline"].verdict
    deep = board["mnist-dfreeze-below-efreeze"].verdict
    seeds = [record.metrics["accuracy"] for record in evidence.rows["baseline"]]
    spread = (
        f"The seeds of the baseline alone spread by {statistics.stdev(seeds):.2f} points (standard deviation)"
        if len(seeds) > 1
        else "One seed cannot say how far seeds spread"
    )
    first, *others = (row.values[0] for row in claims.load(SHORT).table("table-1").rows)
    gain = max(others) - first
    kept = [
        f"{name} saves {percent(expected_saving(vector))} of the backward FLOPs with "
        f"{percent(expected_share(vector))} of the parameters frozen"
        for name, vector in (("efreeze", EFREEZE), ("dfreeze", DFREEZE))
    ]
    points = [
        f"{topic('Accuracy.', evidence)} *LayerOut after a warm-up beats the baseline*: {badge(better)}. {spread}; "
        f"the largest gain over the baseline in the document's Table 1 is {gain:.2f}.",
        f"{topic('Deep layers.', evidence)} *Freezing mostly deep layers is worse than freezing mostly early ones*: "
        f"{badge(deep)}.",
        "**Computation.** What is saved depends on which layers rest, first of all on the lowest layer that trains, "
        f"not on the number of their parameters: {', '.join(kept)}.",
        "**Code.** On MNIST a type test on a tuple makes LayerOut since start freeze nothing, and a loop that advances "
        f"in the wrong branch leaves dfreeze {percent(expected_share(DFREEZE, published=True), 1)} of the parameters "
        "frozen; neither raises an error. Counting the layers that are really frozen shows it in the first epoch that "
        "should freeze.",
    ]
    return Block("\n".join(f"- {point}" for point in points))
