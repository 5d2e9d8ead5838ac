"""The machine and its processes, for those who must not wait for torch."""

from __future__ import annotations

import multiprocessing
import os
import threading


def cores() -> int:
    """The number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def end_with_parent() -> None:
    """In a worker process: end when the parent has gone, killed perhaps, which leaves a pool's workers waiting."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
