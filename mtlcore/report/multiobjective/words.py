"""The chapter's first and last words, computed from its runs [tran]."""

from __future__ import annotations

from collections.abc import Mapping

from mtlcore import claims
from mtlcore.claims import Judgement
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, percent, result
from mtlcore.report.figures import LABELS
from mtlcore.report.measures import judged, mean, metric
from mtlcore.report.multiobjective.evidence import SHORT, TASKS, coefficients, switch_of, written
from mtlcore.report.tables import NAMES
from mtlcore.report.verdicts import badge, counted

Runs = Mapping[str, Evidence | None]
SOURCES = {"real": "real images", "twin": "twins"}


def headline(runs: Runs) -> Block:
    """The result in a few sentences, from the largest runs at hand: study -> its runs."""
    found = judged(SHORT, runs)
    return result((_hybrid(runs, found), _slow(runs, found), _search(runs, found), _claims(found)))


def _where(evidence: Evidence) -> str:
    epochs = evidence.records[0].config.get("epochs")
    trained = f"{epochs} epoch{'s' * (epochs != 1)}, " if epochs else ""
    return (
        f"{SOURCES.get(evidence.source, evidence.source)}, {NAMES[evidence.variant]}, {evidence.profile}: "
        f"{trained}{evidence.seeds} seed{'s' * (evidence.seeds != 1)}"
    )


def _hybrid(runs: Runs, found: Mapping[str, Judgement]) -> str:
    evidence = runs.get("balancing")
    gaps = {task: _gap(evidence, "hybrid", "mgda", f"accuracy_{task}") for task in TASKS} if evidence else {}
    known = {task: gap for task, gap in gaps.items() if gap is not None}
    if not evidence or not known:
        return ""
    widest = max(known, key=lambda task: abs(known[task]))
    gap, favoured = written(100 * abs(known[widest])), "the hybrid" if known[widest] > 0 else "MGDA"
    switch = switch_of(evidence, "hybrid")
    when = f"changes to MGDA after epoch {switch:g} (median)" if switch else "stays with GradNorm in most runs"
    share = _ratio(evidence, "seconds", "hybrid", "mgda")
    speed = f" It takes {percent(share)} of the time of MGDA" if share else ""
    quality, faster = (badge(found[claim].verdict) for claim in ("hybrid-quality", "hybrid-faster"))
    return (
        f"**The hybrid.** On separate inputs ({_where(evidence)}) it {when}. Its accuracy is that of MGDA, within half "
        f"a point: {quality}; the widest gap is {gap} points on {LABELS[widest]}, in favour of {favoured}.{speed}; "
        f"faster than MGDA: {faster}."
    )


def _slow(runs: Runs, found: Mapping[str, Judgement]) -> str:
    evidence = runs.get("balancing")
    slower = mean(evidence, "mgda", "slowdown") if evidence else None
    if slower is None:
        return ""
    return (
        "**What MGDA costs.** With separate inputs every task has its own passes anyway, and a step of MGDA takes "
        f"{slower:.2f} times as long as one of averaging; the thesis has several tens of times "
        f"({badge(found['mgda-slow'].verdict)}). A hybrid cannot save more than that.{_shared_costs(runs)}"
    )


def _shared_costs(runs: Runs) -> str:
    evidence = runs.get("balancing-shared")
    full, bound = (mean(evidence, row, "slowdown") if evidence else None for row in ("mgda_parameters", "mgda"))
    if not full or not bound:
        return ""
    return f" With a shared input it is {full:.2f} times on parameters, and {bound:.2f} on the representation."


def _search(runs: Runs, found: Mapping[str, Judgement]) -> str:
    evidence = runs.get("search")
    together = metric(evidence, "ours", "mnist_with_kmnist") if evidence else []
    if not evidence or not together:
        return ""
    intuition, stress = (badge(found[claim].verdict) for claim in ("tree-matches-intuition", "stress-predicts-quality"))
    return (
        f"**The search** ({_where(evidence)}) keeps MNIST and Kuzushiji-MNIST together in {sum(together):.0f} of "
        f"{len(together)} runs ({intuition}). That little stress predicts good recognition among trees of equal cost: "
        f"{stress}."
    )


def _claims(found: Mapping[str, Judgement]) -> str:
    return f"**Claims.** Of the thesis's {len(found)} claims: {counted(one.verdict for one in found.values())}."


def _gap(evidence: Evidence, one: str, other: str, name: str) -> float | None:
    left, right = mean(evidence, one, name), mean(evidence, other, name)
    return None if left is None or right is None else left - right


def _ratio(evidence: Evidence, name: str, one: str, other: str) -> float | None:
    left, right = mean(evidence, one, name), mean(evidence, other, name)
    return left / right if left and right else None


def lessons(runs: Runs) -> Block:
    """What a reader takes home, with the verdicts behind it."""
    found = judged(SHORT, runs)
    by_id = {claim.id: claim for claim in claims.load(SHORT).claims}

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
        f"a heuristic against the truth. {verdicts('stress-predicts-quality', 'tree-matches-intuition')}.",
        "**Say what the inputs are.** An algorithm stated for samples with all labels may not exist for data sets that "
        "are trained side by side.",
    ]
    if weights := coefficients(runs.get("balancing")):
        favourite = max(weights, key=lambda task: weights[task])
        points.insert(
            2,
            "**The shortest vector leans to short gradients.** A task with little left to learn has short ones, and "
            f"MGDA follows them: {LABELS[favourite]} gets a coefficient of {weights[favourite]:.2f} on average.",
        )
    return Block("\n".join(f"- {point}" for point in points))
