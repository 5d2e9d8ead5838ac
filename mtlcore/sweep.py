"""Compute what is missing of a set of runs, anywhere, and lose nothing."""

from __future__ import annotations

import functools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from typing import TypeVar

from mtlcore.results import Config, Record, Result, Store, key, lookup, provenance, record_of

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C", bound=Config)
AHEAD = 2  # runs with the workers of a process that joins: one in the making, one in the queue


class SweepError(Exception):
    """Some runs of a sweep failed; the others are stored. The message names the first failure and the cure."""


def sweep(
    run: Callable[[C], Result],
    configs: Sequence[C],
    *,
    store: Store,
    executor: Executor | None = None,
    joins: bool = False,
    begin: Callable[[Sequence[C]], None] | None = None,
    progress: Callable[[int, int, float], None] | None = None,
    stored: Callable[[Record], None] | None = None,
) -> list[Record]:
    """Run the configurations that have no record yet and store each as it ends, so that a killed sweep goes on.

    Args:
        run: a module-level function, so that other processes can import it.
        configs: in any order, repeats allowed; an equal configuration is run once.
        store: where records are and go; only this process writes.
        executor: any `concurrent.futures.Executor` (a process pool, dask's `client.get_executor()`);
            None runs here, one after another.
        joins: whether this process makes runs beside the executor. For short runs: what a worker ends meanwhile is
            stored when the run here ends.
        begin: called with the configurations that have no record, before anything is run or written.
        progress: called with (done, of, seconds left) after every run.
        stored: called with every record once it is stored, to clear away what a resumed run would have needed.

    Returns:
        One record a configuration, in their order.

    Raises:
        SweepError: runs failed, or measured what is not finite; every other run was finished and stored first.
        StoreError: the store cannot be read or written; what is stored is kept.
    """
    records = store.read()
    missing = {key(config): config for config in configs if lookup(records, config) is None}
    failures: list[tuple[C, BaseException]] = []
    start = time.perf_counter()
    if begin:
        begin(list(missing.values()))
    if missing:
        store.prepare()
        provenance()  # reads the commit and the code now: they may be edited while a long sweep lasts

    def finish(config: C, outcome: Callable[[], Result]) -> None:
        try:
            record = record_of(config, outcome())
        except Exception as error:
            failures.append((config, error))
            return
        store.append(record)
        records[record.key] = record
        if stored:
            stored(record)
        if progress:
            done = sum(name in records for name in missing)
            progress(done, len(missing), (time.perf_counter() - start) / done * (len(missing) - done))

    for config, outcome in _outcomes(run, missing.values(), executor, joins):
        finish(config, outcome)
    if failures:
        raise SweepError(_explain(failures, len(missing))) from failures[0][1]
    return [records[key(config)] for config in configs]


def _outcomes(
    run: Callable[[C], Result], configs: Iterable[C], executor: Executor | None, joins: bool
) -> Iterator[tuple[C, Callable[[], Result]]]:
    """Each configuration with a call that gives its result or raises its error, in the order in which they end."""
    waiting = deque(configs)
    there: dict[Future[Result], C] = {}
    try:
        # starting a worker takes seconds; until it has imported what it needs, a process that joins does it all
        ready = _submitted(executor, _import, run) if executor and joins and waiting else None
        while waiting or there:
            if executor and waiting and (not joins or (len(there) < AHEAD and ready and ready.done())):
                config = waiting.popleft()
                there[_submitted(executor, run, config)] = config
            elif waiting and (joins or not executor):
                config = waiting.popleft()
                yield config, functools.partial(run, config)
            else:
                wait(there, return_when=FIRST_COMPLETED)
            for future in [future for future in there if future.done()]:
                yield there.pop(future), future.result
    finally:
        for future in there:
            future.cancel()  # of no effect on finished runs; after an error or Ctrl-C, starts no more


def _submitted(executor: Executor, function: Callable[[A], B], argument: A) -> Future[B]:
    try:
        return executor.submit(function, argument)
    except BrokenExecutor as error:  # a worker died since: the run is told with the others that failed
        future: Future[B] = Future()
        future.set_exception(error)
        return future


def _import(function: Callable[..., Result]) -> None:
    """Do nothing, in a process that has to import a function's module to get it."""


def _explain(failures: Sequence[tuple[Config, BaseException]], of: int) -> str:
    config, error = failures[0]
    cause = (
        "a worker process died (out of memory, or killed)"
        if isinstance(error, BrokenExecutor)
        else f"{type(error).__name__}: {error}"
    )
    finished = "Finished runs are stored: mend" if len(failures) < of else "Mend"
    return (
        f"{len(failures)} of {of} runs failed, the first {config.recipe} {key(config)}: {cause.rstrip('.')}. "
        f"{finished} the cause and run the same command again."
    )
