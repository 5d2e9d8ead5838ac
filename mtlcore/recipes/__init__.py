"""One module a document: its Config, run(config) -> Result, and STUDIES, the grids behind its tables.

The command line, a cluster and a chapter all run a study from here.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from mtlcore import paths, profiles
from mtlcore.results import Record, Result, Store, lookup
from mtlcore.sweep import sweep

RECIPES = ("goutam",)
Grid = list[tuple[str, Any]]  # (row of the table, or row/arm; configuration)


@dataclasses.dataclass(frozen=True)
class Study:
    """Runs that make one table or figure.

    Args:
        about: what it measures, in a sentence.
        grid: (profile, source, seeds, variant, **settings) -> rows and their configurations, seed by seed, so that a
            study that is stopped has every row for its first seeds.
        run: (config, device, checkpoints) -> Result.
        alone: whether runs must not share the machine, because they measure time.
    """

    about: str
    grid: Callable[..., Grid]
    run: Callable[..., Result]
    alone: bool = False


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
) -> dict[str, list[Record]]:
    """Compute what is missing of a study and return its records by row.

    Args:
        recipe, name: as `study`.
        profile, source, seeds, device, variant: the five parameters of every chapter.
        workers: processes; None takes one a core on a CPU, and one where the study measures time.
        store: the file of results; None takes the profile's (`profiles.store_path`).
        progress: as in `sweep`.
        settings: fields of the configuration to change.
    """
    chosen = study(recipe, name)
    device = profiles.resolve_device(device)
    grid = chosen.grid(profile, source, seeds, variant, **settings)
    run = functools.partial(chosen.run, device=device, checkpoints=paths.BUILD / "checkpoints")
    count = 1 if chosen.alone or profile == "smoke" else workers
    with profiles.workers(device, count) as executor:
        records = sweep(
            run,
            [config for _, config in grid],
            store=Store(store or profiles.store_path(recipe, profile)),
            executor=executor,
            progress=progress,
        )
    rows: dict[str, list[Record]] = {}
    for (row, _), record in zip(grid, records, strict=True):
        rows.setdefault(row, []).append(record)
    return rows


def stored(
    recipe: str, name: str, *, profile: str, source: str, variant: str, most: int = 100, **settings: Any
) -> dict[str, list[Record]]:
    """The records of a study that are there, by row, nothing computed."""
    records = Store(profiles.store_path(recipe, profile)).read()
    rows: dict[str, list[Record]] = {}
    for row, config in study(recipe, name).grid(profile, source, most, variant, **settings):
        if record := lookup(records, config):
            rows.setdefault(row, []).append(record)
    return rows
