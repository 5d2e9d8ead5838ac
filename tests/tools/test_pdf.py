"""The site becomes one printed book."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

from tests.tools import browsing
from tools import pdf
from tools.places import Places

HEAD = "<head><title>Book</title><link rel='stylesheet' href='_static/a.css'><script src='_static/theme.js'></script>"
PAGES = {
    "index": """<article class="bd-article"><section id="home"><h1>Home<a class="headerlink" href="#home">#</a></h1>
        <a href="chapters/one.html#there">one</a> <a href="#home">up</a> <a href="https://example.org/">out</a>
        <a href="search.html">search</a><img src="_images/a.png"></section></article>""",
    "chapters/one": """<article class="bd-article"><p id="there">x</p><img src="../_images/b.png">
        <a href="../index.html">home</a><details class="hide"><summary>Show</summary>source</details>
        <details><summary>Pairs</summary>pairs</details><p class="downloads"><a href="../a.csv" download>CSV</a></p>
        <div class="admonition dropdown toggle">a solution</div></article>""",
}


@pytest.fixture
def pages(tmp_path):
    for name, text in PAGES.items():
        path = tmp_path / f"{name}.html"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"<html>{HEAD}</head><body><nav>contents</nav>{text}</body></html>")
    return tmp_path


def test_pages_become_one(pages):
    made = BeautifulSoup(pdf.gathered(pages, list(PAGES)), "html.parser")
    assert [article["id"] for article in made.select("article")] == ["index", "chapters-one"]
    assert [link["href"] for link in made.select("a")] == [
        *("#chapters-one--there", "#index--home", "https://example.org/", "#", "#index")
    ]
    anchors = {node["id"] for node in made.select("[id]")}
    assert {"index--home", "chapters-one--there"} <= anchors
    assert [image["src"] for image in made.select("img")] == ["_images/a.png", "_images/b.png"]
    assert [fold.get_text() for fold in made.select("details[open]")] == ["Pairspairs"]
    assert "toggle" not in str(made.select_one(".admonition"))
    text = made.get_text()
    assert not any(word in text for word in ("contents", "source", "CSV"))
    assert [link["href"] for link in made.select("link")] == ["_static/a.css"]
    assert not made.select("script")


def test_the_order_is_that_of_the_contents(tmp_path):
    (tmp_path / "_toc.yml").write_text(
        "root: index\nparts:\n  - chapters: [{file: a, sections: [{file: a/b}]}]\n  - chapters: [{file: c}]\n"
    )
    assert pdf.contents(tmp_path / "_toc.yml") == ["index", "a", "a/b", "c"]


def test_a_page_that_is_missing_is_named(pages):
    with pytest.raises(pdf.PdfError, match="the site has no page chapters/two: .* run make book first"):
        pdf.gathered(pages, ["index", "chapters/two"])


def test_a_missing_browser_is_said(monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(pdf.PdfError, match="Chromium prints the book, and none is on the path"):
        pdf.browser()


@pytest.mark.slow
@browsing.MARKS[0]
@browsing.MARKS[1]
@browsing.MARKS[2]
def test_chromium_prints_the_site(site, tmp_path):
    places = Places(root=site.parent.parent, site=site.name)
    printed = pdf.write(places, tmp_path / "book.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b(?!s)", printed)) >= len(pdf.contents(places.root / "_toc.yml"))
    assert b"/Outlines" in printed  # the headings, to leaf by
    assert b"StructTreeRoot" in printed  # tagged, for readers aloud
    assert b"/URI (file" not in printed  # links between pages are links within the book
    assert not (site / "whole-book.html").exists()
