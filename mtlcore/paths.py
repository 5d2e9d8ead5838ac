"""The one module that knows where things are."""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
PAPERS = ROOT / "data" / "papers"
RESULTS = ROOT / "data" / "results"
BUILD = ROOT / "_build"


def data_root() -> Path:
    """The folder of the real datasets: the environment variable MTLCORE_DATA, else data/raw."""
    return Path(os.environ.get("MTLCORE_DATA") or ROOT / "data" / "raw").expanduser()


@functools.cache
def code_hash() -> str:
    """Eight hexadecimal digits over every Python file of the package: what a result was computed with."""
    digest = hashlib.sha256()
    package = ROOT / "mtlcore"
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def runs_dir() -> Path:
    """Where the runs of chapters are kept, apart for every state of the code, so that none is taken for another.

    The environment variable MTLCORE_RUNS replaces it.
    """
    return Path(os.environ.get("MTLCORE_RUNS") or BUILD / "runs" / code_hash())
