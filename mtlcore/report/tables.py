"""Published tables beside what was recorded and what has just been run."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from mtlcore import claims, profiles, recipes, results
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, folded, table

NAMES = {"paper": "as written", "code": "as published", "corrected": "corrected"}
NUMBERS = {2: "two", 3: "three"}
NOTHING = "–"


def printed(value: Any, decimals: int) -> str:
    """A number as the document prints it."""
    if value is None:
        return NOTHING
    if isinstance(value, dict):
        return f"{value['mean']:.{decimals}f} ± {value['sd']:.{decimals}f}"
    if value and abs(value) < 10**-decimals:  # a strength such as 1e-06
        return f"{value:g}"
    return f"{value:.{decimals}f}"


def measured(evidence: Evidence | None, row: str, column: claims.Column) -> str:
    """Mean ± sample standard deviation over seeds; a dash where there are no runs or nothing is measured.

    A row with other than the table's number of seeds says so: a recording may be under way.
    """
    records = evidence.rows.get(row, []) if evidence else []
    values = [record.metrics[column.metric] for record in records if column.metric in record.metrics]
    if not evidence or not values:
        return NOTHING
    own = "" if len(values) == evidence.seeds else f" ({len(values)})"
    return results.summary(values, column.decimals) + own


def where(evidence: Evidence, seeds: int | None = None) -> str:
    """Profile, data and seeds of some runs, in a few words; the seeds given, where they are fewer than all."""
    source = "" if evidence.source == "none" else f" · {evidence.source}"
    seeds = evidence.seeds if seeds is None else seeds
    return f"{evidence.profile}{source} · {seeds} seed{'s' * (seeds != 1)}"


def heading(word: str, evidence: Evidence | None) -> str:
    """A column's title: what, at which profile, on which data, over how many seeds."""
    return f"{word} · {where(evidence)}" if evidence else word


def published_table(
    short: str, id: str, *, recorded: Evidence | None = None, this_run: Evidence | None = None
) -> Block:
    """A table of a document: paper, recorded, this run; one block of rows a column of the original.

    A row stands in the blocks of what it has: where nothing is printed or measured it is left out.

    Args:
        short: the document.
        id: the table, e.g. `table-1`.
        recorded: the largest stored runs; None says so, where the study exists or will.
        this_run: what the chapter has computed; None leaves the column out.
    """
    paper = claims.load(short).table(id)
    header = ["", "paper", heading("recorded", recorded)]
    if this_run:
        header.append(heading("this run", this_run))
    results = [column for column in paper.columns if not column.setting]
    rows: list[list[str]] = []
    for column in results:
        if len(results) > 1:
            rows.append([titled(column)])
        for row in paper.rows:
            value = printed(row.values[paper.columns.index(column)], column.decimals)
            cells = [row.label, value, measured(recorded, column.row(row.id), column)]
            if this_run:
                cells.append(measured(this_run, column.row(row.id), column))
            if any(cell != NOTHING for cell in cells[1:]):  # as of a task that the row does not learn
                rows.append(cells)
    caption = f"{paper.title} ({paper.place}). Mean ± sample standard deviation over seeds, last epoch."
    columns = {"recorded": recorded, "this run": this_run}
    if twins := [name for name, evidence in columns.items() if evidence and evidence.source == "twin"]:
        caption += f" Twin data ({' and '.join(twins)}): compare orderings with the paper, not numbers."
    if not recorded:
        caption += " Not recorded yet."
    name = f"tbl-{short}-{paper.number}"
    block = table(header, rows, caption=caption, name=name) + sources(name, {2: recorded, 3: this_run})
    return block + printed_settings(short, paper) if len(results) < len(paper.columns) else block


def titled(column: claims.Column) -> str:
    """A column's title with its unit."""
    return f"{column.label} ({column.unit})" if column.unit else column.label


def printed_settings(short: str, paper: claims.Table) -> Block:
    """The settings that a published table prints beside its results, folded away: ours are in the grid of the runs."""
    chosen = [(index, column) for index, column in enumerate(paper.columns) if column.setting]
    rows = [
        [row.label, *(printed(row.values[index], column.decimals) for index, column in chosen)] for row in paper.rows
    ]
    caption = f"The settings that Table {paper.number} prints. Ours stand in the grid of the runs."
    header = ["", *(titled(column) for _, column in chosen)]
    return folded(
        f"The settings of the rows, as Table {paper.number} prints them",
        table(header, rows, caption=caption, name=f"tbl-{short}-{paper.number}-settings"),
    )


def variants_table(short: str) -> Block:
    """What "as written", "as published" and "corrected" mean for a document, from its recipe's VARIANTS.

    Of a document without published code the middle column says nothing and is left out.
    """
    variants = claims.load(short).variants
    kept = [0, *(1 + profiles.VARIANTS.index(variant) for variant in variants)]
    rows = [[row[index] for index in kept] for row in recipes.get(short).VARIANTS]
    header = ["", *(NAMES[variant] for variant in variants)]
    caption = f"The {NUMBERS[len(variants)]} variants of this chapter."
    return table(header, rows, caption=caption, name=f"tbl-{short}-meaning", words=True)


def provenance(*evidence: Evidence | None) -> Block:
    """One line a source of numbers: command, device, seconds, versions, commit, date."""
    lines = []
    for item in evidence:
        if item and item.records:
            words = " · ".join(map(escape, _about(item)))
            lines.append(f"<p class='provenance'><code>{escape(item.command)}</code> · {words}</p>")
    return Block(html="\n".join(lines))


def origin(evidence: Evidence | None) -> str:
    """The same line as plain text, for a tooltip; nothing where there are no runs."""
    return " · ".join([evidence.command, *_about(evidence)]) if evidence and evidence.records else ""


def sources(name: str, columns: Mapping[int, Evidence | None], last: Evidence | None = None) -> Block:
    """Which runs the numbers of a table are of, said beside it unseen: the book makes tooltips of it.

    Args:
        name: the table's label.
        columns: index of a column -> its runs.
        last: other runs, which the last row is of.
    """
    below = f"; the last row: {origin(last)}" if origin(last) else ""
    told = {index: origin(evidence) + below for index, evidence in columns.items() if origin(evidence)}
    text = escape(json.dumps(told, ensure_ascii=False))
    return Block(f"<div class='sources' hidden data-table='{name}' data-columns='{text}'></div>" if told else None)


def table_of(
    evidence: Evidence,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    caption: str,
    name: str,
    last: Evidence | None = None,
) -> Block:
    """A table whose numbers, in all columns behind the first, are of the same runs; else as `block.table`.

    Args:
        evidence: the runs.
        header, rows, caption, name: as of `block.table`.
        last: other runs, which the last row is of.
    """
    told = sources(name, dict.fromkeys(range(1, len(header)), evidence), last)
    return table(header, rows, caption=caption, name=name) + told


def _about(evidence: Evidence) -> list[str]:
    """Runs and seconds, device, data, versions, commit and date of some runs, each in words."""
    told = [record.provenance for record in evidence.records]
    seconds = statistics.fmean(one["seconds"] for one in told)
    parts = (_distinct(told, field, word) for field, word in FIELDS)
    return [f"{len(told)} runs, {seconds:.0f} s each", *filter(None, parts)]


FIELDS = (("device", ""), ("data", ""), ("torch", "torch "), ("commit", "commit "), ("date", ""))


def _distinct(told: Sequence[dict[str, Any]], field: str, word: str) -> str:
    values = sorted({str(one[field]) for one in told if field in one})
    return f"{word}{', '.join(values)}" if values else ""


KINDS = {
    "code": "Text against published code",
    "arithmetic": "Arithmetic",
    "table-table": "Table against table",
    "text-table": "Text against table",
    "text-text": "Text against text",
}


def audit(short: str) -> Block:
    """Every contradiction found, by kind: where it stands and what it is, and folded away what follows from it."""
    entries = claims.load(short).contradictions
    kinds = [*KINDS, *sorted({str(entry["kind"]) for entry in entries} - set(KINDS))]
    parts = []
    for kind in kinds:
        of_kind = [entry for entry in entries if entry["kind"] == kind]
        if of_kind:
            found = "".join(map(_contradiction, of_kind))
            parts.append(f"<p class='audit-kind'>{escape(KINDS.get(kind, kind))} ({len(of_kind)})</p>{found}")
    return Block(html=f"<div class='audit'>{''.join(parts)}</div>")


def _contradiction(entry: Mapping[str, Any]) -> str:
    told = f"<strong>{escape(str(entry['between']))}.</strong> {escape(str(entry['says']))}"
    follows = escape(str(entry.get("follows") or ""))
    return f"<details><summary>{told}</summary><p>{follows}</p></details>" if follows else f"<p>{told}</p>"


def silences(short: str) -> Block:
    """What the document leaves open, and what we chose."""
    items = [
        f"<dt>{escape(str(entry['about']))}</dt><dd>{escape(str(entry['choice']))}</dd>"
        for entry in claims.load(short).silences
    ]
    return Block(html=f"<dl class='audit silences'>{''.join(items)}</dl>")
