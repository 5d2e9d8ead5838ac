"""Compute what is missing of a set of runs, anywhere, and lose nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from typing import TypeVar

from mtlcore.results import Config, Record, Result, Store, key, lookup, provenance, record_of

C = TypeVar("C", bound=Config)


class SweepError(Exception):
    """Some runs of a sweep failed; the others are stored. The message names the first failure and the cure."""


def sweep(
    run: Callable[[C], Result],
    configs: Sequence[C],
    *,
    store: Store,
    executor: Executor | None = None,
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
    if missing:
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

    if executor is None:
        for config in missing.values():
            finish(config, lambda config=config: run(config))  # type: ignore[misc]
    else:
        futures: dict[Future[Result], C] = {executor.submit(run, config): config for config in missing.values()}
        try:
            for future in as_completed(futures):
                finish(futures[future], future.result)
        finally:
            for future in futures:
                future.cancel()  # of no effect on finished runs; after an error or Ctrl-C, starts no more
    if failures:
        raise SweepError(_explain(failures, len(missing))) from failures[0][1]
    return [records[key(config)] for config in configs]


def _explain(failures: Sequence[tuple[Config, BaseException]], of: int) -> str:
    config, error = failures[0]
    cause = (
        "a worker process died (out of memory, or killed)"
        if isinstance(error, BrokenExecutor)
        else f"{type(error).__name__}: {error}"
    )
    return (
        f"{len(failures)} of {of} runs failed, the first {config.recipe} {key(config)}: {cause}. "
        "Finished runs are stored: mend the cause and run the same command again."
    )
