"""Tables to take along that no page shows whole: a link that carries its file with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote


def csv_link(rows: Iterable[Sequence[object]], name: str, words: str) -> str:
    """A line with a link that saves rows as CSV; it needs neither a server nor a script.

    Args:
        rows: the header first.
        name: of the file, without its suffix.
        words: of the link.
    """
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    address = f"data:text/csv;charset=utf-8,{quote(text.getvalue())}"
    return f"<p class='downloads'><a download='{escape(name)}.csv' href='{address}'>{escape(words)}</a></p>"
