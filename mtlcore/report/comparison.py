"""Rows of a study side by side in several measures."""

from __future__ import annotations

from collections.abc import Mapping

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block
from mtlcore.report.measures import metric, rows_with_runs, told
from mtlcore.report.tables import table_of


def compare_rows(
    evidence: Evidence,
    columns: Mapping[str, tuple[str, int]],
    *,
    caption: str,
    name: str,
    rows: Mapping[str, str],
    origin: str,
    groups: Mapping[str, str] | None = None,
) -> Block:
    """A table of some rows of a study: mean ± sd of several measures; a measure that no row has is left out.

    A number of fewer seeds than others says how many: a recording may be under way.

    Args:
        evidence: the runs.
        columns: measure -> its title, with its unit, and its decimals.
        caption: a sentence, without its full stop; the origin is added.
        name: the table's label.
        rows: row -> its name; those without runs are left out.
        origin: where the runs are from, in a few words.
        groups: what stands before the slash in a row -> the heading of these rows; None has no headings.
    """
    shown = [row for row in rows_with_runs(evidence, tuple(rows)) if row in rows]
    measured = {key: value for key, value in columns.items() if any(metric(evidence, row, key) for row in shown)}
    seeds = {len(metric(evidence, row, key)) for row in shown for key in measured} - {0}
    most, fewer = max(seeds, default=0), ", with the seeds in brackets where there are fewer" * (len(seeds) > 1)
    body: list[list[str]] = []
    for row in shown:
        heading = [groups[row.partition("/")[0]]] if groups else []
        if heading and heading not in body:
            body.append(heading)
        found = ((metric(evidence, row, key), places) for key, (_, places) in measured.items())
        body.append([rows[row], *(told(values, places, seeds=len(values) < most) for values, places in found)])
    header = ["", *(title for title, _ in measured.values())]
    return table_of(evidence, header, body, caption=f"{caption}, mean ± sd{fewer} ({origin}).", name=name)
