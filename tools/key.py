"""The key under which an executed page is kept: everything that its outputs follow from."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from mtlcore import paths
from tools.pages import Page
from tools.places import Places

COMPUTING = ("torch", "torchvision", "timm", "numpy", "scipy", "pandas", "scikit-learn", "h5py")
SHOWING = ("matplotlib", "seaborn", "ipykernel", "ipython", "nbclient", "papermill", "jupytext")
TOOLS = ("notebook.py", "chapter.py")  # the tools that shape an executed notebook
DATA_DEPTH = 2  # the data root may hold a hundred thousand files; two levels tell its state


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that what a page computes depends on."""
    found = {"python": platform.python_version()}
    for name in (*COMPUTING, *SHOWING):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def page_key(page: Page, parameters: Mapping[str, Any], shared: str, *, before: Iterable[str] = ()) -> str:
    """The key of one page: its source and parameters, what all share, the keys of those it gathers from."""
    parts = [page.name, page.text, json.dumps(dict(parameters), sort_keys=True), shared, *sorted(before)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def shared_key(places: Places) -> str:
    """The part of the key that all pages share: code, papers, recorded results, real data, versions."""
    digest = hashlib.sha256(json.dumps(versions(), sort_keys=True).encode())
    here = Path(__file__).parent
    for path in [*sorted((paths.ROOT / "mtlcore").rglob("*.py")), *(here / name for name in TOOLS)]:
        _add_file(digest, path, paths.ROOT)
    for folder in (places.root / "data" / "papers", places.root / "data" / "results"):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            _add_file(digest, path, places.root)
    for line in data_state(paths.data_root()):
        digest.update(line.encode())
    return digest.hexdigest()


def data_state(root: Path, depth: int = DATA_DEPTH) -> Iterator[str]:
    """One line for each file and folder down to a depth: name, size of a file, time of its last change."""
    if not root.is_dir():
        return
    for path in sorted(root.iterdir()):
        status = path.stat()
        size = status.st_size if path.is_file() else 0
        yield f"{path.name} {size} {status.st_mtime_ns}\n"
        if path.is_dir() and depth > 1:
            yield from data_state(path, depth - 1)


def _add_file(digest: hashlib._Hash, path: Path, root: Path) -> None:
    digest.update(path.relative_to(root).as_posix().encode())
    digest.update(path.read_bytes())
