import math
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from mtlcore import parameters, recipes, report
from mtlcore.kernels.minnorm import min_norm_weights
from mtlcore.nets.lenet import lenet
from mtlcore.recipes.tran import balancing as balancing_grids
from mtlcore.recipes.tran.config import TASKS
from mtlcore.recipes.tran.pictures import Channel
from mtlcore.recipes.tran.trees import TREES
from mtlcore.report import curves as shared_curves
from mtlcore.report import measures, multiobjective
from mtlcore.report.figures import COLOURS, LABELS
from mtlcore.report.multiobjective import evidence as reading
from mtlcore.report.multiobjective import (
    geometry,
    quality,
    samples,
    search,
    solvers,
    timing,
    training,
    trees,
    words,
)
from tests.tran_evidence import EPOCHS, FINAL, STEP, SWITCH, balancing, evidence, record


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def words_of(figure):
    return " ".join(text.get_text() for text in figure.findobj(plt.Text))


def cells(markdown):
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


# ---- what runs say ----


def test_curves_are_stacked_and_cut_to_the_shortest():
    runs = [record(0, "a", curves={"x": [1.0, 2.0, 3.0]}), record(1, "a", curves={"x": [5.0, 6.0]}), record(2, "a")]
    assert shared_curves.curves(runs, "x").tolist() == [[1, 2], [5, 6]]
    assert shared_curves.curves(runs, "y").shape == (0, 0)


def test_rows_come_in_the_order_of_the_thesis_and_without_the_empty_ones():
    runs = evidence("balancing", {"pcgrad": [record(0, "p")], "hybrid": [record(0, "h")], "gradnorm": []})
    assert measures.rows_with_runs(runs, reading.ROWS) == ["hybrid", "pcgrad"]
    assert measures.mean(runs, "gradnorm", "x") is None
    assert measures.told([]) == "–"


# ---- architectures ----

SPLIT = {"fashion": (0, 1, 2), "kmnist": (0, 5, 3), "mnist": (0, 5, 4)}


def test_layout_keeps_siblings_together_and_parents_between():
    places = trees.layout({"fashion": (0, 1, 2), "kmnist": (0, 5, 3), "mnist": (0, 1, 4)})
    assert {depth for _, depth in places.values()} == {0, 1, 2}
    assert abs(places[2][0] - places[4][0]) == 1  # fashion and mnist share block 1
    assert places[1][0] == (places[2][0] + places[4][0]) / 2
    assert places[0][0] == 1


def test_a_tree_is_drawn_with_its_users_and_what_it_reaches():
    figure = multiobjective.draw_trees([trees.Panel("found", SPLIT, ("3 of 3 seeds", "F 88.00"))])
    labels = [text.get_text() for text in figure.axes[0].texts]
    assert sorted(labels[:-1]) == sorted(["F K M", "F", "K M", "F", "K", "M"])
    assert labels[-1] == "3 of 3 seeds\nF 88.00"
    assert len(figure.axes[0].patches) == 6 + 5  # boxes and links


def test_the_four_kinds_are_drawn():
    figure = multiobjective.draw_architectures()
    assert [len(axes.patches) for axes in figure.axes] == [5 + 4, 9 + 6 + 4, 6 + 5, 3 + 2 + 6]
    assert all(word in words_of(figure) for word in ("shared trunk", "column", "branching", "universal"))


# ---- search ----


def searched(seeds=3):
    """The search takes fashion alone twice and mnist once; fashion alone is best by a point and has least stress."""
    rows = {row: [] for row in ("ours", "random_1", "random_2", *TREES, "unsplit", "all")}
    for seed in range(seeds):
        scores = {}
        for number, tree in enumerate((*TREES, "unsplit")):
            accuracy = {f"accuracy_{task}": 0.9 - 0.01 * number + 0.002 * seed for task in TASKS}
            losses = {f"nats_{task}": 0.3 for task in TASKS} | {f"loss_{task}": 0.0012 for task in TASKS}
            alone = {"alone": float(number if number < 3 else -1), "stress": 0.1 * (number + 1)}
            scores[tree] = {**accuracy, **losses, **alone, "accuracy": accuracy["accuracy_mnist"]}
            rows[tree].append(record(seed, tree, scores[tree]))
        rows["ours"].append(record(seed, "ours", scores[TREES[0] if seed < 2 else TREES[2]]))
        rows["random_1"].append(record(seed, "random_1", scores[TREES[1]]))
        rows["random_2"].append(record(seed, "random_2", scores[TREES[seed]]))
    return evidence("table-1b", rows)


def test_every_split_is_a_panel_with_its_picks_and_accuracy():
    panels = search.tree_panels(searched())
    assert [panel.title for panel in panels] == ["F alone", "K alone", "M alone", "unsplit"]
    first = panels[0]
    assert first.lines == ("F 90.2  K 90.2  M 90.2", "search: 2 of 3", "random 1: 0 of 3", "random 2: 1 of 3")
    assert first.chains["kmnist"][:2] == first.chains["mnist"][:2] != first.chains["fashion"][:2]
    assert len(panels[3].lines) == 1
    assert len({tuple(sorted(panel.chains.items())) for panel in panels}) == 4


def test_trees_in_words():
    told = multiobjective.tree_words(searched()).markdown
    assert "Fashion-MNIST alone and a mean accuracy of 90.20 %" in told
    assert "with MNIST alone, 88.20 %, the network unsplit 87.20 %" in told
    assert "That is 2.00 points" in told
    assert "spread by 0.20" in told
    assert "Fashion-MNIST alone (2 of 3 runs), has the highest mean accuracy" in told
    assert "no runs yet" in multiobjective.tree_words(evidence("table-1b", {})).markdown


def test_a_pick_that_is_the_worst_is_told():
    runs = searched()
    assert search.usual_pick(runs) == (TREES[0], 2, 3)
    for one in runs.rows["ours"]:
        one.metrics["alone"] = 2.0
    assert search.lowest_in(runs, TREES[2]) == (3, 3)
    told = search.pick_words(runs)
    assert "MNIST alone (3 of 3 runs), has the lowest mean accuracy of the three splits in 3 of 3 seeds" in told
    assert "Fashion-MNIST alone, it is −2.00" in told
    lead = multiobjective.headline({"table-1b": runs}).markdown.split("\n- ")[0]
    assert "Of the three ways to divide the tasks in two, the one that the search picks in 3 of 3 runs" in lead
    assert "recognises worst in each of 3 runs." in lead  # two points in every seed
    assert "recognises best on average." in multiobjective.headline({"table-1b": searched()}).markdown


def test_a_distance_to_the_best_split_that_seeds_do_not_settle_is_told_as_such():
    runs = searched()
    for one in runs.rows["ours"]:
        one.metrics["alone"] = 2.0
    for one, drop in zip(runs.rows[TREES[2]], (0.001, 0.02, 0.06), strict=True):
        best = runs.rows[TREES[0]][one.seed].metrics
        one.metrics.update({f"accuracy_{task}": best[f"accuracy_{task}"] - drop for task in TASKS})
    assert search.pick_words(runs).endswith("points, which is not told from zero.")
    lead = multiobjective.headline({"table-1b": runs}).markdown.split("\n- ")[0]
    assert "but its distance to the best is not told from zero." in lead


def test_no_split_is_the_usual_pick_where_two_are_picked_equally_often():
    runs = searched(2)
    runs.rows["ours"][1].metrics["alone"] = 2.0
    assert search.usual_pick(runs) is None
    assert search.pick_words(runs) == ""


def test_the_first_screen_names_the_profile_of_runs_that_are_not_recorded():
    lab = balancing(profile="lab")
    lead = multiobjective.headline({"balancing": lab}).markdown.split("\n- ")[0]
    assert "In runs that are not recorded (lab, 3 seeds), the hybrid trains faster" in lead
    assert "not recorded" not in multiobjective.headline({"balancing": balancing()}).markdown
    told = multiobjective.lessons({"balancing": lab}).markdown
    assert told.count("(lab, 3 seeds, not recorded)") == 4  # hybrid twice, its cost, the late loss
    assert "not recorded" not in multiobjective.lessons({"balancing": balancing()}).markdown


def test_lessons_tell_claims_without_how_they_are_judged():
    told = multiobjective.lessons({"balancing": balancing()}).markdown
    assert "*The hybrid trains considerably faster than MGDA*: <span" in told
    assert "(we " not in told


def test_means_that_stand_side_by_side_are_of_the_same_seeds():
    runs = balancing()
    runs.rows["mgda"].pop()  # its worst seed
    found = reading.mean_accuracies(runs, reading.ROWS)
    assert found["mgda"] == pytest.approx(89.75)
    assert found["averaging"] == pytest.approx(79.75)  # of two seeds as well
    told = quality.order_words(runs)
    assert "MGDA 89.75 %" in told
    assert "averaging 79.75 %" in told
    assert "averaging minus MGDA is −10.00" in told
    whole = searched()
    whole.rows["unsplit"].pop()
    assert "the network unsplit 87.10 %" in multiobjective.tree_words(whole).markdown
    seconds = balancing()
    for one, value in zip(seconds.rows["hybrid"], (5.4, 5.4, 100.0), strict=True):
        one.metrics["seconds"] = value
    seconds.rows["mgda"].pop()
    assert "takes 50 % of the time of MGDA's" in multiobjective.headline({"balancing": seconds}).markdown


def test_a_count_that_holds_by_construction_is_told_apart():
    counts = {"ours": 3.0, "printed": 9.0, "branched": 18.0}
    rows = {row: [record(s, row, {"finetunings": count}) for s in range(3)] for row, count in counts.items()}
    assert "by construction" in multiobjective.headline({"search-cost": evidence("search-cost", rows)}).markdown
    assert "by construction" not in multiobjective.headline({"balancing": balancing()}).markdown


def test_the_first_phase_that_costs_more_than_mgda_is_told():
    runs = balancing()
    for one in runs.rows["mgda"]:
        one.metrics["slowdown"] = 1.01 + one.seed / 1000
    assert "one of GradNorm, with which the hybrid begins, costs more" in (
        multiobjective.headline({"balancing": runs}).markdown
    )
    for one in runs.rows["gradnorm"]:
        one.metrics["slowdown"] = 1.0
    assert "begins, costs more" not in multiobjective.headline({"balancing": runs}).markdown


def test_rank_correlations_are_printed_with_their_interval():
    runs = searched()
    for one, value in zip(runs.rows["ours"], (-0.5, 0.5, -0.5), strict=True):
        runs.rows["all"].append(record(one.seed, "all", {"correlation": value}))
    told = multiobjective.stress_words(runs).markdown.replace("\N{NO-BREAK SPACE}", " ")
    assert "−0.5, +0.5, −0.5 in the seeds, −0.17 [< −1, > +1] on average" in told
    assert "do not tell it from zero" in told
    assert "reaches beyond all that a correlation can be" in told
    for one in runs.rows["all"]:
        one.metrics["correlation"] = -0.5 + one.seed / 100
    assert "beyond" not in multiobjective.stress_words(runs).markdown
    assert "No stress" in multiobjective.stress_words(searched()).markdown


def test_stress_against_accuracy_has_a_point_a_tree_and_seed():
    figure = multiobjective.draw_stress(searched())
    axes = figure.axes[0]
    assert [len(one.get_offsets()) for one in axes.collections] == [3, 3, 3, 3]
    np.testing.assert_allclose(axes.collections[0].get_offsets()[0], [0.1, 90.0])
    assert len(axes.lines) == 3
    assert [len(line.get_xdata()) for line in axes.lines] == [3, 3, 3]


def test_the_cost_of_a_search_in_words():
    counts = {"ours": 3.0, "printed": 9.0, "branched": 18.0}
    runs = evidence("search-cost", {row: [record(0, row, {"finetunings": count})] for row, count in counts.items()})
    told = multiobjective.cost_words(runs).markdown
    assert "fine-tunes 3 networks" in told
    assert "come to 9 for" in told
    assert "$T^2 N$, is 18." in told
    assert "no runs yet" in multiobjective.cost_words(evidence("search-cost", {})).markdown


def test_printed_losses_are_turned_into_nats():
    shown = cells(multiobjective.nats_table(None, searched()).markdown)
    assert shown[0] == ["", "as printed", "printed, in nats", "this run, in nats"]
    assert shown[3] == ["Ours (Algorithm 5)", "0.00124", "0.310", "0.300 ± 0.000"]
    assert len(shown) == 2 + 3 * 4


def test_the_network_in_words():
    assert "49,740 parameters for 3 tasks" in multiobjective.network_words(lenet(TASKS)).markdown


# ---- gradients ----


def gramians(count=6, scale=(1.0, 2.0, 0.5), seed=0):
    generator = torch.Generator().manual_seed(seed)
    own = torch.randn(count, 3, 40, generator=generator, dtype=torch.float64)
    gradients = (own + torch.randn(1, 40, generator=generator, dtype=torch.float64)) * torch.tensor(scale)[:, None]
    return gradients @ gradients.mT, gradients


def test_directions_from_gramians_are_those_of_the_vectors():
    grams, gradients = gramians()
    found = geometry.directions(grams)
    lengths = gradients.norm(dim=-1, keepdim=True)
    steps = {
        "averaging": gradients.mean(1),
        "gradnorm": (gradients / lengths).mean(1),
        "mgda": (min_norm_weights(grams)[..., None] * gradients).sum(1),
    }
    for method, step in steps.items():
        expected = torch.nn.functional.cosine_similarity(gradients, step[:, None], dim=-1)
        torch.testing.assert_close(found[method], expected)
    factor = torch.tensor([1.0, 1.0, 7.0], dtype=torch.float64)[:, None]
    torch.testing.assert_close(geometry.scaled(grams, 2, 7.0), (gradients * factor) @ (gradients * factor).mT)


def test_unbalanced_gradients_as_bars_dots_and_words():
    grams, gradients = gramians()
    figure = multiobjective.draw_unbalanced(grams, task=2, factor=7.0)
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    lengths = gradients.norm(dim=-1).median(0).values.tolist()
    assert heights == pytest.approx([*lengths, *lengths[:2], 7 * lengths[2]])
    assert len(figure.axes[1].lines) == 3 * 9 + 1  # a pair of dots and its line, and zero
    assert "MNIST × 7" in words_of(figure)
    told = multiobjective.unbalanced_words(grams, task=2, factor=7.0, profile="lab").markdown
    found = geometry.directions(geometry.scaled(grams, 2, 7.0))
    assert f"a cosine of\n{found['averaging'].median(0).values[2]:.2f} with" in told
    assert f"{lengths[1] / lengths[2]:.1f} times" in told
    assert "Kuzushiji-MNIST" in told
    assert "leans to the short gradients" in told
    assert "(`smoke`, one seed)" in multiobjective.unbalanced_words(grams, task=2, factor=7, profile="smoke").markdown
    assert (
        "leans" not in multiobjective.unbalanced_words(grams, task=2, factor=1, profile="lab").markdown
    )  # it stays the shortest


def test_hulls_show_the_weights_of_the_kernel():
    figure = multiobjective.draw_hulls()
    for axes, gradients in zip(figure.axes, geometry.CASES.values(), strict=True):
        vectors = torch.tensor(gradients, dtype=torch.float64)
        weights = min_norm_weights(vectors @ vectors.T)
        shown = axes.texts[-1].get_text()
        assert shown == f"α = {', '.join(f'{weight:.2f}' for weight in weights.tolist())}"
        point = next(line for line in axes.lines if line.get_marker() == "o")
        np.testing.assert_allclose(np.ravel(point.get_data()), (weights @ vectors).numpy(), atol=1e-12)


# ---- solvers and stationarity ----


def solved():
    counts = {"frank_wolfe": [10.0, 30.0, 250.0], "projected": [1.0, 2.0, 3.0]}
    curves = {f"iterations {solver} {arm}": of for solver, of in counts.items() for arm in solvers.PROBLEMS}
    runs = [record(seed, "run", curves=curves) for seed in range(2)]
    return evidence("solvers", {f"{solver}/{arm}": runs for solver in counts for arm in solvers.PROBLEMS})


def test_iterations_as_histograms_that_hold_every_problem():
    figure = multiobjective.draw_iterations(solved())
    for axes in figure.axes:
        lines = [line for line in axes.lines if line.get_linestyle() == ":"]
        assert [line.get_xdata()[0] for line in lines] == [30, 2]  # medians
        for patch in axes.patches[::2]:
            top = patch.get_path().vertices[:, 1].max()
            assert top == pytest.approx(100 / 3)
    told = multiobjective.solver_words(solved()).markdown
    assert "Of 6 problems on parameters, Frank-Wolfe needs a median of 30 iterations" in told
    assert "the projected method 2 (95 % of the problems at most 3)" in told
    assert "cap" not in told
    runs = solved()
    for one in runs.rows["frank_wolfe/separate"]:
        one.metrics["capped"] = 1 / 3
    told = multiobjective.solver_words(runs).markdown
    assert "33.3 % of the problems are stopped at the cap of 250" in told
    assert "the last bar of a histogram holds all of them" in told


def test_shares_over_the_epochs():
    curves = {"share": [0.1, 0.2, 0.4], "share_published": [0.0, 0.0, 0.02], "share_0.5": [0.5, 0.6, 0.7]}
    runs = evidence("stationarity", {"last": [record(seed, "m", curves=curves, tau=0.2) for seed in range(2)]})
    figure = multiobjective.draw_stationary(runs)
    other, relative, published = figure.axes[0].lines
    assert other.get_ydata().tolist() == pytest.approx([50, 60, 70])
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.5"]
    assert relative.get_ydata().tolist() == pytest.approx([10, 20, 40])
    assert published.get_ydata().tolist() == pytest.approx([0, 0, 2])
    assert "0.2 × mean" in words_of(figure)
    told = multiobjective.stationary_words(runs).markdown
    assert "10.0 % in the first epoch and 40.0 % in the last" in told
    assert "2.0 % in the last" in told
    assert "verdict below is on the relative threshold alone" in told


# ---- training ----


def test_losses_and_the_switch_are_drawn():
    figure = multiobjective.draw_training(balancing())
    for axes in figure.axes[:3]:
        lines = {line.get_label(): line for line in axes.lines}
        for row in reading.ROWS:
            line = lines[LABELS[row]]
            assert line.get_color() == COLOURS[row]
            assert line.get_ydata()[-1] == pytest.approx(FINAL[row] + 0.01)  # mean of three seeds
        diamond = next(line for line in axes.lines if line.get_marker() == "D")
        assert diamond.get_xdata().tolist() == [SWITCH]
        assert "PCGrad" not in lines  # no algorithm of the thesis
    times = figure.axes[3].patches
    assert [patch.get_data().values.sum() for patch in times] == pytest.approx(
        [1000 * EPOCHS * STEP[row] for row in ("averaging", "gradnorm", "mgda")] + [4 * 11 + 2 * 18]
    )


def test_the_common_loss_is_reached_by_every_row():
    found = timing.epochs_to_common_loss(balancing())
    assert set(found) == set(FINAL)
    assert found["averaging"] == EPOCHS  # it ends highest
    assert found["mgda"] <= found["hybrid"] <= found["pcgrad"] <= EPOCHS
    fast = evidence("balancing", {
        "averaging": [record(0, "a", curves={f"loss_{task}": [3.0, 2.0, 1.0] for task in TASKS})],
        "mgda": [record(0, "m", curves={f"loss_{task}": [3.0, 0.9, 0.5] for task in TASKS})],
    })  # fmt: skip
    assert timing.epochs_to_common_loss(fast) == {"averaging": 3, "mgda": 2}


def test_time_is_taken_apart():
    rows = {row[0]: row[1:] for row in cells(multiobjective.time_table(balancing(), name="tbl-x").markdown)}
    assert rows["MGDA"][:5] == ["18.0 ± 0.0", "1.80 ± 0.00", "1.80 ± 0.00", "600", "10.8 ± 0.0"]
    assert rows["averaging"][5] == str(EPOCHS)
    assert rows["averaging"][6] == "6.0 ± 0.0"
    told = multiobjective.time_words(balancing(), solver=20e-6).markdown
    assert "a step of MGDA takes 1.80 times as long as one of averaging, of GradNorm 1.10 times, " in told
    assert "of the hybrid 1.33 times" in told
    assert f"averaging {EPOCHS} epochs (6.0 s)" in told
    assert "here averaging on Fashion-MNIST, averaging on Kuzushiji-MNIST, averaging on MNIST" in told
    assert "below 0.01 % of a step" in multiobjective.time_words(balancing(), solver=1e-7).markdown
    assert "20 µs for a shared block on the machine that built this page,\n0.20 % of a step" in told
    assert f"after epoch {SWITCH}" in told
    shared = balancing(study="balancing-shared")
    shared.rows["mgda_parameters"] = [record(0, "m", {"slowdown": 2.1})]
    told = multiobjective.time_words(shared, solver=20e-6).markdown
    assert "its step takes, in turns, 2.10 times as long" in told
    assert "a step of MGDA takes 1.80 times" in told
    nothing = multiobjective.time_words(evidence("balancing", {}), solver=1e-5).markdown
    assert "no runs yet" in nothing


def test_the_two_ratios_of_time_are_two_measurements():
    runs = balancing()
    for seed, one in enumerate(runs.rows["mgda"]):
        one.metrics.update(step_seconds=0.010 * (1.5 + seed / 10), slowdown=2.0)
    rows = {row[0]: row[1:] for row in cells(multiobjective.time_table(runs, name="tbl-x").markdown)}
    assert rows["MGDA"][1:3] == ["1.60 ± 0.10", "2.00 ± 0.00"]
    assert "MGDA takes 1.60 times as long as averaging, in turns 2.00" in (
        multiobjective.time_words(runs, solver=1e-5).markdown
    )
    assert timing.whole_ratios(evidence("balancing", {"mgda": runs.rows["mgda"]}), "mgda") == []


def test_times_say_by_which_clock_and_curves_of_how_many_images():
    runs = balancing()
    assert "process time" in multiobjective.time_table(runs, name="tbl-x").markdown
    assert "images" not in multiobjective.draw_training(runs).axes[0].get_ylabel()
    for one in runs.records:
        one.config.update(curve_images=500, test_images=2_000)
        one.provenance["device"] = "some GPU"
    told = multiobjective.time_table(runs, name="tbl-x").markdown
    assert "on the wall on a GPU" in told
    assert "first 500 test images" in told
    assert "first 500 test images" in multiobjective.draw_training(runs).axes[0].get_ylabel()
    assert "on 2,000 test images" in multiobjective.quality_table(runs, name="tbl-x", about="Here:").markdown
    assert "on the first 500" in multiobjective.quality_words(runs).markdown


def test_a_switch_at_the_cap_is_told():
    runs = balancing()
    assert "allowed" not in timing.switch_words(runs)
    for one in runs.rows["hybrid"][:2]:
        one.config["switch_by"] = SWITCH
    assert "in 2 of 3 runs in the last epoch that it was allowed" in timing.switch_words(runs)
    assert "(median, in 2 of 3 runs in the last epoch allowed)" in multiobjective.headline({"balancing": runs}).markdown


def test_quality_has_every_row_and_task():
    shown = cells(multiobjective.quality_table(balancing(), name="tbl-x", about="Here:").markdown)
    accuracy = shown[3 : 3 + len(FINAL)]
    assert [row[0] for row in accuracy] == [LABELS[row] for row in FINAL]
    assert accuracy[0][1:] == ["79.50 ± 0.50"] * 4  # the last is their mean
    assert shown[-3][0] == LABELS["mgda"]
    assert shown[-3][1] == "0.2100 ± 0.0100"


def test_this_run_stands_below_the_recorded_ones():
    runs, lab = balancing(), balancing(profile="lab", seeds=2)
    options = {"name": "tbl-x", "about": "Here:"}
    assert "dropdown" not in multiobjective.quality_table(runs, this_run=runs, **options).markdown
    folded = multiobjective.quality_table(runs, this_run=lab, **options).markdown
    assert "{dropdown} The same of this run (lab · real · 2 seeds)" in folded
    assert ":name: tbl-x-own" in folded
    opened = multiobjective.quality_table(runs, this_run=lab, opened=True, **options).markdown
    assert "dropdown" not in opened
    assert "This run. Here: lab runs" in opened


OWN = {"profile": "lab", "source": "auto", "variant": "corrected", "alpha": 1.0, "tau": 0.3, "epochs": None}


def test_changed_parameters_are_those_that_the_page_does_not_declare():
    declared = parameters.of_page("chapters/multiobjective")
    defaults = {name: one.default for name, one in declared.items()}
    assert multiobjective.changed(OWN, defaults) == {}
    assert multiobjective.changed(OWN | {"alpha": 3.0, "epochs": 7}, defaults) == {"alpha": 3.0, "epochs": 7}
    assert OWN["alpha"] == balancing_grids.Config.alpha
    assert OWN["tau"] == balancing_grids.Config.tau


@pytest.mark.parametrize(
    ("study", "changed", "own"),
    [
        ("balancing", {}, False),
        ("balancing", {"alpha": 3.0}, True),
        ("stationarity", {"tau": 0.1}, True),
        ("stress", {"tau": 0.1}, False),
        ("stress", {"variant": "paper"}, True),
    ],
)
def test_figures_show_this_run_where_its_parameters_were_changed(study, changed, own):
    runs, lab = balancing(study=study), balancing(study=study, profile="lab")
    seen = multiobjective.shown(study, runs, lambda _: lab, changed)
    assert seen is (lab if own else runs)
    told = multiobjective.which(seen, runs, changed).markdown
    assert told.startswith("Shown: this run (lab" if own else "Shown: the recorded runs (desk")
    assert all(f"`{name}` is `{value}`" in told for name, value in changed.items()) or not own
    assert multiobjective.shown(study, None, lambda _: lab, {}) is lab
    assert "because nothing is recorded" in multiobjective.which(lab, None, {}).markdown


def test_the_hybrid_against_mgda_with_signs_and_intervals():
    runs = balancing()
    for one, gap in zip(runs.rows["hybrid"], (0.020, 0.021, 0.022), strict=True):
        one.metrics["accuracy_kmnist"] = runs.rows["mgda"][one.seed].metrics["accuracy_kmnist"] + gap
    for one, gap in zip(runs.rows["hybrid"], (-0.01, 0.0, 0.01), strict=True):
        one.metrics["accuracy_mnist"] = runs.rows["mgda"][one.seed].metrics["accuracy_mnist"] + gap
    told = quality.hybrid_words(runs)
    assert "Fashion-MNIST −2.50 [−2.50, −2.50], Kuzushiji-MNIST +2.10 [+1.85, +2.35]" in told.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "the hybrid is better on Kuzushiji-MNIST; MGDA is better on Fashion-MNIST" in told
    assert "no difference is shown on MNIST" in told
    assert quality.hybrid_words(evidence("balancing", {})) == ""


def test_the_shared_input_gets_verdicts_of_its_own():
    told = multiobjective.shared_verdicts(balancing(study="balancing-shared")).markdown
    assert told.count("\n- ") == 5
    assert "faster than MGDA (no figure is given; we ask only for less time). <span" in told
    assert "clearly differs" in told


def test_who_is_best_and_worst_is_settled_by_intervals():
    runs = balancing()
    assert words.ends(runs) == (["mgda"], ["averaging"])
    lead = multiobjective.headline({"balancing": runs}).markdown.split("\n- ")[0]
    assert "The hybrid trains faster than MGDA. Of its four algorithms MGDA recognises best on average" in lead
    for one, gap in zip(runs.rows["hybrid"], (-0.01, 0.0, 0.01), strict=True):
        scores = {f"accuracy_{task}": runs.rows["mgda"][one.seed].metrics[f"accuracy_{task}"] + gap for task in TASKS}
        one.metrics.update(scores)
    assert sorted(words.ends(runs)[0]) == ["hybrid", "mgda"]
    for row in reading.ROWS:
        for one in runs.rows[row]:
            one.metrics.update({f"accuracy_{task}": 0.8 for task in TASKS})
    assert words.ends(runs) == ([], [])
    assert words.ends(evidence("balancing", {})) == ([], [])


@pytest.mark.parametrize(
    ("seconds", "slowdown", "told"),
    [
        ([9.0, 9.1, 9.0], 1.8, "The hybrid trains faster than MGDA."),
        ([11.9, 12.1, 12.0], 1.02, "The hybrid is slower than MGDA here: a step of MGDA costs hardly more"),
        ([10.0, 13.0, 10.0], 1.02, "The hybrid is not seen to train faster than MGDA: a step of MGDA costs"),
        ([8.0, 11.0, 10.0], 1.8, "The hybrid may train faster than MGDA, but the seeds do not settle it."),
    ],
)
def test_the_lead_takes_its_words_from_the_verdict(seconds, slowdown, told):
    runs = balancing()
    for hybrid, mgda, value, own in zip(
        runs.rows["hybrid"], runs.rows["mgda"], seconds, (10.8, 10.8, 10.8), strict=True
    ):
        hybrid.metrics["seconds"], mgda.metrics["seconds"], mgda.metrics["slowdown"] = value, own, slowdown
    assert told in multiobjective.headline({"balancing": runs}).markdown


def test_who_ends_where_and_whom_mgda_favours():
    runs = balancing()
    for one in runs.rows["mgda"]:
        one.curves.update({"weight_fashion": [0.2, 0.2], "weight_kmnist": [0.1, 0.3], "weight_mnist": [0.7, 0.5]})
    told = multiobjective.quality_words(runs).markdown
    assert told.startswith("Of the thesis's own algorithms, on Fashion-MNIST MGDA has the lowest loss and averaging")
    assert "come in the order MGDA 89.50 %, hybrid 87.00 %, GradNorm 84.50 %, averaging 79.50 %" in told
    assert "Fashion-MNIST 0.20, Kuzushiji-MNIST 0.20, MNIST 0.60." in told
    lessons = multiobjective.lessons({"balancing": runs}).markdown
    assert "MNIST gets a coefficient of 0.60" in lessons
    assert "too few runs" in multiobjective.quality_words(evidence("balancing", {})).markdown


def test_a_hybrid_that_never_changes_has_no_diamond():
    runs = balancing()
    for one in runs.rows["hybrid"]:
        del one.metrics["switch_epoch"]
    assert reading.switch_of(runs, "hybrid") is None
    figure = multiobjective.draw_training(runs)
    assert not [line for line in figure.axes[0].lines if line.get_marker() == "D"]
    assert "never changes" in multiobjective.time_words(runs, solver=1e-5).markdown


# ---- images ----


def test_a_mosaic_holds_every_image_in_its_place():
    images = torch.arange(1, 6).float()[:, None, None, None].expand(5, 1, 3, 3)
    whole = samples.mosaic(images, 2)
    assert whole.shape == (13, 8)
    assert whole[:3, :3].unique().tolist() == [1]
    assert whole[5:8, 5:8].unique().tolist() == [4]
    assert whole[3:5].unique().tolist() == [0]
    assert whole[10:, 5:].unique().tolist() == [0]


def test_samples_and_channel_are_shown():
    images = {task: torch.rand(4, 1, 28, 28) for task in TASKS}
    figure = multiobjective.draw_samples(images, torch.rand(4, 1, 28, 28), columns=2)
    assert [axes.get_title() for axes in figure.axes] == [*(LABELS[task] for task in TASKS), "shared input"]
    assert all(len(axes.images) == 1 for axes in figure.axes)
    one, nine = torch.rand(1, 28, 28), torch.rand(9, 1, 28, 28)
    seen = Channel(7, one, one, nine, nine, ("mnist",) * 5 + ("kmnist",) * 4, (-2.0, 3.0), (-4.0, 8.5))
    figure = multiobjective.draw_channel(seen)
    assert [axes.images[0].get_array().shape[0] for axes in figure.axes] == [28, 88, 88, 28]
    told = multiobjective.channel_words(seen, "desk").markdown
    assert "fig-tran-2` (`desk`, one seed), channel 7" in told
    assert "8.5" in told
    assert "Of the 9 images that excite it most, 5 are of MNIST." in told


# ---- settings ----


def test_the_grid_says_what_each_row_does():
    shown = report.grid_table(balancing_grids.separate("smoke", "twin", 2, "corrected")).markdown
    rows = {row[0]: row for row in cells(shown)}
    assert rows[""][1] == "one gradient by"
    assert rows["averaging"][1] == "equal weights"
    assert rows["hybrid"][1] == "GradNorm, then the shortest vector"
    assert "the second phase begins: 1 epoch without progress on held-out images" in shown
    assert "learning rate: 0.01" in shown
    assert "gradients compared at the: parameters" in shown
    published = report.grid_table(balancing_grids.shared("smoke", "twin", 1, "code")).markdown
    assert "mean of normalised gradients, then the shortest vector" in published
    assert "tensor, gradients divided by loss+" in published
    both = report.grid_table(balancing_grids.shared("smoke", "twin", 1, "corrected")).markdown
    assert {row[2] for row in cells(both)[2:]} == {"–", "parameters", "shared representation"}


def test_inputs_are_drawn_once_and_three_times():
    figure = multiobjective.draw_inputs()
    names = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert names[0].count("trunk") == 1
    assert names[1].count("trunk") == 3


def test_refusals_are_the_packages_own_words():
    told = multiobjective.refusals().markdown
    assert told.count("\n") == 2
    assert "block 1 has 3 outputs" in told
    assert told.count("no common output") == 2


def test_data_in_words():
    told = multiobjective.data_words(balancing()).markdown
    assert "below (desk): made up." in told
    assert f"batches of 64 of each set, {EPOCHS} epochs" in told
    assert "learning rate 0.01 (the thesis: 0.001)" in told


# ---- words ----


def test_the_headline_computes_verdicts_and_numbers():
    told = multiobjective.headline({"balancing": balancing()}).markdown
    assert f"6 epochs, 3 seeds) it changes to MGDA after epoch {SWITCH} (median)" in told
    assert "Fashion-MNIST −2.50 [" in told  # 0.25 - 0.20, halved
    assert "MGDA is better on Fashion-MNIST, Kuzushiji-MNIST and MNIST" in told
    assert "Equal on all three (within 0.5 points)" in told
    assert re.search(r"74 % of the time of MGDA", told)
    assert "takes 1.80 times as long" in told
    quality = measures.judged(reading.SHORT, {"balancing": balancing()})["hybrid-quality"].verdict
    assert report.multiobjective.words.badge(quality) in told
    assert "The search" not in told  # no runs of it


def test_the_headline_of_nothing_still_counts_claims():
    told = multiobjective.headline({}).markdown
    assert "The hybrid" not in told
    assert "15" in told


def test_lessons_carry_verdicts():
    told = multiobjective.lessons({"balancing": balancing()}).markdown
    assert told.count("\n- ") == 4
    assert "clearly differs" in told
    assert "not testable here" in told


def test_variants_beside_each_other(monkeypatch):
    known = {"code": balancing(variant="code", seeds=2)}
    monkeypatch.setattr(recipes, "recorded", lambda short, study, *, variant: known.get(variant))
    shown = cells(multiobjective.variants(balancing(profile="lab")).markdown)
    assert shown[0] == ["", "as published · desk · real · 2 seeds", "this run, corrected · lab · real · 3 seeds"]
    assert [row[0] for row in shown[2:]] == [LABELS[row] for row in reading.ROWS]
    assert shown[2][2] == "79.50 ± 0.50"
    assert all(math.isfinite(float(row[1].split(" ")[0])) for row in shown[2:])
    assert "same runs" not in multiobjective.variants(balancing(profile="lab")).markdown
    known["corrected"] = known["paper"] = balancing()
    assert "same runs: averaging, GradNorm, MGDA, hybrid." in multiobjective.variants(balancing(profile="lab")).markdown
    del known["corrected"], known["paper"]
    known["code"].rows["hybrid"].pop()
    shown = {row[0]: row for row in cells(multiobjective.variants(balancing(profile="lab")).markdown)}
    assert [shown[LABELS[row]][1].endswith("(1)") for row in reading.ROWS] == [False, False, False, True]


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.85), (0.98, 1.4), (0.1, 0.5), (0.02, 2.3)])
def test_a_logarithmic_axis_has_numbers_whatever_it_spans(low, high):
    axes = plt.figure().add_subplot()
    axes.plot([1, 2], [high, low])
    training._log_axis(axes)
    labels = [float(label.get_text()) for label in axes.get_yticklabels()]
    assert 3 <= len(labels) <= 10
    assert labels == pytest.approx(axes.get_yticks().tolist())
