"""All runs of the chapter in one table, each run once: what it differs in, and which tables and figures it serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mtlcore.recipes import Grid
from mtlcore.recipes.singh.fields import FIELDS
from mtlcore.report.block import Block, table
from mtlcore.report.grids import plain

BASE = "nothing (the first run)"
SERVES = {
    "table-1": "Table 1",
    "table-2": "Table 2",
    "table-3": "Table 3",
    "backbones": "Table 2",
    "angles": "Fig. 3",
    "dissimilarity": "merge or remove",
    "merge": "merge or remove",
    "pcgrad": "surgery",
    "mining": "hardest samples",
    "dropout": "dropout",
    "dropout-unpruned": "dropout",
    "width": "backbone or width",
    "single-tasks": "Table 3",
    "alternatives": "other readings",
}


def run_table(grids: Mapping[str, Grid]) -> Block:
    """The distinct runs behind some studies: each as what it differs in from the first, and what it serves.

    Args:
        grids: study -> its grid; the first row of the first one is the run that the others are told against.
    """
    serves: dict[Any, dict[str, None]] = {}
    for study, grid in grids.items():
        for _, config in grid:
            serves.setdefault(config, {})[SERVES.get(study, study)] = None
    first, *_ = serves
    known = _told(first)
    rows: dict[str, tuple[str, int]] = {}
    for config, words in serves.items():
        name = _difference(known, _told(config))
        rows[name] = (", ".join(words), rows.get(name, ("", 0))[1] + 1)
    body = [[name, words, str(count)] for name, (words, count) in rows.items()]
    same = "; ".join(f"{title}: {value}" for title, value in known.items() if value is not None)
    caption = f"The {len(serves)} runs of this chapter. All but what is named is as in the first: {same}."
    return table(["what differs", "serves", "seeds"], body, caption=caption, name="tbl-singh-grid", words=True)


def _told(config: Any) -> dict[str, str | None]:
    """The settings of a run in the recipe's words: title -> value, None where it means nothing."""
    told: dict[str, str | None] = {}
    for field, entry in FIELDS.items():
        title, show = entry if isinstance(entry, tuple) else (entry, None)
        value = getattr(config, field) if show is None else show(config)
        told[title] = None if value is None else plain(value)
    return told


def _difference(known: Mapping[str, str | None], told: Mapping[str, str | None]) -> str:
    """What a run differs in; settings that mean nothing in it are not told."""
    parts = [f"{title}: {value}" for title, value in told.items() if value is not None and value != known[title]]
    return "; ".join(parts) or BASE
