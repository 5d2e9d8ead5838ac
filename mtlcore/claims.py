"""What the documents print and claim, and whether a claim holds on given results.

A document is kept as data in data/papers/<short>.yaml: every number of every table, and every claim as a statement
over results (study, metric, relation, pairs of rows). A verdict is computed from differences paired by seed; it is
never typed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import functools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import yaml
from scipy import stats

from mtlcore import paths
from mtlcore.results import Record

T = TypeVar("T")
DOCUMENTS = ("ge", "singh", "upadhyay", "tran", "goutam")
CONFIDENCE = 0.95
FEWEST_SEEDS = 3
NEAR_CEILING = 0.0005  # of the ceiling; a measure this close to it (0.05 of 100 %) cannot show a difference


class PaperError(Exception):
    """A document's YAML is not as the schema has it; the message says where."""


class Verdict(enum.StrEnum):
    """The closed list of verdicts, from best to worst."""

    HOLDS = "holds"
    DIRECTION = "holds in direction"
    UNTESTABLE = "not testable here"
    DIFFERS = "differs"
    CLEARLY = "clearly differs"


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a published table: a metric, in some arm (condition) of the experiment."""

    id: str
    label: str
    unit: str = ""
    metric: str = ""
    arm: str = ""
    better: str = ""  # higher | lower | nothing said
    ceiling: float | None = None
    decimals: int = 2

    def row(self, row: str) -> str:
        """The row of a study that holds this column's numbers."""
        return f"{row}/{self.arm}" if self.arm else row


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of a published table: one number (or mean and sd, or nothing) a column."""

    id: str
    label: str
    values: tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class Table:
    """A published table."""

    id: str
    title: str
    place: str
    about: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def number(self) -> str:
        """As printed, without the word."""
        return self.id.removeprefix("table-")


@dataclasses.dataclass(frozen=True)
class Test:
    """A statement over results: left RELATION right, for every pair of rows."""

    study: str
    metric: str
    relation: str  # greater | less | equal
    pairs: tuple[tuple[Any, Any], ...]
    margin: float | None = None
    by: float | None = None

    __test__ = False  # not a pytest class


@dataclasses.dataclass(frozen=True)
class Claim:
    """What a document says, in our words, and how it is put to the test."""

    id: str
    says: str
    place: str
    kind: str
    test: Test | None
    untestable: str = ""


@dataclasses.dataclass(frozen=True)
class Paper:
    """A document."""

    short: str
    title: str
    authors: tuple[str, ...]
    year: int
    venue: str
    cite: str
    subject: str
    tables: tuple[Table, ...]
    figures: tuple[Mapping[str, Any], ...]
    numbers: tuple[Mapping[str, Any], ...]
    claims: tuple[Claim, ...]
    contradictions: tuple[Mapping[str, Any], ...]
    silences: tuple[Mapping[str, Any], ...]
    title_en: str = ""  # our translation, where the title is in another language

    def table(self, id: str) -> Table:
        """One of its tables."""
        return next(table for table in self.tables if table.id == id)


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
        test = Test(**{**test, "pairs": tuple((left, right) for left, right in test["pairs"])})
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
        if test.relation not in ("greater", "less", "equal"):
            yield f"claim {claim.id}: relation {test.relation!r} is not greater, less or equal"
        if (test.relation == "equal") != (test.margin is not None):
            yield f"claim {claim.id}: a margin belongs to the relation equal, and only to it"
        if not test.pairs or any(all(_is_number(operand) for operand in pair) for pair in test.pairs):
            yield f"claim {claim.id}: a test needs pairs, each with at least one row"
        for operand in (operand for pair in test.pairs for operand in pair if not _is_number(operand)):
            name, _, metric = str(operand).partition(":")
            if (name, metric or test.metric) not in known.get(test.study, {(name, metric or test.metric)}):
                yield f"claim {claim.id}: {operand!r} is no row of {test.study} with {metric or test.metric}"


def _twice(where: str, ids: Iterable[str]) -> Iterable[str]:
    return (f"{where}{id} stands twice" for id, count in Counter(ids).items() if count > 1)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_printed(value: Any) -> bool:
    if isinstance(value, dict):
        return set(value) == {"mean", "sd"} and all(map(_is_number, value.values()))
    return value is None or _is_number(value)


@dataclasses.dataclass(frozen=True)
class Difference:
    """left - right, paired by seed: mean and interval over n seeds."""

    left: Any
    right: Any
    mean: float
    low: float
    high: float
    n: int


@dataclasses.dataclass(frozen=True)
class Judgement:
    """A verdict, the difference that decided it, and all differences."""

    verdict: Verdict
    why: str
    decisive: Difference | None = None
    differences: tuple[Difference, ...] = ()


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and 95 % t interval of a sample of at least two.

    >>> [round(number, 2) for number in interval([1.0, 2.0, 3.0])]
    [2.0, -0.48, 4.48]
    """
    n = len(values)
    mean = math.fsum(values) / n
    sd = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * sd / math.sqrt(n)
    return mean, mean - half, mean + half


def judge(test: Test | None, rows: Mapping[str, Sequence[Record]], *, ceiling: float | None = None) -> Judgement:
    """The verdict on a claim, from the runs of a study.

    Args:
        test: the claim's statement; None is not testable.
        rows: the study's records by row (`row` or `row/arm`).
        ceiling: the largest value the metric can take, if it has one.

    Returns:
        The worst verdict over the pairs: *holds* where the interval lies on the claimed side, *holds in direction*
        where only the mean does, *differs* where the mean lies on the other side, *clearly* where the interval does
        too; *not testable here* with fewer than three seeds, missing runs or a saturated measure.
    """
    if test is None:
        return Judgement(Verdict.UNTESTABLE, "no experiment here can test it")
    outcomes = [_judge_pair(test, left, right, rows, ceiling) for left, right in test.pairs]
    order = list(Verdict)
    verdict, why, decisive = max(outcomes, key=lambda outcome: (order.index(outcome[0]), -_clearance(test, outcome[2])))
    return Judgement(verdict, why, decisive, tuple(difference for _, _, difference in outcomes if difference))


def _judge_pair(
    test: Test, left: Any, right: Any, rows: Mapping[str, Sequence[Record]], ceiling: float | None
) -> tuple[Verdict, str, Difference | None]:
    sides = [_by_seed(operand, test.metric, rows) for operand in (left, right)]
    missing = [str(operand) for operand, side in zip((left, right), sides, strict=True) if side == {}]
    if missing:
        return Verdict.UNTESTABLE, f"no runs of {' and '.join(missing)}", None
    seeds = sorted(set.intersection(*(set(side) for side in sides if isinstance(side, dict))))
    if len(seeds) < FEWEST_SEEDS:
        return Verdict.UNTESTABLE, f"{len(seeds)} seeds; {FEWEST_SEEDS} are needed", None
    pairs = [tuple(side[seed] if isinstance(side, dict) else side for side in sides) for seed in seeds]
    difference = Difference(left, right, *interval([a - b for a, b in pairs]), len(seeds))
    if test.relation != "equal":
        if ceiling is not None and all(ceiling - value <= NEAR_CEILING * ceiling for pair in pairs for value in pair):
            return Verdict.UNTESTABLE, f"both sides are at the ceiling of {ceiling:g}", difference
        if all(a == b for a, b in pairs):
            return Verdict.UNTESTABLE, "both sides are equal in every seed", difference
    return _side(test, difference), "", difference


def _by_seed(operand: Any, metric: str, rows: Mapping[str, Sequence[Record]]) -> dict[int, float] | float:
    """A row's metric by seed, or the number itself; `row:metric` takes another metric."""
    if isinstance(operand, (int, float)):
        return float(operand)
    row, _, other = operand.partition(":")
    name = other or metric
    return {record.seed: record.metrics[name] for record in rows.get(row, ()) if name in record.metrics}


def _clearance(test: Test, difference: Difference | None) -> float:
    """How far the mean lies on the claimed side; negative on the other."""
    if difference is None:
        return math.inf
    if test.relation == "equal":
        return (test.margin or 0.0) - abs(difference.mean)
    return difference.mean if test.relation == "greater" else -difference.mean


def _side(test: Test, difference: Difference) -> Verdict:
    low, high = difference.low, difference.high
    if test.relation == "equal":
        margin = test.margin or 0.0
        wholly, not_at_all = -margin <= low and high <= margin, low > margin or high < -margin
        mean_inside = abs(difference.mean) <= margin
    else:
        low, high = (low, high) if test.relation == "greater" else (-high, -low)
        wholly, not_at_all = low > 0, high < 0
        mean_inside = _clearance(test, difference) > 0
    if mean_inside:
        return Verdict.HOLDS if wholly else Verdict.DIRECTION
    return Verdict.CLEARLY if not_at_all else Verdict.DIFFERS
