"""What the training algorithms reach: accuracy and loss, their order, and the hybrid against MGDA [tran]."""

from __future__ import annotations

from mtlcore import claims
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, folded, prose
from mtlcore.report.figures import LABELS
from mtlcore.report.measures import mean, metric, rows_with_runs, told
from mtlcore.report.multiobjective.evidence import (
    ROWS,
    SHORT,
    TASKS,
    coefficients,
    curve_images,
    difference,
    mean_accuracies,
    mean_of_tasks,
    paired_accuracy,
    side,
)
from mtlcore.report.pairing import paired
from mtlcore.report.tables import table_of, where
from mtlcore.report.verdicts import badge, judge_on, listed
from mtlcore.report.verdicts import told as decided


def quality_table(
    evidence: Evidence, *, name: str, about: str, this_run: Evidence | None = None, opened: bool = False
) -> Block:
    """Accuracy and loss of every algorithm on every task after the last epoch, and below it the same of this run.

    Args:
        evidence: the recorded runs; where there are none, those of this run.
        name: label of the table; that of this run ends in "-own".
        about: the beginning of the caption.
        this_run: what the chapter has computed; None, or the same runs, leaves it out.
        opened: show it in the open, and not in a fold.
    """
    block = _quality(evidence, name, about)
    if this_run is None or {one.key for one in this_run.records} == {one.key for one in evidence.records}:
        return block
    own = _quality(this_run, f"{name}-own", f"This run. {about}")
    return block + (own if opened else folded(f"The same of this run ({where(this_run)})", own))


def _quality(evidence: Evidence, name: str, about: str) -> Block:
    rows: list[list[str]] = []
    for kind, scale, places, title in (("accuracy", 100, 2, "Accuracy (%)"), ("loss", 1, 4, "Test loss (nats)")):
        rows.append([title])
        for row in rows_with_runs(evidence, ROWS):
            found = [metric(evidence, row, f"{kind}_{task}") for task in TASKS]
            found.append(list(mean_of_tasks(evidence, row, kind).values()))
            rows.append([LABELS.get(row, row), *(told([scale * value for value in of], places) for of in found)])
    sizes = curve_images(evidence)
    images = f", on {sizes[1]:,} test images of each set" if sizes else ""
    caption = (
        f"{about} {evidence.profile} runs on {evidence.source} data, {evidence.seeds} seeds, last epoch{images}, "
        "mean ± sd."
    )
    header = ["", *(LABELS[task] for task in TASKS), "mean of the tasks"]
    return table_of(evidence, header, rows, caption=caption, name=name)


def quality_words(evidence: Evidence) -> Block:
    """Which algorithm of the thesis ends lowest and highest, the order by mean accuracy, and whom MGDA favours."""
    told = []
    for task in TASKS:
        ends = {row: loss for row in ROWS if (loss := mean(evidence, row, f"loss_{task}")) is not None}
        if len(ends) > 1:
            low, high = min(ends, key=ends.__getitem__), max(ends, key=ends.__getitem__)
            told.append(f"on {LABELS[task]} {LABELS[low]} has the lowest loss and {LABELS[high]} the highest")
    if not told:
        return prose("There are too few runs to compare.")
    shares = ", ".join(f"{LABELS[task]} {weight:.2f}" for task, weight in coefficients(evidence).items())
    sizes = curve_images(evidence)
    lines = [
        f"Of the thesis's own algorithms, {'; '.join(told)}.",
        order_words(evidence),
        hybrid_words(evidence),
        f"MGDA's coefficients, mean over all steps and seeds: {shares}." if shares else "",
        f"These are scores on {sizes[1]:,} test images of each set; the curves above are on the first {sizes[0]:,} of "
        "them, and so are the early losses that a claim below is judged on: curve and table may end a little apart."
        if sizes and sizes[0] < sizes[1]
        else "",
    ]
    return prose("\n".join(filter(None, lines)))


def order_words(evidence: Evidence) -> str:
    """The thesis's algorithms in the order of their mean accuracy, and how far the last is behind the first."""
    means = mean_accuracies(evidence, ROWS)
    if len(means) < 2:
        return ""
    order = sorted(means, key=means.__getitem__, reverse=True)
    each = ", ".join(f"{LABELS[row]} {means[row]:.2f} %" for row in order)
    first, last = order[0], order[-1]
    return (
        f"By mean accuracy of the tasks the thesis's algorithms come in the order {each}; {LABELS[last]} minus "
        f"{LABELS[first]} is "
        f"{difference(paired_accuracy(evidence, last, first))} points."
    )


def hybrid_words(evidence: Evidence) -> str:
    """The hybrid minus MGDA in points of accuracy, and what the intervals say."""
    gaps = {task: [100 * gap for gap in paired(evidence, "hybrid", "mgda", f"accuracy_{task}")] for task in TASKS}
    if not all(gaps.values()):
        return ""
    each = ", ".join(f"{LABELS[task]} {difference(values)}" for task, values in gaps.items())
    means = difference(paired_accuracy(evidence, "hybrid", "mgda"))
    better = {1: "the hybrid is better", -1: "MGDA is better", 0: "no difference is shown"}
    found = {which: [LABELS[task] for task in TASKS if side(gaps[task]) == which] for which in better}
    reading = "; ".join(f"{better[which]} on {listed(tasks)}" for which, tasks in found.items() if tasks)
    return f"The hybrid minus MGDA, in points of accuracy: {each}, on average {means}. So {reading}."


def shared_verdicts(evidence: Evidence) -> Block:
    """The claims on the training algorithms, which are judged on separate inputs, judged on a shared one."""
    lines = [
        "The thesis's statements are counted as they fare on separate inputs, its own setting.",
        "On this one:",
        "",
    ]
    for claim in claims.load(SHORT).claims:
        if claim.test and claim.test.study == "balancing":
            found = judge_on(claim, SHORT, evidence)
            lines.append(f"- {claim.says} {badge(found.verdict)} {decided(claim, SHORT, found)}")
    return Block("\n".join(lines))
