"""The result of the CIFAR tables in sentences [goutam]."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping

from mtlcore import claims, profiles
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, items, percent
from mtlcore.report.figures import LABELS
from mtlcore.report.layerout.cifar import TABLES, expected_frozen, share_of_training
from mtlcore.report.layerout.cifar_costs import exact_of
from mtlcore.report.layerout.expected import SHORT
from mtlcore.report.measures import judged, kept, metric
from mtlcore.report.pairing import gap, paired, seeds_of, shared_means, span
from mtlcore.report.tables import NAMES, where
from mtlcore.report.verdicts import badge, counted, listed

Runs = Mapping[str, Evidence | None]
Interval = tuple[float, float, float]  # mean, low, high
NETWORKS = {"table-2": ("VGG-16", ("dfreeze", "efreeze")), "table-3": ("ResNet-110", ("since_start", "warmup"))}
ARM = "nore"  # the first screen shows the runs without random erasing


def cifar_claims(runs: Runs) -> str:
    """What Tables 2 to 6 come to, for the first screen: accuracies, then claims; nothing where no run is at hand."""
    there = {id: evidence for id, evidence in runs.items() if evidence}
    if not there:
        return ""
    board = judged(SHORT, runs)
    about = [claim.id for claim in claims.load(SHORT).claims if claim.test and claim.test.study in TABLES]
    found = Counter(board[name].verdict for name in about)
    shown: dict[str, list[str]] = {}
    for id in NETWORKS:
        evidence = there.get(id)
        if evidence and (words := _accuracies(id, evidence)):
            shown.setdefault(_origin(evidence), []).append(words)
    told = [f"On {origin} {'; '.join(words)}." for origin, words in shown.items()]
    counts = f"Of the {len(about)} claims about Tables 2 to 6: {counted(found)}."
    return f"**CIFAR.** {' '.join(told)} {counts}{_what_holds(runs, {id: board[id].verdict for id in about})}"


def _what_holds(runs: Runs, found: Mapping[str, claims.Verdict]) -> str:
    """Which claims hold, where they are few: a lead over a rival beside what the plain network reaches."""
    says = {claim.id: claim.says for claim in claims.load(SHORT).claims}
    holds = [id for id, verdict in found.items() if verdict is claims.Verdict.HOLDS]
    if not 0 < len(holds) < 3:
        return ""
    plain = _plain_network(runs.get("table-6")) if set(holds) & set(RIVALS.values()) else ""
    return f" What holds: {'; '.join('*' + says[id].rstrip('.') + '*' for id in holds)}.{plain}"


def _origin(evidence: Evidence) -> str:
    config = evidence.records[0].config
    about = f"{NAMES[evidence.variant]}, {evidence.profile}, {seeds_of(evidence)}, last epoch, without random erasing"
    return f"{config['source']} {LABELS[config['dataset']]} ({about})"


def _accuracies(id: str, evidence: Evidence) -> str:
    """The baseline of Table 2 or 3, and LayerOut beside it with the difference paired by seed; nothing without runs."""
    name, rows = NETWORKS[id]
    baseline = f"baseline/{ARM}"
    known = [row for row in rows if metric(evidence, f"{row}/{ARM}", "accuracy")]
    means = shared_means(evidence, [baseline, *(f"{row}/{ARM}" for row in known)], "accuracy")
    if not means:
        return ""
    level, *others = means
    told = []
    for row, found in zip(known, others, strict=True):
        difference = gap(evidence, f"{row}/{ARM}", baseline, "accuracy")
        told.append(f"{found:.1f} % with {LABELS[row]} ({difference} points)")
    net = name if evidence.profile == "full" else f"a narrow sibling of {name}"
    share = f"{percent(share_of_training(evidence), 1)} of the document's training"
    return f"{net}, given {share}, reaches {level:.1f} %{f', and {listed(told)}' if told else ''}"


WARMED = {"table-2": ("dfreeze", "efreeze"), "table-3": ("warmup",)}  # rows whose freezing begins after a warm-up


def against_baseline(runs: Runs, rows: Mapping[str, Iterable[str]], arms: Iterable[str]) -> list[Interval]:
    """Mean and interval of LayerOut - baseline, paired by seed, for rows of some tables that have enough seeds.

    Args:
        runs: table -> its runs.
        rows: table -> its rows.
        arms: endings of the rows' names, each with its own baseline; "" for a table without arms.
    """
    found: list[Interval] = []
    for id, names in rows.items():
        evidence = runs.get(id)
        if not evidence:
            continue
        for row, arm in itertools.product(names, arms):
            values = paired(evidence, f"{row}{arm}", f"baseline{arm}", "accuracy")
            if len(values) >= claims.FEWEST_SEEDS:
                found.append(claims.interval(values))
    return found


def compared(name: str, differences: Iterable[Interval]) -> str:
    """How LayerOut compares with the baseline on a data set, in everyday words; nothing without differences.

    >>> compared("MNIST", [(-0.2, -0.3, -0.1), (-0.1, -0.15, -0.05)])
    'is less accurate than the baseline on MNIST, by 0.10 to 0.20 points'
    >>> compared("MNIST", [(0.1, -0.3, 0.5)])
    'cannot be told from the baseline on MNIST'
    """
    known = list(differences)
    below, above = ([one[0] for one in known if sign * one[index] < 0] for sign, index in ((1, 2), (-1, 1)))
    if not known:
        return ""
    if not below and not above:
        return f"cannot be told from the baseline on {name}"
    for side, word in ((below, "less"), (above, "more")):
        if len(side) == len(known):
            return f"is {word} accurate than the baseline on {name}, by {span([abs(one) for one in side], 2)} points"
    (one, count), *others = sorted((("less", len(below)), ("more", len(above))), key=lambda side: -side[1])
    parts = [f"{word} accurate in {count or 'none'}" for word, count in others]
    if rest := len(known) - len(below) - len(above):
        parts.append(f"too close to call in {rest}")
    first = f"is {one} accurate than the baseline on {name} in {count} of {len(known)} comparisons"
    return f"{first}, {listed(parts)}"


def cifar_lessons(runs: Runs, costs: Evidence) -> Block:
    """What a reader takes home from CIFAR, with the verdicts behind it: of recorded runs alone where there are some.

    Args:
        runs: table -> its recorded runs, else those of the chapter.
        costs: of the study "cost".
    """
    judging = kept(runs)
    board = judged(SHORT, judging)
    recorded = any(one.profile in profiles.RECORDED for one in judging.values())
    origin = "" if recorded or not judging else f" (this run: {where(next(iter(judging.values())))})"
    gains = [f"{name} {badge(board[id].verdict)}" for name, id in GAINS.items()]
    rivals = [f"{name} {badge(board[id].verdict)}" for name, id in RIVALS.items()]
    exact, early = exact_of(costs, "dfreeze/vgg16"), exact_of(costs, "efreeze/vgg16")
    saving = judged(SHORT, {"cost": costs})["cost-computation"].verdict
    timed = "" if costs.profile in profiles.RECORDED else f" (this run: {where(costs)})"
    points = [
        f"**More accurate on CIFAR?**{origin} {', '.join(gains)}.",
        f"**More accurate than its rivals?**{origin} {', '.join(rivals)}; the document compares with the values of "
        f"other authors' networks and training.{_plain_network(judging.get('table-6'))}",
        f"**Deep layers.**{origin} *Freezing early layers is better than freezing deep ones*: VGG-16 on CIFAR-10 "
        f"{badge(board['vgg-cifar10-efreeze-over-dfreeze'].verdict)}, on CIFAR-100 "
        f"{badge(board['vgg-cifar100-efreeze-best'].verdict)}.",
        f"**Up to 70 % less computation?** {badge(saving)}{timed}. "
        f"dfreeze means to freeze {100 * expected_frozen('dfreeze', 'vgg-16', 10):.0f} % of the parameters of VGG-16, "
        f"and the published loop freezes {100 * expected_frozen('dfreeze', 'vgg-16', 10, published=True):.2f} %.",
    ]
    if exact:
        points.append(
            "**Memory.** One trainable normalisation at the bottom keeps the whole backward pass alive: with it, "
            f"efreeze on VGG-16 saves {early['kept_saved']:.0f} % of the activations kept, and "
            f"{early['kept_saved_prefix']:.0f} % when the normalisation below the lowest layer that trains rests too. "
            f"The gradients of frozen layers are saved either way: {early['gradients_saved']:.0f} % with efreeze, "
            f"{exact['gradients_saved']:.0f} % with dfreeze."
        )
    return Block(items(points))


def _plain_network(evidence: Evidence | None) -> str:
    """A sentence on what the plain network of Table 6 reaches, without which a lead over a rival says little."""
    if not evidence:
        return ""
    told = []
    for dataset in ("cifar10", "cifar100"):
        rows = [f"{row}/{dataset}" for row in ("resnet110", "layerout", "stochastic_depth", "blockdrop")]
        known = [row for row in rows if metric(evidence, row, "accuracy")]
        if rows[0] in known and len(known) > 1 and (means := shared_means(evidence, known, "accuracy")):
            first, *others = (
                f"{LABELS[row.partition('/')[0]]} {value:.1f} %" for row, value in zip(known, means, strict=True)
            )
            told.append(f"on {LABELS[dataset]} {first}, {listed(others)}")
    return f" The plain network for comparison: {'; '.join(told)}." if told else ""


GAINS = {
    "VGG-16, CIFAR-10": "vgg-cifar10-gains",
    "ResNet-110, CIFAR-10": "resnet-cifar10-gains",
    "VGG-16, CIFAR-100": "vgg-cifar100-gains",
    "ResNet-110, CIFAR-100": "resnet-cifar100-gains",
}
RIVALS = {
    f"{name}, CIFAR-{classes}": f"{id}-cifar{classes}"
    for name, id in (
        ("Stochastic Depth", "beats-stochastic-depth"),
        ("BlockDrop", "beats-blockdrop"),
    )
    for classes in (10, 100)
}
