"""The command line: `python -m mtlcore list | run <recipe> <study> | data list|check|fetch|prepare`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import yaml
from tqdm import tqdm

from mtlcore import claims, data, paths, profiles, recipes, results, sweep, train
from mtlcore.data import check, fetch, nyuv2_prepare


@click.group()
def main() -> None:
    """Less Network, More Tasks: run the experiments of the book and keep their results."""


@main.command("list")
def list_studies() -> None:
    """List recipes and their studies."""
    for recipe in recipes.RECIPES:
        title = claims.load(recipe).title if recipe in claims.DOCUMENTS else recipes.get(recipe).TITLE
        click.echo(f"{recipe}: {title}")
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
    changed = dict(map(_setting, settings))
    if clash := sorted(set(changed) & {*options, "progress", "name", "recipe", "seed"}):
        raise click.UsageError(f"--set {clash[0]}: that is no field to set; use the option of its name")
    evidence = recipes.compute(recipe, study, **options, progress=_progress(), **changed)
    for line in _table(evidence):
        click.echo(line)


def _table(evidence: recipes.Evidence) -> list[str]:
    """A row of the study in a line, mean ± sd of every measure; a dash where a row does not have it."""
    metrics = list(dict.fromkeys(metric for record in evidence.records for metric in record.metrics))
    lines = [["row", *metrics]]
    for row, records in evidence.rows.items():
        found = [[record.metrics[metric] for record in records if metric in record.metrics] for metric in metrics]
        lines.append([row, *(results.summary(values) if values else "–" for values in found)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join([first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))])
        for first, *cells in lines
    ]


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set {text}: write NAME=VALUE")
    try:
        return name.strip(), yaml.safe_load(value)
    except yaml.YAMLError:
        raise click.UsageError(f"--set {text}: {value!r} is no YAML value") from None


def _progress() -> Callable[[int, int, float], None]:
    """A bar on a terminal, a line a run elsewhere."""
    if not sys.stderr.isatty():
        return lambda done, of, left: click.echo(f"run {done} of {of}, about {left / 60:.0f} min left", err=True)
    bar = tqdm(unit="run")

    def show(done: int, of: int, left: float) -> None:
        bar.total = of
        bar.update(done - bar.n)

    return show


@main.group("data")
def data_group() -> None:
    """Real data: what is here, whether it is sound, and how to bring it."""


@data_group.command("list")
def data_list() -> None:
    """List the data sets and what `source=auto` takes here."""
    for row in check.available():
        size = f"{row.megabytes:.0f} MB"
        click.echo(f"{row.name:19}{row.source:6}{row.present} of {row.files} files{size:>8}  {row.licence}")
    click.echo(f"data root: {paths.data_root()} (set MTLCORE_DATA to change it)")


@data_group.command("check")
@click.argument("names", nargs=-1)
def data_check(names: tuple[str, ...]) -> None:
    """Read every file of the data sets NAMES (all by default) and compare it with what was published."""
    reports = [check.check(name) for name in names or data.SETS]
    for report in reports:
        click.echo(f"{report.title} in {report.folder}")
        for file in report.files:
            click.echo(f"  {file.name:28} {file.state:13} {file.about}")
        for split, note in report.notes.items():
            click.echo(f"  {split}: {note}")
    if names and not all(report.ok for report in reports):
        raise SystemExit(1)


@data_group.command("fetch")
@click.argument("names", nargs=-1, required=True)
def data_fetch(names: tuple[str, ...]) -> None:
    """Bring the files of the data sets NAMES that are not here or not whole, from their published addresses."""
    for name in names:
        with _download_bar() as progress:
            brought = fetch.fetch(name, progress=progress)
        click.echo(f"{name}: {len(brought)} files brought" if brought else f"{name}: all files are here and sound")


@data_group.command("prepare")
@click.argument("name", type=click.Choice(["nyuv2"]))
def data_prepare(name: str) -> None:
    """Unpack the published files of the data set NAME, put into its folder by hand, into what is read."""
    with tqdm(unit="sample", disable=None) as bar:

        def show(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        said = nyuv2_prepare.prepare(progress=show)
    click.echo(f"{name}: {said}")


@contextlib.contextmanager
def _download_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Bytes on a terminal, nothing elsewhere."""
    with tqdm(unit="B", unit_scale=True, disable=None) as bar:

        def show(file: str, here: int, of: int) -> None:
            if bar.desc != f"{file}: ":
                bar.reset(total=of)
                bar.set_description(file)
            bar.update(here - bar.n)

        yield show


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
