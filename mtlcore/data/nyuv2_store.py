"""Samples decoded once, at one size, into arrays that are mapped into memory.

A store is filled from its beginning, as far as it is asked for, and goes on where an earlier run stopped: a sample
counts once it is whole. Room for all of it is taken first, so that a full disk is an error and not a crash later.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from mtlcore.data.caches import alone
from mtlcore.data.dataset import DataError

CHUNK = 32  # samples between two marks of how far the store is filled
Form = dict[str, tuple[tuple[int, ...], str]]  # array -> shape, the first axis being samples, and type


def filled(
    place: Path, form: Form, count: int, make: Callable[[int], dict[str, np.ndarray]], about: str
) -> dict[str, np.ndarray]:
    """The first `count` samples of a store, making those that it has not yet.

    place: the folder of the store, named by a fingerprint of what it is made of; older ones with the same words before
    the last hyphen are deleted. make(i): the arrays of sample i. about: what the samples are, for messages.
    What is written to the arrays returned stays in this process. Raises DataError where the disk is full or closed.
    """
    try:
        if _progress(place, form) < count:
            place.parent.mkdir(parents=True, exist_ok=True)
            with alone(place.parent / f"{_stem(place)}.lock"):
                _fill(place, form, count, make)
        return {name: np.load(place / f"{name}.npy", mmap_mode="c", allow_pickle=False)[:count] for name in form}
    except OSError as error:
        cure = "make room, or set MTLCORE_DATA to a folder on a larger disk"
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            cure = "check its permissions"
        reason = f"{error.filename or place}: {error.strerror or error}"
        raise DataError(f"{about} cannot be brought into one file ({reason}): {cure}.") from error


def _stem(place: Path) -> str:
    return place.name.rpartition("-")[0]


def _progress(place: Path, form: Form) -> int:
    """How many samples are whole; 0 where there is no store or where its files are not as they should be."""
    try:
        for name, (shape, kind) in form.items():
            found = np.load(place / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            if (found.shape, found.dtype.str) != (shape, kind):
                return 0
        return int((place / "done").read_text())
    except (FileNotFoundError, ValueError, EOFError):
        return 0


def _fill(place: Path, form: Form, count: int, make: Callable[[int], dict[str, np.ndarray]]) -> None:
    done = _progress(place, form)  # another process may have filled it in the meantime
    if done == 0:
        _allocate(place, form)
    arrays = {name: np.load(place / f"{name}.npy", mmap_mode="r+", allow_pickle=False) for name in form}

    def put(index: int) -> None:
        for name, values in make(index).items():
            arrays[name][index] = values

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
        for start in range(done, count, CHUNK):
            stop = min(start + CHUNK, count)
            list(threads.map(put, range(start, stop)))
            for array in arrays.values():
                array.flush()
            _mark(place, stop)


def _mark(place: Path, done: int) -> None:
    fresh = place / "done.new"
    fresh.write_text(f"{done}\n")
    fresh.replace(place / "done")


def _allocate(place: Path, form: Form) -> None:
    """Empty arrays of full length; older stores of the same kind give their room first."""
    for older in place.parent.glob(f"{_stem(place)}-*"):
        shutil.rmtree(older, ignore_errors=True)
    place.mkdir()
    try:
        for name, (shape, kind) in form.items():
            with (place / f"{name}.npy").open("wb") as stream:
                npy.write_array_header_1_0(stream, {"descr": kind, "fortran_order": False, "shape": shape})
                stream.flush()
                size = int(np.prod(shape)) * np.dtype(kind).itemsize
                # Without this a write into a mapped file on a full disk ends the process.
                os.posix_fallocate(stream.fileno(), stream.tell(), size)
    except OSError:
        shutil.rmtree(place, ignore_errors=True)
        raise
