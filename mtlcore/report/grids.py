"""The grid of a study as a table, in the recipe's own words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mtlcore import recipes
from mtlcore.report.block import Block, folded, table
from mtlcore.report.names import names_of_row

LONG = 12  # rows; a grid with more is folded away, so that it does not stand between a reader and the results


def grid_table(grid: recipes.Grid, fields: Sequence[str] = (), *, name: str = "grid") -> Block:
    """The configurations that a study is about to run: a row a table row, the chosen fields, and how many seeds.

    A field is called what the recipe's FIELDS calls it: a mapping from its name to its title, or to its title and a
    function of the configuration that gives what to show; None where the field means nothing in a row. A field that
    is the same wherever it means something is said once, in the caption.

    Args:
        grid: as a study makes it.
        fields: which to show; none takes those that FIELDS names and the configuration has.
        name: the last part of the table's label, on a page with several grids.
    """
    recipe = grid[0][1].recipe
    known = getattr(recipes.get(recipe), "FIELDS", {}) if recipe in recipes.RECIPES else {}
    first = dict(reversed(grid))
    counts = Counter(row for row, _ in grid)
    configs = dict(reversed(first.items()))
    columns: list[tuple[str, list[str]]] = []
    same = []
    for field in fields or [field for field in known if hasattr(grid[0][1], field)]:
        title, show = _field(known, field)
        values = [show(config) for config in configs.values()]
        told = list(dict.fromkeys(plain(value) for value in values if value is not None))
        if len(told) > 1 or len(configs) == 1:
            columns.append((title, [plain(value) for value in values]))
        elif told:
            same.append(f"{title}: {told[0]}")
    columns.append(("seeds", [str(counts[row]) for row in configs]))
    names = [names_of_row(recipe, "", row) for row in configs]
    rows = [list(cells) for cells in zip(names, *(values for _, values in columns), strict=True)]
    caption = "The grid of this run." + (f" The same in every row that has it: {'; '.join(same)}." if same else "")
    header = ["", *(title for title, _ in columns)]
    whole = table(header, rows, caption=caption, name=f"tbl-{recipe}-{name}", words=True)
    return folded(f"The grid of this run: {len(rows)} rows", whole) if len(rows) > LONG else whole


def _field(known: Mapping[str, Any], field: str) -> tuple[str, Callable[[Any], Any]]:
    """Title of a field and what to show of a configuration; its own name and value where the recipe says nothing."""
    found = known.get(field, field)
    return (found, lambda config: plain(getattr(config, field))) if isinstance(found, str) else found


def plain(value: Any) -> str:
    """A setting as a reader writes it: yes and no, 60,000, 0.9, 0.7, 0.1; a dash for nothing.

    >>> plain(True), plain(60_000), plain((0.9, 0.1)), plain(None), plain(1e-4)
    ('yes', '60,000', '0.9, 0.1', '–', '0.0001')
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return ", ".join(plain(item) for item in value) or "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)
