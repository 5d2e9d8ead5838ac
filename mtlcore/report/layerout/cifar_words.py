"""The result of the CIFAR tables in sentences [goutam]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mtlcore import claims
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block
from mtlcore.report.layerout.cifar import TABLES, expected_frozen
from mtlcore.report.layerout.expected import SHORT
from mtlcore.report.measures import judged, mean
from mtlcore.report.tables import NAMES
from mtlcore.report.verdicts import badge, counted

Runs = Mapping[str, Evidence | None]


def cifar_claims(runs: Runs) -> str:
    """What the claims about Tables 2 to 6 come to, for the first screen; nothing where no run is at hand."""
    there = {id: evidence for id, evidence in runs.items() if evidence}
    if not there:
        return ""
    board = judged(SHORT, runs)
    about = [claim.id for claim in claims.load(SHORT).claims if claim.test and claim.test.study in TABLES]
    found = Counter(board[name].verdict for name in about)
    first = next(iter(there.values()))
    seeds = f"{first.seeds} seed{'s' * (first.seeds != 1)}"
    return (
        f"**CIFAR.** In narrow and shallow siblings of VGG-16 and ResNet-110 ({NAMES[first.variant]}, {first.profile}, "
        f"{seeds}{_where(there)}), of the {len(about)} claims about Tables 2 to 6: {counted(found)}."
        if first.profile != "full"
        else f"**CIFAR.** Of the {len(about)} claims about Tables 2 to 6: {counted(found)}."
    )


def _where(runs: Mapping[str, Evidence]) -> str:
    sources = dict.fromkeys(
        f"{record.config['source']} {record.config['dataset'].replace('cifar', 'CIFAR-')}"
        for evidence in runs.values()
        for record in evidence.records
    )
    return f"; {', '.join(sources)}" if sources else ""


def cifar_lessons(runs: Runs, costs: Evidence) -> Block:
    """What a reader takes home from CIFAR, with the verdicts behind it."""
    board = judged(SHORT, {**runs, "cost": costs})
    gains = [f"{name} {badge(board[id].verdict)}" for name, id in GAINS.items()]
    kept = {name: mean(costs, "efreeze/vgg16", name) for name in ("kept_saved", "kept_saved_prefix")}
    points = [
        f"**More accurate on CIFAR?** {', '.join(gains)}.",
        f"**Better than Stochastic Depth and BlockDrop?** {badge(board['beats-published-methods'].verdict)} "
        "where all are trained alike; the document compares with other authors' networks and training.",
        f"**Deep layers.** *Freezing early layers is better than freezing deep ones*: VGG-16 on CIFAR-10 "
        f"{badge(board['vgg-cifar10-efreeze-over-dfreeze'].verdict)}, on CIFAR-100 "
        f"{badge(board['vgg-cifar100-efreeze-best'].verdict)}.",
        f"**Up to 70 % less computation?** {badge(board['cost-computation'].verdict)}. "
        f"dfreeze means to freeze {100 * expected_frozen('dfreeze', 'vgg-16', 10):.0f} % of the parameters of VGG-16, "
        f"and the published loop freezes {100 * expected_frozen('dfreeze', 'vgg-16', 10, published=True):.2f} %.",
    ]
    if all(value is not None for value in kept.values()):
        points.append(
            "**Memory.** One trainable normalisation at the bottom keeps the whole backward pass alive: efreeze on "
            f"VGG-16 saves {kept['kept_saved']:.0f} % of the activations kept as published, and "
            f"{kept['kept_saved_prefix']:.0f} % when the normalisation below the lowest trainable layer rests too."
        )
    return Block("\n".join(f"- {point}" for point in points))


GAINS = {
    "VGG-16, CIFAR-10": "vgg-cifar10-gains",
    "ResNet-110, CIFAR-10": "resnet-cifar10-gains",
    "VGG-16, CIFAR-100": "vgg-cifar100-gains",
    "ResNet-110, CIFAR-100": "resnet-cifar100-gains",
}
