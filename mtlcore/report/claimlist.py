"""The claims of a study: a sentence, a verdict a variant, and folded under it every pair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from mtlcore import claims, recipes
from mtlcore.claims import Claim, Judgement, Outcome, Test
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block
from mtlcore.report.differences import (
    BEYOND,
    beyond,
    outcome_numbers,
    outcome_unit,
    printed_difference,
    published,
    span_of,
)
from mtlcore.report.names import PairName, pair_names
from mtlcore.report.tables import NAMES, origin, where
from mtlcore.report.verdicts import LEGEND, RULE, badge, judge_on, sign, told

Run = tuple[str, Evidence, Judgement]  # what the runs are called, the runs, and what they say of a claim


def claim_list(short: str, studies: Iterable[str], *, this_run: Iterable[Evidence] = (), first: bool = False) -> Block:
    """The claims of some studies, each with its verdict in every variant recorded, and in this run.

    The overall verdict stands in the open; a claim over several pairs has them all in a fold, variant beside variant.

    Args:
        short: the document.
        studies: whose claims to list, in the document's order.
        this_run: what the chapter has computed of these studies.
        first: whether it is the first list of a page, which says how the verdicts of pairs are read.
    """
    wanted = set(studies)
    computed = {evidence.study: evidence for evidence in this_run}
    items: list[str] = []
    notes = [f"{RULE} The fold under it shows them all: {LEGEND}."] if first else []
    ends = False
    for claim in claims.load(short).claims:
        if claim.test is None or claim.test.study not in wanted:
            continue
        runs = _runs(claim, short, computed.get(claim.test.study))
        items.append(_item(claim, claim.test, short, runs))
        ends = ends or any(_beyond(short, claim.test, outcome) for *_, found in runs for outcome in found.outcomes)
    if ends:
        notes.append(BEYOND)
    return Block(html="\n".join([*(f"<p class='claim-note'>{note}</p>" for note in notes), *items]))


def _runs(claim: Claim, short: str, computed: Evidence | None) -> list[Run]:
    study = claim.test.study if claim.test else ""
    known = [(NAMES[name], recipes.recorded(short, study, variant=name)) for name in claims.load(short).variants]
    if computed:
        known.append((f"this run, {NAMES[computed.variant]}", computed))
    return [(name, evidence, judge_on(claim, short, evidence)) for name, evidence in known if evidence]


def _beyond(short: str, test: Test, outcome: Outcome) -> bool:
    return outcome.difference is not None and beyond(outcome.difference, span_of(short, test, outcome))


def _item(claim: Claim, test: Test, short: str, runs: Sequence[Run]) -> str:
    lines = [_line(name, claim, short, found, evidence) for name, evidence, found in runs]
    lines = lines or [_line("recorded", claim, short, judge_on(claim, short, None), None)]
    paper = f"; the document: {published(short, test)}" if test.by else ""
    return (
        f"<div class='claim' id='clm-{short}-{claim.id}'><p>{escape(claim.says)} "
        f"<span class='claim-place'>({escape(claim.place)}{paper})</span></p>"
        f"<ul>{''.join(lines)}</ul>{pair_table(short, claim, runs) if len(test.pairs) > 1 else ''}</div>"
    )


def _line(name: str, claim: Claim, short: str, judgement: Judgement, evidence: Evidence | None) -> str:
    seeds = judgement.decisive.n if judgement.decisive else None
    title = escape(origin(evidence), quote=True)
    about = f" <span class='claim-place' title='{title}'>{escape(where(evidence, seeds))}</span>" if evidence else ""
    return (
        f"<li><span class='claim-variant'>{escape(name)}</span> <span class='claim-told'>{badge(judgement.verdict)} "
        f"<span class='claim-size'>{escape(told(claim, short, judgement))}</span>{about}</span></li>"
    )


def pair_table(short: str, claim: Claim, runs: Sequence[Run]) -> str:
    """Every pair of a claim, folded: what the document prints, and the verdict and the difference in each run.

    Pairs in another measure (or arm, or row) stand under a heading of their own.
    """
    test = claim.test
    if test is None:
        return ""
    names = pair_names(short, test)
    paper = [printed_difference(short, test, left, right) for left, right in test.pairs]
    units = [outcome_unit(short, test, Outcome(*pair, claims.Verdict.UNTESTABLE)) for pair in test.pairs]
    one_unit = units[0] if len(set(units)) == 1 else ""
    head = ["difference", *(["paper"] if any(paper) else []), *(name for name, _, _ in runs)]
    headings = [_heading(names, index) for index in range(len(names))]
    body = []
    for shared in dict.fromkeys(headings):
        members = [index for index, heading in enumerate(headings) if heading == shared]
        if shared:
            unit = f" ({units[members[0]]})" if units[members[0]] and not one_unit else ""
            body.append(f"<tr><th scope='rowgroup' colspan='{len(head)}'>{escape(shared + unit)}</th></tr>")
        for index in members:
            cells = [f"<td>{paper[index] or '–'}</td>"] if any(paper) else []
            cells += [_cell(short, test, found.outcomes[index]) for *_, found in runs]
            body.append(_row(names[index].difference if shared else str(names[index]), cells))
    return _folded(f"Each of the {len(names)} pairs{f', in {one_unit}' if one_unit else ''}", head, body)


def _row(name: str, cells: Sequence[str]) -> str:
    tied = escape(name).replace("− ", "−&nbsp;")  # a line may end before the minus, not after it
    return f"<tr><th scope='row'>{tied}</th>{''.join(cells)}</tr>"


def _folded(summary: str, head: Sequence[str], body: Sequence[str]) -> str:
    columns = "".join(f"<th scope='col'>{escape(title)}</th>" for title in head)
    return (
        f"<details class='claim-pairs'><summary>{summary}</summary>"
        "<div class='table-scroll' tabindex='0' role='region' aria-label='Pairs of the claim'>"
        f"<table class='scoreboard pairs'><thead><tr>{columns}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div></details>"
    )


def _heading(names: Sequence[PairName], index: int) -> str:
    """What a pair shares with others, as a heading over them; nothing where each pair shares something else."""
    shared = [name.shared for name in names]
    return names[index].shared if all(shared) and len(set(shared)) < len(shared) else ""


def _cell(short: str, test: Test, outcome: Outcome) -> str:
    mean, _, ends = outcome_numbers(short, test, outcome).partition(" ")
    why = "no runs" if outcome.missing else outcome.why.partition(";")[0]
    small = "<br>".join(escape(word) for word in (ends, why) if word)
    return f"<td>{sign(outcome.verdict)} {mean}<br><small>{small}</small></td>"
