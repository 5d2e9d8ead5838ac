"""Gather what jupyter-book builds from: static pages, executed notebooks, configuration, MathJax."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import click

from tools import parameter_page, status
from tools.pages import all_pages
from tools.places import Places

MATHJAX = ("tex-chtml.js", "output/chtml/fonts/woff-v2")  # 1.6 MB of the 24 MB that the package holds


class StageError(RuntimeError):
    """A part of the book is missing."""


def stage(places: Places, notebooks: Path, instead: Mapping[str, Path] | None = None) -> list[str]:
    """Fill the stage anew from the sources and executed notebooks; returns the names of the pages.

    Args:
        places: the folders of the book.
        notebooks: the folder of executed notebooks.
        instead: notebooks, by page, that replace those of the folder.

    Raises:
        StageError: a page has not been executed, or the book has no configuration.
    """
    pages = all_pages(places)
    executed = {page.name: notebooks / f"{page.name}.ipynb" for page in pages if page.code_cells}
    executed |= instead or {}
    for name, path in executed.items():
        if not path.is_file():
            raise StageError(f"page {name} has not been executed: there is no {path}; run tools.execute")
    shutil.rmtree(places.stage, ignore_errors=True)
    places.stage.mkdir(parents=True)
    _copy_frame(places)
    for page in pages:
        target = places.stage / page.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if page.code_cells:
            shutil.copy2(executed[page.name], target.with_suffix(".ipynb"))
        else:
            text = parameter_page.filled(status.filled(page.text, executed.values()), places)
            target.with_suffix(".md").write_text(text, encoding="utf-8")
    copy_mathjax(places.stage / "_vendor" / "mathjax")
    return [page.name for page in pages]


def _copy_frame(places: Places) -> None:
    """Copy what is around the pages: configuration, contents, styles, extensions, bibliography."""
    for name in ("_config.yml", "_toc.yml"):
        if not (places.root / name).is_file():
            raise StageError(f"the book has no {name} in {places.root}")
        shutil.copy2(places.root / name, places.stage)
    for name in ("_static", "_ext"):
        if (places.book / name).is_dir():
            unwanted = shutil.ignore_patterns("__pycache__")
            shutil.copytree(places.book / name, places.stage / name, ignore=unwanted)
    for path in places.book.glob("*.bib"):
        shutil.copy2(path, places.stage)


def copy_mathjax(target: Path) -> None:
    """Copy the part of MathJax that sets formulas from the installed package, so that no page fetches it."""
    try:
        source = Path(str(metadata.distribution("sphinx-mathjax-offline").locate_file("sphinx-mathjax-offline")))
    except metadata.PackageNotFoundError:
        raise StageError("MathJax is missing: install the extra `book`, with sphinx-mathjax-offline") from None
    for name in MATHJAX:
        piece = source / "static" / "mathjax" / name
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if piece.is_dir():
            shutil.copytree(piece, target / name)
        else:
            shutil.copy2(piece, target / name)


@click.command(help=__doc__)
@click.option("--profile", default="lab", show_default=True, help="Which executed notebooks to take.")
def main(profile: str) -> None:
    """Stage the book, and say where."""
    places = Places()
    pages = stage(places, places.notebooks / profile)
    print(f"{len(pages)} pages in {places.stage}")


if __name__ == "__main__":
    main()
