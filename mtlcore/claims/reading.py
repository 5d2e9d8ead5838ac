"""A document's YAML, checked and typed; an error names the entry."""

from __future__ import annotations

import contextlib
import functools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import yaml

from mtlcore import paths
from mtlcore.claims.schema import Claim, Column, Paper, PaperError, Row, Table, Test, is_number, operand_of

T = TypeVar("T")
DOCUMENTS = ("ge", "singh", "upadhyay", "tran", "goutam")


@functools.cache
def load(short: str) -> Paper:
    """A document by its short name.

    Raises:
        PaperError: the file does not follow the schema; names the entry.
    """
    if short not in DOCUMENTS:
        raise PaperError(f"document {short!r} is unknown; there are {', '.join(DOCUMENTS)}")
    path = paths.PAPERS / f"{short}.yaml"
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise PaperError(f"{path} cannot be read: {' '.join(str(error).split())}; restore the file") from None
    return parse(raw, name=path.name)


def parse(raw: Mapping[str, Any], *, name: str) -> Paper:
    """Check a document's YAML and give it types; raises PaperError."""
    with _named(name):
        tables, claims = raw["tables"], raw["claims"]
        fields: dict[str, Any] = {
            **{field: raw[field] for field in ("short", "title", "year", "venue", "cite", "subject")},
            **{field: tuple(raw.get(field) or ()) for field in ("figures", "numbers", "contradictions", "silences")},
            "authors": tuple(raw["authors"]),
            "title_en": raw.get("title_en", ""),
            "code": raw.get("code") or "",
            "tables": tuple(_entry(_table, entry, f"{name}: table", n) for n, entry in enumerate(tables, start=1)),
            "claims": tuple(_entry(_claim, entry, f"{name}: claim", n) for n, entry in enumerate(claims, start=1)),
        }
        paper = Paper(**fields)
    for problem in _problems(paper):
        raise PaperError(f"{name}: {problem}")
    return paper


@contextlib.contextmanager
def _named(where: str) -> Iterator[None]:
    """Say where in the file an entry is not as the schema has it."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"has no {error}" if isinstance(error, KeyError) else str(error)
        raise PaperError(f"{where} {what}; see the schema in data/README.md") from None


def _entry(make: Callable[[Any], T], raw: Any, where: str, number: int) -> T:
    with _named(f"{where} {raw['id'] if isinstance(raw, dict) and 'id' in raw else number}"):
        return make(raw)


def _table(raw: Mapping[str, Any]) -> Table:
    columns = tuple(Column(**{"metric": entry["id"], **entry}) for entry in raw["columns"])
    rows = tuple(Row(entry["id"], entry["label"], tuple(entry["values"])) for entry in raw["rows"])
    return Table(raw["id"], raw["title"], raw["place"], raw.get("about", ""), columns, rows)


def _claim(raw: Mapping[str, Any]) -> Claim:
    test = raw.get("test")
    if test is not None:
        alike = (str(test["alike"]["metric"]), float(test["alike"]["within"])) if "alike" in test else None
        test = Test(**{**test, "pairs": tuple((left, right) for left, right in test["pairs"]), "alike": alike})
    return Claim(raw["id"], raw["says"], raw["place"], raw["kind"], test, raw.get("untestable") or "")


def _problems(paper: Paper) -> Iterable[str]:
    """What the types cannot say."""
    yield from _twice("", (table.id for table in paper.tables))
    yield from _twice("claim ", (claim.id for claim in paper.claims))
    for table in paper.tables:
        yield from _twice(f"{table.id}: ", (row.id for row in table.rows))
        yield from _twice(f"{table.id}: ", (column.id for column in table.columns))
        for row in table.rows:
            if len(row.values) != len(table.columns):
                yield f"{table.id}, row {row.id}: {len(row.values)} values for {len(table.columns)} columns"
            for value in row.values:
                if not _is_printed(value):
                    yield f"{table.id}, row {row.id}: {value!r} is no number, null or {{mean, sd}}"
    known = {
        table.id: {(column.row(row.id), column.metric) for row in table.rows for column in table.columns}
        for table in paper.tables
    }
    for claim in paper.claims:
        test = claim.test
        if test is None:
            if not claim.untestable:
                yield f"claim {claim.id} has no test and does not say why (untestable)"
            continue
        yield from (f"claim {claim.id}: {problem}" for problem in _wrong_words(test, known))
        if test.relation not in ("greater", "less", "equal"):
            yield f"claim {claim.id}: relation {test.relation!r} is not greater, less or equal"
        if (test.relation == "equal") != (test.margin is not None):
            yield f"claim {claim.id}: a margin belongs to the relation equal, and only to it"
        if not test.pairs or any(all(is_number(operand) for operand in pair) for pair in test.pairs):
            yield f"claim {claim.id}: a test needs pairs, each with at least one row"
        for operand in (operand for pair in test.pairs for operand in pair if not is_number(operand)):
            name, metric = operand_of(operand, test.metric)
            wanted = {repr(operand): name}
            if test.floor[:1] not in ("", ":"):
                wanted[f"the floor {test.floor!r}"] = test.floor
            for told, place in wanted.items():
                if (place, metric) not in known.get(test.study, {(place, metric)}):
                    yield f"claim {claim.id}: {told} is no row of {test.study} with {metric}"


def _wrong_words(test: Test, known: Mapping[str, Any]) -> Iterable[str]:
    """Why a test's study, floor and numbers cannot be meant as they stand."""
    if not _is(r"[\w-]+", test.study) or (test.study.startswith("table-") and test.study not in known):
        yield f"the study {test.study!r} is no word, or no table of the document"
    if not _is(r"(:?[^:]+)?", test.floor):
        yield f"the floor {test.floor!r} is no row and no :metric"
    if test.floor and test.relation == "less":
        yield "a floor supposes that higher is better, which less does not say; turn the pairs and take greater"
    for name, value in (("by", test.by), ("margin", test.margin)):
        if value is not None and not is_number(value):
            yield f"{name} is {value!r}, no number"


def _is(pattern: str, word: Any) -> bool:
    return isinstance(word, str) and re.fullmatch(pattern, word) is not None


def _twice(where: str, ids: Iterable[str]) -> Iterable[str]:
    return (f"{where}{id} stands twice" for id, count in Counter(ids).items() if count > 1)


def _is_printed(value: Any) -> bool:
    if isinstance(value, dict):
        return set(value) == {"mean", "sd"} and all(map(is_number, value.values()))
    return value is None or is_number(value)
