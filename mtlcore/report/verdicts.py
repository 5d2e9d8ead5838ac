"""Verdicts as badges, with the difference that decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from html import escape

from mtlcore import claims
from mtlcore.claims import Claim, Judgement, Outcome, Test, Verdict
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block
from mtlcore.report.differences import outcome_numbers, outcome_unit
from mtlcore.report.names import column_of, operand_name, pair_names

CLASSES = {
    Verdict.HOLDS: ("verdict-holds", "✓"),
    Verdict.DIRECTION: ("verdict-direction", "↗"),
    Verdict.UNTESTABLE: ("verdict-untestable", "–"),
    Verdict.DIFFERS: ("verdict-differs", "↘"),
    Verdict.CLEARLY: ("verdict-differs", "✗"),
}
MISSING = f"fewer than {claims.FEWEST_SEEDS} seeds, runs missing"
RULES = {  # verdict -> of a claim that one side is above the other, of a claim that both are alike
    Verdict.HOLDS: (
        "the 95 % interval of the difference lies on the claimed side",
        "the interval lies within the margin",
    ),
    Verdict.DIRECTION: (
        "the mean lies on the claimed side, the interval crosses zero",
        "the mean lies within the margin, the interval reaches beyond it",
    ),
    Verdict.DIFFERS: (
        "the mean lies on the other side, the interval crosses zero",
        "the mean lies outside the margin, the interval reaches into it",
    ),
    Verdict.CLEARLY: ("the interval lies on the other side", "the interval lies outside the margin"),
    Verdict.UNTESTABLE: (
        f"{MISSING}, a measure at its ceiling or its floor, sides equal in every seed or not alike where they must be",
        f"{MISSING}, or what has learned nothing lies within the margin too",
    ),
}
RULE = "A claim over several pairs gets the verdict of its worst pair."
LEGEND = ", ".join(f"{mark}\N{NO-BREAK SPACE}{verdict}" for verdict, (_, mark) in CLASSES.items())


def rules() -> Block:
    """How a verdict is come by, as a table."""
    head = "| verdict | of a claim that one side is above the other | of a claim that both are alike |\n|---|---|---|"
    return Block("\n".join([head, *(f"| {badge(verdict)} | {' | '.join(of)} |" for verdict, of in RULES.items())]))


def badge(verdict: Verdict) -> str:
    """A verdict as a coloured word with a sign, so that colour is not needed to read it."""
    name, mark = CLASSES[verdict]
    return f"<span class='verdict {name}'><span aria-hidden='true'>{mark}</span> {verdict}</span>"


def sign(verdict: Verdict, about: str = "") -> str:
    """A verdict as its coloured sign alone, where badges would crowd; the word is its tooltip."""
    name, mark = CLASSES[verdict]
    words = f"{about}: {verdict}" if about else f"{verdict}"
    return (
        f"<span class='verdict-sign {name}' role='img' aria-label='{verdict}' title='{escape(words, quote=True)}'>"
        f"{mark}</span>"
    )


def pair_signs(claim: Claim, short: str, judgement: Judgement) -> str:
    """The verdicts on all pairs of a claim as a row of signs; each pair's name is its tooltip."""
    if claim.test is None:
        return ""
    names = pair_names(short, claim.test)
    signs = [sign(one.verdict, str(name)) for name, one in zip(names, judgement.outcomes, strict=True)]
    return f"<span class='pair-signs'>{''.join(signs)}</span>"


def judge_on(claim: Claim, short: str, evidence: Evidence | None) -> Judgement:
    """The verdict on a claim from given runs; without runs it is not testable."""
    if claim.test is None:
        return Judgement(Verdict.UNTESTABLE, claim.untestable)
    if evidence is None:
        return Judgement(Verdict.UNTESTABLE, "not recorded yet")
    return claims.judge(claim.test, evidence.rows, ceilings=_ceilings(short, claim.test))


def _ceilings(short: str, test: Test) -> dict[str, float]:
    """The ceilings of the metrics that a claim is about."""
    found = {}
    for operand in (operand for pair in test.pairs for operand in pair if not claims.is_number(operand)):
        column = column_of(short, test.study, operand, test.metric)
        if column and column.ceiling is not None:
            found[column.metric] = float(column.ceiling)
    return found


def told(claim: Claim, short: str, judgement: Judgement) -> str:
    """The pair that decided, where there are several, with mean and interval, or why nothing was decided."""
    test, worst = claim.test, judgement.worst
    if test is None or worst is None:
        return judgement.why
    if worst.missing:
        missing = dict.fromkeys(row for one in judgement.outcomes for row in one.missing)
        rows = {claims.operand_of(row, test.metric)[0] for row in missing}
        if len(rows) > 2:
            return f"no runs of {len(rows)} of its rows"
        return f"no runs of {listed(operand_name(short, test, row) for row in missing)}"
    words = [pair_words(short, test, worst)]
    if worst.why:
        words.append(worst.why)
    return "; ".join(word for word in words if word)


def pair_words(short: str, test: Test, outcome: Outcome) -> str:
    """The difference of a pair with its unit, named where the claim has several pairs."""
    numbers = outcome_numbers(short, test, outcome)
    if not numbers:
        return ""
    name = pair_names(short, test)[test.pairs.index((outcome.left, outcome.right))] if len(test.pairs) > 1 else ""
    unit = outcome_unit(short, test, outcome)
    return f"{f'{name}: ' if name else ''}{numbers}{f' {unit}' if unit else ''}"


def counted(found: Iterable[Verdict] | Counter[Verdict]) -> str:
    """How many there are of each verdict, as badges with numbers, best first."""
    counts = Counter(found)  # of a counter, a copy
    return " ".join(
        f"<span class='counted'>{badge(verdict)} {counts[verdict]}</span>" for verdict in Verdict if counts[verdict]
    )


def listed(words: Iterable[str]) -> str:
    """Words as an enumeration: `a, b and c`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
