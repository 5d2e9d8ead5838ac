"""data/papers/*.yaml against a second transcription of every table, made from the documents alone."""

import csv
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PAPERS = ROOT / "data" / "papers"
TRANSCRIPTIONS = ROOT / "tests" / "transcriptions"
REFERENCES = ROOT / "book" / "references.bib"
SHORTS = ("ge", "singh", "upadhyay", "tran", "goutam")

RELATIONS = {"greater", "less", "equal"}
CLAIM_KINDS = {"abstract", "results", "conclusion"}
CONTRADICTION_KINDS = {"text-text", "text-table", "table-table", "arithmetic", "code"}
# These set printed numbers against each other; the other kinds may concern words or a behaviour.
KINDS_WITH_NUMBERS = {"table-table", "arithmetic"}

Cell = tuple[Decimal, Decimal | None] | None  # value and, where printed, its standard deviation
Grid = list[list[Cell]]


def load(short: str) -> dict[str, Any]:
    with (PAPERS / f"{short}.yaml").open(encoding="utf-8") as file:
        return yaml.safe_load(file)


def number(value: Any, where: str) -> Decimal:
    """Exact decimal of a typed number; `where` names the cell in the message."""
    try:
        if isinstance(value, bool):
            raise InvalidOperation
        return Decimal(str(value))
    except InvalidOperation:
        raise AssertionError(f"{where}: {value!r} is not a number") from None


def typed_cell(value: Any, where: str) -> Cell:
    if value is None:
        return None
    if isinstance(value, dict):
        assert set(value) == {"mean", "sd"}, f"{where}: {value!r} should be {{mean, sd}}"
        return number(value["mean"], where), number(value["sd"], where)
    return number(value, where), None


def transcribed_cell(text: str, where: str) -> Cell:
    if text == "":
        return None
    mean, plus_minus, deviation = text.partition("±")
    return number(mean, where), number(deviation, where) if plus_minus else None


def shown(cell: Cell) -> str:
    if cell is None:
        return "nothing"
    return f"{cell[0]}" if cell[1] is None else f"{cell[0]} ± {cell[1]}"


def typed_tables(short: str) -> dict[str, Grid]:
    return {
        table["id"].removeprefix("table-"): [
            [
                typed_cell(value, f"{short}, {table['id']}, row {r} ({row['id']}), column {c}")
                for c, value in enumerate(row["values"], 1)
            ]
            for r, row in enumerate(table["rows"], 1)
        ]
        for table in load(short)["tables"]
    }


def transcribed_tables(short: str) -> dict[str, Grid]:
    """The second transcription: a cell that spans rows counts in each; 1×10⁻⁶ is written 1e-6."""
    tables: dict[str, Grid] = {}
    with (TRANSCRIPTIONS / f"{short}.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            name, r, c = line["table"], int(line["row"]), int(line["column"])
            where = f"{short}.csv, table {name}, row {r}, column {c}"
            grid = tables.setdefault(name, [])
            if r == len(grid) + 1:
                grid.append([])
            assert (r, c) == (len(grid), len(grid[-1]) + 1), f"{where}: out of order"
            grid[-1].append(transcribed_cell(line["value"], where))
    return tables


def filled(grid: Grid) -> Grid:
    """The grid without the columns in which nothing is printed."""
    width = max(len(row) for row in grid)
    kept = [c for c in range(width) if any(c < len(row) and row[c] is not None for row in grid)]
    return [[row[c] if c < len(row) else None for c in kept] for row in grid]


def differences(where: str, typed: Grid, transcribed: Grid) -> list[str]:
    """One line a cell in which two grids differ; columns count only those with something in them."""
    if len(typed) != len(transcribed):
        return [f"{where}: {len(typed)} rows in the yaml, {len(transcribed)} in the transcription"]
    found = []
    for r, (left, right) in enumerate(zip(filled(typed), filled(transcribed), strict=True), 1):
        if len(left) != len(right):
            found.append(f"{where}, row {r}: {len(left)} columns in the yaml, {len(right)} transcribed")
            continue
        for c, (a, b) in enumerate(zip(left, right, strict=True), 1):
            if a != b:
                found.append(f"{where}, row {r}, column {c}: yaml {shown(a)}, transcription {shown(b)}")
    return found


@pytest.mark.parametrize("short", SHORTS)
def test_same_tables(short: str) -> None:
    ids = [table["id"] for table in load(short)["tables"]]
    assert len(ids) == len(set(ids)), f"{short}: table ids repeat: {ids}"
    assert set(ids) == {f"table-{name}" for name in transcribed_tables(short)}


@pytest.mark.parametrize("short", SHORTS)
def test_same_cells(short: str) -> None:
    typed, transcribed = typed_tables(short), transcribed_tables(short)
    found = [
        line for name in transcribed for line in differences(f"{short}, table {name}", typed[name], transcribed[name])
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("short", SHORTS)
def test_rows_are_as_wide_as_their_columns(short: str) -> None:
    for table in load(short)["tables"]:
        where = f"{short}, {table['id']}"
        columns = [column["id"] for column in table["columns"]]
        rows = [row["id"] for row in table["rows"]]
        assert len(columns) == len(set(columns)), f"{where}: column ids repeat"
        assert len(rows) == len(set(rows)), f"{where}: row ids repeat"
        for row in table["rows"]:
            assert len(row["values"]) == len(columns), f"{where}, row {row['id']}: wrong width"


def test_a_wrong_digit_is_found_and_named() -> None:
    typed = transcribed_tables("goutam")
    changed = [row[:] for row in typed["1"]]
    changed[4][0] = (Decimal("99.80"), None)
    assert differences("goutam, table 1", changed, typed["1"]) == [
        "goutam, table 1, row 5, column 1: yaml 99.80, transcription 99.08"
    ]
    deviation = [row[:] for row in transcribed_tables("upadhyay")["3"]]
    assert deviation[0][0] is not None
    deviation[0][0] = (deviation[0][0][0], None)
    (line,) = differences("upadhyay, table 3", deviation, transcribed_tables("upadhyay")["3"])
    assert line.endswith("yaml 0.2962, transcription 0.2962 ± 0.0050")


def test_trailing_zeros_and_empty_columns_do_not_matter() -> None:
    one: Grid = [[None, (Decimal(94), None)], [None, None]]
    other: Grid = [[(Decimal("94.00"), None)], [None]]
    assert differences("a table", one, other) == []


@pytest.mark.parametrize("value", ["12 %", True, [1]])
def test_a_cell_that_is_no_number_is_named(value: Any) -> None:
    with pytest.raises(AssertionError, match=r"row 1, column 2: .* is not a number"):
        typed_cell(value, "row 1, column 2")


# Claims


def side(reference: str, metric: str) -> tuple[str, str | None, str]:
    """`row`, `row/arm`, `row:metric` or `row/arm:metric` as (row, arm, metric)."""
    place, _, other = reference.partition(":")
    row, _, arm = place.partition("/")
    return row, arm or None, other or metric


def complaint(reference: str, metric: str, table: dict[str, Any]) -> str | None:
    """What is wrong with one side of a pair, or None; a side must be a cell that the table prints."""
    row_id, arm, metric = side(reference, metric)
    metrics = {column.get("metric", column["id"]) for column in table["columns"]}
    if metric not in metrics:
        return f"no metric {metric!r}; the table has {sorted(metrics)}"
    rows = {row["id"]: row["values"] for row in table["rows"]}
    if row_id not in rows:
        return f"no row {row_id!r}; the table has {list(rows)}"
    arms = {
        column.get("arm"): c
        for c, column in enumerate(table["columns"])
        if column.get("metric", column["id"]) == metric
    }
    if arm not in arms:
        return f"no arm {arm!r} of {metric!r}; the table has {list(arms)}"
    if rows[row_id][arms[arm]] is None:
        return f"the cell {reference!r} of {metric!r} is empty in the document"
    return None


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@pytest.mark.parametrize("short", SHORTS)
def test_claims_are_well_formed(short: str) -> None:
    claims = load(short)["claims"]
    assert 8 <= len(claims) <= 25, f"{short}: {len(claims)} claims"
    repeated = [i for i, n in Counter(claim["id"] for claim in claims).items() if n > 1]
    assert not repeated, f"{short}: claim ids repeat: {repeated}"
    for claim in claims:
        where = f"{short}, claim {claim['id']}"
        assert (claim.get("place") or "").strip(), f"{where}: no place"
        assert (claim.get("says") or "").strip(), f"{where}: says nothing"
        assert claim["kind"] in CLAIM_KINDS, f"{where}: kind {claim['kind']!r}"
        if claim["test"] is None:
            assert (claim.get("untestable") or "").strip(), f"{where}: no test, and no reason why"
        else:
            assert "untestable" not in claim, f"{where}: has a test and a reason why it has none"


@pytest.mark.parametrize("short", SHORTS)
def test_statements_can_be_computed(short: str) -> None:
    paper = load(short)
    tables = {table["id"]: table for table in paper["tables"]}
    for claim in paper["claims"]:
        test, where = claim["test"], f"{short}, claim {claim['id']}"
        if test is None:
            continue
        assert test["relation"] in RELATIONS, f"{where}: relation {test['relation']!r}"
        if test["relation"] == "equal":
            assert is_number(test.get("margin")), f"{where}: 'equal' needs a margin"
        assert test.get("by") is None or is_number(test["by"]), f"{where}: by {test['by']!r}"
        assert test["pairs"], f"{where}: no pairs"
        assert test["study"] in tables or not test["study"].startswith("table-"), f"{where}: {test['study']}?"
        for pair in test["pairs"]:
            assert len(pair) == 2, f"{where}: {pair} is no pair"
            assert isinstance(pair[0], str), f"{where}: the left of {pair} names no row"
            assert isinstance(pair[1], str) or is_number(pair[1]), f"{where}: the right of {pair}"
            if test["study"] in tables:
                for reference in (part for part in pair if isinstance(part, str)):
                    wrong = complaint(reference, test["metric"], tables[test["study"]])
                    assert wrong is None, f"{where}, {pair}: {wrong}"


def test_a_pair_that_names_nothing_is_refused() -> None:
    table = {
        "columns": [{"id": "frozen"}, {"id": "accuracy_re", "metric": "accuracy", "arm": "re"}],
        "rows": [{"id": "baseline", "values": [None, 93.79]}],
    }
    assert complaint("baseline/re", "accuracy", table) is None
    assert complaint("baseline/re:accuracy", "frozen", table) is None
    for reference, metric, why in (
        ("efreeze/re", "accuracy", "no row 'efreeze'"),
        ("baseline", "accuracy", "no arm None"),
        ("baseline/without", "accuracy", "no arm 'without'"),
        ("baseline/re", "loss", "no metric 'loss'"),
        ("baseline", "frozen", "is empty"),
    ):
        assert why in (complaint(reference, metric, table) or "")


# Contradictions and references


@pytest.mark.parametrize("short", SHORTS)
def test_contradictions_show_both_sides(short: str) -> None:
    contradictions = load(short)["contradictions"]
    ids = [item["id"] for item in contradictions]
    assert contradictions, f"{short}: no contradictions"
    assert len(ids) == len(set(ids)), f"{short}: contradiction ids repeat: {ids}"
    for item in contradictions:
        where = f"{short}, contradiction {item['id']}"
        assert item["kind"] in CONTRADICTION_KINDS, f"{where}: kind {item['kind']!r}"
        two = len(item.get("values") or []) >= 2
        assert two or item["kind"] not in KINDS_WITH_NUMBERS, f"{where}: needs at least two values"
        for field in ("between", "says", "follows"):
            assert (item.get(field) or "").strip(), f"{where}: no {field}"


@pytest.mark.parametrize("short", SHORTS)
def test_the_document_is_in_the_bibliography(short: str) -> None:
    keys = re.findall(r"^@\w+\{([^,\s]+),", REFERENCES.read_text(encoding="utf-8"), re.MULTILINE)
    repeated = [key for key, n in Counter(keys).items() if n > 1]
    assert not repeated, f"references.bib: keys repeat: {repeated}"
    paper = load(short)
    assert paper["short"] == short
    assert paper["cite"] in keys, f"{short}: cite key {paper['cite']!r} is not in references.bib"
