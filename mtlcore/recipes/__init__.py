"""One module a document: its Config, run(config) -> Result, and STUDIES, the grids behind its tables.

Beside them `synthesis` puts the methods of all documents side by side; it has a TITLE and no document. The command
line, a cluster and a chapter all run a study from here.
"""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import functools
import importlib
import math
import shlex
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from mtlcore import data, paths, profiles
from mtlcore.results import Record, Result, Store, key, lookup
from mtlcore.sweep import sweep

RECIPES = ("ge", "singh", "upadhyay", "tran", "goutam", "synthesis")
TRIPLE = ("mnist", "fashion", "kmnist")
SETS = {  # what the runs of a recipe read where their configuration has no field `dataset`
    "ge": ("vehiclex-features",),
    "singh": ("vehiclex",),
    "tran": TRIPLE,
    "synthesis": TRIPLE,
}
Grid = list[tuple[str, Any]]  # (row of the table, or row/arm; configuration)
State = tuple[Path, int, int]  # a file, the time of its last change in nanoseconds, its size in bytes


@dataclasses.dataclass(frozen=True)
class Study:
    """Runs that make one table or figure.

    Args:
        about: what it measures, in a sentence.
        grid: (profile, source, seeds, variant, **settings) -> rows and their configurations, seed by seed, so that a
            study that is stopped has every row for its first seeds.
        run: (config, device, checkpoints) -> Result.
        alone: whether runs must not share the machine, because they measure time.
        view: (row, record) -> the metrics that a row shows, where one run serves several rows; None shows them all.
    """

    about: str
    grid: Callable[..., Grid]
    run: Callable[..., Result]
    alone: bool = False
    view: Callable[[str, Record], dict[str, float]] | None = None

    def seen(self, row: str, record: Record) -> Record:
        """A record as a row shows it."""
        return dataclasses.replace(record, metrics=self.view(row, record)) if self.view else record


def get(recipe: str) -> ModuleType:
    """The module of a recipe.

    Raises:
        ValueError: there is no such recipe.
    """
    if recipe not in RECIPES:
        raise ValueError(f"recipe {recipe!r} is unknown; there are {', '.join(RECIPES)}")
    return importlib.import_module(f"mtlcore.recipes.{recipe}")


def study(recipe: str, name: str) -> Study:
    """A study of a recipe.

    Raises:
        ValueError: there is no such recipe or study.
    """
    studies: Mapping[str, Study] = get(recipe).STUDIES
    if name not in studies:
        raise ValueError(f"study {name!r} of {recipe} is unknown; there are {', '.join(studies)}")
    return studies[name]


@dataclasses.dataclass(frozen=True)
class Evidence:
    """The runs that speak for a study: what was asked for, and the records by row; the settings that were changed."""

    recipe: str
    study: str
    profile: str
    source: str
    variant: str
    rows: Mapping[str, list[Record]]
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def records(self) -> list[Record]:
        """All of them, row by row, each run once."""
        return list({record.key: record for records in self.rows.values() for record in records}.values())

    @property
    def seeds(self) -> int:
        """Seeds of the row that has the most; a recording under way has fewer in others."""
        return max((len(records) for records in self.rows.values()), default=0)

    @property
    def command(self) -> str:
        """The command that makes or continues these runs."""
        source = "" if self.source == "none" else f"--source {self.source} "  # a cost has no data
        changed = "".join(f" --set {shlex.quote(f'{name}={_yaml(value)}')}" for name, value in self.settings.items())
        return (
            f"python -m mtlcore run {self.recipe} {self.study} --profile {self.profile} {source}"
            f"--seeds {max(self.seeds, 3)} --variant {self.variant}{changed}"
        )


def _yaml(value: Any) -> str:
    """A value of a setting as the command line reads it, in a line."""
    plain = list(value) if isinstance(value, tuple) else value
    return str(yaml.safe_dump(plain, default_flow_style=True, width=math.inf)).removesuffix("...\n").strip()


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is about to be computed, for whoever waits for it.

    Args:
        runs, missing: of the study, each once, and how many of them have no record yet.
        source: of the samples, real or twin; none of a study without data.
        device, processes: that compute.
        store: the file of results.
        levelled: settings that give all rows one value of a field by which they would differ.
    """

    runs: int
    missing: int
    source: str
    device: str
    processes: int
    store: Path
    levelled: tuple[str, ...]


def compute(
    recipe: str,
    name: str,
    *,
    profile: str,
    source: str = "auto",
    seeds: int = 3,
    device: str = "auto",
    variant: str = "corrected",
    workers: int | None = None,
    store: Path | None = None,
    plan: Callable[[Plan], None] | None = None,
    progress: Callable[[int, int, float], None] | None = None,
    **settings: Any,
) -> Evidence:
    """Compute what is missing of a study and return its records.

    Args:
        recipe, name: as `study`.
        profile, source, seeds, device, variant: the five parameters of every chapter.
        workers: processes; None takes `profiles.processes()` on a CPU. A study that measures time has one; at `smoke`
            there are two at most, this one and another.
        store: the file of results; None takes the profile's (`profiles.store_path`).
        plan: called with what is about to be computed, before the first run.
        progress: as in `sweep`.
        settings: fields of the configuration to change.

    Raises:
        ValueError: recipe, study, profile, source, variant, device or a setting is unknown, or a setting has a value of
            the wrong type.
        DataError: runs are missing that take real samples, and the files are not there.
        SweepError, StoreError: as in `sweep`.
    """
    chosen = study(recipe, name)
    _check_known("profile", profile, profiles.PROFILES)
    _check_known("source", source, profiles.SOURCES)
    _check_known("variant", variant, profiles.VARIANTS)
    device = profiles.resolve_device(device)
    if settings:
        settings = _checked(type(chosen.grid(profile, source, 1, variant)[0][1]), settings)
    grid = chosen.grid(profile, source, seeds, variant, **settings)
    kept_in = Store(store or profiles.store_path(recipe, profile))
    kept = profile in profiles.RECORDED  # others are of this state of the code alone
    checkpoints = (paths.BUILD if kept else paths.runs_dir()) / "checkpoints"
    run = functools.partial(chosen.run, device=device, checkpoints=checkpoints)

    def clear(record: Record) -> None:
        """Remove the checkpoints of a stored run, and what killed processes have left half written of them."""
        for path in checkpoints.glob(f"{record.key}.*"):
            path.unlink(missing_ok=True)

    def begin(missing: Sequence[Any]) -> None:
        _check_there(missing)
        if plan:
            plain = chosen.grid(profile, source, 1, variant)
            levelled = tuple(name for name in settings if _differ(plain, name) and not _differ(grid, name))
            used = (workers or profiles.processes()) if executor else 1
            taken = getattr(grid[0][1], "source", "none")
            runs = len({key(config) for _, config in grid})
            plan(Plan(runs, len(missing), taken, device, used, kept_in.path, levelled))

    joins = profile == "smoke"  # its runs end in less time than a process takes to start
    if chosen.alone or (device != "cpu" and joins):
        workers = 1
    elif joins:
        workers = min(2, workers or profiles.processes())
    with profiles.workers(device, workers, joins=joins) as executor:
        records = sweep(
            run,
            [config for _, config in grid],
            store=kept_in,
            executor=executor,
            joins=joins,
            begin=begin,
            progress=progress,
            stored=clear,
        )
    rows: dict[str, list[Record]] = {}
    for (row, _), record in zip(grid, records, strict=True):
        rows.setdefault(row, []).append(chosen.seen(row, record))
    return Evidence(recipe, name, profile, _source_of(rows, source), variant, rows, settings)


def _check_there(configs: Sequence[Any]) -> None:
    """Raise DataError where real samples are not there: better at once than by every run."""
    real = [config for config in configs if getattr(config, "source", None) == "real"]
    named = [[config.dataset] if hasattr(config, "dataset") else SETS[config.recipe] for config in real]
    for name in dict.fromkeys(name for names in named for name in names):
        data.source_of(name, "real")


def _differ(grid: Grid, field: str) -> bool:
    return len({getattr(config, field, None) for _, config in grid}) > 1


def _check_known(what: str, name: str, names: Sequence[str]) -> None:
    if name not in names:
        near = difflib.get_close_matches(str(name), names, 1, cutoff=0.0)[0]
        raise ValueError(f"{what} {name!r} is unknown; did you mean {near!r}? There are {', '.join(names)}")


def _checked(config: type, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with the types of the configuration's fields; raises ValueError."""
    types = typing.get_type_hints(config)
    free = [field.name for field in dataclasses.fields(config) if field.default is not dataclasses.MISSING]
    checked = {}
    for name, value in settings.items():
        _check_known("setting", name, free)
        checked[name] = _cast(name, value, types[name])
    return checked


def _cast(name: str, value: Any, kind: Any) -> Any:
    options = typing.get_args(kind)
    if type(None) in options and len(options) == 2:
        return None if value is None else _cast(name, value, options[0])
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, (list, tuple)):
            such = "[color, type]" if options[0] is str else "[1, 2]"
            raise ValueError(f"setting {name} is {value!r}; it takes a list such as {such}")
        return tuple(_cast(f"{name}[{place}]", item, options[0]) for place, item in enumerate(value))
    if kind in NAMES:
        if kind is float and not isinstance(value, bool):  # 1 and, which YAML takes for text, 1e-3
            with contextlib.suppress(TypeError, ValueError, OverflowError):
                value = float(value)
        if type(value) is not kind or (kind is float and not math.isfinite(value)):
            raise ValueError(f"setting {name} is {value!r}; it takes {NAMES[kind]}")
    return value


NAMES = {bool: "true or false", str: "a word", int: "a whole number", float: "a finite number"}


def recorded(recipe: str, name: str, *, variant: str) -> Evidence | None:
    """The largest stored runs of a study; None where nothing is stored.

    Real comes before twin. Of one source the profile comes first that has runs of the most rows, and of two that have
    equally many, full.
    """
    if recipe not in RECIPES or name not in get(recipe).STUDIES:
        return None
    files = [profiles.store_path(recipe, profile) for profile in profiles.RECORDED]
    return _recorded(recipe, name, variant, tuple(_state(path) for path in files))


def stored(path: Path) -> Mapping[str, Record]:
    """The records of a file by key, read again only where it has changed; raises as `Store.read`."""
    return _stored(*_state(path))


@functools.lru_cache(maxsize=256)
def _recorded(recipe: str, name: str, variant: str, states: tuple[State, ...]) -> Evidence | None:
    """As `recorded`, looked up once for a state of the stores: a scoreboard asks for every claim."""
    chosen = study(recipe, name)
    for source in ("real", "twin"):
        found_here: list[Evidence] = []
        for profile, state in zip(profiles.RECORDED, states, strict=True):
            records = _stored(*state)
            most = 1 + max((record.seed for record in records.values()), default=-1)
            rows: dict[str, list[Record]] = {}
            for row, config in chosen.grid(profile, source, most, variant) if most else ():
                found = rows.setdefault(row, [])  # a row without runs stays, empty
                if record := lookup(records, config):
                    found.append(chosen.seen(row, record))
            found_here.append(Evidence(recipe, name, profile, _source_of(rows, source), variant, rows))
        most_rows = max(found_here, key=lambda evidence: sum(map(bool, evidence.rows.values())))
        if most_rows.records:
            return most_rows
    return None


def _state(path: Path) -> State:
    """A file, when it was changed, and its size; zeros where there is none."""
    known = path.stat() if path.exists() else None
    return path, known.st_mtime_ns if known else 0, known.st_size if known else 0


@functools.lru_cache(maxsize=16)
def _stored(path: Path, changed: int, size: int) -> Mapping[str, Record]:
    """The records of a file in this state, read once for all its studies and variants."""
    return Store(path).read()


def _source_of(rows: Mapping[str, list[Record]], asked: str) -> str:
    """The source that the runs really took; a study without data has none."""
    first = next((record for records in rows.values() for record in records), None)
    return str(first.config.get("source", "none")) if first else asked
