"""What the tests that look at the site in a browser share."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: no page is looked at"),
    pytest.mark.skipif(find_spec("playwright") is None, reason="playwright is not installed"),
]
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND"


def names(site: Path) -> list[str]:
    left_out = ("_static", "_sources", "genindex.html", "prf-prf.html", "search.html")
    pages = (path.relative_to(site) for path in sorted(site.rglob("*.html")))
    return [path.as_posix() for path in pages if path.parts[0] not in left_out]


def settled(page: Page, address: str) -> None:
    """Open a page, wait until its formulas are set, and end the fading of colours between two schemes."""
    page.goto(address)
    page.wait_for_function("!window.MathJax || !MathJax.startup || MathJax.startup.promise.then(() => true)")
    page.evaluate(
        "document.getAnimations().filter((one) => one instanceof CSSTransition).forEach((one) => one.finish())"
    )


def watched(page: Page) -> list[str]:
    """The list that fills with whatever a page asks of the network or complains about."""
    wrong: list[str] = []

    def asked(request):
        if request.url.startswith(("http", "ws")):
            wrong.append(f"asks for {request.url}")

    page.on("request", asked)
    page.on("requestfailed", lambda request: wrong.append(f"{request.url} failed"))
    page.on("console", lambda said: wrong.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    return wrong
