"""The recipes of the thesis on tran: what is run, that it is run as told, and that a kill loses nothing."""

from __future__ import annotations

import dataclasses
import statistics
from pathlib import Path

import pytest
import torch
from scipy import stats
from sklearn.metrics import accuracy_score, log_loss

from mtlcore import claims, data, paths, recipes, results
from mtlcore.balance import Sum
from mtlcore.nets.lenet import lenet
from mtlcore.recipes.tran import STUDIES, balancers, balancing, running, searching, solvers, stationarity, trees
from mtlcore.recipes.tran.config import TASKS, part, sets_of, triple
from mtlcore.recipes.tran.evaluation import Evaluator, Score, evaluate, score, statistics_of
from mtlcore.recipes.tran.stages import Stages
from mtlcore.recipes.tran.switching import Switch
from mtlcore.recipes.tran.training import Timed, make_optimizer, objective_of, slowdowns

TINY = {
    "train_images": 32,
    "held_out": 8,
    "test_images": 20,
    "curve_images": 10,
    "batch_size": 16,
    "epochs": 2,
    "timed": 1,
}
SMALL = {"after": 1, "finetune": 1, "compared": 16}
TIMES = {"seconds", "step_seconds", "slowdown"}


def tiny(row="averaging", setting="separate", variant="corrected", seed=0, **settings):
    grid = balancing.configs(setting, "desk", "twin", seed + 1, variant, **{**TINY, "bf16": False, **settings})
    return [config for name, config in grid if name == row][seed]


def tiny_tree(variant="corrected", seed=0, **settings):
    return trees.configs("desk", "twin", seed + 1, variant, **{**TINY, "bf16": False, **SMALL, **settings})[seed]


def comparable(result):
    curves = {name: curve for name, curve in result.curves.items() if name not in TIMES}
    return {name: value for name, value in result.metrics.items() if name not in TIMES} | curves


def grid(study, variant="corrected", seeds=1, profile="desk", source="real", **settings):
    return STUDIES[study].grid(profile, source, seeds, variant, **settings)


# --- what is run ---


def test_defaults_are_the_settings_of_the_document():
    config = balancing.Config(seed=0, source="real", setting="separate", algorithm="hybrid")
    assert (config.lr, config.momentum, config.batch_size, config.epochs, config.switch_by) == (1e-3, 0.9, 256, 120, 80)
    assert config.train_images + config.held_out == 60_000
    optimizer = make_optimizer(config)(lenet(TASKS))
    assert optimizer.defaults["nesterov"]
    assert optimizer.defaults["weight_decay"] == 0
    full = dict(grid("balancing", profile="full"))["hybrid"]
    assert (full.lr, full.epochs, full.switch_by, full.patience) == (1e-3, 120, 80, 10)


def test_keys_of_the_recorded_runs_do_not_change():
    separate, shared = dict(grid("balancing")), dict(grid("balancing-shared"))
    assert results.key(separate["averaging"]) == "9d5f74c2adf91fd6"
    assert results.key(separate["hybrid"]) == "cebfe27ad7d4b6a5"
    assert results.key(shared["mgda"]) == "f5ef9eb08dc5ef02"
    assert results.key(grid("solvers")[0][1]) == "cd252d9a0632ce25"
    assert results.key(grid("search")[0][1]) == "e854678c69a127c4"


def test_variants_differ_as_the_audit_says():
    paper, code, corrected = ({**dict(grid("balancing", variant))} for variant in ("paper", "code", "corrected"))
    assert set(code) == {"averaging", "mgda", "hybrid"}  # GradNorm of the published code cannot be constructed
    for row, config in corrected.items():
        assert (config.per, config.solver, config.normalise, config.augment_test) == ("block", "exact", "none", False)
        assert (results.key(config) == results.key(paper[row])) == (row != "hybrid")
    assert [config.switch_on for config in (paper["hybrid"], code["hybrid"], corrected["hybrid"])] == [
        "train",
        "test",
        "held_out",
    ]
    assert (paper["hybrid"].patience, paper["hybrid"].switch_by) == (1, paper["hybrid"].epochs)
    assert (corrected["hybrid"].patience, corrected["hybrid"].switch_by) == (2, 13)  # 10 and 80 of 120 epochs
    for config in code.values():
        assert (config.augment_test, config.statistics, config.held_out) == (True, "running", 0)
        assert config.train_images == corrected["mgda"].train_images + corrected["mgda"].held_out
    for row in ("mgda", "hybrid"):
        assert (code[row].per, code[row].normalise, code[row].solver) == ("tensor", "loss+", "projected")
    assert code["hybrid"].reset_optimizer
    assert code["hybrid"].first_phase == "mean"
    tree = {variant: grid("search", variant)[0][1] for variant in ("paper", "code", "corrected")}
    assert [(one.positions, one.absolute, one.networks) for one in tree.values()] == [
        ("printed", False, "first"),
        ("one", True, "both"),
        ("mean", True, "first"),
    ]
    assert tree["code"].finetune < tree["corrected"].finetune
    assert (tree["code"].names, tree["code"].penalty) == ("substring", "huber")


def test_forms_on_representations_belong_to_a_shared_input():
    shared = dict(grid("balancing-shared"))
    assert {row for row, config in shared.items() if config.gradients == "representations"} == {
        "gradnorm",
        "mgda",
        "hybrid",
    }
    assert shared["mgda_parameters"] == dataclasses.replace(shared["mgda"], gradients="parameters")
    assert {config.gradients for _, config in grid("balancing")} == {"parameters"}


@pytest.mark.parametrize("study", STUDIES)
def test_grids_go_seed_by_seed(study):
    found = grid(study, seeds=2, lr=0.5, epochs=7)
    first = grid(study, lr=0.5, epochs=7)
    assert found[: len(first)] == first
    assert [row for row, _ in found] == [row for row, _ in first] * 2
    assert [config.seed for _, config in found] == [0] * len(first) + [1] * len(first)
    assert {(config.lr, config.epochs, config.source) for _, config in found} == {(0.5, 7, "real")}


def test_settings_follow_the_epochs_that_are_asked_for():
    hybrid = dict(grid("balancing", epochs=60))["hybrid"]
    assert (hybrid.switch_by, hybrid.patience) == (40, 5)
    assert dict(grid("balancing", epochs=60, patience=3))["hybrid"].patience == 3


def test_studies_of_other_kinds_never_share_a_key():
    configs = {results.key(config): type(config) for study in STUDIES for _, config in grid(study)}
    assert len(configs) == 6 + 7 + 1 + 1


@pytest.mark.parametrize(
    ("make", "settings", "words"),
    [
        (tiny, {"setting": "both"}, "setting 'both' is unknown; choose one of separate, shared"),
        (tiny, {"gradients": "representations"}, "separate inputs have no common representation"),
        (tiny, {"row": "hybrid", "held_out": 0}, "held_out is 0, but held-out losses decide the switch"),
        (tiny, {"held_out": -1}, "held_out is -1; it must be 0 or more"),
        (tiny, {"epochs": 0}, "epochs is 0; it must be 1 or more"),
        (tiny, {"switch_on": "validation"}, "switch_on 'validation' is unknown; choose one of held_out, train, test"),
        (tiny, {"first_phase": "sum"}, "first_phase 'sum' is unknown; choose one of gradnorm, mean"),
        (tiny, {"statistics": "own"}, "statistics 'own' is unknown; choose one of estimated, running"),
        (tiny_tree, {"finetune": 0}, "finetune is 0; it must be 1 or more"),
        (tiny_tree, {"positions": "all"}, "positions 'all' is unknown; choose one of mean, printed, one"),
        (tiny_tree, {"names": "similar"}, "names 'similar' is unknown; choose one of equal, substring"),
        (tiny_tree, {"penalty": "l2"}, "penalty 'l2' is unknown; choose one of l1, huber"),
    ],
)
def test_what_cannot_be_is_refused(make, settings, words):
    with pytest.raises(ValueError, match=words):
        make(**settings)


# --- the sets ---


def test_sets_are_equal_and_apart(monkeypatch):
    load = data.load

    def partial(name, *, limit, split, **options):
        return load(
            name, limit=min(limit, 25) if name == "kmnist" and split == "train" else limit, split=split, **options
        )

    monkeypatch.setattr(data, "load", partial)
    sets = sets_of(tiny(train_images=37, held_out=13, test_images=5))  # loads are kept: a size that no other test takes
    assert [len(one) for one in sets.train.values()] == [19] * 3  # of 25, in the proportion of 37 to 13
    assert [len(one) for one in sets.held_out.values()] == [6] * 3
    whole = load("mnist", source="twin", split="train", limit=25)
    together = torch.cat([sets.train["mnist"].images, sets.held_out["mnist"].images])
    assert torch.equal(together, whole.images)
    assert "19 images of each" in sets.note
    assert not sets_of(dataclasses.replace(tiny(), held_out=0)).held_out


# --- scores ---


def test_scores_are_those_of_scikit_learn_and_of_the_printed_division():
    torch.manual_seed(0)
    logits, labels = torch.randn(600, 10), torch.randint(10, (600,))
    found = score(logits, labels)
    probabilities = logits.double().softmax(1).numpy()
    assert found.accuracy == pytest.approx(accuracy_score(labels, logits.argmax(1)))
    assert found.loss == pytest.approx(log_loss(labels, probabilities, labels=range(10)))
    means = [
        log_loss(labels[first : first + 256], probabilities[first : first + 256], labels=range(10))
        for first in (0, 256, 512)
    ]
    assert found.printed_loss == pytest.approx(sum(means) / 600)


@pytest.mark.parametrize("setting", ["separate", "shared"])
def test_evaluation_is_that_of_a_plain_loop(setting):
    config = tiny(setting=setting, statistics="running")
    net, sets = lenet(TASKS).eval(), sets_of(config)
    found = Evaluator(config, sets, "cpu")(net)
    tests = list(triple(config, sets.test, "cpu", turned=False).epoch(0))
    for place, task in enumerate(TASKS):
        with torch.no_grad():
            if setting == "shared":
                logits = torch.cat([net(batch[0])[task] for batch in tests])
                labels = torch.cat([batch[1 + place] for batch in tests])
            else:
                logits = torch.cat([net({task: batch[2 * place]})[task] for batch in tests])
                labels = torch.cat([batch[2 * place + 1] for batch in tests])
        torch.testing.assert_close(torch.tensor(found[task]), torch.tensor(score(logits, labels)))


def test_estimated_statistics_are_those_of_the_images_and_go_away():
    net = lenet(TASKS).eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    images = [torch.rand(40, 1, 28, 28) * scale for scale in (1, 3)]
    with torch.no_grad():
        running_ = net({"mnist": images[0]})["mnist"]
        with statistics_of(net, [{"mnist": batch} for batch in images]):
            inner = torch.cat([net.block(0)[:3](batch) for batch in images])
            norm = net.block(0).norm
            torch.testing.assert_close(norm.running_mean, inner.mean((0, 2, 3)), atol=1e-5, rtol=1e-5)
            assert not any(module.training for module in net.modules())
            assert not torch.allclose(net({"mnist": images[0]})["mnist"], running_)
        assert torch.equal(net({"mnist": images[0]})["mnist"], running_)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_statistics_of_a_task_do_not_depend_on_what_was_trained_last():
    """Two sets as far apart as day and night: running statistics fit the last one seen, estimated ones each."""
    config = tiny(statistics="estimated")
    sets, net = sets_of(config), lenet(TASKS)
    for images in (torch.rand(64, 1, 28, 28) + 5, torch.rand(64, 1, 28, 28)):
        net.train()({"fashion": images})
    own = Evaluator(config, sets, "cpu")
    first = own(net.eval())
    net.train()({"fashion": torch.rand(64, 1, 28, 28) + 50})
    assert own(net.eval()) == first
    some = {task: part(one, 0, 4) for task, one in sets.test.items()}
    tests = triple(config, some, "cpu", turned=False)
    with torch.no_grad():
        assert evaluate(net, tests) != evaluate(net, tests, own.own)


# --- training ---


def test_objective_gives_every_task_its_cross_entropy():
    net, labels = lenet(TASKS).eval(), [torch.randint(10, (6,)) for _ in TASKS]
    images = [torch.rand(6, 1, 28, 28) for _ in TASKS]
    apart = [tensor for pair in zip(images, labels, strict=True) for tensor in pair]
    found = objective_of(net, "separate")(net, *apart)
    assert found.representation is None
    together = objective_of(net, "shared")(net, images[0], *labels)
    for place, task in enumerate(TASKS):
        logits = net({task: images[place]})[task]
        torch.testing.assert_close(found.tasks[task], torch.nn.functional.cross_entropy(logits, labels[place]))
        common = torch.nn.functional.cross_entropy(net(images[0])[task], labels[place])
        torch.testing.assert_close(together.tasks[task], common)
    torch.testing.assert_close(together.representation, net(images[0], keep=(1,))[1])
    assert [len(block[1]) for block in found.blocks] == [3, 3, 1, 1, 1]


def test_timing_changes_nothing_and_compares_with_averaging():
    config = tiny("mgda")
    net, sets = lenet(TASKS), sets_of(config)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = torch.get_rng_state()
    batch = next(iter(triple(config, sets.train, "cpu", turned=True).epoch(0)))
    found = slowdowns(net, [Sum(), balancers.make(config)], batch, config, turns=3, device="cpu")
    assert len(found) == 2
    assert all(ratio > 0 for ratio in found)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())
    assert torch.equal(state, torch.get_rng_state())


def test_the_clock_runs_over_the_steps_alone(monkeypatch):
    ticks = iter([10.0, 17.5])
    monkeypatch.setattr("mtlcore.recipes.tran.training.now", lambda device: next(ticks))

    class Batches:
        def __len__(self):
            return 3

        def epoch(self, index):
            yield from ((torch.tensor(index + step),) for step in range(3))

    timed = Timed(Batches(), "cpu")
    assert [int(batch[0]) for batch in timed.epoch(4)] == [4, 5, 6]
    assert timed.seconds == 7.5
    assert len(timed) == 3


def test_stationary_batches_are_counted_by_both_thresholds():
    config = tiny("mgda", tau=0.4)
    net = lenet(TASKS)
    batch = next(iter(triple(config, sets_of(config).train, "cpu", turned=False).epoch(0)))
    losses = objective_of(net, "separate")(net, *batch)
    numbers = balancers.make(config).backward(losses.tasks, losses.blocks)
    ratio, largest = float(numbers["kkt_ratio"]), float(numbers["kkt_max"])
    assert float(numbers["share"]) == (ratio <= 0.4)
    assert float(numbers["share_published"]) == (largest < 1e-4)
    shares = [float(numbers[f"share_{threshold:g}"]) for threshold in balancers.THRESHOLDS]
    assert shares == [float(ratio <= threshold) for threshold in balancers.THRESHOLDS]
    assert shares == sorted(shares)


def switched(losses, **settings):
    """Epochs of the first phase of a hybrid that is shown these losses, one list an epoch."""
    config = tiny("hybrid", **settings)
    hybrid = balancers.make(config)
    shown = iter(losses)
    switch = Switch(
        config, hybrid, lambda net, which: {str(i): Score(0, loss, 0) for i, loss in enumerate(next(shown))}
    )
    resets = []
    for epoch in range(len(losses)):
        resets.append(switch.resets(epoch))
        switch.end_of_epoch(lenet(TASKS))
    assert resets == [config.reset_optimizer and epoch == hybrid.switched_at for epoch in range(len(losses))]
    return hybrid.switched_at, switch.first_phase


def test_the_hybrid_switches_on_the_losses_that_decide():
    falling = [[3.0, 3.0, 3.0], [2.0, 2.0, 2.0], [1.0, 1.0, 1.0]]
    stuck = [[3.0, 3.0, 3.0], [2.0, 3.0, 2.0], [1.0, 3.0, 1.0], [0.5, 3.0, 0.5]]
    assert switched(falling, switch_by=10, patience=1) == (None, 3)
    assert switched(falling, switch_by=2, patience=1) == (2, 2)
    assert switched(stuck, switch_by=10, patience=1, reset_optimizer=True) == (2, 2)
    assert switched(stuck, switch_by=10, patience=2) == (3, 3)
    assert switched(falling, switch_by=10, patience=1, epsilon=1.5, switch_on="test") == (2, 2)


def test_training_losses_decide_where_they_are_told_to():
    config = tiny("hybrid", variant="paper")
    hybrid = balancers.make(config)
    switch = Switch(config, hybrid, lambda net, which: pytest.fail("no other losses are looked at"))
    seen = []
    hybrid.observe = lambda losses: seen.append(losses)
    net = lenet(TASKS)
    batches = triple(config, sets_of(config).train, "cpu", turned=False)
    objective = objective_of(net, "separate")
    expected = []
    for _ in range(2):
        found = [switch.note(objective(net, *batch)) for batch in batches.epoch(0)]
        expected.append([statistics.fmean(losses.tasks[task].item() for losses in found) for task in TASKS])
        switch.end_of_epoch(net)
    assert seen == [pytest.approx(means) for means in expected]


ROWS = [("separate", row) for row in balancing.rows_of("separate", "corrected")]
ROWS += [("shared", row) for row in ("gradnorm", "mgda", "mgda_parameters", "hybrid")]


@pytest.mark.parametrize(("setting", "row"), ROWS)
def test_every_row_runs_and_measures(setting, row):
    result = running.run(tiny(row, setting))
    metrics, curves = result.metrics, result.curves
    for task in TASKS:
        assert 0 <= metrics[f"accuracy_{task}"] <= 1
        assert metrics[f"printed_loss_{task}"] == pytest.approx(metrics[f"loss_{task}"] / 20)  # one batch of 20 images
        assert metrics[f"early_loss_{task}"] == pytest.approx(curves[f"loss_{task}"][0], abs=1e-4)
        assert len(curves[f"weight_{task}"]) == len(curves[f"train_loss_{task}"]) == 2
    assert metrics["steps"] == 4
    assert metrics["seconds"] == pytest.approx(4 * metrics["step_seconds"])
    assert (metrics["slowdown"] == 1) == (row == "averaging")
    assert ("share_last" in metrics) == row.startswith("mgda")
    assert metrics.get("switch_epoch") == (1 if row == "hybrid" else None)
    assert results.record_of(tiny(row, setting), result).metrics == metrics
    assert "32 images of each" in result.provenance["data"]


def test_a_run_is_the_same_again_and_another_with_another_seed():
    config = tiny("pcgrad")
    first = comparable(running.run(config))
    assert comparable(running.run(config)) == first
    assert comparable(running.run(tiny("pcgrad", seed=1))) != first


@pytest.mark.parametrize(
    ("row", "variant"), [("hybrid", "corrected"), ("hybrid", "code"), ("hybrid", "paper"), ("uncertainty", "corrected")]
)
def test_a_killed_run_goes_on_from_its_checkpoint(row, variant, tmp_path, monkeypatch):
    config = tiny(row, variant=variant, epochs=3)
    whole = comparable(running.run(config))
    with monkeypatch.context() as patch:
        killed_after(patch, 1)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                running.run(config, checkpoints=tmp_path)
    assert comparable(running.run(config, checkpoints=tmp_path)) == whole
    assert [path.name for path in tmp_path.iterdir()] == [f"{results.key(config)}.pt"]  # until the result is stored


def killed_after(patch, saves):
    """Kill every training after so many checkpoints."""
    scope = running.train.__globals__
    save, count = scope["_save"], []

    def save_and_die(*arguments):
        save(*arguments)
        count.append(None)
        if len(count) % saves == 0:
            raise KeyboardInterrupt

    patch.setitem(scope, "_save", save_and_die)


# --- solvers ---


def tiny_solvers(**settings):
    given = {name: value for name, value in TINY.items() if name != "timed"} | {"bf16": False, "epochs": 1}
    return solvers.grid("desk", "twin", 1, "corrected", **{**given, **settings})


def test_solvers_get_the_gramians_of_real_steps(tmp_path, monkeypatch):
    rows = dict(tiny_solvers())
    assert set(rows) == {f"{solver}/{arm}" for solver in solvers.SOLVERS for arm in solvers.ARMS}
    (config,) = set(rows.values())
    result = solvers.run(config)
    assert [result.metrics[f"problems_{arm}"] for arm in solvers.ARMS] == [4, 2, 4]  # 2 steps; 2 shared blocks
    record = results.record_of(config, result)
    for row in rows:
        seen = solvers.view(row, record)
        curve = result.curves[f"iterations {row.replace('/', ' ')}"]
        assert seen["iterations"] == pytest.approx(statistics.fmean(curve))
        assert 0 <= seen["residual"] < 1e-3
        assert min(curve) >= 1
    with monkeypatch.context() as patch:
        killed_after(patch, 1)
        for _ in range(3):  # in each of the three trainings
            with pytest.raises(KeyboardInterrupt):
                solvers.run(config, checkpoints=tmp_path)
    resumed = solvers.run(config, checkpoints=tmp_path)
    assert (resumed.metrics, resumed.curves) == (result.metrics, result.curves)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_recorded_gramian_is_that_of_autograd():
    net = lenet(TASKS)
    (config,) = {config for _, config in tiny_solvers(train_images=16, held_out=0, augment=False)}
    torch.manual_seed(config.seed)
    found = solvers._record(config, "representations", "cpu", None)
    torch.manual_seed(config.seed)
    net = lenet(TASKS)
    batch = next(iter(triple(config, sets_of(config).train, "cpu", turned=False).epoch(0)))
    losses = objective_of(net, "shared")(net, *batch)
    (z,) = (losses.representation,)
    rows = torch.stack([torch.autograd.grad(loss, z, retain_graph=True)[0].flatten() for loss in losses.tasks.values()])
    torch.testing.assert_close(found[0], (rows @ rows.T).double(), rtol=1e-4, atol=1e-12)


# --- stationarity ---


def test_stationarity_is_read_from_the_runs_of_mgda():
    rows = stationarity.grid("desk", "twin", 2, "corrected", epochs=20)
    assert [row for row, _ in rows] == ["first", "last"] * 2
    assert {config.algorithm for _, config in rows} == {"mgda"}
    curves = {"share": [0.0, 0.5, *[0.3] * 16, 0.8, 0.6], "share_published": [0.0] * 20}
    metrics = running._shares(curves, 20)
    record = results.Record("", "tran", {"seed": 0}, metrics, curves, {})
    assert stationarity.view("first", record) == {"share": 0.25, "share_published": 0.0}
    assert stationarity.view("last", record)["share"] == pytest.approx(0.7)
    assert running._shares({}, 20) == {}


# --- trees ---


@pytest.fixture(scope="module")
def found():
    """One search."""
    config = tiny_tree()
    return results.record_of(config, searching.run(config))


def test_a_search_measures_what_its_tables_show(found):
    metrics = found.metrics
    for row in TASKS:
        for arm in TASKS:
            seen = trees.affinity_view(f"{row}/{arm}", found)
            assert seen["divergence"] == metrics[f"divergence_{row}_{arm}"]
            assert (seen["divergence"] == 0) == (row == arm)
    for row in ("ours", "random_1", "random_2", *trees.TREES, trees.UNSPLIT):
        seen = trees.table_view(row, found)
        tree = trees.tree_of(row, found)
        for task in TASKS:
            assert seen[f"loss_{task}"] == pytest.approx(seen[f"nats_{task}"] / 20)
            assert seen[f"accuracy_{task}"] == metrics[f"{tree} accuracy_{task}"]
        assert seen["alone"] == (trees.TREES.index(tree) if tree in trees.TREES else -1)
        assert seen["stress"] > 0
    assert trees.tree_of("ours", found) == trees.TREES[int(metrics["ours"])]
    points = [
        (trees.stress_view(tree, found)["stress"], trees.stress_view(tree, found)["accuracy"]) for tree in trees.TREES
    ]
    assert found.curves["stress"] == [stress for stress, _ in points]
    if len({accuracy for _, accuracy in points}) > 1:
        expected = stats.spearmanr(*zip(*points, strict=True)).statistic
        assert trees.stress_view("all", found)["correlation"] == pytest.approx(expected)
    assert trees.search_view("ours", found)["mnist_with_kmnist"] == float(metrics["ours"] == 0)
    costs = {row: trees.cost_view(row, found)["finetunings"] for row in ("ours", "printed", "branched")}
    assert costs == {"ours": 3, "printed": 9, "branched": 18}


def test_the_least_alike_task_gets_a_block_of_its_own(monkeypatch, found):
    for alone, other in ((0, 1), (1, 2), (2, 0)):
        table = torch.full((3, 3), 0.001, dtype=torch.float64)
        table[alone], table[:, alone] = 1.0 + other / 10, 1.0
        table.fill_diagonal_(0)
        search = type("Fixed", (), {"config": tiny_tree(), "affinity": lambda self, nets, table=table: table})()
        search.stress = lambda net, nets: {0: 1.0, 1: 2.0}
        metrics = searching._found(search, lenet(TASKS), dict.fromkeys(TASKS))
        assert metrics["ours"] == alone
        assert metrics["stress_1"] == 2.0


@pytest.mark.parametrize("tree", [*trees.TREES, trees.UNSPLIT])
def test_chains_of_a_tree_are_those_of_its_split(tree):
    net = lenet(TASKS)
    if tree != trees.UNSPLIT:
        (partition,) = [one for one in searching.all_splits(net, 1) if searching._name(net, one) == tree]
        net.split(1, partition)
    assert dict(net.chains) == trees.chains_of(tree)


def test_random_trees_are_two_and_drawn_alike():
    drawn = [trees.random_trees(seed) for seed in range(600)]
    assert all(first != second for first, second in drawn)
    counts = [sum(tree in pair for pair in drawn) for tree in trees.TREES]
    assert max(counts) - min(counts) < 100  # each is in two of three pairs, 400 of 600
    assert trees.random_trees(3) == trees.random_trees(3)


def test_branches_start_from_the_trunk_with_its_momentum():
    config = tiny_tree()
    search = searching.Search(config, sets_of(config), "cpu")
    trunk = search.trunk(None)
    momentum = [state["momentum_buffer"].clone() for state in trunk["optimizer"]["state"].values()]
    first = search.branch(trunk, None, None)
    again = search.branch(trunk, None, None)
    assert all(torch.equal(first["net"][name], again["net"][name]) for name in first["net"])
    kept = [state["momentum_buffer"] for state in trunk["optimizer"]["state"].values()]
    assert all(torch.equal(*pair) for pair in zip(momentum, kept, strict=True))
    assert not torch.equal(first["net"]["blocks.0.conv.weight"], trunk["net"]["blocks.0.conv.weight"])


@pytest.mark.slow
@pytest.mark.parametrize("saves", [1, 5])
def test_a_killed_search_goes_on_in_its_stage(saves, tmp_path, monkeypatch, found):
    config = tiny_tree()
    kills = 0
    with monkeypatch.context() as patch:
        killed_after(patch, saves)
        while kills < 40:
            try:
                resumed = searching.run(config, checkpoints=tmp_path)
                break
            except KeyboardInterrupt:
                kills += 1
    assert kills > 2
    assert resumed.metrics == found.metrics
    assert [path.name for path in tmp_path.iterdir()] == [f"{results.key(config)}.pt"]


def test_stages_are_done_once_and_kept(tmp_path):
    worked = []

    def work(file):
        worked.append(file.name)
        file.touch()
        return {"net": torch.arange(3), "chains": {"mnist": (0, 1)}}

    for _ in range(2):
        found = Stages(tmp_path, "run").do("trunk", work)
        assert found["chains"] == {"mnist": (0, 1)}
        assert found["net"].tolist() == [0, 1, 2]
    assert worked == ["run.trunk.pt"]
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]
    (tmp_path / "run.trunk.pt").touch()  # left by a kill between keeping and removing
    Stages(tmp_path, "run").do("trunk", work)
    assert not (tmp_path / "run.trunk.pt").exists()
    (tmp_path / "run.pt").write_bytes(b"torn")
    with pytest.raises(ValueError, match=r"run.pt holds no stages \(.*\); remove it to start the run anew"):
        Stages(tmp_path, "run")


def test_stages_of_other_code_are_left_aside_and_said(tmp_path, monkeypatch):
    Stages(tmp_path, "run").do("trunk", lambda file: 1)
    monkeypatch.setattr(paths, "code_hash", lambda: "edited")
    with pytest.warns(UserWarning, match=r"run.pt was written by another state of the code: the run starts anew"):
        stages = Stages(tmp_path, "run")
    assert stages.seconds == 0
    assert stages.do("trunk", lambda file: 2) == 2
    assert Stages(tmp_path, "run").do("trunk", lambda file: 3) == 2


def test_sound_stages_that_cannot_be_read_now_are_not_called_damaged(tmp_path, monkeypatch):
    Stages(tmp_path, "run").do("trunk", lambda file: 1)

    def fail(*arguments, **options):
        raise OSError("Input/output error")

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(OSError, match="^Input/output error$"):
        Stages(tmp_path, "run")


def test_stages_say_where_the_disk_is_full(tmp_path, monkeypatch):
    stages = Stages(tmp_path, "run")
    stages.do("first", lambda file: 1)

    def full(*arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match=r"cannot write .*run.pt \(No space left on device\); free some space"):
        stages.do("second", lambda file: 2)
    assert Stages(tmp_path, "run").done["first"] == 1
    assert "second" not in Stages(tmp_path, "run").done


# --- everything together ---


@pytest.mark.slow
def test_every_claim_finds_its_numbers(tmp_path):
    """All studies with one tiny seed: the rows and metrics that the claims name are there."""
    evidence = {}
    for study in STUDIES:
        settings = {**TINY, "bf16": False, "epochs": 2}
        if study == "solvers":
            settings.pop("timed")
        if STUDIES[study].run is searching.run:
            settings |= SMALL
        grid_of = recipes.compute(
            "tran",
            study,
            profile="desk",
            source="twin",
            seeds=1,
            device="cpu",
            workers=1,
            store=tmp_path / "x",
            **settings,
        )
        evidence[study] = grid_of.rows
    for claim in claims.load("tran").claims:
        if claim.test is None:
            continue
        for operand in (operand for pair in claim.test.pairs for operand in pair if isinstance(operand, str)):
            row, _, metric = operand.partition(":")
            found = evidence[claim.test.study][row]
            assert [record.seed for record in found] == [0], claim.id
            assert all((metric or claim.test.metric) in record.metrics for record in found), claim.id
    assert len(results.Store(tmp_path / "x").read()) == 6 + 7 + 1 + 1
