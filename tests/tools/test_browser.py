"""The site in a browser without a network: nothing fetched, no error, formulas set, readable everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tools import browsing
from tests.tools.browsing import names, settled, watched

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = browsing.MARKS
VIEWS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]
# Text whose contrast with what lies behind it is less than WCAG asks: 4.5, or 3 where it is large.
FAINT = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 };
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(at).backgroundColor);
      if (a > 0) layers.push([r, g, b, a]);
      if (a === 1) break;
    }
    return layers.reverse().reduce((under, [r, g, b, a]) =>
      [r, g, b].map((value, i) => value * a + under[i] * (1 - a)), [255, 255, 255]);
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const style = getComputedStyle(node);
    const seen = node.checkVisibility({visibilityProperty: true, opacityProperty: true});
    if (!seen || !walker.currentNode.data.trim()) continue;
    if (node.closest("mjx-container, script, style, .headerlink, .skip-link, [aria-hidden=true]")) continue;
    const [front, back] = [luminance(parse(style.color)), luminance(ground(node))];
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) found.add(`${node.tagName}.${node.className} ${style.color} ${ratio.toFixed(2)}`);
  }
  return [...found];
}"""
# What sticks out of the window to the right, unless it lies in something that scrolls.
OUTSIDE = """() => [...document.querySelectorAll(".bd-article *")].filter((node) => {
  if (!node.checkVisibility() || node.getBoundingClientRect().right <= window.innerWidth + 1) return false;
  if (node.closest("mjx-assistive-mml")) return false;
  for (let at = node; at; at = at.parentElement)
    if (["auto", "scroll", "hidden"].includes(getComputedStyle(at).overflowX) && at !== document.body) return false;
  return true;
}).map((node) => `${node.tagName}.${node.className}`).slice(0, 10)"""


def faults(page: Page) -> list[str]:
    """What can be seen to be wrong on the page that is open."""
    wrong = []
    wanted, made = page.locator(".math").count(), page.locator(".math mjx-container").count()
    if made < wanted or page.locator("mjx-merror").count():
        wrong.append(f"{made} of {wanted} formulas set, or one with an error")
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        wrong.append("scrolls sideways")
    wrong += [f"{node} sticks out" for node in page.evaluate(OUTSIDE)]
    wrong += [f"faint text {node}" for node in page.evaluate(FAINT)]
    unseen = "all => all.filter((image) => !image.alt || !image.naturalWidth).map((image) => image.src.slice(-60))"
    wrong += [f"image without alt text or content: {name}" for name in page.eval_on_selector_all("main img", unseen)]
    return wrong


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_pages(site, browser, scheme, width):
    """One visit to every page in each view; everything that is wrong is said together."""
    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    heard = watched(page)
    wrong: list[str] = []
    formulas = 0
    for name in names(site):
        settled(page, (site / name).as_uri())
        wrong += [f"{name}: {fault}" for fault in [*heard, *faults(page)]]
        heard.clear()
        formulas += page.locator("mjx-container").count()
    page.close()
    assert not wrong, "\n".join(wrong)
    assert formulas > 0


def test_the_checks_see_planted_faults(tmp_path, browser):
    (tmp_path / "page.html").write_text(
        """<main class="bd-article"><p style="color: #999">faint</p><span class="math">x</span><img src="gone.png">
        <div style="width: 2000px">wide</div><div style="overflow-x: auto"><p style="width: 3000px">scrolls</p></div>
        <script src="http://cdn.test/x.js"></script><script>console.error("oh"); undefined.field</script></main>"""
    )
    page = browser.new_page(viewport={"width": 390, "height": 844})
    heard = watched(page)
    page.goto((tmp_path / "page.html").as_uri())
    said = "\n".join([*heard, *faults(page)])
    page.close()
    for expected in (
        "asks for http://cdn.test/x.js",
        "gone.png failed",
        "console: oh",
        "script: Cannot read properties of undefined",
        "0 of 1 formulas",
        "scrolls sideways",
        "DIV. sticks out",
        "faint text P. rgb(153, 153, 153)",
        "image without alt text or content",
    ):
        assert expected in said, said
    assert "P. sticks out" not in said


def test_the_scheme_of_the_system_is_taken(site, browser):
    grounds = set()
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        settled(page, (site / "index.html").as_uri())
        assert page.get_attribute("html", "data-theme") == scheme
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.close()
    assert len(grounds) == 2


def test_a_wide_table_scrolls_and_keeps_its_first_column(site, browser):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for name in names(site):
        settled(page, (site / name).as_uri())
        wide = page.locator(".pst-scrollable-table-container, .table-scroll").filter(has=page.locator("td"))
        for index in range(wide.count()):
            box = wide.nth(index)
            if box.evaluate("box => box.scrollWidth - box.clientWidth") < 100:
                continue
            cell = box.locator("tbody tr > *").first
            before = cell.bounding_box()
            box.evaluate("box => box.scrollLeft = 100")
            assert cell.bounding_box()["x"] == pytest.approx(before["x"], abs=1)
            page.close()
            return
    pytest.fail("there is no wide table to try")


def test_search_works_without_a_server(site, browser):
    page = browser.new_page()
    page.goto((site / "search.html").as_uri() + "?q=seeds")
    page.wait_for_selector("#search-results li a", timeout=10_000)
    page.close()
