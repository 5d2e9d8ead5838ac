import copy

import numpy as np
import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from mtlcore import claims, paths, recipes
from mtlcore.claims import PaperError, Test, Verdict, interval, judge
from tests.helpers import record

ABOVE = Test("table-1", "accuracy", "greater", (("a", "b"),))
BELOW = Test("table-1", "accuracy", "less", (("a", "b"),))
SAME = Test("table-1", "accuracy", "equal", (("a", "b"),), margin=0.5)


def rows(**columns):
    """Records by row; a list of values is over seeds 0, 1, 2, ..."""
    return {
        row: [record(seed, row, accuracy=value) for seed, value in enumerate(values)] for row, values in columns.items()
    }


def against(differences, base=(90.0, 95.0, 80.0)):
    return rows(a=[b + d for b, d in zip(base, differences, strict=True)], b=base)


def mirrored(evidence):
    return {"a": evidence["b"], "b": evidence["a"]}


@pytest.mark.parametrize(
    ("differences", "verdict", "mirror"),
    [
        ((1.0, 1.1, 0.9), Verdict.HOLDS, Verdict.CLEARLY),
        ((0.5, 0.5, 0.5), Verdict.HOLDS, Verdict.CLEARLY),
        ((3.0, -1.0, 0.5), Verdict.DIRECTION, Verdict.DIFFERS),
        ((0.0, 0.0, 0.0), Verdict.UNTESTABLE, Verdict.UNTESTABLE),
        ((1.0, -1.0, 0.0), Verdict.DIFFERS, Verdict.DIFFERS),  # the mean is on neither side
    ],
)
def test_verdicts_of_greater_and_less(differences, verdict, mirror):
    evidence = against(differences)
    assert judge(ABOVE, evidence).verdict is verdict
    assert judge(BELOW, mirrored(evidence)).verdict is verdict
    assert judge(ABOVE, mirrored(evidence)).verdict is mirror
    assert judge(BELOW, evidence).verdict is mirror


@pytest.mark.parametrize(
    ("differences", "verdict"),
    [
        ((0.1, 0.0, -0.1), Verdict.HOLDS),
        ((0.0, 0.0, 0.0), Verdict.HOLDS),
        ((0.9, -0.9, 0.3), Verdict.DIRECTION),
        ((2.0, -0.5, 0.6), Verdict.DIFFERS),
        ((2.0, 2.1, 1.9), Verdict.CLEARLY),
        ((-2.0, -2.1, -1.9), Verdict.CLEARLY),
    ],
)
def test_verdicts_of_equal(differences, verdict):
    assert judge(SAME, against(differences)).verdict is verdict


def test_differences_are_paired_by_seed_whatever_their_order():
    evidence = against((1.0, 1.1, 0.9))
    shuffled = {"a": evidence["a"][::-1], "b": [evidence["b"][index] for index in (1, 0, 2)]}
    assert judge(ABOVE, shuffled) == judge(ABOVE, evidence)
    assert judge(ABOVE, evidence).decisive.mean == pytest.approx(1.0)
    unpaired = rows(a=[91.0, 95.9, 81.1], b=[95.0, 80.0, 90.0])  # as runs of other seeds they say nothing
    assert judge(ABOVE, unpaired).verdict is Verdict.DIRECTION


def test_only_seeds_that_both_rows_have_count():
    evidence = rows(a=[91.0, 96.1, 80.9, 0.0, 0.0], b=[90.0, 95.0, 80.0])
    judgement = judge(ABOVE, evidence)
    assert (judgement.verdict, judgement.decisive.n) == (Verdict.HOLDS, 3)
    evidence["b"] = evidence["b"][:2]
    judgement = judge(ABOVE, evidence)
    assert (judgement.verdict, judgement.why) == (Verdict.UNTESTABLE, "2 seeds; 3 are needed")
    evidence["b"] = evidence["b"][:1]
    assert judge(ABOVE, evidence).why == "1 seed; 3 are needed"
    apart = {"a": evidence["a"][:3], "b": [record(seed, "b", accuracy=1.0) for seed in (3, 4, 5)]}
    assert judge(ABOVE, apart).why == "0 seeds in common; 3 are needed"


def test_missing_runs_are_named():
    assert judge(ABOVE, rows(a=[1, 2, 3])).why == "no runs of b"
    assert judge(ABOVE, {}).why == "no runs of a and b"
    other = {
        "a": [record(seed, "a", loss=1.0) for seed in range(3)],
        "b": [record(seed, "b", accuracy=1.0) for seed in range(3)],
    }
    assert judge(ABOVE, other).why == "no runs of a"


def test_claim_without_a_test_is_not_testable():
    judgement = judge(None, rows(a=[1, 2, 3]))
    assert (judgement.verdict, judgement.decisive) == (Verdict.UNTESTABLE, None)


@pytest.mark.parametrize("ceiling", [100.0, 1.0])
def test_saturated_measure_shows_no_difference(ceiling):
    close = rows(
        a=[ceiling * share for share in (0.9999, 0.9998, 1.0)],
        b=[ceiling * share for share in (0.9996, 0.9997, 0.9999)],
    )
    judgement = judge(ABOVE, close, ceilings={"accuracy": ceiling})
    assert judgement.verdict is Verdict.UNTESTABLE
    assert judgement.why == f"both sides are at the ceiling of {ceiling:g}"
    assert judge(ABOVE, close).verdict is not Verdict.UNTESTABLE
    far = rows(a=[ceiling * share for share in (0.97, 0.98, 0.99)], b=[ceiling * share for share in (0.96, 0.97, 0.98)])
    assert judge(ABOVE, far, ceilings={"accuracy": ceiling}).verdict is Verdict.HOLDS


def test_equal_sides_that_are_at_the_floor_show_nothing():
    test = Test("t", "accuracy", "equal", (("a", "b"),), margin=2.0, floor="empty")
    learned = rows(a=[80.0, 80.5, 81.0], b=[80.2, 80.4, 81.3])
    chance = rows(empty=[79.0, 79.5, 79.2])["empty"]
    judgement = judge(test, {**learned, "empty": chance})
    assert judgement.verdict is Verdict.UNTESTABLE
    assert judgement.why == "what has learned nothing is within the margin of both"
    assert judge(test, {**learned, "empty": rows(empty=[10.0, 11.0, 10.0])["empty"]}).verdict is Verdict.HOLDS
    one_learned = rows(a=[80.0, 80.5, 81.0], b=[90.0, 90.2, 90.3])
    assert judge(test, {**one_learned, "empty": chance}).verdict is Verdict.CLEARLY
    assert judge(test, learned).verdict is Verdict.HOLDS  # no run of the floor: nothing is known against it


def test_sides_of_which_none_is_above_the_constant_answer_show_nothing():
    test = Test("t", "accuracy", "greater", (("a", "b"),), floor=":constant")
    found = rows(a=[80.0, 80.5, 81.0], b=[70.0, 70.2, 70.4])
    for records in found.values():
        for one in records:
            one.metrics["constant"] = 85.0
    assert judge(test, found).why == "neither side is above what can be had without learning"
    for one in found["a"]:
        one.metrics["constant"] = 75.0
    assert judge(test, found).verdict is Verdict.HOLDS


def test_sides_that_should_be_alike_and_are_not_are_not_compared():
    test = Test("t", "accuracy", "greater", (("a", "b"),), alike=("zero", 10.0))
    found = rows(a=[80.0, 80.5, 81.0], b=[70.0, 70.2, 70.4])
    for row, zero in (("a", 70.0), ("b", 65.0)):
        for one in found[row]:
            one.metrics["zero"] = zero
    assert judge(test, found).verdict is Verdict.HOLDS
    for one in found["b"]:
        one.metrics["zero"] = 0.004
    assert judge(test, found).verdict is Verdict.UNTESTABLE
    assert judge(test, found).why == "the sides are not alike in zero: 70 and 0.004"


@pytest.mark.parametrize("guard", [{"floor": ":zero"}, {"alike": ("zero", 1.0)}, {"floor": "empty"}])
def test_guards_look_at_the_seeds_that_both_sides_have(guard):
    test = Test("t", "accuracy", "greater", (("a", "b"),), **guard)
    found = rows(a=[80.0, 80.5, 81.0, 0.0, 0.0], b=[70.0, 70.2, 70.4], empty=[75.0, 75.0, 75.0, 990.0, 990.0])
    for one in found["a"] + found["b"]:
        one.metrics["zero"] = 75.0 if one.seed < 3 else 990.0
    judgement = judge(test, found)
    assert (judgement.verdict, judgement.why) == (Verdict.HOLDS, "")


@pytest.mark.parametrize("guard", [{"floor": ":constnt"}, {"alike": ("constnt", 1.0)}])
def test_guard_that_runs_lack_is_said_and_decides_nothing(guard):
    test = Test("t", "accuracy", "greater", (("a", "b"), ("a", 60)), **guard)
    found = rows(a=[80.0, 80.5, 81.0], b=[70.0, 70.2, 70.4])
    judgement = judge(test, found)
    assert judgement.verdict is Verdict.HOLDS
    assert [one.why for one in judgement.outcomes] == [
        "6 of 6 runs lack the constnt to hold it against",
        "3 of 3 runs lack the constnt to hold it against",
    ]
    found["a"][0].metrics["constnt"] = 10.0
    assert judge(test, found).outcomes[0].why == "5 of 6 runs lack the constnt to hold it against"
    for one in found["a"] + found["b"]:
        one.metrics["constnt"] = 10.0
    assert judge(test, found).outcomes[0].why == ""


def test_difference_that_is_noise_of_adding_up_is_not_a_direction():
    found = rows(a=[1.0, 2.0, 3.0], b=[2.0, 3.0, 1.0 - 1e-12])
    assert judge(ABOVE, found).verdict is Verdict.DIFFERS
    nearly = rows(a=[0.3] * 3, b=[0.1 + 0.2] * 3)
    for test in (ABOVE, BELOW):
        assert judge(test, nearly).why == "both sides are equal in every seed"
    noise = rows(a=[0.0, 0.0, 0.0], b=[0.9e-9, 1.2e-9, 1.2e-9])  # whose interval begins at 0.7e-9
    assert judge(ABOVE, noise).verdict is Verdict.DIFFERS
    assert judge(BELOW, noise).verdict is Verdict.DIRECTION


@pytest.mark.parametrize(
    ("values", "relation", "bound", "margin", "verdict"),
    [
        ((12, 13, 11.5), "greater", 10, None, Verdict.HOLDS),
        ((12, 13, 8), "greater", 10, None, Verdict.DIRECTION),
        ((1, 2, 1), "greater", 10, None, Verdict.CLEARLY),
        ((1, 2, 1), "less", 10, None, Verdict.HOLDS),
        ((34, 35, 36), "equal", 34.9, 5.0, Verdict.HOLDS),
        ((60, 61, 62), "equal", 34.9, 2.0, Verdict.CLEARLY),
    ],
)
def test_number_on_the_right_is_a_bound(values, relation, bound, margin, verdict):
    test = Test("cost", "accuracy", relation, (("a", bound),), margin=margin)
    judgement = judge(test, rows(a=values))
    assert judgement.verdict is verdict
    assert judgement.decisive.mean == pytest.approx(np.mean(values) - bound)


def test_worst_pair_decides():
    good, weak, bad = (1.0, 1.1, 0.9), (3.0, -1.0, 0.5), (-1.0, -1.1, -0.9)
    base = (90.0, 95.0, 80.0)
    evidence = rows(
        b=base,
        **{
            name: [b + d for b, d in zip(base, ds, strict=True)]
            for name, ds in zip("gwx", (good, weak, bad), strict=True)
        },
    )

    def alone(name):
        return judge(Test("t", "accuracy", "greater", ((name, "b"),)), evidence).verdict

    def verdict(*names):
        judgement = judge(Test("t", "accuracy", "greater", tuple((name, "b") for name in names)), evidence)
        assert [one.left for one in judgement.outcomes] == list(names)
        assert [one.verdict for one in judgement.outcomes] == [alone(name) for name in names]
        assert judgement.verdict in [one.verdict for one in judgement.outcomes]
        return judgement.verdict, judgement.decisive and judgement.decisive.left

    assert verdict("g") == (Verdict.HOLDS, "g")
    assert verdict("g", "w") == (Verdict.DIRECTION, "w")
    assert verdict("x", "g", "w") == (Verdict.CLEARLY, "x")
    assert verdict("g", "gone") == (Verdict.UNTESTABLE, None)
    assert verdict("gone", "x") == (Verdict.CLEARLY, "x")


def test_of_equal_verdicts_the_least_difference_decides():
    base = (90.0, 95.0, 80.0)
    evidence = rows(b=base, p=[v + 2 for v in base], q=[v + 1 for v in base])
    judgement = judge(Test("t", "accuracy", "greater", (("p", "b"), ("q", "b"))), evidence)
    assert judgement.decisive.left == "q"


def test_outcome_of_a_pair_names_what_is_missing():
    evidence = rows(b=[1.0, 2.0, 3.0])
    judgement = judge(Test("t", "accuracy", "greater", (("gone/arm", "b"), ("b", "b:loss"))), evidence)
    assert [one.missing for one in judgement.outcomes] == [("gone/arm",), ("b:loss",)]
    assert judgement.worst in judgement.outcomes
    assert judgement.decisive is None


def test_each_metric_has_its_own_ceiling():
    """An error of 1.2 is not saturated because an accuracy of 1 would be."""
    evidence = {
        row: [record(seed, row, accuracy=value, error=error + seed / 100) for seed, value in enumerate((1.0, 1.0, 1.0))]
        for row, error in (("a", 1.2), ("b", 1.4))
    }
    test = Test("t", "accuracy", "greater", (("a", "b"), ("b:error", "a:error")))
    saturated, measured = judge(test, evidence, ceilings={"accuracy": 1.0}).outcomes
    assert saturated.why == "both sides are at the ceiling of 1"
    assert measured.verdict is Verdict.HOLDS
    bound = Test("t", "accuracy", "greater", (("a", 1.0),))
    assert judge(bound, evidence, ceilings={"accuracy": 1.0}).why == "both sides are at the ceiling of 1"


def test_row_may_name_another_metric_and_an_arm():
    evidence = {"a/re": [record(seed, "a", accuracy=90.0 + seed, late=91.1 + seed * 1.1) for seed in range(3)]}
    test = Test("t", "accuracy", "greater", (("a/re:late", "a/re"),))
    assert judge(test, evidence).verdict is Verdict.HOLDS


@given(st.lists(st.integers(-9999, 9999).map(lambda value: value / 100), min_size=2, max_size=12))
def test_interval_is_the_t_interval(values):
    mean, low, high = interval(values)
    assert mean == pytest.approx(np.mean(values), abs=1e-9)
    expected = (
        stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
        if len(set(values)) > 1
        else (mean, mean)
    )
    if not np.isnan(expected).any():
        assert (low, high) == pytest.approx(expected, abs=1e-9)


def test_interval_beyond_the_scale_keeps_its_verdict():
    """One run of three collapses: the interval is wider than 100 % and the verdict is that of the interval."""
    evidence = rows(a=[98.0, 98.0, 98.0], b=[98.1, 98.2, 7.0])
    judgement = judge(ABOVE, evidence, ceilings={"accuracy": 100.0})
    assert judgement.decisive.high > 100
    assert judgement.decisive.low < -90
    assert judgement.verdict is Verdict.DIRECTION
    assert judge(BELOW, evidence, ceilings={"accuracy": 100.0}).verdict is Verdict.DIFFERS


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=6), st.sampled_from([ABOVE, BELOW]))
def test_verdict_is_that_of_the_interval(differences, test):
    judgement = judge(test, against(differences, [0.0] * len(differences)))
    mean, low, high = interval(differences)
    assume(min(abs(mean), abs(low), abs(high)) > 1e-8)
    low, high = (low, high) if test is ABOVE else (-high, -low)
    assert (judgement.verdict is Verdict.HOLDS) == (low > 0)
    assert (judgement.verdict is Verdict.CLEARLY) == (high < 0)


@pytest.mark.parametrize("short", claims.DOCUMENTS)
def test_every_document_loads(short):
    paper = claims.load(short)
    assert paper.short == short
    assert paper.tables
    assert len(paper.claims) >= 8
    assert paper.table(paper.tables[0].id) is paper.tables[0]


RAW = yaml.safe_load((paths.PAPERS / "goutam.yaml").read_text(encoding="utf-8"))


def broken(change):
    raw = copy.deepcopy(RAW)
    change(raw)
    return raw


def first_test(raw):
    return raw["claims"][0]["test"]


def again(entries):
    return lambda raw: raw[entries].append(raw[entries][0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw.pop("tables"), "goutam.yaml has no 'tables'; see the schema in data/README.md"),
        (lambda raw: raw.pop("subject"), "has no 'subject'"),
        (lambda raw: raw["claims"][0].pop("says"), "claim mnist-warmup-beats-baseline has no 'says'; see the schema"),
        (lambda raw: raw["claims"][1].pop("id"), "claim 2 has no 'id'"),
        (lambda raw: raw["tables"][0].pop("rows"), "table table-1 has no 'rows'"),
        (
            lambda raw: raw["tables"][0]["columns"][0].update(color="red"),
            "table table-1 .*unexpected keyword argument 'color'",
        ),
        (lambda raw: raw["tables"].__setitem__(0, "text"), "table 1 "),
        (lambda raw: first_test(raw).update(pairs=[["a"]]), "claim mnist-warmup-beats-baseline not enough values"),
        (
            lambda raw: raw["tables"][0]["rows"][1]["values"].append(1),
            "table-1, row since_start: 3 values for 2 columns",
        ),
        (lambda raw: raw["tables"][0]["rows"][1].update(values=["98.87", 1]), "row since_start: '98.87' is no number"),
        (again("tables"), "table-1 stands twice"),
        (again("claims"), "claim mnist-warmup-beats-baseline stands twice"),
        (lambda raw: raw["tables"][0]["rows"][1].update(id="baseline"), "table-1: baseline stands twice"),
        (lambda raw: first_test(raw).update(relation="above"), "relation 'above' is not greater, less or equal"),
        (lambda raw: first_test(raw).update(margin=1), "a margin belongs to the relation equal, and only to it"),
        (lambda raw: first_test(raw).update(relation="equal"), "a margin belongs to the relation equal"),
        (lambda raw: first_test(raw).update(pairs=[]), "a test needs pairs, each with at least one row"),
        (lambda raw: first_test(raw).update(pairs=[[1, 2]]), "a test needs pairs, each with at least one row"),
        (lambda raw: first_test(raw).update(pairs=[["warmup", "base"]]), "'base' is no row of table-1 with accuracy"),
        (lambda raw: first_test(raw).update(metric="accurracy"), "'warmup' is no row of table-1 with accurracy"),
        (lambda raw: first_test(raw).update(study="table-77"), "the study 'table-77' is no word, or no table"),
        (lambda raw: first_test(raw).update(study=""), "the study '' is no word"),
        (lambda raw: first_test(raw).update(study=3), "the study 3 is no word"),
        (lambda raw: first_test(raw).update(by="much"), "by is 'much', no number"),
        (lambda raw: first_test(raw).update(relation="equal", margin="much"), "margin is 'much', no number"),
        (lambda raw: first_test(raw).update(floor="base"), "the floor 'base' is no row of table-1 with accuracy"),
        (lambda raw: first_test(raw).update(floor="baseline:accuracy"), "the floor 'baseline:accuracy' is no"),
        (lambda raw: first_test(raw).update(floor=":"), "the floor ':' is no row and no :metric"),
        (lambda raw: first_test(raw).update(floor=None), "the floor None is no row and no :metric"),
        (lambda raw: first_test(raw).update(floor=":constant", relation="less"), "a floor supposes that higher is bet"),
        (
            lambda raw: raw["claims"][0].update(test=None),
            r"mnist-warmup-beats-baseline has no test and does not say why",
        ),
    ],
)
def test_schema_errors_name_the_entry(change, message):
    with pytest.raises(PaperError, match=message) as caught:
        claims.parse(broken(change), name="goutam.yaml")
    assert str(caught.value).startswith("goutam.yaml")


@pytest.mark.parametrize("short", claims.DOCUMENTS)
def test_metrics_of_guards_are_recorded(short):
    """A study may have runs of before its guard was recorded, and so any run of the document may have it."""
    wanted, recorded = set(), set()
    for claim in claims.load(short).claims:
        evidence = claim.test and recipes.recorded(short, claim.test.study, variant="corrected")
        if evidence:
            recorded |= {metric for run in evidence.records for metric in run.metrics}
            wanted |= {claim.test.floor[1:]} if claim.test.floor.startswith(":") else set()
            wanted |= {claim.test.alike[0]} if claim.test.alike else set()
    assert wanted <= recorded


def test_documents_that_cannot_be_read_are_said(tmp_path, monkeypatch):
    with pytest.raises(PaperError, match="document 'smith' is unknown; there are ge, singh, upadhyay, tran, goutam"):
        claims.load("smith")
    monkeypatch.setattr(paths, "PAPERS", tmp_path)
    load = claims.load.__wrapped__
    with pytest.raises(PaperError, match=r"ge.yaml cannot be read: .*No such file"):
        load("ge")
    for content in ("a: [1", "a: b: c", "\t- x"):
        (tmp_path / "ge.yaml").write_text(content)
        with pytest.raises(PaperError, match=r"ge.yaml cannot be read: .*line \d.*; restore the file$"):
            load("ge")
    (tmp_path / "ge.yaml").write_text("")
    with pytest.raises(PaperError, match=r"ge.yaml"):
        load("ge")
