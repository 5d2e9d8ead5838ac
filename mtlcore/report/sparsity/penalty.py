"""The group penalty beside ℓ1: how many weights each leaves zero [upadhyay, Table 3]."""

from __future__ import annotations

import statistics

from mtlcore import claims
from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay.studies import GROUP, L1, L1_ROOMS
from mtlcore.report.block import Block, prose
from mtlcore.report.measures import metric
from mtlcore.report.sparsity.evidence import SHORT, printed

ARMS = ("l1", "group")


def zero_weights(evidence: Evidence, arm: str) -> list[float]:
    """Zero weights in % under a penalty, the mean of each set of tasks."""
    found = [metric(evidence, f"{tasks}/{arm}", "parameter_sparsity") for tasks in L1_ROOMS]
    return [statistics.fmean(values) for values in found if values]


def printed_weights(arm: str) -> list[float]:
    """The same as the document prints it."""
    rows = {
        "l1": [("table-3", f"{tasks}_l1") for tasks in L1_ROOMS],
        "group": [("table-1", f"{tasks}_{GROUP}") for tasks in L1_ROOMS],
    }
    found = [printed(table, row, "parameter_sparsity") for table, row in rows[arm]]
    return [value for value in found if value is not None]


def within() -> float:
    """How far apart two shares of zero weights may lie to be comparable, in points."""
    test = next(claim.test for claim in claims.load(SHORT).claims if claim.id == "group-beats-l1")
    assert test is not None  # as the document's file has it
    assert test.alike is not None
    return test.alike[1]


def share_span(values: list[float]) -> str:
    """Shares in %, lowest to highest, with as many digits as tell them from nothing.

    >>> share_span([0.0024, 0.0031]), share_span([53.9, 75.7]), share_span([0.0, 0.0])
    ('0.0024 to 0.0031 %', '54 to 76 %', '0 %')
    """
    low, high = (f"{value:.2g}" for value in (min(values), max(values)))
    return f"{low} %" if low == high else f"{low} to {high} %"


def short_words(evidence: Evidence | None) -> str:
    """The two shares in a few words; nothing without runs."""
    shares = [zero_weights(evidence, arm) for arm in ARMS] if evidence else [[]]
    if not all(shares):
        return ""
    return f"ℓ1 leaves {share_span(shares[0])} of the weights zero, the group penalty {share_span(shares[1])}"


def penalty_words(evidence: Evidence) -> Block:
    """Which shares of zero weights the two penalties leave, and whether they can be compared."""
    told = short_words(evidence)
    if not told:
        return Block("")
    ours = [zero_weights(evidence, arm) for arm in ARMS]
    far = [abs(one - other) for one, other in zip(*ours, strict=True)]
    apart = sum(value > within() for value in far)
    judged = (
        f"In {apart} of {len(far)} sets of tasks that is more than {within():g} points apart: what stands beside the "
        "group penalty is then no network of equal sparsity, and a comparison shows nothing of the kind of penalty. "
        if apart
        else f"That is within {within():g} points in all sets of tasks. "
    )
    return prose(
        f"""At the printed λ, {L1} and {GROUP}, scaled as everywhere on this page, {told}.
        The document prints {share_span(printed_weights("l1"))} and {share_span(printed_weights("group"))}.
        {judged}Further down ℓ1 is led to as many zeros, in the same metric."""
    )
