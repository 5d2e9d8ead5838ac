"""The recipe on directional and random pruning: grids, schedule, and runs small enough for a test."""

from __future__ import annotations

import dataclasses
import shutil

import pytest
import torch
from click.testing import CliRunner

from mtlcore import recipes, results
from mtlcore.__main__ import main
from mtlcore.nets.two_task import TwoTask
from mtlcore.recipes.ge import STUDIES, preparation, training
from mtlcore.recipes.ge.config import Config
from mtlcore.recipes.ge.pruning import Pruning, schedule
from tests.data.vehiclex_folder import Folder

TINY = {
    "source": "twin",
    "train_samples": 96,
    "val_samples": 64,
    "test_samples": 64,
    "selection_samples": 96,
    "generations": 3,
    "epochs": 6,
    "batch_size": 32,
    "lr": 0.05,
}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def config(**fields):
    return Config(**({"seed": 0} | TINY | fields))


def run(tmp_path=None, **fields):
    return training.run(config(**fields), checkpoints=tmp_path)


def comparable(result):
    """What does not depend on the clock."""
    timed = ("time", "time_with_pretraining")
    metrics = {name: value for name, value in result.metrics.items() if name not in timed}
    return metrics, {name: curve for name, curve in result.curves.items() if name != "seconds"}


def test_schedule_is_the_middle_third_every_twentieth():
    assert schedule(400, 0.05) == [134, 154, 174, 194, 214, 234, 254]
    assert schedule(40, 0.05) == [14, 16, 18, 20, 22, 24, 26]
    assert schedule(3, 0.05) == [1]


def test_grids_have_the_rows_that_the_claims_name():
    names = {name: [row for row, _ in study.grid("desk", "twin", 1, "paper")] for name, study in STUDIES.items()}
    assert names["thresholds"] == [*(f"{m}-{a}" for m in ("nb", "wm") for a in (15, 20, 25, 30)), "baseline"]
    assert names["table-4"] == names["overfitting"] == ["dropout", "neuron-behaviour", "weight-matrix", "baseline"]
    assert names["table-3"] == ["dropout-r20", "nb-r20", "wm-r23", "dropout-r50", "nb-r42", "wm-r53"]
    assert names["selection"] == ["chosen", "random-half", "all-features"]


def test_full_as_written_is_the_document():
    rows = dict(STUDIES["table-1"].grid("full", "twin", 1, "paper"))
    assert rows["chosen"] == Config(seed=0, source="twin")
    assert (rows["batch-512"].epochs, rows["batch-512"].batch_size, rows["l2-01"].l2) == (650, 512, 0.1)
    third = dict(STUDIES["table-3"].grid("full", "twin", 1, "paper"))
    second = dict(STUDIES["table-2"].grid("full", "twin", 1, "paper"))
    assert third["nb-r20"] == second["nb-20"]
    assert third["wm-r53"] == second["wm-25"]
    assert third["dropout-r50"].epochs == 600
    assert all(one.center is None and one.selection_seed == 1000 for one in [*second.values(), *third.values()])


def test_corrected_trains_all_rows_as_long_and_prunes_to_the_rate():
    rows = dict(STUDIES["table-3"].grid("full", "twin", 1, "corrected"))
    assert {one.epochs + (one.pretraining or 0) for one in rows.values()} == {400}
    assert [one.rate for one in rows.values()] == [None, 0.2, 0.2, None, 0.5, 0.5]
    assert rows["nb-r20"].center == 0.5
    assert [one.selection_seed for _, one in STUDIES["selection"].grid("desk", "twin", 2, "corrected")] == [
        *[1000] * 3,
        *[1001] * 3,
    ]


def test_a_hurried_profile_changes_rates_and_epochs_together():
    for row, one in STUDIES["table-1"].grid("desk", "twin", 1, "paper"):
        full = dict(STUDIES["table-1"].grid("full", "twin", 1, "paper"))[row]
        assert one.lr * one.epochs == pytest.approx(full.lr * full.epochs)


def test_keys_of_the_recorded_runs_do_not_change():
    rows = dict(STUDIES["thresholds"].grid("desk", "twin", 1, "corrected"))
    assert results.key(rows["baseline"]) == "547dfbdd18b4606e"
    assert results.key(rows["nb-15"]) == "ce4e45dba11fe519"


def test_run_is_the_same_again():
    assert comparable(run()) == comparable(run())
    assert comparable(run()) != comparable(run(seed=1))


def test_behaviour_prunes_to_the_rate_and_stays_pruned(monkeypatch):
    kept = []
    monkeypatch.setattr(training, "TwoTask", lambda *args, **kwargs: kept.append(TwoTask(*args, **kwargs)) or kept[-1])
    found = run(technique="neuron_behaviour", rate=0.25, condition="always", momentum=0.9, l2=0.1)
    assert found.metrics["neurons_pruned"] == 32
    assert found.metrics["pruning_ratio"] == 25
    assert found.curves["alive"] == [128, 128, *[128 - 32 / 2] * 1, *[128 - 32] * 3]
    gone = ~kept[0].pruning.method.alive
    assert gone.sum() == 32
    assert (kept[0].second.weight[gone] == 0).all()
    assert all((head.weight[:, gone] == 0).all() for head in kept[0].heads)
    assert found.metrics["loss_jump"] != 0


def test_falling_condition_stops_where_the_loss_rises():
    losses = iter([1.0, 0.9, 1.1, 1.2])  # before the first pruning, behind it, before the second, never asked again
    net = TwoTask(20, hidden=(16, 8))
    setting = config(technique="neuron_behaviour", angle=89.0, epochs=6)
    pruning = Pruning(net, setting, torch.rand(40, 20), lambda: next(losses))
    assert pruning.start_epoch(2)["alive"] < 8
    assert float(pruning.jump) == pytest.approx(-0.1)
    before = pruning.pruned
    assert pruning.start_epoch(3) == {"alive": 8.0 - before}
    assert float(pruning.last_loss) == 1.0  # not taken over: it did not prune


def test_weight_matrix_takes_the_network_that_was_kept(tmp_path):
    first = run(tmp_path, technique="weight_matrix", rate=0.5)
    (kept,) = tmp_path.glob("pretrained-*.pt")
    stamp = kept.stat().st_mtime_ns
    (tmp_path / f"{results.key(config(technique='weight_matrix', rate=0.5))}.pt").unlink()
    again = run(tmp_path, technique="weight_matrix", rate=0.5)
    assert kept.stat().st_mtime_ns == stamp
    assert comparable(again) == comparable(first)
    assert first.metrics["neurons_pruned"] == 64
    assert first.metrics["time_with_pretraining"] > first.metrics["time"]
    halves = run(tmp_path, technique="weight_matrix", rate=0.5, epochs=3, pretraining=3)
    assert halves.metrics["time"] == halves.metrics["time_with_pretraining"]
    afresh = run(tmp_path, technique="weight_matrix", rate=0.5, retrain="afresh")
    assert afresh.metrics["neurons_pruned"] == 64
    assert afresh.curves["loss"][0] > again.curves["loss"][0]


def test_a_killed_run_goes_on_to_the_same_bits(tmp_path, monkeypatch):
    setting = {"technique": "neuron_behaviour", "rate": 0.25, "condition": "always"}
    whole = run(tmp_path / "whole", **setting)
    real = training.train

    def killed(*args, start_epoch, **kwargs):
        def stop(epoch):
            if epoch == 4:
                raise KeyboardInterrupt
            return start_epoch(epoch)

        return real(*args, start_epoch=stop, **kwargs)

    monkeypatch.setattr(training, "train", killed)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed", **setting)
    monkeypatch.setattr(training, "train", real)
    assert comparable(run(tmp_path / "killed", **setting)) == comparable(whole)
    shutil.rmtree(tmp_path / "killed")


def test_features_are_normalised_by_the_training_samples_and_halved():
    setting = config()
    train, test = (preparation.prepared(setting, split) for split in ("train", "test"))
    assert train.features.shape == (96, 1024)
    assert float(train.features.min()) == 0
    assert float(train.features.max()) == 1
    columns = preparation.chosen(setting)
    raw = preparation.load("twin", "train", 96).features[:, columns]
    spread = (raw.amax(0) - raw.amin(0)).clamp_min(1e-30)
    assert torch.allclose(train.features, (raw - raw.amin(0)) / spread, atol=1e-6)
    assert test.features.shape[1] == 1024
    assert preparation.prepared(config(features="all"), "val").features.shape[1] == 2048
    other = preparation.chosen(config(features="random", selection_seed=3))
    assert len(other.unique()) == 1024
    assert not torch.equal(other, preparation.chosen(config(features="random", selection_seed=4)))
    assert preparation.prepared(config(seed=5), "train") is train  # one copy for all runs of a table


def test_measure_is_the_plain_share_of_right_answers():
    setting = config()
    split = preparation.prepared(setting, "val")
    net = TwoTask(1024)
    accuracy, losses = training.measure(net, split, "cpu")
    with torch.no_grad():
        outputs = net.eval()(split.features).values()
    for task, (logits, labels) in enumerate(zip(outputs, split.labels, strict=True)):
        right = sum(int(row.argmax()) == int(label) for row, label in zip(logits, labels, strict=True))
        assert accuracy[task] == pytest.approx(100 * right / 64)
        assert losses[task] == pytest.approx(float(torch.nn.functional.cross_entropy(logits, labels)), abs=1e-5)


def test_refuses_what_has_no_meaning():
    for field, message in [
        ({"technique": "magic"}, "technique is 'magic'; choose none, neuron_behaviour"),
        ({"features": "some"}, "features is 'some'; choose genetic, random, all"),
        ({"epochs": 0}, "epochs is 0; it must be 1 or more"),
        ({"batch_size": 1}, "batch_size is 1; batch normalisation takes 2 or more"),
        ({"angle": 90.0}, "angle is 90.0; it must lie between 0 and 90 degrees"),
        ({"rate": 1.0}, "rate is 1.0; it must lie between 0 and 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            config(**field)


def test_compute_runs_a_study_and_keeps_shared_runs_once(tmp_path):
    small = {name: value for name, value in TINY.items() if name != "source"} | {"epochs": 3}
    found = recipes.compute(
        "ge", "table-4", profile="smoke", source="twin", seeds=1, variant="paper", store=tmp_path / "ge.jsonl", **small
    )
    assert set(found.rows) == {"dropout", "neuron-behaviour", "weight-matrix", "baseline"}
    assert dataclasses.asdict(config())["technique"] == "none"
    assert len(results.Store(tmp_path / "ge.jsonl").read()) == 4


def test_a_folder_in_the_published_layout_runs_by_the_same_command(tmp_path, monkeypatch):
    Folder(tmp_path, {"train": 48, "val": 24, "test": 24})
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path))
    command = ["run", "ge", "table-4", "--profile", "smoke", "--source", "real", "--seeds", "1", "--workers", "1"]
    smaller = ["--set", "kept=64", "--set", "generations=2", "--set", "batch_size=16"]
    done = CliRunner().invoke(main, [*command, *smaller, "--store", str(tmp_path / "runs.jsonl")])
    assert done.exit_code == 0, done.output
    records = results.Store(tmp_path / "runs.jsonl").read().values()
    assert len(records) == 4
    for record in records:
        assert record.config["source"] == "real"
        assert record.provenance["data"].startswith("real VehicleX features, 48 train")
        assert 0 <= record.metrics["accuracy_t1"] <= 100
