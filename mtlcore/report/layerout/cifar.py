"""Tables and sentences of the CIFAR half of the chapter on LayerOut [goutam]."""

from __future__ import annotations

import dataclasses
import functools
import statistics
from collections.abc import Mapping

import torch

from mtlcore import claims
from mtlcore.kernels import freezing
from mtlcore.prune.layerout import freezable
from mtlcore.recipes import Evidence
from mtlcore.recipes.goutam import cifar, cifar_training, networks
from mtlcore.recipes.goutam.networks import PUBLISHED, RESNET, SIBLINGS, VGG
from mtlcore.report.block import Block, folded, prose, table
from mtlcore.report.figures import LABELS
from mtlcore.report.layerout.expected import SHORT
from mtlcore.report.measures import metric, told
from mtlcore.report.names import names_of_row
from mtlcore.report.tables import NAMES, NOTHING, printed, published_table, sources, table_of, where
from mtlcore.report.variants import same_runs, variant_columns

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
    """% of parameters frozen in Tables 2 to 5: printed, meant, through the published loop, expected here, measured.

    Args:
        recorded: table -> variant -> its recorded runs.
        this_run: table -> what the chapter has computed.
    """
    known = [name for name in NAMES if any(recorded.get(id, {}).get(name) for id in CLASSES)]
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
            loop = f"{100 * expected_frozen(row.id, theirs, classes, published=True):.2f}"
            if row.id == "since_start":  # one of its two published scripts recognises no layer
                loop = f"{loop}; 0 with R.E"
            ours = recorded.get(id, {}).get("corrected") or this_run.get(id)
            cells = [
                f"{100 * meant:.1f}",
                f"{100 * meant * _active(row.id):.1f}",
                _expected_here(ours, row.id, classes),
            ]
            runs = [*(recorded.get(id, {}).get(name) for name in known), this_run.get(id)]
            found = [told(metric(one, f"{row.id}/nore", "frozen"), seeds=True) for one in runs]
            body.append([row.label, printed(row.values[index], 2), *cells, loop, *found])
    header = ["", "paper", "meant", "meant, over the run", "expected of our runs", "published loop"]
    header += [*(f"measured, {NAMES[name]}" for name in known), "measured, this run"]
    caption = (
        "Parameters frozen (%): printed; expected as the text means it, in an epoch that freezes and over its whole "
        "run with the warm-up; expected of our own runs, whose siblings have other shares of the parameters in their "
        "layers and whose warm-up is rounded to whole epochs (corrected: recorded, else this run); in an epoch that "
        "freezes through the published loop, on the network that the code trains; measured over all epochs without "
        "random erasing, mean ± sd (seeds). What is measured belongs beside what is expected of our runs."
    )
    return table(header, body, caption=caption, name="tbl-goutam-cifar-frozen")


def _active(row: str) -> float:
    """Share of the document's epochs that may freeze."""
    if row == "since_start":
        return 1.0
    return 1 - cifar.WARMUP_EPOCHS / (cifar.VGG_EPOCHS if row in cifar.VECTORS else cifar.RESNET_EPOCHS)


def _expected_here(evidence: Evidence | None, row: str, classes: int) -> str:
    """What a row's own runs freeze in expectation, on their network and with their warm-up."""
    records = evidence.rows.get(f"{row}/nore") if evidence else None
    if not evidence or not records:
        return NOTHING
    config = records[0].config
    share = expected_frozen(row, config["network"], classes, published=config["scheme"] == "published")
    return f"{100 * share * (1 - config['warmup'] / config['epochs']):.1f}"


def cifar_variants(recorded: Mapping[str, Runs]) -> Block:
    """Accuracy of every row in every recorded variant, folded; as published, the best test epoch beside the last.

    Args:
        recorded: table -> variant -> its recorded runs.
    """
    parts = []
    for id in TABLES:
        runs = recorded.get(id, {})
        if sum(map(bool, runs.values())) < 2:
            continue
        columns = variant_columns(runs, None, "accuracy", beside={"code": ("best test epoch", "best_accuracy")})
        columns = [column for column in columns if column.evidence]
        rows = list(dict.fromkeys(row for column in columns for row in column.evidence.rows))  # type: ignore[union-attr]
        cells = {names_of_row(SHORT, id, row): [column.cell(row) for column in columns] for row in rows}
        body = [[name, *shown] for name, shown in cells.items() if any(cell != NOTHING for cell in shown)]
        seen = columns[0].evidence
        same = same_runs(runs.get("paper"), runs.get("corrected"), rows)
        note = f" As written and corrected, {len(same)} of these rows are the same runs." if same else ""
        caption = (
            f"Table {id[-1]}: test accuracy (%) by variant, last epoch unless said"
            f"{f', {seen.profile} runs on {seen.source} data' if seen else ''}, mean ± sd (seeds).{note}"
        )
        name = f"tbl-goutam-{id[-1]}-variants"
        block = table(["", *(column.title for column in columns)], body, caption=caption, name=name)
        parts.append(block + sources(name, {place: one.evidence for place, one in enumerate(columns, start=1)}))
    if not parts:
        return prose("Of Tables 2 to 6 no two variants are recorded yet.")
    return folded(
        "Written, published, corrected: Tables 2 to 6", functools.reduce(lambda one, other: one + other, parts)
    )


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


def share_of_training(evidence: Evidence) -> float:
    """Share of the images of the document's training that a network of these runs sees."""
    config = evidence.records[0].config
    epochs = cifar.VGG_EPOCHS if "vgg" in config["network"] else cifar.RESNET_EPOCHS
    return float(config["train_images"] * config["epochs"]) / (cifar.Config.train_images * epochs)


def sources_words(runs: Runs, recorded: Runs | None = None) -> Block:
    """Which data the runs of this page saw, and how far these and the recorded ones are from the document's training.

    Args:
        runs: table -> what the chapter has computed.
        recorded: table -> its recorded runs, if any.
    """
    seen: dict[str, set[str]] = {}
    for evidence in runs.values():
        for record in evidence.records if evidence else []:
            seen.setdefault(LABELS[record.config["dataset"]], set()).add(record.config["source"])
    told_ = "; ".join(f"{name}: {' and '.join(sorted(found))}" for name, found in seen.items())
    first = next(evidence for evidence in runs.values() if evidence and evidence.records)
    config = first.records[0].config
    images = config["train_images"] * config["epochs"]
    kept = next((one for one in (recorded or {}).values() if one and one.records), None)
    also = f" In the recorded runs it sees {100 * share_of_training(kept):.2g} %." if kept else ""
    levels = _levels(runs)
    learnt = (
        f"On this page {levels}: where that is near chance, the verdicts on this run say nothing about LayerOut."
        if levels
        else ""
    )
    return prose(
        f"""The runs of this page: {told_}. A network of Table 2 sees {images:,} images in all,
        {100 * share_of_training(first):.2g} % of the document's {cifar.Config.train_images * cifar.VGG_EPOCHS:,}.{also}
        The shorter a run, the larger the part of its learning that freezing takes away.
        {learnt}"""
    )


def _levels(runs: Runs) -> str:
    """What the best baseline reaches on each data set, beside what guessing does; nothing without such runs."""
    best: dict[int, float] = {}
    for id, classes in CLASSES.items():
        for row in ("baseline/re", "baseline/nore"):
            if found := metric(runs.get(id), row, "accuracy"):
                best[classes] = max(best.get(classes, 0.0), statistics.fmean(found))
    told_ = [
        f"the best baseline reaches {level:.1f} % on CIFAR-{classes}, where guessing gives {100 / classes:g} %"
        for classes, level in best.items()
    ]
    return " and ".join(told_)
