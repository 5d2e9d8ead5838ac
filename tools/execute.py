"""Execute the pages of the book that have code: `python -m tools.execute --profile smoke`.

Parameters are validated for every page before the first one runs. A page whose key has not changed is not
run again. A page that fails leaves the notebook of its last good run where it was.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from mtlcore.machine import cores, end_with_parent
from mtlcore.parameters import ParameterError
from tools import chapter, stats
from tools.chapter import Outcome, Task
from tools.key import shared_key
from tools.options import execution_options, merged
from tools.places import Places
from tools.plan import Plan, folder_of, plans, select
from tools.progress import Progress, guess

_events: Any = None  # in a worker: the queue on which it tells the cells it begins


class ExecutionError(RuntimeError):
    """Pages failed; the message holds each one's own error."""


@dataclass
class Report:
    """What an execution did."""

    folder: Path
    executed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def execute(
    places: Places,
    given: Mapping[str, Any],
    *,
    only: Sequence[str] = (),
    jobs: int | None = None,
    folder: Path | None = None,
) -> Report:
    """Execute what has changed.

    Args:
        places: the folders of the book.
        given: parameters by name; `profile` is one of them.
        only: the pages to execute; empty for all.
        jobs: pages at the same time; None takes half the cores, as a chapter itself uses several.
        folder: where notebooks go, if not to the profile's folder.

    Raises:
        ParameterError: before anything runs.
        ExecutionError: pages failed. Pages that gather from others are then not run.
    """
    jobs = jobs or max(1, cores() // 2)
    folder = folder or folder_of(places, given)
    shared = shared_key(places)
    planned = plans(select(places, only), given, folder, shared)
    stale = [plan for plan in planned if not plan.fresh]
    report = Report(folder, kept=[plan.page.name for plan in planned if plan.fresh])
    if not stale:
        return report
    tasks = [_task(places, plan, given["profile"], jobs) for plan in stale]
    progress = _progress(stale, given["profile"], jobs)
    places.build.mkdir(exist_ok=True)
    log = places.build / "kernels.log"
    log.write_text("")
    for last in (False, True):
        wave = [task for task in tasks if task.page.gathers is last]
        failed = _run(wave, jobs, progress, log)
        report.executed += [task.page.name for task in wave if task.page.name not in failed]
        if shared_key(places) != shared:
            _distrust(wave, progress)
        if failed:
            raise ExecutionError("\n\n".join(failed.values()))
    return report


def _distrust(wave: Iterable[Task], progress: Progress) -> None:
    """Let pages count as out of date, because what they were computed with changed under their hands."""
    for task in wave:
        chapter.key_path(task.target).unlink(missing_ok=True)
    progress.say("code, results or data changed meanwhile: these pages will be executed again next time")


def _task(places: Places, plan: Plan, profile: str, jobs: int) -> Task:
    draft = places.drafts / profile / f"{plan.page.name}.ipynb"
    environment = chapter.environment(places.build, jobs=jobs)
    return Task(plan.page, plan.parameters, profile, plan.target, draft, plan.key, environment)


def _progress(stale: Iterable[Plan], profile: str, jobs: int) -> Progress:
    expected, cells = {}, {}
    for plan in stale:
        page, known = plan.page, stats.read(plan.target)
        rough = guess(profile, gathers=page.gathers, code_cells=page.code_cells)
        expected[page.name] = float(known.get("seconds", rough))
        cells[page.name] = page.code_cells + bool(plan.parameters)
    return Progress(expected, cells, jobs=jobs)


def _run(wave: Sequence[Task], jobs: int, progress: Progress, log: Path) -> dict[str, str]:
    """Execute tasks in processes. Returns the errors of the failed, by page."""
    if not wave:
        return {}
    context = multiprocessing.get_context("spawn")
    events = context.Queue()
    errors: dict[str, str] = {}
    pool = ProcessPoolExecutor(min(jobs, len(wave)), context, initializer=_listen, initargs=(events, log))
    with pool:
        pending: set[Future[Outcome]] = {pool.submit(_work, task) for task in wave}
        while pending:
            done, pending = wait(pending, timeout=0.3, return_when=FIRST_COMPLETED)
            _drain(events, progress)
            for future in done:
                try:
                    outcome = future.result()
                except BrokenProcessPool:
                    return {"": f"a process was killed while pages executed, for want of memory perhaps; see {log}"}
                if outcome.error:
                    errors[outcome.name] = outcome.error
                    progress.finished(outcome.name, f"FAILED after {outcome.seconds:.1f} s")
                else:
                    progress.finished(outcome.name, f"{outcome.seconds:.1f} s")
    return errors


def _listen(events: Any, log: Path) -> None:
    """In a worker: keep the queue, end with the parent, and send to a log what kernels say on the error stream."""
    global _events
    _events = events
    end_with_parent()
    with log.open("a") as stream:
        os.dup2(stream.fileno(), 2)


def _work(task: Task) -> Outcome:
    """In a worker process: execute one page, telling each cell that begins."""
    return chapter.execute(task, lambda number: _events.put((task.page.name, number)))


def _drain(events: Any, progress: Progress) -> None:
    with contextlib.suppress(queue.Empty):
        while True:
            progress.cell_started(*events.get_nowait())
    progress.show()


@click.command(help=__doc__)
@execution_options
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the notebooks.")
def main(
    profile: str,
    jobs: int | None,
    only: tuple[str, ...],
    given: tuple[tuple[str, str], ...],
    out: Path | None,
) -> None:
    """Execute, and say what was done."""
    try:
        report = execute(Places(), merged(profile, given), only=only, jobs=jobs, folder=out)
    except (ParameterError, ExecutionError) as error:
        sys.exit(str(error))
    print(f"{len(report.executed)} executed, {len(report.kept)} unchanged, in {report.folder}")


if __name__ == "__main__":
    main()
