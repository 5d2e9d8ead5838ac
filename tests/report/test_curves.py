import dataclasses

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from mtlcore import report
from mtlcore.recipes import Evidence
from mtlcore.report import curves, measures, variants
from tests.helpers import record


def runs(lengths=(4, 4, 4), variant="corrected"):
    """Rows mgda, new (in no list of colours) and empty; each seed's curve is a line that rises by its seed."""
    rows = {
        row: [
            dataclasses.replace(
                record(seed, row, accuracy=level + seed),
                curves={"accuracy": [level + seed * epoch for epoch in range(1, length + 1)], "loss": [1.0] * length},
            )
            for seed, length in enumerate(lengths)
        ]
        for row, level in (("new", 0.2), ("mgda", 0.5))
    }
    return Evidence("toy", "study", "desk", "twin", variant, {**rows, "empty": []})


@pytest.fixture(autouse=True)
def _closed():
    with mpl.rc_context():
        report.style()
        yield
    plt.close("all")


def test_curves_are_cut_to_the_shortest_and_may_be_absent():
    found = curves.curves(runs((4, 2, 3)).rows["mgda"], "accuracy")
    np.testing.assert_allclose(found, [[0.5, 0.5], [1.5, 2.5], [2.5, 4.5]])
    assert curves.curves(runs().rows["mgda"], "no such").shape == (0, 0)
    assert curves.curves([], "accuracy").shape == (0, 0)


def test_band_is_mean_and_range_in_the_row_s_colour():
    axes = plt.figure().add_subplot()
    found = curves.curves(runs().rows["mgda"], "accuracy")
    curves.draw_band(axes, range(1, 5), found, "mgda")
    (line,), (band,) = axes.lines, axes.collections
    np.testing.assert_allclose(line.get_ydata(), found.mean(0))
    assert line.get_color() == report.COLOURS["mgda"]
    assert line.get_label() == report.LABELS["mgda"]
    outline = band.get_paths()[0].vertices[:, 1]
    assert (outline.min(), outline.max()) == (found.min(), found.max())
    curves.draw_band(axes, range(1, 5), found[:1], "unknown", label="one", color="#123456")
    curves.draw_band(axes, [], found[:0], "mgda")
    assert [one.get_label() for one in axes.lines] == ["MGDA", "one"]
    assert axes.lines[1].get_color() == "#123456"
    assert len(axes.collections) == 1  # one seed has no range


def test_a_panel_a_metric_with_the_rows_that_have_runs():
    figure = report.draw_learning_curves(runs(), {"accuracy": "accuracy (%)", "loss": "loss (nats)"}, scale=100)
    assert [axes.get_ylabel() for axes in figure.axes] == ["accuracy (%)", "loss (nats)"]
    assert [line.get_label() for line in figure.axes[0].lines] == ["new", "MGDA"]
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), 100 * (0.2 + np.arange(1, 5)))
    np.testing.assert_allclose(figure.axes[0].lines[0].get_xdata(), np.arange(1, 5))
    chosen = report.draw_learning_curves(runs(), {"accuracy": "accuracy"}, ["mgda", "empty"])
    assert [line.get_label() for line in chosen.axes[0].lines] == ["MGDA"]
    assert len(chosen.axes) == 1
    assert [text.get_text() for text in chosen.legends[0].texts] == ["MGDA"]


def test_enlarged_panel_leaves_out_the_first_epoch():
    figure = report.draw_learning_curves(runs(), {"accuracy": "accuracy"}, around="mgda", room=(0.5, 0.25))
    assert figure.axes[1].get_ylim() == pytest.approx((0.5 - 0.5, 8.5 + 0.25))
    assert "MGDA" in figure.axes[1].get_title()
    short = report.draw_learning_curves(runs((1, 1, 1)), {"accuracy": "accuracy"}, around="mgda")
    assert short.axes[1].get_ylim() == pytest.approx((0.5 - 1.0, 2.5 + 0.5))


def test_metrics_read_out_of_runs():
    evidence = runs()
    assert measures.metric(evidence, "mgda", "accuracy") == [0.5, 1.5, 2.5]
    assert measures.metric(evidence, "mgda", "no such") == measures.metric(None, "mgda", "accuracy") == []
    assert measures.mean(evidence, "mgda", "accuracy") == 1.5
    assert measures.mean(evidence, "empty", "accuracy") is None
    assert measures.told([]) == "–"
    assert measures.rows_with_runs(evidence) == ["new", "mgda"]
    assert measures.rows_with_runs(evidence, ["empty", "mgda"]) == ["mgda", "new"]
    board = measures.judged("goutam", {})
    assert board["mnist-efreeze-best"].why == "not recorded yet"


def test_columns_of_the_variants():
    corrected, code = runs(), runs((3, 3), "code")
    recorded = {"paper": None, "code": code, "corrected": corrected}
    beside = {"code": ("best epoch", "best")}
    columns = variants.variant_columns(recorded, corrected, "accuracy", beside=beside)
    assert [column.title for column in columns] == [
        "as written",
        "as published",
        "as published, best epoch",
        "corrected",
    ]
    assert [column.cell("mgda") for column in columns] == ["–", "1.00 ± 0.71 (2)", "–", "1.50 ± 1.00 (3)"]
    here = variants.variant_columns(dict.fromkeys(recorded), code, "accuracy", beside=beside)
    assert [(column.title, column.metric) for column in here] == [
        ("this run, as published", "accuracy"),
        ("this run, best epoch", "best"),
    ]
    shown = variants.compare_variants(columns, ["mgda", "new"], about="Accuracy", name="tbl-x-1", decimals=1).markdown
    assert "Accuracy, desk runs on twin data, mean ± sd (seeds)." in shown
    assert "| MGDA | – | 1.0 ± 0.7 (2) | – | 1.5 ± 1.0 (3) |" in shown


def test_rows_that_are_the_same_runs():
    one, other = runs(), runs()
    other.rows["mgda"][0] = dataclasses.replace(other.rows["mgda"][0], key="another")
    assert variants.same_runs(one, other, ["mgda", "new", "empty"]) == ["new"]
    assert variants.same_runs(one, None, ["mgda"]) == []
