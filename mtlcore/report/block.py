"""What a cell shows: MyST for the book, HTML for Jupyter, from one source."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any


class Block:
    """Something a notebook cell displays.

    Args:
        markdown: MyST text, which the book renders; None where HTML serves both.
        html: what Jupyter shows instead, where MyST's directives mean nothing; None where plain Markdown serves both.
    """

    def __init__(self, markdown: str | None = None, html: str | None = None) -> None:
        self.markdown = markdown
        self.html = html

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle = {"text/plain": "Block"}
        if self.html is not None:
            bundle["text/html"] = self.html
        if self.markdown is not None:
            bundle["text/markdown"] = self.markdown
        return bundle

    def __add__(self, other: Block) -> Block:
        markdown = [part.markdown for part in (self, other) if part.markdown is not None]
        html = [part.html for part in (self, other) if part.html is not None]
        return Block("\n\n".join(markdown) or None, "\n".join(html) or None)


def prose(text: str) -> Block:
    """Sentences whose numbers a cell has computed."""
    return Block(inspect.cleandoc(text))


def show_source(thing: Callable[..., Any] | type) -> Block:
    """The source of a kernel, as it is run."""
    source = textwrap.dedent(inspect.getsource(thing)).rstrip()
    return Block(f"```python\n{source}\n```")


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str, name: str, words: bool = False
) -> Block:
    """A numbered table. Cells are Markdown; a row of one cell is a heading within the table.

    Args:
        header: one text a column; the first column holds the row's name.
        rows: as wide as the header, or one cell.
        caption: a sentence that can be read alone.
        name: the label, tbl-<short>-<n>.
        words: cells hold words, which are set to the left, not numbers.
    """
    width = len(header)

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    body = [line([f"**{row[0]}**"] + [""] * (width - 1)) if len(row) == 1 else line(row) for row in rows]
    align = "| :--- | " + " | ".join([":---" if words else "---:"] * (width - 1)) + " |"
    lines = [line(header), align, *body]
    # a fence of tildes: one of backticks may have none in its first line, where a caption names code
    markdown = "\n".join([f"~~~~{{table}} {caption}", f":name: {name}", "", *lines, "~~~~"])
    cells = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in [header, *rows])
    return Block(markdown, f"<p><b>{escape(caption)}</b></p><table>{cells}</table>")


def folded(summary: str, block: Block) -> Block:
    """A block that opens at a click, for what few readers need."""
    markdown = f"~~~~~{{dropdown}} {summary}\n{block.markdown}\n~~~~~"
    return Block(markdown, f"<details><summary>{escape(summary)}</summary>{block.html}</details>")


def result(first: Iterable[str], more: Iterable[str] = (), *, lead: str = "") -> Block:
    """What a chapter finds: the box that it begins with.

    Args:
        first: what everybody should read, one point each; empty ones are left out.
        more: points that open at a click.
        lead: above them, in everyday words.
    """
    shown, rest = ([point for point in points if point] for points in (first, more))
    body = f"{lead}\n\n{items(shown)}" if lead else items(shown)
    if rest:
        body += f"\n\n`````{{dropdown}} More of what we find\n{items(rest)}\n`````"
    html = f"<p>{' '.join(filter(None, (lead, *shown)))}</p>"
    if rest:
        html += f"<details><summary>More of what we find</summary><p>{' '.join(rest)}</p></details>"
    return Block(f"``````{{admonition}} The result\n:class: result\n\n{body}\n``````", html)


def items(points: Iterable[str]) -> str:
    """Points as a Markdown list."""
    return "\n".join(f"- {one}" for one in points)


def percent(share: float, decimals: int = 0) -> str:
    """A share in 0..1 as text: `63 %`."""
    return f"{100 * share:.{decimals}f} %"
