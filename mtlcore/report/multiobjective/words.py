"""The chapter's first and last words, computed from its runs [tran]."""

from __future__ import annotations

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
    mean_accuracy,
    paired_accuracy,
    side,
    switch_of,
)
from mtlcore.report.multiobjective.quality import hybrid_words, order_words
from mtlcore.report.multiobjective.search import best_split, correlations, lowest_in, pick_words, usual_pick
from mtlcore.report.pairing import paired, seeds_of
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
    sentences = (_faster(runs, found), _best_and_worst(runs), _picked(runs))
    return " ".join(filter(None, sentences))


FASTER = {
    Verdict.HOLDS: "The hybrid trains faster than MGDA",
    Verdict.DIRECTION: "The hybrid may train faster than MGDA, but the seeds do not settle it",
    Verdict.DIFFERS: "The hybrid is not faster than MGDA here",
    Verdict.CLEARLY: "The hybrid is slower than MGDA here",
}


def _faster(runs: Runs, found: Mapping[str, Judgement]) -> str:
    verdict = found["hybrid-faster"].verdict
    if verdict not in FASTER:
        return ""
    evidence = runs.get("balancing")
    slower = metric(evidence, "mgda", "slowdown")
    if len(slower) >= FEWEST_SEEDS and interval(slower)[2] < HARDLY:
        return f"{FASTER[verdict]}: a step of MGDA costs hardly more than a plain one, so there is little to save."
    return f"{FASTER[verdict]}."


def _best_and_worst(runs: Runs) -> str:
    """Who recognises best and who worst on average; several where the intervals do not part them."""
    evidence = runs.get("balancing")
    first, last = ends(evidence) if evidence else ([], [])
    if not first or not last:
        return ""
    best, worst = (listed(LABELS[row] for row in rows) for rows in (first, last))
    best = f"{best[:1].upper()}{best[1:]}"
    return f"{best} recognise{'s' * (len(first) == 1)} best on average, {worst} worst."


def ends(evidence: Evidence) -> tuple[list[str], list[str]]:
    """The thesis's algorithms with the highest mean accuracy, and those with the lowest.

    Each with all whose distance to it has an interval that holds zero; nothing where a row would be among both.
    """
    means = {row: sum(found) / len(found) for row in ROWS if (found := mean_accuracy(evidence, row))}
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
    name = "Of all ways to divide the tasks in two, the one that the search usually picks"
    if pick[0] == best:
        return f"{name} recognises best."
    lowest, seeds = lowest_in(evidence, pick[0])
    return f"{name} recognises worst in each of {seeds} runs." if lowest == seeds else f"{name} is not the best."


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
    speed = f"It takes {percent(share)} of the time of MGDA ({longer} s); " if share else ""
    equal = claims_by_id()["hybrid-quality"].test
    margin = f" (within {100 * equal.margin:g} points)" if equal and equal.margin else ""
    quality, faster = (badge(found[claim].verdict) for claim in ("hybrid-quality", "hybrid-faster"))
    return (
        f"**The hybrid.** On separate inputs ({_where(evidence)}) it {when}. {gaps} Equal on all three{margin}: "
        f"{quality}. {speed}faster than MGDA: {faster}."
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
        f"times ({badge(found['mgda-slow'].verdict)}). A hybrid cannot save more than that.{_shared_costs(runs)}"
    )


def _shared_costs(runs: Runs) -> str:
    evidence = runs.get("balancing-shared")
    full, bound = (mean(evidence, row, "slowdown") if evidence else None for row in ("mgda_parameters", "mgda"))
    if not full or not bound:
        return ""
    return f" With a shared input it is {full:.2f} times on parameters, and {bound:.2f} on the representation."


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
    return (
        f"**The search** ({_where(evidence)}) keeps MNIST and Kuzushiji-MNIST together in {sum(together):.0f} of "
        f"{len(together)} runs ({intuition}).{pick} That little stress predicts good recognition among trees of equal "
        f"cost: {stress}.{rank}"
    )


def _claims(found: Mapping[str, Judgement]) -> str:
    return f"**Claims.** Of the thesis's {len(found)} claims: {counted(one.verdict for one in found.values())}."


def _pick(runs: Runs) -> str:
    trees = runs.get("table-1b")
    words = pick_words(trees) if trees else ""
    return f"{words} " if words else ""


def _ratio(evidence: Evidence, name: str, one: str, other: str) -> float | None:
    left, right = mean(evidence, one, name), mean(evidence, other, name)
    return left / right if left and right else None


def claims_by_id() -> dict[str, Claim]:
    """The claims of the thesis by identifier."""
    return {claim.id: claim for claim in claims.load(SHORT).claims}


def lessons(runs: Runs) -> Block:
    """What a reader takes home, with the verdicts behind it."""
    found = judged(SHORT, runs)
    by_id = claims_by_id()

    def verdicts(*ids: str) -> str:
        return "; ".join(f"*{by_id[id].says.rstrip('.')}*: {badge(found[id].verdict)}" for id in ids)

    points = [
        "**The cost is in the backward passes.** With the Gramian at hand, the min-norm problem of a few tasks is "
        f"arithmetic on a few numbers. {verdicts('mgda-slow', 'projected-fewer-iterations')}.",
        "**Time is time per step times steps.** At equal steps a hybrid saves at most what its second phase costs more "
        f"than its first. {verdicts('hybrid-quality', 'hybrid-faster')}.",
        "**A mini-batch is a noisy witness.** Whether its gradients nearly cancel depends on the batch and on the "
        f"threshold as well as on the network. {verdicts('stationary-share-grows', 'mgda-late')}.",
        "**Enumerate where you can.** Three tasks have three two-way splits, few enough to train them all and to hold "
        f"a heuristic against the truth. {_pick(runs)}"
        f"{verdicts('stress-predicts-quality', 'tree-matches-intuition')}.",
        "**Say what the inputs are.** An algorithm stated for samples with all labels may not exist for data sets that "
        "are trained side by side.",
    ]
    evidence = runs.get("balancing")
    if weights := coefficients(evidence):
        favourite = max(weights, key=lambda task: weights[task])
        points.insert(
            2,
            "**The shortest vector leans to short gradients.** A task with little left to learn has short ones, and "
            f"MGDA follows them: {LABELS[favourite]} gets a coefficient of {weights[favourite]:.2f} on average. "
            f"{order_words(evidence) if evidence else ''}",
        )
    return Block("\n".join(f"- {point}" for point in points))
