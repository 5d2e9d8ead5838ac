"""Parameters: printed, of the ImageNet classifier, of the backbone alone, and what pruning saves [singh, Table 2]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch

from mtlcore import claims
from mtlcore.data.vehiclex_labels import COLOURS, TYPES
from mtlcore.nets.backbones import backbone, classifier_parameters, count
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, percent, prose, table
from mtlcore.report.distinctiveness.evidence import BACKBONES, HIDDEN, SHORT, name, number, printed
from mtlcore.report.distinctiveness.width import rank_correlation
from mtlcore.report.measures import mean, metric
from mtlcore.report.origin import unrecorded
from mtlcore.report.pairing import signed


def per_node(width: int, classes: int) -> int:
    """Parameters of one hidden node: its row and bias, scale and shift, and a column of every decoder.

    >>> per_node(2048, 12 + 11 + 1362)
    3436
    """
    return width + 1 + 2 + classes


class Size(NamedTuple):
    """How large a backbone is."""

    classifier: int  # parameters of the ImageNet classifier of its name
    parameters: int  # without its fully connected layers, as the document describes the encoder
    features: int


def sizes() -> dict[str, Size]:
    """The six backbones as they are, counted without memory for their weights; timm must be installed."""
    found = {}
    for row in BACKBONES:
        with torch.device("meta"):
            net = backbone(row)
        found[row] = Size(classifier_parameters(row), count(net), int(net.num_features))  # type: ignore[arg-type]
    return found


def saving(size: Size, nodes: int, classes: int) -> float:
    """Share of the network's parameters that so many nodes fewer of 128 save."""
    one = per_node(size.features, classes)
    return nodes * one / (size.parameters + HIDDEN * one)


def parameter_table(evidence: Evidence, known: Mapping[str, Size]) -> Block:
    """Parameters printed, of the ImageNet classifier, of the backbone alone, and of what ran; and what pruning saves.

    Args:
        evidence: the study `table-2`.
        known: as `sizes`.
    """
    header = [
        *("", "printed (M)", "ImageNet classifier (M)", "without its head (M)", "features d"),
        *("pruning as printed saves (%)", "ran here (M)", "d here", "saved here (%)"),
    ]
    rows = []
    for row, size in known.items():
        millions = [f"{parameters / 1e6:.2f}" for parameters in size[:2]]
        saved = 100 * saving(size, gone(row), _classes())
        here = [mean(evidence, row, key) for key in ("parameters_trained", "parameters_final", "feature_width")]
        cells = [f"{printed('table-2', row, 'parameters'):.2f}", *millions, f"{size.features:,}", f"{saved:.2f}"]
        rows.append([name(row), *cells, *_ran(*here)])
    caption = (
        "Parameters in millions: as printed; of the ImageNet classifier of that name, counted (of VGG-11 with batch "
        "normalisation); without its fully connected layers, as the network uses it; what the nodes that the document "
        "prunes save of the network with three tasks; and of the networks that ran here, what pruning saved of them."
    )
    return table(header, rows, caption=caption, name="tbl-singh-parameters")


def _ran(start: float | None, end: float | None, width: float | None) -> list[str]:
    if start is None or end is None or width is None:
        return ["–"] * 3
    return [f"{start:.3f}", f"{width:,.0f}", f"{100 * (1 - end / start):.2f}"]


def _classes() -> int:
    """Outputs of the three tasks of Table 1: colours, types, vehicles."""
    return len(COLOURS) + len(TYPES) + int(number("classes-vehicle"))


def parameter_words(known: Mapping[str, Size]) -> Block:
    """What the column of parameters counts, and what pruning the layer can save."""
    most = max(saving(size, gone(row), _classes()) for row, size in known.items())
    heads = {row: 1 - size.parameters / size.classifier for row, size in known.items()}
    largest = max(heads, key=heads.__getitem__)
    bare = sorted(known, key=lambda row: known[row].parameters)
    order = "the same" if bare == list(BACKBONES) else f"another: {', '.join(name(row) for row in bare)}"
    widths = {size.features for size in known.values()}
    used = {row: printed("table-2", row, "feature_utilization") for row in known}
    related = {
        "counted": rank_correlation({row: printed("table-2", row, "parameters") for row in known}, used),
        "bare": rank_correlation({row: float(size.parameters) for row, size in known.items()}, used),
        "width": rank_correlation({row: float(size.features) for row, size in known.items()}, used),
    }
    told = {key: signed(value) for key, value in related.items()}
    return prose(
        f"""The printed counts are those of ImageNet classifiers, whose heads the network does not have: of
        {name(largest)} they are {percent(heads[largest])} of the count.
        By the parameters that are used, the order of the six is {order}; the rank correlation of the printed
        utilizations with size is then {told["bare"]}, and not {told["counted"]}.
        They also differ in the number of features that the hidden layer reads, {min(widths):,} to {max(widths):,}
        (rank correlation with the printed utilizations: {told["width"]}).
        The nodes that the document prunes hold at most {percent(most, 2)} of a network: what pruning tells about the
        features may matter, what it saves on disk does not."""
    )


def taken_words(evidence: Evidence | None) -> Block:
    """In how many runs pruning took nodes, as it can do nothing else.

    Args:
        evidence: the study `table-2`.
    """
    left = [value for row in BACKBONES for value in metric(evidence, row, "final_hidden")]
    if not left:
        return Block("")
    smaller = sum(value < HIDDEN for value in left)
    runs = unrecorded(evidence) if evidence else ""
    says = next(claim.says for claim in claims.load(SHORT).claims if claim.id == "layer-shrinks")
    return prose(
        f"""*{says}* Pruning can only take nodes away, so that the layer never grows: nodes went in
        {"every run" if smaller == len(left) else "some runs"} ({smaller} of {len(left)}{f"; {runs}" if runs else ""}).
        Where an interval covers nought all the same, the seeds disagree on how many."""
    )


def gone(row: str) -> int:
    """Nodes that the document prunes behind a backbone."""
    return HIDDEN - round(printed("table-2", row, "final_hidden"))
