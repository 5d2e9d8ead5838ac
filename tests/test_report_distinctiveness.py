"""The chapter on distinctiveness pruning: formulas hold, figures draw and sentences say what the evidence holds."""

from __future__ import annotations

import itertools
import math
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch.nn import functional as F

from mtlcore import claims, recipes, report
from mtlcore.claims import Verdict
from mtlcore.data.vehiclex_labels import COLOURS, TYPES
from mtlcore.kernels.angles import pairwise_angles
from mtlcore.nets.backbones import INSTALL
from mtlcore.nets.encoder import Encoder
from mtlcore.recipes import Evidence
from mtlcore.recipes.singh import inspection
from mtlcore.recipes.singh.config import BUDGETS
from mtlcore.report import distinctiveness, pairing
from mtlcore.report.distinctiveness import (
    angles,
    beyond,
    bounds,
    constant,
    contributions,
    evidence,
    imbalance,
    mining,
    parameters,
    readings,
    samples,
    tasks,
    width,
)
from mtlcore.report.distinctiveness import runs as run_tables
from mtlcore.report.distinctiveness.parameters import Size
from mtlcore.report.verdicts import badge
from tests.singh_evidence import STUDIES, by_backbone, everything, study, widths

SIZES = {name: Size(1_000_000 * (k + 1), 900_000 * (k + 1), 64 * (6 - k)) for k, name in enumerate(evidence.BACKBONES)}


@pytest.fixture(autouse=True)
def closed_figures():
    with mpl.rc_context():
        report.style()
        yield
    plt.close("all")


def cells(markdown):
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def labels(figure):
    """Every text of a figure."""
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text()]


def one_line(block):
    return " ".join(block.markdown.split())


# the derivation


@given(st.floats(0.5, 179.5), st.floats(0.2, 5.0), st.sampled_from(bounds.RULES), st.integers(0, 2**20))
def test_change_of_outputs_is_that_of_real_patterns(angle, ratio, rule, seed):
    generator = torch.Generator().manual_seed(seed)
    basis = torch.linalg.qr(torch.randn(30, 2, generator=generator, dtype=torch.float64)).Q
    radians = math.radians(angle)
    removed = basis @ torch.tensor([math.cos(radians), math.sin(radians)], dtype=torch.float64)
    survivor = ratio * basis[:, 0]
    assert float(pairwise_angles(torch.stack([survivor, removed]))[0, 1]) == pytest.approx(angle, abs=1e-5)
    changed = bounds.coefficient(angle, ratio, rule) * survivor - removed
    assert bounds.change(angle, ratio, rule) == pytest.approx(float(changed.norm()), abs=1e-9)


@given(st.floats(1.0, 179.0), st.floats(0.2, 5.0))
def test_least_squares_changes_least_and_cosine_has_its_limit(angle, ratio):
    least = bounds.change(angle, ratio, "projection")
    assert least == pytest.approx(math.sin(math.radians(angle)))
    assert all(least <= bounds.change(angle, ratio, rule) + 1e-12 for rule in bounds.RULES)
    assert bounds.change(angle, bounds.break_even(), "cosine") == pytest.approx(1.0)
    if abs(math.cos(math.radians(angle))) > 0.01 and abs(ratio - bounds.break_even()) > 0.01:
        assert (bounds.change(angle, ratio, "cosine") > 1) == (ratio > bounds.break_even())


def test_plain_addition_of_equal_lengths_is_half_the_angle():
    for angle in (10.0, 30.0, 60.0):
        assert bounds.change(angle, 1.0, "one") == pytest.approx(2 * math.sin(math.radians(angle / 2)))
    assert bounds.change(60.0, 1.0, "one") == pytest.approx(bounds.change(60.0, 1.0, "delete"))
    with pytest.raises(ValueError, match="choose one of"):
        bounds.change(10.0, 1.0, "half")


def test_opposing_nodes_have_energy_on_both_sides():
    generator = torch.Generator().manual_seed(0)
    patterns = torch.randn(200, 3, generator=generator, dtype=torch.float64)  # few dimensions: many wide angles
    energy = patterns.square().sum(1)
    below = patterns.clamp(max=0).square().sum(1) / energy
    sides = torch.asin(below.sqrt())
    found = pairwise_angles(patterns)
    together = torch.rad2deg(sides[:, None] + sides)
    wide = found > 90
    assert bool((together[wide] >= found[wide] - 90 - 1e-6).all())
    assert float(pairwise_angles(patterns.relu()).nan_to_num().max()) <= 90 + 1e-9
    # the bound is met: two patterns alike, one the mirror of the other
    mirror = torch.tensor([[1.0, -1.0], [-1.0, 1.0]], dtype=torch.float64)
    assert float(pairwise_angles(mirror)[0, 1]) == pytest.approx(180)
    assert bounds.signed_energy(180) == pytest.approx(0.5)


def test_loss_follows_its_outputs():
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(500, 7, generator=generator, dtype=torch.float64)
    change = torch.randn(500, 7, generator=generator, dtype=torch.float64)
    label = torch.randint(7, (500,), generator=generator)
    moved = F.cross_entropy(logits + change, label) - F.cross_entropy(logits, label)
    assert float(moved.abs()) <= math.sqrt(2 / 500) * float(change.norm())


def test_idea_draws_the_formulas():
    figure = distinctiveness.draw_idea()
    equal, longer = figure.axes[2:]
    for axes, ratio in ((equal, 1.0), (longer, 3.0)):
        for line, rule in zip(axes.lines, ("projection", "cosine", "one", "delete"), strict=True):
            x, y = line.get_data()
            assert y == pytest.approx([bounds.change(angle, ratio, rule) for angle in x])
    told = one_line(distinctiveness.bound_words(30.0))
    assert "At 30° that is 50 %" in told
    assert f"{100 * bounds.change(30, 3, 'cosine'):.0f} %" in told
    assert "more than 2 times as long as the removed node it is worse than deletion" in told
    assert "150° apart, at least 25 % of the squared length" in one_line(distinctiveness.signed_words(30.0))


# the data


def uneven():
    """Labels of 12 images: 9 white sedans, 2 pink sedans, a pink bus."""
    white, pink = COLOURS.index("white"), COLOURS.index("pink")
    sedan, bus = TYPES.index("sedan"), TYPES.index("bus")
    found = {
        "colour": torch.tensor([white] * 9 + [pink] * 3),
        "type": torch.tensor([sedan] * 11 + [bus]),
        "vehicle": torch.arange(12) // 2,
        "camera": torch.arange(12) % 20,
    }
    cameras = tuple(f"c{number:03d}" for number in range(1, 21))
    vehicles = tuple(f"{number:04d}" for number in range(60))
    return found, {"colour": COLOURS, "type": TYPES, "vehicle": vehicles, "camera": cameras}


def test_imbalance_counts_classes_and_weighs_them():
    found, classes = uneven()
    assert float(imbalance.given(found, classes, "pink")[TYPES.index("bus")]) == pytest.approx(1 / 3)
    before, after = imbalance.balanced(found, classes)
    assert float(before[TYPES.index("bus")]) == pytest.approx(1 / 12)
    assert float(after[TYPES.index("bus")]) == pytest.approx(1 / 6)  # half of the weight is pink, a third of it the bus
    assert float(after.sum()) == pytest.approx(1)
    told = one_line(distinctiveness.imbalance_words(found, classes))
    assert "3.0 times in colour" in told
    assert "Pink has 25.00 % of the images (the text: 2.26 %)" in told
    assert "60 vehicles, with 2 training images each on average" in told


def test_imbalance_draws_each_class_and_the_printed_types():
    found, classes = uneven()
    figure = distinctiveness.draw_imbalance(found, classes)
    colour, *_, types = figure.axes
    heights = [bar.get_height() for bar in colour.patches]
    assert heights == sorted(heights, reverse=True)
    assert sum(heights) == pytest.approx(100)
    assert len(types.patches) == 2 * len(TYPES)
    printed = next(line for line in types.lines if "printed" in line.get_label())
    assert printed.get_ydata() == pytest.approx([100 * value for value in evidence.numbers("type-given-pink")])


def test_mosaic_places_images_row_by_row():
    images = torch.arange(0, 60, 10, dtype=torch.uint8).view(2, 3, 1, 1, 1).expand(2, 3, 3, 4, 4)
    whole = samples.mosaic(images)
    assert whole.shape == (10, 16, 3)
    assert int(whole[0, 6, 0]) == 10
    assert int(whole[6, 12, 2]) == 50
    assert int(whole[4, 0, 0]) == 255  # the gap
    figure = distinctiveness.draw_samples(images, columns=("a", "b", "c"), rows=("x", "y"))
    assert {"a", "b", "c", "x", "y"} <= set(labels(figure))


# the network


class Backbone(torch.nn.Module):
    num_features = 10

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 10)


def test_network_is_drawn_from_the_module():
    net = Encoder(Backbone(), {"color": 12, "type": 11}, hidden=8)
    shown = " ".join(labels(distinctiveness.draw_network(net, 32, "tiny")))
    assert "3×32×32" in shown
    assert "tiny 40 parameters 10 features" in " ".join(shown.split())
    assert f"{8 * 11 + 16} parameters 8 nodes" in " ".join(shown.split())
    assert "colour: 12 classes" in shown
    total = sum(parameter.numel() for parameter in net.parameters())
    told = one_line(distinctiveness.network_words(net, "tiny"))
    assert f"{total:,} parameters" in told
    assert INSTALL in told
    assert "sibling" not in told
    assert "thin sibling of tiny" in one_line(distinctiveness.network_words(net, "thin tiny"))
    one = parameters.per_node(10, 23)
    assert f"costs {one:,} of them" in told
    smaller = Encoder(Backbone(), {"color": 12, "type": 11}, hidden=7)
    assert one == total - sum(parameter.numel() for parameter in smaller.parameters())


def test_parameter_table_sets_printed_beside_counted():
    rows = cells(distinctiveness.parameter_table(by_backbone(), SIZES).markdown)
    first = dict(zip(rows[0], rows[2], strict=True))
    assert first["printed (M)"] == "5.29"
    assert first["without its head (M)"] == "0.90"
    assert first["saved here (%)"] == "25.00"
    one = parameters.per_node(384, 12 + 11 + 1362)
    share = 100 * 19 * one / (900_000 + 128 * one)
    assert first["pruning as printed saves (%)"] == f"{share:.2f}"
    bare = study({row: {} for row in evidence.BACKBONES})
    for records in bare.rows.values():
        for record in records:
            del record.metrics["parameters_final"]
    assert cells(distinctiveness.parameter_table(bare, SIZES).markdown)[2][-3:] == ["–"] * 3


def test_a_prune_only_takes_nodes_away():
    found = by_backbone()
    assert "nodes went in every run (18 of 18; lab, 3 seeds)" in one_line(parameters.taken_words(found))
    found.rows["vgg-11"][0].metrics["final_hidden"] = 128.0
    told = one_line(parameters.taken_words(found))
    assert told.startswith("*Behind every backbone")
    assert "in some runs (17 of 18; lab, 3 seeds)" in told
    assert parameters.taken_words(None).markdown == ""


def test_nodes_left_are_bounded_by_the_layer():
    test = next(claim.test for claim in claims.load("singh").claims if claim.id == "layer-shrinks")
    far = claims.Outcome("vgg-11", 128, Verdict.HOLDS, difference=claims.Difference("vgg-11", 128, -120, -129, 4, 3))
    told = report.differences.outcome_numbers("singh", test, far).replace(report.differences.TIE, " ")
    assert told == "−120 [< −128, > +0]"
    found = by_backbone()
    judge = report.claimlist.judge_on
    claim = next(claim for claim in claims.load("singh").claims if claim.id == "layer-shrinks")
    assert judge(claim, "singh", found).verdict is Verdict.HOLDS
    for record in found.rows["vgg-11"]:
        record.metrics["final_hidden"] = 128.0
    assert judge(claim, "singh", found).verdict is Verdict.UNTESTABLE  # as without a ceiling: equal in every seed


def test_parameter_words_correlate_the_printed_utilizations():
    used = [evidence.printed("table-2", row, "feature_utilization") for row in evidence.BACKBONES]
    told = one_line(distinctiveness.parameter_words(SIZES))
    assert "the same" in told
    expected = stats.spearmanr([SIZES[row].features for row in evidence.BACKBONES], used).statistic
    assert f"utilizations: {expected:+.2f}" in told.replace("−", "-")
    turned = {row: Size(one.classifier, 10**7 - one.parameters, 64) for row, one in SIZES.items()}
    told = one_line(distinctiveness.parameter_words(turned))
    assert "another: VGG-11, NFNet-L0" in told
    assert "size is then +1.00, and not −1.00" in told


def test_real_sizes_are_those_of_the_document():
    known = distinctiveness.sizes()
    for row, size in known.items():
        assert size.classifier / 1e6 == pytest.approx(evidence.printed("table-2", row, "parameters"), abs=0.006)
        assert size.parameters < size.classifier
    assert known["resnet-50"].features == 2048


# width


def test_rank_correlation_needs_three_points_that_differ():
    x = {"a": 1.0, "b": 2.0, "c": 4.0}
    assert width.rank_correlation(x, {"a": 3.0, "b": 2.0, "c": 0.0}) == pytest.approx(-1)
    assert math.isnan(width.rank_correlation(x, {"a": 3.0, "b": 2.0}))
    assert math.isnan(width.rank_correlation(x, dict.fromkeys("abc", 1.0)))


def test_significant_rank_correlation_is_the_tabled_one():
    assert width._significant() == pytest.approx(0.886, abs=1e-3)  # two-sided 5 %, n = 6
    assert width._significant(5) == pytest.approx(1.0)


def test_width_words_tell_the_correlations_and_the_moves():
    found = widths()
    for record in found.rows["vgg-11/same"]:
        record.metrics["feature_utilization"] += 30
    related = width.correlations(found)
    assert related["size"] == pytest.approx(-1)
    assert related["width"] == pytest.approx(1)
    assert -1 < related["held"] < 0
    told = one_line(distinctiveness.width_words(found))
    assert f"correlation with size is −{-related['held']:.2f}" in told
    assert "−1.00 in the document's Table 2" in told
    assert "VGG-11 (350 to 128 features) +30.0" in told
    assert told.startswith("In runs that are not recorded (lab, 3 seeds), the rank correlation of utilization")
    assert "one answer for all images" not in told
    assert one_line(distinctiveness.width_words(recorded_as(found))).startswith("The rank correlation of utilization")
    assert "lab, 3 seeds" in labels(distinctiveness.draw_width(found))
    figure = distinctiveness.draw_width(found)
    size, _, held = figure.axes
    filled = [line for line in held.lines if line.get_marker() in evidence.MARKERS.values()]
    assert len(filled) == 12  # own, hollow, and same
    drawn = {float(line.get_xdata()[0]) for line in size.lines}
    assert sorted(drawn) == pytest.approx([0.8 * k for k in range(1, 7)])


def test_width_of_runs_that_learned_nothing_is_set_beside_recorded_runs():
    found = widths()
    for record in found.records:
        record.metrics["accuracy_type"] = 0.0
    turned = by_backbone()
    for record in turned.records:
        record.metrics["feature_utilization"] *= -1
    told = one_line(distinctiveness.width_words(found, recorded_as(turned)))
    assert (
        "In the recorded runs of Table 2 (desk, 3 seeds) the first two are +1.00 and +1.00, of the other sign." in told
    )
    assert "The networks of the *lab* runs are not above one answer for all images in type." in told
    assert told.endswith("a significant one says nothing of others.")
    alike = one_line(distinctiveness.width_words(found, recorded_as(by_backbone())))
    assert "the first two are −1.00 and −1.00." in alike
    for one, other in ((found, turned), (recorded_as(found), recorded_as(turned)), (found, None)):
        assert "first two" not in one_line(distinctiveness.width_words(one, other))
    runs = everything() | {"width": found, "table-2": recorded_as(turned)}
    told = distinctiveness.headline(runs).markdown.split("**Backbone or width?**")[1].splitlines()[0]
    assert "in type. In the recorded runs of Table 2 (desk, 3 seeds) the first two are +1.00 and +1.00" in told


def test_small_backbones_are_told_with_their_accuracy_and_the_order_with_that_of_other_runs():
    found = by_backbone()
    told = one_line(distinctiveness.order_words(found))
    assert told.startswith(
        "In runs that are not recorded (lab, 3 seeds), the nodes left and the average accuracy are: "
    )
    assert "EfficientNet-B0 120 and 51.0 %, EfficientNet-B2 110 and 51.0 %, the others 70 to 100 and 51.0 %." in told
    assert "go together" not in told
    turned = recorded_as(by_backbone())
    for row in evidence.BACKBONES[:2]:
        for record in turned.rows[row]:
            record.metrics.update(final_hidden=9.0, feature_utilization=7.0, accuracy=30.0)
    told = one_line(distinctiveness.order_words(turned, found, turned))
    assert told.startswith("The nodes left and the average accuracy are: EfficientNet-B0 9 and 30.0 %,")
    assert "Few nodes and low accuracy go together here" in told
    expected = stats.spearmanr([1.5, 1.5, 6, 5, 4, 3], [6, 5, 4, 3, 2, 1]).statistic
    assert expected < 0
    assert f"in the *lab* runs (3 seeds) has a rank correlation of −{-expected:.2f} with this one: it is nearer" in told
    assert told.count("rank correlation of") == 1
    told = one_line(distinctiveness.order_words(recorded_as(by_backbone()), found))
    assert "a rank correlation of +1.00 with this one. *The more" in told


def test_order_of_the_networks_that_ran_is_set_against_that_of_the_claim():
    found = by_backbone()
    told = one_line(distinctiveness.order_words(found))
    assert "EfficientNet-B0 0.80 (1.00), EfficientNet-B2 1.60 (2.00)" in told
    assert "such are none by what was trained, and none by the counts in brackets" in told
    assert "falls in 5 of 5 steps" in told
    for record in found.rows["resnet-18"]:
        record.metrics["parameters_trained"] = 0.1
    told = one_line(distinctiveness.order_words(found))
    assert "such are 1 (EfficientNet-B2 to ResNet-18) by what was trained, and none by the counts" in told
    assert "falls in 4 of 5 steps" in told
    expected = stats.spearmanr([1, 2, 3, 4, 5, 6], [4, 6, 5, 3, 2, 1]).statistic
    assert f"with that size is −{-expected:.2f}, and −1.00 with the counts" in told
    found.rows["vgg-11"].clear()
    assert distinctiveness.order_words(found).markdown == ""
    assert distinctiveness.order_words(None).markdown == ""


def test_causes_are_not_testable():
    told = one_line(distinctiveness.cause_words())
    assert badge(Verdict.UNTESTABLE) in told
    assert "not which brings which" in told


def test_backbones_themselves_are_shown_where_they_are_recorded():
    assert "run singh real-backbones --profile desk" in one_line(distinctiveness.real_table(None))
    assert distinctiveness.real_words(None).markdown == ""
    found = by_backbone("real-backbones")
    rows = cells(distinctiveness.real_table(found).markdown)
    assert [row[0] for row in rows[2:]] == [evidence.name(row) for row in evidence.BACKBONES]
    told = one_line(distinctiveness.real_words(found))
    assert "−1.00 with their size, +1.00 with the number of their features, +1.00 with the document's" in told
    runs = everything() | {"real-backbones": found}
    assert "With the backbones themselves" in distinctiveness.headline(runs).markdown


# angles


def test_angles_draw_pruned_and_unpruned_rows():
    found = everything()["angles"]
    for row in ("resnet-18", "efficientnet-b2", "nfnet-l0"):
        for side in ("first", "last"):
            found.rows.pop(f"{row}-unpruned/{side}")
    pruned, never = distinctiveness.draw_angles(found).axes
    assert (len(pruned.lines), len(never.lines)) == (6, 3)
    assert pruned.lines[0].get_ydata() == pytest.approx([21.0, 23.0, 25.0, 27.0])
    told = one_line(distinctiveness.angle_words(found))
    assert "with pruning: EfficientNet-B0 +5.0° to 25°" in told
    assert "Without pruning: EfficientNet-B0 +5.0° to 25°; ResNet-50" in told
    assert "Without pruning" not in one_line(distinctiveness.angle_words(by_backbone("angles", "/last")))
    assert pruned.get_title() == "pruned after every epoch"
    for record in found.records:
        record.config["prune_from"] = 3
    assert distinctiveness.draw_angles(found).axes[0].get_title() == "pruned from epoch 3 on"


def test_use_of_the_layer_is_set_beside_the_smallest_angle():
    runs = everything()
    found, table_2 = runs["angles"], runs["table-2"]  # the second falls from backbone to backbone
    for place, row in enumerate(evidence.BACKBONES):
        for record in found.rows[f"{row}/last"]:
            record.metrics["minimum_angle"] = 20.0 + [0, 1, 2, 3, 5, 4][place]
        for record in found.rows[f"{row}-unpruned/last"]:
            record.metrics["minimum_angle"] = 30.0 - place
    told = one_line(distinctiveness.angle_words(found, table_2))
    expected = stats.spearmanr([6, 5, 4, 3, 2, 1], [0, 1, 2, 3, 5, 4]).statistic
    assert f"is −{-expected:.2f} in the runs that are pruned (6 backbones: the angle is larger where less of" in told
    assert "and +1.00 in those that are not (6 backbones: the angle is larger where more of the layer is used)" in told
    assert "uses less of the layer" not in told
    for record in table_2.rows["efficientnet-b0"]:
        record.metrics["feature_utilization"] = 60.0
    told = angles.against_words(found, table_2)
    assert "EfficientNet-B0 uses less of the layer than ResNet-50 (60 % against 70 %)" in told
    for record in table_2.rows["efficientnet-b0"]:
        record.metrics["feature_utilization"] = 10.0
    told = angles.against_words(found, table_2)
    assert "than VGG-11 and ResNet-50 (10 % against 55 % and 70 %), so that a larger angle of it does not show" in told
    assert told in distinctiveness.lessons(runs).markdown
    assert f"On contribution 3: h{told[1:]}" in distinctiveness.contribution_table(runs).markdown
    other = Evidence("singh", "table-2", "desk", "twin", "corrected", table_2.rows)
    assert angles.against_words(found, other) == angles.use_words(found, other) == ""  # of other runs
    assert angles.use_words(found, None) == ""


def test_growth_of_the_angle_is_counted_by_intervals():
    found = everything()["angles"]
    told = angles.growth_words(found)
    assert told.startswith(
        "With pruning, the smallest angle grows behind 6 of 6 backbones and shrinks behind 0; without"
    )
    for seed, record in enumerate(found.rows["resnet-50-unpruned/last"]):
        record.metrics["minimum_angle"] = 10.0 + seed
    for seed, record in enumerate(found.rows["vgg-11/last"]):
        record.metrics["minimum_angle"] = 19.0 + seed  # on either side of the first
    told = angles.growth_words(found)
    assert "grows behind 5 of 6 backbones and shrinks behind 0; without" in told
    assert "grows behind 5 of 6 backbones and shrinks behind 1, where" in told
    assert angles.growth_words(None) == ""


def test_histograms_show_all_pairs_and_count_both_zones():
    found = {"signed": torch.tensor([5.0, 40.0, 90.0, 170.0]), "ReLU": torch.tensor([20.0, 80.0])}
    assert angles.counts(found["signed"], 30.0) == (1, 1)
    figure = distinctiveness.draw_histograms(found, 30.0)
    for axes, values in zip(figure.axes, found.values(), strict=True):
        bars = [patch for patch in axes.patches if patch.get_width() == pytest.approx(3)]
        assert sum(bar.get_height() for bar in bars) == len(values)
    assert {"1\nsimilar", "1\nopposing", "0\nopposing"} <= set(labels(figure))
    told = one_line(distinctiveness.histogram_words(found, 30.0))
    assert told.startswith("Signed: 5° to 170°")
    assert "ReLU: 20° to 80°" in told


# tasks, readings


def test_tasks_are_told_by_step_and_alone():
    found = everything()
    told = one_line(distinctiveness.task_words(found["table-3"], found["single-tasks"]))
    assert "1 to 2 +10.0; 2 to 3 +10.0; 3 to 4 +10.0" in told
    assert "one task alone leaves 80 to 110 nodes, depending on which: camera the most, colour the fewest." in told
    assert "leave 100 (lab); vehicle and camera alone leave as many or more, so that what a task asks for" in told
    modest = study({task: {"left": 20.0} for task in evidence.TASKS}, "single-tasks")
    assert "more than any of them alone" in one_line(distinctiveness.task_words(found["table-3"], modest))
    assert "alone" not in one_line(distinctiveness.task_words(found["table-3"], None))
    paper, ours, single = distinctiveness.draw_tasks(found["table-3"], found["single-tasks"]).axes
    assert list(paper.lines[0].get_ydata()) == [76, 83, 93, 101]
    assert list(ours.lines[-1].get_ydata()) == [70.0, 80.0, 90.0, 100.0]
    assert len(ours.lines) == 4  # three seeds and their mean
    assert len(single.patches) == len(tasks.TASKS)
    assert ours.get_title() == "ours (lab, twin), mean and seeds"
    assert single.get_title() == "one task, which? (lab)"


def recorded_as(found, profile="desk"):
    """The same runs as those of a recorded profile."""
    return Evidence("singh", found.study, profile, found.source, found.variant, found.rows)


def test_tasks_alone_are_set_beside_four_tasks_of_the_same_runs():
    found = everything()
    desk = recorded_as(study({f"tasks-{n}": {"left": 120.0} for n in range(1, 5)}, "table-3"))
    told = one_line(distinctiveness.task_words(desk, found["single-tasks"]))
    assert told.startswith("Nodes left, paired by seed")
    assert "In runs that are not recorded (lab, 3 seeds), one task alone leaves 80 to 110" in told
    assert "All four" not in told
    told = one_line(distinctiveness.task_words(desk, found["single-tasks"], found["table-3"]))
    assert "All four together leave 100 (lab); vehicle and camera alone" in told
    told = one_line(distinctiveness.task_words(desk, recorded_as(found["single-tasks"]), found["table-3"]))
    assert "All four together leave 120, more than any of them alone." in told
    assert "not recorded" not in told
    for record in found["single-tasks"].records:
        record.metrics["accuracy_type"] = 0.0
    told = one_line(distinctiveness.task_words(found["table-3"], found["single-tasks"]))
    assert "The networks of the *lab* runs are not above one answer for all images in type." in told
    assert "alone leave as many or more." in told  # and nothing follows from it


def test_lines_of_seeds_are_of_one_seed_each():
    found = everything()["table-3"]
    for place, records in enumerate(found.rows.values()):
        for record in records:
            record.metrics["final_hidden"] = 10.0 * record.seed + place
    found.rows["tasks-1"].pop(0)
    found.rows["tasks-2"].pop(1)
    _, ours, _ = distinctiveness.draw_tasks(found, None).axes
    assert [list(line.get_ydata()) for line in ours.lines[:-1]] == [[20.0, 21.0, 22.0, 23.0]]


def test_readings_tell_what_pairs_an_epoch_do():
    rows = {
        "chosen": {"left": 60.0},
        "disjoint": {"left": 90.0},
        "one-pair": {"left": 125.0},
        "relu-after": {"opposite": 0.0},
    }
    found = study(rows, "alternatives")
    told = one_line(distinctiveness.takes_words(found))
    assert told.startswith("In runs that are not recorded (lab, 3 seeds), the nodes left of 128 are, until")
    assert "(ours): 60; all disjoint pairs: 90; one pair an epoch: 125. One pair" in told
    assert one_line(distinctiveness.takes_words(recorded_as(found))).startswith("The nodes left of 128 are, until")
    assert "at least 108 nodes; 5 of its 6" in told
    nodes, _ = distinctiveness.draw_takes(found).axes
    assert [line.get_ydata()[-1] for line in nodes.lines] == [60.0, 90.0, 125.0]
    assert "lab, 3 seeds" in labels(nodes.figure)
    rows = cells(distinctiveness.alternatives_table(found).markdown)
    assert [row[0] for row in rows[2:]] == [
        readings.ROWS[row] for row in ("chosen", "one-pair", "disjoint", "relu-after")
    ]
    told = one_line(distinctiveness.alternatives_words(found))
    assert told.startswith("In runs that are not recorded (lab, 3 seeds), with a ReLU")
    assert one_line(distinctiveness.alternatives_words(recorded_as(found))).startswith("With a ReLU")
    assert distinctiveness.alternatives_words(study({"one-pair": {}})).markdown == ""
    assert "no opposing pair in any run" in told
    assert "one pair an epoch +65.0" in told
    some = study({"chosen": {}, "relu-after": {}}, "alternatives")
    assert "there is some all the same" in one_line(distinctiveness.alternatives_words(some))
    assert distinctiveness.takes_words(study({"relu-after": {}})).markdown == ""
    for record in found.records:
        record.metrics["accuracy_color"] = 0.0
    assert "not above one answer for all images in colour" in one_line(distinctiveness.takes_words(found))


# the parts


def test_parts_are_told_from_paired_runs():
    found = everything()
    told = one_line(distinctiveness.opposing_words(found["dissimilarity"]))
    assert told.startswith(
        "In runs that are not recorded (lab, 3 seeds), merging leaves 100 nodes and removing both 90"
    )
    assert "by +3.0 [+0.5, +5.5] points" in told
    assert "different sizes" in told
    told = one_line(distinctiveness.outputs_words(found["merge"]))
    assert "by 20 % of their size where weights are moved, and by 80 % where they are lost: 25 % of it" in told
    assert "sin 30°, 50 %" in told
    told = one_line(distinctiveness.outputs_words(recorded_as(found["merge"])))
    assert told.startswith("Right after a prune the outputs of all tasks differ by 20 %")
    told = one_line(distinctiveness.conflict_words(found["pcgrad"]))
    assert "31 % of the pairs of tasks are in conflict with surgery and 40 % without it" in told
    assert "colour +0.0" in told
    assert "Surgery leaves fewer conflicts than there are without it." in told
    for records in found["pcgrad"].rows.values():
        for record in records:
            record.metrics["conflict_share"] *= -1
    assert "Surgery leaves more conflicts" in one_line(distinctiveness.conflict_words(found["pcgrad"]))
    for record in found["pcgrad"].rows["sum"]:
        record.metrics["conflict_share"] = -31.0
    assert "these seeds do not say" in one_line(distinctiveness.conflict_words(found["pcgrad"]))
    told = one_line(distinctiveness.dropout_words(found["dropout"], found["dropout-unpruned"]))
    assert (
        "(lab, 3 seeds), dropout changes the smallest angle after the last epoch by −3.0°: the nodes are less" in told
    )
    assert "changes the nodes left by −10.0 and the accuracy by +0.0 points" in told
    share, _ = distinctiveness.draw_conflicts(found["pcgrad"]).axes
    assert [line.get_label() for line in share.lines] == ["PCGrad", "gradients added"]


def test_means_beside_a_difference_are_of_its_seeds():
    found = recorded_as(everything()["dissimilarity"])
    for seed, record in enumerate(found.rows["merge"]):
        record.metrics["final_hidden"] = 100.0 + 10 * seed
    found.rows["remove-both"].pop(2)
    told = one_line(distinctiveness.opposing_words(found))
    assert told.startswith("Merging leaves 105 nodes and removing both 90;")
    assert pairing.shared_means(found, ("merge", "remove-both"), "final_hidden") == [105.0, 90.0]
    found.rows["remove-both"].clear()
    assert pairing.shared_means(found, ("merge", "remove-both"), "final_hidden") == []
    assert pairing.paired(found, "merge", "remove-both", "final_hidden") == []
    surgery = recorded_as(everything()["pcgrad"])
    for seed, record in enumerate(surgery.rows["sum"]):
        record.metrics["conflict_share"] = 10.0 * seed
    surgery.rows["pcgrad"].pop(0)
    assert "32 % of the pairs of tasks are in conflict with surgery and 15 % without" in one_line(
        distinctiveness.conflict_words(surgery)
    )
    runs = everything()
    for seed, record in enumerate(runs["table-1"].rows["average/dprune"]):
        record.metrics.update(accuracy=50.0 + 10 * seed, final_hidden=60.0 + 10 * seed)
    runs["table-1"].rows["average/baseline"].pop(0)
    for seed, record in enumerate(runs["table-3"].rows["tasks-1"]):
        record.metrics["final_hidden"] = 10.0 * seed
    runs["table-3"].rows["tasks-4"].pop(0)
    told = distinctiveness.headline(runs).markdown
    assert "Pruned from 128 nodes to 75 the network has 65.0 % average accuracy" in told
    assert "With one to four tasks 15, 80, 90, 100 nodes are left" in told


def test_tables_say_the_seeds_of_rows_that_have_fewer():
    found = everything()["dropout"]
    assert "seeds in brackets" not in distinctiveness.dropout_table(found).markdown
    assert "(3)" not in distinctiveness.dropout_table(found).markdown
    found.rows["dropout"].pop()
    told = distinctiveness.dropout_table(found).markdown
    rows = {row[0]: row[1:] for row in cells(told)[2:]}
    assert rows["no dropout"][0] == "100.0 ± 0.0"
    assert rows["dropout of hidden nodes"][0] == "90.0 ± 0.0 (2)"
    assert "mean ± sd, with the seeds in brackets where there are fewer (the twin" in told


def test_prunes_that_removed_nothing_changed_nothing():
    found = everything()["merge"]
    for record in found.rows["merge"]:
        del record.metrics["output_change"]
    assert "no output changed" in one_line(distinctiveness.outputs_words(found))
    for words in (beyond.opposing_words, beyond.conflict_words, beyond.dropout_words):
        assert words(study({"merge": {}})).markdown == ""


def test_tables_of_the_parts_leave_out_what_no_run_measures():
    found = everything()
    rows = cells(distinctiveness.dropout_table(found["dropout"]).markdown)
    assert [row[0] for row in rows[2:]] == ["no dropout", "dropout of hidden nodes"]
    for record in found["mining"].records:
        del record.metrics["rare_accuracy"]
    assert "of the rarest third (%)" not in cells(distinctiveness.mining_table(found["mining"]).markdown)[0]
    assert cells(distinctiveness.opposing_table(found["dissimilarity"]).markdown)[2][1] == "51.0 ± 1.0"


def test_mining_is_told_class_by_class():
    found = everything()["mining"]
    for record in found.rows["hardest-70"]:
        record.curves["recall_type"] = [80.0, 60.0, 51.0, 99.0]
    kinds = mining.per_class(found, "type")
    assert kinds.images.tolist() == [10.0, 20.0, 30.0, 40.0]
    assert kinds.change[0, :3].tolist() == [30.0, 10.0, 1.0]
    assert np.isnan(kinds.change[:, 3]).all()  # no test image
    assert mining.rarity(kinds) == pytest.approx(-1)
    assert math.isnan(mining.rarity(mining.per_class(found, "camera")))
    told = one_line(distinctiveness.mining_words(found))
    assert "over the rarest third of the classes +3.0" in told
    assert "is −1.00 for type" in told
    assert f"type: {TYPES[0]} +29.0" in told
    assert "Camera is no task of these runs" in told
    figure = distinctiveness.draw_mining(found)
    _, panel = figure.axes
    points = [line for line in panel.lines if line.get_marker() == "o"]
    assert [float(line.get_xdata()[0]) for line in points] == [10.0, 20.0, 30.0]
    assert mining.rarest(kinds) == [0]  # a third of the three with test images
    assert {TYPES[0], COLOURS[0]} <= set(labels(figure))
    assert "−1.00 for type (negative: the rare classes gain most)" in told
    assert TYPES[1] not in labels(figure)
    assert mining.class_name("camera", 19) == "c020"
    for record in found.records:
        for name in ("recall", "train_count", "test_count"):
            record.curves[f"{name}_camera"] = record.curves[f"{name}_type"]
    assert len(distinctiveness.draw_mining(found).axes) == 3
    assert "Camera is no task" not in one_line(distinctiveness.mining_words(found))


def test_mining_says_what_the_sign_of_a_correlation_means():
    found = everything()["mining"]
    for record in found.rows["hardest-70"]:
        record.curves["recall_type"] = [20.0, 40.0, 49.0, 99.0]
    told = one_line(distinctiveness.mining_words(found))
    assert "is +1.00 for type (negative would mean that the rare classes gain most; here they lose most)" in told
    for record in found.rows["hardest-70"]:
        record.curves["recall_type"] = [60.0, 70.0, 80.0, 99.0]
    assert "here they gain least" in one_line(distinctiveness.mining_words(found))
    for record in found.rows["hardest-70"]:
        record.curves["recall_type"] = [40.0, 30.0, 20.0, 99.0]
    assert "(negative: the rare classes lose least)" in one_line(distinctiveness.mining_words(found))
    for record in found.rows["hardest-70"]:
        record.curves["recall_color"] = [20.0, 40.0, 49.0, 99.0]
    told = one_line(distinctiveness.mining_words(found))
    assert "is +1.00 for colour and −1.00 for type (negative would mean that the rare classes gain most, pos" in told


@pytest.mark.parametrize("names", ["color type", "color type camera"])
def test_names_of_rare_classes_lie_on_no_point_and_on_no_other_name(names):
    found = everything()["mining"]
    count = 11
    images = [10.0 + place / 10 for place in range(4)] + [10.5 * 1.3**place for place in range(count - 4)]
    for seed, record in enumerate(found.records):
        for task in names.split():
            record.curves[f"train_count_{task}"] = images
            record.curves[f"test_count_{task}"] = [5.0] * count
            record.curves[f"recall_{task}"] = [50.0 + 7 * ((3 * place + 5 * seed) % 8) for place in range(count)]
    figure = distinctiveness.draw_mining(found)
    figure.canvas.draw()
    for axes in figure.axes:
        boxes = [mpl.text.Text.get_window_extent(text) for text in axes.texts]
        assert len(boxes) == 4  # a third of eleven, rounded up
        assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])
        bars = [line.get_window_extent() for line in axes.lines[1:]]
        assert not any(one.overlaps(bar) for one in boxes for bar in bars)
        inside = axes.get_window_extent()
        assert all(inside.x0 <= one.x0 and one.x1 <= inside.x1 for one in boxes)
        tips = [text.xy[0] for text in axes.texts]
        assert tips == sorted(tips)
        assert tips[0] == pytest.approx(100 * images[0] / sum(images))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6).map(sorted), st.floats(0.01, 0.15))
def test_places_lie_apart_and_those_that_do_stay(places, gap):
    moved = mining.apart(places, gap)
    assert all(right - left >= gap - 1e-9 for left, right in itertools.pairwise(moved))
    assert gap / 2 - 1e-9 <= moved[0]
    assert moved[-1] <= 1 - gap / 2 + 1e-9
    clear = all(right - left >= gap for left, right in itertools.pairwise(places))
    if clear and places[0] >= gap / 2 and places[-1] <= 1 - gap / 2:
        assert moved == pytest.approx(places)


# the runs


def test_every_run_stands_once_in_the_grid_and_names_what_it_differs_in():
    from mtlcore.recipes.singh import grids

    made = {
        "table-1": grids.table_1("lab", "twin", 2, "corrected"),
        "table-3": grids.table_3("lab", "twin", 2, "corrected"),
        "pcgrad": grids.pcgrad("lab", "twin", 2, "corrected"),
        "alternatives": grids.alternatives("lab", "twin", 2, "corrected"),
    }
    shown = run_tables.run_table(made)
    distinct = {config for grid in made.values() for _, config in grid}
    rows = cells(shown.markdown)[2:]
    assert sum(int(row[-1]) for row in rows) == len(distinct)
    assert f"The {len(distinct)} runs" in shown.markdown
    assert all(row[-1] == "2" for row in rows)
    served = {row[0]: row[1] for row in rows}
    assert served[run_tables.BASE].startswith("Table 1, Table 3, surgery")
    assert any(name.startswith("gradients:") for name in served)
    assert any("one pair an epoch" in name for name in served)
    assert "statistics of normalisation: estimated anew after every epoch" in shown.markdown
    assert "weights of the tasks: all 1" in shown.markdown


# first and last words


def test_headline_says_where_from_what_and_how_many():
    told = distinctiveness.headline(everything()).markdown
    assert told.startswith("``````{admonition} The result")
    assert "The VehicleX images are not at hand" in told
    assert "thin siblings" in told
    assert "Pruned from 128 nodes to 100 the network has 52.0 % average accuracy" in told
    assert "EfficientNet-B0 94 %" in told
    assert "correlation of utilization is −1.00 with the parameters of the network that ran, −1.00 with those" in told
    assert "70, 80, 90, 100 nodes are left" in told
    assert "One task alone leaves 80 to 110" in told
    counts = [int(number) for number in re.findall(r"</span>\s(\d+)", told.split("claims: ")[1].splitlines()[0])]
    assert sum(counts) == len(claims.load("singh").claims)
    real = {name: Evidence("singh", name, "full", "real", "corrected", one.rows) for name, one in everything().items()}
    assert "not at hand" not in distinctiveness.headline(real).markdown


def average(shift, spread=0.0):
    """Table 1 in which pruning is ahead by so much, a little less or more from seed to seed."""
    found = everything()["table-1"]
    for seed, record in enumerate(found.rows["average/dprune"]):
        record.metrics["accuracy"] = 50.0 + shift + spread * (seed - 1)
    for record in found.rows["average/baseline"]:
        record.metrics["accuracy"] = 50.0
    return found


def first_words(runs):
    return distinctiveness.headline(runs).markdown.split(":class: result")[1].split("- **")[0].strip()


def test_first_words_follow_the_interval_and_the_verdict():
    runs = everything()
    told = first_words(runs | {"table-1": average(2.0, 0.1)})
    assert told.startswith("Pruning a wide layer down makes a better network than building it small: 2.0 points")
    assert "Behind small, efficient backbones there is less to prune" in told
    assert first_words(runs | {"table-1": average(-2.0, 0.1)}).startswith("Building a layer small makes a better")
    assert "as good as building it at that size, to within 0.2 points with 95 % confidence." in first_words(
        runs | {"table-1": average(0.0, 0.1)}
    )
    told = first_words(runs | {"table-1": average(0.0, 4.0)})
    assert "with 95 % confidence they lie within 9.9 points of each other" in told
    turned = by_backbone()
    for record in turned.records:
        record.metrics["feature_utilization"] = 100.0 - record.metrics["feature_utilization"]
    told = first_words(runs | {"table-2": turned})
    assert "there is more to prune than behind large backbones, not less: 16 to 39 % of the layer more." in told
    for seed, record in enumerate(turned.rows["resnet-50"]):
        record.metrics["feature_utilization"] += 90 * (seed - 1)  # the same mean, and seeds that disagree
    told = first_words(runs | {"table-2": turned})
    assert "On average there is more to prune behind the small EfficientNets" in told
    assert "in 2 of 4 pairs there is clearly more." in told
    for record in turned.rows["resnet-50"]:
        record.metrics["feature_utilization"] -= 100
    told = first_words(runs | {"table-2": turned})
    assert "there is not always less to prune behind a small, efficient backbone" in told
    assert "in 2 of 4 pairs there is clearly more." in told
    for seed, record in enumerate(turned.rows["vgg-11"]):
        record.metrics["feature_utilization"] += 90 * (seed - 1)
    assert "than behind a large one; it is not settled." in first_words(runs | {"table-2": turned})
    assert "our runs cannot tell yet" in first_words(dict.fromkeys(STUDIES))


def test_points_on_runs_that_are_not_recorded_say_so():
    runs = everything()
    desk = {name: Evidence("singh", name, "desk", "twin", "corrected", runs[name].rows) for name in ("table-1",)}
    told = distinctiveness.headline(runs | desk).markdown
    assert "**Prune, or build small.** Pruned" in told
    assert "**What is left of the layer.** *(lab, 3 seeds)*" in told
    assert "**More tasks, less to prune?** *(lab, 3 seeds)*" in told
    assert "**Backbone or width?** *(lab, 3 seeds)*" in told


def test_networks_that_have_learned_nothing_are_not_compared():
    runs = everything()
    found = runs["table-1"]
    least = constant.constants(found)
    assert least == inspection.constant("twin", 480, 15_142, 1362)
    assert constant.unlearned(found) == []
    assert "Orderings can be compared" in distinctiveness.headline(runs).markdown
    told = distinctiveness.constant_table([None, found])
    rows = {row[0]: row[1:] for row in cells(told.markdown)[2:]}
    assert rows["colour"] == [f"{least['color']:.1f}", "52.0", "50.0"]
    assert "above one answer for all in every task" in told.markdown
    assert "lab, 3 seeds" in str(cells(told.markdown)[2])
    assert "(the twin of the images, corrected; lab: 32×32 pixels, 100 images, 4 epochs)." in told.markdown
    told = distinctiveness.constant_table([recorded_as(found), found])
    assert "(the twin of the images, corrected; desk: 32×32 pixels, 100 images, 4 epochs; lab: 32×32" in told.markdown
    for arm in ("dprune", "baseline"):
        for record in found.rows[f"type/{arm}"]:
            record.metrics["accuracy"] = least["type"]
    assert constant.unlearned(found) == ["type"]
    assert "not above one answer for all in type" in distinctiveness.constant_table([found]).markdown
    told = distinctiveness.headline(runs).markdown
    assert "the *lab* runs in type" in told
    assert "can be compared" not in told
    assert first_words(runs).startswith("The networks of this page have learned too little")
    desk = {"table-2": Evidence("singh", "table-2", "desk", "twin", "corrected", runs["table-2"].rows)}
    assert "Of the other runs orderings can be compared" in distinctiveness.headline(runs | desk).markdown
    assert distinctiveness.constant_table([None]).markdown == ""


@pytest.mark.parametrize("asked", ["width", "single-tasks", "alternatives", "dropout-unpruned"])
def test_caution_covers_every_study_that_may_be_of_small_runs(asked):
    runs = {name: recorded_as(one) for name, one in everything().items()}
    runs[asked] = everything()[asked]
    assert "no better than always" not in distinctiveness.headline(runs).markdown
    for record in runs[asked].records:
        record.metrics["accuracy_vehicle"] = 0.0
    told = distinctiveness.headline(runs).markdown
    assert "always guessing the commonest class: the *lab* runs in vehicle." in told


def test_constant_answers_of_real_images_that_are_not_at_hand_are_counted_in_the_runs():
    found = by_backbone("table-2")
    for record in found.records:
        record.config["source"] = "real"
        record.curves["train_count_type"] = [40.0, 20.0, 30.0, 10.0]
    assert constant.constants(found) == {"color": 0.0, "type": pytest.approx(100 / 3)}
    empty = Evidence("singh", "table-2", "lab", "twin", "corrected", {"resnet-50": []})
    assert constant.constants(empty) == {}


def test_departures_from_the_text_are_told():
    found = by_backbone()
    assert "as written" in one_line(distinctiveness.departures_words(found))
    for record in found.records:
        record.config.update(prune_from=3, statistics="estimated", angle_images=320, weights="none")
    told = one_line(distinctiveness.departures_words(found))
    assert "begins at the end of epoch 3 of 4" in told
    assert "over training images, at most 320, and" in told
    assert "random weights, not from ImageNet's" in told
    desk = recorded_as(by_backbone())
    for record in desk.records:
        record.config.update(prune_from=2, statistics="estimated", angle_images=3000)
    told = one_line(distinctiveness.departures_words(found, desk))
    assert told.startswith("**Where runs leave the text** (desk, 3 seeds; lab, 3 seeds).")
    assert told.count("Where runs leave the text") == 1
    assert "end of epoch 2 of 4 at *desk* and 3 of 4 at *lab*, not of the first" in told
    assert "at most 3,000 at *desk* and 320 at *lab*, and" in told
    assert "start from random weights at *lab*, not from" in told
    assert distinctiveness.departures_words(found, found).markdown == distinctiveness.departures_words(found).markdown


def test_contributions_have_claims_with_verdicts():
    known = {claim.id for claim in claims.load("singh").claims}
    named = {id for ids in contributions.CONTRIBUTIONS.values() for id in ids}
    assert named == known
    shown = cells(distinctiveness.contribution_table(everything()).markdown)[2:]
    assert len(shown) == 4
    assert [row[0][0] for row in shown] == ["1", "2", "3", "4"]
    assert [row[1].count("class='verdict") for row in shown] == list(map(len, contributions.CONTRIBUTIONS.values()))
    assert shown[1][-1] == "2 of 2"


def test_headline_without_runs_tells_the_claims_alone():
    told = distinctiveness.headline(dict.fromkeys(STUDIES)).markdown
    assert f"{badge(Verdict.UNTESTABLE)} {len(claims.load('singh').claims)}" in told
    assert "The parts" not in told


def test_every_claim_has_runs_in_a_study_of_the_chapter():
    found = report.claimlist.judge_on
    for claim in claims.load("singh").claims:
        if claim.test is None:
            continue
        judgement = found(claim, "singh", everything()[claim.test.study])
        assert not any(outcome.missing for outcome in judgement.outcomes), claim.id


def test_data_words_say_what_is_missing_and_how_large_it_would_be():
    told = one_line(distinctiveness.data_words(by_backbone()))
    assert "No VehicleX image is here." in told
    assert "whose terms are not stated, so that we neither fetch them nor hand them on" in told
    assert f"*lab* {BUDGETS['lab']['vehicles']} and *desk* {BUDGETS['desk']['vehicles']} of 1,362." in told
    assert "100 training images of 32×32 pixels in 4 epochs (the document: 45,438 of 256×256 in 20)" in told
    assert "No VehicleX image" not in one_line(distinctiveness.data_words(study({"resnet-50": {}}, source="real")))


def test_lessons_carry_verdicts_on_all_claims_that_are_tested():
    told = distinctiveness.lessons(everything()).markdown
    tested = [claim for claim in claims.load("singh").claims if claim.test]
    assert told.count("class='verdict") == len(tested) - 1  # that the layer shrinks is no lesson
    assert "3 opposing pairs without an activation and 0 with a ReLU" in told
    bare = distinctiveness.lessons(dict.fromkeys(STUDIES)).markdown
    assert "opposing pairs without an activation" not in bare


def test_lessons_say_which_runs_their_numbers_are_of():
    runs = everything()
    told = distinctiveness.lessons(runs).markdown
    assert "alone, camera leaves 110 of 128 nodes and colour 80 (lab, 3 seeds; not recorded yet)." in told
    assert "22.0° with it and 25.0° without, −3.0° paired by seed (lab, 3 seeds; not recorded yet)." in told
    assert told.count("not recorded yet") == 3
    desk = {name: Evidence("singh", name, "desk", "twin", "corrected", one.rows) for name, one in runs.items()}
    assert "not recorded yet" not in distinctiveness.lessons(desk).markdown
    poor = everything()["single-tasks"]
    for record in poor.records:
        record.metrics["accuracy_type"] = 0.0
    told = distinctiveness.lessons(runs | {"single-tasks": poor}).markdown
    assert "not above one answer for all images in type" in told
    bare = distinctiveness.lessons(dict.fromkeys(STUDIES)).markdown
    assert "each task alone has not been run here yet" in bare
    assert "the last smallest angle" not in bare


def test_variants_show_those_that_have_runs(monkeypatch):
    known = {"paper": by_backbone(), "corrected": by_backbone()}
    monkeypatch.setattr(recipes, "recorded", lambda recipe, study, *, variant: known.get(variant))
    rows = cells(distinctiveness.variants(by_backbone()).markdown)
    assert rows[0] == ["", "as written", "corrected"]
    assert "} Table 2 by variant: nodes left" in distinctiveness.variants(by_backbone()).markdown
    assert ["EfficientNet-B0", "120.0 ± 0.0 (3)", "120.0 ± 0.0 (3)"] in rows
    assert "Not recorded yet" not in distinctiveness.variants(by_backbone()).markdown
    monkeypatch.setattr(recipes, "recorded", lambda recipe, study, *, variant: None)
    told = distinctiveness.variants(by_backbone()).markdown
    assert cells(told)[0] == ["", "this run, corrected"]
    assert "} Nodes and accuracy, lab runs" in told
    assert "run singh table-2 --profile desk --variant paper`" in told


def test_one_seed_says_so_and_breaks_nothing():
    alone = {
        name: Evidence(
            one.recipe, name, "smoke", "twin", "corrected", {row: records[:1] for row, records in one.rows.items()}
        )
        for name, one in everything().items()
    }
    assert f"{badge(Verdict.UNTESTABLE)} {len(claims.load('singh').claims)}" in distinctiveness.headline(alone).markdown
    assert "+2.0 points paired by seed" in distinctiveness.headline(alone).markdown
    for words in (distinctiveness.width_words, distinctiveness.draw_width):
        assert words(alone["width"]) is not None
    assert "by −10.0" in one_line(distinctiveness.dropout_words(alone["dropout"]))
    assert "One seed does not say" in one_line(distinctiveness.conflict_words(alone["pcgrad"]))
    assert "points of" not in distinctiveness.headline(alone).markdown.split("- **")[0]  # no lead on one seed
