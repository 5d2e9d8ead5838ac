"""Variants beside each other: as written, as published, corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mtlcore import claims, recipes
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, table
from mtlcore.report.figures import LABELS
from mtlcore.report.measures import metric, told
from mtlcore.report.tables import NAMES, sources


class VariantColumn(NamedTuple):
    """A column of a table over variants: its title, the runs, and what is read from them."""

    title: str
    evidence: Evidence | None
    metric: str

    def cell(self, row: str, decimals: int = 2) -> str:
        """A row's mean ± sd and number of seeds; a dash where there are no runs."""
        return told(metric(self.evidence, row, self.metric), decimals, seeds=True)


def recorded_variants(short: str, study: str) -> dict[str, Evidence | None]:
    """The recorded runs of a study by variant; without published code there is nothing "as published"."""
    return {name: recipes.recorded(short, study, variant=name) for name in claims.load(short).variants}


def variants_by_measure(
    short: str,
    study: str,
    this_run: Evidence,
    measures: Mapping[str, tuple[str, int]],
    rows: Mapping[str, str],
    *,
    about: str,
) -> Block:
    """A table of rows by variants, a block of rows a measure, labelled `tbl-<short>-variants`.

    Args:
        short, study: whose recorded runs to show; this run where nothing is recorded.
        this_run: what the chapter has computed.
        measures: measure -> its title, with its unit, and its decimals.
        rows: row -> its name; of a measure, rows without runs are left out.
        about: what the table shows, the beginning of its caption.
    """
    recorded = recorded_variants(short, study)
    body: list[list[str]] = []
    columns: list[VariantColumn] = []
    for measure, (title, decimals) in measures.items():
        columns = [column for column in variant_columns(recorded, this_run, measure) if column.evidence]
        cells = {name: [column.cell(row, decimals) for column in columns] for row, name in rows.items()}
        body.append([title])
        body += [[name, *shown] for name, shown in cells.items() if any(cell != "–" for cell in shown)]
    seen = columns[0].evidence or this_run
    caption = f"{about}, {seen.profile} runs on {seen.source} data, mean ± sd (seeds)."
    label = f"tbl-{short}-variants"
    block = table(["", *(column.title for column in columns)], body, caption=caption, name=label)
    return block + sources(label, {place: column.evidence for place, column in enumerate(columns, start=1)})


def variant_columns(
    recorded: Mapping[str, Evidence | None],
    this_run: Evidence | None,
    measure: str,
    *,
    beside: Mapping[str, tuple[str, str]] | None = None,
) -> list[VariantColumn]:
    """The columns of a table over variants: the recorded ones, or this run where nothing is recorded.

    Args:
        recorded: variant -> its recorded runs, if any.
        this_run: what the chapter has computed; None where it has not.
        measure: the metric to show.
        beside: variant -> (what else it is read by, that metric), as the best test epoch beside the last; of this
            run, all of them.
    """
    beside = beside or {}
    if not any(recorded.values()) and this_run:
        columns = [VariantColumn(f"this run, {NAMES[this_run.variant]}", this_run, measure)]
        return columns + [VariantColumn(f"this run, {title}", this_run, name) for title, name in beside.values()]
    columns = []
    for variant in recorded:
        columns.append(VariantColumn(NAMES[variant], recorded.get(variant), measure))
        if variant in beside:
            title, name = beside[variant]
            columns.append(VariantColumn(f"{NAMES[variant]}, {title}", recorded.get(variant), name))
    return columns


def compare_variants(
    columns: Sequence[VariantColumn], rows: Sequence[str], *, about: str, name: str, decimals: int = 2
) -> Block:
    """A table of rows by variants.

    Args:
        columns: as `variant_columns` makes them.
        rows: in this order.
        about: what the numbers are, with their unit: the beginning of the caption.
        name: the table's label.
        decimals: of the numbers.
    """
    seen = next((column.evidence for column in columns if column.evidence), None)
    origin = f", {seen.profile} runs on {seen.source} data" if seen else ""
    caption = f"{about}{origin}, mean ± sd (seeds)."
    body = [[LABELS.get(row, row), *(column.cell(row, decimals) for column in columns)] for row in rows]
    runs = {index: column.evidence for index, column in enumerate(columns, start=1)}
    return table(["", *(column.title for column in columns)], body, caption=caption, name=name) + sources(name, runs)


def same_runs(one: Evidence | None, other: Evidence | None, rows: Sequence[str]) -> list[str]:
    """The rows that are the very same runs in two variants."""
    if not one or not other:
        return []
    keys = [{row: {record.key for record in found.rows.get(row, [])} for row in rows} for found in (one, other)]
    return [row for row in rows if keys[0][row] and keys[0][row] == keys[1][row]]
