"""What was found, in one screen: of each document the claim that it stakes most on, and how all of them fare."""

from __future__ import annotations

import re
from html import escape

from mtlcore import claims, paths
from mtlcore.claims import Claim, Judgement, Paper, Verdict
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block
from mtlcore.report.board import linked
from mtlcore.report.scoreboard import chapter, documents, recorded
from mtlcore.report.tables import origin, where
from mtlcore.report.verdicts import CLASSES, badge, judge_on, pair_words

KINDS = ("abstract", "results", "conclusion")  # where a claim stands, the most prominent first
Tested = tuple[Claim, Evidence, Judgement]


def findings() -> Block:
    """One row a document: its most prominent claim that runs have tested, and how many claims got which verdict."""
    rows = "".join(_row(claims.load(short)) for short in documents())
    return Block(
        html="<div class='table-scroll' tabindex='0' role='region' aria-label='What was found'>"
        "<table class='scoreboard findings' id='tbl-findings'><thead><tr><th scope='col'>chapter</th>"
        "<th scope='col'>it says</th><th scope='col'>we find</th><th scope='col'>of all its claims</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def tested(paper: Paper) -> list[Tested]:
    """The claims that recorded runs of the corrected experiment decide, those of the abstract first."""
    found = [(claim, recorded(paper.short, claim, "corrected")) for claim in paper.claims]
    judged = [(claim, runs, judge_on(claim, paper.short, runs)) for claim, runs in found if runs]
    decided = [one for one in judged if one[2].verdict != Verdict.UNTESTABLE]
    return sorted(decided, key=lambda one: KINDS.index(one[0].kind))


def _row(paper: Paper) -> str:
    short, page = paper.short, chapter(paper.short)
    name = escape(_title(paper, page))
    head = f"<th scope='row'><a href='{page}.html'>{name}</a></th>" if page else f"<th scope='row'>{name}</th>"
    known = tested(paper)
    if not known:
        found = f"<td>{badge(Verdict.UNTESTABLE)}<br><small>not recorded yet</small></td>{_counts([], paper)}"
        return f"<tr>{head}<td>{escape(paper.claims[0].says)}</td>{found}</tr>"
    claim, runs, judgement = known[0]
    anchor = f"{page}.html#clm-{short}-{claim.id}" if page else ""
    words = pair_words(short, claim.test, judgement.worst) if claim.test and judgement.worst else ""
    told = f"<small>{escape(words)}<br><span title='{escape(origin(runs))}'>{escape(where(runs))}</span></small>"
    verdict = linked(badge(judgement.verdict), short, claim, anchor)
    return f"<tr>{head}<td>{escape(claim.says)}</td><td>{verdict}<br>{told}</td>{_counts(known, paper)}</tr>"


def _title(paper: Paper, page: str | None) -> str:
    """The chapter's own heading, which is shorter than the document's."""
    text = (paths.BOOK / f"{page}.md").read_text(encoding="utf-8") if page else ""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1] if found else paper.title_en or paper.title


def _counts(known: list[Tested], paper: Paper) -> str:
    """How many claims got which verdict, as signs with numbers, and how many have been tested."""
    found = [judgement.verdict for _, _, judgement in known]
    counts = " ".join(
        f"<span class='verdict-sign {style}' role='img' aria-label='{found.count(verdict)} {verdict}' "
        f"title='{found.count(verdict)} {verdict}'>{mark}\N{NO-BREAK SPACE}{found.count(verdict)}</span>"
        for verdict, (style, mark) in CLASSES.items()
        if verdict in found
    )
    return f"<td>{counts}<br><small>{len(known)} of {len(paper.claims)} tested</small></td>"
