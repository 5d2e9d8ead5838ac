import pytest

from mtlcore import claims
from mtlcore.claims import Verdict
from mtlcore.report import differences


@pytest.mark.parametrize(
    ("values", "decimals", "span", "shown"),
    [
        ((-0.064, -0.16, 0.03), 2, None, "−0.06 [−0.16, +0.03]"),
        ((0.003, -0.95, 0.957), 2, None, "+0.003 [−0.950, +0.957]"),  # not rounded to nothing
        ((0.0, -0.5, 0.5), 2, None, "+0.00 [−0.50, +0.50]"),
        ((0.00001, -0.5, 0.5), 2, None, "+0.0000 [−0.5000, +0.5000]"),
        ((-12.3, -40.0, 15.4), None, None, "−12 [−40, +15]"),
        ((1.87, -0.04, 3.78), None, None, "+1.87 [−0.04, +3.78]"),  # nor a bound, which decides the verdict
        ((0.0123, 0.0111, 0.0135), None, None, "+0.0123 [+0.0111, +0.0135]"),
        ((2.0, 2.0, 2.0), None, None, "+2.0 [+2.0, +2.0]"),
        ((0.0, 0.0, 0.0), None, None, "+0.0 [+0.0, +0.0]"),
        ((-30.62, -151.74, 90.5), 2, (-100, 100), "−30.62 [< −100, +90.50]"),
        ((30.62, -90.5, 151.74), 2, (-100, 100), "+30.62 [−90.50, > +100]"),
        ((32.65, -81.74, 87.05), 2, (-31.2, 68.8), "+32.65 [< −31.2, > +68.8]"),
        ((0.5, -100.0, 100.0), 1, (-100, 100), "+0.5 [−100.0, +100.0]"),
    ],
)
def test_difference_in_numbers(values, decimals, span, shown):
    told = differences.numbers(claims.Difference("efreeze", "baseline", *values, 3), decimals, span)
    assert told.replace(differences.TIE, " ") == shown
    assert " " not in told[told.index("[") :]  # an interval is not broken over lines
    assert differences.beyond(claims.Difference("efreeze", "baseline", *values, 3), span) == (
        "<" in shown or ">" in shown
    )


def test_possible_differences_follow_from_the_scale_of_the_measure():
    def span(short, metric, left, right, study="table-1"):
        test = claims.Test(study, metric, "greater", ((left, right),))
        return differences.span_of(short, test, claims.Outcome(left, right, Verdict.DIFFERS))

    assert span("goutam", "accuracy", "warmup", "baseline") == (-100, 100)
    assert span("goutam", "frozen", "dfreeze", 34.9) == pytest.approx((-34.9, 65.1))
    assert span("goutam", "frozen", 34.9, "dfreeze") == pytest.approx((-65.1, 34.9))
    assert span("upadhyay", "iou", "seg_1e-5", "seg_0") == (-1, 1)
    assert span("upadhyay", "iou", "seg_0:mae", "seg_1e-5:mae") is None
    assert span("ge", "time", "wm-15", "nb-15", "table-2") is None
    assert span("tran", "slowdown", "mgda", 10, "balancing") is None


def test_numbers_of_the_document():
    """By how much the document says a claim holds, and what its table prints pair by pair."""
    board = {claim.id: claim.test for claim in claims.load("ge").claims}
    assert differences.published("ge", board["wm-beats-dropout"]) == "+3.3 points"
    assert differences.published("ge", board["wm-least-time"]) == "−292.8 s"
    assert differences.published("ge", board["less-overfitting"]) == ""
    printed = [differences.printed_difference("ge", board["nb-worst"], *pair) for pair in board["nb-worst"].pairs]
    assert printed == ["−0.8", "−4.1", "−2.4", "−2.9", "−3.1", "−7.2", "−4.2", "−7.0"]
    assert differences.printed_difference("ge", board["loss-jump-grows"], "nb-15", 0) == ""
    frozen = next(claim.test for claim in claims.load("goutam").claims if claim.id == "mnist-frozen-manual")
    assert differences.printed_difference("goutam", frozen, 35, "dfreeze") == "+0.10"
    losses = next(claim.test for claim in claims.load("tran").claims if claim.id == "search-fashion")
    assert differences.published("tran", losses) == "+0.0116"
