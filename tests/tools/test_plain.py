"""What only the book resolves becomes plain words."""

from __future__ import annotations

import re

import pytest

from mtlcore.paths import BOOK
from tools import plain


@pytest.fixture
def book(tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "one.md").write_text(
        "---\na: b\n---\n\n(first)=\n# The first: a chapter\n\n(x)=\n## Inside\n"
    )
    (tmp_path / "references.bib").write_text(
        "@misc{one2020,\n  author = {One, Some},\n  title = {A},\n  year = {2020},\n}\n\n"
        "@article{two2021,\n  author = {Left, A. and Right, B.},\n  title = {{B}: b},\n  year = {2021}\n}\n\n"
        "@misc{many2022,\n  author = {{The Group} and Left, A. and Right, B.},\n  year = {2022}\n}\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("(first)=\n# Title", "# Title"),
        ("see {ref}`first`.", "see *The first: a chapter*."),
        ("see {ref}`x` and {ref}`there <first>`", "see *Inside* and *there*"),
        ("see {ref}`nowhere`", "see *nowhere*"),
        ("as said {cite}`one2020`", "as said (One, 2020)"),
        ("{cite:t}`two2021` say", "Left and Right (2021) say"),
        ("known {cite}`one2020, many2022`", "known (One, 2020; The Group et al., 2022)"),
        ("```{math}\n:label: eq-1\na = b\n```", "$$\na = b\n$$"),
        ("a `{code}` and $x$ stay", "a `{code}` and $x$ stay"),
    ],
)
def test_text(book, source, expected):
    assert plain.text(source, book) == expected


def test_every_reference_and_label_of_the_book_is_known():
    found = plain.references(BOOK)
    assert all(names and re.fullmatch(r"\d{4}", year) for names, year in found.values())
    for path in BOOK.rglob("labs/*.md"):
        page = path.read_text(encoding="utf-8")
        for role, shown, _ in plain.ROLE.findall(page):
            known = found if role.startswith("cite") else plain.titles(BOOK)
            assert role not in ("cite", "cite:t", "ref") or shown in known, f"{path.name}: {shown}"
