"""The book's Markdown as any notebook shows it: references as titles, citations as names and years.

A lab that is handed out has no book around it that would resolve them.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

LABEL = re.compile(r"^\(([\w-]+)\)=\n", re.MULTILINE)
TITLED = re.compile(LABEL.pattern + r"#+ (.+)$", re.MULTILINE)
MATH = re.compile(r"^```\{math\}\n(?::label:[^\n]*\n)?(.*?)^```$", re.MULTILINE | re.DOTALL)
ROLE = re.compile(r"\{(cite:t|cite|ref|numref|doc|eq|term)\}`([^`<]+?)(?: <([^`>]*)>)?`")
ENTRY = re.compile(r"^@\w+\{([\w-]+),(.*?)^\}", re.MULTILINE | re.DOTALL)
FIELD = r"^\s*{}\s*=\s*\{{(.*?)\}},?$"


def text(source: str, book: Path) -> str:
    r"""A text cell without labels, roles and directives.

    Args:
        source: Markdown of the book, with `{ref}`, `{cite}`, `{cite:t}` and formulas.
        book: the folder of the pages and of references.bib.
    """
    source = MATH.sub(r"$$\n\1$$", LABEL.sub("", source))
    return ROLE.sub(lambda found: _role(found[1], found[2], found[3], book), source)


def _role(role: str, shown: str, target: str | None, book: Path) -> str:
    if role in ("cite", "cite:t"):
        told = [references(book).get(key.strip(), (key.strip(), "")) for key in shown.split(",")]
        if role == "cite:t":
            return " and ".join(f"{names} ({year})" for names, year in told)
        return f"({'; '.join(f'{names}, {year}' for names, year in told)})"
    if role == "ref" and target is None:
        return f"*{titles(book).get(shown, shown)}*"
    return f"*{shown}*"


@functools.cache
def titles(book: Path) -> dict[str, str]:
    """The headings of the book's pages by the label that stands before them."""
    pages = [path.read_text(encoding="utf-8") for path in sorted(book.rglob("*.md"))]
    return {label: heading for page in pages for label, heading in TITLED.findall(page)}


@functools.cache
def references(book: Path) -> dict[str, tuple[str, str]]:
    """Names and year of every entry of the bibliography by its key."""
    return {key: _cited(fields) for key, fields in ENTRY.findall((book / "references.bib").read_text("utf-8"))}


def _cited(fields: str) -> tuple[str, str]:
    authors, year = (
        found[1] if (found := re.search(FIELD.format(name), fields, re.MULTILINE)) else ""
        for name in ("author", "year")
    )
    families = [name.split(",")[0].strip("{} ") for name in authors.split(" and ")]
    if len(families) > 2:
        return f"{families[0]} et al.", year
    return " and ".join(families), year
