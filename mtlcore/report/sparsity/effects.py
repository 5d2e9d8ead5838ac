"""The points of the audit that change a number, each with the size of its effect, measured or counted here."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping

from torch import nn

from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay.config import Config, settings_of
from mtlcore.recipes.upadhyay.inspection import Critical
from mtlcore.recipes.upadhyay.losses import CONSTANT
from mtlcore.recipes.upadhyay.metrics import TEST_BATCH
from mtlcore.recipes.upadhyay.studies import CODE_FACES
from mtlcore.report.block import Block, table
from mtlcore.report.curves import curves
from mtlcore.report.measures import mean
from mtlcore.report.sparsity.confound import by_sparsity, split, untrained, untrained_short
from mtlcore.report.sparsity.evidence import ALL, MEASURES, SHORT, STRONG, TASK_NAMES, number, where
from mtlcore.report.sparsity.faces import sigmoid, steepest
from mtlcore.report.sparsity.layers import left_out
from mtlcore.report.sparsity.network import outline, published

Runs = Mapping[str, Evidence | None]
ROW = f"{ALL}_{STRONG}"


def effects_table(runs: Runs, found: Critical, about: str) -> Block:
    """What each point of the audit changes.

    Args:
        runs: study -> its runs.
        found: the critical λ of a dense network.
        about: which network that is.
    """
    table_1 = runs.get("table-1")
    rows = {
        "optimiser of the dense rows": _optimiser(runs.get("confound"), runs.get("lambda-path")),
        "proximal step: the document's Eq. 5, or weighted": _metric(found, about),
        "penalty in the loss too, by √C in place of √n": _penalty(),
        "weights of the losses never learnt": _weights(table_1),
        "zero channels counted as inputs, or as filters": _two(
            table_1, "group_sparsity", "filter_sparsity", "{:.1f} % of the inputs, {:.1f} % of the filters are zero"
        ),
        "zeros in place, or taken out": _two(
            table_1, "speedup_masked", "speedup", "{:.2f} times as fast with zeros, {:.2f} times without them"
        ),
        "IoU of all pixels, or mean over classes": _two(table_1, "iou", "miou", "{:.3f}, and {:.3f} on the same runs"),
        "depth as a share, or in metres": _two(table_1, "mae", "mae_metres", "{:.3f}, and {:.2f} m on the same runs"),
        "classifier with two sigmoids": _sigmoids(),
        "labels smoothed": _smoothing(),
        "incomplete batches left out in tests": _unscored(),
        "deviation of the population, or of a sample": _deviation(),
        "layers that Figure 3 leaves out": _layers(),
        "backbone run once a task": _passes(),
    }
    body = [[point, effect] for point, effect in rows.items() if effect]
    origin = f"; {where(table_1)}" if table_1 else ""
    caption = (
        f"What points of the audit change, measured in runs (three tasks, λ = {STRONG}{origin}) or in what a row "
        "names, or counted on the published network."
    )
    return table(["point", "effect"], body, caption=caption, name=f"tbl-{SHORT}-effects", words=True)


def _optimiser(evidence: Evidence | None, path: Evidence | None) -> str:
    if evidence and path and untrained(evidence, path):
        return (
            "not to be had here: the published one learns nothing at our learning rate "
            f"({untrained_short(evidence, path)} of an answer that ignores the image); sparsity under one optimiser: "
            f"{by_sparsity(evidence, ALL)}"
        )
    parts = {words: split(evidence, ALL, key) for key, words in MEASURES.items()} if evidence else {}
    told = [
        f"{words} {part[0]:+.3f} by the optimiser, {part[1]:+.3f} by sparsity" for words, part in parts.items() if part
    ]
    return "; ".join(told).replace("-", "−")


def _metric(found: Critical, about: str) -> str:
    ratio = float(found.identity.median() / found.adam.median())
    return f"the median channel is ended by a λ {ratio:,.0f} times smaller in the metric of Adam, in {about}"


def penalty_ratios() -> list[float]:
    """√C / √n of every convolution of the published backbone: C its input channels, n the elements of one."""
    net = outline(published())
    layers = [module for module in net.backbone.modules() if isinstance(module, nn.Conv2d)]
    return [math.sqrt(layer.in_channels / (layer.weight.numel() // layer.in_channels)) for layer in layers]


def _penalty() -> str:
    ratios = penalty_ratios()
    return (
        "between layers the added penalty differs from the document's Eq. 3 by factors of "
        f"{min(ratios):.2f} to {max(ratios):.2f}"
    )


def _weights(evidence: Evidence | None) -> str:
    records = evidence.rows.get(ROW, []) if evidence else []
    told = []
    for task in ALL.split("_"):
        found = curves(records, f"weight_{task}")
        if found.size:
            told.append(f"{TASK_NAMES[task]} {statistics.fmean(found[:, -1].tolist()):.2f}")
    return f"learnt ones end at {', '.join(told)}; the published one stays {CONSTANT:.2f}" if told else ""


def _two(evidence: Evidence | None, one: str, other: str, words: str) -> str:
    """Two measures of the three-task row in a sentence; nothing where either is missing."""
    values = [mean(evidence, ROW, key) for key in (one, other)]
    return words.format(*values) if None not in values else ""


def _sigmoids() -> str:
    return (
        f"the loss sees probabilities of {sigmoid(0.0):.2f} to {sigmoid(1.0):.2f} only, and its gradient is at most "
        f"{steepest():.2f}, where behind one sigmoid it is up to 1"
    )


def _smoothing() -> str:
    fields = settings_of("code", "nyuv2")
    share, classes = fields["smoothing"], fields["outputs"]
    wrong = share / classes
    right = 1 - share + wrong
    least = -right * math.log(right) - (classes - 1) * wrong * math.log(wrong)
    return f"the loss of a right answer is at least {least:.2f} nats, where without it it may come near 0"


def unscored(images: int, batch: int) -> int:
    """Test images of an incomplete last batch.

    >>> unscored(654, 8)
    6
    """
    return images % batch


def _unscored() -> str:
    parts = {
        "rooms": (Config.test_images, TEST_BATCH["nyuv2"]),
        "faces": (CODE_FACES["test_images"], TEST_BATCH["celebamask"]),
    }
    told = [
        f"{unscored(images, batch)} of {images:,} {name} (batches of {batch})"
        for name, (images, batch) in parts.items()
    ]
    return f"{' and '.join(told)} are never scored"


def _deviation() -> str:
    trials = round(number("trials"))
    smaller = 1 - math.sqrt((trials - 1) / trials)
    return (
        f"of {trials} trials the first, as published, is {100 * smaller:.0f} % smaller than the second, as we report it"
    )


def _layers() -> str:
    skipped, whole = left_out()
    return f"{skipped:,} of {whole:,} input channels"


def _passes() -> str:
    tasks = len(published().tasks)
    return f"{tasks} passes in place of 1 in the three-task rows, and as many updates of running statistics"
