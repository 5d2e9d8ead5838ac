"""Mend what is hard to reach: tables and figures that scroll by keyboard, roles that readers aloud understand.

A figure of several panels side by side is too small to read where a page is narrow; it scrolls there, as tables do.
"""

from __future__ import annotations

import re
from collections.abc import Set
from html import escape
from pathlib import Path
from typing import Any

from book_downloads import drawings
from sphinx.application import Sphinx

SCROLLS = re.compile(
    r'<div class="pst-scrollable-table-container">(?=\s*<table\b[^>]*>\s*(?:<caption>(?P<caption>.*?)</caption>)?)',
    re.S,
)
CORNER = re.compile(r'<th class="head([^"]*)"><p></p></th>')
CITATIONS = re.compile(r'<div role="list" class="citation-list">')
FIGURE = re.compile(r"""(<figure\b[^>]*\bid=["'](fig-[\w-]+)["'][^>]*>\s*)(<img\b[^>]*>)""")
ALT = re.compile(r'\balt="([^"]*)"')
PANEL = re.compile(r'<clipPath\b[^>]*>\s*<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"')  # what is drawn is cut at it
CANVAS = re.compile(r'<svg\b[^>]*\bviewBox="\S+ \S+ (\S+) ')
NARROW = 0.08  # of a figure's width: a panel that is not as wide is a bar of colours
TAG = re.compile(r"<a class=\"headerlink\".*?</a>|<[^>]+>", re.S)


def setup(app: Sphinx) -> dict[str, Any]:
    """Mend each page as it is written."""
    app.connect("html-page-context", mend, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def mend(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Put the mended text of a page in the place of the theme's."""
    if context.get("body"):
        source = Path(app.env.doc2path(pagename))
        drawn = drawings(source) if source.suffix == ".ipynb" else {}
        context["body"] = mended(context["body"], {name for name, svg in drawn.items() if panels(svg) > 1})


def mended(body: str, wide: Set[str] = frozenset()) -> str:
    """The text of a page whose wide tables take the focus, whose lists are lists, and whose corners say what they are.

    Args:
        body: the text.
        wide: the labels of the figures that need room.

    >>> mended('<div role="list" class="citation-list">')
    '<div class="citation-list">'
    """
    body = FIGURE.sub(lambda found: _scrolling(found) if found[2] in wide else found[0], body)
    body = SCROLLS.sub(_focusable, body)
    body = CORNER.sub(r'<td class="head\1"></td>', body)
    return CITATIONS.sub('<div class="citation-list">', body)


def panels(svg: str) -> int:
    """How many panels of a figure stand side by side.

    >>> cut = '<clipPath id="p"><rect x="{}" y="9" width="{}" height="9"/></clipPath>'
    >>> panels('<svg viewBox="0 0 100 50">' + "".join(cut.format(*x) for x in [(1, 40), (1, 40), (50, 40), (95, 3)]))
    2
    """
    canvas = CANVAS.search(svg)
    least = NARROW * float(canvas[1]) if canvas else 0.0
    return len({round(float(left)) for left, width in PANEL.findall(svg) if float(width) > least})


def _scrolling(found: re.Match[str]) -> str:
    alt = ALT.search(found[3])
    label = _short(alt[1]) if alt and alt[1] else "A figure"
    return f'{found[1]}<div class="figure-scroll" tabindex="0" role="region" aria-label="{label}">{found[3]}</div>'


def _short(name: str) -> str:
    return name if len(name) < 80 else f"{name[:79].rsplit(' ', 1)[0]} …"


def _focusable(found: re.Match[str]) -> str:
    name = " ".join(TAG.sub("", found["caption"] or "A table").split())
    words = _short(name)
    # of text taken from a page, only quotation marks are left to escape
    label = words.replace('"', "&quot;") if found["caption"] else escape(words)
    return f'<div class="pst-scrollable-table-container" tabindex="0" role="region" aria-label="{label}">'
