"""The tables of the status page: how each page was executed, from the statistics beside the notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tools import stats

MARK = "<!-- executions -->"  # the line of the status page that the tables replace


def filled(text: str, notebooks: Iterable[Path]) -> str:
    """The text of a page with the mark replaced by the tables; a text without the mark as it is."""
    if MARK not in text:
        return text
    records = [stats.read(path) for path in notebooks]
    return text.replace(MARK, tables([record for record in records if record]))


def tables(records: list[dict[str, Any]]) -> str:
    """A table of executions and one of versions, in MyST; a sentence where nothing was executed."""
    if not records:
        return "Nothing has been executed yet."
    head = "| Page | Parameters | Data | Device | Seconds | Executed |\n|---|---|---|---|--:|---|"
    rows = [_row(record) for record in records]
    seconds = sum(record["seconds"] for record in records)
    total = f"| all pages | | | | {seconds:.1f} | |"
    return "\n\n".join(
        [_table("tbl-executions", "How each page was executed", [head, *rows, total]), _versions(records)]
    )


def _row(record: dict[str, Any]) -> str:
    parameters = ", ".join(f"`{name}={value}`" for name, value in record["parameters"].items()) or "none"
    data = ", ".join(f"{name}: {source}" for name, source in record["data"].items()) or "—"
    executed = record["finished"][:16].replace("T", " ")
    page = f"{{doc}}`/{record['page']}`"
    return f"| {page} | {parameters} | {data} | {record['device']} | {record['seconds']:.1f} | {executed} UTC |"


def _versions(records: list[dict[str, Any]]) -> str:
    """One row a package: its version, or each version with its pages where there were several."""
    rows = []
    for package in sorted({name for record in records for name in record["versions"]}):
        found: dict[str, list[str]] = {}
        for record in records:
            found.setdefault(record["versions"].get(package, "absent"), []).append(record["page"])
        text = next(iter(found)) if len(found) == 1 else "; ".join(f"{v} ({', '.join(p)})" for v, p in found.items())
        rows.append(f"| {package} | {text} |")
    return _table("tbl-versions", "What it was executed with", ["| Package | Version |\n|---|---|", *rows])


def _table(name: str, caption: str, lines: Iterable[str]) -> str:
    return "\n".join([f"```{{table}} {caption}", f":name: {name}", ":class: wide", "", *lines, "```"])
