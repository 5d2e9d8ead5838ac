"""The scoreboard: every claim of every document, with its verdicts, the tables they rest on and the commands behind.

It is a whole table without a script. With the book's own script the form above it filters the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from mtlcore import claims, profiles, recipes
from mtlcore.claims import Claim, Judgement, Paper, Verdict
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block
from mtlcore.report.differences import outcome_unit
from mtlcore.report.downloads import csv_link
from mtlcore.report.methods import methods_of
from mtlcore.report.scoreboard import chapter, documents, recorded
from mtlcore.report.tables import NAMES, origin, where
from mtlcore.report.verdicts import badge, judge_on, pair_signs, told

SEEDS = 5  # of the command that is shown where nothing is recorded
Found = dict[str, tuple[Evidence | None, Judgement]]  # variant -> its runs and what they say
COLUMNS = (
    *("document", "claim", "says", "place", "methods", "study", "variant", "verdict", "deciding pair"),
    *("difference", "low", "high", "unit", "seeds", "profile", "data", "command"),
)


def scoreboard() -> Block:
    """All claims of all documents, a verdict for each variant from the recorded runs, and a form that filters."""
    papers = [claims.load(short) for short in documents()]
    found = {paper.short: {claim.id: _found(paper, claim) for claim in paper.claims} for paper in papers}
    tables = [_table(paper, found[paper.short]) for paper in papers]
    rows = (line for paper in papers for claim in paper.claims for line in _lines(paper, claim, found))
    save = csv_link([COLUMNS, *rows], "scoreboard", "The whole scoreboard as CSV")
    return Block(html="\n".join([_form(papers, found), save, *tables]))


def _found(paper: Paper, claim: Claim) -> Found:
    runs = {variant: recorded(paper.short, claim, variant) for variant in paper.variants}
    return {variant: (one, judge_on(claim, paper.short, one)) for variant, one in runs.items()}


def _sources(found: Found) -> list[str]:
    """The data behind a claim's verdicts; a cost has none, a claim without runs neither."""
    known = {evidence.source for evidence, _ in found.values() if evidence}
    return sorted(known) or ["not recorded"]


def _verdicts(found: Found) -> list[str]:
    """The verdicts of a claim in all variants that have runs; not testable where none has."""
    known = dict.fromkeys(str(judgement.verdict) for evidence, judgement in found.values() if evidence)
    return list(known) or [str(Verdict.UNTESTABLE)]


def _form(papers: Iterable[Paper], found: dict[str, dict[str, Found]]) -> str:
    """The form that filters; it stays hidden where no script shows it."""
    papers = list(papers)
    every = [one for rows in found.values() for one in rows.values()]
    methods = {method for paper in papers for claim in paper.claims for method in methods_of(paper.short, claim)}
    sources = {source for one in every for source in _sources(one)}
    fields = [
        _select("document", {paper.short: paper.title_en or paper.title for paper in papers}),
        _select("method", {method: method for method in sorted(methods, key=str.casefold)}),
        _select("verdict", {str(verdict): str(verdict) for verdict in Verdict}),
        _select("source", {name: DATA.get(name, name) for name in sorted(sources)}, "data"),
    ]
    return (
        "<form class='filter' id='scoreboard-filter' hidden aria-label='Filter the claims'>"
        f"{''.join(fields)}<button type='reset'>Show all</button>"
        "<p class='filter-count' role='status'></p></form>"
    )


DATA = {"real": "original files", "twin": "twin", "none": "none: a cost"}


def _select(name: str, options: dict[str, str], words: str = "") -> str:
    choices = "".join(f"<option value='{escape(value)}'>{escape(text)}</option>" for value, text in options.items())
    return f"<label>{words or name} <select name='{name}'><option value=''>any</option>{choices}</select></label>"


def _table(paper: Paper, found: dict[str, Found]) -> str:
    head = "".join(f"<th scope='col'>{NAMES[variant]}</th>" for variant in profiles.VARIANTS)
    rows = "".join(_row(paper, claim, found[claim.id]) for claim in paper.claims)
    title = escape(paper.title_en or paper.title, quote=True)
    return (
        f"<section class='board'><h3 id='board-{paper.short}'>{title}</h3>"
        f"<div class='table-scroll' tabindex='0' role='region' aria-label='Claims of {title}'>"
        f"<table class='scoreboard'><thead><tr><th scope='col'>claim</th>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _row(paper: Paper, claim: Claim, found: Found) -> str:
    short, place = paper.short, escape(claim.place)
    page = chapter(short)
    shown = page is not None and claim.test is not None and claim.test.study in recipes.get(short).STUDIES
    anchor = f"{page}.html#clm-{short}-{claim.id}" if shown else ""
    if anchor:
        place = f"<a href='{anchor}'>{place}</a>"
    marks = {"document": [short], "method": methods_of(short, claim), "verdict": _verdicts(found)}
    data = "".join(f" data-{name}='{escape('|'.join(words))}'" for name, words in marks.items())
    head = f"<tr{data} data-source='{'|'.join(_sources(found))}'>"
    head += f"<th scope='row'>{escape(claim.says)} <small>({place})</small></th>"
    if not any(evidence for evidence, _ in found.values()):
        judgement = judge_on(claim, short, None)
        words = f"{linked(badge(judgement.verdict), short, claim, anchor)} <small>{escape(judgement.why)}</small>"
        return f"{head}<td colspan='{len(profiles.VARIANTS)}'>{words}{_how(_wanted(short, claim))}</td></tr>"
    cells = (
        _cell(claim, short, *found[variant], anchor, variant)
        if variant in found
        else "<td><small>no code was published</small></td>"
        for variant in profiles.VARIANTS
    )
    return f"{head}{''.join(cells)}</tr>"


def _cell(claim: Claim, short: str, evidence: Evidence | None, judgement: Judgement, anchor: str, variant: str) -> str:
    signs = pair_signs(claim, short, judgement) if len(judgement.outcomes) > 1 else "<br>"
    runs = f"<br>{where(evidence, judgement.decisive.n if judgement.decisive else None)}" if evidence else ""
    words = escape(told(claim, short, judgement))
    verdict = linked(badge(judgement.verdict), short, claim, anchor)
    how = _how(origin(evidence) or _wanted(short, claim, variant))
    return f"<td>{verdict}{signs}<small>{words}{runs}</small>{how}</td>"


def linked(words: str, short: str, claim: Claim, anchor: str) -> str:
    """A verdict that leads to its table; where the book has no table of the study, to the claim in the chapter."""
    if not anchor or claim.test is None:
        return words
    label = f"tbl-{short}-{claim.test.study.removeprefix('table-')}"
    return f"<a class='to-table' href='{anchor}' data-label='{label}'>{words}</a>"


def _how(command: str) -> str:
    """The command behind a verdict, and what is known of its runs, at a click."""
    if not command:
        return ""
    call, _, about = command.partition(" · ")
    rest = f"<br>{escape(about)}" if about else ""
    return f"<details class='how'><summary>command</summary><code>{escape(call)}</code>{rest}</details>"


def _wanted(short: str, claim: Claim, variant: str = "corrected") -> str:
    """The command that would record what is missing; nothing for a claim that no study can test."""
    if claim.test is None or claim.test.study not in recipes.get(short).STUDIES:
        return ""
    return f"python -m mtlcore run {short} {claim.test.study} --profile desk --seeds {SEEDS} --variant {variant}"


def _lines(paper: Paper, claim: Claim, found: dict[str, dict[str, Found]]) -> Iterator[list[object]]:
    """A claim as lines of the file: one a variant."""
    short = paper.short
    for variant, (evidence, judgement) in found[short][claim.id].items():
        known = [short, claim.id, claim.says, claim.place, "; ".join(methods_of(short, claim))]
        study = claim.test.study if claim.test else ""
        yield [*known, study, variant, str(judgement.verdict), *_numbers(short, claim, judgement), *_runs(evidence)]


def _numbers(short: str, claim: Claim, judgement: Judgement) -> list[object]:
    """Deciding pair, difference, ends of the interval, unit."""
    worst = judgement.worst
    if worst is None or claim.test is None:
        return [""] * 5
    pair, found = f"{worst.left} - {worst.right}", worst.difference
    if found is None:
        return [pair, "", "", "", ""]
    return [
        pair,
        *(f"{end:.6g}" for end in (found.mean, found.low, found.high)),
        outcome_unit(short, claim.test, worst),
    ]


def _runs(evidence: Evidence | None) -> list[object]:
    """Seeds, profile, data and command."""
    if evidence is None:
        return [""] * 4
    return [evidence.seeds, evidence.profile, evidence.source, evidence.command]
