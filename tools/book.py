"""Make the whole book: execute what has changed, stage, build the site, check it: `python -m tools.book`."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from mtlcore.parameters import ParameterError
from tools import site
from tools.execute import ExecutionError, execute
from tools.options import execution_options, merged
from tools.places import Places
from tools.stage import StageError, stage


def make(places: Places, given: Mapping[str, Any], *, only: Sequence[str] = (), jobs: int | None = None) -> None:
    """Make the book and say what happens.

    Args:
        places: the folders of the book.
        given: parameters by name; `profile` is one of them.
        only: execute these pages alone and put them into the site beside the others' lab notebooks.
        jobs: pages that execute at the same time.
    """
    started = time.monotonic()
    report = execute(places, given, only=only, jobs=jobs)
    print(f"notebooks: {len(report.executed)} executed, {len(report.kept)} unchanged")
    if only:
        instead = {name: report.folder / f"{name}.ipynb" for name in (*report.executed, *report.kept)}
        print(*(f"  {path}" for path in instead.values()), sep="\n", flush=True)
        try:
            stage(places, places.notebooks / "lab", instead)
        except StageError:
            print("no site yet: `make book` executes the other pages and builds it")
            return
    else:
        stage(places, report.folder)
    print("site: built" if site.build(places) else "site: unchanged")
    print(f"done in {time.monotonic() - started:.0f} s\n")
    print(f"The book: {(places.html / 'index.html').as_uri()}\nOn localhost: make serve")


@click.command(help=__doc__)
@execution_options
@click.option("--site", "name", default="html", show_default=True, help="The site's folder under _build.")
def main(profile: str, jobs: int | None, only: Sequence[str], given: Sequence[tuple[str, str]], name: str) -> None:
    """Make the book, or say in a sentence why not."""
    try:
        make(Places(site=name), merged(profile, given), only=only, jobs=jobs)
    except (ParameterError, ExecutionError, StageError, site.SiteError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
