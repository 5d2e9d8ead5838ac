import subprocess
import sys

import pytest
from click.testing import CliRunner

from mtlcore import claims, recipes, results
from mtlcore.__main__ import main
from tests.helpers import ENV


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def smoke(tmp_path):
    def run(*arguments, study="table-1", seeds=1):
        store = ["--store", tmp_path / "runs.jsonl", "--seeds", seeds]
        return call("run", "goutam", study, "--profile", "smoke", "--source", "twin", *store, *arguments)

    return run


def test_list_names_every_recipe_and_study():
    listed = call("list")
    assert listed.exit_code == 0
    for recipe in recipes.RECIPES:
        title = claims.load(recipe).title if recipe in claims.DOCUMENTS else recipes.get(recipe).TITLE
        assert f"{recipe}: {title}" in listed.output
        for name, study in recipes.get(recipe).STUDIES.items():
            assert any(line.split()[0] == name and study.about in line for line in listed.output.splitlines())


@pytest.mark.slow
def test_run_prints_a_table_and_stores_its_runs(smoke, tmp_path):
    done = smoke("--set", "epochs=1", "--set", "lr=1e-3", "--workers", 1, seeds=2)
    assert done.exit_code == 0, done.output
    records = results.Store(tmp_path / "runs.jsonl").read()
    assert len(records) == 10
    assert {(record.config["epochs"], record.config["lr"]) for record in records.values()} == {(1, 0.001)}
    table = {line.split()[0]: line for line in done.output.splitlines() if "run " not in line}
    assert {"row", "baseline", "since_start", "warmup", "dfreeze", "efreeze"} <= set(table)
    baseline = [record.metrics["accuracy"] for record in records.values() if not record.config["layerout"]]
    assert results.summary(baseline) in table["baseline"]
    before = (tmp_path / "runs.jsonl").read_bytes()
    again = smoke("--set", "epochs=1", "--set", "lr=0.001", seeds=2)
    assert again.exit_code == 0
    assert (tmp_path / "runs.jsonl").read_bytes() == before


@pytest.mark.slow
def test_rows_may_measure_different_things(tmp_path):
    asked = ["--profile", "smoke", "--source", "twin", "--seeds", 1, "--store", tmp_path / "runs.jsonl"]
    done = call("run", "upadhyay", "table-1", *asked, "--set", "train_images=8")
    assert done.exit_code == 0, done.output
    head, *rows = (line for line in done.output.splitlines() if "run " not in line)
    assert {len(row) for row in rows} == {len(head)}
    told = {row.split()[0]: row[head.index("iou") - 3 : head.index("iou") + 3].split()[-1] for row in rows}
    assert told["depth_0"] == "–"
    assert float(told["seg_0"]) >= 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "smith", "table-1"], "recipe 'smith' is unknown; there are ge, singh, upadhyay, tran, goutam"),
        (["run", "goutam", "table-9"], "study 'table-9' of goutam is unknown; there are table-1, cost"),
        (["run", "goutam", "table-1", "--set", "epoch=1"], "setting 'epoch' is unknown; did you mean 'epochs'? There"),
        (["run", "goutam", "table-1", "--set", "nosuch=1"], "setting 'nosuch' is unknown; did you mean"),
        (["run", "goutam", "table-1", "--set", "epochs=x"], "setting epochs is 'x'; it takes a whole number"),
        (["run", "goutam", "table-1", "--device", "gpu"], "device 'gpu' is unknown; choose auto, cpu, cuda or mps"),
    ],
)
def test_errors_are_one_sentence(arguments, message, monkeypatch, tmp_path):
    failed = call(*arguments, *(["--store", tmp_path / "x"] if arguments[0] == "run" else []))
    assert failed.exit_code != 0
    assert message in (failed.output + str(failed.exception))
    assert isinstance(failed.exception, (ValueError, SystemExit))
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "0"], "0 is not in the range 1<=x<=100"),
        (["--profile", "tiny"], "'tiny' is not one of 'smoke', 'lab', 'desk', 'full'"),
        (["--variant", "best"], "'best' is not one of 'paper', 'code', 'corrected'"),
        (["--sedes", "3"], "--seeds"),
        (["--set", "epochs"], "--set epochs: write NAME=VALUE"),
        (["--set", "lr=["], "'[' is no YAML value"),
        (["--set", "seed=3"], "--set seed: that is no field to set"),
        (["--set", "profile=lab"], "--set profile: that is no field to set"),
    ],
)
def test_mistyped_options_are_refused(smoke, arguments, message):
    failed = smoke(*arguments)
    assert failed.exit_code == 2
    assert message in failed.output


@pytest.mark.slow
def test_program_ends_with_one_sentence_and_a_code():
    command = [sys.executable, "-m", "mtlcore", "run", "goutam", "table-1", "--set", "nosuch=1"]
    failed = subprocess.run(command, env=ENV, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stderr.startswith("mtlcore: setting 'nosuch' is unknown; did you mean")
    assert "Traceback" not in failed.stderr
    assert len(failed.stderr.splitlines()) == 1
