"""Runs of the recipe on group sparsity: what they give, that they are the same again, and that a kill loses nothing."""

from __future__ import annotations

import dataclasses
import math
import resource

import pytest
import torch

from mtlcore import recipes, results
from mtlcore.prune import sparsity
from mtlcore.recipes.upadhyay import STUDIES, keeping, running, sets, timing
from mtlcore.recipes.upadhyay.config import Config
from mtlcore.recipes.upadhyay.optimisers import Maker
from mtlcore.train import DivergedError
from tests import small_pictures
from tests.test_upadhyay import ROOMS, TINY, tiny

TIMES = {"seconds", "inference_ms", "masked_ms", "dense_ms", "speedup", "speedup_masked"}
BACKBONE = 19  # convolutions of a backbone of one block a stage: 3 in the stem, 3 and a shortcut in each block


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(sets, "_load", lambda name, source, split, limit, size: _made(name, split, limit, size))


def _made(name, split, limit, size):
    return small_pictures.pictures(name, split, limit, size)


def comparable(result):
    curves = {name: curve for name, curve in result.curves.items() if name not in TIMES}
    return {name: value for name, value in result.metrics.items() if name not in TIMES} | curves


def test_a_run_gives_what_the_package_says():
    result = running.run(tiny(strength=1e-3, scale=10.0))
    measured = {"iou", "miou", "cs", "angle", "angle_median", "mae", "mae_metres", "strength", *TIMES} - {"seconds"}
    measured |= {"group_sparsity", "parameter_sparsity", "filter_sparsity", "compact_parameters", "compact_macs"}
    assert set(result.metrics) == measured | {f"loss_{task}" for task in ROOMS}
    assert all(math.isfinite(value) for value in result.metrics.values())
    assert result.metrics["strength"] == pytest.approx(1e-2)
    assert result.metrics["group_sparsity"] > 0
    epochs = {name for name, curve in result.curves.items() if len(curve) == 2}
    assert epochs >= {"loss", "loss_seg", "weight_depth", "val_iou", "val_cs", "val_mae", "group_sparsity", "strength"}
    layers = {name for name, curve in result.curves.items() if len(curve) == BACKBONE}
    assert layers == {
        *("channels_before", "channels_after", "filters_before", "filters_after"),
        *("kept_seg", "kept_normal", "kept_depth", "kept_shared"),
    }


def test_the_curves_of_the_channels_agree_with_the_sparsity():
    result = running.run(tiny(strength=1e-3, scale=10.0))
    before, after = sum(result.curves["channels_before"]), sum(result.curves["channels_after"])
    assert result.metrics["group_sparsity"] == pytest.approx(100 * (1 - after / before))
    record = results.record_of(tiny(), result)
    assert [int(part.sum()) for part in keeping.alive_of(record)] == [int(n) for n in result.curves["channels_after"]]
    kept = [result.curves[f"kept_{task}"] for task in (*ROOMS, "shared")]
    assert [sum(layer) for layer in zip(*kept, strict=True)] == result.curves["channels_after"]


def test_a_dense_run_stays_dense_and_a_strong_penalty_leaves_nothing():
    dense, empty = (running.run(tiny(("seg",), strength=strength)) for strength in (0.0, 1e6))
    assert (dense.metrics["group_sparsity"], dense.metrics["compact_parameters"]) == (0, 100)
    assert empty.metrics["group_sparsity"] == empty.metrics["parameter_sparsity"] == 100
    assert empty.metrics["compact_macs"] < 20
    assert "kept_shared" not in dense.curves


def test_single_weights_go_before_whole_channels():
    result = running.run(tiny(("seg",), strength=1.0, penalty="element", metric="identity"))
    assert 0 <= result.metrics["group_sparsity"] < result.metrics["parameter_sparsity"] < 100


def test_faces_give_accuracies_and_rows_of_an_arm_show_one():
    result = running.run(tiny(("seg", "male", "smile"), dataset="celebamask"))
    assert {"iou", "accuracy_male", "accuracy_smile"} < set(result.metrics)
    assert "cs" not in result.metrics
    record = results.record_of(tiny(), result)
    study = STUDIES["table-2"]
    shown = {name: result.metrics[f"{name}_male"] for name in ("accuracy", "constant")}
    assert study.seen("seg_male_smile_0/male", record).metrics == shown
    del record.metrics["constant_male"]  # as in runs of before
    assert study.seen("seg_male_smile_0/male", record).metrics == {"accuracy": shown["accuracy"]}
    assert study.seen("seg_male_smile_0", record).metrics == record.metrics


def test_curves_have_losses_without_the_half_of_equation_2():
    result = running.run(tiny(("depth",), lr=1e-9, epochs=1, train_images=8))
    net, one = _fresh(), tiny(("depth",))
    batch = next(iter(sets.Batches(one, sets.sets_of(one).train, "cpu").epoch(0)))
    outputs = net(sets.prepared(batch[0], one))
    expected = running.objective_of(net, one)
    assert outputs["depth"].shape == (8, 1, 2, 2)
    half = float(expected(net, *batch).by_task()["depth"].detach())
    assert result.curves["loss_depth"][0] == pytest.approx(2 * half, rel=0.3)  # dropout draws anew
    assert result.curves["weight_depth"][0] == pytest.approx(0.5)


def _fresh():
    torch.manual_seed(0)
    return running.network(tiny(("depth",)))


@pytest.mark.parametrize("variant", ["paper", "code", "corrected"])
def test_every_kind_of_row_runs_in_every_variant(variant):
    seen = set()
    for name in ("table-1", "confound", "target", "table-3"):
        for row, config in STUDIES[name].grid("smoke", "twin", 1, variant, width=2):
            kind = (config.strength > 0, config.decay, config.penalty, config.control)
            if kind not in seen and len(config.tasks) > 1:
                seen.add(kind)
                result = running.run(dataclasses.replace(config, bf16=False, epochs=2))
                assert 0 <= result.metrics["group_sparsity"] <= 100, row
    assert len(seen) == 7


def test_a_run_is_the_same_again_and_another_seed_is_not():
    first = comparable(running.run(tiny(strength=1e-3)))
    assert comparable(running.run(tiny(strength=1e-3))) == first
    assert comparable(running.run(tiny(strength=1e-3, seed=1))) != first


@pytest.mark.parametrize(
    "special",
    [
        {},
        {"control": "scheduled", "wanted": 60.0},
        {"restart": True, "balance": "constant", "loss_penalty": True, "control": "learned", "wanted": 60.0},
    ],
)
def test_a_killed_run_goes_on_to_the_same_bits(tmp_path, monkeypatch, special):
    config = tiny(epochs=4, strength=1e-3, **special)
    whole = comparable(running.run(config))
    measure, calls = running.zeros, []

    def stopping(backbone):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return measure(backbone)

    monkeypatch.setattr(running, "zeros", stopping)
    with pytest.raises(KeyboardInterrupt):
        running.run(config, checkpoints=tmp_path)
    monkeypatch.setattr(running, "zeros", measure)
    assert comparable(running.run(config, checkpoints=tmp_path)) == whole
    assert (tmp_path / f"{results.key(config)}.pt").exists()


def test_a_run_that_diverges_says_the_task():
    with pytest.raises(DivergedError, match="epoch"):
        running.run(tiny(lr=1e30, epochs=3))


def test_a_wanted_sparsity_is_reached():
    asked = tiny(("seg", "depth"), strength=1e-5, control="scheduled", wanted=50.0, epochs=30, lr=3e-3)
    result = running.run(asked)
    assert result.metrics["group_sparsity"] == pytest.approx(50, abs=15)
    assert result.curves["strength"][-1] != result.curves["strength"][0]


def test_inference_takes_away_what_is_zero():
    config = tiny(("seg",), timed=3)
    torch.manual_seed(0)
    backbone = running.network(config).backbone.eval()
    for module in keeping.convolutions(backbone).values():
        if module.in_channels > 3:
            with torch.no_grad():
                module.weight[:, module.in_channels // 2 :] = 0
    found = timing.inference(backbone, torch.rand(2, 3, 16, 16), config, "cpu")
    assert 40 < sparsity(backbone).inputs < 50
    assert found["compact_parameters"] < 60
    assert found["compact_macs"] < 60
    assert min(found[name] for name in ("inference_ms", "masked_ms", "dense_ms", "speedup")) > 0


def test_a_study_is_stored_and_every_row_seen(tmp_path):
    found = recipes.compute(
        "upadhyay", "penalty", profile="smoke", source="twin", seeds=1, device="cpu", store=tmp_path / "x.jsonl"
    )
    assert set(found.rows) == {
        f"{row}/{arm}" for row in ("seg_normal", "normal_depth", "seg_normal_depth") for arm in ("group", "l1")
    }
    assert all("iou" in record.metrics for record in found.rows["seg_normal/l1"])
    assert len(results.Store(tmp_path / "x.jsonl").read()) == 6


@pytest.mark.slow
def test_a_step_at_full_size_fits_into_memory():
    """The document's own configuration: ResNet-50, 256 x 256, batch 16, three heads, bf16; one step, on a CPU."""
    config = Config(seed=0, source="twin", tasks=ROOMS, strength=1e-5, bf16=True, channels_last=True)
    assert {name for name in TINY if getattr(config, name) == TINY[name]} == set()
    net = running.network(config).to(memory_format=torch.channels_last)
    assert sum(parameter.numel() for parameter in net.backbone.parameters()) == 23_631_808
    batches = sets.Batches(config, small_pictures.pictures("nyuv2", count=16, size=256), "cpu")
    objective, balance = running.objective_of(net, config), running.balancer_of(config)
    optimizer = Maker(config, 1)(net)
    started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (batch,) = batches.epoch(0)
    before = net.backbone.stem[0].weight.detach().clone()
    with config.precision.autocast("cpu"):
        found = objective(net, *batch)
    balance.backward(found.tasks, found.blocks)
    optimizer.step()
    losses = found.by_task()
    assert all(bool(loss.isfinite()) and loss.dtype == torch.float32 for loss in losses.values())
    assert not torch.equal(before, net.backbone.stem[0].weight)
    assert bool(torch.stack([parameter.isfinite().all() for parameter in net.parameters()]).all())
    assert sum(weight.shape[1] for weight in optimizer.param_groups[0]["params"]) == 22_787
    taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - started) / 2**20  # GiB
    assert taken < 40, "the document's GPU had 40 GB"
