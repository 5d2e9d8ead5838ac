"""What the book's own Sphinx extensions make of a page: doctests, and the figures and notes that they mend."""

from __future__ import annotations

import doctest
import importlib

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from mtlcore.paths import BOOK

mpl.use("Agg")


@pytest.fixture(autouse=True)
def extensions(monkeypatch):
    """Where Sphinx finds them."""
    monkeypatch.syspath_prepend(str(BOOK / "_ext"))


@pytest.mark.parametrize("name", ["book_access", "book_downloads", "book_numbers", "book_units"])
def test_examples(name):
    tried = doctest.testmod(importlib.import_module(name))
    assert tried.attempted > 0
    assert tried.failed == 0


def drawn(tmp_path, rows, columns, bar=False):
    figure, axes = plt.subplots(rows, columns, figsize=(8, 3), squeeze=False)
    for place in axes.flat:
        place.plot([0, 1])
        place.axis("on" if bar else "off")
    if bar:
        figure.colorbar(axes[0, 0].imshow([[0, 1]]), ax=axes)
    figure.savefig(tmp_path / "figure.svg")
    plt.close(figure)
    return (tmp_path / "figure.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("rows", "columns", "bar", "found"), [(1, 1, False, 1), (1, 1, True, 1), (2, 1, False, 1), (2, 3, False, 3)]
)
def test_panels_are_counted_side_by_side(tmp_path, rows, columns, bar, found):
    access = importlib.import_module("book_access")
    assert access.panels(drawn(tmp_path, rows, columns, bar)) == found


def test_only_a_wide_figure_scrolls_and_can_be_reached():
    access = importlib.import_module("book_access")
    page = """<figure class="align-default" id="{0}">\n<img alt="Two &quot;panels&quot;." src="a.png" />\n</figure>"""
    body = page.format("fig-a") + page.format("fig-b")
    mended = access.mended(body, {"fig-b"})
    first, second = mended.split("</figure>")[:2]
    assert first == page.format("fig-a").removesuffix("</figure>")
    assert '<div class="figure-scroll" tabindex="0" role="region" aria-label="Two &quot;panels&quot;."><img' in second
    assert second.count("<div") == second.count("</div>") == 1
