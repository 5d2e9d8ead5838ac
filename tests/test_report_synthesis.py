"""Tables, figures and sentences of the synthesis, on runs whose numbers are known."""

from __future__ import annotations

import itertools
import random

import matplotlib
import matplotlib.pyplot as plt
import pytest
from scipy import stats

from mtlcore.recipes import Evidence
from mtlcore.recipes.synthesis.studies import ALONE, PAIRS, SHARES, TRACED
from mtlcore.recipes.tran.config import TASKS
from mtlcore.report import synthesis
from mtlcore.report.synthesis.advice import price_of
from mtlcore.report.synthesis.evidence import FASTER, Gap, accuracy_gap, name_of, overlap, ratio, worst_gap
from mtlcore.report.synthesis.figures import Point, front, plain, points
from mtlcore.results import Record

matplotlib.use("Agg")
SEEDS = 5
NBSP = "\N{NO-BREAK SPACE}"
DENSE = {"accuracy": 0.80, "parameters": 100.0, "nonzero": 100.0, "speedup": 1.0, "seconds": 10.0, "inference_ms": 20.0}


def evidence(study, rows, seeds=SEEDS, source="twin", config=None):
    """Runs of rows: name -> metrics that differ from DENSE.

    Accuracies move by seed in all rows alike, and a bit more, which over the five seeds comes to nothing.
    """
    found = {}
    for number, (row, own) in enumerate(rows.items()):
        records = []
        for seed in range(seeds):
            metrics = {**DENSE, "speedup_masked": 1.0, "macs": 100.0, **own}
            metrics["accuracy"] += 0.01 * seed + 0.001 * ((seed * 7 + number * 3) % 5 - 2) / 2
            metrics |= {f"accuracy_{task}": metrics["accuracy"] for task in TASKS if f"accuracy_{task}" not in own}
            provenance = {"device": "cpu", "seconds": 9.0, "data": "drawn"}
            own_config = {"seed": seed, "source": source, **(config or {})}
            records.append(Record(f"{row}{seed}", "synthesis", own_config, metrics, {}, provenance))
        found[row] = records
    return Evidence("synthesis", study, "desk", source, "corrected", found)


def crossing(**rows):
    plain = {f"{method}/{balancer}": {} for method in ALONE for balancer in ("sum", "gradnorm", "mgda", "pcgrad")}
    return evidence("crossing", plain | {row.replace("__", "/").replace("_", "-"): own for row, own in rows.items()})


PRUNED = {"accuracy": 0.81, "parameters": 40.0, "speedup": 2.0, "inference_ms": 10.0}


def text(block):
    return (block.markdown or block.html).replace(NBSP, " ")


# --- numbers ---


def test_a_gap_is_the_t_interval_of_differences_paired_by_seed():
    found = crossing(group__gradnorm={"accuracy": 0.70})
    sides = [[record.metrics["accuracy"] for record in found.rows[row]] for row in ("group/gradnorm", "dense/sum")]
    differences = [100 * (a - b) for a, b in zip(*sides, strict=True)]
    gap = accuracy_gap(found, "group/gradnorm", "dense/sum")
    low, high = stats.t.interval(0.95, SEEDS - 1, loc=sum(differences) / SEEDS, scale=stats.sem(differences))
    assert (gap.low, gap.high) == (pytest.approx(low), pytest.approx(high))
    assert gap.decided == -1
    assert gap.told().startswith("−10.")
    assert accuracy_gap(found, "group/gradnorm", "nobody/sum") is None
    assert accuracy_gap(None, "group/gradnorm", "dense/sum") is None


def test_two_seeds_decide_nothing():
    few = evidence("methods", {"dense/sum": {}, "group/sum": {"accuracy": 0.5}}, seeds=2)
    assert accuracy_gap(few, "group/sum", "dense/sum").decided == 0


def test_the_worst_task_and_ratios():
    found = crossing(dense__mgda={"accuracy_kmnist": 0.5, "accuracy_mnist": 0.99, "seconds": 15.0})
    task, gap = worst_gap(found, "dense/mgda", "dense/sum")
    assert task == "kmnist"
    assert gap.mean == pytest.approx(-32, abs=1)
    assert ratio(found, "dense/mgda", "dense/sum", "seconds") == pytest.approx(1.5)
    found.rows["dense/mgda"][0].metrics["seconds"] = 900.0
    assert ratio(found, "dense/mgda", "dense/sum", "seconds") == pytest.approx(1.5)


def test_the_front_is_what_no_other_point_dominates():
    draw = random.Random(0)
    for _ in range(50):
        found = [Point(str(i), draw.randint(1, 6), draw.randint(1, 6)) for i in range(8)]
        best = front(found)
        for one in best:
            assert not any(
                other.cost <= one.cost and other.accuracy >= one.accuracy and other[1:3] != one[1:3] for other in found
            )
        for one in found:
            assert any(kept.cost <= one.cost and kept.accuracy >= one.accuracy for kept in best)
        assert all(a.cost < b.cost and a.accuracy < b.accuracy for a, b in itertools.pairwise(best))
        near = front(found, alike=2.0)
        assert set(near) <= set(best)
        for one in best:
            beaten = any(other.accuracy > one.accuracy and other.cost <= 2 * one.cost for other in found)
            assert (one in near) != beaten


def test_times_that_timing_cannot_tell_apart_are_ties():
    near = {"accuracy": 0.75, "speedup": FASTER - 0.01}
    found = crossing(group__sum={**PRUNED, "accuracy": 0.78}, distinctiveness__sum=near, dense__pcgrad={"speedup": 9.0})
    told = text(synthesis.headline({"crossing": found}))
    # distinctiveness, whose time is alike to that of the dense network, is dominated; balancers are not there
    assert "not dominated in mean accuracy and time of inference: group penalty and " in told
    front_told = told.split("**Front.**")[1]
    assert "distinctiveness" not in front_told
    assert "PCGrad" not in front_told
    assert plain(found) == [f"{method}/sum" for method in ALONE]


def test_the_lead_takes_the_more_accurate_of_what_is_alike_in_speed():
    rows = {"group__sum": PRUNED, "distinctiveness__sum": {**PRUNED, "accuracy": 0.7, "speedup": 2.1}}
    told = text(synthesis.headline({"crossing": crossing(**rows)}))
    assert "Being 2.0 times as fast costs no accuracy that can be told (group penalty" in told
    rows["distinctiveness__sum"]["speedup"] = 3.0
    told = text(synthesis.headline({"crossing": crossing(**rows)}))
    assert "Being 3.0 times as fast costs accuracy (distinctiveness" in told


# --- tables ---


def test_the_crossing_has_a_cell_for_every_method_and_balancer():
    told = text(synthesis.crossing_table(crossing(group__mgda={"accuracy": 0.70})))
    body = [line for line in told.splitlines() if line.startswith("| ")][2:]
    assert [line.split(" | ")[0].removeprefix("| ") for line in body] == [name_of(method) for method in ALONE]
    assert all(line.count("|") == 6 for line in body)
    row = next(line for line in body if line.startswith("| group penalty"))
    assert row.count("▼") == 1
    assert "−10." in row.split("|")[4]  # the third balancer
    assert "82.0 ± 1.6 %" in body[0]


def test_methods_and_balancers_have_their_measures():
    told = text(synthesis.methods_table(crossing(group__sum=PRUNED)))
    row = next(line for line in told.splitlines() if line.startswith("| group penalty"))
    assert "| 40.0 |" in row  # alike in all seeds
    assert "2.00 (2.00 to 2.00)" in row
    assert "MGDA" not in told
    assert "one batch takes the dense one 20.0 ms" in told
    noisy = crossing(group__sum=PRUNED)
    for record, times in zip(noisy.rows["group/sum"], (2.0, 2.1, 9.0, 2.0, 2.2), strict=True):
        record.metrics["speedup"] = times
    assert "2.10 (2.00 to 9.00)" in text(synthesis.methods_table(noisy))
    main, tasks = told.split("{dropdown}")
    assert "Kuzushiji" not in main
    assert "Kuzushiji-MNIST (%)" in tasks


def test_a_table_of_one_study_names_the_command_of_that_study():
    told = text(synthesis.methods_table(crossing()))
    assert "run synthesis methods" in told
    assert f"{len(ALONE) * SEEDS} runs" in told
    assert "run synthesis crossing" not in told


def test_balancers_have_their_time():
    slow = text(synthesis.tasks_table(crossing(dense__pcgrad={"seconds": 17.0})))
    assert "17.0 ± 0.0" in next(line for line in slow.splitlines() if line.startswith("| PCGrad"))


def pairs(**rows):
    alone = {f"{method}/sum": {} for method in ALONE}
    together = {f"{pair}/sum": {} for pair in PAIRS}
    return evidence("pairs", alone | together | {f"{row.replace('__', '+')}/sum": own for row, own in rows.items()})


def test_pairs_stand_beside_their_parts():
    told = text(
        synthesis.pairs_table(pairs(group={"accuracy": 0.7, "parameters": 40.0}, group__distinctiveness=PRUNED))
    )
    row = next(line for line in told.splitlines() if line.startswith("| group penalty + distinctiveness"))
    assert "40, 100: 40" in row
    assert row.count("▼") == 1
    assert row.count("▲") == 1
    assert "| ▲ +1.0" in row


def test_what_two_methods_take_together_is_told_against_their_sum():
    rows = {"group": {"accuracy": 0.75}, "distinctiveness": {"accuracy": 0.77}}  # 5 and 3 points below 0.80
    less = pairs(**rows, group__distinctiveness={"accuracy": 0.76})
    more = pairs(**rows, group__distinctiveness={"accuracy": 0.68})
    assert overlap(less, "group+distinctiveness").mean == pytest.approx(4, abs=0.2)
    assert overlap(more, "group+distinctiveness").decided == -1
    assert f"6 of {len(PAIRS)} pairs lose more" not in text(synthesis.monday({"pairs": less}))
    deep = {pair.replace("+", "__"): {"accuracy": 0.6} for pair in PAIRS}
    told = text(synthesis.monday({"pairs": pairs(**deep)}))
    assert f"{len(PAIRS)} of {len(PAIRS)} pairs lose more together than their parts' losses added up, 6 of them" in told
    assert f"so it is in 0 of {len(PAIRS)}" in text(synthesis.pairs_table(pairs(**deep)))


def test_what_is_not_recorded_is_said_with_its_command():
    for show in (synthesis.crossing_table, synthesis.pairs_table, synthesis.rooms_table):
        assert "python -m mtlcore run synthesis" in text(show(None))
    both = synthesis.crossing_table(None) + synthesis.tasks_table(None)
    assert both.markdown.count("not recorded yet") == 1


# --- sentences ---


def test_the_headline_is_chosen_by_the_results():
    good = text(synthesis.headline({"crossing": crossing(group__sum=PRUNED)}))
    assert "the smallest, at 40 % of the parameters, is group penalty (+1.0" in good
    assert "group penalty 2.0 times as fast" in good
    assert "no balancer is clearly different" in good
    assert "40 % of the parameters do as well as all of them, as far as can be told." in good
    assert "Being 2.0 times as fast costs no accuracy that can be told (group penalty, +1.0" in good
    assert "No way of balancing the tasks is shown to beat adding up their losses." in good
    bad = text(synthesis.headline({"crossing": crossing(group__sum={**PRUNED, "accuracy": 0.7})}))
    assert "Every smaller network is clearly less accurate" in bad
    assert "Every smaller network is less accurate. Being 2.0 times as fast costs accuracy (group penalty, −" in bad
    units = {"parameters": 60.0, "accuracy": 0.8}
    slow = text(synthesis.headline({"crossing": crossing(distinctiveness__sum=units, dense__mgda={"accuracy": 0.9})}))
    assert "No method makes inference faster" in slow
    assert "Fewer parameters and no faster: distinctiveness" in slow
    assert "clearly better: MGDA (+1" in slow
    assert "No way of balancing" not in slow
    assert "times as fast" not in slow
    assert "no runs yet" in text(synthesis.headline({}))


def test_monday_changes_with_the_evidence():
    plain = text(synthesis.monday({"crossing": crossing()}))
    assert "Start with the dense network and the plain sum" in plain
    assert "Do not prune for speed here" in plain
    assert "Which angles you take matters little" in plain
    assert "LayerOut does not pay here" in plain
    other = text(
        synthesis.monday(
            {
                "crossing": crossing(
                    group__sum={**PRUNED, "accuracy": 0.7},
                    dense__mgda={"accuracy": 0.9},
                    l1__sum={"nonzero": 50.0},
                    weight_matrix__sum={"accuracy": 0.7},
                    layerout__sum={"seconds": 6.0, "accuracy": 0.75},
                )
            }
        )
    )
    assert "If accuracy is all you want, take dense with MGDA" in other
    assert (
        "take group penalty, and compact.** It is 2.0 times as fast with 40 % of the parameters, and it costs" in other
    )
    assert "50 % of the weights of ℓ1 are zero" in other
    assert "clearly above Weight Matrix" in other
    assert "Balance the tasks" in other
    assert "LayerOut saves training time.** It takes 0.60 times the time of dense, and it costs: −5.0" in other
    assert "Record the crossing first" in text(synthesis.monday({}))


def test_no_clear_loss_is_not_no_loss():
    assert price_of(Gap(-1.0, -1.5, 0.2, 5)) == f"at a loss of less than 2 points: −1.0 [−1.5,{NBSP}+0.2] points"
    assert price_of(Gap(-6.6, -14.1, 0.8, 3)).startswith("at a price that these seeds do not settle")
    assert price_of(Gap(-6.6, -8.1, -5.0, 3)).startswith("and it costs")
    assert price_of(Gap(1.0, 0.5, 1.5, 5)).startswith("and it gains")
    assert price_of(Gap(-0.1, -0.1, -0.1, 1)).startswith("at a price that these seeds do not settle")
    assert price_of(None) == "at an unknown price"


def test_monday_on_pairs_shares_and_rooms():
    good = {"group__distinctiveness": {"parameters": 20.0}, "group": {"parameters": 40.0}}
    assert "group penalty + distinctiveness compose.** Together they leave 20 %" in text(
        synthesis.monday({"pairs": pairs(**good)})
    )
    bad = {"group__distinctiveness": {"parameters": 20.0, "accuracy": 0.6}}
    assert "Do not expect methods to add up" in text(synthesis.monday({"pairs": pairs(**bad)}))
    rooms = evidence("rooms", {"dense": {}, "group": {"compact_parameters": 22.0, "speedup": 1.3}, "layerout": {}})
    assert "the fastest is group penalty, 1.30 times as fast as dense with 22 %" in text(
        synthesis.monday({"rooms": rooms})
    )


LOOK = {"miou": 0.035, "angle": 40.0, "mae_metres": 0.8, "compact_parameters": 22.0, "speedup": 1.3}
BLIND = {"miou": 0.017, "angle": 42.0, "mae_metres": 0.9, "group_sparsity": 100.0}


def rooms_and_path(size=64, **look):
    rooms = evidence("rooms", {row: {**LOOK, **look} for row in ("dense", "group")}, seeds=3, config={"size": 64})
    config = {"size": size, "test_images": 654}
    return rooms, evidence("lambda-path", {"l0": LOOK, "l1e-2": BLIND}, seeds=3, config=config)


def test_the_rooms_stand_above_an_answer_that_ignores_them():
    rooms, path = rooms_and_path()
    lines = [line for line in text(synthesis.rooms_table(rooms, path)).splitlines() if line.startswith("| ")]
    assert lines[-1] == "| ignoring the image | 1.7 | 42.0 | 0.90 | – | – | – | – |"
    assert "the last row: python -m mtlcore run synthesis lambda-path" in text(synthesis.rooms_table(rooms, path))
    for other in (None, rooms_and_path(size=128)[1]):  # a floor at another size is none
        told = text(synthesis.rooms_table(rooms, other))
        assert "ignoring the image" not in told
        assert "last row" not in told


def test_monday_says_where_networks_hardly_learned():
    rooms, path = rooms_and_path()
    told = text(synthesis.monday({"rooms": rooms, "floor": path}))
    assert "dense goes 2 % in mIoU, 5 % in normals and 11 % in depth" in told
    assert "hardly learned" not in text(synthesis.monday({"rooms": rooms}))
    good, path = rooms_and_path(mae_metres=0.3)
    assert "hardly learned" not in text(synthesis.monday({"rooms": good, "floor": path}))


def test_a_narrow_network_is_compared_with_what_costs_as_much():
    above = text(synthesis.monday({"shares": shares(narrow=0.9, parameters=40.0)}))
    assert "At like size, within a third, it is clearly above distinctiveness at 50 % (+20.0" in above
    assert "At like speed, within a third, it is clearly above" in above
    slow = text(synthesis.monday({"shares": shares(narrow=0.1, inference_ms=300.0, parameters=40.0)}))
    assert "it is clearly below distinctiveness at 50 % (−60.0" in slow
    assert "At like speed" not in slow
    small = text(synthesis.monday({"shares": shares(narrow=0.9, inference_ms=300.0, parameters=1.0)}))
    assert "built narrow" not in small


def test_the_table_of_shares_has_a_row_a_method():
    block = synthesis.shares_table(shares(narrow=0.5))
    rows = [line for line in block.markdown.splitlines() if line.startswith("| ") and "---" not in line]
    assert len(rows) == 1 + len(TRACED)
    assert "−30.0" in rows[-1]
    assert rows[-1].startswith("| narrow")


def test_a_time_is_told_by_its_median():
    runs = crossing(group__sum=PRUNED)
    for record, times in zip(runs.rows["group/sum"], (2.0, 2.1, 9.0, 2.0, 2.1), strict=False):
        record.metrics["speedup"] = times
    assert "group penalty 2.1 times as fast" in text(synthesis.headline({"crossing": runs}))


def shares(narrow, **more):
    rows = {
        f"{row}/{share:g}": {"inference_ms": 20 * (1 - share), "parameters": 40.0} for row in TRACED for share in SHARES
    }
    for row, own in rows.items():
        own |= {"accuracy": narrow, **more} if row.startswith("narrow") else {"accuracy": 0.7}
    return evidence("shares", {"dense": {}} | rows)


# --- figures ---


def test_figures_show_every_row():
    found = crossing(group__sum=PRUNED)
    assert len(points(found, "parameters")) == 32
    noisy = points(found, "time", ["group/sum"])[0]
    assert noisy.cost == pytest.approx(50)
    found.rows["group/sum"][0].metrics["speedup"] = 4.0
    assert points(found, "time", ["group/sum"])[0].cost == pytest.approx(50)
    assert points(found, "time", ["group/sum"])[0].across == (pytest.approx(25), pytest.approx(0))
    figure = synthesis.draw_pareto(found)
    assert len(figure.axes) == 2
    assert [len(axes.containers) for axes in figure.axes] == [32, len(ALONE)]
    assert {"dense", "group penalty", "MGDA", "PCGrad"} <= {entry.get_text() for entry in figure.legends[0].get_texts()}
    assert len(synthesis.draw_crossing(found).axes) == 4
    lines = synthesis.draw_shares(shares(0.5)).axes[0].lines
    assert max(len(line.get_xdata()) for line in lines) == 1 + len(SHARES)
    plt.close("all")


def test_a_figure_of_one_seed_and_one_balancer():
    found = evidence("methods", {"dense/sum": {}, "group/sum": PRUNED}, seeds=1)
    assert len(synthesis.draw_crossing(found).axes) == 1
    assert len(synthesis.draw_pareto(found).axes[1].containers) == 2
    plt.close("all")
