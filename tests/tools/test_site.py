"""From executed notebooks to a checked site: staged, built once, replaced only by a good one."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from tests.tools.conftest import edit, small_book
from tools import book, site, status
from tools.site import SiteError
from tools.stage import StageError, copy_mathjax, stage


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A small book, made whole by the command that makes the real one."""
    places = small_book(tmp_path_factory.mktemp("built"))
    book.make(places, {"profile": "lab"}, jobs=2)
    return places


def text_of(places, name):
    return (places.html / f"{name}.html").read_text(encoding="utf-8")


def test_the_site_is_built_and_checked(built):
    page = text_of(built, "chapters/one")
    assert "Table 1.1" in page
    assert "<p>only for Jupyter" not in page  # the book takes the MyST of a table, not its HTML
    assert "The parameters of this run" in page
    assert "thebe" not in page
    assert "require.js" not in page
    assert (built.html / "_static/mathjax/tex-chtml.js").is_file()
    assert "mathjax/tex-chtml.js" in page
    assert (built.html / "_sources/chapters/one.ipynb").is_file()
    assert not (built.build / "site").exists()


def test_a_number_stays_with_its_unit(built):
    page = text_of(built, "index")
    assert "100\N{NO-BREAK SPACE}% of the book" in page
    assert '<span class="pre">100</span> <span class="pre">%</span>' in page  # code is as it was


def test_the_status_page_has_every_execution(built):
    page = text_of(built, "appendix/status")
    for expected in ("Chapter one", "profile=lab", "seeds=3", "UTC", "papermill"):
        assert expected in page


def test_tables_and_figures_are_files_beside_the_page(built):
    page = text_of(built, "chapters/one")
    with (built.html / "_downloads/tbl-one.csv").open(encoding="utf-8", newline="") as file:
        head, row = csv.reader(file)
    assert head == ["row", *(f"a rather wide column {i}" for i in range(8))]
    assert row == ["a row", *["1.25 ± 0.10"] * 8]
    drawing = (built.html / "_downloads/fig-one.svg").read_text(encoding="utf-8")
    assert "</svg>" in drawing
    for name in ("../_downloads/tbl-one.csv", "../_downloads/fig-one.svg", "../_sources/chapters/one.ipynb"):
        assert f'<a href="{name}" download' in page
    assert re.search(r'<img[^>]*src="../_images/\w+.png"', page)  # the page itself shows the smaller file
    assert "_downloads/" not in text_of(built, "index")


def test_every_number_of_a_column_says_which_runs_it_is_of(built):
    page = text_of(built, "chapters/one")
    assert page.count('title="run it"') == 2  # the column's head and its one number
    assert "<div class='sources'" not in page


def test_a_table_that_scrolls_can_be_reached_and_has_a_name(built):
    opening = re.search(r'<div class="pst-scrollable-table-container"[^>]*>', text_of(built, "chapters/one"))
    assert opening[0].endswith('tabindex="0" role="region" aria-label="Table 1.1 A wide table">')


def test_the_page_of_parameters_is_made_from_the_pages(built):
    page = text_of(built, "appendix/status")
    assert 'id="tbl-parameters-one"' in page
    assert re.search(r"took \d+\ss at", re.sub("<[^>]+>", "", page))
    known = json.loads(re.search(r'id="compose-pages">(.*?)</script>', page)[1])
    assert [(one["page"], one["name"], one["title"]) for one in known] == [("chapters/one", "one", "Chapter one")]
    assert [one["name"] for one in known[0]["parameters"]] == ["profile", "seeds"]


def test_the_second_time_nothing_is_made(built, capsys):
    before = (built.html / "index.html").stat().st_mtime_ns
    book.make(built, {"profile": "lab"})
    said = capsys.readouterr().out
    assert "notebooks: 0 executed, 2 unchanged" in said
    assert "site: unchanged" in said
    assert f"The book: {(built.html / 'index.html').as_uri()}" in said
    assert (built.html / "index.html").stat().st_mtime_ns == before


def test_a_warning_fails_the_build_and_the_good_site_stays(built):
    kept = text_of(built, "appendix/status")
    edit(built, "appendix/status", "# Status", "# Status\n\nSee {ref}`nowhere`.")
    try:
        with pytest.raises(SiteError, match="undefined label: 'nowhere'"):
            book.make(built, {"profile": "lab"})
        assert text_of(built, "appendix/status") == kept
    finally:
        edit(built, "appendix/status", "\n\nSee {ref}`nowhere`.", "")


def test_a_site_that_loads_from_elsewhere_is_refused(built, monkeypatch):
    """jupyter-book is stood in for by a copy of the good site with a remote script planted in it."""
    kept = text_of(built, "index")

    def planted(places, output):
        html = output / "_build/html"
        shutil.copytree(places.html, html)
        (html / "index.html").write_text('<script src="https://cdn.test/x.js"></script><a href="#gone">x</a>')
        return html

    monkeypatch.setattr(site, "_jupyter_book", planted)
    monkeypatch.setattr(site, "inputs_key", lambda places: "changed")
    with pytest.raises(SiteError, match="not whole") as caught:
        site.build(built)
    assert "index.html loads https://cdn.test/x.js from another host" in str(caught.value)
    assert "index.html points to #gone" in str(caught.value)
    assert text_of(built, "index") == kept


def test_a_chapter_with_other_parameters_takes_its_place_in_the_site(built, capsys):
    book.make(built, {"profile": "lab", "seeds": "9"}, only=["one"])
    assert "custom/chapters/one.ipynb" in capsys.readouterr().out
    assert "seeds 9" in text_of(built, "chapters/one")
    kept = built.notebooks / "lab/chapters/one.ipynb"
    assert "seeds 3" in kept.read_text()  # the usual one, for the next `make book`


@pytest.mark.slow
def test_a_chapter_alone_is_executed_where_there_is_no_book_yet(places, capsys):
    book.make(places, {"profile": "smoke"}, only=["one"])
    said = capsys.readouterr().out
    assert "smoke/chapters/one.ipynb" in said
    assert "no site yet: `make book` executes the other pages" in said


def test_stage_says_what_is_missing(places):
    with pytest.raises(StageError, match="page chapters/one has not been executed"):
        stage(places, places.notebooks / "lab")
    for name in ("chapters/one", "index"):
        path = places.notebooks / f"lab/{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    assert stage(places, places.notebooks / "lab") == ["appendix/status", "chapters/one", "index"]
    (places.root / "_toc.yml").unlink()
    with pytest.raises(StageError, match=r"the book has no _toc\.yml"):
        stage(places, places.notebooks / "lab")


def test_mathjax_is_the_part_that_sets_formulas(tmp_path):
    copy_mathjax(tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".js", ".woff"}
    assert sum(path.stat().st_size for path in files) < 3e6


def test_status_tables():
    assert status.filled("# A page", [Path("absent.ipynb")]) == "# A page"
    assert "Nothing has been executed yet" in status.filled(status.MARK, [])
    common = {
        "parameters": {"seeds": 3},
        "data": {"mnist": "real"},
        "device": "cpu",
        "seconds": 1.0,
        "finished": "2026-11-20T10:11:12",
    }
    tables = status.tables(
        [
            common | {"page": "a", "versions": {"torch": "1", "numpy": "2"}},
            common | {"page": "b", "versions": {"torch": "1", "numpy": "3"}},
        ]
    )
    assert "| {doc}`/a` | `seeds=3` | mnist: real | cpu | 1.0 | 2026-11-20 10:11 UTC |" in tables
    assert "| torch | 1 |" in tables
    assert "| numpy | 2 (a); 3 (b) |" in tables
    assert "| all pages | | | | 2.0 | |" in tables
