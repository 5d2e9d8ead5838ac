"""The first words of the synthesis: sentences that the results choose."""

from __future__ import annotations

from collections.abc import Mapping

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, result
from mtlcore.report.pairing import merged
from mtlcore.report.synthesis.evidence import (
    BASE,
    FASTER,
    Gap,
    accuracy_gap,
    balancers_in,
    methods_in,
    name_of,
    number,
)
from mtlcore.report.synthesis.figures import front, plain, points
from mtlcore.report.tables import where
from mtlcore.report.verdicts import listed

Runs = Mapping[str, Evidence | None]
SMALLER = 90.0  # % of the parameters


def base_of(runs: Runs) -> Evidence | None:
    """The runs of the methods: the crossing where there is one, with what the methods have beside it."""
    found = [evidence for study in ("crossing", "methods") if (evidence := runs.get(study))]
    return merged(*found) if found else None


def headline(runs: Runs) -> Block:
    """The result in a few sentences, from the largest runs at hand: study -> its runs."""
    evidence = base_of(runs)
    if evidence is None or not evidence.rows.get(BASE):
        words = ["The dense network has no runs yet."]
    else:
        told = (_size(evidence), _speed(evidence), _balancing(evidence), _fronts(evidence))
        words = [f"**Runs.** {where(evidence)}; dense: {100 * number(evidence, BASE, 'accuracy'):.1f} %."]
        words += [one for one in told if one]
        return result(words, lead=_lead(evidence))
    return result(words)


def _lead(evidence: Evidence) -> str:
    """The answer in everyday words: is smaller free, is faster, does balancing help."""
    smaller = smaller_of(evidence)
    free = [smaller[method] for method in _lossless(evidence) if method in smaller]
    words = []
    if free:
        words.append(f"{min(free):.0f} % of the parameters do as well as all of them, as far as can be told.")
    elif smaller:
        words.append("Every smaller network is less accurate.")
    faster = {method: number(evidence, f"{method}/sum", "speedup") for method in smaller}
    least = max(FASTER, max(faster.values(), default=0.0) / FASTER)  # what is hardly slower than the fastest
    accuracy = {one: number(evidence, f"{one}/sum", "accuracy") for one in smaller if faster[one] >= least}
    if fast := max(accuracy, key=accuracy.__getitem__, default=""):
        gap = accuracy_gap(evidence, f"{fast}/sum", BASE)
        price = "costs accuracy" if gap and gap.decided < 0 else "costs no accuracy that can be told"
        words.append(f"Being {faster[fast]:.1f} times as fast {price} ({name_of(fast)}, {told_of(gap)} points).")
    gaps = [accuracy_gap(evidence, f"dense/{one}", BASE) for one in balancers_in(evidence) if one != "sum"]
    if gaps and not any(gap and gap.decided > 0 for gap in gaps):
        words.append("No way of balancing the tasks is shown to beat adding up their losses.")
    return " ".join(words)


def _lossless(evidence: Evidence) -> list[str]:
    """The methods, with the plain sum, that are not clearly less accurate than the dense network."""
    found = []
    for method in methods_in(evidence):
        gap = accuracy_gap(evidence, f"{method}/sum", BASE)
        if method != "dense" and gap and gap.decided >= 0:
            found.append(method)
    return found


def smaller_of(evidence: Evidence) -> dict[str, float]:
    """The methods, with the plain sum, that leave a smaller network, and the parameters that they leave, %."""
    left = {method: number(evidence, f"{method}/sum", "parameters") for method in methods_in(evidence)}
    return {method: share for method, share in left.items() if share < SMALLER}


def _size(evidence: Evidence) -> str:
    smaller = smaller_of(evidence)
    if not smaller:
        return "**Size.** No method alone makes the compacted network smaller."
    free = [method for method in smaller if method in _lossless(evidence)]
    if not free:
        least = max(smaller, key=lambda method: number(evidence, f"{method}/sum", "accuracy"))
        gap = accuracy_gap(evidence, f"{least}/sum", BASE)
        return (
            f"**Size.** Every smaller network is clearly less accurate than the dense one; least so that of "
            f"{name_of(least)}, with {smaller[least]:.0f} % of the parameters and {told_of(gap)} points."
        )
    share = min(smaller[method] for method in free)
    best = [method for method in free if smaller[method] < share + 0.5]
    told = listed(f"{name_of(one)} ({told_of(accuracy_gap(evidence, f'{one}/sum', BASE))} points)" for one in best)
    return (
        f"**Size.** Of the {len(smaller)} methods that make the network smaller, {len(free)} "
        f"{'is' if len(free) == 1 else 'are'} not clearly less accurate than dense; the smallest, at {share:.0f} % of "
        f"the parameters, {'is' if len(best) == 1 else 'are'} {told}."
    )


def _speed(evidence: Evidence) -> str:
    faster = {method: number(evidence, f"{method}/sum", "speedup") for method in methods_in(evidence)}
    smaller = smaller_of(evidence)
    small = [method for method in smaller if faster[method] < FASTER]
    real = [method for method in smaller if faster[method] >= FASTER]
    words = [f"{name_of(method)} {faster[method]:.1f} times as fast" for method in real]
    start = f"Compacted, by the median, {listed(words)}." if words else "No method makes inference faster."
    if small:
        start += f" Fewer parameters and no faster: {listed(map(name_of, small))}."
    return f"**Speed.** {start}"


def _balancing(evidence: Evidence) -> str:
    others = [one for one in balancers_in(evidence) if one != "sum"]
    if not others:
        return ""
    better: list[str] = []
    worse: list[str] = []
    for one in others:
        gap = accuracy_gap(evidence, f"dense/{one}", BASE)
        if gap and gap.decided:
            (better if gap.decided > 0 else worse).append(f"{name_of(one)} ({gap.told()} points)")
    if not better and not worse:
        return (
            "**Balancing.** On the dense network no balancer is clearly different from the plain sum in mean accuracy."
        )
    told = [f"clearly {word}: {listed(found)}" for word, found in (("better", better), ("worse", worse)) if found]
    return f"**Balancing.** On the dense network, against the plain sum, {'; '.join(told)}."


def _fronts(evidence: Evidence) -> str:
    """What no other method dominates; a balancer does not alter the time of inference, so it is left out."""
    names = [name_of(point.row.partition("/")[0]) for point in front(points(evidence, "time", plain(evidence)), FASTER)]
    return (
        f"**Front.** With the plain sum, not dominated in mean accuracy and time of inference: {listed(names)}. Times "
        f"at most {FASTER:g} times apart count as alike."
    )


def told_of(gap: Gap | None) -> str:
    """A difference as text, where there may be none."""
    return gap.told() if gap else "an unknown number of"
