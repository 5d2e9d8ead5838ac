"""What the figures and sentences of the chapter read out of runs [ge]."""

from __future__ import annotations

from collections.abc import Mapping

from mtlcore.recipes import Evidence
from mtlcore.recipes.ge.config import Config
from mtlcore.report.block import Block, prose
from mtlcore.report.origin import aside
from mtlcore.report.pairing import bullets, gap, merged, of_both, paired, seeds_of, shared_means, signed, span, whole
from mtlcore.report.tables import NAMES

__all__ = [
    "bullets",
    "compared",
    "gap",
    "gaps",
    "merged",
    "method_of",
    "network_of",
    "paired",
    "repeats_baseline",
    "samples_of",
    "shared_means",
    "signed",
    "span",
    "where",
    "whole",
]

SHORT = "ge"
TASKS = {"accuracy_t1": "type", "accuracy_t2": "colour"}
ANGLES = (15, 20, 25, 30)
METHODS = {"nb": "neuron-behaviour", "wm": "weight-matrix", "dropout": "dropout"}
SOURCES = {"real": "the VehicleX features", "twin": "the twin of the features"}


def method_of(row: str) -> str:
    """The method behind a row such as `nb-15` or `dropout-r20`, under the name that has a colour.

    >>> method_of("wm-r23"), method_of("dropout"), method_of("chosen")
    ('weight-matrix', 'dropout', 'chosen')
    """
    return METHODS.get(row.partition("-")[0], row)


def gaps(evidence: Evidence, left: str, right: str) -> str:
    """The differences of two rows on both tasks, in words; nothing where there are none."""
    known = {task: gap(evidence, left, right, name) for name, task in TASKS.items()}
    told = " and ".join(f"{difference} points on {task}" for task, difference in known.items() if difference)
    return f"{told}{of_both(evidence, left, right)}" if told else ""


def compared(evidence: Evidence, pairs: Mapping[str, tuple[str, str]]) -> Block:
    """Differences of some pairs of rows in a sentence, those without runs left out: what a pair is -> its rows."""
    told = {words: gaps(evidence, *pair) for words, pair in pairs.items()}
    parts = "; ".join(f"{words}: {difference}" for words, difference in told.items() if difference)
    return prose(f"Paired by seed, {parts}. {aside(evidence)}".strip() if parts else "")


def repeats_baseline(evidence: Evidence | None) -> str:
    """What Weight Matrix is where it prunes nothing in any run; nothing where it prunes, or there are no runs."""
    records = [record for angle in ANGLES for record in (evidence.rows.get(f"wm-{angle}", []) if evidence else [])]
    if not records or any(record.metrics["neurons_pruned"] for record in records):
        return ""
    halved = records[0].config.get("pretraining") is not None
    return "the baseline with its training interrupted once" if halved else "the baseline trained twice as long"


def where(evidence: Evidence) -> str:
    """Data, variant, profile, budget and seeds of some runs, in a few words."""
    configs = [record.config for record in evidence.records]
    samples = sorted({one["train_samples"] for one in configs if "train_samples" in one})
    epochs = [one["epochs"] + (one.get("pretraining") or 0) for one in configs if "epochs" in one]
    budget = ", ".join(
        f"{span(values, 0)} {word}" if word == "epochs" else f"{values[0]:,} {word}"
        for values, word in ((samples, "training samples"), (epochs, "epochs"))
        if values
    )
    parts = [NAMES[evidence.variant], evidence.profile, budget, seeds_of(evidence)]
    return f"{SOURCES.get(evidence.source, evidence.source)}; {', '.join(part for part in parts if part)}"


def network_of(config: Config, profile: str) -> str:
    """Which single network a picture is of, in a few words."""
    return (
        f"one network of this run ({profile}, seed {config.seed}, {config.train_samples:,} training samples, "
        f"{config.epochs} epochs)"
    )


def samples_of(config: Config) -> str:
    """On how many samples features are compared, beside the document's number."""
    every = Config.selection_samples
    return (
        f"all {every:,} training samples"
        if config.selection_samples == every
        else f"{config.selection_samples:,} training samples (the document: {every:,})"
    )
