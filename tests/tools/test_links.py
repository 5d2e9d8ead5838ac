"""The check of a site finds what is broken and what would be loaded from elsewhere."""

from __future__ import annotations

import pytest

from tools import links

GOOD = """<html><head><link rel="stylesheet" href="_static/a.css"><link rel="canonical" href="https://example.org/">
</head><body><h1 id="top">x</h1><a href="#top">a</a> <a href="sub/two.html#there">b</a> <a href="sub/">c</a>
<a href="https://example.org/paper">d</a> <a href="mailto:x@example.org">e</a> <img src="data:image/png;base64,AA">
<script>const label = "https://example.org/page";</script></body></html>"""


@pytest.fixture
def site(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static/a.css").write_text("body { background: url(a.png) }")
    (tmp_path / "_static/macros.html").write_text('<a href="{{ template }}">')
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/two.html").write_text('<p id="there">x</p><a href="../index.html?q=1#top">up</a>')
    (tmp_path / "sub/index.html").write_text("<p>x</p>")
    (tmp_path / "index.html").write_text(GOOD)
    return tmp_path


def test_a_whole_site_has_no_problems(site):
    assert links.problems(site) == []


@pytest.mark.parametrize(
    ("planted", "problem"),
    [
        ('<a href="sub/two.html#gone">', "index.html points to sub/two.html#gone, and two.html has no such anchor"),
        ('<a href="#gone">', "index.html points to #gone, and index.html has no such anchor"),
        ('<a href="three.html">', "index.html points to three.html, and there is no such file"),
        ('<a href="../outside.html">', "index.html points to ../outside.html, and there is no such file"),
        ('<img src="gone.png">', "index.html points to gone.png, and there is no such file"),
        ('<script src="https://cdn.test/x.js">', "index.html loads https://cdn.test/x.js from another host"),
        ('<script src="//cdn.test/x.js">', "index.html loads //cdn.test/x.js from another host"),
        ('<link rel="preload stylesheet" href="http://c.test/a.css">', "index.html loads http://c.test/a.css"),
        ('<img src="a" srcset="https://c.test/a.png 2x">', "index.html loads https://c.test/a.png"),
        ('<iframe src="https://c.test/">', "index.html loads https://c.test/"),
        ('<p style="background: url(https://c.test/a.png)">', "index.html loads https://c.test/a.png"),
        ('<style>@import "https://c.test/a.css";</style>', "index.html loads https://c.test/a.css"),
        ('<script>load("https://c.test/x.js");</script>', "index.html loads https://c.test/x.js"),
    ],
)
def test_a_planted_fault_is_found(site, planted, problem):
    (site / "index.html").write_text(GOOD + planted)
    found = links.problems(site)
    assert any(problem in line for line in found), found


def test_a_remote_font_in_a_style_sheet_is_found(site):
    (site / "_static/a.css").write_text("@font-face { src: url('https://fonts.test/f.woff2') }")
    assert links.problems(site) == ["_static/a.css loads https://fonts.test/f.woff2 from another host"]
