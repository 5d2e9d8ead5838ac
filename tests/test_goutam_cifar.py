"""LayerOut on CIFAR: grids mean what the document and its code say, and runs do what their configuration says."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from mtlcore import claims, data, recipes, results
from mtlcore.prune.layerout import freezable
from mtlcore.recipes import goutam
from mtlcore.recipes.goutam import cifar, cifar_cost, cifar_grids, cifar_training, dropping, networks, speed
from mtlcore.recipes.goutam.cifar import Config

TABLES = ("table-2", "table-3", "table-4", "table-5", "table-6")
VARIANTS = ("paper", "code", "corrected")


def grid(study, variant="corrected", profile="full", seeds=1, source="twin", **settings):
    return recipes.study("goutam", study).grid(profile, source, seeds, variant, **settings)


@pytest.fixture
def stand_in(monkeypatch):
    """Bright and dark pictures instead of a data set."""

    def load(dataset, source, split, limit):
        generator = torch.Generator().manual_seed(int(split == "test"))
        labels = torch.randint(2, (limit,), generator=generator)
        noise = torch.randint(100, (limit, 3, 32, 32), generator=generator)
        images = (noise + 150 * labels[:, None, None, None]).to(torch.uint8)
        classes = tuple(map(str, range(cifar.CLASSES[dataset])))
        return data.Dataset(dataset, source, split, images, labels, classes, "a stand-in")

    monkeypatch.setattr(cifar_training, "load", load)


def tiny(study="table-3", row="warmup/nore", variant="corrected", **settings):
    size = {"train_images": 64, "test_images": 40, "epochs": 2}
    return dict(grid(study, variant, "smoke", **{**size, **settings}))[row]


def comparable(result):
    curves = {name: curve for name, curve in result.curves.items() if name != "seconds"}
    return {**result.metrics, **curves, "images_per_second": 0}


# what the rows mean


@pytest.mark.parametrize("study", TABLES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_rows_and_arms_are_those_of_the_document(study, variant):
    table = claims.load("goutam").table(study)
    wanted = {column.row(row.id) for column in table.columns if column.metric == "accuracy" for row in table.rows}
    assert {row for row, _ in grid(study, variant)} == wanted


def test_every_pair_of_every_claim_has_its_rows():
    for claim in claims.load("goutam").claims:
        if claim.test:
            rows = {row for row, _ in grid(claim.test.study, profile="smoke")}
            sides = {
                claims.operand_of(side, "")[0] for pair in claim.test.pairs for side in pair if isinstance(side, str)
            }
            assert sides <= rows, claim.id


def test_settings_at_full_are_those_of_the_text():
    vgg, resnet = dict(grid("table-2"))["efreeze/re"], dict(grid("table-3"))["warmup/nore"]
    assert (vgg.network, vgg.epochs, vgg.batch_size, vgg.lr, vgg.weight_decay) == ("vgg-16", 300, 128, 0.1, 5e-4)
    assert (resnet.network, resnet.epochs, resnet.batch_size, resnet.warmup) == ("resnet-110", 164, 32, 20)
    assert (vgg.warmup, vgg.erase, resnet.erase, vgg.init) == (20, 0.5, 0.0, "he")
    assert all(config.compile and config.bf16 and config.channels_last for config in (vgg, resnet))
    assert (vgg.train_images, vgg.test_images, vgg.momentum) == (50_000, 10_000, 0.9)
    assert cifar.VECTORS["efreeze"] == cifar.VECTORS["dfreeze"][::-1]
    assert sum(cifar.EFREEZE) == pytest.approx(8.0)


@pytest.mark.parametrize(
    ("schedule", "epochs", "rates"),
    [
        ("vgg", 300, {0: 1, 149: 1, 150: 0.1, 224: 0.1, 225: 0.01, 299: 0.01}),
        ("resnet", 164, {0: 0.1, 3: 0.1, 4: 1, 81: 1, 82: 0.1, 122: 0.1, 123: 0.01, 163: 0.01}),
        ("constant", 300, {0: 1, 299: 1}),
        ("resnet", 10, {0: 1, 4: 1, 5: 0.1, 7: 0.1, 9: 0.01}),
    ],
)
def test_rates_change_at_the_epochs_of_the_text(schedule, epochs, rates):
    config = Config(seed=0, source="twin", network="vgg-16", schedule=schedule, epochs=epochs)
    assert {epoch: cifar.rate(config, epoch) for epoch in rates} == rates


def test_variants_of_vgg_differ_as_the_audit_says():
    paper, code, corrected = (dict(grid("table-2", variant)) for variant in VARIANTS)
    assert paper == corrected
    for row in ("dfreeze", "efreeze"):
        assert (code[f"{row}/re"].scheme, code[f"{row}/re"].reset_optimizer) == ("published", True)
        assert (paper[f"{row}/re"].scheme, paper[f"{row}/re"].reset_optimizer) == ("independent", False)
    assert {config.init for config in code.values()} == {"default"}
    for row in cifar_grids.VGG_ROWS:  # its probability of erasing is 0
        assert code[f"{row}/re"] == code[f"{row}/nore"]
        assert paper[f"{row}/re"] != paper[f"{row}/nore"]
    hundred = dict(grid("table-4", "code"))["baseline/re"]
    assert (hundred.schedule, hundred.lr) == ("constant", 0.01)
    assert dict(grid("table-4"))["baseline/re"].schedule == "vgg"


def test_variants_of_the_residual_network_differ_as_the_audit_says():
    paper, code, corrected = (dict(grid("table-3", variant)) for variant in VARIANTS)
    assert {config.network for config in code.values()} == {"bottleneck-164"}
    assert {config.epochs for config in code.values()} == {200}
    assert (code["baseline/re"].weight_decay, code["warmup/re"].late_weight_decay) == (1e-4, 5e-4)
    assert code["warmup/re"].weight_decay == 1e-4
    assert code["since_start/nore"].layerout
    assert not code["since_start/re"].layerout
    assert code["since_start/re"].reset_optimizer
    for name in ("since_start", "warmup"):
        assert paper[f"{name}/re"].redraw
        assert not corrected[f"{name}/re"].redraw
    assert {config.weight_decay for config in [*paper.values(), *corrected.values()]} == {5e-4}
    assert paper["baseline/re"] == corrected["baseline/re"]


def test_the_published_vector_is_the_one_of_the_mnist_script():
    config = Config(seed=5, source="twin", network="resnet-110", vector="published")
    found = cifar_training.vector(config, 7)
    assert found == pytest.approx(goutam.mnist.PUBLISHED_RANDOM, abs=6e-4)


def test_table_6_shares_the_runs_of_tables_3_and_5():
    for variant in VARIANTS:
        six = dict(grid("table-6", variant))
        assert six["layerout/cifar10"] == dict(grid("table-3", variant))["warmup/nore"]
        assert six["layerout/cifar100"] == dict(grid("table-5", variant))["warmup/nore"]
    corrected, code = dict(grid("table-6")), dict(grid("table-6", "code"))
    assert corrected["resnet110/cifar10"] == dict(grid("table-3"))["baseline/nore"]
    assert {code[f"{row}/cifar10"].weight_decay for row in ("resnet110", "blockdrop", "stochastic_depth")} == {1e-4}
    assert {code[f"{row}/cifar10"].network for row in ("resnet110", "blockdrop", "stochastic_depth")} == {"resnet-110"}
    assert not corrected["stochastic_depth/cifar10"].compile
    assert {row.partition("/")[2] for row, _ in grid("table-6", dataset="cifar10")} == {"cifar10"}


def test_a_confound_changes_one_thing_of_the_baseline():
    rows = dict(grid("confounds"))
    assert rows["baseline/vgg16"] == dict(grid("table-2"))["baseline/nore"]
    assert rows["baseline/resnet110"] == dict(grid("table-3"))["baseline/nore"]
    assert rows["erasing/resnet110"] == dict(grid("table-3"))["baseline/re"]
    for name, row in rows.items():
        base = rows[f"baseline/{name.partition('/')[2]}"]
        changed = [field for field in base.__dataclass_fields__ if getattr(base, field) != getattr(row, field)]
        assert len(changed) == (not name.startswith("baseline")), name


def test_grids_go_seed_by_seed_and_no_two_kinds_of_run_share_a_key():
    names = [row for row, _ in grid("table-2")]
    assert [row for row, _ in grid("table-2", seeds=2)] == names * 2
    keys = {}
    for study in goutam.STUDIES:
        for variant in VARIANTS:
            for _, config in grid(study, variant, "desk", seeds=2):
                assert keys.setdefault(results.key(config), config) == config


def test_siblings_are_named_so_and_have_the_layers_of_a_vector():
    assert networks.sibling("vgg-16", None) == "vgg-16"
    assert all(config.network.startswith("narrow-") for _, config in grid("table-3", profile="desk"))
    assert len(freezable(networks.build("narrow-vgg-16"))) == len(cifar.EFREEZE)
    with pytest.raises(ValueError, match="network 'vgg' is unknown; choose one of vgg-16, resnet-110, bottleneck-164"):
        networks.build("vgg")


def test_settings_that_mean_nothing_are_refused():
    for field, value in (("dataset", "cifar"), ("schedule", "cosine"), ("epochs", 0)):
        with pytest.raises(ValueError, match=field):
            Config(seed=0, source="twin", network="vgg-16", **{field: value})


# what runs do


@pytest.mark.parametrize("study", ["table-2", "table-3"])
def test_freezing_with_probability_zero_is_the_baseline(stand_in, study):
    baseline = tiny(study, "baseline/nore")
    frozen = dataclasses.replace(baseline, layerout=True, vector="never", norms="prefix")
    assert comparable(cifar_training.run(frozen)) == comparable(cifar_training.run(baseline))


def test_a_run_is_the_same_again_and_learns(stand_in):
    config = tiny("table-3", "baseline/nore", epochs=6, train_images=160)
    first = cifar_training.run(config)
    assert comparable(cifar_training.run(config)) == comparable(first)
    assert first.metrics["accuracy"] > 80
    assert first.metrics["best_accuracy"] >= first.metrics["accuracy"]
    assert first.provenance["data"] == "a stand-in"
    assert first.metrics["images_per_second"] > 0


def test_frozen_share_is_the_one_of_the_parameters(stand_in):
    found = cifar_training.run(tiny("table-2", "efreeze/nore", epochs=6))
    assert found.curves["frozen"][0] == 0  # warm-up
    assert max(found.curves["frozen"]) > 0
    assert found.metrics["frozen"] == pytest.approx(sum(found.curves["frozen"]) / 6, abs=1e-4)


def test_weight_decay_changes_when_freezing_begins(stand_in, monkeypatch):
    seen = []

    class SGD(torch.optim.SGD):
        def __init__(self, *arguments, weight_decay, **options):
            seen.append(weight_decay)
            super().__init__(*arguments, weight_decay=weight_decay, **options)

    monkeypatch.setattr(torch.optim, "SGD", SGD)
    cifar_training.run(tiny("table-3", "warmup/nore", "code", epochs=3))
    assert seen == [1e-4, 5e-4, 5e-4]


def test_stochastic_depth_trains_fewer_blocks_and_tests_them_all_scaled(stand_in, monkeypatch):
    seen = []
    forward = cifar_training.ResNet.forward
    monkeypatch.setattr(
        cifar_training.ResNet,
        "forward",
        lambda net, x, keep=None: seen.append((net.training, keep)) or forward(net, x, keep),
    )
    found = dropping.run(tiny("table-6", "stochastic_depth/cifar10"))
    tests = [keep for training, keep in seen if not training]
    assert tests == [pytest.approx([5 / 6, 4 / 6, 0.5])] * len(tests)
    train = [keep for training, keep in seen if training]
    assert {number for keep in train for number in keep} <= {0.0, 1.0}
    assert found.metrics["depth"] == pytest.approx(100 * sum(map(sum, train)) / (3 * len(train)), abs=0.1)


def test_blockdrop_starts_from_the_baseline_and_tells_what_it_keeps(stand_in, tmp_path):
    config = tiny("table-6", "blockdrop/cifar10")
    found = dropping.run(config, checkpoints=tmp_path)
    baseline = cifar_training.run(tiny("table-6", "resnet110/cifar10"))
    assert found.metrics["pretrained_accuracy"] == baseline.metrics["accuracy"]
    assert 0 <= found.metrics["kept"] <= 100
    assert [path.name for path in tmp_path.iterdir()] == [f"{results.key(config)}.pt"]
    with pytest.raises(ValueError, match="network vgg-16 has no residual blocks to drop; choose a residual one"):
        dropping.blockdrop(torch.nn.Linear(1, 1), dataclasses.replace(config, network="vgg-16"))


def test_a_killed_blockdrop_goes_on_to_the_same_numbers(stand_in, tmp_path, monkeypatch):
    config = tiny("table-6", "blockdrop/cifar10")
    whole = dropping.run(config)
    with monkeypatch.context() as patch:
        patch.setattr(dropping, "_finetune", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            dropping.run(config, checkpoints=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    assert comparable(dropping.run(config, checkpoints=tmp_path)) == comparable(whole)


# cost and speed


def test_costs_of_the_cifar_networks_stand_beside_those_of_table_1():
    rows = dict(grid("cost", profile="smoke"))
    assert list(rows)[:5] == list(goutam.mnist.ROWS)
    assert list(rows)[5:] == list(cifar_cost.ROWS)
    assert dict(grid("cost", profile="lab"))["dfreeze/vgg16"].network == "vgg-16"
    for name in ("dfreeze/vgg16", "stochastic_depth/resnet110"):
        found = cifar_cost.run(dataclasses.replace(rows[name], draws=8)).metrics
        assert found["seconds_full"] > 0
        assert 0 < found["computed_saved"] < 100
    frozen = cifar_cost.run(dataclasses.replace(rows["efreeze/vgg16"], draws=8)).metrics
    assert frozen["backward_saved_prefix"] >= frozen["backward_saved"]
    assert frozen["kept_saved_prefix"] > frozen["kept_saved"]
    assert frozen["computed_saved"] == pytest.approx(2 / 3 * frozen["backward_saved"], abs=1.5)


def test_hours_are_those_of_the_speed():
    rows = dict(grid("speed", profile="smoke"))
    assert list(rows) == ["vgg-16", "resnet-110", "bottleneck-164"]
    found = speed.run(rows["vgg-16"]).metrics
    assert found["hours"] == pytest.approx(300 * 50_000 / found["images_per_second"] / 3600)
    assert [config.batch_size for _, config in grid("speed")] == [128, 32, 32]
