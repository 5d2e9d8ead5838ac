import dataclasses
import json
import shlex
import subprocess
import sys

import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss
from torch import nn

from mtlcore import claims, data, paths, profiles, recipes, results
from mtlcore.__main__ import _setting
from mtlcore.nets.shallow import shallow
from mtlcore.recipes.goutam import cost, mnist
from mtlcore.recipes.goutam.mnist import DFREEZE, EFREEZE, PUBLISHED_RANDOM, ROWS, settings_of
from mtlcore.recipes.singh import config as singh
from mtlcore.train import DivergedError
from tests.helpers import ENV

TINY = {"train_images": 64, "test_images": 64, "batch_size": 16}


def tiny(row="efreeze", variant="corrected", seed=0, **settings):
    return mnist.Config(seed=seed, source="twin", epochs=3, **{**settings_of(row, variant, 3), **TINY, **settings})


def comparable(result):
    return {**result.metrics, **{name: curve for name, curve in result.curves.items() if name != "seconds"}}


def test_defaults_are_the_settings_of_the_document():
    config = mnist.Config(seed=0, source="real")
    told = (config.epochs, config.lr, config.momentum, config.weight_decay, config.batch_size, config.init)
    assert told == (100, 0.01, 0.9, 5e-4, 128, "xavier")
    assert EFREEZE == (0.9, 0.7, 0.6, 0.5, 0.4, 0.3, 0.1)
    assert DFREEZE == (0.1, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9)


@pytest.mark.parametrize("variant", ["paper", "code", "corrected"])
def test_rows_mean_what_the_document_says(variant):
    meant = {row: settings_of(row, variant, 100) for row in ROWS}
    assert not meant["baseline"].get("layerout", False)
    assert meant["efreeze"]["probabilities"] == EFREEZE
    assert meant["dfreeze"]["probabilities"] == DFREEZE
    assert [meant[row]["warmup"] for row in ("warmup", "dfreeze", "efreeze")] == [20, 20, 20]
    assert meant["since_start"].get("warmup", 0) == 0
    with pytest.raises(KeyError):
        settings_of("no row", variant, 100)


def test_variants_differ_as_the_audit_says():
    paper, code, corrected = ({row: settings_of(row, v, 100) for row in ROWS} for v in ("paper", "code", "corrected"))
    assert paper["since_start"]["redraw"]
    assert paper["warmup"]["redraw"]
    assert not corrected["since_start"]["redraw"]
    assert not corrected["warmup"]["redraw"]
    assert not code["since_start"]["layerout"]  # it freezes nothing
    assert code["warmup"]["probabilities"] == PUBLISHED_RANDOM
    for row in ROWS:
        assert (code[row]["init"], code[row]["test_view"]) == ("default", "resize")
        assert not {"init", "test_view"} & {*paper[row], *corrected[row]}
    for row in ("warmup", "dfreeze", "efreeze"):
        assert code[row]["scheme"] == "published"
        assert code[row]["reset_optimizer"]
        assert "scheme" not in paper[row]
        assert "reset_optimizer" not in paper[row]


def grid(variant="corrected", seeds=2, profile="desk", **settings):
    return mnist.table_1(profile, "twin", seeds, variant, **settings)


def test_grid_goes_seed_by_seed():
    assert [(row, config.seed) for row, config in grid()] == [(row, seed) for seed in (0, 1) for row in ROWS]
    assert {results.key(config) for _, config in grid(seeds=1)} <= {results.key(config) for _, config in grid(seeds=3)}
    assert all(config.lr == 0.5 and config.epochs == 7 for _, config in grid(lr=0.5, epochs=7))
    assert [config.warmup for _, config in grid(seeds=1, epochs=50)] == [0, 0, 10, 10, 10]


def test_variants_share_the_runs_that_are_the_same():
    keys = {v: {row: results.key(config) for row, config in grid(v, seeds=1)} for v in ("paper", "code", "corrected")}
    same = {row for row in ROWS if keys["paper"][row] == keys["corrected"][row]}
    assert same == {"baseline", "dfreeze", "efreeze"}
    assert not set(keys["code"].values()) & {*keys["paper"].values(), *keys["corrected"].values()}
    assert len({key for rows in keys.values() for key in rows.values()}) == 5 + 2 + 5


def test_keys_of_the_recorded_runs_do_not_change():
    first = dict(mnist.table_1("desk", "real", 1, "corrected"))
    assert results.key(first["baseline"]) == "e44d74d6c612dc94"
    assert results.key(first["efreeze"]) == "6a57c329e8763425"


@pytest.mark.parametrize("path", sorted(paths.RESULTS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_every_recorded_run_is_one_that_a_study_asks_for(path):
    """A changed default, or a changed budget, would leave runs that no page finds again."""
    asked = set()
    for study in recipes.get(path.stem).STUDIES.values():
        for variant in profiles.VARIANTS if path.stem in claims.DOCUMENTS else ("corrected",):
            for profile in profiles.RECORDED:
                for source in ("real", "twin"):
                    asked |= {results.key(config) for _, config in study.grid(profile, source, 10, variant)}
    records = results.Store(path).read()
    assert records
    assert set(records) <= asked


@pytest.mark.slow
def test_run_is_the_same_bits_again_and_in_another_process():
    config = tiny()
    first = comparable(mnist.run(config))
    assert comparable(mnist.run(config)) == first
    script = (
        "import json, torch; torch.set_num_threads(1)\n"
        "from mtlcore.recipes.goutam import mnist\n"
        f"result = mnist.run(mnist.{config!r})\n"
        "print(json.dumps([result.metrics, result.curves]))"
    )
    done = subprocess.run([sys.executable, "-c", script], env=ENV, capture_output=True, text=True, check=True)
    metrics, curves = json.loads(done.stdout)
    assert comparable(results.Result(metrics, curves)) == first
    assert comparable(mnist.run(tiny(seed=1))) != first


def test_run_freezes_as_its_curve_says(monkeypatch):
    seen = []

    def train(net, batches, *, start_epoch, **options):
        for epoch in range(3):
            share = start_epoch(epoch)["frozen"]
            cold = sum(p.numel() for p in net.parameters() if not p.requires_grad)
            seen.append((share, 100 * cold / 491_114))
        raise DivergedError

    monkeypatch.setattr(mnist, "train", train)
    for row, variant in (("efreeze", "corrected"), ("since_start", "paper"), ("efreeze", "code"), ("baseline", "code")):
        with pytest.raises(DivergedError):
            mnist.run(tiny(row, variant))
    assert all(share == pytest.approx(cold, abs=1e-4) for share, cold in seen)
    assert seen[0][0] == 0
    assert seen[3][0] > 0
    assert [share for share, _ in seen[-3:]] == [0, 0, 0]


def test_since_start_of_the_published_code_is_a_baseline_that_loses_its_momentum():
    since_start, baseline = tiny("since_start", "code"), tiny("baseline", "code")
    assert dataclasses.replace(since_start, reset_optimizer=False, scheme="independent") == baseline
    assert mnist.run(since_start).metrics["frozen"] == 0
    one = [comparable(mnist.run(dataclasses.replace(config, epochs=1))) for config in (since_start, baseline)]
    assert one[0] == one[1]  # nothing to forget in the first epoch


def test_accuracy_and_loss_are_those_of_scikit_learn():
    torch.manual_seed(0)
    net = shallow().eval()
    images = data.load("mnist", source="twin", split="test", limit=64)
    tests = data.Resident(images, batch_size=24, shuffle=False, pad=2)
    with torch.no_grad():
        found = mnist._evaluate(net, tests)
        logits = net(nn.functional.pad(images.images.float() / 255, (2, 2, 2, 2)))
    assert found["accuracy"] == pytest.approx(100 * accuracy_score(images.labels, logits.argmax(1)))
    probabilities = logits.softmax(1).double().numpy()
    probabilities /= probabilities.sum(1, keepdims=True)
    assert found["test_loss"] == pytest.approx(log_loss(images.labels, probabilities, labels=range(10)), rel=1e-5)


def test_metrics_summarise_curves():
    result = mnist.run(tiny("since_start", "corrected", lr=0.05))
    curve = result.curves["accuracy"]
    assert result.metrics["accuracy"] == pytest.approx(curve[-1], abs=1e-4)
    assert result.metrics["best_accuracy"] == pytest.approx(max(curve), abs=1e-4)
    assert result.metrics["frozen"] == pytest.approx(sum(result.curves["frozen"]) / 3, abs=1e-4)
    assert {len(curve) for curve in result.curves.values()} == {3}
    assert set(result.provenance) == {"device", "seconds", "data"}


def test_evidence_of_a_computed_study(tmp_path, monkeypatch):
    monkeypatch.setenv("MTLCORE_RUNS", str(tmp_path / "runs"))  # without what other tests left
    told = []
    evidence = recipes.compute(
        "goutam",
        "table-1",
        profile="smoke",
        source="twin",
        seeds=1,
        device="cpu",
        store=tmp_path / "runs.jsonl",
        progress=lambda done, of, left: told.append((done, of)),
        epochs=1,
        **TINY,
    )
    assert tuple(evidence.rows) == ROWS
    assert told == [(number, 5) for number in range(1, 6)]
    assert (evidence.source, evidence.seeds, len(evidence.records)) == ("twin", 1, 5)
    assert evidence.command == (
        "python -m mtlcore run goutam table-1 --profile smoke --source twin --seeds 3 --variant corrected "
        "--set epochs=1 --set train_images=64 --set test_images=64 --set batch_size=16"
    )
    assert not list(recipes.paths.runs_dir().glob("checkpoints/*"))


def test_the_command_sets_what_was_set():
    settings = {
        "tasks": ("color", "type"),
        "task_weights": (1.0, 0.5, 1e-05, 1.0),
        "weights": "none",
        "backbone": "thin resnet-18",
        "lr": 1e-05,
        "augment": False,
        "epochs": 3,
    }
    evidence = recipes.Evidence("singh", "table-2", "lab", "twin", "paper", {}, settings)
    parsed = dict(_setting(word) for word in shlex.split(evidence.command) if "=" in word)
    assert recipes._checked(singh.Config, parsed) == settings
    probabilities = recipes.Evidence("goutam", "table-1", "lab", "twin", "paper", {}, {"probabilities": None})
    assert probabilities.command.endswith("--variant paper --set probabilities=null")


def test_what_killed_processes_left_of_a_run_goes_when_it_is_stored(tmp_path, monkeypatch):
    checkpoints = tmp_path / "checkpoints"
    monkeypatch.setenv("MTLCORE_RUNS", str(tmp_path))
    checkpoints.mkdir()
    config = mnist.table_1("smoke", "twin", 1, "corrected", epochs=1, **TINY)[0][1]
    for name in (f"{results.key(config)}.77.part", f"{results.key(config)}.base.78.part", "other.79.part"):
        (checkpoints / name).touch()
    recipes.compute("goutam", "table-1", profile="smoke", source="twin", seeds=1, device="cpu", epochs=1, **TINY)
    assert [path.name for path in checkpoints.iterdir()] == ["other.79.part"]


def test_interrupted_run_goes_on_from_its_checkpoint(tmp_path, monkeypatch):
    config = tiny("since_start", "corrected")
    whole = comparable(mnist.run(config))
    save, calls = mnist.train.__globals__["_save"], []

    def save_and_die(*arguments):
        save(*arguments)
        calls.append(None)
        raise KeyboardInterrupt

    monkeypatch.setitem(mnist.train.__globals__, "_save", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        mnist.run(config, checkpoints=tmp_path)
    monkeypatch.setitem(mnist.train.__globals__, "_save", save)
    resumed = mnist.run(config, checkpoints=tmp_path)
    assert comparable(resumed) == whole
    assert resumed.provenance["seconds"] >= round(sum(resumed.curves["seconds"]), 1) - 0.1
    assert [path.name for path in tmp_path.iterdir()] == [f"{results.key(config)}.pt"]  # until the result is stored


def test_cost_counts_what_the_draws_save(tmp_path):
    evidence = recipes.compute("goutam", "cost", profile="smoke", seeds=1, device="cpu", store=tmp_path / "cost.jsonl")
    metrics = {row: records[0].metrics for row, records in evidence.rows.items()}
    assert metrics["baseline"]["frozen"] == metrics["baseline"]["backward_saved"] == 0
    assert metrics["dfreeze"]["frozen"] > 50 > metrics["efreeze"]["frozen"] > 30
    # what dfreeze freezes is most of the parameters, and what efreeze freezes is most of the work
    assert metrics["efreeze"]["backward_saved"] > metrics["efreeze"]["frozen"]
    assert "--source" not in evidence.command
    fields = {field.name for field in dataclasses.fields(cost.Config)}
    assert all(set(dataclasses.asdict(config)) == fields for _, config in cost.grid("lab", "auto", 1, "code"))


@pytest.mark.parametrize("recipe", recipes.RECIPES)
def test_real_samples_that_are_not_there_are_told_before_a_run(recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path / "none"))
    asked = {"profile": "smoke", "source": "real", "seeds": 1, "device": "cpu", "workers": 1}
    for name, study in recipes.get(recipe).STUDIES.items():
        if hasattr(study.grid("smoke", "real", 1, "corrected")[0][1], "source"):
            with pytest.raises(data.DataError, match="is not there: .*missing in"):
                recipes.compute(recipe, name, store=tmp_path / "x", **asked)
    assert not (tmp_path / "x").exists()


def test_real_runs_that_are_stored_need_no_samples(tmp_path, monkeypatch):
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path / "none"))
    store = results.Store(tmp_path / "runs.jsonl")
    for _, config in mnist.table_1("smoke", "real", 1, "corrected"):
        store.append(results.record_of(config, results.Result({"accuracy": 1.0})))
    asked = {"profile": "smoke", "source": "real", "seeds": 1, "device": "cpu", "store": store.path}
    assert len(recipes.compute("goutam", "table-1", **asked).records) == 5


def test_the_plan_tells_what_is_missing_and_which_settings_level_the_rows(tmp_path, monkeypatch):
    monkeypatch.setenv("MTLCORE_RUNS", str(tmp_path / "runs"))
    told = []
    asked = {"profile": "smoke", "source": "twin", "seeds": 1, "device": "cpu", "workers": 1, "plan": told.append}
    asked |= {"store": tmp_path / "runs.jsonl", "epochs": 1, **TINY}
    recipes.compute("goutam", "table-1", **asked)
    recipes.compute("goutam", "table-1", **asked, layerout=False)
    first, second = told
    assert first == recipes.Plan(5, 5, "twin", "cpu", 1, tmp_path / "runs.jsonl", ())
    assert (second.runs, second.missing, second.levelled) == (4, 3, ("layerout",))  # dense, and the baseline is there


def test_epochs_are_told_to_whoever_listens(monkeypatch):
    told = []
    monkeypatch.setattr("mtlcore.train.listener", lambda epoch, epochs, numbers, left: told.append((epoch, epochs)))
    mnist.run(tiny())
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"momentum": 5.0}, "momentum is 5.0; it must be 0 or more and less than 1"),
        ({"momentum": -0.1}, "momentum is -0.1"),
        ({"probabilities": (2.0, 3.0)}, r"probabilities are \(2.0, 3.0\); give one for each of 7 layers"),
        ({"probabilities": (2.0,) * 7}, "freeze probabilities must lie in 0..1"),
        ({"probabilities": (1.0,) * 7}, "nothing would ever train"),
    ],
)
def test_what_no_run_could_use_is_refused_before_the_first(settings, message):
    with pytest.raises(ValueError, match=message):
        mnist.table_1("lab", "twin", 1, "corrected", **settings)


def test_unknown_names_and_values_are_refused(tmp_path):
    def compute(recipe="goutam", study="table-1", **settings):
        asked = {"profile": "smoke", "source": "twin", "seeds": 1, "store": tmp_path / "x"} | settings
        return recipes.compute(recipe, study, **asked)

    for settings, message in [
        ({"recipe": "smith"}, "recipe 'smith' is unknown; there are ge, singh, upadhyay, tran, goutam"),
        ({"study": "table-9"}, "study 'table-9' of goutam is unknown; there are table-1, cost"),
        ({"epoch": 3}, "setting 'epoch' is unknown; did you mean 'epochs'"),
        ({"epochs": "two"}, "setting epochs is 'two'; it takes a whole number"),
        ({"epochs": 2.5}, "setting epochs is 2.5; it takes a whole number"),
        ({"flip": 1}, "setting flip is 1; it takes true or false"),
        ({"lr": "fast"}, "setting lr is 'fast'; it takes a finite number"),
        ({"lr": float("nan")}, "setting lr is nan; it takes a finite number"),
        ({"lr": True}, "setting lr is True; it takes a finite number"),
        ({"probabilities": 0.5}, r"setting probabilities is 0.5; it takes a list such as \[1, 2\]"),
        ({"probabilities": [0.5, "x"]}, r"setting probabilities\[1\] is 'x'; it takes a finite number"),
        ({"profile": "smok"}, "profile 'smok' is unknown; did you mean 'smoke'. There are smoke, lab, desk, full"),
        ({"source": "reel"}, "source 'reel' is unknown; did you mean 'real'. There are auto, real, twin"),
        ({"variant": "papers"}, "variant 'papers' is unknown; did you mean 'paper'. There are paper, code, corr"),
        ({"device": "gpu"}, "device 'gpu' is unknown"),
    ]:
        with pytest.raises(ValueError, match=message):
            compute(**settings)
    assert not (tmp_path / "x").exists()


def test_a_run_that_serves_several_rows_is_seen_from_each(tmp_path, monkeypatch):
    """One run a seed, two rows: each shows its own share of the metrics."""
    runs = []

    def run(config, *, device, checkpoints):
        runs.append(config.seed)
        return results.Result({"first": float(config.seed), "last": 10.0}, {}, {"seconds": 2.0})

    def both(profile, source, seeds, variant):
        return [(row, mnist.Config(seed=seed, source="twin")) for seed in range(seeds) for row in ("first", "last")]

    seen = recipes.Study("two rows", both, run, view=lambda row, record: {"share": record.metrics[row]})
    monkeypatch.setattr(recipes, "study", lambda recipe, name: seen)
    monkeypatch.setattr(recipes.paths, "RESULTS", tmp_path)
    found = recipes.compute("goutam", "two", profile="desk", source="twin", seeds=2, workers=1)
    assert runs == [0, 1]
    assert {row: [one.metrics for one in records] for row, records in found.rows.items()} == {
        "first": [{"share": 0.0}, {"share": 1.0}],
        "last": [{"share": 10.0}, {"share": 10.0}],
    }
    assert len(found.records) == 2
    shown = recipes.recorded("goutam", "table-1", variant="corrected")
    assert shown.rows["last"][1].metrics == {"share": 10.0}


def test_recorded_takes_real_before_twin_and_full_before_desk(tmp_path, monkeypatch):
    monkeypatch.setattr(recipes.paths, "RESULTS", tmp_path)
    assert recipes.recorded("goutam", "table-1", variant="corrected") is None
    assert recipes.recorded("smith", "table-1", variant="corrected") is None
    assert recipes.recorded("goutam", "no study", variant="corrected") is None
    store = results.Store(tmp_path / "goutam.jsonl")

    def add(profile, source, seeds=1, rows=5):
        for _, config in mnist.table_1(profile, source, seeds, "corrected")[: rows * seeds]:
            store.append(results.record_of(config, results.Result({"accuracy": 1.0}, {}, {"seconds": 1.0})))
        found = recipes.recorded("goutam", "table-1", variant="corrected")
        return found.profile, found.source, found.seeds

    assert add("desk", "twin", 2) == ("desk", "twin", 2)
    assert add("full", "twin") == ("full", "twin", 1)
    assert add("desk", "real") == ("desk", "real", 1)
    assert add("full", "real", rows=2) == ("desk", "real", 1)  # until as many rows have runs
    assert add("full", "real", 3) == ("full", "real", 3)
    shared = recipes.recorded("goutam", "table-1", variant="paper")  # runs that the variants share
    assert {row for row, records in shared.rows.items() if records} == {"baseline", "dfreeze", "efreeze"}
