"""Claims with their verdicts as badges."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from mtlcore import claims, profiles, recipes
from mtlcore.claims import Claim, Judgement, Verdict
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block
from mtlcore.report.tables import NAMES, where

CLASSES = {
    Verdict.HOLDS: ("verdict-holds", "✓"),
    Verdict.DIRECTION: ("verdict-direction", "↗"),
    Verdict.UNTESTABLE: ("verdict-untestable", "–"),
    Verdict.DIFFERS: ("verdict-differs", "↘"),
    Verdict.CLEARLY: ("verdict-differs", "✗"),
}


def badge(verdict: Verdict) -> str:
    """A verdict as a coloured word with a sign, so that colour is not needed to read it."""
    name, sign = CLASSES[verdict]
    return f"<span class='verdict {name}'><span aria-hidden='true'>{sign}</span> {verdict}</span>"


def judge_on(claim: Claim, short: str, evidence: Evidence | None) -> Judgement:
    """The verdict on a claim from given runs; without runs it is not testable."""
    if claim.test is None:
        return Judgement(Verdict.UNTESTABLE, claim.untestable)
    if evidence is None:
        return Judgement(Verdict.UNTESTABLE, "not recorded yet")
    column = column_of(claim, short)
    return claims.judge(claim.test, evidence.rows, ceiling=column.ceiling if column else None)


def column_of(claim: Claim, short: str) -> claims.Column | None:
    """The column of the claim's metric, where the claim is about a published table."""
    if claim.test is None:
        return None
    columns = (
        column for table in claims.load(short).tables if table.id == claim.test.study for column in table.columns
    )
    return next((column for column in columns if column.metric == claim.test.metric), None)


def size(judgement: Judgement, places: int = 2) -> str:
    """The deciding difference: mean and interval, to so many decimal places."""
    difference = judgement.decisive
    if difference is None:
        return judgement.why
    words = f"{difference.left} − {difference.right}: " if len(judgement.differences) > 1 else ""
    mean, low, high = (f"{value:+.{places}f}" for value in (difference.mean, difference.low, difference.high))
    numbers = f"{mean} [{low}, {high}]".replace("-", "−")
    return f"{words}{numbers}{'; ' + judgement.why if judgement.why else ''}"


def claim_list(short: str, studies: Iterable[str], *, this_run: Iterable[Evidence] = ()) -> Block:
    """The claims of some studies, each with its verdict in every variant recorded, and in this run.

    Args:
        short: the document.
        studies: whose claims to list, in the document's order.
        this_run: what the chapter has computed of these studies.
    """
    wanted = set(studies)
    computed = {evidence.study: evidence for evidence in this_run}
    items = []
    for claim in claims.load(short).claims:
        if claim.test is None or claim.test.study not in wanted:
            continue
        column = column_of(claim, short)
        places = column.decimals if column else 2
        known = [(NAMES[name], recipes.recorded(short, claim.test.study, variant=name)) for name in profiles.VARIANTS]
        if run := computed.get(claim.test.study):
            known.append((f"this run, {NAMES[run.variant]}", run))
        rows = [_line(name, claim, short, evidence, places) for name, evidence in known if evidence]
        paper = f"; the document: {claim.test.by:+.{places}f}".replace("-", "−") if claim.test.by else ""
        items.append(
            f"<div class='claim' id='clm-{short}-{claim.id}'><p>{escape(claim.says)} "
            f"<span class='claim-place'>({escape(claim.place)}{paper})</span></p>"
            f"<ul>{''.join(rows or [_line('recorded', claim, short, None, places)])}</ul></div>"
        )
    return Block(html="\n".join(items))


def _line(name: str, claim: Claim, short: str, evidence: Evidence | None, places: int) -> str:
    judgement = judge_on(claim, short, evidence)
    seeds = judgement.decisive.n if judgement.decisive else None
    told = f" <span class='claim-place'>{escape(where(evidence, seeds))}</span>" if evidence else ""
    return (
        f"<li><span class='claim-variant'>{escape(name)}</span> {badge(judgement.verdict)} "
        f"<span class='claim-size'>{escape(size(judgement, places))}</span>{told}</li>"
    )
