"""The command-line options that every tool which executes pages has in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

# mtlcore.profiles has them too, but its import waits for torch; a test holds the two together
PROFILES = ("smoke", "lab", "desk", "full")


def execution_options(command: Any) -> Any:
    """Give a command --profile, --jobs, --only and -p."""
    options = [
        click.option(
            "--profile",
            type=click.Choice(PROFILES),
            default="lab",
            show_default=True,
            help="Scale of the studies.",
        ),
        click.option("--jobs", type=click.IntRange(1), help="Pages at the same time; half the cores if not given."),
        click.option("--only", multiple=True, metavar="PAGE", help="Execute this page alone; repeat for more."),
        click.option("-p", "given", nargs=2, multiple=True, metavar="NAME VALUE", help="A parameter of the pages."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def merged(profile: str, given: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The parameters of a command line; `-p profile` outweighs `--profile`."""
    return {"profile": profile} | dict(given)
