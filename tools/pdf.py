"""Print the built site as one PDF: `python -m tools.pdf`, with Chromium and no network.

The articles of all pages, in the order of the contents, become one page, whose links between pages are links within
it. Folds are opened, except over the source of cells; a printed book has no use for a button.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

from tools.places import Places

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND")
# what only a screen has: buttons, forms, sources behind a click, links that save files
SCREEN = ".headerlink, .downloads, form, script, details.hide, div.cell_input.tag_hide-input, button, .toggle-details"
FOLDING = ("toggle", "dropdown")
FOOT = (
    "<div style='font: 8px sans-serif; width: 100%; text-align: center; color: #59616d'>"
    "<span class='pageNumber'></span></div>"
)
STYLE = """
body { background: #fff; } main { max-width: none; padding: 0; } article.bd-article { break-before: page; }
article.bd-article:first-of-type { break-before: avoid; } pre { white-space: pre-wrap !important; }
table { font-size: 7.5pt !important; } .cell_output img, figure img { max-width: 100%; height: auto; }
:is(h1, h2, h3, caption, summary) { break-after: avoid; } tr, pre, .sd-card, .claim { break-inside: avoid; }
:is(th, td) { position: static !important; overflow-wrap: break-word !important; }
table { break-inside: auto !important; } .table-scroll { overflow: visible !important; }
summary { list-style: none; } table.three :is(th, td) { white-space: normal !important; }
"""


class PdfError(RuntimeError):
    """The book cannot be printed; the message says what is missing."""


def contents(toc: Path) -> list[str]:
    """The pages of a table of contents, in its order, without suffix."""
    table = yaml.safe_load(toc.read_text(encoding="utf-8"))
    return [table["root"], *_files(table.get("parts", [table]))]


def _files(entries: list[dict]) -> Iterator[str]:
    for entry in entries:
        if "file" in entry:
            yield entry["file"]
        for name in ("chapters", "sections"):
            yield from _files(entry.get(name, []))


def gathered(site: Path, pages: list[str]) -> str:
    """One HTML page, to lie at the top of the site, that holds the articles of all pages.

    Raises PdfError where the site lacks one of them.
    """
    parts, head = [], ""
    for page in pages:
        path = site / f"{page}.html"
        if not path.is_file():
            raise PdfError(f"the site has no page {page}: there is no {path}; run make book first")
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        head = head or _head(soup)
        article = soup.select_one("article.bd-article")
        if article is None:
            raise PdfError(f"{path} has no article")
        _printable(article)
        _rebased(article, page, pages)
        parts.append(str(article))
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="light" data-mode="light"><head>{head}<style>{STYLE}</style></head>'
        f'<body><main class="bd-content bd-article-container">{"".join(parts)}</main></body></html>'
    )


def _head(soup: BeautifulSoup) -> str:
    """Title, styles and the setter of formulas of a page that lies at the top of the site; no other script."""
    kept = soup.select("head meta[charset], head title, head link[rel=stylesheet]")
    scripts = [script for script in soup.select("script") if "mathjax" in f"{script.get('src')}{script.string}".lower()]
    return "".join(map(str, [*kept, *scripts]))


def _printable(article: Tag) -> None:
    """Take away what only a screen has, and open what is folded."""
    for node in article.select(SCREEN):
        node.decompose()
    for fold in article.select("details"):
        fold["open"] = ""
    for node in article.select(".toggle"):
        node["class"] = " ".join(name for name in node.get_attribute_list("class") if name not in FOLDING)


def _rebased(article: Tag, page: str, pages: list[str]) -> None:
    """Make the names of a page its own, and its links those of the one page."""
    article["id"] = _slug(page)
    for node in article.select("[id]"):
        node["id"] = f"{_slug(page)}--{node['id']}"
    for node in article.select("[src]"):
        node["src"] = _from_top(page, str(node["src"]))
    for node in article.select("a[href]"):
        node["href"] = _target(page, str(node["href"]), pages)


def _target(page: str, href: str, pages: list[str]) -> str:
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return href
    to = _from_top(page, parts.path).removesuffix(".html") if parts.path else page
    if to not in pages:
        return "#"
    return f"#{_slug(to)}--{parts.fragment}" if parts.fragment else f"#{_slug(to)}"


def _from_top(page: str, address: str) -> str:
    """An address of a page as seen from the top of the site.

    >>> _from_top("chapters/one", "../_images/a.png"), _from_top("index", "_images/a.png")
    ('_images/a.png', '_images/a.png')
    """
    if urlsplit(address).scheme:
        return address
    parts: list[str] = page.split("/")[:-1]
    for part in address.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _slug(page: str) -> str:
    return re.sub(r"\W+", "-", page)


def browser() -> str:
    """The path of a Chromium; raises PdfError where there is none."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise PdfError("Chromium prints the book, and none is on the path: install chromium and run make pdf again")
    return found


def write(places: Places, target: Path | None = None) -> Path:
    """Print the site to `_build/book.pdf` or to another file; returns the path.

    Raises PdfError: no site, no Chromium, or formulas that could not be set.
    """
    from playwright.sync_api import sync_playwright  # here, so that a test of the rest needs no driver

    whole = places.html / "whole-book.html"  # at the top, where its addresses hold
    whole.write_text(gathered(places.html, contents(places.root / "_toc.yml")), encoding="utf-8")
    target = target or places.build / "book.pdf"
    try:
        with sync_playwright() as driver:
            running = driver.chromium.launch(executable_path=browser(), args=[*FLAGS])
            page = running.new_page()
            page.goto(whole.as_uri())
            page.wait_for_function("window.MathJax && MathJax.startup.promise.then(() => true)", timeout=120_000)
            if page.locator("mjx-merror").count():
                raise PdfError("a formula could not be set")
            page.pdf(
                path=target,
                format="A4",
                margin={"top": "18mm", "bottom": "18mm", "left": "16mm", "right": "16mm"},
                print_background=True,
                outline=True,
                tagged=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=FOOT,
            )
            running.close()
    finally:
        whole.unlink()
    return target


if __name__ == "__main__":
    try:
        print(f"The book: {write(Places())}")
    except PdfError as problem:
        sys.exit(str(problem))
