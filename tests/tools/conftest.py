"""A small book in a folder of its own, with everything that the real one has: parameters, figures, formulas, links."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mtlcore.paths import BUILD, ROOT
from tests.tools import browsing
from tools import book, execute
from tools.places import Places

HEADER = "---\nkernelspec: {name: python3, display_name: Python 3}\n---\n\n"
TOC = """\
format: jb-book
root: index
parts:
  - caption: Chapters
    numbered: 1
    chapters:
      - file: chapters/one
  - caption: Appendix
    chapters:
      - file: appendix/status
"""
ONE = (
    HEADER
    + """\
(one)=
# Chapter one

As $a^2$ is to {eq}`eq-one`, so is {numref}`tbl-one` to {cite}`someone2020`; see {ref}`home`.

$$ \\sum_i a_i $$ (eq-one)

```{code-cell} ipython3
:tags: [parameters]

profile: str = "lab"  # smoke | lab | desk | full
seeds: int = 3  # 1..100; how many
```

```{code-cell} ipython3
from pathlib import Path
from mtlcore import parameters
parameters.BOOK = Path("BOOK")
parameters.check("chapters/one", globals())
```

```{code-cell} ipython3
print("seeds", seeds)
```

````{code-cell} ipython3
class Table:
    def _repr_mimebundle_(self, **_):
        wide = " | ".join(f"a rather wide column {i}" for i in range(8))
        text = f"```{{table}} A wide table\\n:name: tbl-one\\n\\n| row | {wide} |\\n" + "|---" * 9 + "|\\n"
        text += "| a row | " + " | ".join("1.25 ± 0.10" for _ in range(8)) + " |\\n```"
        runs = "{&quot;2&quot;: &quot;run it&quot;}"
        text += f"\\n\\n<div class='sources' hidden data-table='tbl-one' data-columns='{runs}'></div>"
        return {"text/markdown": text, "text/html": "<p>only for Jupyter</p>", "text/plain": "Table"}
Table()
````

```{code-cell} ipython3
---
mystnb:
  figure: {name: fig-one, caption: A line.}
  image: {alt: A line that rises.}
---
import matplotlib.pyplot as plt
from mtlcore import report
report.style()
plt.plot([1, 2])
plt.show()
```

```{code-cell} ipython3
from IPython.display import HTML
HTML("<p class='provenance'>made here</p> " + " ".join(
    f"<span class='verdict verdict-{name}'>{name}</span>" for name in ("holds", "direction", "differs", "untestable")
))
```
"""
)
INDEX = (
    HEADER
    + """\
(home)=
# A small book

It has {ref}`one chapter <one>`, 100 % of the book, and `100 %` of its code.

```{code-cell} ipython3
1 + 1
```
"""
)
STATUS = "(status)=\n# Status\n\n<!-- executions -->\n\n<!-- parameters -->\n"
BIB = "@misc{someone2020, author = {One, Some}, title = {A Thing}, year = {2020}}\n"


def small_book(root: Path) -> Places:
    """Write the small book; its configuration, styles and extensions are the real ones."""
    shutil.copy2(ROOT / "_config.yml", root)
    (root / "_toc.yml").write_text(TOC)
    book = root / "book"
    for name in ("_static", "_ext"):
        shutil.copytree(ROOT / "book" / name, book / name)
    for name, text in {"index": INDEX, "chapters/one": ONE, "appendix/status": STATUS}.items():
        (book / name).parent.mkdir(parents=True, exist_ok=True)
        (book / f"{name}.md").write_text(text.replace('"BOOK"', repr(str(book))))
    bibliography = "\n```{bibliography}\n:all:\n```\n"
    (book / "references.bib").write_text(BIB)
    (book / "appendix/status.md").write_text(STATUS + bibliography)
    return Places(root)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A fresh small book, nothing executed."""
    return small_book(tmp_path)


def pytest_collection_modifyitems(items):
    """Tests that execute pages in kernels are slow."""
    for item in items:
        if {"executed", "built"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("slow")


@pytest.fixture(scope="module")
def still():
    """The code's share of the key stays as it is, though somebody may edit the checkout while the tests run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "shared_key", lambda places: "the same")
        yield


def edit(places: Places, name: str, old: str, new: str) -> None:
    """Change the source of a page."""
    path = places.book / f"{name}.md"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The smoke site where the tests have one, else the book's, else a small one."""
    for name in ("html-smoke", "html"):
        if (BUILD / name / "index.html").is_file():
            return BUILD / name
    places = small_book(tmp_path_factory.mktemp("small"))
    book.make(places, {"profile": "smoke"}, jobs=2)
    return places.html


@pytest.fixture(scope="module")
def browser():
    """Chromium without a network."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=browsing.CHROMIUM, args=[*browsing.FLAGS, browsing.NO_NETWORK])
        yield running
        running.close()
