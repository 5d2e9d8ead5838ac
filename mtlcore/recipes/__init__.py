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
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from mtlcore import paths, profiles
from mtlcore.results import Record, Result, Store, lookup
from mtlcore.sweep import sweep

RECIPES = ("ge", "singh", "upadhyay", "tran", "goutam", "synthesis")
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
    """The runs that speak for a study: what was asked for, and the records by row."""

    recipe: str
    study: str
    profile: str
    source: str
    variant: str
    rows: Mapping[str, list[Record]]

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
        return (
            f"python -m mtlcore run {self.recipe} {self.study} --profile {self.profile} {source}"
            f"--seeds {max(self.seeds, 3)} --variant {self.variant}"
        )


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
        progress: as in `sweep`.
        settings: fields of the configuration to change.

    Raises:
        ValueError: recipe, study, device or a setting is unknown, or a setting has a value of the wrong type.
        SweepError, StoreError: as in `sweep`.
    """
    chosen = study(recipe, name)
    device = profiles.resolve_device(device)
    if settings:
        settings = _checked(type(chosen.grid(profile, source, 1, variant)[0][1]), settings)
    grid = chosen.grid(profile, source, seeds, variant, **settings)
    kept = profile in profiles.RECORDED  # others are of this state of the code alone
    checkpoints = (paths.BUILD if kept else paths.runs_dir()) / "checkpoints"
    run = functools.partial(chosen.run, device=device, checkpoints=checkpoints)
    joins = profile == "smoke"  # its runs end in less time than a process takes to start
    if chosen.alone or (device != "cpu" and joins):
        workers = 1
    elif joins:
        workers = min(2, workers or profiles.processes())
    with profiles.workers(device, workers, joins=joins) as executor:
        records = sweep(
            run,
            [config for _, config in grid],
            store=Store(store or profiles.store_path(recipe, profile)),
            executor=executor,
            joins=joins,
            progress=progress,
            stored=lambda record: (checkpoints / f"{record.key}.pt").unlink(missing_ok=True),
        )
    rows: dict[str, list[Record]] = {}
    for (row, _), record in zip(grid, records, strict=True):
        rows.setdefault(row, []).append(chosen.seen(row, record))
    return Evidence(recipe, name, profile, _source_of(rows, source), variant, rows)


def _checked(config: type, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with the types of the configuration's fields; raises ValueError."""
    types = typing.get_type_hints(config)
    free = [field.name for field in dataclasses.fields(config) if field.default is not dataclasses.MISSING]
    checked = {}
    for name, value in settings.items():
        if name not in free:
            near = difflib.get_close_matches(name, free, 1, cutoff=0.0)[0]
            raise ValueError(f"setting {name!r} is unknown; did you mean {near!r}? There are {', '.join(free)}")
        checked[name] = _cast(name, value, types[name])
    return checked


def _cast(name: str, value: Any, kind: Any) -> Any:
    if kind in (bool, str, int, float):
        if type(value) is kind:
            return value
        if kind is float and not isinstance(value, bool):  # 1 and, which YAML takes for text, 1e-3
            with contextlib.suppress(TypeError, ValueError):
                return float(value)
        raise ValueError(f"setting {name} is {value!r}; it takes {NAMES[kind]}")
    return tuple(value) if isinstance(value, list) else value


NAMES = {bool: "true or false", str: "a word", int: "a whole number", float: "a number"}


def recorded(recipe: str, name: str, *, variant: str) -> Evidence | None:
    """The largest stored runs of a study; None where nothing is stored.

    Real comes before twin. Of one source the profile comes first that has runs of the most rows, and of two that have
    equally many, full.
    """
    if recipe not in RECIPES or name not in get(recipe).STUDIES:
        return None
    files = [profiles.store_path(recipe, profile) for profile in profiles.RECORDED]
    return _recorded(recipe, name, variant, tuple(_state(path) for path in files))


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
