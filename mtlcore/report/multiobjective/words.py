"""The chapter's first and last words, computed from its runs [tran]."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mtlcore import claims
from mtlcore.claims import FEWEST_SEEDS, Claim, Judgement, Verdict, interval
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, percent, result
from mtlcore.report.figures import LABELS
from mtlcore.report.measures import judged, mean, metric
from mtlcore.report.multiobjective.evidence import (
    ROWS,
    SHORT,
    capped_of,
    coefficients,
    difference,
    mean_accuracies,
    paired_accuracy,
    side,
    switch_of,
)
from mtlcore.report.multiobjective.quality import hybrid_words, order_words
from mtlcore.report.multiobjective.search import best_split, correlations, lowest_in, pick_words, unsettled, usual_pick
from mtlcore.report.origin import opened, unrecorded
from mtlcore.report.pairing import paired, seeds_of, shared_means
from mtlcore.report.tables import NAMES
from mtlcore.report.verdicts import badge, counted, listed

Runs = Mapping[str, Evidence | None]
HARDLY = 1.1  # times as long: hardly more
SOURCES = {"real": "real images", "twin": "twins"}


def headline(runs: Runs) -> Block:
    """The result in a few sentences, from the largest runs at hand: study -> its runs."""
    found = judged(SHORT, runs)
    first = (_hybrid(runs, found), _order(runs), _slow(runs, found), _search(runs, found), _claims(found))
    return result(first, (_shared(runs),), lead=_lead(runs, found))


def _lead(runs: Runs, found: Mapping[str, Judgement]) -> str:
    """The result in everyday words, chosen by verdicts and intervals."""
    sentences = {
        "balancing": " ".join(filter(None, (_faster(runs, found), _best_and_worst(runs)))),
        "table-1b": _picked(runs),
    }
    shown = {study: words for study, words in sentences.items() if words}
    return " ".join(opened(words, evidence) for study, words in shown.items() if (evidence := runs.get(study)))


FASTER = {
    Verdict.HOLDS: "The hybrid trains faster than MGDA",
    Verdict.DIRECTION: "The hybrid may train faster than MGDA, but the seeds do not settle it",
    Verdict.DIFFERS: "The hybrid is not seen to train faster than MGDA",
    Verdict.CLEARLY: "The hybrid is slower than MGDA here",
}


def _faster(runs: Runs, found: Mapping[str, Judgement]) -> str:
    verdict = found["hybrid-faster"].verdict
    if verdict not in FASTER:
        return ""
    evidence = runs.get("balancing")
    slower, first = (metric(evidence, row, "slowdown") for row in ("mgda", "gradnorm"))
    if len(slower) < FEWEST_SEEDS or interval(slower)[2] >= HARDLY:
        return f"{FASTER[verdict]}."
    more = paired(evidence, "gradnorm", "mgda", "slowdown") if evidence and first else []
    dearer = ", and one of GradNorm, with which the hybrid begins, costs more" if side(more) > 0 else ""
    return f"{FASTER[verdict]}: a step of MGDA costs hardly more than a plain one, so there is little to save{dearer}."


def _best_and_worst(runs: Runs) -> str:
    """Who recognises best and who worst on average; several where the intervals do not part them."""
    evidence = runs.get("balancing")
    first, last = ends(evidence) if evidence else ([], [])
    if not first or not last:
        return ""
    best, worst = (listed(LABELS[row] for row in rows) for rows in (first, last))
    return f"Of its four algorithms {best} recognise{'s' * (len(first) == 1)} best on average, {worst} worst."


def ends(evidence: Evidence) -> tuple[list[str], list[str]]:
    """The thesis's algorithms with the highest mean accuracy, and those with the lowest.

    Each with all whose distance to it has an interval that holds zero; nothing where a row would be among both.
    """
    means = mean_accuracies(evidence, ROWS)
    if not means:
        return [], []
    order = sorted(means, key=means.__getitem__, reverse=True)
    first = [row for row in order if row == order[0] or side(paired_accuracy(evidence, order[0], row)) <= 0]
    last = [row for row in order if row == order[-1] or side(paired_accuracy(evidence, row, order[-1])) <= 0]
    return ([], []) if set(first) & set(last) else (first, last)


def _picked(runs: Runs) -> str:
    evidence = runs.get("table-1b")
    pick, best = (usual_pick(evidence), best_split(evidence)) if evidence else (None, None)
    if evidence is None or pick is None or best is None:
        return ""
    tree, times, count = pick
    name = f"Of the three ways to divide the tasks in two, the one that the search picks in {times} of {count} runs"
    if tree == best:
        return f"{name} recognises best on average."
    lowest, seeds = lowest_in(evidence, tree)
    reading = f"recognises worst in each of {seeds} runs" if lowest == seeds else "is not the best on average"
    doubt = ", but its distance to the best is not told from zero" if unsettled(evidence, tree, best) else ""
    return f"{name} {reading}{doubt}."


def _where(evidence: Evidence) -> str:
    epochs = evidence.records[0].config.get("epochs")
    trained = f"{epochs} epoch{'s' * (epochs != 1)}, " if epochs else ""
    return (
        f"{SOURCES.get(evidence.source, evidence.source)}, {NAMES[evidence.variant]}, {evidence.profile}: "
        f"{trained}{seeds_of(evidence)}"
    )


def _hybrid(runs: Runs, found: Mapping[str, Judgement]) -> str:
    evidence = runs.get("balancing")
    gaps = hybrid_words(evidence) if evidence else ""
    if not evidence or not gaps:
        return ""
    switch, (capped, count) = switch_of(evidence, "hybrid"), capped_of(evidence, "hybrid")
    cap = f", in {capped} of {count} runs in the last epoch allowed" if capped else ""
    when = f"changes to MGDA after epoch {switch:g} (median{cap})" if switch else "stays with GradNorm in most runs"
    share = _ratio(evidence, "seconds", "hybrid", "mgda")
    longer = difference(paired(evidence, "hybrid", "mgda", "seconds"), 1)
    speed = f"Its training takes {percent(share)} of the time of MGDA's ({longer} s). " if share else ""
    equal = claims_by_id()["hybrid-quality"].test
    margin = f" (within {100 * equal.margin:g} points)" if equal and equal.margin else ""
    quality, faster = (badge(found[claim].verdict) for claim in ("hybrid-quality", "hybrid-faster"))
    return (
        f"**The hybrid.** On separate inputs ({_where(evidence)}) it {when}. {gaps} Equal on all three{margin}: "
        f"{quality}. {speed}Faster than MGDA: {faster}."
    )


def _order(runs: Runs) -> str:
    evidence = runs.get("balancing")
    words = order_words(evidence) if evidence else ""
    return f"**Recognition.** {words}" if words else ""


def _slow(runs: Runs, found: Mapping[str, Judgement]) -> str:
    evidence = runs.get("balancing")
    slower = mean(evidence, "mgda", "slowdown") if evidence else None
    if slower is None:
        return ""
    return (
        "**What MGDA costs.** With separate inputs every task has its own passes anyway, and a step of MGDA takes "
        f"{slower:.2f} times as long as one of averaging, steps on one batch in turns; the thesis has several tens of "
        f"times ({badge(found['mgda-slow'].verdict)}). A hybrid that begins with a plain method cannot save more than "
        f"that.{_shared_costs(runs)}"
    )


def _shared_costs(runs: Runs) -> str:
    evidence = runs.get("balancing-shared")
    found = shared_means(evidence, ("mgda_parameters", "mgda"), "slowdown") if evidence else []
    if not evidence or not found:
        return ""
    full, bound = found
    words = f"With a shared input it is {full:.2f} times on parameters, and {bound:.2f} on the representation."
    return f" {opened(words, evidence)}"


def _shared(runs: Runs) -> str:
    evidence = runs.get("balancing-shared")
    gaps = hybrid_words(evidence) if evidence else ""
    return f"**On a shared input** ({_where(evidence)}). {gaps} {order_words(evidence)}" if evidence and gaps else ""


def _search(runs: Runs, found: Mapping[str, Judgement]) -> str:
    evidence = runs.get("search")
    together = metric(evidence, "ours", "mnist_with_kmnist") if evidence else []
    if not evidence or not together:
        return ""
    intuition, stress = (badge(found[claim].verdict) for claim in ("tree-matches-intuition", "stress-predicts-quality"))
    trees, stressed = runs.get("table-1b"), runs.get("stress")
    pick = f" {pick_words(trees)}" if trees else ""
    rank = f" {correlations(stressed)}" if stressed else ""
    if pick and trees:
        pick = f" {opened(pick.strip(), trees)}"
    if rank and stressed:
        rank = f" {opened(rank.strip(), stressed)}"
    return (
        f"**The search** ({_where(evidence)}) keeps MNIST and Kuzushiji-MNIST together in {sum(together):.0f} of "
        f"{len(together)} runs ({intuition}).{pick} That little stress predicts good recognition among trees of equal "
        f"cost: {stress}.{rank}"
    )


def _claims(found: Mapping[str, Judgement]) -> str:
    counts = f"**Claims.** Of the thesis's {len(found)} claims: {counted(one.verdict for one in found.values())}."
    if found["search-cheaper"].verdict is not Verdict.HOLDS:
        return counts
    return f"{counts} One of those that hold does so by construction: a count of networks, not an experiment."


def _ratio(evidence: Evidence, name: str, one: str, other: str) -> float | None:
    means = shared_means(evidence, (one, other), name)
    return means[0] / means[1] if means and means[1] else None


def _short(says: str) -> str:
    """A claim without the brackets at its end, which say how it is judged.

    >>> _short("It is faster (we ask only for less time).")
    'It is faster'
    """
    return re.sub(r" \([^()]*\)$", "", says.rstrip("."))


def claims_by_id() -> dict[str, Claim]:
    """The claims of the thesis by identifier."""
    return {claim.id: claim for claim in claims.load(SHORT).claims}


def lessons(runs: Runs) -> Block:
    """What a reader takes home, with the verdicts behind it."""
    found = judged(SHORT, runs)
    by_id = claims_by_id()

    def verdicts(*ids: str) -> str:
        return "; ".join(f"*{_short(by_id[id].says)}*: {badge(found[id].verdict)}{_of(id)}" for id in ids)

    def _of(id: str) -> str:
        test = by_id[id].test
        evidence = runs.get(test.study) if test else None
        told = unrecorded(evidence) if evidence else ""
        return f" ({told}, not recorded)" if told else ""

    points = [
        "**The cost is in the backward passes.** With the Gramian at hand, the min-norm problem of a few tasks is "
        f"arithmetic on a few numbers. {verdicts('mgda-slow', 'projected-fewer-iterations')}.",
        "**Time is time per step times steps.** At equal steps a hybrid saves, in each step of its first phase, what a "
        "step of its second would have cost more: where the first is the dearer one, it loses. "
        f"{verdicts('hybrid-quality', 'hybrid-faster')}.",
        "**A mini-batch is a noisy witness.** Whether its gradients nearly cancel depends on the batch and on the "
        f"threshold as well as on the network. {verdicts('stationary-share-grows', 'mgda-late')}.",
        "**Enumerate where you can.** Three tasks have three two-way splits, few enough to train them all and to hold "
        f"a heuristic against them. {verdicts('stress-predicts-quality', 'tree-matches-intuition')}.",
        "**Say what the inputs are.** An algorithm stated for samples with all labels may not exist for data sets that "
        "are trained side by side.",
    ]
    evidence = runs.get("balancing")
    if weights := coefficients(evidence):
        favourite = max(weights, key=lambda task: weights[task])
        points.insert(
            2,
            "**The shortest vector leans to short gradients.** A task with little left to learn has short ones, and "
            f"MGDA follows them: {LABELS[favourite]} gets a coefficient of {weights[favourite]:.2f} on average"
            f"{f' ({told}, not recorded)' if evidence and (told := unrecorded(evidence)) else ''}.",
        )
    return Block("\n".join(f"- {point}" for point in points))
