"""The site for everybody: no serious finding of axe, everything reached by keyboard, whole without scripts."""

from __future__ import annotations

import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest

from mtlcore import parameters, report
from mtlcore.paths import BOOK
from tests.tools import browsing
from tests.tools.browsing import names, settled, watched

pytestmark = browsing.MARKS
SERIOUS = ("serious", "critical")
# Open every fold, and end the fading in of what lies in it.
UNFOLD = """() => {
  document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
  document.body.getBoundingClientRect();
  document.getAnimations().forEach((one) => one.finish());
}"""
FINDINGS = """() => axe.run(document, {resultTypes: ["violations"]}).then((found) => found.violations.flatMap(
  (one) => one.nodes.map((node) => [one.impact, `${one.id}: ${node.target.join(" ")}`])))"""
# What can be pressed or scrolled and is seen; a link in a fold is reached once the fold is open.
REACHABLE = """() => [...document.querySelectorAll(
    "main a[href], main button, main input, main select, main summary, main [tabindex='0'], .bd-sidebar a[href]")]
  .filter((node) => !node.disabled && node.tabIndex >= 0
    && node.checkVisibility({visibilityProperty: true, opacityProperty: true}))
  .map((node, index) => { node.dataset.reach = index; return node.outerHTML.slice(0, 90); })"""
FOCUSED = """() => {
  const node = document.activeElement, style = getComputedStyle(node);
  const cover = getComputedStyle(node, "::after"); // of a card, the link lies over all of it
  const seen = [style, cover].some((one) => one.outlineStyle !== "none" || one.boxShadow !== "none");
  return [node === document.body, node.dataset.reach ?? "", seen, node.outerHTML.slice(0, 90)];
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The checker, one script."""
    package = find_spec("axe_playwright_python")
    if package is None or package.origin is None:
        pytest.skip("axe-playwright-python is not installed")
    return (Path(package.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def serious(page, axe: str) -> list[str]:
    page.evaluate(axe)
    return [about for impact, about in page.evaluate(FINDINGS) if impact in SERIOUS]


@pytest.mark.slow
def test_axe_finds_nothing_serious_on_any_page(site, browser, axe):
    page = browser.new_page(viewport={"width": 1280, "height": 844}, color_scheme="light")
    wrong = []
    for name in names(site):
        settled(page, (site / name).as_uri())
        page.evaluate(UNFOLD)
        wrong += [f"{name}: {finding}" for finding in serious(page, axe)]
    page.close()
    assert not wrong, "\n".join(wrong)


def test_axe_sees_planted_faults(tmp_path, browser, axe):
    (tmp_path / "page.html").write_text(
        "<html lang='en'><title>x</title><main><h1>x</h1><img src='a.png'><p style='color: #ccc'>faint</p>"
        "<select><option>a</option></select><div role='list'><p>no item</p></div></main></html>"
    )
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    found = " ".join(serious(page, axe))
    page.close()
    assert all(rule in found for rule in ("image-alt", "color-contrast", "select-name", "aria-required-children"))


def test_recorded_numbers_say_which_runs_they_are_of(site):
    """Each column of recorded numbers has the command and what is known of its runs as the tooltip of every cell."""
    heads = [
        (name, head)
        for name in names(site)
        for head in re.findall(r"<th[^>]*><p>recorded · [^<]*", (site / name).read_text(encoding="utf-8"))
    ]
    wrong = [f"{name}: {head}" for name, head in heads if 'title="python -m mtlcore run ' not in head]
    assert not wrong, "\n".join(wrong)


def walked(page) -> tuple[set[str], list[str]]:
    """Press Tab until the page has been gone through: what was reached, and what did not show that it had the focus."""
    reached, unseen = set(), []
    for _ in range(3000):
        page.keyboard.press("Tab")
        out, mark, seen, node = page.evaluate(FOCUSED)
        if out or (mark and mark in reached):
            return reached, unseen
        reached |= {mark} - {""}
        if not seen:
            unseen.append(node)
    pytest.fail("the focus never leaves the page")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["index", "scoreboard", "appendix/parameters", "chapters/layerout", "chapters/one"])
def test_everything_is_reached_by_keyboard(site, browser, name):
    path = site / f"{name}.html"
    if not path.is_file():
        pytest.skip(f"this site has no page {name}")
    page = browser.new_page(viewport={"width": 1280, "height": 844})
    heard = watched(page)
    settled(page, path.as_uri())
    wanted = page.evaluate(REACHABLE)
    reached, unseen = walked(page)
    page.close()
    missed = [node for index, node in enumerate(wanted) if str(index) not in reached]
    assert wanted
    assert not missed, "\n".join(missed[:20])
    assert not unseen, "\n".join(unseen[:20])
    assert not heard, heard


@pytest.fixture
def board(tmp_path) -> str:
    """The scoreboard alone with its script."""
    script = (BOOK / "_static/scoreboard.js").read_text(encoding="utf-8")
    html = f"<!DOCTYPE html><meta charset='utf-8'>{report.scoreboard().html}<script>{script}</script>"
    (tmp_path / "board.html").write_text(html, encoding="utf-8")
    return (tmp_path / "board.html").as_uri()


def test_the_scoreboard_is_filtered_by_keyboard(board, browser):
    page = browser.new_page()
    page.goto(board)
    rows, count = page.locator("tr[data-document]"), page.locator(".filter-count")
    everything = rows.count()
    assert count.inner_text() == f"{everything} of {everything} claims"
    seen = {}
    for field in ("document", "method", "verdict", "source"):
        page.focus(f"select[name={field}]")
        page.keyboard.press("ArrowDown")
        value = page.input_value(f"select[name={field}]")
        wanted = page.locator(f"tr[data-{field}]").evaluate_all(
            "(rows, [field, value]) => rows.filter((row) => row.dataset[field].split('|').includes(value)).length",
            [field, value],
        )
        seen[field] = page.locator("tr[data-document]:visible").count()
        assert 0 < seen[field] == wanted < everything, field
        assert count.inner_text().startswith(f"{seen[field]} of ")
        page.focus("button[type=reset]")
        page.keyboard.press("Enter")
        page.wait_for_function("count => document.querySelector('.filter-count').textContent.startsWith(count)",
                               arg=f"{everything} of")  # fmt: skip
    boards = page.locator(".board:visible").count()
    page.select_option("select[name=document]", "goutam")
    assert page.locator(".board:visible").count() == 1 < boards
    page.close()


def test_the_scoreboard_stands_whole_without_scripts(board, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(board)
    rows = page.locator("tr[data-document]")
    assert rows.count() == page.locator("tr[data-document]:visible").count() > 0
    assert not page.locator("form").is_visible()
    context.close()


def test_the_form_composes_commands_that_are_accepted(site, browser):
    path = next((site / name for name in names(site) if "compose-pages" in (site / name).read_text("utf-8")), None)
    assert path is not None, "no page has the form"
    page = browser.new_page()
    heard = watched(page)
    settled(page, path.as_uri())
    pages = page.locator("form.compose select[name=page] option").count()
    for index in range(pages):
        page.select_option("select[name=page]", str(index))
        said = page.inner_text("#compose-make")
        assert " P=" not in said, "nothing has been changed yet"
        if page.locator("input[name=seeds]").count():
            page.focus("input[name=seeds]")
            page.keyboard.press("Control+a")
            page.keyboard.type("7")
        page.select_option("select[name=profile]", "smoke")
        make, name, given = shlex.split(page.inner_text("#compose-make"))[1:]
        assert (make, name.split("=")[0]) == ("chapter", "NAME")
        given = dict(pair.split("=") for pair in given.removeprefix("P=").split())
        words = shlex.split(page.inner_text("#compose-papermill"))
        assert words[0] == "papermill"
        assert dict(zip(words[4::3], words[5::3], strict=True)) == given
        source = BOOK / f"{words[1].removeprefix('_build/notebooks/source/').removesuffix('.ipynb')}.md"
        if source.is_file():  # the small book has pages of its own
            declared = parameters.declared(parameters.cell_of(source.read_text(encoding="utf-8")) or "")
            assert parameters.validate(declared, given)["profile"] == "smoke"
    page.close()
    assert not heard, heard


def test_a_value_out_of_range_gives_no_command(tmp_path, browser):
    """The form alone, for one page with a range."""
    from tools import parameter_page
    from tools.pages import Page

    source = tmp_path / "one.md"
    source.write_text("# One\n\n```{code-cell}\n:tags: [parameters]\n\nseeds: int = 3  # 1..100; how many\n```\n")
    form = parameter_page.form([Page("chapters/one", source)]).removeprefix("````{raw} html\n").removesuffix("\n````")
    script = (BOOK / "_static/parameters.js").read_text(encoding="utf-8")
    (tmp_path / "form.html").write_text(f"<!DOCTYPE html>{form}<script>{script}</script>", encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "form.html").as_uri())
    page.fill("input[name=seeds]", "5")
    assert page.inner_text("#compose-make") == 'make chapter NAME=one P="seeds=5"'
    page.fill("input[name=seeds]", "1000")
    assert page.inner_text("#compose-make") == ""
    assert page.inner_text("#compose-wrong").startswith("seeds: ")
    page.click("button[type=reset]")
    page.wait_for_function("document.querySelector('input[name=seeds]').value === '3'")
    page.close()
