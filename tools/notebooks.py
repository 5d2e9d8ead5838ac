"""Write the unexecuted notebooks, for plain papermill or Jupyter: `python -m tools.notebooks`."""

from __future__ import annotations

from pathlib import Path

from tools import notebook
from tools.pages import executable_pages
from tools.places import Places


def write_all(places: Places) -> list[Path]:
    """Write a notebook a page into the `source` folder; returns their paths."""
    written = []
    for page in executable_pages(places):
        path = places.notebooks / "source" / f"{page.name}.ipynb"
        notebook.write(notebook.from_page(page), path)
        written.append(path)
    return written


if __name__ == "__main__":
    for path in write_all(Places()):
        print(path)
