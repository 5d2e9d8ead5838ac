"""The one module that knows where things are, and how a file is put there whole."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
from collections.abc import Callable
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


def replace_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file aside and put it in its place, so that a kill leaves what was there whole.

    Args:
        path: of the file; its folders are made.
        write: writes the file that it is given.

    Raises:
        OSError: the file cannot be written; what was there is kept.
    """
    partial = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(partial)
        partial.replace(path)
    except (OSError, RuntimeError) as error:  # torch's writer raises RuntimeError where the disk is full
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise OSError(
            f"cannot write {path} ({first_line(error)}); free some space, or see that {path.parent} can be written, "
            "and run again: what was there is kept"
        ) from None


def first_line(error: Exception) -> str:
    """What an error says, in a line."""
    return (str(error).splitlines() or [type(error).__name__])[0]
