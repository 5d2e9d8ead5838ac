"""Runs and where they are kept.

A run is (recipe, config); the seed is part of the config. Its key is a hash of the configuration.
Its record holds configuration, metrics, curves and provenance, one JSON object a line. Lines are appended under
a lock, in one write followed by fsync, so a record is either whole or the torn last line, which is dropped and said.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import errno
import functools
import hashlib
import json
import math
import os
import platform
import statistics
import subprocess
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

from mtlcore import paths

try:
    import fcntl
except ImportError:  # Windows: one process a store
    fcntl = None  # type: ignore[assignment]


class Config(Protocol):
    """What a sweep needs of a configuration: a frozen dataclass of plain values that names its recipe."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def recipe(self) -> str:
        """The short name of the document."""
        ...


@dataclasses.dataclass(frozen=True)
class Result:
    """What a run measured.

    Args:
        metrics: name to number, percentages as 0..100, seconds as seconds.
        curves: name to one number an epoch, NaN where an epoch does not give it; null in the file.
        provenance: what the run adds to the standard provenance (device, seconds, data note).
    """

    metrics: dict[str, float]
    curves: dict[str, list[float]] = dataclasses.field(default_factory=dict)
    provenance: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Record:
    """One finished run as it is stored."""

    key: str
    recipe: str
    config: dict[str, Any]
    metrics: dict[str, float]
    curves: dict[str, list[float]]
    provenance: dict[str, Any]

    @property
    def seed(self) -> int:
        """What its rows are paired by."""
        return int(self.config["seed"])


class StoreError(Exception):
    """A store that cannot be read or written; the message says which file and what to do."""


def plain(config: Config) -> dict[str, Any]:
    """The configuration as plain values, as it stands in a record (tuples as lists)."""
    return json.loads(_dumps(config, {name: getattr(config, name) for name in config.__dataclass_fields__}))


def key(config: Config) -> str:
    """Sixteen hexadecimal digits that name a run: a hash of the fields that differ from their defaults.

    Fields at their default are left out, so that a recipe may gain a field without losing its stored results.

    Raises:
        ValueError: a value is not finite or not plain (number, text, truth value, None, list).
    """
    fields = config.__dataclass_fields__.items()
    told = {name: getattr(config, name) for name, field in fields if getattr(config, name) != field.default}
    return hashlib.sha256(_dumps(config, {"recipe": config.recipe, **told}).encode()).hexdigest()[:16]


def _dumps(config: Config, values: dict[str, Any]) -> str:
    try:
        return json.dumps(values, sort_keys=True, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise ValueError(f"configuration of {config.recipe} has a value that cannot be stored: {error}") from None


def lookup(records: Mapping[str, Record], config: Config) -> Record | None:
    """The record of a configuration, if there is one.

    Raises:
        StoreError: there is one, but a default has changed since: it was another run.
    """
    record = records.get(key(config))
    if record is not None:
        now = plain(config)
        for name, value in record.config.items():
            if name in now and now[name] != value:
                raise StoreError(
                    f"record {record.key} of {record.recipe} was made with {name}={value!r}, the default is now "
                    f"{now[name]!r}; keep the old default and state the new value where it is meant"
                )
    return record


@functools.cache
def commit() -> str:
    """The commit of the code, with + when tracked code differs from it; `unknown` outside a repository."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(paths.ROOT), *arguments], capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()

    try:
        return git("rev-parse", "--short=10", "HEAD") + ("+" if git("status", "--porcelain", "mtlcore") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def provenance() -> dict[str, Any]:
    """What every record says of where it comes from: date, commit, code, versions, machine."""
    import torch

    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "commit": commit(),
        "code": paths.code_hash(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "machine": platform.machine(),
    }


def record_of(config: Config, result: Result) -> Record:
    """The record of a finished run.

    Raises:
        ValueError: a metric is not finite, or a curve is infinite somewhere or NaN everywhere.
        TypeError: a metric or a value of a curve is no number.
    """
    metrics = {name: float(value) for name, value in result.metrics.items()}  # of numpy or torch, too
    curves = {name: [float(value) for value in values] for name, values in result.curves.items()}
    numbers = {f"metric {name}": [value] for name, value in metrics.items()}
    for name, values in curves.items():
        numbers[f"curve {name}"] = [value for value in values if not math.isnan(value)] or values
    for name, values in numbers.items():
        if bad := [value for value in values if not math.isfinite(value)]:
            raise ValueError(f"{name} of {config.recipe} is {bad[0]}; a run that diverged is not stored")
    return Record(
        key(config),
        config.recipe,
        plain(config),
        metrics,
        curves,
        {**provenance(), **result.provenance},
    )


class Store:
    """Records in one JSON-lines file, safe against kill -9 and against several processes.

    Args:
        path: the file; it and its folders are made by `prepare` or the first append.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._checked = b""  # whole lines that were found undamaged, to be parsed once only
        self._keys: set[str] = set()  # in them

    def read(self) -> dict[str, Record]:
        """All whole records by key, the first of equal keys. A torn last line is left out with a warning.

        Raises:
            StoreError: a line before the last is damaged, or the file cannot be read.
        """
        if not self.path.exists():
            return {}
        # the lock is shared: a line that another process is still writing is not taken for a torn one
        with _sane_errors(self.path, "read"), self.path.open("rb") as file, _locked(file, shared=True):
            content = file.read()
        return self._records(content)

    def _records(self, content: bytes, *, before: int = 0) -> dict[str, Record]:
        *lines, last = content.split(b"\n")
        if last and _parse(last):  # a record whose newline an editor took away
            lines.append(last)
        elif last:
            warnings.warn(f"{self.path.name}: dropped a torn last line of {len(last)} bytes", stacklevel=3)
        records: dict[str, Record] = {}
        for number, line in enumerate(lines, start=before + 1):
            record = _parse(line)
            if record is None:
                raise StoreError(f"{self.path}: line {number} is not a record; remove that line or restore the file")
            records.setdefault(record.key, record)
        return records

    def _keys_of(self, lines: bytes) -> set[str]:
        """The keys of whole lines; others may have written since the last look, or the file may be another."""
        if not lines.startswith(self._checked):
            self._checked, self._keys = b"", set()
        new = lines[len(self._checked) :]
        if self._checked and not self._checked.endswith(b"\n"):  # the last one lacked its newline
            new = new.removeprefix(b"\n")
        self._keys |= set(self._records(new, before=len(self._checked.splitlines())))
        self._checked = lines
        return self._keys

    def prepare(self) -> None:
        """Make the file and its folders where they are not there: what cannot be written is known before a run.

        Raises:
            StoreError: the file cannot be written.
        """
        with _sane_errors(self.path, "write"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.open("ab").close()

    def append(self, record: Record) -> bool:
        """Store a record durably; False if a record of its key is there already.

        Raises:
            StoreError: the disk is full or the file cannot be written, and the file is left as it was; or a line of
                it is damaged.
        """
        curves = {
            name: [None if math.isnan(value) else value for value in curve] for name, curve in record.curves.items()
        }
        told = dataclasses.asdict(record) | {"curves": curves}
        line = json.dumps(told, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        with _sane_errors(self.path, "write"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b", buffering=0) as file, _locked(file):
                file.seek(0)
                content = file.read()
                end = _end_of_whole_lines(content)
                if record.key in self._keys_of(content[:end]):
                    return False
                file.truncate(end)
                if end and content[end - 1 : end] != b"\n":
                    line = b"\n" + line
                try:
                    if file.write(line) != len(line):
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    os.fsync(file.fileno())
                except OSError:
                    file.truncate(end)
                    raise
        return True


@contextlib.contextmanager
def _locked(file: Any, *, shared: bool = False) -> Iterator[None]:
    if fcntl is not None:
        # released when the file is closed, also by kill -9
        fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
    yield


@contextlib.contextmanager
def _sane_errors(path: Path, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        cure = "free some space and run again: what is stored is kept" if full else "check the path"
        raise StoreError(f"cannot {verb} {path}: {error.strerror}; {cure}") from error


def _parse(line: bytes) -> Record | None:
    try:
        record = Record(**json.loads(line))
        for curve in record.curves.values():
            curve[:] = [math.nan if value is None else value for value in curve]
    except (ValueError, TypeError, AttributeError):
        return None
    return record


def _end_of_whole_lines(content: bytes) -> int:
    """Where a torn last line begins, or the length of the content where there is none."""
    start = content.rfind(b"\n") + 1
    return len(content) if _parse(content[start:]) else start


def summary(values: Sequence[float], decimals: int = 2) -> str:
    """Mean ± sample standard deviation as text; the value alone where there is one.

    >>> summary([99.0, 99.2])
    '99.10 ± 0.14'
    """
    if len(values) == 1:
        return f"{values[0]:.{decimals}f}"
    return f"{statistics.mean(values):.{decimals}f} ± {statistics.stdev(values):.{decimals}f}"
