"""What is known about a page's execution, kept beside its notebook: for the status page and estimates."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.key import versions
from tools.machine import device

if TYPE_CHECKING:
    from tools.chapter import Task


def path_of(notebook: Path) -> Path:
    """Where the statistics of an executed notebook are."""
    return notebook.with_suffix(".stats.json")


def read(notebook: Path) -> dict[str, Any]:
    """The statistics of an executed notebook; empty where there are none."""
    try:
        return json.loads(path_of(notebook).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def write(task: Task, seconds: float) -> None:
    """Keep how a page was executed: with which parameters, how long, on what, from which data."""
    page = task.page
    parameters = {name: known.default for name, known in page.parameters.items()} | task.parameters
    record = {
        "page": page.name,
        "profile": task.profile,
        "parameters": parameters,
        "seconds": round(seconds, 1),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "device": device(parameters.get("device")),
        "data": _sources(page.datasets, parameters.get("source", "auto")),
        "versions": versions(),
    }
    path_of(task.target).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _sources(datasets: list[str], source: str) -> dict[str, str]:
    """For each dataset that a page names, whether its real files or its twin stood behind it."""
    if not datasets:
        return {}
    from mtlcore.data import source_of

    return {name: source_of(name, source) for name in datasets}
