"""The command line: `python -m mtlcore list | run <recipe> <study> | data list|check|fetch|prepare`."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import yaml
from tqdm import tqdm

from mtlcore import claims, data, paths, profiles, recipes, results, sweep, train
from mtlcore.data import check, fetch, nyuv2_prepare
from mtlcore.durations import words


@click.group()
def main() -> None:
    """Less Network, More Tasks: run the experiments of the book and keep their results."""


@main.command("list")
def list_studies() -> None:
    """List recipes and their studies."""
    for recipe in recipes.RECIPES:
        title = claims.load(recipe).title if recipe in claims.DOCUMENTS else recipes.get(recipe).TITLE
        click.echo(f"{recipe}: {title}")
        studies = recipes.get(recipe).STUDIES
        for name, study in studies.items():
            click.echo(f"  {name:{max(map(len, studies))}} {study.about}")


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
    if clash := sorted(set(changed) & {*options, "plan", "progress", "name", "recipe", "seed"}):
        raise click.UsageError(f"--set {clash[0]}: that is no field to set; use the option of its name")
    try:
        with contextlib.closing(_Progress(study)) as progress:
            evidence = recipes.compute(recipe, study, **options, plan=progress.plan, progress=progress.run, **changed)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends now: another Ctrl-C would only disturb that
        click.echo("stopped; give the same command again to go on", err=True)
        sys.exit(130)
    for line in [*_table(evidence), *_origin(evidence, options["store"])]:
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


def _origin(evidence: recipes.Evidence, store: Path | None) -> list[str]:
    """What a table was measured on, and where its runs are kept."""

    def told(name: str) -> str:
        return ", ".join(dict.fromkeys(str(record.provenance.get(name, "–")) for record in evidence.records))

    return [
        f"data: {evidence.source} ({told('data')}) · profile {evidence.profile} · variant {evidence.variant} · "
        f"device {told('device')}",
        f"stored in {store or profiles.store_path(evidence.recipe, evidence.profile)}",
    ]


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set {text}: write NAME=VALUE")
    try:
        return name.strip(), yaml.safe_load(value)
    except yaml.YAMLError:
        raise click.UsageError(f"--set {text}: {value!r} is no YAML value") from None


class _Progress:
    """Says on stderr what is computed and how far it is: a line that changes on a terminal, a line a run elsewhere.

    Args:
        study: its name.
    """

    def __init__(self, study: str) -> None:
        self.study = study
        self.live = sys.stderr.isatty()
        self.done = self.of = 0
        self.each = 0.0  # seconds, of the runs that are done
        self.begun = time.monotonic()
        train.listener = self.epoch if self.live else None

    def plan(self, plan: recipes.Plan) -> None:
        """Before the first run."""
        self.of, self.begun = plan.missing, time.monotonic()
        told = [
            f"{plan.runs} run{'s' * (plan.runs != 1)}",
            f"{plan.runs - plan.missing} stored",
            "no data" if plan.source == "none" else f"{plan.source} data",
            plan.device,
            f"{plan.processes} process{'es' * (plan.processes != 1)}",
            f"into {plan.store}",
        ]
        click.echo(", ".join(told), err=True)
        for name in plan.levelled:
            click.echo(f"rows of {self.study} differ by {name}; --set {name} gives all of them one value", err=True)

    def run(self, done: int, of: int, left: float) -> None:
        """After every run."""
        self.done, self.each = done, (time.monotonic() - self.begun) / done
        self._say(f"run {done} of {of}" + (f" · about {words(left)} left" if done < of else ""))

    def epoch(self, epoch: int, epochs: int, numbers: dict[str, float], left: float) -> None:
        """After every epoch of a run in this process."""
        each = self.each or time.monotonic() - self.begun + left
        left += each * (self.of - self.done - 1)
        self._say(f"run {self.done + 1} of {self.of} · epoch {epoch} of {epochs} · about {words(left)} left")

    def close(self) -> None:
        """Take the line away."""
        train.listener = None
        if self.live:
            click.echo("\r\x1b[K", err=True, nl=False)

    def _say(self, line: str) -> None:
        click.echo(f"\r\x1b[K{line}" if self.live else line, err=True, nl=not self.live)


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
    click.echo("by names alone; `python -m mtlcore data check` reads the files")


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
    profiles.plain_warnings()
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
        sys.exit(f"mtlcore: {error}".replace("source='twin'", "--source twin"))  # as it is written here
