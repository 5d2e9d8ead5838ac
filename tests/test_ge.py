"""The recipe on directional and random pruning: grids, schedule, and runs small enough for a test."""

from __future__ import annotations

import copy
import dataclasses
import shutil

import pytest
import torch
from click.testing import CliRunner

from mtlcore import paths, recipes, results
from mtlcore.__main__ import main
from mtlcore.nets.stacked import StackedTwoTask
from mtlcore.nets.two_task import TwoTask
from mtlcore.recipes.ge import STUDIES, inspection, preparation, stacking, training
from mtlcore.recipes.ge.config import Config, centre
from mtlcore.recipes.ge.fields import FIELDS
from mtlcore.recipes.ge.pruning import Pruning, hidden_layer, schedule
from mtlcore.recipes.ge.shown import shown
from mtlcore.results import Record
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


def considered(net, losses, angle=89.0, training_loss=None, **fields):
    """A pruning of a small network, whose validation losses are given in the order in which they are asked for."""
    setting = config(technique="neuron_behaviour", epochs=6, angle=angle, **fields)
    given = iter(losses)
    return Pruning(net, setting, torch.rand(40, 20), lambda: next(given), training_loss)


def test_the_jump_is_that_of_the_first_pruning_that_takes_units_out():
    net = TwoTask(20, hidden=(16, 8))
    pruning = considered(net, [1.0, 1.5, 1.7], angle=1e-6)  # the loss is higher than before, but nothing has gone yet
    assert pruning.start_epoch(2) == {"alive": 8.0}
    assert (float(pruning.jump), float(pruning.last_loss)) == (0, float("inf"))
    pruning.method.similar, pruning.method.complementary = 89.0, 91.0
    assert pruning.start_epoch(3)["alive"] < 8
    assert float(pruning.jump) == pytest.approx(0.2)
    assert float(pruning.last_loss) == 1.5


def test_the_training_loss_may_be_the_one_that_falls():
    falling = iter([3.0, 2.0])
    net = TwoTask(20, hidden=(16, 8))
    pruning = considered(net, [1.0, 1.5, 1.2], training_loss=lambda: next(falling), condition="training")
    pruning.start_epoch(2)
    assert float(pruning.last_loss) == 3.0
    pruning.start_epoch(3)  # the validation loss has risen, from 1.0 to 1.2, and does not matter
    with pytest.raises(StopIteration):
        pruning.start_epoch(3)
    assert float(pruning.jump) == pytest.approx(0.5)
    assert FIELDS["technique"][1](pruning.config).endswith("while the training loss falls")


def test_units_without_a_direction_are_counted():
    net = TwoTask(20, hidden=(16, 8), activation="relu")
    with torch.no_grad():
        net.second_norm.weight[:3] = 0
        net.second_norm.bias[:3], net.second_norm.bias[3:] = -1, 3  # dead, and alive
    pruning = considered(net.eval(), [1.0, 1.5])
    pruning.start_epoch(2)
    assert int(pruning.undefined) == 3
    assert bool(pruning.method.alive[:3].all())
    found = run(technique="neuron_behaviour", rate=0.25, condition="always")
    assert found.metrics["units_undefined"] == 0
    assert "units_undefined" not in run().metrics


def record(technique, alive, epochs=6, pretraining=None, **metrics):
    setting = {"seed": 0, "technique": technique, "epochs": epochs, "pretraining": pretraining}
    return Record("0" * 16, "ge", setting, {"epochs": 3.0, "loss_jump": 0.0, **metrics}, {"alive": alive}, {})


def test_weight_matrix_has_no_jump_to_show():
    assert "loss_jump" in shown("", record("none", [8] * 6))
    assert "loss_jump" in shown("", record("neuron_behaviour", [8, 8, 6, 6, 6, 6], neurons_pruned=2.0))
    assert "loss_jump" not in shown("", record("weight_matrix", [8, 8, 6, 6, 6, 6], neurons_pruned=2.0))
    assert all(study.view is shown for study in STUDIES.values())


def test_every_recorded_jump_is_of_a_pruning_that_took_units_out():
    """A run that lost units has a jump other than 0: older ones, measured where nothing went, were made again."""
    records = results.Store(recipes.paths.RESULTS / "ge.jsonl").read().values()
    pruned = [one for one in records if one.config["technique"] == "neuron_behaviour" and one.metrics["neurons_pruned"]]
    assert len(pruned) > 20
    assert all(one.metrics["loss_jump"] for one in pruned)


def test_the_epoch_of_weight_matrix_counts_its_pretraining_where_its_time_does():
    assert shown("", record("weight_matrix", [6] * 3, epochs=3, pretraining=3))["epochs"] == 6
    assert shown("", record("weight_matrix", [6] * 6))["epochs"] == 3


def test_behaviour_is_measured_from_the_middle_of_the_activation():
    for activation, middle in (("sigmoid", 0.5), ("tanh", 0.0), ("relu", "mean")):
        assert centre(activation) == middle
        settings = {} if activation == "sigmoid" else {"activation": activation}
        rows = dict(STUDIES["alternatives"].grid("smoke", "twin", 1, "corrected", **settings))
        assert rows["nb-30"].center == rows["nb-centre"].center == middle
        assert rows["nb-origin"].center is None
        assert dict(STUDIES["table-2"].grid("smoke", "twin", 1, "paper", **settings))["nb-15"].center is None
    assert FIELDS["technique"][1](rows["nb-30"]) == "behaviour within 30°, from each unit's mean, while the loss falls"
    found = run(technique="neuron_behaviour", center="mean", activation="relu", angle=80.0)
    assert found.metrics["neurons_pruned"] > 0


def test_angles_keep_the_pairs_without_one():
    network = inspection.trained(config(epochs=1))
    with torch.no_grad():
        for values in network.net.second_norm.parameters():
            values[:2] = 0  # their outputs are 0.5 throughout
    found = inspection.angles(network)
    assert all(len(values) == 128 * 127 / 2 for values in found.values())
    lost = {name: int(values.isnan().sum()) for name, values in found.items()}
    assert lost == {"origin": 0, "centre": 127 + 126, "incoming": 0, "outgoing": 0}


def test_the_training_loss_of_each_task_is_kept():
    curves = run().curves
    for both, *each in zip(curves["loss"], curves["loss_type"], curves["loss_colour"], strict=True):
        assert training.WEIGHT * sum(each) == pytest.approx(both, abs=2e-5)


def test_twenty_steps_side_by_side_are_those_alone_with_rates_and_masks_of_their_own():
    torch.manual_seed(0)
    nets = [TwoTask(20, hidden=(16, 8), tasks={"one": 3, "two": 4}) for _ in range(3)]
    alone = copy.deepcopy(nets)
    rates = torch.tensor([0.5, 0.1, 0.02])
    alive = torch.rand(3, 8, generator=torch.Generator().manual_seed(2)) < 0.7
    stacked = StackedTwoTask(nets)

    def mask_stacked():
        second, *heads = stacked.weights  # (networks, in, out)
        for values in (second.transpose(1, 2), *heads, stacked.biases[0]):
            values[~alive] = 0
        for values in stacked.norms[1].parameters():
            values.view(3, 8)[~alive] = 0

    def mask(net, kept):
        for parameter, dim in hidden_layer(net).parameters():
            parameter.transpose(0, dim)[~kept] = 0

    together = torch.optim.SGD(stacked.parameters(), 1.0)  # the rates are in the losses: a step is linear in them
    single = [torch.optim.SGD(net.parameters(), float(rate)) for net, rate in zip(alone, rates, strict=True)]
    with torch.no_grad():
        mask_stacked()
        for net, kept in zip(alone, alive, strict=True):
            mask(net, kept)
    generator = torch.Generator().manual_seed(1)
    for _ in range(20):
        features = torch.randn(32, 20, generator=generator)
        labels = [torch.randint(classes, (32,), generator=generator) for classes in (3, 4)]
        losses = stacked.losses(features, *labels).sum(1)
        together.zero_grad()
        (losses * rates).sum().backward()
        together.step()
        with torch.no_grad():
            mask_stacked()
        for number, (net, kept, optimizer) in enumerate(zip(alone, alive, single, strict=True)):
            found = net(features).values()
            own = sum(torch.nn.functional.cross_entropy(one, label) for one, label in zip(found, labels, strict=True))
            assert torch.allclose(losses[number], own, atol=1e-5)
            optimizer.zero_grad()
            own.backward()
            optimizer.step()
            with torch.no_grad():
                mask(net, kept)
    stacked.unstack(nets)
    for net, own, kept in zip(nets, alone, alive, strict=True):
        assert (net.second.weight[~kept] == 0).all()
        for name, value in own.state_dict().items():
            if not name.endswith("num_batches_tracked"):
                assert torch.allclose(net.state_dict()[name], value, atol=1e-5), name


def test_the_gain_of_training_side_by_side_is_a_ratio_of_times():
    assert 0.05 < stacking.speedup(2, batch=4, rounds=1) < 50


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


def test_weight_matrix_trains_again_what_other_code_has_trained(tmp_path, monkeypatch):
    run(tmp_path, technique="weight_matrix", rate=0.5, epochs=1)
    (tmp_path / f"{results.key(config(technique='weight_matrix', rate=0.5, epochs=1))}.pt").unlink()
    monkeypatch.setattr(paths, "code_hash", lambda: "edited")
    run(tmp_path, technique="weight_matrix", rate=0.5, epochs=1)
    assert len(list(tmp_path.glob("pretrained-*.pt"))) == 2


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
        ({"center": "middle"}, "center is 'middle'; it is a number, 'mean' or none"),
        ({"condition": "sometimes"}, "condition is 'sometimes'; choose falling, training, always"),
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
