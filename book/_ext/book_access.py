"""Mend what the theme leaves hard to reach: tables that scroll by keyboard, roles that readers aloud understand."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from sphinx.application import Sphinx

SCROLLS = re.compile(
    r'<div class="pst-scrollable-table-container">(?=\s*<table\b[^>]*>\s*(?:<caption>(?P<caption>.*?)</caption>)?)',
    re.S,
)
CORNER = re.compile(r'<th class="head([^"]*)"><p></p></th>')
CITATIONS = re.compile(r'<div role="list" class="citation-list">')
TAG = re.compile(r"<a class=\"headerlink\".*?</a>|<[^>]+>", re.S)


def setup(app: Sphinx) -> dict[str, Any]:
    """Mend each page as it is written."""
    app.connect("html-page-context", mend, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def mend(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Put the mended text of a page in the place of the theme's."""
    if context.get("body"):
        context["body"] = mended(context["body"])


def mended(body: str) -> str:
    """The text of a page whose wide tables take the focus, whose lists are lists, and whose corners say what they are.

    >>> mended('<div role="list" class="citation-list">')
    '<div class="citation-list">'
    """
    body = SCROLLS.sub(_focusable, body)
    body = CORNER.sub(r'<td class="head\1"></td>', body)
    return CITATIONS.sub('<div class="citation-list">', body)


def _focusable(found: re.Match[str]) -> str:
    name = " ".join(TAG.sub("", found["caption"] or "A table").split())
    words = name if len(name) < 80 else f"{name[:79].rsplit(' ', 1)[0]} …"
    # of text taken from a page, only quotation marks are left to escape
    label = words.replace('"', "&quot;") if found["caption"] else escape(words)
    return f'<div class="pst-scrollable-table-container" tabindex="0" role="region" aria-label="{label}">'
