"""The chapter on group sparsity: pictures are what the kernels give, and sentences say what the evidence holds."""

from __future__ import annotations

import dataclasses
import math
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mtlcore import claims, recipes, report
from mtlcore.claims import Verdict
from mtlcore.nets.dense_tasks import DenseTasks
from mtlcore.prune import ProxAdam, channels, penalised
from mtlcore.recipes import Evidence, upadhyay
from mtlcore.recipes.upadhyay import inspection, keeping, metrics, peers, sets, studies
from mtlcore.report import sparsity
from mtlcore.report.sparsity import (
    confound,
    effects,
    evidence,
    faces,
    kinds,
    layers,
    measures,
    network,
    path,
    samples,
    steps,
    target,
    words,
)
from mtlcore.report.sparsity import keeping as keepers
from mtlcore.report.verdicts import badge
from mtlcore.results import Record
from tests import small_pictures
from tests.upadhyay_evidence import LAYERS, everything, lambda_path, study, table_1, table_2, untrained
from tests.upadhyay_evidence import confound as confounded
from tests.upadhyay_evidence import penalty as penalised_by
from tests.upadhyay_evidence import target as led

TINY = {"train_images": 16, "val_images": 8, "test_images": 8, "size": 16, "width": 2, "blocks": (1, 1, 1, 1)}
TINY |= {"rates": (1,), "epochs": 1, "batch_size": 8, "timed": 1, "bf16": False}


@pytest.fixture(autouse=True)
def closed_figures():
    with mpl.rc_context():
        report.style()
        yield
    plt.close("all")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(sets, "_load", lambda name, source, split, limit, size: _made(name, split, limit, size))
    monkeypatch.setattr(
        inspection.data, "load", lambda name, *, source, split, limit, size: _made(name, split, limit, size)
    )


def _made(name, split, limit, size):
    return small_pictures.pictures(name, split, limit, size)


def cells(markdown):
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def labels(figure):
    """Every text of a figure."""
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text()]


def one_line(block):
    return " ".join(block.markdown.split())


# kinds of sparsity


def test_kinds_take_half_of_the_elements_filters_or_channels():
    found = kinds.kinds(kinds.example())
    assert float((found["element"] == 0).double().mean()) == pytest.approx(0.5)
    assert int((found["filter"] != 0).flatten(1).any(1).sum()) == 4
    assert int((found["input_channel"] != 0).any(3).any(2).any(0).sum()) == 4
    assert not bool((found["dense"] == 0).any())
    told = one_line(sparsity.kinds_words())
    assert "on filters, 50 % of the weights, 50 % of the filters and 0 % of the channels" in told


def test_a_picture_of_a_weight_has_its_kernels_in_place():
    weight = torch.zeros(2, 3, 3, 3)
    weight[1, 2, 0, 1] = -5.0
    shown = kinds.picture(weight)
    assert shown.shape == (7, 11)
    assert shown[4, 9] == 5.0
    assert np.isfinite(shown).sum() == 1
    figure = sparsity.draw_kinds()
    assert [axes.get_title() for axes in figure.axes] == list(kinds.TITLES.values())


# samples


def test_rooms_are_drawn_with_all_their_maps():
    pictures = dataclasses.replace(
        small_pictures.pictures("nyuv2", count=3),
        classes={"segmentation": tuple(f"class {number}" for number in range(40))},
    )
    figure = sparsity.draw_rooms(pictures)
    image, classes, depth, normals = (figure.axes[4 * 0 + 4 * row] for row in range(4))
    assert np.asarray(image.images[0].get_array()).tolist() == pictures.images[0].permute(1, 2, 0).tolist()
    ignored = np.asarray(classes.images[0].get_array())[:2]
    assert ignored == pytest.approx(np.broadcast_to(samples.NOTHING, ignored.shape))
    assert np.ma.getmaskarray(depth.images[0].get_array())[-2:].all()
    drawn = np.asarray(normals.images[0].get_array())
    assert drawn[:, 2:] == pytest.approx(
        pictures.labels["normals"][0].float().permute(1, 2, 0).numpy()[:, 2:] / 2 + 0.5, abs=1e-3
    )
    common = torch.mode(pictures.labels["segmentation"][pictures.labels["segmentation"] != 255]).values
    assert f"class {int(common)}" in labels(figure)


def test_faces_are_drawn_with_what_is_said_of_them():
    names = {"mask": ("background", "hair", "skin"), "male": ("not male", "male"), "smiling": ("grave", "smiling")}
    pictures = dataclasses.replace(small_pictures.pictures("celebamask", count=2), classes=names)
    figure = sparsity.draw_faces(pictures)
    titles = [axes.get_title() for axes in figure.axes[:2]]
    assert [title.split("\n")[1] for title in titles] == ["grave", "smiling"]
    mask = np.asarray(figure.axes[2].images[0].get_array())
    assert mask[0, 0] == pytest.approx(samples.FACE_HUES[int(pictures.labels["mask"][0, 0, 0])])


def test_a_palette_has_distinct_colours():
    assert len({tuple(colour) for colour in samples.palette(40).round(6)}) == 40


# the network


def test_network_is_drawn_from_the_module():
    shown = " ".join(" ".join(labels(sparsity.draw_network(sparsity.published()))).split())
    assert "stage 4 10 conv. 2,048×32×32 15.0 M dilated ×4" in shown
    assert "segmentation 40×32×32 16.1 M" in shown
    assert "depth 1×32×32" in shown
    faces_only = dataclasses.replace(sparsity.published(), dataset="celebamask", tasks=("seg", "male"))
    shown = " ".join(" ".join(labels(sparsity.draw_network(faces_only))).split())
    assert "male/female 1 1.2 M" in shown


def test_parts_have_the_shapes_of_a_forward_pass_and_all_parameters():
    config = dataclasses.replace(sparsity.published(), width=2, blocks=(1, 2, 1, 1))
    net = network.outline(config)
    parts = network.parts(net, 64)
    real = DenseTasks({"depth": 1}, width=2, blocks=(1, 2, 1, 1), rates=(1,)).backbone
    with torch.no_grad():
        features = real(torch.zeros(1, 3, 64, 64))
    assert (parts[-1].channels, parts[-1].side) == tuple(features.shape[1:3])
    assert sum(part.parameters for part in parts) == sum(p.numel() for p in real.parameters())
    assert sum(part.convolutions for part in parts) == len(channels(real))


def test_network_words_count_the_published_and_the_thin_one():
    told = one_line(sparsity.network_words(inspection.config("smoke", "twin", "corrected", **TINY), "lab"))
    assert "23,631,808 parameters in 55 convolutions, and these have 22,787 input channels" in told
    share = 23_631_808 / (23_631_808 + 16_135_977 - 257)  # one output less than the published 41
    assert f"{100 * share:.0f} % of the parameters, with all three" in told
    assert "width 2 in place of 64, 1-1-1-1 blocks" in told
    assert "makes itself (smoke) take" in one_line(sparsity.network_words(sparsity.published(), "smoke"))


# the step


def test_drawn_steps_are_those_of_the_operator():
    figure = sparsity.draw_step()
    plane, length, time = figure.axes
    after = next(line for line in length.lines if line.get_color() == steps.PROX)
    x, y = after.get_data()
    assert np.asarray(y) == pytest.approx(np.maximum(np.asarray(x) - 1, 0), abs=1e-6)
    group = next(line for line in time.lines if line.get_label() == "group penalty")
    decay = next(line for line in time.lines if line.get_label() == "weight decay")
    assert group.get_ydata()[-1] == 0 < decay.get_ydata()[-1]
    ends = [line.get_xydata()[0] for line in plane.lines if line.get_color() == steps.PROX]
    assert any((end == 0).all() for end in ends)
    assert any((end != 0).all() for end in ends)


def test_paths_minimise_what_they_should():
    thresholds = torch.tensor([0.0, 0.7, 1.4, 5.0], dtype=torch.float64)
    start = torch.tensor(steps.START, dtype=torch.float64)
    for metric in (None, steps.UNEVEN):
        weights = torch.tensor(metric or (1.0, 1.0), dtype=torch.float64)
        for threshold, point in zip(thresholds.tolist(), torch.from_numpy(steps.path(metric, thresholds)), strict=True):

            def value(z, weights=weights, threshold=threshold):
                return 0.5 * (weights * (z - start).square()).sum() + threshold * z.norm()

            generator = torch.Generator().manual_seed(0)
            near = point + 0.05 * torch.randn(50, 2, generator=generator, dtype=torch.float64)
            assert all(value(point) <= value(other) + 1e-9 for other in near)
    straight = steps.path(None, thresholds)
    assert straight[1, 0] == pytest.approx(straight[1, 1])
    bent = steps.path(steps.UNEVEN, thresholds)
    assert bent[1, 1] < bent[1, 0]


def test_critical_strength_is_where_the_next_step_ends_a_channel():
    torch.manual_seed(0)
    net = DenseTasks({"depth": 1}, width=2, blocks=(1, 1, 1, 1), rates=(1,))
    images = torch.rand(2, 3, 16, 16)

    def gradients():
        net.zero_grad()
        net(images)["depth"].square().mean().backward()

    lr, eps = 0.01, 1e-6
    adam = ProxAdam(penalised(net, net.backbone), lr=lr, eps=eps)
    gradients()
    adam.step()
    found = inspection.measured(net, adam.state, lr, eps)
    weight = net.backbone.stem[0].weight.detach()
    metric = adam.state[net.backbone.stem[0].weight]["exp_avg_sq"].sqrt() + eps
    count = len(weight) * 9
    for channel in range(3):
        assert float(found.identity[channel]) == pytest.approx(float(weight[:, channel].norm()) / lr / count**0.5)
        scaled = (metric * weight)[:, channel].norm()
        assert float(found.adam[channel]) == pytest.approx(float(scaled) / lr / count**0.5, rel=1e-5)
        assert float(found.metric[channel]) == pytest.approx(float(metric[:, channel].square().mean().sqrt()), rel=1e-5)
    for kind, values in (("identity", found.identity), ("adam", found.adam)):
        for factor, ends in ((0.99, False), (1.01, True)):
            copy = weight.clone().requires_grad_()
            group = {"params": [copy], "strength": factor * float(values[0]), "metric": kind}
            again = ProxAdam([group], lr=lr, eps=eps)
            again.state[copy] = {name: value.clone() for name, value in adam.state[net.backbone.stem[0].weight].items()}
            copy.grad = torch.zeros_like(copy)
            with torch.no_grad():
                again._shrink(again.param_groups[0])
            assert bool((copy[:, 0] == 0).all()) is ends


def test_critical_looks_at_a_dense_network_alone():
    config = inspection.config("smoke", "twin", "corrected", **TINY)
    found = inspection.critical(config)
    sizes = sum(one.inputs for one in channels(DenseTasks({"depth": 1}, **_shape()).backbone).values())
    assert len(found.identity) == len(found.adam) == sizes
    assert bool((found.adam > 0).all())
    with pytest.raises(ValueError, match="without a penalty"):
        inspection.critical(dataclasses.replace(config, strength=1e-5))
    strengths = inspection.strengths("smoke", "twin", "corrected", **TINY)
    scale = upadhyay.config.scale_of(dataclasses.asdict(config))
    assert strengths == pytest.approx({"λ = 1e-6": 1e-6 * scale, "λ = 1e-5": 1e-5 * scale}, rel=1e-4)
    figure = sparsity.draw_metrics(found, strengths, "one network")
    counts = [sum(bar.get_height() for bar in box.patches) for box in figure.axes[1].containers]
    assert counts == [sizes, sizes]
    told = one_line(sparsity.metric_words(found, strengths, "one network"))
    ratio = float(found.identity.median() / found.adam.median())
    assert f"{ratio:,.0f} times less" in told


def _shape():
    return {"width": TINY["width"], "blocks": TINY["blocks"], "rates": (1,)}


def test_metric_words_count_the_channels_that_end():
    found = inspection.Critical(torch.tensor([1.0, 2.0, 4.0, 8.0]), torch.tensor([0.1, 0.2, 0.3, 0.4]), torch.ones(4))
    told = one_line(sparsity.metric_words(found, {"here": 0.25, "there": 2.0}, "one network"))
    assert "at here 0.0 % of the channels by Eq. 5 and 50.0 %" in told
    assert "at there 50.0 % of the channels by Eq. 5 and 100.0 %" in told
    named = one_line(sparsity.metric_words(found, {"here": 0.25}, "one network (lab)"))
    assert named.startswith("In one network (lab) the median")


# the runs


def test_every_run_stands_once_in_the_grid():
    made = {name: upadhyay.STUDIES[name].grid("lab", "twin", 2, "corrected") for name in upadhyay.STUDIES}
    distinct = {config for grid in made.values() for _, config in grid}
    shown = sparsity.run_table(made)
    rows = [row for row in cells(shown.markdown)[2:] if row[-1]]
    assert sum(int(row[-1]) for row in rows) == len(distinct)
    assert f"The {len(distinct)} runs" in shown.markdown
    named = {(row[0], row[3]): row for row in rows}
    assert len(named) == len(rows) - 1  # segmentation is a task on rooms and on faces
    whole = next(row for row in rows if row[1].startswith("0, 1e-7"))
    assert whole[1] == "0, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2"
    assert "Fig. 4" in whole[4]
    assert any("sparsity wanted: 70 % of groups" in row[3] and row[1] == "led" for row in rows)


# layers


def test_layers_have_the_stages_of_the_module():
    found = layers.layers((3, 4, 6, 3))
    assert len(found.names) == 55
    assert [len(found.of(stage)) for stage in found.known] == [3, 10, 13, 19, 10]
    skipped, whole = layers.left_out()
    assert whole == 22_787
    assert skipped == (3 + 64 + 64) + (128 + 256 + 512 + 1024)


def test_layers_draw_and_tell_what_is_left():
    figure = sparsity.draw_layers(table_1())
    assert [axes.get_title().partition(":")[0] for axes in figure.axes] == [
        "segmentation",
        "depth",
        "surface normals",
        "segmentation + surface normals + depth",
    ]
    before, after = figure.axes[0].containers
    assert [bar.get_height() for bar in before] == [4.0] * LAYERS
    assert [bar.get_height() for bar in after] == [2.0] * LAYERS
    assert layers.kept_by_stage(table_1(), "seg_normal_depth_1e-5") == dict.fromkeys(
        layers.layers((1, 1, 1, 1)).known, 75.0
    )
    told = one_line(sparsity.layer_words(table_1()))
    assert "depth 0, 0, 0, 0, 0" in told
    assert "fewest are left" not in told  # all stages keep alike
    uneven = table_1()
    for record in uneven.rows["depth_1e-5"]:
        record.curves["channels_after"] = [2.0] * (LAYERS - 1) + [4.0]
    for record in uneven.rows["seg_1e-5"]:
        record.curves["channels_after"] = [2.0] * (LAYERS - 1) + [0.0]
    told = one_line(sparsity.layer_words(uneven))
    assert "Ours do in depth, where more are left" in told
    assert "in seg. fewest are left in the last" in told
    assert sparsity.layer_words(study({"seg_0": {"tasks": "seg"}})).markdown == ""
    assert "no runs" in sparsity.draw_layers(study({"seg_0": {"tasks": "seg"}})).axes[0].get_title()


# the path


def test_path_draws_all_strengths():
    quality, zeros, course, times = sparsity.draw_path(lambda_path()).axes
    lines = [line for line in quality.lines if line.get_marker() in path.MARKS.values()]
    assert [len(line.get_xdata()) for line in lines] == [7, 7, 7]
    groups = next(line for line in zeros.lines if line.get_label() == "groups")
    assert list(groups.get_ydata()) == [0, 10, 25, 50, 75, 100, 100]
    assert len(course.lines) == 7
    known = {line.get_label(): line for line in times.lines}
    assert set(known) >= {words for words, *_ in path.TIMES.values()} | {path.DENSE}
    assert list(known["compacted: zeros taken out"].get_ydata()) == pytest.approx([100, 95, 87.5, 75, 62.5, 50, 50])
    assert set(known["masked: zeros in place"].get_ydata()) == {100.0} == set(known[path.DENSE].get_ydata())


def test_the_constant_answer_stands_where_some_strength_empties_the_backbone():
    assert one_line(sparsity.floor_words(lambda_path())).startswith("**The constant answer.** A backbone without")
    assert sparsity.floor_words(study({}, "lambda-path")).markdown == ""


def test_path_words_tell_the_best_and_the_floor():
    told = one_line(sparsity.path_words(lambda_path()))
    assert "CS at λ = 1e-2 (+0.006)" in told
    assert "MAE at λ = 0." in told
    assert "All of it is zero from λ = 1e-3 on. The constant answer beside Table 1" in told
    assert "IoU 0.310" not in told  # which is told beside Table 1, once
    told = one_line(sparsity.floor_words(lambda_path()))
    assert "IoU 0.310, CS 0.705, MAE 0.160 (λ = 1e-3)" in told
    assert "CS −0.005" in told
    assert path.best_strength(lambda_path(), "mae") == "0"
    assert "In IoU, CS and MAE these runs do not rise above it" in told
    learnt = lambda_path()
    for record in learnt.rows["l0"]:
        record.metrics.update(iou=record.metrics["iou"] + 0.1, mae=record.metrics["mae"] - 0.05)
    assert path.above_floor(learnt, "l1e-3") == ["IoU", "MAE"]
    assert "In CS these runs" in one_line(sparsity.floor_words(learnt))
    alive = study({"l0": {}, "l1e-2": {"zero": 99.0}}, "lambda-path")
    assert "At no λ is all of it zero" in one_line(sparsity.path_words(alive))
    assert path.emptied(alive) is None
    assert sparsity.path_words(study({}, "lambda-path")).markdown == ""


def test_time_is_told_as_a_share_of_the_dense_one():
    told = one_line(sparsity.time_words(lambda_path()))
    assert "takes 100 % of the time of the dense one, and with the zeros taken out 75 %" in told
    assert "75 % are left, of the parameters 75 %" in told
    assert "spends its time" not in told
    assert "At λ = 1e-6 the compacted backbone is faster than the dense one: 87.5 % of its time [87.5, 87.5]" in told
    assert "The dense backbone, the same at every λ, takes 4.0 ms for a batch" in told
    slower = lambda_path()
    for record in slower.rows["l1e-6"]:
        record.metrics["speedup"] = 0.98 - record.seed / 1000
    assert "slower than the dense one: 102.1 % of its time" in one_line(sparsity.time_words(slower))
    for record in slower.rows["l1e-6"]:
        record.metrics["speedup"] = 0.9 + record.seed / 10
    assert "neither faster nor slower by more than chance" in one_line(sparsity.time_words(slower))
    slow = study({"l1e-5": {"zero": 50.0, "speedup": 0.9}}, "lambda-path")
    assert "spends its time between the operations" in one_line(sparsity.time_words(slow))
    assert sparsity.time_words(study({"l0": {}}, "lambda-path")).markdown == ""


def test_peers_take_out_the_same_zeros():
    lines = peers.compared("smoke")
    assert [line.network for line in lines] == ["masked", "Torch-Pruning", "compact"]
    assert max(line.error for line in lines) < 1e-5
    assert lines[2].parameters <= lines[1].parameters < lines[0].parameters
    told = sparsity.peer_table(lines).markdown
    assert [row[0] for row in cells(told)[3:]] == ["zeros in place", "Torch-Pruning", "`prune.compact`"]
    assert "def torch_pruned" in told
    assert "`python benchmarks/compact.py`" in told


def test_without_torch_pruning_the_command_is_told(monkeypatch):
    monkeypatch.setattr(peers, "available", lambda: False)
    assert peers.compared("lab") == []
    assert one_line(sparsity.peer_table([])).startswith("`python benchmarks/compact.py` measures this")


# kinds of penalty


def test_shares_of_zero_weights_are_told_under_the_two_penalties():
    told = one_line(sparsity.penalty_words(penalised_by()))
    assert "ℓ1 leaves 0 % of the weights zero, the group penalty 55 %" in told
    assert "The document prints 70 to 78 % and 73 to 93 %" in told
    assert "In 3 of 3 sets of tasks that is more than 10 points apart" in told
    alike = penalised_by()
    for tasks in studies.L1_ROOMS:
        for record in alike.rows[f"{tasks}/l1"]:
            record.metrics["parameter_sparsity"] = 50.0
    assert "within 10 points in all" in one_line(sparsity.penalty_words(alike))
    for zero, verdict in ((60.0, Verdict.UNTESTABLE), (78.0, Verdict.HOLDS)):
        led = study({"scheduled_70": {"zero": 70.0}, "l1_75": {"zero": 5.0}}, "target")
        for row, share in (("scheduled_70", 80.0), ("l1_75", zero)):
            for record in led.rows[row]:
                record.metrics["parameter_sparsity"] = share
        assert report.measures.judged("upadhyay", {"target": led})["l1-keeps-groups"].verdict is verdict
    assert sparsity.penalty_words(study({}, "penalty")).markdown == ""


# measures, faces


def test_printed_iou_is_an_accuracy():
    generator = torch.Generator().manual_seed(0)
    predicted = torch.randint(3, (5, 8, 8), generator=generator)
    truth = torch.randint(3, (5, 8, 8), generator=generator)
    for one, other in zip(predicted, truth, strict=True):
        iou = float(metrics.image_iou(one[None], other[None])[0])
        assert measures.accuracy_of(iou) == pytest.approx(float((one == other).double().mean()))
    told = one_line(sparsity.measures_words(table_1()))
    assert "the printed 0.3394 means that about 51 %" in told
    assert "the two are 0.350 and 0.100" in told


def test_measures_table_has_a_block_for_each_set_of_tasks():
    rows = cells(sparsity.measures_table(table_1()).markdown)
    assert sum(row[0].startswith("**") for row in rows) == 7
    assert len(rows) == 2 + 7 + 21
    depth = rows.index(next(row for row in rows if row[0] == "**depth**"))
    assert rows[depth + 1][1:5] == ["–", "–", "–", "0.900 ± 0.000"]


def test_two_sigmoids_have_the_gradient_that_is_told():
    inputs = torch.linspace(-10, 10, 20_001, dtype=torch.float64).requires_grad_()
    steepest = 0.0
    for target_value in (0.0, 1.0):
        loss = F.binary_cross_entropy_with_logits(
            torch.sigmoid(inputs), torch.full_like(inputs, target_value), reduction="sum"
        )
        (gradient,) = torch.autograd.grad(loss, inputs)
        steepest = max(steepest, float(gradient.abs().max()))
    assert faces.steepest() == pytest.approx(steepest, rel=1e-3)


def test_faces_are_read_against_a_constant_answer():
    assert len(faces.printed_accuracies("smile")) == 6
    assert min(faces.printed_accuracies("smile").values()) == 0.5204
    told = one_line(sparsity.faces_words(table_2(), inspection.Priors(0.70, 0.79)))
    assert "right on 70 % of our test faces for male/female and on 79 % for smile" in told
    assert "In our runs, which are not recorded ones (lab, 3 seeds), and with one sigmoid, 8 of our 14" in told
    assert "None has learnt its task" not in told
    recorded = dataclasses.replace(table_2(), profile="desk")
    told_of = one_line(sparsity.faces_words(recorded, inspection.Priors(0.9, 0.9)))
    assert "With one sigmoid, 0 of our 14 classifiers, each a mean" in told_of
    assert "None has learnt its task" in told_of
    assert "male in male/female at λ = 0 (0.80)" in told
    published = dataclasses.replace(table_2(), variant="code")
    assert "two sigmoids, as published" in one_line(sparsity.faces_words(published, inspection.Priors(0.7, 0.7)))
    priors = inspection.priors("twin", 16, 16)
    share = float(_made("celebamask", "test", 16, 16).labels["male"].double().mean())
    assert priors.male == pytest.approx(max(share, 1 - share))
    assert priors.smile == 0.5


def test_accuracies_no_better_than_a_constant_answer_decide_nothing():
    ids = ("celeba-classification-sparse-beats-dense", "segmentation-helps-male", "smile-unchanged")
    runs = {constant: table_2(constant=constant) for constant in (0.5, 0.81)}
    found = {constant: report.measures.judged("upadhyay", {"table-2": one}) for constant, one in runs.items()}
    for id in ids:
        assert "without learning" in found[0.81][id].why or "learned nothing" in found[0.81][id].why, id
    assert found[0.5]["smile-unchanged"].verdict is Verdict.HOLDS


# optimiser or sparsity


def test_confound_is_split_into_two_steps():
    found = confounded()
    assert confound.split(found, "seg_depth", "iou") == pytest.approx((0.10, 0.02))
    assert confound.split(found, "seg", "mae") is None
    told = one_line(sparsity.confound_words(found))
    assert "IoU +0.100 by the optimiser and +0.020 by sparsity" in told
    panels = sparsity.draw_confound(found).axes
    marks = [line for line in panels[0].lines if line.get_marker() in {mark for *_, mark in confound.ARMS.values()}]
    assert len(marks) == 12
    assert len(cells(sparsity.confound_table(found).markdown)) == 2 + 12 + 3  # a heading a set of tasks
    assert sparsity.confound_words(study({"seg/published_dense": {"tasks": "seg"}}, "confound")).markdown == ""


def test_an_optimiser_that_learns_nothing_is_no_measure_of_optimisers():
    found, path_runs = untrained(), lambda_path()
    told = one_line(sparsity.confound_words(found, path_runs))
    assert "**The published dense optimiser learns nothing here**" in told
    assert "All 9 runs have the same IoU to the last digit, 0.165: they answer one class everywhere" in told
    assert "by the optimiser" not in told
    assert "IoU +0.020 by sparsity" in told
    runs = everything() | {"confound": found}
    assert (
        "At our learning rate that optimiser learns nothing (IoU 0.165 against 0.310"
        in sparsity.headline(runs).markdown
    )
    assert "any row beside it looks good: IoU 0.165 against 0.310" in sparsity.lessons(runs).markdown
    critical = inspection.Critical(torch.full((4,), 6.0), torch.full((4,), 0.002), torch.ones(4))
    rows = dict(cells(sparsity.effects_table(runs, critical, "one network").markdown)[2:])
    assert rows["optimiser of the dense rows"].startswith("not to be had here")
    panel = sparsity.draw_confound(found, path_runs).axes[0]
    assert any(line.get_label() == "an answer that ignores the image" for line in panel.lines)
    other = dataclasses.replace(path_runs, profile="desk")
    assert "learns nothing" not in one_line(sparsity.confound_words(found, other))
    found.rows["seg/published_dense"][0].metrics["iou"] = 0.17
    assert "one class everywhere" not in one_line(sparsity.confound_words(found, path_runs))


def test_the_way_of_an_optimiser_is_that_of_the_configurations():
    told = confound.reach_words(untrained())
    assert "learning rate times steps is 1.62 here and 0.45 at full, the decay 0.1 in both" in told


def test_the_reason_is_read_from_the_printed_table():
    told = one_line(sparsity.confound_reason())
    assert "IoU of segmentation + depth goes from 0.2233 to 0.3308" in told
    assert "MAE of segmentation + depth goes from 0.1656 to 0.1379" in told
    assert "surface normals" not in told  # every such row has zeros
    assert "no effect of zeros" in told


# wanted sparsity


def test_target_tells_how_far_off_each_row_is():
    told = one_line(sparsity.target_words(led()))
    assert "scheduled to 70 %: 67 % reached, 3.0 points off on average" in told
    assert "ℓ1 scheduled to 75 % of the weights: 75 % reached, 0.0 points off" in told
    assert "Paired by seed, scheduled to 70 % less λ = 1e-5, fixed: IoU +0.000" in told
    zeros, strengths = sparsity.draw_target(led()).axes
    assert strengths.get_yscale() == "log"
    wanted = {line.get_ydata()[0] for line in zeros.lines if line.get_linestyle() == ":"}
    assert wanted == {50.0, 70.0, 90.0}
    rows = cells(sparsity.target_table(led()).markdown)
    assert [row[0] for row in rows[2:]] == list(target.NAMES.values())
    assert set(target.NAMES) == {row for row, _ in studies.target("smoke", "twin", 1, "corrected")}
    assert sparsity.target_words(study({"fixed_0": {}}, "target")).markdown == ""


# who keeps what


def test_shares_of_channels_add_up():
    found = keepers.shares(table_1(), "seg_normal_depth")
    for parts in found.values():
        assert sum(parts.values()) == pytest.approx(100)
        assert parts == pytest.approx({"seg": 25.0, "normal": 25.0, "depth": 25.0, "shared": 0.0, "zero": 25.0})
    told = one_line(sparsity.keeping_words(table_1()))
    assert "0 % of the living channels are needed by several" in told
    assert "segmentation 33 %, surface normals 33 %, depth 33 %" in told
    panels = sparsity.draw_keeping(table_1()).axes
    heights = sum(box.patches[0].get_height() for box in panels[3].containers)
    assert heights == pytest.approx(200)  # of the dense bar, and of the sparse one
    assert "zero" in keepers.shares(table_1(), "seg_normal_depth", "0")["stem"]
    empty = study({"seg_normal_depth_1e-5": {"zero": 100.0, "kept": "0000"}})
    assert "no backbone has a channel left" in one_line(sparsity.keeping_words(empty))


def test_who_keeps_what_is_set_beside_the_dense_network_of_the_same_seeds():
    found = table_1()
    told = one_line(sparsity.keeping_words(found))
    assert "Without a penalty it is 25.0 %; with it fewer are shared, −25.0 points [−25.0, −25.0], paired" in told
    found.rows["seg_normal_depth_0"] = found.rows["seg_normal_depth_0"][1:]
    for strength, records in keepers.pairs(found, "seg_normal_depth").items():
        assert [record.seed for record in records] == [1, 2], strength
    for record in found.rows["seg_normal_depth_0"]:
        record.curves["kept_shared"] = [2.0 * record.seed - 2.0] * LAYERS
    assert "do not tell whether it changes" in one_line(sparsity.keeping_words(found))
    found.rows["seg_normal_depth_1e-5"][1].curves["kept_shared"] = [6.0] * LAYERS
    found.rows["seg_normal_depth_1e-5"][2].curves["kept_shared"] = [0.0] * LAYERS
    sparse, dense, difference = (
        float(number.replace("−", "-"))
        for number in re.search(
            r"([\d.]+) % of the living.* it is ([\d.]+) %; the difference.* is (\S+) points",
            one_line(sparsity.keeping_words(found)),
        ).groups()
    )
    assert sparse - dense == pytest.approx(difference, abs=0.11)  # they add up
    del found.rows["seg_normal_depth_0"]
    assert "Without a penalty" not in one_line(sparsity.keeping_words(found))


def test_overlap_is_that_of_the_stored_bits():
    found = keepers.overlaps(table_1(), "seg", "normal")
    assert found == [keeping.Overlap(pytest.approx(1 / 3), pytest.approx(1 / 3))] * 3
    assert keepers.overlaps(table_1(), "seg", "depth") == []
    rows = {row[0]: row[1:] for row in cells(sparsity.overlap_table(table_1()).markdown)[2:]}
    assert rows["segmentation \\| segmentation + surface normals + depth"] == ["67", "43"]
    assert len(rows) == 3
    told = one_line(sparsity.overlap_words(table_1()))
    assert "What two networks have in common lies +0.0 to +23.8 points from chance over all 3 pairs" in told
    assert sparsity.overlap_words(study({"seg_0": {"tasks": "seg"}})).markdown == ""


# the audit


def test_effects_are_those_of_the_runs_and_of_the_published_network():
    critical = inspection.Critical(torch.full((4,), 6.0), torch.full((4,), 0.002), torch.ones(4))
    rows = dict(cells(sparsity.effects_table(everything(), critical, "one network").markdown)[2:])
    assert "IoU +0.100 by the optimiser, +0.020 by sparsity" in rows["optimiser of the dense rows"]
    assert "3,000 times smaller" in rows["proximal step: the document's Eq. 5, or weighted"]
    assert "segmentation 0.40" in rows["weights of the losses never learnt"]
    assert "50.0 % of the inputs, 25.0 % of the filters" in rows["zero channels counted as inputs, or as filters"]
    assert "2,051 of 22,787" in rows["layers that Figure 3 leaves out"]
    bare = dict(cells(sparsity.effects_table(dict.fromkeys(upadhyay.STUDIES), critical, "one network").markdown)[2:])
    assert "optimiser of the dense rows" not in bare
    assert "classifier with two sigmoids" in bare


def test_effects_that_are_counted():
    critical = inspection.Critical(torch.full((4,), 6.0), torch.full((4,), 0.002), torch.ones(4))
    rows = dict(cells(sparsity.effects_table(dict.fromkeys(upadhyay.STUDIES), critical, "one network").markdown)[2:])
    assert "6 of 654 rooms (batches of 8) and 28 of 1,500 faces" in rows["incomplete batches left out in tests"]
    assert "of 5 trials the first, as published, is 11 % smaller" in rows["deviation of the population, or of a sample"]
    logits = torch.full((1, 41), math.log(0.1 / 41))
    logits[0, 3] = math.log(0.9 + 0.1 / 41)
    least = F.cross_entropy(logits, torch.tensor([3]), label_smoothing=0.1)
    assert f"at least {float(least):.2f} nats" in rows["labels smoothed"]


def test_penalty_ratios_are_those_of_the_layers():
    net = network.outline(sparsity.published())
    layer = next(module for module in net.backbone.modules() if isinstance(module, nn.Conv2d))
    assert effects.penalty_ratios()[0] == pytest.approx(math.sqrt(3 / (layer.out_channels * 9)))
    assert len(effects.penalty_ratios()) == 55


# first and last words


def test_headline_says_where_from_what_and_how_many():
    told = sparsity.headline(everything()).markdown
    assert told.startswith("``````{admonition} The result")
    assert "real NYU-v2; corrected, lab" in told
    assert "the twin of CelebAMask-HQ" in told
    assert "thin siblings" in told
    assert "IoU 0.350 sparse and 0.300 dense (printed: 0.339 and 0.217)" in told
    assert "cosine similarity (CS) 0.710 sparse and 0.710 dense (printed: 0.786 and 0.695)" in told
    assert "mean absolute error of depth (MAE) 0.160" in told
    assert "This run" not in told
    assert "on recorded runs" not in told
    assert "Collapsed" not in told  # these runs have no curve of a validation measure
    assert "IoU +0.100 and +0.020" in told
    assert "25 and 50 % of the groups are zero (printed: 22 and 70 %)" in told
    assert "takes 100 % of the time of the dense one with its zeros in place, and 75 % with them taken out" in told
    assert "Led to 70 % of zero groups, λ gives 67 %; fixed at 1e-5 it gives 50 %" in told
    assert "passes nothing of the image on" in told
    counts = [int(number) for number in re.findall(r"</span> (\d+)", told.split("claims: ")[1].splitlines()[0])]
    assert sum(counts) == len(claims.load("upadhyay").claims)


def lead(runs):
    return sparsity.headline(runs).markdown.split("\n\n")[1]


def test_the_lead_says_what_the_intervals_say():
    runs = everything()
    told = lead(runs)
    assert "With 50 % of its channel groups zero" in told
    assert (
        "the sparse one is better than the dense one in IoU and cannot be told from it in cosine similarity (CS)"
        in told
    )
    assert "the dense one in IoU, cosine similarity (CS) and mean absolute error of depth (MAE)" in told
    assert "is no better by more than chance" in told
    assert words.apart(dict.fromkeys(evidence.MEASURES)) == (
        "cannot be told from the dense one in any of the three tasks"
    )
    assert words.apart({"iou": False, "mae": True}) == (
        "is better than the dense one in mean absolute error of depth (MAE) and is worse in IoU"
    )
    assert words.apart({"iou": False}) == "is worse than the dense one in IoU"
    path_runs = lambda_path()
    for row in ("l0", "l1e-5"):
        for record in path_runs.rows[row]:
            record.metrics.update(iou=record.metrics["iou"] + 0.069, cs=record.metrics["cs"] + 0.1, mae=0.08)
    told = lead(runs | {"lambda-path": path_runs})
    assert "Both are better than an answer that ignores the image, by 10 to 50 % of the way" in told
    assert lead(dict.fromkeys(upadhyay.STUDIES)).startswith("- **Claims.**")
    gain = sparsity.headline(runs).markdown
    assert "**Sparse against dense.** A gain beyond chance in IoU. With all three" in gain
    same = study({f"seg_normal_depth_{strength}": {"zero": 50.0} for strength in ("0", "1e-5")})
    assert "No measurable gain. With all" in sparsity.headline(runs | {"table-1": same}).markdown


def test_headline_says_which_studies_are_of_which_runs():
    runs = everything()
    other = {name: Evidence("upadhyay", name, "desk", one.source, one.variant, one.rows) for name, one in runs.items()}
    mixed = {name: (other if name in ("table-1", "lambda-path") else runs)[name] for name in runs}
    told = sparsity.headline(mixed).markdown.split("**Data.**")[1].splitlines()[0]
    desk = next(part for part in told.split("; ") if "desk" in part)
    assert "Table 1, lambda path)" in told or "lambda path, Table 1)" in told
    assert "target" not in desk
    assert told.count("lab") >= 1


def test_verdicts_are_on_recorded_runs_alone_where_there_are_some():
    runs = everything()
    assert list(report.measures.kept(runs)) == list(runs)
    mixed = runs | {"table-1": dataclasses.replace(runs["table-1"], profile="desk")}
    assert list(report.measures.kept(mixed)) == ["table-1"]
    found = report.measures.judged("upadhyay", report.measures.kept(mixed))
    assert found["sparsity-grows"].verdict is Verdict.HOLDS
    assert found["faster-inference"].verdict is Verdict.UNTESTABLE
    assert report.measures.judged("upadhyay", runs)["faster-inference"].verdict is Verdict.HOLDS
    told = sparsity.headline(mixed).markdown
    claimed = next(line for line in told.splitlines() if "**Claims.**" in line)
    assert "claims (on recorded runs): " in claimed
    assert f"{badge(Verdict.UNTESTABLE)} {sum(one.verdict is Verdict.UNTESTABLE for one in found.values())}" in claimed
    for start in ("Time.", "Optimiser or sparsity?", "Structured", "λ by itself.", "Faces.", "Is anything learnt?"):
        line = next(line for line in told.splitlines() if f"**{start}" in line)
        assert "(This run: " in line, start
        assert ", lab, " in line, start
    assert "This run" not in next(line for line in told.splitlines() if "**Sparse against dense.**" in line)
    lessons = sparsity.lessons(mixed).markdown
    assert lessons.count(badge(Verdict.UNTESTABLE)) > sparsity.lessons(runs).markdown.count(badge(Verdict.UNTESTABLE))


def test_collapsed_runs_are_counted():
    found = table_1()
    for records in found.rows.values():
        for record in records:
            record.curves["val_iou"] = [0.2, 0.3, 0.28]
    assert evidence.collapsed(found) == ([], 63)
    told = sparsity.headline(everything() | {"table-1": found}).markdown
    assert "**Collapsed runs.** 0 of the 63 runs" in told
    found.rows["seg_1e-6"][1].curves["val_iou"] = [0.2, 0.3, 0.14]
    found.rows["depth_0"][0].curves["val_mae"] = [0.1, 0.2, 0.21]
    told = sparsity.headline(everything() | {"table-1": found}).markdown.split("dropdown")[1]
    assert "**Collapsed runs.** 2 of the 63 runs" in told
    assert "segmentation at λ = 1e-6" in told
    assert "depth at λ = 0" in told


def test_headline_without_runs_tells_the_claims_alone():
    told = sparsity.headline(dict.fromkeys(upadhyay.STUDIES)).markdown
    assert f"{badge(Verdict.UNTESTABLE)} {len(claims.load('upadhyay').claims)}" in told
    assert "Faces" not in told


def test_every_claim_has_runs_in_a_study_of_the_chapter():
    for claim in claims.load("upadhyay").claims:
        if claim.test is not None:
            judgement = report.claimlist.judge_on(claim, "upadhyay", everything()[claim.test.study])
            assert not any(outcome.missing for outcome in judgement.outcomes), claim.id


def test_lessons_carry_verdicts_on_all_claims_that_are_tested():
    told = sparsity.lessons(everything()).markdown
    tested = [claim for claim in claims.load("upadhyay").claims if claim.test]
    assert told.count("class='verdict") == len(tested)
    assert "all three tasks: IoU +0.100" in told
    assert "wanted and got here: scheduled to 50 %: 52 %; scheduled to 70 %: 67 %" in told
    assert "the group penalty 55 %" in told
    assert "(here" not in sparsity.lessons(dict.fromkeys(upadhyay.STUDIES)).markdown


def test_means_beside_a_difference_are_of_the_same_seeds():
    found = table_1()
    dense = found.rows["seg_normal_depth_0"]
    dense.append(Record("other", "upadhyay", dense[0].config | {"seed": 9}, {"iou": 0.9}, {}, {}))
    told = sparsity.headline(everything() | {"table-1": found}).markdown
    assert "IoU 0.350 sparse and 0.300 dense" in told
    assert "(over the 3 seeds that both have)" in told
    found = led()
    found.rows["fixed_1e-5"].pop()
    for record in found.rows["scheduled_70"][2:]:
        record.metrics["group_sparsity"] = 0.0
    assert "λ gives 67 %; fixed at 1e-5 it gives 50 %" in sparsity.headline(everything() | {"target": found}).markdown


def test_figures_name_their_runs():
    shown = (
        sparsity.draw_layers(table_1()),
        sparsity.draw_keeping(table_1()),
        sparsity.draw_path(lambda_path()),
        sparsity.draw_confound(confounded()),
        sparsity.draw_target(led()),
    )
    for figure in shown:
        assert "lab, 3 seeds" in labels(figure)


def test_data_words_say_what_is_missing():
    told = one_line(sparsity.data_words(table_1(), table_2()))
    assert "**CelebAMask-HQ is not here**" in told
    assert "NYU-v2 is not here" not in told
    assert "published with 795 images to train on; 79 of them are kept for validation here, and 716 are left" in told
    twins = dataclasses.replace(table_1(), source="twin")
    assert "795" not in one_line(sparsity.data_words(twins, table_2()))
    assert "32×32 pixels in 3 epochs with a backbone of width 4 (the document: 256×256 and 64" in told
    assert "not here" not in one_line(sparsity.data_words(table_1(), table_2(source="real")))


def test_variants_show_those_that_have_runs(monkeypatch):
    known = {"code": table_1(), "corrected": table_1()}
    monkeypatch.setattr(recipes, "recorded", lambda recipe, study, *, variant: known.get(variant))
    rows = cells(sparsity.variants(table_1()).markdown)
    assert rows[0] == ["", "as published", "corrected"]
    assert ["segmentation, λ = 1e-5", "0.350 ± 0.000 (3)", "0.350 ± 0.000 (3)"] in rows
    monkeypatch.setattr(recipes, "recorded", lambda recipe, study, *, variant: None)
    shown = sparsity.variants(table_1()).markdown
    assert cells(shown)[0] == ["", "this run, corrected"]
    assert "No runs are recorded as written, as published and corrected" in shown
    assert "`python -m mtlcore run upadhyay table-1 --profile desk --source real --seeds 3 --variant paper`" in shown


def test_one_seed_says_so_and_breaks_nothing():
    alone = {
        name: Evidence(
            one.recipe, name, "smoke", "real", "corrected", {row: records[:1] for row, records in one.rows.items()}
        )
        for name, one in everything().items()
    }
    told = sparsity.headline(alone).markdown
    assert f"{badge(Verdict.UNTESTABLE)} {len(claims.load('upadhyay').claims)}" in told
    assert "paired by seed: IoU +0.050" in told
    assert "1 seed" in evidence.where(alone["table-1"])
    for shown in (sparsity.draw_layers, sparsity.draw_keeping, sparsity.overlap_words):
        assert shown(alone["table-1"]) is not None
    assert sparsity.draw_target(alone["target"]) is not None


def test_rows_of_claims_have_names_of_words():
    tested = {claim.id: claim for claim in claims.load("upadhyay").claims if claim.test}
    for id in ("performance-peaks", "group-beats-l1"):
        for name in report.names.pair_names("upadhyay", tested[id].test):
            assert not re.search(r"\bl[01]\b|l1e|seg normal", str(name)), str(name)
