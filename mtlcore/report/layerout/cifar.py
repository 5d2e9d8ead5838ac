"""Tables and sentences of the CIFAR half of the chapter on LayerOut [goutam]."""

from __future__ import annotations

import dataclasses
import functools
import statistics
from collections.abc import Mapping, Sequence

import torch

from mtlcore import claims
from mtlcore.kernels import freezing
from mtlcore.prune.layerout import freezable
from mtlcore.recipes import Evidence
from mtlcore.recipes.goutam import cifar, cifar_training, networks
from mtlcore.recipes.goutam.cifar_grids import CONFOUNDS
from mtlcore.recipes.goutam.networks import PUBLISHED, RESNET, SIBLINGS, VGG
from mtlcore.report.block import Block, prose, table
from mtlcore.report.differences import numbers
from mtlcore.report.figures import LABELS
from mtlcore.report.layerout.expected import SHORT
from mtlcore.report.measures import metric, told
from mtlcore.report.tables import NAMES, printed, published_table, table_of, where

TABLES = ("table-2", "table-3", "table-4", "table-5", "table-6")
CLASSES = {"table-2": 10, "table-3": 10, "table-4": 100, "table-5": 100}
Runs = Mapping[str, Evidence | None]


def cifar_table(id: str, *, recorded: Evidence | None, this_run: Evidence | None = None) -> Block:
    """A table of the document: paper, recorded, this run. Shares frozen are those of the runs without erasing."""
    return published_table(SHORT, id, recorded=_one_arm(recorded), this_run=_one_arm(this_run))


def _one_arm(evidence: Evidence | None) -> Evidence | None:
    """Runs in which a row without its arm, as the column of frozen shares has it, is that without erasing.

    What is frozen is drawn from the seed alone: the two arms freeze the same.
    """
    if evidence is None:
        return None
    plain = {row.removesuffix("/nore"): found for row, found in evidence.rows.items() if row.endswith("/nore")}
    frozen = {row: found for row, found in plain.items() if row != "baseline"}
    return dataclasses.replace(evidence, rows={**evidence.rows, **frozen})


@functools.lru_cache(maxsize=8)
def sizes(network: str, classes: int) -> torch.Tensor:
    """Parameters of the layers of a network, (K,)."""
    with torch.device("meta"):
        layers = freezable(networks.build(network, classes))
    return torch.tensor([sum(p.numel() for p in layer.parameters()) for layer in layers])


def expected_frozen(row: str, network: str, classes: int, *, published: bool = False) -> float:
    """Share of the parameters frozen in an epoch that freezes, in expectation, as meant or by the published loop."""
    found = sizes(network, classes)
    vector = cifar.VECTORS.get(row)
    if vector is None and published:
        config = cifar.Config(seed=0, source="none", network=network, vector="published")
        vector = cifar_training.vector(config, len(found))
    # a random v is uniform, so that each layer's chance is 1/2 before v is known
    chances = torch.tensor(vector or (0.5,) * len(found), dtype=torch.float64)
    return freezing.expected_frozen(chances, found, published=published)


def cifar_frozen_table(recorded: Mapping[str, Runs], this_run: Runs) -> Block:
    """% of parameters frozen in Tables 2 to 5: printed, meant, through the published loop, and measured.

    Args:
        recorded: table -> variant -> its recorded runs.
        this_run: table -> what the chapter has computed.
    """
    body: list[list[str]] = []
    for id, classes in CLASSES.items():
        paper = claims.load(SHORT).table(id)
        body.append([paper.title])
        index = next(i for i, column in enumerate(paper.columns) if column.id == "frozen")
        for row in paper.rows:
            if row.id == "baseline":
                continue
            own, theirs = (VGG, VGG) if row.id in cifar.VECTORS else (RESNET, PUBLISHED)
            meant = expected_frozen(row.id, own, classes)
            loop = expected_frozen(row.id, theirs, classes, published=True)
            runs = [recorded.get(id, {}).get("corrected"), recorded.get(id, {}).get("code"), this_run.get(id)]
            found = [told(metric(one, f"{row.id}/nore", "frozen"), seeds=True) for one in runs]
            body.append([row.label, printed(row.values[index], 2), f"{100 * meant:.1f}", f"{100 * loop:.2f}", *found])
    header = ["", "paper", "meant", "published loop"]
    header += [f"measured, {NAMES['corrected']}", f"measured, {NAMES['code']}", "measured, this run"]
    caption = (
        "Parameters frozen (%): printed; expected in an epoch that freezes, as the text means it and through the "
        "published loop on the network that the code trains; measured over all epochs, warm-up included, mean ± sd "
        "(seeds), at small profiles on narrow siblings, whose layers have other shares of the parameters."
    )
    return table(header, body, caption=caption, name="tbl-goutam-cifar-frozen")


def networks_table() -> Block:
    """Parameters and layers of the three networks and of their siblings, counted."""
    about = {
        VGG: "VGG-16, as the document changes it",
        RESNET: "ResNet-110, basic blocks",
        PUBLISHED: "what the published code trains as ResNet-110",
    }
    rows = []
    for name, words in about.items():
        sibling = SIBLINGS["narrow"][name]
        counts = []
        for network in (name, sibling):
            with torch.device("meta"):
                net = networks.build(network)
            counts.append((f"{sum(p.numel() for p in net.parameters()):,}", f"{len(freezable(net))}"))
        rows.append([f"`{name}`: {words}", *counts[0], f"`{sibling}`", *counts[1]])
    caption = (
        "The networks with ten classes, and the narrow (and shallow) siblings that stand in for them at `lab` and "
        "`desk`. Layers are those that LayerOut may freeze: convolutions, those of shortcuts included, and fully "
        "connected ones."
    )
    header = ["", "parameters", "layers", "sibling", "parameters", "layers"]
    return table(header, rows, caption=caption, name="tbl-goutam-networks")


def rivals_table(evidence: Evidence) -> Block:
    """What the four methods of Table 6 compute: blocks in training and in a test, layers updated, accuracy."""
    rows = []
    for row, records in evidence.rows.items():
        if not records:
            continue
        name, _, dataset = row.partition("/")
        depth, kept = metric(evidence, row, "depth"), metric(evidence, row, "kept")
        frozen = metric(evidence, row, "frozen") if name == "layerout" else []
        gain = [
            record.metrics["accuracy"] - record.metrics["pretrained_accuracy"]
            for record in records
            if "pretrained_accuracy" in record.metrics
        ]
        cells = [
            told(depth, 1),
            told(kept, 1),
            told(frozen, 1),
            told(metric(evidence, row, "accuracy"), 2),
            told(gain, 2),
        ]
        rows.append([f"{LABELS[name]}, {LABELS[dataset]} ({records[0].config['source']})", *cells])
    caption = (
        f"What the methods of Table 6 leave out ({where(evidence)}, {NAMES[evidence.variant]}; mean ± sd): residual "
        "blocks that a mean training step computes, blocks that a test image is computed with, parameters frozen; a "
        "dash where the method leaves out none. Last, what BlockDrop's policy and finetuning add to the network that "
        "they start from."
    )
    header = ["", "blocks, training (%)", "blocks, test (%)", "parameters frozen (%)", "accuracy (%)", "added (points)"]
    return table_of(evidence, header, rows, caption=caption, name="tbl-goutam-rivals")


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
    looked = []
    for vgg in (True, False):
        records = [
            r for one in (evidence, *others) if one for r in one.records if ("vgg" in r.config["network"]) == vgg
        ]
        added = [r.metrics["best_accuracy"] - r.metrics["accuracy"] for r in records]
        looked.append(f"{statistics.fmean(added):+.2f} (up to {max(added):+.2f})" if added else "–")
    rows.append(["best test epoch instead of the last, all runs", *looked])
    caption = (
        "Confounds on CIFAR-10: change of the test accuracy (points) when one thing is changed and no layer is frozen, "
        f"mean and 95 % interval of differences paired by seed ({where(evidence)})."
    )
    header = (
        ["", "VGG-16 (sibling)", "ResNet-110 (sibling)"] if evidence.profile != "full" else ["", "VGG-16", "ResNet-110"]
    )
    return table_of(evidence, header, rows, caption=caption, name="tbl-goutam-confounds")


def paired(evidence: Evidence, row: str, other: str) -> list[float]:
    """Differences of the accuracy of two rows, one a seed that both have."""
    sides = [{one.seed: one.metrics["accuracy"] for one in evidence.rows.get(name, [])} for name in (row, other)]
    return [sides[0][seed] - sides[1][seed] for seed in sorted(set(sides[0]) & set(sides[1]))]


def _difference(evidence: Evidence, row: str, other: str) -> str:
    values = paired(evidence, row, other)
    if len(values) < 2:
        return f"{values[0]:+.2f}".replace("-", "−") if values else "–"
    return numbers(claims.Difference(row, other, *claims.interval(values), len(values)), 2, (-100.0, 100.0))


def sources_words(runs: Runs) -> Block:
    """Which data the runs of this page saw, and how far they are from the document's training."""
    seen: dict[str, set[str]] = {}
    for evidence in runs.values():
        for record in evidence.records if evidence else []:
            seen.setdefault(LABELS[record.config["dataset"]], set()).add(record.config["source"])
    told_ = "; ".join(f"{name}: {' and '.join(sorted(found))}" for name, found in seen.items())
    config = next(record.config for evidence in runs.values() if evidence for record in evidence.records)
    images = config["train_images"] * config["epochs"]
    share = images / (cifar.Config.train_images * cifar.VGG_EPOCHS)
    return prose(
        f"""The runs of this page: {told_}. A network of Table 2 sees {images:,} images in all, {100 * share:.2g} % of
        the document's {cifar.Config.train_images * cifar.VGG_EPOCHS:,}; freezing takes a larger part of what a short
        run learns."""
    )
