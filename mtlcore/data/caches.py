"""Where what is made of original files is kept, and that one process at a time makes it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from mtlcore import paths


def cache_root(folder: Path) -> Path:
    """Beside the data where that may be written to, else in the build folder under a name of its own."""
    root = folder.parent
    if os.access(root, os.W_OK):
        return root / "cache" / folder.name
    return paths.BUILD / "cache" / f"{folder.name}-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]}"


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Waits until no other process makes the same."""
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
