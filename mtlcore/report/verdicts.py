"""Claims with their verdicts as badges."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from mtlcore import claims, profiles, recipes
from mtlcore.claims import Claim, Judgement, Verdict
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block
from mtlcore.report.tables import NAMES

CLASSES = {
    Verdict.HOLDS: ("verdict-holds", "✓"),
    Verdict.DIRECTION: ("verdict-direction", "↗"),
    Verdict.UNTESTABLE: ("verdict-untestable", "–"),
    Verdict.DIFFERS: ("verdict-differs", "≠"),
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
    return claims.judge(claim.test, evidence.rows, ceiling=ceiling(claim, short))


def ceiling(claim: Claim, short: str) -> float | None:
    """The largest value of the claim's metric, where its table states one."""
    for table in claims.load(short).tables:
        for column in table.columns:
            if claim.test and table.id == claim.test.study and column.metric == claim.test.metric:
                return column.ceiling
    return None


def size(judgement: Judgement) -> str:
    """The deciding difference: mean and interval."""
    difference = judgement.decisive
    if difference is None:
        return judgement.why
    words = f"{difference.left} − {difference.right}: " if len(judgement.differences) > 1 else ""
    numbers = f"{difference.mean:+.2f} [{difference.low:+.2f}, {difference.high:+.2f}]".replace("-", "−")
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
        rows = [
            _line(NAMES[variant], judge_on(claim, short, evidence), f"{evidence.seeds} seeds, {evidence.profile}")
            for variant in profiles.VARIANTS
            if (evidence := recipes.recorded(short, claim.test.study, variant=variant))
        ]
        if run := computed.get(claim.test.study):
            source = "" if run.source == "none" else f", {run.source}"
            where = f"{NAMES[run.variant]}, {run.seeds} seeds, {run.profile}{source}"
            rows.append(_line("this run", judge_on(claim, short, run), where))
        if not rows:
            rows.append(_line("recorded", judge_on(claim, short, None), ""))
        paper = f"; the document: {claim.test.by:+.2f}".replace("-", "−") if claim.test.by else ""
        items.append(
            f"<div class='claim' id='clm-{short}-{claim.id}'><p>{escape(claim.says)} "
            f"<span class='claim-place'>({escape(claim.place)}{paper})</span></p><ul>{''.join(rows)}</ul></div>"
        )
    return Block(html="\n".join(items))


def _line(name: str, judgement: Judgement, where: str) -> str:
    where = f" <span class='claim-place'>{escape(where)}</span>" if where else ""
    return (
        f"<li><span class='claim-variant'>{escape(name)}</span> {badge(judgement.verdict)} "
        f"<span class='claim-size'>{escape(size(judgement))}</span>{where}</li>"
    )
