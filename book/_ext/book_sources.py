"""Say of every recorded number where it comes from, and lead every verdict to its table.

A table of the report is followed by an empty, hidden element that names it and says, for each of its columns, which
runs its numbers are of (`mtlcore.report.tables.sources`). Here each number gets that as its tooltip. A verdict of the
scoreboard names the table that it rests on; where the book has that table, its link leads there.
"""

from __future__ import annotations

import json
import re
from html import escape, unescape
from typing import Any

from sphinx.application import Sphinx

SOURCES = re.compile(r"<div class='sources' hidden data-table='([\w-]+)' data-columns='([^']*)'></div>\n?")
ROW = re.compile(r"<tr\b[^>]*>.*?</tr>", re.S)
CELL = re.compile(r"<(t[hd])\b([^>]*)>")
VERDICT = re.compile(r"<a class='to-table' href='([^']*)' data-label='([\w-]*)'>")


def setup(app: Sphinx) -> dict[str, Any]:
    """Work on each page as it is written."""
    app.connect("html-page-context", trace, priority=500)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def trace(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Put tooltips on numbers and targets into the links of verdicts."""
    if not context.get("body"):
        return
    labels = app.env.domaindata["std"]["anonlabels"]

    def target(found: re.Match[str]) -> str:
        page, anchor = labels.get(found[2], ("", ""))[:2]
        href = f"{app.builder.get_relative_uri(pagename, page)}#{anchor}" if page else found[1]
        return f"<a class='to-table' href='{href}'>"

    context["body"] = VERDICT.sub(target, sourced(context["body"]))


def sourced(body: str) -> str:
    """The text of a page with tooltips on the numbers of its tables; the hidden elements are gone."""
    columns = {name: json.loads(unescape(text)) for name, text in SOURCES.findall(body)}
    body = SOURCES.sub("", body)
    for name, titles in columns.items():
        table = re.compile(rf'(<table\b[^>]*\bid="{name}".*?</table>)', re.S)
        body = table.sub(lambda found, titles=titles: _titled(found[0], titles), body, count=1)
    return body


def _titled(table: str, titles: dict[str, str]) -> str:
    def row(found: re.Match[str]) -> str:
        position = iter(range(10_000))

        def cell(tag: re.Match[str]) -> str:
            title = titles.get(str(next(position)))
            return f'<{tag[1]}{tag[2]} title="{escape(title)}">' if title else tag[0]

        return CELL.sub(cell, found[0])

    return ROW.sub(row, table)
