"""What a practitioner should do on Monday: each sentence chosen, and each number computed, by the results."""

from __future__ import annotations

from collections.abc import Callable

from mtlcore.claims import FEWEST_SEEDS
from mtlcore.recipes import Evidence
from mtlcore.recipes.synthesis.studies import PAIRS
from mtlcore.report.block import Block
from mtlcore.report.figures import LABELS
from mtlcore.report.pairing import bullets
from mtlcore.report.synthesis.evidence import (
    BASE,
    FASTER,
    Gap,
    accuracy_gap,
    balancers_in,
    floor_of,
    name_of,
    number,
    overlap,
    ratio,
    worst_gap,
)
from mtlcore.report.synthesis.words import SMALLER, Runs, base_of, smaller_of, told_of
from mtlcore.report.tables import where
from mtlcore.report.verdicts import listed

MARGIN = 2.0  # percentage points of accuracy that count as little
LIKE = 4 / 3  # costs that are at most so many times apart count as alike
HARDLY = 0.2  # of the way from an answer that ignores the image to a perfect one; less is hardly learned


def monday(runs: Runs) -> Block:
    """What to do on Monday: each sentence chosen, and each number computed, by the results.

    Args:
        runs: study -> its runs; `floor`, those of the document's λ, has an answer that ignores the rooms.
    """
    advice = (_start, _shrink, _single, _directional, _balance, _freeze, _combine, _narrow, _rooms)
    found = [words for one in advice if (words := one(runs))]
    return bullets(found or ["Record the crossing first; without runs there is no advice."])


def _with_base(advice: Callable[[Evidence], str]) -> Callable[[Runs], str]:
    def given(runs: Runs) -> str:
        evidence = base_of(runs)
        return advice(evidence) if evidence and evidence.rows.get(BASE) else ""

    return given


def price_of(gap: Gap | None) -> str:
    """What a difference of accuracies says of the price, with its interval: nothing clear is not the same as none."""
    if gap is None:
        return "at an unknown price"
    if gap.decided > 0:
        word = "and it gains"
    elif gap.n >= FEWEST_SEEDS and gap.low > -MARGIN:
        word = f"at a loss of less than {MARGIN:g} points"
    else:
        word = "and it costs" if gap.decided < 0 else "at a price that these seeds do not settle"
    return f"{word}: {gap.told()} points"


@_with_base
def _start(evidence: Evidence) -> str:
    better = []
    for row, records in evidence.rows.items():
        gap = accuracy_gap(evidence, row, BASE) if records and row != BASE else None
        if gap and gap.decided > 0:
            better.append((gap.mean, row, gap))
    if not better:
        return (
            "**Start with the dense network and the plain sum.** None of the other rows is clearly more accurate, and "
            "each has more to set."
        )
    _, row, gap = max(better)
    method, balancer = row.split("/")
    return (
        f"**If accuracy is all you want, take {name_of(method)} with {name_of(balancer)}.** It has {gap.told()} points "
        f"over dense with the plain sum, the most of {len(better)} rows that are clearly better."
    )


@_with_base
def _shrink(evidence: Evidence) -> str:
    rows = {method: f"{method}/sum" for method in smaller_of(evidence) if method != "narrow"}
    fast = {method: number(evidence, row, "speedup") for method, row in rows.items()}
    best = max(fast, key=lambda method: fast[method], default="")
    if not best or fast[best] < FASTER:
        return "**Do not prune for speed here.** No method alone makes the compacted network faster."
    gap = accuracy_gap(evidence, rows[best], BASE)
    return (
        f"**If inference has to be faster, take {name_of(best)}, and compact.** It is {fast[best]:.1f} times as fast "
        f"with {number(evidence, rows[best], 'parameters'):.0f} % of the parameters, {price_of(gap)}. "
        f"With its zeros left in place it is {number(evidence, rows[best], 'speedup_masked'):.1f} times as fast."
    )


@_with_base
def _single(evidence: Evidence) -> str:
    if not evidence.rows.get("l1/sum"):
        return ""
    zero = 100 - number(evidence, "l1/sum", "nonzero")
    speedup = number(evidence, "l1/sum", "speedup")
    if speedup >= FASTER:
        return f"**Single zeros pay here.** With {zero:.0f} % of the weights zero it is {speedup:.1f} times as fast."
    return (
        f"**Do not take single zero weights for speed.** {zero:.0f} % of the weights of ℓ1 are zero, and inference is "
        f"{speedup:.2f} times as fast as dense; without a sparse format "
        f"{number(evidence, 'l1/sum', 'parameters'):.0f} % of the parameters have to be kept."
    )


@_with_base
def _directional(evidence: Evidence) -> str:
    known = [m for m in ("neuron-behaviour", "weight-matrix", "distinctiveness") if evidence.rows.get(f"{m}/sum")]
    if len(known) < 2:
        return ""
    best = max(known, key=lambda method: number(evidence, f"{method}/sum", "accuracy"))
    gaps = {one: accuracy_gap(evidence, f"{best}/sum", f"{one}/sum") for one in known if one != best}
    beaten = [one for one, gap in gaps.items() if gap and gap.decided > 0]
    if not beaten:
        return (
            f"**Which angles you take matters little.** At the same number of units {listed(map(name_of, known))} "
            "are not clearly different."
        )
    told = listed(f"{name_of(one)} ({told_of(gaps[one])} points)" for one in beaten)
    return (
        f"**Of the directional methods take {name_of(best)}.** At the same number of units it is clearly above {told}."
    )


@_with_base
def _balance(evidence: Evidence) -> str:
    told = []
    for one in balancers_in(evidence):
        gap, found = accuracy_gap(evidence, f"dense/{one}", BASE), worst_gap(evidence, f"dense/{one}", BASE)
        time = ratio(evidence, f"dense/{one}", BASE, "seconds")
        if one == "sum" or not (gap and found and time):
            continue
        task, worst = found
        told.append(
            (
                gap.decided,
                f"{name_of(one)}: {gap.told()} points, {LABELS[task]} {worst.told()}, {time:.2f} times the time",
            )
        )
    if not told:
        return ""
    verdict = (
        "Balance the tasks" if any(decided > 0 for decided, _ in told) else "Do not expect much of a balancer here"
    )
    words = "; ".join(words for _, words in told)
    return f"**{verdict}.** On the dense network, the mean and the task that loses most: {words}."


@_with_base
def _freeze(evidence: Evidence) -> str:
    gap, time = accuracy_gap(evidence, "layerout/sum", BASE), ratio(evidence, "layerout/sum", BASE, "seconds")
    if gap is None or time is None:
        return ""
    if time >= 1 / FASTER:
        return f"**LayerOut does not pay here.** It takes {time:.2f} times the training time, at {gap.told()} points."
    return f"**LayerOut saves training time.** It takes {time:.2f} times the time of dense, {price_of(gap)}."


def _combine(runs: Runs) -> str:
    evidence = runs.get("pairs")
    if evidence is None:
        return ""
    good, bad = [], []
    for pair in PAIRS:
        parts = pair.split("+")
        gaps = [accuracy_gap(evidence, f"{pair}/sum", f"{part}/sum") for part in parts]
        sizes = [number(evidence, f"{row}/sum", "parameters") for row in (pair, *parts)]
        if any(gap is None for gap in gaps):
            continue
        if any(gap.decided < 0 for gap in gaps if gap):
            bad.append(pair)
        elif sizes[0] < SMALLER / 100 * min(sizes[1:]):
            good.append((sizes[0], pair))
    if not good:
        known = f" Clearly below one of its parts: {listed(map(name_of, bad))}." if bad else ""
        return (
            f"**Do not expect methods to add up.** No pair is smaller than its parts at no clear loss.{known}"
            f"{_overlaps(evidence)}"
        )
    size, best = min(good)
    told = f" Not so: {listed(map(name_of, bad))}." if bad else ""
    return (
        f"**{name_of(best)} compose.** Together they leave {size:.0f} % of the parameters and are not clearly less "
        f"accurate than either alone ({told_of(accuracy_gap(evidence, f'{best}/sum', BASE))} points to dense).{told}"
        f"{_overlaps(evidence)}"
    )


def _overlaps(evidence: Evidence) -> str:
    """Whether what two methods take together is more or less than what each takes, added up."""
    found = [gap for pair in PAIRS if evidence.rows.get(f"{pair}/sum") and (gap := overlap(evidence, pair))]
    more = [gap for gap in found if gap.mean < 0]
    if not found:
        return ""
    clearly = sum(gap.decided < 0 for gap in found)
    return (
        f" By the means, {len(more)} of {len(found)} pairs lose more together than their parts' losses added up, "
        f"{clearly} of them clearly."
    )


def _narrow(runs: Runs) -> str:
    evidence = runs.get("shares")
    costs = {"parameters": "size", "inference_ms": "speed"}
    told = [words for cost, name in costs.items() if evidence and (words := _beside(evidence, cost, name))]
    return f"**Compare with a network that was built narrow.** {' '.join(told)}" if told else ""


def _beside(evidence: Evidence, cost: str, name: str) -> str:
    """Networks that were built narrow against pruned ones that cost about as much."""
    found: dict[str, list[str]] = {"clearly above": [], "clearly below": [], "not clearly different from": []}
    narrow = [row for row in evidence.rows if row.startswith("narrow/")]
    pruned = [
        row
        for row in evidence.rows
        if not row.startswith(("narrow/", "dense")) and number(evidence, row, "parameters") < SMALLER
    ]
    for built in narrow:
        for row in pruned:
            gap = accuracy_gap(evidence, built, row)
            quotient = number(evidence, row, cost) / number(evidence, built, cost)
            if gap and 1 / LIKE <= quotient <= LIKE:
                method, share = row.split("/")
                kind = {1: "clearly above", -1: "clearly below", 0: "not clearly different from"}[gap.decided]
                found[kind].append(f"{name_of(method)} at {100 * float(share):.0f} % ({gap.told()} points)")
    parts = [f"{kind} {listed(rows)}" for kind, rows in found.items() if rows]
    return f"At like {name}, within a third, it is {'; '.join(parts)}." if parts else ""


def _rooms(runs: Runs) -> str:
    evidence = runs.get("rooms")
    if evidence is None or not evidence.rows.get("group") or not evidence.rows.get("dense"):
        return ""
    left = {row: number(evidence, row, "compact_parameters") for row, records in evidence.rows.items() if records}
    speed = {row: number(evidence, row, "speedup") for row, share in left.items() if share < SMALLER}
    best = max(speed, key=lambda row: speed[row], default="")
    if not best:
        return f"**On rooms** ({where(evidence)}), no row makes the backbone smaller."
    time = ratio(evidence, "layerout", "dense", "seconds")
    left_of = number(evidence, best, "compact_parameters")
    frozen = f" LayerOut takes {time:.2f} times the training time of dense." if time else ""
    frozen += _learned(evidence, runs.get("floor"))
    if speed[best] < FASTER:
        return (
            f"**On rooms** ({where(evidence)}), nothing is measurably faster: {name_of(best)}, the fastest by the "
            f"median, is {speed[best]:.2f} times as fast as dense, with {left_of:.0f} % of the backbone's parameters."
            f"{frozen}"
        )
    return (
        f"**On rooms** ({where(evidence)}), the fastest is {name_of(best)}, {speed[best]:.2f} times as fast as dense "
        f"with {left_of:.0f} % of the backbone's parameters.{frozen}"
    )


def _learned(evidence: Evidence, path: Evidence | None) -> str:
    """That the networks hardly learned, where the dense one is near an answer that ignores the image."""
    floor = floor_of(evidence, path)
    if path is None or not floor:
        return ""
    perfect = {"miou": ("mIoU", 1.0), "angle": ("normals", 0.0), "mae_metres": ("depth", 0.0)}
    way = {}
    for metric, (name, best) in perfect.items():
        least = number(path, floor, metric)
        way[name] = (number(evidence, "dense", metric) - least) / (best - least)
    if not all(share < HARDLY for share in way.values()):
        return ""
    told = listed(f"{100 * share:.0f} % in {name}" for name, share in way.items())
    return (
        " These networks hardly learned: of the way from an answer that ignores the image to a perfect one, dense goes "
        f"{told}. The order of the rows in accuracy says little."
    )
