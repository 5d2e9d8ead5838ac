"""Offer what a page shows as files: each numbered table as CSV, each figure as SVG, the page as a notebook.

Tables are taken from the finished page, so that the file holds what can be read there. Figures are taken from the
executed notebook, which keeps each as SVG beside PNG.
"""

from __future__ import annotations

import csv
import io
import json
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

FOLDER = "_downloads"
TABLE = re.compile(r"""<table\b[^>]*\bid=["'](tbl-[\w-]+)["'].*?</table>(?:\s*</div>)?""", re.S)
FIGURE = re.compile(r"""(<figure\b[^>]*\bid=["'](fig-[\w-]+)["'].*?)(</figcaption>)""", re.S)


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the files of each page as it is written."""
    app.connect("html-page-context", offer, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def offer(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Write the files of a page and put the links to them into it."""
    if not context.get("body"):
        return
    source = Path(app.env.doc2path(pagename))
    drawn = drawings(source) if source.suffix == ".ipynb" else {}

    def kept(name: str, content: str) -> str:
        path = Path(app.outdir, FOLDER, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="")
        return context["pathto"](f"{FOLDER}/{name}", 1)

    def table(found: re.Match[str]) -> str:
        return f"{found[0]}\n{link(kept(f'{found[1]}.csv', as_csv(found[0])), 'CSV', f'This table as CSV: {found[1]}')}"

    def figure(found: re.Match[str]) -> str:
        if found[2] not in drawn:
            return found[0]
        address = kept(f"{found[2]}.svg", drawn[found[2]])
        return f"{found[1]}{link(address, 'SVG', f'This figure as SVG: {found[2]}')}\n{found[3]}"

    body = FIGURE.sub(figure, TABLE.sub(table, context["body"]))
    if source.suffix == ".ipynb":
        address = context["pathto"](f"_sources/{pagename}.ipynb", 1)
        body += f"\n{link(address, 'This page as an executed notebook', '')}"
    context["body"] = body


def link(address: str, words: str, about: str) -> str:
    """A line with one link that saves a file."""
    name = f' aria-label="{escape(about)}"' if about else ""
    return f'<p class="downloads"><a href="{escape(address)}" download{name}>{escape(words)}</a></p>'


def drawings(notebook: Path) -> dict[str, str]:
    """The figures of an executed notebook as SVG, by the labels of their cells."""
    found = {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        name = cell["metadata"].get("mystnb", {}).get("figure", {}).get("name")
        for output in cell.get("outputs", []):
            svg = output.get("data", {}).get("image/svg+xml")
            if name and svg:
                found[name] = "".join(svg)
    return found


class _Cells(HTMLParser):
    """The rows of a table as text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._cell: list[str] | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a row or a cell; a picture of a word is the word."""
        known = dict(attrs)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self._cell = []
        elif self._cell is not None and tag == "br":
            self._cell.append(" ")
        elif self._silent or known.get("aria-hidden") or known.get("role") == "img":
            self._silent += tag not in ("img", "br")
            if self._cell is not None and not known.get("aria-hidden"):
                self._cell.append(known.get("aria-label") or "")

    def handle_endtag(self, tag: str) -> None:
        """Keep a cell that is whole."""
        if tag in ("td", "th") and self._cell is not None:
            self.rows[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None
        elif self._silent:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        """Add to the cell."""
        if self._cell is not None and not self._silent:
            self._cell.append(data)


def as_csv(table: str) -> str:
    """A table of a page as CSV, its header first.

    >>> as_csv("<table><tr><th>a</th><th>b</th></tr><tr><td>1,5</td><td>2 ± 1</td></tr></table>")
    'a,b\\r\\n"1,5",2 ± 1\\r\\n'
    """
    cells = _Cells()
    cells.feed(table)
    text = io.StringIO()
    csv.writer(text).writerows(cells.rows)
    return text.getvalue()
