"""A text page as a notebook that is the same, byte for byte, each time it is made or executed."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from tools.pages import Page

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
PREAMBLE = "preamble"  # the tag of what a page sets up before its first result: folds on one line


def from_page(page: Page) -> NotebookNode:
    """The unexecuted notebook of a page, with stable cell ids and the kernel of the running Python.

    Of a lab it is the book's edition: each task as a student meets it, the solution behind a click.
    """
    from tools import labs  # here, as labs makes its editions with this module

    made = as_written(page)
    return labs.for_book(made) if page.name.startswith("labs/") else made


def as_written(page: Page) -> NotebookNode:
    """The notebook of a page with every cell of its source."""
    notebook = jupytext.reads(page.text, fmt="md:myst")
    notebook.metadata.pop("jupytext", None)
    notebook.metadata["kernelspec"] = dict(KERNEL)
    for cell in notebook.cells:
        cell.metadata.setdefault("tags", [])
    return with_stable_ids(notebook)


def with_stable_ids(notebook: NotebookNode) -> NotebookNode:
    """The notebook with ids that follow from each cell's type and source, in place; repeats are numbered."""
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[digest] += 1
        cell["id"] = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
    return notebook


def cleaned(notebook: NotebookNode, parameters: dict[str, Any]) -> NotebookNode:
    """An executed notebook without what differs from run to run, in place: timings, paths, random ids.

    The cell that papermill injected is hidden behind a click, the parameters stay in the metadata.
    """
    notebook.metadata["papermill"] = {"parameters": parameters}
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        tags = cell.metadata.get("tags", [])
        if "injected-parameters" in tags and "hide-input" not in tags:
            tags.append("hide-input")
    for cell in itertools.takewhile(lambda cell: not cell.get("outputs"), notebook.cells):
        if "hide-input" in cell.metadata.get("tags", []):
            _fold_into_preamble(cell)
    return with_stable_ids(notebook)


def _fold_into_preamble(cell: NotebookNode) -> None:
    tags = cell.metadata["tags"]
    if "parameters" in tags:
        prompt = "Parameters and their defaults"
    elif "injected-parameters" in tags:
        prompt = "The parameters of this run"
    else:
        prompt = "Set-up"
    cell.metadata["mystnb"] = {"code_prompt_show": prompt, "code_prompt_hide": prompt}
    tags.append(PREAMBLE)


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a valid notebook whole or not at all."""
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    nbformat.write(notebook, temporary)
    temporary.replace(path)
