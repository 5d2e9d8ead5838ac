"""The command line: `python -m mtlcore list | run <recipe> <study> | data list|check|fetch`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import yaml
from tqdm import tqdm

from mtlcore import claims, data, profiles, recipes, results, sweep, train


@click.group()
def main() -> None:
    """Less Network, More Tasks: run the experiments of the book and keep their results."""


@main.command("list")
def list_studies() -> None:
    """List recipes and their studies."""
    for recipe in recipes.RECIPES:
        click.echo(f"{recipe}: {claims.load(recipe).title}")
        for name, study in recipes.get(recipe).STUDIES.items():
            click.echo(f"  {name:10} {study.about}")


@main.command()
@click.argument("recipe")
@click.argument("study")
@click.option("--profile", type=click.Choice(profiles.PROFILES), default="lab", show_default=True)
@click.option("--source", type=click.Choice(profiles.SOURCES), default="auto", show_default=True)
@click.option("--seeds", type=click.IntRange(1, 100), default=3, show_default=True)
@click.option("--device", default="auto", show_default=True)
@click.option("--variant", type=click.Choice(profiles.VARIANTS), default="corrected", show_default=True)
@click.option("--workers", type=click.IntRange(1), help="Processes; one a core on a CPU.")
@click.option("--store", type=click.Path(path_type=Path), help="The file of results.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Change a field of the configuration.")
def run(recipe: str, study: str, settings: tuple[str, ...], **options: Any) -> None:
    """Compute what is missing of STUDY of RECIPE and print its table."""
    evidence = recipes.compute(recipe, study, **options, progress=_progress(), **dict(map(_setting, settings)))
    rows = evidence.rows
    metrics = list(next(iter(rows.values()))[0].metrics)
    click.echo(f"{'row':14}" + "".join(f"{metric:>22}" for metric in metrics))
    for row, records in rows.items():
        cells = [results.summary([record.metrics[metric] for record in records]) for metric in metrics]
        click.echo(f"{row:14}" + "".join(f"{cell:>22}" for cell in cells))


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set {text}: write NAME=VALUE")
    return name, yaml.safe_load(value)


def _progress() -> Callable[[int, int, float], None]:
    """A bar on a terminal, a line a run elsewhere."""
    if not sys.stderr.isatty():
        return lambda done, of, left: click.echo(f"run {done} of {of}, about {left / 60:.0f} min left", err=True)
    bar = tqdm(unit="run")

    def show(done: int, of: int, left: float) -> None:
        bar.total = of
        bar.update(done - bar.n)

    return show


if __name__ == "__main__":
    try:
        main()
    except (
        ValueError,
        claims.PaperError,
        data.DataError,
        results.StoreError,
        sweep.SweepError,
        train.DivergedError,
    ) as error:
        sys.exit(f"mtlcore: {error}")
