"""Execute one page in a kernel of its own, in a process of its own."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mtlcore.machine import cores
from mtlcore.paths import ROOT
from tools.pages import Page

MINUTES = {"smoke": 10, "lab": 60}  # the longest that one cell may take; there is no limit at desk and full
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Task:
    """One page to execute, with its validated parameters, and where the outcome goes."""

    page: Page
    parameters: dict[str, Any]
    profile: str
    target: Path
    draft: Path
    key: str = ""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What came of a task: how long it took, and the error of the cell that failed, if one did."""

    name: str
    seconds: float
    error: str = ""


def key_path(notebook: Path) -> Path:
    """Where the key of an executed notebook is kept."""
    return notebook.with_suffix(".key")


def environment(folder: Path, *, jobs: int) -> dict[str, str]:
    """The variables of a kernel: mtlcore importable, no progress bars, its share of the cores."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    variables = {
        "PYTHONPATH": path,
        "TQDM_DISABLE": "1",
        "IPYTHONDIR": str(folder / "ipython"),  # not the reader's own, whose start-up files could change results
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    if jobs > 1 and "OMP_NUM_THREADS" not in os.environ:
        variables["OMP_NUM_THREADS"] = "1"
    if "MTLCORE_WORKERS" not in os.environ:
        variables["MTLCORE_WORKERS"] = str(max(1, cores() // jobs))
    return variables


def execute(task: Task, cell_started: Callable[[int], None]) -> Outcome:
    """Execute a page; its target is replaced only by a whole, error-free notebook.

    A notebook that failed stays at `task.draft`, to look at. `cell_started` hears the number of
    code cells begun so far.
    """
    from tools import notebook, stats  # here, so that tools which execute nothing do not wait for them

    os.environ.update(task.environment)
    source = notebook.from_page(task.page)
    name = task.page.name
    begun: set[int] = set()

    def count(cell: Any, cell_index: int, **_: Any) -> None:
        if cell.cell_type == "code":
            begun.add(cell_index)
            cell_started(len(begun))

    started = time.monotonic()
    try:
        executed = _papermill(task, source, count)
    except Exception as error:  # whatever it is, it is said with the page and the cell
        return Outcome(name, time.monotonic() - started, _message(task, error, len(begun)))
    seconds = time.monotonic() - started
    # without its key the notebook counts as out of date, so that a kill between these lines does no harm
    key_path(task.target).unlink(missing_ok=True)
    notebook.write(notebook.cleaned(executed, task.parameters), task.target)
    stats.write(task, seconds)
    key_path(task.target).write_text(task.key, encoding="utf-8")
    task.draft.unlink()
    return Outcome(name, seconds)


def _papermill(task: Task, source: Any, cell_started: Callable[..., None]) -> Any:
    """The executed notebook; the draft holds it as far as it came."""
    import papermill
    from traitlets.config import Config

    task.draft.parent.mkdir(parents=True, exist_ok=True)
    quick = task.profile == "smoke"  # seconds count: the draft is written once, at the end or at an error
    return papermill.execute_notebook(
        source,
        task.draft,
        parameters=task.parameters,
        kernel_name="python3",
        progress_bar=False,
        cwd=ROOT,
        start_timeout=300,
        execution_timeout=60 * MINUTES.get(task.profile, 0) or None,
        request_save_on_cell_execute=not quick,
        config=Config(
            # the kernel talks to this process alone, over a local port: silences a warning about encryption
            KernelManager={"transport_encryption": "auto"},
            # its worker ends with it, and a kernel's own farewell takes two seconds
            NotebookClient={"shutdown_kernel": "immediate" if quick else "graceful"},
        ),
        on_cell_start=cell_started,
    )


def _message(task: Task, error: Exception, begun: int) -> str:
    """The page, the cell, and what happened: a cell's own error with its source and the end of its traceback."""
    from papermill.exceptions import PapermillExecutionError

    number = begun - bool(task.parameters)  # papermill's own cell is not one of the page's
    if not isinstance(error, PapermillExecutionError):  # a dead kernel, a time-out
        return f"{task.page.name}, code cell {number}: {type(error).__name__}: {error}"
    trace = ANSI.sub("", "\n".join(error.traceback)).splitlines()
    return "\n".join(
        [
            f"{task.page.name}, code cell {number}: {error.ename}: {error.evalue}",
            *(f"    {line}" for line in error.source.strip().splitlines()[:12]),
            *(f"  | {line}" for line in trace[-12:]),
            f"  the notebook as far as it came: {task.draft}",
        ]
    )
