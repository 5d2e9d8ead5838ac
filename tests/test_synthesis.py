"""The recipe that puts all methods side by side: what is run, and that it is run as told."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from mtlcore import recipes, results
from mtlcore.balance import MGDAUB, GradNorm, PCGrad, Sum
from mtlcore.kernels.prox import group_soft_threshold
from mtlcore.nets.shared_lenet import POSITIONS, SharedLeNet
from mtlcore.prune import ProxAdam
from mtlcore.recipes.synthesis import STUDIES, TITLE, penalties, pruning, rooms, running, studies
from mtlcore.recipes.synthesis.config import BALANCERS, Config
from mtlcore.recipes.synthesis.penalties import Rising, share_of_zeros
from mtlcore.recipes.synthesis.sets import sets_of
from mtlcore.recipes.tran.config import TASKS

TIMES = {"seconds", "train_seconds", "inference_ms", "dense_ms", "speedup", "speedup_masked"}


def grid(study, profile="smoke", seeds=1, **settings):
    return STUDIES[study].grid(profile, "twin", seeds, "corrected", **settings)


def config(row="dense/sum", **settings):
    method, _, balancer = row.partition("/")
    base = dict(grid("methods"))["dense/sum"]
    return Config(**{**vars(base), "balancer": balancer, "methods": studies.methods_of(method), **settings})


def comparable(result):
    parts = (result.metrics, result.curves)
    return [{name: value for name, value in part.items() if name not in TIMES} for part in parts]


# --- what is run ---


def test_the_recipe_is_known_and_has_a_title():
    assert recipes.get("synthesis").TITLE == TITLE
    assert recipes.study("synthesis", "crossing") is STUDIES["crossing"]


def test_the_crossing_is_every_method_with_every_balancer():
    rows = [row for row, _ in grid("crossing")]
    assert len(rows) == len(set(rows)) == 8 * len(BALANCERS)
    assert {row.split("/")[1] for row in rows} == set(BALANCERS)
    for row, one in grid("crossing"):
        method, balancer = row.split("/")
        assert one.balancer == balancer
        assert one.methods == (() if method == "dense" else (method,))


@pytest.mark.parametrize("study", STUDIES)
def test_grids_go_seed_by_seed(study):
    two, one = grid(study, seeds=2, epochs=7), grid(study, epochs=7)
    assert two[: len(one)] == one
    assert [row for row, _ in two] == [row for row, _ in one] * 2
    assert {each.epochs for _, each in two} == {7}
    assert [each.seed for _, each in two] == [0] * len(one) + [1] * len(one)


def test_equal_rows_of_several_studies_are_one_run():
    keys = {study: {row: results.key(one) for row, one in grid(study, "desk")} for study in STUDIES}
    assert keys["methods"]["group/sum"] == keys["crossing"]["group/sum"] == keys["pairs"]["group/sum"]
    assert keys["shares"]["group/0.5"] == keys["crossing"]["group/sum"]
    assert keys["shares"]["dense"] == keys["methods"]["dense/sum"]
    assert keys["shares"]["narrow/0.5"] == keys["methods"]["narrow/sum"]
    assert keys["shares"]["group/0.9"] not in keys["crossing"].values()
    assert not set(keys["rooms"].values()) & set(keys["crossing"].values())


def test_there_are_no_variants():
    for study in STUDIES.values():
        with pytest.raises(ValueError, match="no variant 'paper'"):
            study.grid("smoke", "twin", 1, "paper")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"methods": ("pruned",)}, "method 'pruned' is unknown"),
        ({"methods": ("group", "l1")}, "take one of group and l1 at most"),
        ({"methods": ("weight-matrix", "distinctiveness")}, "at most, once"),
        ({"methods": ("dropout", "dropout")}, "at most, once"),
        ({"balancer": "mean"}, "balancer 'mean' is unknown; choose one of sum"),
        ({"share": 1.0}, "share is 1.0; it must lie between 0 and 1"),
        ({"epochs": 0}, "epochs is 0; it must be 1 or more"),
        ({"train_images": 8, "batch_size": 9}, "there are 8 training images"),
        ({"channels": (3,)}, "the network has two convolutions"),
    ],
)
def test_what_cannot_be_run_is_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        Config(seed=0, source="twin", **settings)


def test_balancers_are_those_of_the_rows():
    kinds = {name: type(running.balancer(config(f"dense/{name}"))) for name in BALANCERS}
    assert kinds == {"sum": Sum, "gradnorm": GradNorm, "mgda": MGDAUB, "pcgrad": PCGrad}


# --- the network ---


def test_the_network_has_one_representation_that_all_heads_read():
    net = SharedLeNet(TASKS, channels=(3, 5), hidden=7, dropout=0.5)
    images = torch.rand(4, 1, 28, 28)
    assert {task: tuple(out.shape) for task, out in net(images).items()} == dict.fromkeys(TASKS, (4, 10))
    features = net.features(images)
    assert features.shape == (4, 7)
    net.eval()
    for task, out in net.predict(net.features(images)).items():
        torch.testing.assert_close(out, net(images)[task])
    for wrong, words in (((), "give each a name"), (("a", "a"), "give each a name")):
        with pytest.raises(ValueError, match=words):
            SharedLeNet(wrong)
    with pytest.raises(ValueError, match="must be 1 or more"):
        SharedLeNet(TASKS, hidden=0)


def test_narrow_builds_what_is_left():
    built = running.network(config("narrow/sum", share=0.75, channels=(8, 16), hidden=20))
    assert (built.trunk.conv1.out_channels, built.trunk.conv2.out_channels, built.hidden.out_features) == (2, 4, 5)
    assert running.network(config("dropout/sum", share=0.3)).trunk.dropout.p == 0.3


# --- penalties ---


def test_positions_make_a_group_of_a_flattened_channel():
    weight = nn.Parameter(torch.randn(3, 4 * 5))
    before = weight.detach().clone()
    optimizer = ProxAdam([{"params": [weight], "positions": 5}], lr=0.1, strength=0.7)
    weight.grad = torch.zeros_like(weight)
    optimizer.step()
    expected = group_soft_threshold(before.view(3, 4, 5), 0.07 * math.sqrt(15), dim=1).view(3, 20)
    torch.testing.assert_close(weight.detach(), expected)
    with pytest.raises(ValueError, match="does not read 7 positions"):
        ProxAdam([{"params": [weight], "positions": 7}], strength=0.1)


def test_share_of_zeros_agrees_with_a_loop():
    torch.manual_seed(0)
    convolution, linear = torch.randn(4, 6, 3, 3), torch.randn(5, 3 * POSITIONS)
    convolution[:, [1, 4]] = 0
    convolution[0] = 0
    linear[:, POSITIONS : 2 * POSITIONS] = 0
    linear[:, 0] = 0  # one position of a channel is no channel
    groups = [
        {"params": [convolution], "groups": "input_channel"},
        {"params": [linear], "groups": "input_channel", "positions": POSITIONS},
    ]
    dead = sum(bool((convolution[:, i] == 0).all()) for i in range(6))
    dead += sum(bool((linear[:, i * POSITIONS : (i + 1) * POSITIONS] == 0).all()) for i in range(3))
    assert share_of_zeros(groups) == pytest.approx(dead / 9)
    single = [{**group, "groups": "element"} for group in groups]
    zeros = int((convolution == 0).sum() + (linear == 0).sum())
    assert share_of_zeros(single) == pytest.approx(zeros / (convolution.numel() + linear.numel()))


@pytest.mark.parametrize("groups", ["input_channel", "element"])
def test_a_penalty_ends_at_its_share_and_the_zeros_stay(groups):
    torch.manual_seed(0)
    weight = nn.Parameter(torch.randn(8, 20, 3, 3))
    optimizer = Rising(
        [{"params": [weight], "strength": 2.0, "groups": groups}], wanted=0.4, steps=60, lr=0.01, metric="identity"
    )
    length = float(weight.detach().norm())
    ended = None
    for _ in range(60):
        weight.grad = 1e-3 * torch.randn_like(weight)
        optimizer.step()
        if ended is None and optimizer.param_groups[0]["strength"] == 0:
            ended = weight.detach() == 0
    assert ended is not None
    assert 0.4 <= share_of_zeros(optimizer.param_groups) < 0.6
    assert bool((weight.detach()[ended] == 0).all())
    assert float(weight.detach().norm()) == pytest.approx(length, rel=0.5)  # though 0.4 of it is gone


def test_a_proximal_step_leaves_the_length_as_it_is():
    weight = nn.Parameter(torch.randn(4, 6, 3, 3))
    before = weight.detach().clone()
    optimizer = Rising([{"params": [weight], "strength": 3.0}], wanted=0.9, steps=10, lr=0.05)
    weight.grad = torch.zeros_like(weight)
    optimizer.step()
    after = weight.detach()
    assert float(after.norm()) == pytest.approx(float(before.norm()), rel=1e-5)
    shortened = group_soft_threshold(before, 0.15 * 6, dim=1)  # sqrt of the 36 weights of a channel
    torch.testing.assert_close(after / after.norm(), shortened / shortened.norm())


def test_a_weight_that_one_step_takes_whole_stays_zero():
    weight = nn.Parameter(torch.full((2, 2, 1, 1), 0.1))
    optimizer = Rising([{"params": [weight], "strength": 1e3}], wanted=0.5, steps=10, lr=0.1)
    for _ in range(2):
        weight.grad = torch.ones_like(weight)
        optimizer.step()
    assert weight.tolist() == torch.zeros(2, 2, 1, 1).tolist()


def test_only_rows_with_a_penalty_have_one():
    net = running.network(config())
    plain = penalties.make_optimizer(config(), 10, net)
    assert [group["strength"] for group in plain.param_groups] == [0.0]
    for method in ("group", "l1"):
        found = penalties.make_optimizer(config(f"{method}/sum"), 10, net)
        assert sum(len(group["params"]) for group in found.param_groups) == len(list(net.parameters()))
        assert [group["penalised"] for group in found.param_groups] == [True, True, False]


# --- pruning ---


def course_of(method, **settings):
    chosen = config(f"{method}/sum", **settings)
    torch.manual_seed(0)
    net = running.network(chosen)
    return pruning.Course(chosen, net, sets_of(chosen, "cpu").train, "cpu"), net


@pytest.mark.parametrize("method", pruning.OPTIONS)
def test_the_directional_methods_take_the_share_at_the_moments(method):
    course, net = course_of(method, epochs=12, share=0.5)
    left = [course.start_epoch(epoch)["units"] for epoch in range(12)]
    assert left[:4] == [16.0] * 4
    assert left[-1] == 8.0
    assert sorted(left, reverse=True) == left
    assert {head.in_features for head in net.heads.values()} == {8}


@pytest.mark.parametrize("method", pruning.OPTIONS)
def test_a_unit_said_twice_goes_first_and_nothing_is_lost(method):
    course, net = course_of(method)
    layer = pruning.hidden_layer(net)
    with torch.no_grad():
        layer.producer.weight[5] = layer.producer.weight[2]
        layer.producer.bias[5] = layer.producer.bias[2]
    net.eval()
    images = next(iter(course.batches.epoch(0)))[0]
    before = {task: out.detach() for task, out in net(images).items()}
    course.prune(1)
    assert net.hidden.out_features == 15
    for task, out in net(images).items():
        torch.testing.assert_close(out.detach(), before[task], rtol=1e-4, atol=1e-4)


def test_opposite_units_are_merged_by_generalised_distinctiveness_alone():
    for method, expected in (("distinctiveness", 15), ("neuron-behaviour", 15)):
        course, net = course_of(method)
        layer = pruning.hidden_layer(net)
        with torch.no_grad():
            layer.producer.weight[5] = -layer.producer.weight[2]
        options = pruning.OPTIONS[method]
        assert ("opposite" in options) == (method == "distinctiveness")
        course.prune(1)
        assert net.hidden.out_features == expected


# --- running ---

ROWS = ("dense/sum", "distinctiveness/mgda", "group/gradnorm", "l1/sum", "layerout/pcgrad", "dropout+group/sum")


@pytest.mark.parametrize("row", ROWS)
def test_a_run_measures_all_axes_and_repeats_to_the_bit(row):
    chosen = config(row)
    first = running.run(chosen)
    assert comparable(first) == comparable(running.run(chosen))
    for name in ("accuracy", *(f"accuracy_{task}" for task in TASKS)):
        assert 0 <= first.metrics[name] <= 1
    assert first.metrics["accuracy"] == pytest.approx(
        sum(first.metrics[f"accuracy_{task}"] for task in TASKS) / len(TASKS)
    )
    assert first.metrics["compact_difference"] < 1e-4
    assert 0 < first.metrics["parameters"] <= 100
    assert first.metrics["inference_ms"] > 0
    assert len(first.curves["accuracy"]) == chosen.epochs
    assert first.metrics["seconds"] > 0


def test_parameters_left_are_those_that_a_count_gives():
    found = running.run(config("neuron-behaviour/sum")).metrics
    wide, small = (SharedLeNet(TASKS, channels=(4, 8), hidden=units) for units in (16, 8))
    sizes = [sum(parameter.numel() for parameter in net.parameters()) for net in (small, wide)]
    assert found["parameters"] == pytest.approx(100 * sizes[0] / sizes[1])
    assert found["nonzero"] == pytest.approx(found["parameters"], abs=1.0)  # normalisation's shifts begin at zero


@pytest.mark.parametrize("balancer", ["gradnorm", "mgda", "pcgrad"])
def test_an_epoch_with_a_frozen_trunk_spoils_no_run(balancer, monkeypatch):
    chosen = config(f"layerout/{balancer}", epochs=2)
    start = pruning.Course.start_epoch

    def freeze(self, epoch):
        told = start(self, epoch)
        for parameter in self.net.trunk.parameters():
            parameter.requires_grad_(epoch == 1)
        return told

    monkeypatch.setattr(pruning.Course, "start_epoch", freeze)
    found = running.run(chosen)
    assert all(math.isfinite(value) for curve in found.curves.values() for value in curve)
    assert {"loss", "accuracy", "seconds"} <= set(found.curves)
    assert "kkt_ratio" not in found.curves
    assert results.record_of(chosen, found).curves == found.curves  # it refuses what is not finite


@pytest.mark.parametrize("row", ["distinctiveness/gradnorm", "group+layerout/pcgrad"])
def test_a_killed_run_goes_on_to_the_same_bits(row, tmp_path, monkeypatch):
    chosen = config(row, epochs=4)
    whole = running.run(chosen)
    start = pruning.Course.start_epoch

    def killed(self, epoch):
        if epoch == 3:
            raise KeyboardInterrupt
        return start(self, epoch)

    with monkeypatch.context() as patch:
        patch.setattr(pruning.Course, "start_epoch", killed)
        with pytest.raises(KeyboardInterrupt):
            running.run(chosen, checkpoints=tmp_path)
    assert comparable(running.run(chosen, checkpoints=tmp_path)) == comparable(whole)


def test_test_images_are_composed_alike_in_every_run():
    first, second = (next(iter(sets_of(config(seed=seed), "cpu").test.epoch(0))) for seed in (0, 1))
    torch.testing.assert_close(first[0], second[0], rtol=0, atol=0)


# --- rooms ---


def test_rooms_ask_for_what_their_rows_say():
    found = dict(grid("rooms"))
    assert list(found) == ["dense", "group", "l1", "layerout", "group+layerout"]
    assert (found["dense"].zero, found["dense"].frozen) == (0.0, 0.0)
    assert (found["l1"].penalty, found["l1"].zero) == ("element", rooms.SHARE)
    assert (found["group+layerout"].zero, found["group+layerout"].frozen) == (rooms.SHARE, rooms.SHARE)
    assert {one.recipe for one in found.values()} == {"synthesis"}
    fields = {**vars(found["dense"])}
    for settings, words in (
        ({"zero": 1.0}, "zero is 1.0"),
        ({"strength": 1e-5}, "knows no λ"),
        ({"frozen": -0.1}, "-0.1"),
    ):
        with pytest.raises(ValueError, match=words):
            rooms.Config(**{**fields, **settings})


def test_rooms_run():
    found = rooms.run(dict(grid("rooms"))["group+layerout"])
    assert {"miou", "angle", "mae_metres", "compact_parameters", "speedup", "seconds"} <= set(found.metrics)
    assert 0 <= found.curves["frozen"][0] < 1
