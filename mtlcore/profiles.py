"""Profiles scale a study, never its meaning: smoke, lab, desk and full.

A recipe states its own budgets (epochs, images); what all recipes share is here: which profiles there are,
where their results are kept, which device and how many processes run them.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
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
    """The device that `auto` means here (cuda, else mps, else cpu), or the named one if it is there.

    Raises:
        ValueError: the named device is not available on this machine.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return next(name for name, there in available.items() if there)
    kind = device.split(":")[0]
    if kind not in available:
        raise ValueError(f"device {device!r} is unknown; choose auto, cpu, cuda or mps")
    beyond = kind == "cuda" and device[len("cuda:") :].isdigit() and int(device[5:]) >= torch.cuda.device_count()
    if not available[kind] or beyond:
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
    """The most processes a study takes on a CPU: MTLCORE_WORKERS, or the number of cores."""
    return int(os.environ.get("MTLCORE_WORKERS") or cores())


def one_thread() -> None:
    """Run torch on one thread: runs are then the same bits in any process, and neighbours do not slow each other."""
    torch.set_num_threads(1)


@contextlib.contextmanager
def workers(device: str, count: int | None = None, *, joins: bool = False) -> Iterator[Executor | None]:
    """An executor of `count` processes of one thread each; None where one process does as well.

    The processes stay for the next study of this one, with the samples that they have drawn: starting them takes
    seconds. An error or an interruption lets them go.

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


_pools: dict[tuple[Any, ...], ProcessPoolExecutor] = {}  # at most one, by what its processes were started with


def _pool(count: int) -> ProcessPoolExecutor:
    wanted = (count, os.getpid(), str(Path.cwd()), os.environ.get("MTLCORE_DATA"), os.environ.get("MTLCORE_RUNS"))
    if wanted not in _pools:
        _let_go()
        # spawn, not fork: a forked child of a process that has run torch can hang in its thread pool
        context = multiprocessing.get_context("spawn")
        _pools[wanted] = ProcessPoolExecutor(count, mp_context=context, initializer=_begin)
    return _pools[wanted]


def _begin() -> None:
    """In a worker process: one thread for torch, and an end when the parent has gone, killed perhaps."""
    one_thread()
    end_with_parent()


def _let_go() -> None:
    while _pools:
        _, pool = _pools.popitem()
        pool.shutdown(wait=False, cancel_futures=True)
