"""Figures and sentences of the chapter on LayerOut [goutam]."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from mtlcore import claims, results
from mtlcore.claims import Verdict
from mtlcore.kernels import freezing
from mtlcore.nets.shallow import shallow
from mtlcore.prune import LayerOut, cost
from mtlcore.recipes import Evidence
from mtlcore.recipes.goutam.cost import Point
from mtlcore.recipes.goutam.mnist import DFREEZE, EFREEZE, PUBLISHED_RANDOM, ROWS, WARMUP, Config
from mtlcore.report.block import Block, percent, prose, table
from mtlcore.report.figures import COLOURS, LABELS
from mtlcore.report.tables import NAMES, printed
from mtlcore.report.verdicts import badge, judge_on

SHORT = "goutam"
COLD, WARM, GRADIENT = "#b8bec6", "#0072B2", "#D55E00"
LAYER_NAMES = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc1", "fc2")


def sizes() -> torch.Tensor:
    """Parameters of the seven layers."""
    return torch.tensor([sum(p.numel() for p in layer.parameters()) for layer in cost.freezable(shallow())])


def expected_saving(vector: Sequence[float], *, published: bool = False) -> float:
    """Share of the backward FLOPs that LayerOut saves in expectation, exactly, in an epoch that freezes."""
    net = shallow()
    flops = cost.layer_flops(net, torch.zeros(1, 1, 32, 32))
    patterns, chance = freezing.patterns(torch.tensor(vector), published=published)
    full = cost.backward(flops, net, torch.zeros(1, len(vector), dtype=torch.bool))[0]
    return float(1 - (chance * cost.backward(flops, net, patterns)).sum() / full)


def expected_share(vector: Sequence[float], *, published: bool = False) -> float:
    """Share of the parameters that LayerOut freezes in expectation, exactly, in an epoch that freezes."""
    return freezing.expected_frozen(torch.tensor(vector), sizes(), published=published)


def headline(evidence: Evidence) -> Block:
    """The result in a few sentences, from the largest runs at hand."""
    where = {"real": "the real MNIST digits", "twin": "the digit twin"}.get(evidence.source, evidence.source)
    judged = {
        claim.id: judge_on(claim, SHORT, evidence)
        for claim in claims.load(SHORT).claims
        if claim.test and claim.test.study == "table-1"
    }
    found = Counter(one.verdict for one in judged.values())
    undecided = found[Verdict.DIRECTION] + found[Verdict.DIFFERS]
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
        f"**Claims.** Of the document's {len(judged)} claims about Table 1, {found[Verdict.HOLDS]} hold and "
        f"{found[Verdict.CLEARLY]} clearly differ; for {undecided} the interval is too wide to decide "
        f"({found[Verdict.DIRECTION]} lean the document's way, {found[Verdict.DIFFERS]} the other way), and "
        f"{found[Verdict.UNTESTABLE]} cannot be tested here.",
        "**Code.** *dfreeze* freezes deep layers more often, *efreeze* early ones. The published loop freezes "
        f"{percent(expected_share(DFREEZE, published=True), 1)} of the parameters with dfreeze, where the method asks "
        f"for {share['dfreeze']}: those runs train almost all layers all the time.",
        f"**Cost.** The share frozen is not the share saved. In an epoch that freezes, efreeze freezes "
        f"{share['efreeze']} of the parameters and saves {saving['efreeze']} of the backward FLOPs; dfreeze freezes "
        f"{share['dfreeze']} and saves {saving['dfreeze']}.",
    ]
    items = "\n".join(f"- {one}" for one in words)
    return Block(f"````{{admonition}} The result\n:class: result\n\n{items}\n````", f"<p>{' '.join(words)}</p>")


MANUAL = {"efreeze": EFREEZE, "dfreeze": DFREEZE}


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


def draw_idea() -> Figure:
    """Fig. 1: forward through everything, backward past two frozen layers."""
    figure, axes = plt.subplots(figsize=(8, 2.9))
    frozen = (True, False, True, False)
    names = ("hidden 1\nfrozen", "hidden 2\ntrains", "hidden 3\nfrozen", "output\ntrains")
    for index, (cold, name) in enumerate(zip(frozen, names, strict=True)):
        colour = COLD if cold else WARM
        axes.add_patch(FancyBboxPatch((2 * index, 0), 1.2, 1.5, boxstyle="round,pad=0.06", facecolor=colour, lw=0))
        text = "#222222" if cold else "white"
        axes.text(2 * index + 0.6, 0.75, name, ha="center", va="center", color=text, fontsize=10)
    for index in range(5):
        _arrow(axes, (2 * index - 0.72, 1.15), (2 * index - 0.1, 1.15), "#444444")
    for index in (4, 3, 2):
        _arrow(axes, (2 * index - 0.1, 0.35), (2 * index - 0.72, 0.35), GRADIENT)
    for index, cold in enumerate(frozen):
        if not cold:
            _arrow(axes, (2 * index + 0.6, -0.15), (2 * index + 0.6, -0.62), GRADIENT)
            axes.text(2 * index + 0.6, -0.72, "update", ha="center", va="top", color=GRADIENT, fontsize=9)
    axes.plot([1.28, 1.28], [0.12, 0.58], color=GRADIENT, lw=2.5)
    axes.text(1.45, -0.42, "the gradient\nends here", ha="center", va="center", color=GRADIENT, fontsize=8.5)
    axes.text(8.05, 0.75, "loss", ha="left", va="center", fontsize=11)
    axes.text(-0.8, 1.35, "input", ha="left", va="bottom", fontsize=10)
    axes.set_xlim(-1, 8.8)
    axes.set_ylim(-1.15, 1.85)
    axes.axis("off")
    return figure


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=13, color=colour, lw=1.8))


def draw_epochs(vectors: Mapping[str, Sequence[float]], *, epochs: int) -> Figure:
    """Which layers which epoch freezes: as written, and through the published loop."""
    figure, panels = plt.subplots(len(vectors), 2, figsize=(8.4, 1.6 * len(vectors) + 0.5), sharex=True, sharey=True)
    for line, (row, vector) in zip(panels, vectors.items(), strict=True):
        for axes, scheme, title in zip(
            line, ("independent", "published"), ("as written", "published loop"), strict=True
        ):
            policy = LayerOut(shallow(), tuple(vector), scheme=scheme, seed=0)
            frozen = torch.stack([policy.frozen(epoch) for epoch in range(epochs)], 1)
            axes.imshow(frozen, aspect="auto", cmap=_two_colours(COLOURS[row]), vmin=0, vmax=1, interpolation="nearest")
            axes.set_title(f"{row}, {title}", fontsize=10)
            axes.grid(False)
            axes.set_yticks(range(len(LAYER_NAMES)), LAYER_NAMES, fontsize=8)
    for axes in panels[-1]:
        axes.set_xlabel("epoch")
    return figure


def _two_colours(colour: str) -> ListedColormap:
    return ListedColormap(["#f2f3f5", colour])


def draw_curves(evidence: Evidence) -> Figure:
    """Test accuracy over epochs, mean and range over seeds: all of it, and enlarged around the baseline."""
    figure, panels = plt.subplots(1, 2, figsize=(8.6, 3.6))
    for axes in panels:
        for row in ROWS:
            curves = np.array([record.curves["accuracy"] for record in evidence.rows.get(row, [])])
            if not len(curves):
                continue
            x = np.arange(1, curves.shape[1] + 1)
            axes.plot(x, curves.mean(0), color=COLOURS[row], label=LABELS[row])
            axes.fill_between(x, curves.min(0), curves.max(0), color=COLOURS[row], alpha=0.12, lw=0)
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
    panels[0].set_ylabel("test accuracy (%)")
    panels[0].legend(loc="lower left", fontsize=9)
    later = [record.curves["accuracy"][1:] or record.curves["accuracy"] for record in evidence.rows["baseline"]]
    near = [value for curve in later for value in curve]
    panels[1].set_ylim(min(near) - 1.0, max(near) + 0.5)
    panels[1].set_title("enlarged around the baseline", fontsize=10)
    return figure


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


def variants(recorded: Mapping[str, Evidence | None], this_run: Evidence) -> Block:
    """Accuracy of every row in every variant, the best test epoch beside the last where it was published so."""
    columns: list[tuple[str, Evidence | None, str]] = [
        (NAMES[name], recorded[name], "accuracy") for name in ("paper", "code", "corrected")
    ]
    columns.insert(2, ("as published, best test epoch", recorded["code"], "best_accuracy"))
    if not any(recorded.values()):
        columns = [(f"this run, {NAMES[this_run.variant]}", this_run, "accuracy")]
        columns.append(("this run, best test epoch", this_run, "best_accuracy"))
    rows = [[LABELS[row], *(_cell(evidence, row, metric) for _, evidence, metric in columns)] for row in ROWS]
    seen = next((evidence for _, evidence, _ in columns if evidence), this_run)
    about = (
        f"Test accuracy (%) by variant, {seen.profile} runs on {seen.source} data, last epoch unless said, mean ± sd."
    )
    return table(["", *(title for title, _, _ in columns)], rows, caption=about, name="tbl-goutam-variants")


def _shared(recorded: Mapping[str, Evidence | None]) -> str:
    """A sentence on the rows that are the same runs as written and corrected."""
    written, corrected = recorded["paper"], recorded["corrected"]
    if not written or not corrected:
        return ""
    keys = [{row: {one.key for one in records} for row, records in one.rows.items()} for one in (written, corrected)]
    same = [LABELS[row] for row in ROWS if keys[0].get(row) and keys[0][row] == keys[1].get(row)]
    return f" As written and corrected, these are the same runs: {', '.join(same)}." if same else ""


def _cell(evidence: Evidence | None, row: str, metric: str) -> str:
    records = evidence.rows.get(row, []) if evidence else []
    values = [record.metrics[metric] for record in records]
    return f"{results.summary(values)} ({len(values)})" if values else "–"


VECTORS = {"since_start": None, "warmup": None, "dfreeze": DFREEZE, "efreeze": EFREEZE}


def frozen_table(recorded: Mapping[str, Evidence | None], this_run: Evidence) -> Block:
    """% of parameters frozen: what the document prints, what its vectors mean, what its loop does, what we measure."""
    paper = claims.load(SHORT).table("table-1")
    column = next(index for index, column in enumerate(paper.columns) if column.id == "frozen")
    header = ["", "paper", "meant", "meant, over the run", "published loop", "published, over the run"]
    measured = [(f"measured, {NAMES[name]}", one) for name, one in recorded.items() if one]
    measured.append(("measured, this run", this_run))
    rows = []
    for row in paper.rows:
        if row.id not in VECTORS:
            continue
        # a random v is uniform, so that each layer's chance is 1/2 before v is known
        vector = VECTORS[row.id] or (0.5,) * len(LAYER_NAMES)
        active = 1 - WARMUP if row.id != "since_start" else 1.0
        meant, loop = expected_share(vector), expected_share(vector, published=True)
        if row.id == "since_start":
            loop = 0.0  # its loop recognises no layer
        if row.id == "warmup":
            loop = expected_share(PUBLISHED_RANDOM, published=True)
        cells = [f"{100 * share:.1f}" for share in (meant, meant * active, loop, loop * active)]
        found = [_cell(one, row.id, "frozen") for _, one in measured]
        rows.append([row.label, printed(row.values[column], 2), *cells, *found])
    caption = (
        "Parameters frozen (%): printed in the document; expected of an epoch that freezes, and of the whole run with "
        "its warm-up, as the text means it and through the published loop; measured over all epochs, mean ± sd (seeds)."
        + _shared(recorded)
    )
    return table([*header, *(title for title, _ in measured)], rows, caption=caption, name="tbl-goutam-frozen")


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


def frozen_words() -> Block:
    """What the table of frozen shares shows."""
    pair = [value for row in claims.load(SHORT).table("table-1").rows if row.id in MANUAL for value in row.values[1:]]
    patterns, chance = freezing.patterns(torch.tensor(DFREEZE), published=True)
    layers = float((chance * patterns.sum(-1)).sum())
    return prose(
        f"""The two manual vectors are each other's complement: before the all-frozen epoch is drawn again, their shares
        add to 100 %, whatever the layers' sizes. The published pair adds to {sum(pair):.1f} %.
        Through the published loop dfreeze freezes {layers:.2f} layers of {len(LAYER_NAMES)} in a mean epoch: its first
        layer is frozen with probability {DFREEZE[0]:g}, and all others only after it.
        The audit below quotes such shares without the redraw; they differ by less than half a point."""
    )


ORDERS = {
    "prefix": ("#009E73", "from the front"),
    "suffix": ("#D55E00", "from the back"),
    "random": ("#666666", "random"),
}


def draw_cost(plain: Sequence[Point], normed: Sequence[Point], normed_frozen: Sequence[Point]) -> Figure:
    """Time saved against parameters frozen, measured and predicted, without and with batch normalisation."""
    figure, panels = plt.subplots(1, 2, figsize=(8.6, 4.1), sharex=True, sharey=True)
    for axes, points, title in zip(
        panels, (plain, normed), ("the document's network", "with batch normalisation"), strict=True
    ):
        axes.plot([0, 100], [0, 100], ls="--", lw=1, color="#999999")
        for order, (colour, label) in ORDERS.items():
            chosen = [point for point in points if point.order == order]
            x = [point.frozen for point in chosen]
            axes.scatter(x, [point.measured for point in chosen], s=26, color=colour, label=label, zorder=3)
            axes.scatter(x, [point.predicted for point in chosen], s=80, facecolors="none", edgecolors=colour, lw=1)
        axes.set_title(title, fontsize=10.5)
        axes.set_xlabel("parameters frozen (%)")
    crosses = [point for point in normed_frozen if point.order == "prefix"]
    panels[1].scatter(
        [point.frozen for point in crosses], [point.measured for point in crosses], marker="x", s=36, color="#009E73"
    )
    panels[0].set_ylabel("step time saved (%)")
    panels[0].legend(loc="upper left", title="layers frozen")
    return figure


def cost_words(plain: Sequence[Point], normed: Sequence[Point], normed_frozen: Sequence[Point]) -> Block:
    """The figure of costs in sentences."""

    def point(points: Sequence[Point], order: str, layers: int) -> Point:
        return next(one for one in points if one.order == order and one.layers == layers)

    front, back = point(plain, "prefix", 3), point(plain, "suffix", 2)
    error = max(abs((100 - one.predicted) / (100 - one.measured) - 1) for one in plain if one.order == "prefix")
    saved = {
        "front": front.measured,
        "back": back.measured,
        "normed": point(normed, "prefix", 3).measured,
        "both": point(normed_frozen, "prefix", 3).measured,
    }
    told = {name: f"{value:.0f} %".replace("-", "−") for name, value in saved.items()}
    return prose(
        f"""Freezing the first three layers, {front.frozen:.0f} % of the parameters, saves {told["front"]} of a step;
        freezing the last two, {back.frozen:.0f} % of the parameters, saves {told["back"]}.
        With batch normalisation left trainable the same three layers save {told["normed"]}, and {told["both"]} when it
        is frozen along.
        Over the prefixes of the document's network the predicted time of a step is off by up to {percent(error)} of the
        measured one; on a busy machine the timings themselves are that uncertain."""
    )


def cost_table(costs: Evidence) -> Block:
    """Per row of Table 1: frozen, backward FLOPs saved, wall time saved."""
    metrics = ("frozen", "backward_saved", "step_saved")
    rows = [
        [LABELS[row], *(results.summary([r.metrics[m] for r in costs.rows[row]], 1) for m in metrics)]
        for row in ROWS
        if row in costs.rows
    ]
    caption = (
        f"What the rows of Table 1 save in the epochs that freeze, {NAMES[costs.variant]}, {costs.seeds} draws: "
        "parameters frozen, backward FLOPs saved (counted), time of a training step saved (measured here)."
    )
    header = ["", "parameters frozen (%)", "backward FLOPs saved (%)", "step time saved (%)"]
    return table(header, rows, caption=caption, name="tbl-goutam-cost")


def lessons(evidence: Evidence, costs: Evidence) -> Block:
    """What a reader takes home, with the verdicts behind it."""
    board = {claim.id: claim for claim in claims.load(SHORT).claims}
    better = judge_on(board["mnist-warmup-beats-baseline"], SHORT, evidence).verdict
    deep = judge_on(board["mnist-dfreeze-below-efreeze"], SHORT, evidence).verdict
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
        f"**Accuracy.** *LayerOut after a warm-up beats the baseline*: {badge(better)}. {spread}; "
        f"the largest gain over the baseline in the document's Table 1 is {gain:.2f}.",
        f"**Deep layers.** *Freezing mostly deep layers is worse than freezing mostly early ones*: {badge(deep)}.",
        "**Computation.** What is saved is decided by the lowest layer that trains, not by the number of parameters "
        f"that do not: {', '.join(kept)}.",
        "**Code.** On MNIST a type test on a tuple makes LayerOut since start freeze nothing, and a loop that advances "
        f"in the wrong branch leaves dfreeze {percent(expected_share(DFREEZE, published=True), 1)} of the parameters "
        "frozen; neither raises an error. Counting the layers that are really frozen shows it in the first epoch that "
        "should freeze.",
    ]
    return Block("\n".join(f"- {point}" for point in points))
