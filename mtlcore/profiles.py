"""Profiles scale a study, never its meaning: smoke, lab, desk and full.

A recipe states its own budgets (epochs, images); what all recipes share is here: which profiles there are,
where their results are kept, which device and how many processes run them.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import torch

from mtlcore import paths
from mtlcore.machine import cores, end_with_parent

PROFILES = ("smoke", "lab", "desk", "full")
SOURCES = ("auto", "real", "twin")
VARIANTS = ("paper", "code", "corrected")
RECORDED = ("full", "desk")  # the profiles whose results are kept in data/results, the largest first


def resolve_device(device: str) -> str:
    """The device that `auto` means here (cuda, else cpu), or the named one if it is there.

    Raises:
        ValueError: the named device is unknown, not available on this machine, or without float64.
    """
    available = {"cuda": torch.cuda.is_available(), "cpu": True}
    if device == "auto":
        return next(name for name, there in available.items() if there)
    kind, colon, index = device.partition(":")
    if kind == "mps":
        raise ValueError("Apple's MPS has no float64, in which sums and angles are kept; choose auto or cpu")
    if kind not in available or (colon and not index.isdecimal()):
        raise ValueError(f"device {device!r} is unknown; choose auto, cpu or cuda")
    if not available[kind] or int(index or 0) >= (torch.cuda.device_count() if kind == "cuda" else 1):
        raise ValueError(f"device {device!r} is not available here; choose auto or cpu")
    return device


def device_name(device: str) -> str:
    """A resolved device as provenance names it: a GPU by its model."""
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else device


def provenance(device: str, started: float, curves: Mapping[str, Sequence[float]], data: str) -> dict[str, Any]:
    """What a training run adds to the standard provenance.

    Args:
        device: as resolved.
        started: when the run began, by `time.perf_counter`.
        curves: of `train`; of a resumed run, the seconds of its earlier legs are in them.
        data: one line on where the samples come from.
    """
    seconds = max(time.perf_counter() - started, sum(curves["seconds"]))
    return {"device": device_name(device), "seconds": round(seconds, 1), "data": data}


def store_path(recipe: str, profile: str) -> Path:
    """Where runs of a recipe are kept: desk and full in data/results, smoke and lab under the build folder."""
    folder = paths.RESULTS if profile in RECORDED else paths.runs_dir()
    return folder / f"{recipe}.jsonl"


def processes() -> int:
    """The most processes a study takes on a CPU: MTLCORE_WORKERS, or the number of cores.

    Raises:
        ValueError: the variable has another value than a whole number.
    """
    asked = os.environ.get("MTLCORE_WORKERS") or str(cores())
    if not asked.strip().isdecimal():
        raise ValueError(f"the environment variable MTLCORE_WORKERS is {asked!r}; it takes a whole number of processes")
    return int(asked)


def one_thread() -> None:
    """Run torch on one thread: runs are then the same bits in any process, and neighbours do not slow each other."""
    torch.set_num_threads(1)


def plain_warnings() -> None:
    """Show a warning as one line, without the place in the code that gave it."""
    warnings.formatwarning = lambda message, *_, **__: f"mtlcore: {message}\n"


@contextlib.contextmanager
def workers(device: str, count: int | None = None, *, joins: bool = False) -> Iterator[Executor | None]:
    """An executor of `count` processes of one thread each; None where one process does as well.

    The processes stay for the next study of this one, with the samples that they have drawn: starting them takes
    seconds. An error or an interruption ends them.

    Args:
        device: as resolved; a GPU is driven from this process unless a count asks otherwise.
        count: processes; None takes `processes()` on a CPU and 1 elsewhere.
        joins: whether this process is one of them (`sweep`).
    """
    one_thread()
    count = count if count is not None else (processes() if device == "cpu" else 1)
    if count <= 1:
        yield None
        return
    pool = _pool(count - joins)
    try:
        yield pool
    except BaseException:
        _let_go()
        raise


class _Pool(ProcessPoolExecutor):
    """Worker processes that Ctrl-C does not reach, at no moment of their lives: the one that it stops ends them."""

    def submit(self, *arguments: Any, **named: Any) -> Future[Any]:
        """As of any executor; a worker process that this starts inherits what signals are held back meanwhile."""
        if not hasattr(signal, "pthread_sigmask"):  # Windows
            return super().submit(*arguments, **named)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            return super().submit(*arguments, **named)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


_pools: dict[tuple[Any, ...], _Pool] = {}  # at most one, by what its processes were started with


def _pool(count: int) -> ProcessPoolExecutor:
    wanted = (count, os.getpid(), str(Path.cwd()), os.environ.get("MTLCORE_DATA"), os.environ.get("MTLCORE_RUNS"))
    if wanted not in _pools:
        _let_go()
        # spawn, not fork: a forked child of a process that has run torch can hang in its thread pool
        context = multiprocessing.get_context("spawn")
        _pools[wanted] = _Pool(count, mp_context=context, initializer=_begin)
    return _pools[wanted]


def _begin() -> None:
    """In a worker process: one thread for torch, and an end when the parent has gone, killed perhaps."""
    one_thread()
    plain_warnings()
    paths.code_hash()  # reads the code now: it may be edited while a long sweep lasts
    end_with_parent()


def _let_go() -> None:
    """End the workers, in the middle of a run perhaps: what they write is there whole or not at all."""
    while _pools:
        _, pool = _pools.popitem()
        processes = list((pool._processes or {}).values())  # without a public name until Python 3.14
        pool.shutdown(wait=False, cancel_futures=True)  # first: one that loses its workers trips over cancelled runs
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()
