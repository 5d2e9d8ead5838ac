"""The recipe on distinctiveness pruning of a multi-task encoder: grids, pruning in a run, and runs small enough."""

from __future__ import annotations

import dataclasses

import pytest
import torch
import yaml

from mtlcore import claims, data, paths, recipes, results
from mtlcore.claims import is_number, operand_of
from mtlcore.prune import HiddenLayer
from mtlcore.recipes.singh import STUDIES, VARIANTS, evaluation, grids, running
from mtlcore.recipes.singh.config import BUDGETS, TASKS, Config, budget
from mtlcore.recipes.singh.normalising import estimate_statistics
from mtlcore.recipes.singh.objective import Conflicts
from mtlcore.recipes.singh.pictures import Batches, in_order, of_vehicles, pictures
from mtlcore.recipes.singh.pruning import Course, hidden_layer
from tests import singh_pictures

TINY = {
    "source": "twin",
    "backbone": "thin resnet-18",
    "weights": "none",
    "statistics": "estimated",
    "size": 16,
    "train_images": 36,
    "val_images": 16,
    "test_images": 16,
    "angle_images": 24,
    "epochs": 3,
    "batch_size": 12,
    "hidden": 16,
    "conflict_batches": 1,
}


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    torch.set_num_threads(1)
    singh_pictures.install(monkeypatch)


def config(**fields):
    return Config(**({"seed": 0} | TINY | fields))


def comparable(result):
    return result.metrics, {name: curve for name, curve in result.curves.items() if name != "seconds"}


def rows(study, profile="desk", variant="paper"):
    return dict(STUDIES[study].grid(profile, "twin", 1, variant))


# the grids


def test_studies_have_the_rows_that_tables_and_claims_name():
    paper = claims.load("singh")
    for table in paper.tables:
        wanted = {column.row(row.id) for row in table.rows for column in table.columns}
        assert set(rows(table.id)) == wanted
    for claim in paper.claims:
        if claim.test is not None:
            named = [one for pair in claim.test.pairs for one in pair if not is_number(one)]
            assert {operand_of(one, claim.test.metric)[0] for one in named} <= set(rows(claim.test.study))


def test_full_as_written_is_the_document():
    text = yaml.safe_load((paths.ROOT / "data/papers/singh.yaml").read_text(encoding="utf-8"))
    told = {number["id"]: number["value"] for number in text["numbers"]}
    whole = rows("table-2", "full")["resnet-50"]
    assert [whole.train_images, whole.val_images, whole.test_images] == told["split"]
    assert [whole.size, whole.size] == told["image-size"]
    assert 100 * whole.hardest == told["hard-share"]
    assert (whole.angle, whole.hidden, whole.epochs) == (told["angle-threshold"], told["hidden"], told["epochs"])
    assert whole.vehicles == told["classes-vehicle"]
    assert (whole.lr, whole.l2) == (told["learning-rate"], told["l2"])
    assert (whole.weights, whole.statistics, whole.backbone) == ("imagenet", "running", "resnet-50")
    assert (whole.coefficient, whole.l2_form, whole.take) == ("cosine", "loss", "until_none")


def test_only_full_has_the_backbones_themselves_but_in_one_study():
    for study in set(STUDIES) - {"real-backbones"}:
        for profile in BUDGETS:
            thin = {one.backbone.startswith("thin ") for one in rows(study, profile).values()}
            assert thin == {profile != "full"}, (study, profile)
    real = rows("real-backbones")
    assert {one.backbone for one in real.values()} == {*grids.BACKBONES}
    assert all(one.size == 128 and one.weights == "none" for one in real.values())
    assert rows("real-backbones", "lab") == rows("table-2", "lab")


def test_variants_differ_as_the_audit_says():
    paper, corrected = (rows("table-2", variant=variant)["resnet-50"] for variant in ("paper", "corrected"))
    assert (corrected.coefficient, corrected.l2_form) == ("projection", "decoupled")
    differing = {name for name in Config.__dataclass_fields__ if getattr(paper, name) != getattr(corrected, name)}
    assert differing == {"coefficient", "l2_form"}
    assert rows("table-2", variant="code") == rows("table-2")  # no code was published
    assert len(VARIANTS) == len(differing)
    assert all(line[2] == "–" for line in VARIANTS)


def test_all_is_every_run_once_and_most_rows_share_theirs():
    everything = [one for _, one in STUDIES["all"].grid("lab", "twin", 2, "corrected")]
    assert len({results.key(one) for one in everything}) == len(everything)
    assert [one.seed for one in everything] == sorted(one.seed for one in everything)
    listed = {one for name in set(STUDIES) - {"all"} for _, one in STUDIES[name].grid("lab", "twin", 2, "corrected")}
    assert set(everything) == listed
    chosen = rows("table-2", "lab")["resnet-50"]
    assert chosen == rows("table-1", "lab")["color/dprune"] == rows("mining", "lab")["hardest-70"]
    assert chosen == rows("dissimilarity", "lab")["merge"] == rows("table-3", "lab")["tasks-3"]


def test_a_setting_goes_before_what_the_profile_says():
    found = dict(STUDIES["table-2"].grid("lab", "twin", 1, "paper", epochs=9, backbone="resnet10t"))
    assert {(one.epochs, one.backbone) for one in found.values()} == {(9, "resnet10t")}


def test_refuses_what_has_no_meaning():
    for field, message in [
        ({"weights": "mine"}, "weights is 'mine'; choose imagenet, none"),
        ({"tasks": ("color", "shape")}, "tasks are color, shape; choose some of color, type, vehicle, camera"),
        ({"tasks": ("color", "color")}, "tasks are color, color"),
        ({"tasks": ()}, "tasks are none"),
        ({"epochs": 0}, "epochs is 0; it must be 1 or more"),
        ({"batch_size": 1}, "batch_size is 1; batch normalisation takes 2 or more"),
        ({"hardest": 0.0}, "hardest is 0.0; it must lie above 0, up to 1"),
        ({"dropout": 1.0}, "dropout is 1.0; it must lie from 0 to below 1"),
        ({"angle": 91.0}, "angle is 91.0; it must lie above 0, up to 90 degrees"),
        ({"l2": -1.0}, "l2 is -1.0; it must be 0 or more"),
        ({"task_weights": (1.0, 2.0)}, "task_weights are 1.0, 2.0; give one above 0 for each of color, type"),
        ({"task_weights": (1.0, 1.0, 0.0, 1.0)}, "task_weights are 1.0, 1.0, 0.0, 1.0; give one above 0"),
        ({"backbone": "thick resnet"}, "backbone 'thick resnet' is unknown"),
    ]:
        with pytest.raises(ValueError, match=message):
            config(**field)


def test_weights_of_one_are_the_run_that_was_recorded_before_there_were_weights():
    assert results.key(config(task_weights=(1, 1, 1, 1))) == results.key(config())
    found = config(tasks=("type", "color"), task_weights=(0.5, 2.0, 3.0, 4.0))
    assert found.lambdas == (2.0, 0.5)
    assert results.key(found) != results.key(config(tasks=("type", "color")))


def test_nothing_is_pruned_where_dropout_shows_in_the_angles():
    found = rows("dropout-unpruned")
    assert {name: (one.pruning, one.dropout) for name, one in found.items()} == {
        "dropout": ("none", grids.DROPOUT),
        "none": ("none", 0.0),
    }
    assert found["none"] == rows("angles")["resnet-50-unpruned/last"]


# batches


def test_batches_hold_the_labels_of_their_images_whatever_the_order():
    found = pictures(config(), "train")
    batches = Batches(found, ("camera", "color"), batch_size=5, seed=3)
    seen = []
    for images, camera, color in batches.epoch(1):
        assert images.shape[1:] == (3, 16, 16)
        seen += list(zip(images.mean((1, 2, 3)).tolist(), camera.tolist(), color.tolist(), strict=True))
    plain = found.images.float().div(255)
    mean, sd = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    values = ((plain - mean.view(3, 1, 1)) / sd.view(3, 1, 1)).mean((1, 2, 3))
    wanted = list(zip(values.tolist(), found.labels["camera"].tolist(), found.labels["colour"].tolist(), strict=True))
    for one in seen:
        assert any(one == pytest.approx(other, abs=1e-4) for other in wanted)
    assert len(batches) == 7  # the thirty-sixth image alone would be a batch that cannot be normalised


def test_fewer_vehicles_are_fewer_classes_of_as_many_images_each():
    whole = pictures(config(train_images=400), "train")
    some = pictures(config(train_images=400, vehicles=7), "train")
    kept = whole.labels["vehicle"] < 7
    assert len(some) == int(kept.sum()) == len(some.names)
    assert torch.equal(some.images, whole.images[kept])
    assert torch.equal(some.labels["camera"], whole.labels["camera"][kept])
    assert (len(some.classes["vehicle"]), len(some.classes["camera"])) == (7, 20)
    assert some.note == f"a stand-in; {len(some)} images of 7 vehicles"
    net = running.build(config(train_images=400, vehicles=7))
    assert [decoder.out_features for decoder in net.decoders] == [12, 11, 7]
    alone = dataclasses.replace(whole, labels={"vehicle": torch.full((400,), 39)})
    with pytest.raises(data.DataError, match="No train image is of the first 7 vehicles: take more of either"):
        of_vehicles(alone, 7)


# pruning within a run


def course_of(setting):
    net = running.build(setting)
    return net, Course(net, setting, in_order(setting, pictures(setting, "train").first(24), "cpu"))


def test_a_prune_slices_the_network_and_notes_how_outputs_change():
    setting = config(angle=60.0)
    net, course = course_of(setting)
    course.optimizer = torch.optim.Adam(net.parameters())
    images = torch.cat([batch[0] for batch in course.images.epoch(0)])
    net.eval()
    before = torch.cat([*net(images).values()], 1).detach()
    biases = torch.cat([decoder.bias for decoder in net.decoders]).detach()
    assert course.start_epoch(0) == {"pruned": 0.0, "hidden": 16.0, "rate": 0.001}
    course.end_epoch(1.0)
    numbers = course.start_epoch(1)
    assert numbers["hidden"] == net.size == 16 - numbers["pruned"] < 16
    assert float(course.pairs.sum()) == numbers["pruned"]
    after = torch.cat([*net(images).values()], 1).detach()
    change = float((after - before).norm() / (before - biases).norm())
    assert course.changed()["output_change_merge"] == pytest.approx(change, rel=1e-4)
    assert isinstance(hidden_layer(net), HiddenLayer)


def test_nothing_changes_where_no_pair_is_near_and_the_last_prune_is_left_out():
    net, course = course_of(config(angle=1e-6))
    course.end_epoch(1.0)
    course.start_epoch(1)
    assert (net.size, course.changed()) == (16, {})
    found = running.run(config(angle=75.0))
    assert found.curves["hidden"][0] == 16
    assert found.metrics["final_hidden"] == found.curves["hidden"][-1] < 16
    assert found.metrics["minimum_angle_last"] == pytest.approx(found.curves["minimum_angle"][-1], abs=1e-4)


def test_the_rate_falls_on_a_plateau():
    _, course = course_of(config(patience=2))
    factors = []
    for loss in (3.0, 2.0, 2.5, 2.0, 1.9, 1.95, 1.9, 1.8):
        course._plateau(loss)
        factors.append(course.schedule(0))
    assert factors == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01])


def test_one_unit_has_no_angle_to_another():
    net, course = course_of(config(hidden=1))
    assert course.end_epoch(1.0) == {"minimum_angle": 90.0, "maximum_angle": 90.0}
    course.start_epoch(1)
    assert net.size == 1


def test_conflicts_are_counted_and_change_nothing():
    setting = config(dropout=0.3)
    net = running.build(setting)
    batches = Batches(pictures(setting, "train"), setting.tasks, batch_size=12, seed=0)
    conflicts = Conflicts(setting, batches)
    state = {name: value.clone() for name, value in net.state_dict().items()}
    rng = torch.get_rng_state()
    net.eval()
    found = conflicts(net)
    assert found == conflicts(net)
    assert found["conflict_share"] in [pytest.approx(100 * negative / 3) for negative in range(4)]
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
    assert not any(module.training for module in net.modules())
    assert torch.equal(torch.get_rng_state(), rng)
    assert all(parameter.grad is None for parameter in net.parameters())
    alone = config(tasks=("color",))
    assert Conflicts(alone, batches)(running.build(alone)) == {}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_conflicts_leave_the_random_state_of_a_gpu():
    setting = config(dropout=0.3)
    net = running.build(setting).cuda()
    conflicts = Conflicts(
        setting, Batches(pictures(setting, "train"), setting.tasks, batch_size=12, seed=0, device="cuda")
    )
    rng = torch.cuda.get_rng_state()
    conflicts(net)
    assert torch.equal(torch.cuda.get_rng_state(), rng)


def test_opposed_tasks_are_in_conflict():
    setting = config(tasks=("color", "type"), hardest=1.0)
    net = running.build(setting)
    found = pictures(setting, "train")
    found.labels["type"].copy_(found.labels["colour"].clamp(max=10))
    with torch.no_grad():
        net.decoders[1].weight.copy_(-net.decoders[0].weight[:11])
        net.decoders[1].bias.copy_(-net.decoders[0].bias[:11])
    batches = Batches(found, setting.tasks, batch_size=12, seed=0)
    assert Conflicts(setting, batches)(net) == {"conflict_share": 100.0}
    with torch.no_grad():
        net.decoders[1].weight.neg_()
        net.decoders[1].bias.neg_()
    assert Conflicts(setting, batches)(net) == {"conflict_share": 0.0}


def test_estimated_statistics_are_those_of_the_images():
    setting = config()
    net, course = course_of(setting)
    net.train()
    images = torch.cat([batch[0] for batch in course.images.epoch(0)])
    net.units(images)
    lagging = net.eval().units(images).detach()
    net.train()
    estimate_statistics(net, course.images)
    assert all(module.training for module in net.modules())
    assert all(norm.momentum == 0.1 for norm in net.modules() if isinstance(norm, torch.nn.BatchNorm2d))
    net.train()
    in_training = net.units(images).detach()
    estimate_statistics(net, course.images)
    net.eval()
    units = net.units(images).detach()
    # variances are unbiased, as torch has them: a few per cent with so few images, in every layer
    assert float((units - in_training).norm() / in_training.norm()) < 0.1
    assert float((lagging - in_training).norm() / in_training.norm()) > 0.3


# measures


def test_scores_are_the_plain_shares_of_right_answers():
    setting = config()
    net = running.build(setting)
    found = pictures(setting, "test")
    scores = evaluation.measure(net, in_order(setting, found, "cpu"))
    assert net.training
    (images, *labels) = next(iter(in_order(setting, found, "cpu").epoch(0)))
    with torch.no_grad():
        logits = net.eval()(images)
    trained = {task: torch.arange(logits[task].shape[1]) for task in setting.tasks}
    told = evaluation.metrics(scores, trained)
    for task, own in zip(setting.tasks, labels, strict=True):
        hits = logits[task].argmax(1) == own
        assert told[f"accuracy_{task}"] == pytest.approx(100 * float(hits.float().mean()))
        recalls = {c: 100 * float(hits[own == c].float().mean()) for c in sorted(set(own.tolist()))}
        assert told[f"balanced_accuracy_{task}"] == pytest.approx(sum(recalls.values()) / len(recalls))
        rare = [*recalls.values()][: -(-len(recalls) // 3)]
        assert told[f"rare_accuracy_{task}"] == pytest.approx(sum(rare) / len(rare))
        loss = float(torch.nn.functional.cross_entropy(logits[task], own))
        assert scores[task].loss == pytest.approx(loss, rel=1e-5)
        counts = torch.bincount(own, minlength=logits[task].shape[1])
        assert told[f"constant_{task}"] == pytest.approx(100 * float(counts[-1]) / len(own))  # the last is commonest
        assert told[f"constant_balanced_{task}"] == pytest.approx(100 / len(recalls))
    assert told["constant"] == pytest.approx(sum(told[f"constant_{task}"] for task in setting.tasks) / 3)
    assert told["accuracy"] == pytest.approx(sum(told[f"accuracy_{task}"] for task in setting.tasks) / 3)


def test_a_run_tells_what_the_docstring_lists():
    found = running.run(config(tasks=TASKS, angle=60.0))
    metrics = found.metrics
    for name in ("accuracy", "balanced_accuracy", "rare_accuracy"):
        assert {f"{name}_{task}" for task in TASKS} | {name} <= set(metrics)
    assert metrics["compression"] + metrics["feature_utilization"] == pytest.approx(100)
    assert metrics["feature_utilization"] == pytest.approx(100 * metrics["final_hidden"] / 16)
    saved = (16 - metrics["final_hidden"]) * (128 + 1 + 2 + 12 + 11 + 40 + 20) / 1e6
    assert metrics["parameters_trained"] - metrics["parameters_final"] == pytest.approx(saved)
    assert metrics["similar"] + metrics["opposite"] == 16 - metrics["final_hidden"]
    assert metrics["output_change_merge"] > 0
    assert 0 <= metrics["conflict_share"] <= 100
    assert {"hidden", "minimum_angle", "maximum_angle", "rate", "val_loss", "loss_camera"} <= set(found.curves)
    assert len(found.curves["recall_color"]) == len(found.curves["train_count_color"]) == 12
    assert sum(found.curves["test_count_type"]) == 16
    record = results.record_of(config(tasks=TASKS), found)
    assert grids.angles_view("resnet-18/first", record) == {"minimum_angle": metrics["minimum_angle_first"]}
    assert grids.merge_view("delete", record) == {"output_change": metrics["output_change_delete"]}
    assert grids.table_1_view("vehicle/dprune", record)["accuracy"] == metrics["accuracy_vehicle"]
    assert grids.table_1_view("average/dprune", record)["accuracy"] == metrics["accuracy"]
    assert grids.table_1_view("average/dprune", record)["constant"] == metrics["constant"]
    assert grids.table_1_view("type/dprune", record)["constant"] == metrics["constant_type"]
    old = dataclasses.replace(
        record, metrics={name: value for name, value in metrics.items() if "constant" not in name}
    )
    assert set(grids.table_1_view("type/dprune", old)) == {"accuracy", "final_hidden"}


# runs


def test_run_is_the_same_again():
    assert comparable(running.run(config())) == comparable(running.run(config()))
    assert comparable(running.run(config())) != comparable(running.run(config(seed=1)))


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bits_though_its_layer_has_shrunk(tmp_path, monkeypatch):
    setting = config(angle=60.0, epochs=4, dropout=0.2)
    whole = running.run(setting, checkpoints=tmp_path / "whole")
    assert whole.curves["hidden"][2] < 16
    real = running.train

    def killed(*args, start_epoch, **kwargs):
        def stop(epoch):
            if epoch == 3:
                raise KeyboardInterrupt
            return start_epoch(epoch)

        return real(*args, start_epoch=stop, **kwargs)

    monkeypatch.setattr(running, "train", killed)
    with pytest.raises(KeyboardInterrupt):
        running.run(setting, checkpoints=tmp_path / "killed")
    monkeypatch.setattr(running, "train", real)
    assert comparable(running.run(setting, checkpoints=tmp_path / "killed")) == comparable(whole)


@pytest.mark.slow
def test_the_direct_network_has_the_size_that_pruning_left(tmp_path):
    pruned = running.run(config(angle=60.0), checkpoints=tmp_path)
    direct = config(angle=60.0, pruning="direct")
    assert grids.pruned_base(direct) == config(angle=60.0)
    left = pruned.metrics["final_hidden"]
    kept = f"left-{results.key(config(angle=60.0))}-{paths.code_hash()}.json"
    assert (tmp_path / kept).read_text() == f"{left:.0f}"
    found = running.run(direct, checkpoints=tmp_path)  # takes what was kept
    assert set(found.curves["hidden"]) == {left}
    alone = running.run(direct, checkpoints=tmp_path / "elsewhere")  # makes the pruned run itself
    assert comparable(alone) == comparable(found)
    assert {path.name for path in (tmp_path / "elsewhere").iterdir()} == {kept, f"{results.key(direct)}.pt"}


def test_the_direct_network_takes_the_size_that_is_recorded(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RESULTS", tmp_path)
    base, direct = config(epochs=1), config(epochs=1, pruning="direct")
    record = results.record_of(base, results.Result({"final_hidden": 5.0}))
    results.Store(tmp_path / "singh.jsonl").append(record)
    assert running.run(direct, checkpoints=tmp_path / "made").curves["hidden"] == [5]
    assert [path.name for path in (tmp_path / "made").iterdir()] == [f"{results.key(direct)}.pt"]  # nothing made again


def test_the_size_left_by_other_code_does_not_count(tmp_path, monkeypatch):
    direct = config(epochs=1, pruning="direct")
    running._keep_left(5, config(epochs=1), tmp_path)
    assert running.run(direct, checkpoints=tmp_path).curves["hidden"] == [5]
    (tmp_path / f"{results.key(direct)}.pt").unlink()
    monkeypatch.setattr(paths, "code_hash", lambda: "edited")
    assert running.run(direct, checkpoints=tmp_path).curves["hidden"] == [16]  # nothing is pruned in one epoch


def test_the_direct_network_leaves_the_checkpoint_of_a_neighbour_alone(tmp_path):
    direct, base = config(epochs=1, pruning="direct"), config(epochs=1)
    neighbour = tmp_path / f"{results.key(base)}.pt"
    neighbour.write_bytes(b"being written to by another process")
    running.run(direct, checkpoints=tmp_path)
    assert neighbour.read_bytes() == b"being written to by another process"


@pytest.mark.slow
def test_readings_are_what_they_say():
    one = running.run(config(angle=75.0, take="one"))
    assert one.curves["hidden"] == [16, 15, 14]
    assert running.run(config(angle=75.0, pruning="none")).metrics["final_hidden"] == 16
    dropped = running.run(config(angle=75.0, opposite="drop", take="disjoint", epochs=2))
    assert dropped.metrics["final_hidden"] == 16 - dropped.metrics["similar"] - 2 * dropped.metrics["opposite"]
    assert dropped.metrics["opposite"] > 0
    plain = running.run(config(balance="sum", hardest=1.0, relu="after", dropout=0.5, l2_form="decoupled"))
    assert max(plain.curves["maximum_angle"]) <= 90 + 1e-4
    wide = running.run(config(backbone="thin resnet-50", input_width=128))
    assert wide.metrics["feature_width"] == 128


@pytest.mark.slow
def test_smoke_runs_every_study_in_one_go(tmp_path, monkeypatch):
    monkeypatch.setattr(recipes, "study", lambda recipe, name: STUDIES[name])
    found = recipes.compute("singh", "all", profile="smoke", source="twin", seeds=1, store=tmp_path / "x.jsonl")
    assert {one.config["backbone"] for one in found.records} == {budgeted(name) for name in grids.BACKBONES}
    table = recipes.compute("singh", "table-1", profile="smoke", source="twin", seeds=1, store=tmp_path / "x.jsonl")
    sides = [table.rows[f"average/{arm}"][0].metrics["final_hidden"] for arm in ("dprune", "baseline")]
    assert sides[0] == sides[1]


def budgeted(name):
    assert budget("smoke")["weights"] == "none"
    return f"thin {name}"
