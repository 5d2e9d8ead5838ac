"""The chapter on directional and random pruning: figures draw, and sentences say, what the evidence holds."""

from __future__ import annotations

import math
import re
import statistics

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import torch

from mtlcore import claims, recipes, report
from mtlcore.claims import Verdict
from mtlcore.kernels import genetic
from mtlcore.kernels.angles import pairwise_angles
from mtlcore.nets.two_task import TwoTask
from mtlcore.recipes import Evidence, ge
from mtlcore.recipes.ge import features, inspection, removal
from mtlcore.recipes.ge.config import Config
from mtlcore.report import directional
from mtlcore.report.directional import angles, evidence, noise
from mtlcore.report.figures import COLOURS
from mtlcore.report.verdicts import badge
from mtlcore.results import Record

THRESHOLDS = [*(f"nb-{angle}" for angle in evidence.ANGLES), *(f"wm-{angle}" for angle in evidence.ANGLES)]
TECHNIQUES = ("baseline", "dropout", "neuron-behaviour", "weight-matrix")
EPOCHS = 6
HERE = "one network of this run (lab, seed 0)"
TINY = {
    "source": "twin",
    "kept": 40,
    "train_samples": 96,
    "val_samples": 64,
    "test_samples": 64,
    "selection_samples": 96,
    "generations": 5,
    "epochs": 2,
    "batch_size": 32,
    "lr": 0.05,
}
SEARCHED = Config(seed=0, **TINY)


@pytest.fixture(autouse=True)
def closed_figures():
    with mpl.rc_context():
        report.style()
        yield
    plt.close("all")


def run(seed, row, pruned=0.0, pretraining=None, **metrics):
    """A record with the measures of a run that draws or tells something."""
    level = {"accuracy_t1": 30.0 + seed / 10, "accuracy_t2": 50.0 - seed / 5}
    rest = {"neurons_pruned": pruned, "loss_gap": 0.1, "loss_jump": 0.02 * bool(pruned), "time": 2.0, "rate": 0.0}
    config = {
        **{"seed": seed, "source": "twin", "row": row, "epochs": EPOCHS, "train_samples": 96, "lr": 0.02},
        "pretraining": pretraining,
    }
    falling = [2.0 - epoch / 10 for epoch in range(EPOCHS)]
    curves = {
        **dict.fromkeys(("loss", "val_loss", "val_loss_type", "val_loss_colour"), falling),
        "alive": [128.0] * 3 + [128.0 - pruned] * 3,
    }
    provenance = {"device": "cpu", "seconds": 1.0, "data": "a twin"}
    return Record(f"{row}{seed}", "ge", config, {**level, **rest, **metrics}, curves, provenance)


def study(rows, name="table-2", seeds=3, source="twin", variant="corrected"):
    """Evidence of rows -> settings of `run`."""
    found = {row: [run(seed, row, **given) for seed in range(seeds)] for row, given in rows.items()}
    return Evidence("ge", name, "lab", source, variant, found)


def table_2(**given):
    return study(dict.fromkeys(THRESHOLDS, given) | {"baseline": {}})


def cells(markdown):
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def labels(figure):
    """Every text of a figure."""
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text()]


def one_line(block):
    return " ".join(block.markdown.split())


@pytest.fixture(scope="module")
def network():
    return inspection.trained(Config(seed=0, **TINY))


@pytest.fixture(scope="module")
def search():
    return features.search(Config(seed=0, **TINY))


# what is read out of runs


def test_differences_are_paired_by_seed():
    found = study({"a": {}, "b": {}})
    found.rows["b"].pop(1)
    for record in found.rows["b"]:
        record.metrics["accuracy_t1"] -= 2 + record.seed
    assert evidence.paired(found, "a", "b", "accuracy_t1") == pytest.approx([2.0, 4.0])
    assert evidence.paired(found, "a", "nowhere", "accuracy_t1") == []
    mean, low, high = claims.interval([2.0, 4.0])
    assert evidence.gap(found, "a", "b", "accuracy_t1") == f"+{mean:.2f} [−{-low:.2f}, +{high:.2f}]"
    assert evidence.gap(found, "a", "nowhere", "accuracy_t1") == ""
    assert evidence.gap(found, "a", "a", "accuracy_t1") == "+0.00"


def test_studies_are_merged_the_first_going_before():
    one, other = study({"a": {"pruned": 1.0}}), study({"a": {"pruned": 2.0}, "b": {}})
    merged = directional.merged(one, other)
    assert set(merged.rows) == {"a", "b"}
    assert merged.rows["a"] == one.rows["a"]
    for odd in (study({"b": {}}, source="real"), study({"b": {}}, variant="paper")):
        assert set(directional.merged(one, odd).rows) == {"a"}  # never a baseline of one origin and a row of another


def test_a_recording_under_way_is_not_shown_as_the_result():
    found = study({"a": {}, "b": {}})
    assert directional.whole(found) is found
    found.rows["b"].pop()
    assert directional.whole(found) is directional.whole(None) is None


def test_weight_matrix_that_prunes_nothing_is_named_for_what_it_is():
    assert "twice as long" in evidence.repeats_baseline(table_2())
    assert "interrupted" in evidence.repeats_baseline(table_2(pretraining=3))
    assert evidence.repeats_baseline(table_2(pruned=1.0)) == evidence.repeats_baseline(None) == ""


# pictures of ideas


def test_sharing_shows_the_parameters_of_the_module_itself():
    net = TwoTask(40, hidden=(16, 8))
    shown = " ".join(labels(directional.draw_sharing(net)))
    for module in (net.first, net.heads[0], net.heads[1]):
        assert f"{module.out_features}" in shown
    first = sum(p.numel() for part in (net.first, net.first_norm) for p in part.parameters())
    assert f"{first:,} parameters" in shown
    assert f"{sum(p.numel() for p in net.parameters()):,} parameters" in one_line(directional.network_words(net))


def test_idea_shows_angles_from_both_places_as_the_kernel_has_them():
    from mtlcore.report.directional.ideas import MIDDLE, OUTPUTS, PATTERNS

    shown = " ".join(labels(directional.draw_angles()))
    points = OUTPUTS[:, PATTERNS]
    for center in (0.0, MIDDLE):
        found = pairwise_angles(points, center=center)
        assert f"a, b: {float(found[0, 1]):.0f}°" in shown
        assert f"a, c: {float(found[0, 2]):.0f}°" in shown
    assert float(pairwise_angles(points, center=MIDDLE)[0, 1]) < 15
    assert float(pairwise_angles(points, center=MIDDLE)[0, 2]) > 165
    assert float(pairwise_angles(OUTPUTS).max()) < 90


# angles


def test_pairs_are_counted_on_both_sides():
    assert angles.counts(torch.tensor([3.0, 14.9, 15.1, 90.0, 166.0]), 15.0) == (2, 1)


def test_histograms_show_all_pairs_and_the_zones(network):
    found = inspection.angles(network)
    figure = directional.draw_histograms(found, 20.0)
    for axes, values in zip(figure.axes, found.values(), strict=True):
        bars = [patch for patch in axes.patches if patch.get_width() == pytest.approx(3)]
        assert sum(bar.get_height() for bar in bars) == len(values)
        near, far = angles.counts(values, 20.0)
        assert {f"{near:,}\nsimilar", f"{far:,}\ncomplementary"} <= {text.get_text() for text in axes.texts}


def test_behaviour_is_never_opposite_from_the_origin(network):
    found = inspection.angles(network)
    assert float(found["origin"].max()) <= 90
    assert float(found["centre"].max()) > 90
    assert len(found["incoming"]) == 128 * 127 / 2
    weights = network.net.second.weight.detach()
    upper = torch.ones(128, 128, dtype=torch.bool).triu(1)
    torch.testing.assert_close(found["incoming"], pairwise_angles(weights)[upper], atol=1e-3, rtol=0)


def test_angle_words_tell_what_a_threshold_finds():
    flat = {"origin": [20.0, 40.0], "centre": [10.0, 170.0], "incoming": [80.0, 95.0]}
    told = one_line(directional.angle_words({name: torch.tensor(values) for name, values in flat.items()}, 15.0, HERE))
    assert HERE in told
    assert "No unit is dead or constant" in told
    assert "Table 2" not in told
    assert "no angle exceeds 40°" in told
    assert "dead as written" in told
    assert "at 30° 50 % of all pairs" in told
    assert "finds 1 similar and 1 complementary of 2 pairs" in told
    assert "finds nothing, and in this network none below 80° would" in told
    signed = {**flat, "origin": [20.0, 130.0]}
    told = one_line(directional.angle_words({name: torch.tensor(values) for name, values in signed.items()}, 15.0))
    assert "dead as written" not in told


def test_angle_words_count_pairs_without_an_angle_and_name_other_networks():
    found = {name: torch.tensor([20.0, math.nan, 40.0]) for name in angles.TITLES}
    found["incoming"] = torch.tensor([80.0, 85.0, 95.0])
    runs = study({f"nb-{angle}": {"pruned": float(angle == 30)} for angle in evidence.ANGLES} | {"wm-15": {}})
    told = one_line(directional.angle_words(found, 15.0, HERE, runs))
    assert f"{angles.TITLES['origin']}, 1 of 3" in told
    assert f"{angles.TITLES['incoming']}, " not in told
    assert "Neuron Behaviour removes units at 30°, Weight Matrix removes none" in told
    drawn = directional.draw_histograms(found, 15.0, HERE)
    assert HERE in labels(drawn)
    none = {name: torch.tensor([math.nan]) for name in found}
    assert "too few units" in one_line(directional.angle_words(none, 15.0))


# the features


def test_generations_draw_both_searches_and_the_drift(search):
    fitness, kept = directional.draw_generations(search, SEARCHED).axes
    assert len(fitness.lines) == 4
    assert fitness.lines[0].get_ydata().tolist() == search.repaired.best.tolist()
    assert kept.lines[0].get_ydata() == pytest.approx(search.kept.double().mean(1).tolist())
    told = one_line(directional.search_words(search, SEARCHED))
    assert f"{100 * (search.exchanged / float(search.random.mean()) - 1):.1f} %" in told
    assert f"keeps {int(search.drifting.selected.sum()):,} features, not {TINY['kept']:,}" in told


def test_counts_of_a_population_are_those_of_the_search(search):
    """The search itself returns the counts of its best individual alone; they must be among those of its generation."""
    assert search.kept.shape == (TINY["generations"] + 1, 20)
    assert set(search.kept[0].tolist()) == {TINY["kept"]}
    best = int(search.drifting.best.argmax())
    assert int(search.drifting.selected.sum()) in search.kept[best].tolist()
    assert int(search.repaired.selected.sum()) == TINY["kept"]


def test_exchange_reaches_the_heaviest_cut_of_a_small_graph():
    generator = torch.Generator().manual_seed(1)
    points = torch.rand(10, 3, generator=generator, dtype=torch.float64)
    distance = torch.cdist(points, points)
    every = torch.tensor([[bool(number >> bit & 1) for bit in range(10)] for number in range(1024)])
    half = every[every.sum(1) == 5]
    heaviest = float(features.fitness(distance, half, 5).max())
    found = [features.exchange(distance, start) for start in half[::25]]
    assert all(int(one.sum()) == 5 for one in found)
    reached = [float(features.fitness(distance, one[None], 5)) for one in found]
    started = features.fitness(distance, half[::25], 5).tolist()
    assert all(after >= before - 1e-12 for after, before in zip(reached, started, strict=True))
    assert max(reached) == pytest.approx(heaviest)


def test_fitness_is_that_of_the_kernel(search):
    distance = features.preparation.distances("twin", TINY["selection_samples"])
    mine = features.fitness(distance, search.repaired.selected[None], TINY["kept"])
    assert float(mine) == pytest.approx(search.repaired.fitness)


def test_fitness_puts_copies_on_one_side():
    values = torch.rand(40, 12, generator=torch.Generator().manual_seed(0)).repeat(1, 2)  # every feature twice
    distance = genetic.feature_distances(values)
    start = torch.arange(24) < 12  # every copy is separated
    found = features.exchange(distance, start)
    assert features._together(distance, start[None]) == 0
    assert features._together(distance, found[None]) > 0.6


def test_redundancy_finds_copies_and_directions():
    found = features.redundancy(Config(seed=0, **TINY))
    values = features._normalised(Config(seed=0, **TINY)).double()
    correlation = torch.corrcoef(values.T).nan_to_num()
    expected = correlation.fill_diagonal_(-1).amax(1)
    torch.testing.assert_close(found.nearest, expected.clamp(min=0), atol=1e-6, rtol=0)
    variances = torch.linalg.svdvals(values - values.mean(0)).square()
    count = int((variances.cumsum(0) / variances.sum() < 0.9).sum()) + 1
    assert found.components(0.9) == count
    histogram, explained = directional.draw_redundancy(found, SEARCHED).axes
    assert sum(bar.get_height() for bar in histogram.patches) == len(found.nearest)
    assert f"{count:,} for 90 %" in " ".join(text.get_text() for text in explained.texts)
    assert f"{count:,} directions hold 90 %" in one_line(directional.redundancy_words(found, SEARCHED))


def test_selection_is_told_by_seed():
    found = study({"chosen": {}, "random-half": {"accuracy_t1": 29.0}, "all-features": {}}, "selection")
    rows = cells(directional.selection_table(found).markdown)
    assert [row[0] for row in rows[2:]] == ["half, by the genetic algorithm", "half, at random", "all features"]
    told = one_line(directional.selection_words(found))
    assert evidence.gap(found, "chosen", "random-half", "accuracy_t1") in told
    assert "against all features: +0.00 points on type" in told
    found.rows.pop("all-features")
    assert "all features" not in one_line(directional.selection_words(found))


# training


def test_losses_are_drawn_and_told():
    found = study({"chosen": {}}, "table-1")
    both, each = directional.draw_losses(found).axes
    assert len(both.lines) == len(each.lines) == 2
    assert "both tasks together only" in one_line(directional.losses_words(found))
    for record in found.rows["chosen"]:
        record.curves.update({f"loss_{task}": record.curves["loss"] for task in ("type", "colour")})
    assert len(directional.draw_losses(found).axes[1].lines) == 4
    assert "both tasks together only" not in one_line(directional.losses_words(found))
    assert {line.get_color() for line in each.lines} == {COLOURS["type"], COLOURS["colour"]}
    assert "still falls (−0.100 nats)" in one_line(directional.losses_words(found))
    assert "+0.100 nats from the training loss" in one_line(directional.losses_words(found))


def test_jumps_shade_the_middle_third_and_count_units():
    found = study({"nb-15": {}, "nb-30": {"pruned": 40.0}}, "loss-jump")
    figure = directional.draw_jumps(found, table_2())
    assert len(figure.axes) == 4
    units = figure.axes[3]
    assert units.lines[0].get_ydata().tolist() == [128] * 3 + [88] * 3
    third = units.patches[0]
    assert (third.get_x(), third.get_x() + third.get_width()) == (2.5, 4.5)
    assert "validation, baseline" in labels(figure)
    found.rows["nb-origin"] = [run(seed, "nb-origin", pruned=80.0) for seed in range(3)]
    assert len(directional.draw_jumps(found).axes) == 6
    found.rows["nb-origin"] = found.rows["nb-30"]  # as written they are the same runs
    assert len(directional.draw_jumps(found).axes) == 4
    told = one_line(directional.jump_words(found))
    assert "At 15° nothing is pruned" in told
    assert "by +0.020 nats on average, and 40 units" in told
    found = study({"nb-30": {"pruned": 40.0}}, "loss-jump")
    found.rows["nb-30"][0].metrics.pop("loss_jump")
    assert "by +0.020 nats (mean of 2 of 3 runs;" in one_line(directional.jump_words(found))
    for record in found.rows["nb-30"]:
        record.metrics.pop("loss_jump", None)
    assert "no run has measured" in one_line(directional.jump_words(found))


def test_units_removed_are_told_by_method():
    rows = {f"nb-{angle}": {"pruned": float(angle)} for angle in evidence.ANGLES}
    told = one_line(directional.pruned_words(study(rows | {f"wm-{angle}": {} for angle in evidence.ANGLES})))
    assert "Neuron Behaviour removes 15, 20, 25, 30 units" in told
    assert "Weight Matrix removes no units" in told
    assert "does not gain by pruning" in told
    assert "may have compared other vectors" in told
    assert "no angle and stay" not in told
    assert "does not gain" not in one_line(directional.pruned_words(table_2(pruned=3.0)))
    counted = table_2(pruned=3.0, units_undefined=2.0)
    assert "met at most 2 in a run (24 runs counted them)" in one_line(directional.pruned_words(counted))


# chance


def test_the_documents_own_repetitions():
    assert sorted(noise.repetitions()) == pytest.approx([0.1, 1.0, 1.7, 1.7])
    printed = noise.printed_differences()
    assert printed["wm-15"] == pytest.approx({"accuracy_t1": 2.0, "accuracy_t2": 3.5})
    assert printed["dropout-r50"] == pytest.approx({"accuracy_t1": 1.4, "accuracy_t2": 1.5})
    small = [value for row in printed.values() for value in row.values() if abs(value) < 1.7001]
    assert noise.within_repetitions() == (len(small), 20)


def test_chance_of_the_images_is_what_draws_of_them_give():
    generator = torch.Generator().manual_seed(0)
    images, share = 2_000, 0.4
    drawn = torch.binomial(torch.full((2, 20_000), float(images)), torch.tensor(share), generator=generator)
    differences = 100 * (drawn[0] - drawn[1]).abs() / images
    assert float(differences.quantile(0.95)) == pytest.approx(noise.chance(100 * share, images), rel=0.03)


def test_spread_over_seeds_is_pooled_and_counts_a_run_once():
    found = study({"a": {}, "b": {}, "same": {}})
    for record in found.rows["b"]:
        record.metrics["accuracy_t1"] = 10.0 * record.seed
    found.rows["same"] = found.rows["b"]
    variances = [statistics.variance([0.0, 0.1, 0.2]), statistics.variance([0.0, 10.0, 20.0])]
    assert noise.seed_sd(found, "accuracy_t1") == pytest.approx(math.sqrt(statistics.fmean(variances)))
    assert noise.seed_sd(study({"a": {}}, seeds=1), "accuracy_t1") is None


def test_noise_keeps_the_documents_numbers_and_ours_apart():
    figure = directional.draw_noise(table_2())
    paper, ours = figure.axes
    assert not paper.get_shared_x_axes().joined(paper, ours)
    drawn = [float(line.get_xdata()[0]) for line in paper.lines if line.get_marker() in ("o", "s")]
    printed = noise.printed_differences()
    assert sorted(drawn) == pytest.approx(sorted(value for row in THRESHOLDS for value in printed[row].values()))
    assert "twin" in ours.get_title()
    told = one_line(directional.noise_words(table_2()))
    assert ".." not in told
    assert f"{noise.seed_sd(table_2(), 'accuracy_t2'):.2f} points on colour" in told
    assert len(paper.patches) == len(ours.patches) == 2  # chance, a band a task
    assert [patch.get_width() for patch in ours.patches] == pytest.approx(
        [2 * noise.between_runs(noise.seed_sd(table_2(), name)) for name in evidence.TASKS]
    )
    assert "intervals of" not in told  # every row is the baseline again
    assert "one seed cannot say" in one_line(directional.noise_words(study({"baseline": {}}, seeds=1)))


def test_intervals_are_of_rows_that_differ_and_of_each_task():
    found = table_2()
    for row, spread in (("nb-25", 0.1), ("nb-30", 0.2), ("wm-15", 0.2)):
        for record in found.rows[row]:
            record.metrics["accuracy_t1"] += spread * record.seed
    _, low, high = claims.interval([0.0, 0.1, 0.2])
    assert noise.half_widths(found, "accuracy_t1") == pytest.approx([(high - low) / 2, high - low])
    assert noise.half_widths(found, "accuracy_t2") == []
    told = one_line(directional.noise_words(found))
    assert f"intervals of ±{0.75 * (high - low):.2f} points on type in the median" in told


# removal


def test_taking_units_out_begins_where_training_ended(network):
    shares = [0.0, 0.25, 0.5]
    found = removal.directions(network, shares, draws=3)
    with torch.no_grad():
        hidden = network.net.behaviour(network.sets["val"].features)
    before = removal._loss(network.net, hidden, network.sets["val"])
    for losses in found.values():
        assert losses.shape[-1] == 3
        assert losses[..., 0].reshape(-1).tolist() == pytest.approx([before] * losses[..., 0].numel())
    axes = directional.draw_directions(found, shares).axes[0]
    assert len(axes.lines) == len(found)
    told = one_line(directional.direction_words(found, shares, HERE))
    assert f"In {HERE}, with 50 % of the units gone" in told
    found["projected"][-1] = found["behaviour"][-1] + 1
    assert "does worse than plain addition" in one_line(directional.direction_words(found, shares))


def test_removal_keeps_outputs_and_sheds_parameters(network):
    found = removal.removals(network, (0.25, 0.5), batch=16, rounds=2)
    every, plain, *others = found
    assert every.parameters > plain.parameters == sum(p.numel() for p in network.net.parameters())
    masked, removed = others[::2], others[1::2]
    for one, other, rate in zip(masked, removed, (0.25, 0.5), strict=True):
        assert one.units == other.units == 128 - round(128 * rate)
        assert one.parameters == plain.parameters > other.parameters
        assert other.difference < 1e-6
        assert math.isnan(one.difference)
    rows = cells(directional.removal_table(found).markdown)
    assert len(rows) == 2 + len(found)
    told = one_line(directional.removal_words(found))
    assert f"{100 * removed[-1].parameters / plain.parameters:.0f} % of the parameters" in told


# first and last words


def everything(**given):
    runs = {name: study({row: {} for row in TECHNIQUES}, name) for name in ("table-4", "overfitting")}
    runs |= {name: table_2(**given) for name in ("table-2", "thresholds")}
    runs["selection"] = study({"chosen": {}, "random-half": {}, "all-features": {}}, "selection")
    runs["alternatives"] = study({"baseline": {}, "baseline-twice": {"accuracy_t1": 33.0}, "wm-15": {}}, "alternatives")
    return {name: runs.get(name) for name in ge.STUDIES}


def removed(behaviour=2.1):
    """What taking out half of the units costs, as made up."""
    found = {name: torch.tensor([2.0, behaviour]) for name in ("behaviour", "projected", "weights")}
    return found | {name: torch.tensor([[2.0, 2.25], [2.0, 2.35]]) for name in ("random", "pairs")}


def headline(runs, behaviour=2.1):
    return directional.headline(runs, removed(behaviour), [0.0, 0.5], HERE).markdown


def test_headline_says_where_from_what_and_how_many():
    told = headline(everything())
    assert told.startswith("``````{admonition} The result")
    assert "The VehicleX features are not at hand" in told
    assert "the baseline 30.1 and 49.8 %" in told
    assert "Neuron Behaviour 0, Weight Matrix 0" in told
    assert "trained twice as long" in told
    assert f"In {HERE}, with 50 % of the units" in told
    assert "cost +0.100 nats, less than in any of 2 random draws: random ones cost +0.300" in told
    assert "not less than in all 2 random draws" in headline(everything(), behaviour=2.9)
    twice = evidence.gaps(everything()["alternatives"], "baseline-twice", "baseline")
    assert f"without any pruning give {twice}; Weight Matrix at 15°, with twice the epochs in all, gives +0.00" in told
    counts = [int(number) for number in re.findall(r"</span> (\d+)", told.split("claims: ")[1].splitlines()[0])]
    assert sum(counts) == len(claims.load("ge").claims)
    pruned = headline(everything(pruned=4.0))
    assert "nearly perpendicular" not in pruned
    real = everything()
    for name, one in real.items():
        real[name] = one and Evidence("ge", name, "full", "real", "corrected", one.rows)
    assert "not at hand" not in headline(real)


def matched(**shifts):
    """Table 3, rows of a method moved by points on type and on colour; seeds differ a little."""
    found = study(
        {row: {} for row in ("dropout-r20", "nb-r20", "wm-r23", "dropout-r50", "nb-r42", "wm-r53")}, "table-3"
    )
    for row, records in found.rows.items():
        for record in records:
            for name, shift in zip(evidence.TASKS, shifts.get(row.split("-")[0], (0, 0)), strict=True):
                record.metrics[name] += shift + 0.01 * record.seed
    for dropout in ("dropout-r20", "dropout-r50"):
        for record in found.rows[dropout]:
            record.metrics.update(rate=float(dropout[-2:]) / 100, accuracy_t1=30.0, accuracy_t2=50.0)
    return found


def test_headline_begins_with_what_the_intervals_say():
    runs = everything()
    runs["table-3"] = matched(nb=(2, -3), wm=(3, -2))
    told = headline(runs).splitlines()[3]
    assert "is better on type and worse on colour." in told
    assert "Neither" not in told  # the runs of Table 3 lie above the baseline here
    assert "Comparing weights removes nothing at the document's angles, and the half" in told
    assert "is not shown to be better than a random half" in told
    runs["table-3"] = matched(nb=(-2, -3), wm=(-3, -2))
    told = headline(runs)
    assert "is worse on both." in told
    assert "Neither pruning nor dropout is shown" in told
    nb = evidence.gaps(runs["table-3"], "nb-r20", "dropout-r20")
    assert f"Against dropout 0.20, Neuron Behaviour {nb}; Weight Matrix" in told
    runs["table-3"] = matched(nb=(-2, 3), wm=(2, 0))
    assert "now better, now worse on type and partly better on colour" in headline(runs)


def test_runs_that_still_improve_are_named_as_such():
    runs = everything() | {"table-3": matched(nb=(2, -3), wm=(3, -2))}
    assert "none has converged" not in headline(runs)  # they do not say
    for record in runs["table-3"].records:
        record.metrics["epochs"] = float(EPOCHS)
    assert "All of these runs have their lowest validation loss in the last 5 % of their epochs: none has" in headline(
        runs
    )
    runs["table-3"].records[0].metrics["epochs"] = EPOCHS - 1.0
    assert "none has converged" not in headline(runs)


def test_epochs_of_rows_that_differ_are_a_range():
    found = study({"nb-15": {}, "wm-15": {"pretraining": 3}})
    assert "96 training samples, 6 to 9 epochs, 3 seeds" in evidence.where(found)
    assert "96 training samples, 6 epochs, 3 seeds" in evidence.where(table_2())


def test_best_rate_of_dropout_is_that_of_the_runs():
    found = matched()
    assert "the better on" not in one_line(directional.best_words(found))
    for record in found.rows["dropout-r20"]:
        record.metrics["accuracy_t1"] -= 5
        record.metrics["accuracy_t2"] -= 5
    told = one_line(directional.best_words(found))
    assert "the better on both tasks here too" in told
    assert "25.0 % on type and 45.0 % on colour at 0.20" in told
    assert evidence.gap(found, "dropout-r50", "dropout-r20", "accuracy_t1") in told
    found.rows["dropout-r20"].append(run(7, "dropout-r20", rate=0.2, accuracy_t1=90.0))
    again = one_line(directional.best_words(found))
    assert "25.0 % on type" in again  # the means are of the seeds that both rates have
    assert "points on colour (over the 3 seeds that both have)" in again
    assert directional.best_words(study({"dropout-r20": {}})).markdown == ""


def test_calibration_is_told_beside_the_baseline():
    found = study({"chosen": {}}, "table-1")
    told = one_line(directional.calibration_words(found))
    assert "calibrated with ReLU units" in told
    assert "here the activation is sigmoid, with 96 samples and 6 epochs, and it reaches 30.1 % and 49.8 %" in told
    assert directional.calibration_words(study({"chosen": {}}, source="real")).markdown == ""


def test_the_constant_answer_is_counted_on_the_test_samples(network):
    kind = network.sets["test"].labels[0].tolist()
    most = max(map(kind.count, kind))
    told = one_line(directional.constant_words(network))
    assert f"type is right on {100 * most / len(kind):.0f} % of the {len(kind)} test samples" in told


def test_runs_that_are_not_recorded_are_named():
    found = everything()
    assert "(These runs are not recorded ones: lab, 3 seeds.)" in one_line(
        directional.pruned_words(table_2(pruned=3.0))
    )
    assert "not recorded" not in headline(found)  # all of these are alike, and the line on data names them
    assert "(on recorded runs)" not in headline(found)
    recorded = Evidence("ge", "table-2", "desk", "twin", "corrected", found["table-2"].rows)
    assert "not recorded" not in one_line(directional.pruned_words(recorded))
    told = headline(found | {"table-2": recorded})
    assert "(These runs are not recorded ones: lab, 3 seeds.)" in told.split("random half")[1]
    assert "claims (on recorded runs): " in told
    assert "lab, 3 seeds" in labels(directional.draw_losses(study({"chosen": {}}, "table-1")))


def test_means_beside_a_difference_are_of_the_same_seeds():
    found = everything()
    found["alternatives"] = study({"nb-centre": {"pruned": 10.0}, "nb-origin": {"pruned": 90.0}}, "alternatives")
    found["alternatives"].rows["nb-centre"].append(run(9, "nb-centre", pruned=100.0))
    assert "30° takes 10 of 128 units" in directional.lessons(found).markdown
    found["table-4"].rows["dropout"].append(run(9, "dropout", accuracy_t1=90.0))
    assert "dropout 30.1 and 49.8 %" in headline(found)


def test_times_say_what_they_count():
    told = one_line(directional.time_words(table_2()))
    assert "together take 100 % of the time" in told
    assert "in the document 69 %" in told
    assert "pretraining out" not in told.split("document 69 %.")[1]
    halves = study({row: {"pretraining": 3 if row[:2] == "wm" else None} for row in THRESHOLDS})
    for row, records in halves.rows.items():
        for record in records:
            record.curves["seconds"] = [1.0] * (3 if row[:2] == "wm" else 6)
    told = one_line(directional.time_words(halves))
    assert f"counts the 3 epochs before the pruning and the {EPOCHS} behind it" in told
    assert "what remains takes 50 %" in told
    assert directional.time_words(study({"baseline": {}})).markdown == ""


def test_side_by_side_is_told_by_what_was_measured():
    told = one_line(directional.stacking_words(1.1, 8))
    assert "8 networks one after another take 1.10 times as long" in told
    assert "gives little away" in told
    assert "has its price" in one_line(directional.stacking_words(3.0, 8))


def test_headline_without_runs_tells_the_claims_alone():
    told = headline(dict.fromkeys(ge.STUDIES))
    assert f"{badge(Verdict.UNTESTABLE)} {len(claims.load('ge').claims)}" in told
    assert "points" not in told


def test_data_words_say_what_is_missing():
    told = one_line(directional.data_words(table_2()))
    assert "No VehicleX file is here." in told
    assert f"{Config.train_samples:,}" in told
    assert f"in {EPOCHS} epochs" in told
    real = study({"baseline": {}}, source="real")
    assert "No VehicleX file" not in one_line(directional.data_words(real))


def test_lessons_carry_verdicts_and_the_control():
    found = everything()
    told = directional.lessons(found).markdown
    assert told.count("class='verdict") == 9
    assert evidence.gaps(found["alternatives"], "baseline-twice", "baseline") in told
    bare = directional.lessons(dict.fromkeys(ge.STUDIES)).markdown
    assert bare.count("class='verdict") == 9
    assert "points" not in bare


def test_other_readings_are_told_beside_the_control():
    found = everything()["alternatives"]
    rows = cells(directional.alternatives_table(found).markdown)
    assert [row[0] for row in rows[2:]] == ["baseline", "baseline, twice the epochs", "Weight Matrix 15°"]
    assert rows[2][1].endswith("(3)")
    found.rows["wm-15"].pop()
    assert "2 to 3 seeds" in directional.alternatives_table(found).markdown
    told = one_line(directional.alternatives_words(found))
    assert evidence.gap(found, "wm-15", "baseline-twice", "accuracy_t1") in told


def test_variants_show_those_that_have_runs(monkeypatch):
    known = {"paper": table_2(pruned=7.0), "corrected": table_2()}
    monkeypatch.setattr(recipes, "recorded", lambda recipe, study, *, variant: known.get(variant))
    rows = cells(directional.variants(table_2()).markdown)
    assert rows[0] == ["", "as written", "corrected"]
    assert ["Weight Matrix 30°", "7.0 ± 0.0 (3)", "0.0 ± 0.0 (3)"] in rows
    monkeypatch.setattr(recipes, "recorded", lambda recipe, study, *, variant: None)
    assert cells(directional.variants(table_2()).markdown)[0] == ["", "this run, corrected"]


# the grid in words


def test_grid_names_what_matters_in_a_row_only():
    grid = ge.STUDIES["table-2"].grid("smoke", "twin", 1, "corrected")
    shown = report.grid_table(list(dict.fromkeys(grid)))
    header, _, *rows = cells(shown.markdown)
    shown_rows = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert shown_rows["Neuron Behaviour 15°"]["what goes"] == "behaviour within 15°, from 0.5, while the loss falls"
    assert shown_rows["Weight Matrix 30°"]["what goes"] == "weights within 30°"
    config = dict(grid)["wm-15"]
    assert shown_rows["Weight Matrix 15°"]["epochs"] == f"{config.pretraining} + {config.epochs}"
    assert "activation: sigmoid" in shown.markdown
    readings = dict(ge.STUDIES["alternatives"].grid("smoke", "twin", 1, "paper"))
    told = {row: ge.FIELDS["technique"][1](config) for row, config in readings.items()}
    assert told["nb-always"] == "behaviour within 30°, from the origin, always"
    assert told["wm-bias"] == "weights and bias within 15°"
    assert told["wm-afresh"] == "weights within 15°, then new weights"
    assert told["baseline"] is None
    matched = dict(ge.STUDIES["table-3"].grid("smoke", "twin", 1, "corrected"))
    assert ge.FIELDS["technique"][1](matched["dropout-r50"]) == "50 % at random"
    assert ge.FIELDS["technique"][1](matched["wm-r23"]) == "weights nearest 20 %"
