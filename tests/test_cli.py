import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from mtlcore import claims, recipes, results, train
from mtlcore.__main__ import _Progress, main
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
        studies = recipes.get(recipe).STUDIES
        for name, study in studies.items():
            assert f"  {name.ljust(max(map(len, studies)))} {study.about}" in listed.output.splitlines()


@pytest.mark.slow
def test_run_prints_a_table_and_stores_its_runs(smoke, tmp_path):
    done = smoke("--set", "epochs=1", "--set", "lr=1e-3", "--workers", 1, seeds=2)
    assert done.exit_code == 0, done.output
    records = results.Store(tmp_path / "runs.jsonl").read()
    assert len(records) == 10
    assert {(record.config["epochs"], record.config["lr"]) for record in records.values()} == {(1, 0.001)}
    assert done.stderr.splitlines()[0] == (
        f"10 runs, 0 stored, twin data, {next(iter(records.values())).provenance['device']}, 1 process, "
        f"into {tmp_path / 'runs.jsonl'}"
    )
    assert done.stderr.splitlines()[-1] == "run 10 of 10"
    *_, measured, stored = done.stdout.splitlines()
    assert measured.startswith("data: twin (twin of MNIST, procedural, seed 0) · profile smoke · variant corrected · d")
    assert stored == f"stored in {tmp_path / 'runs.jsonl'}"
    table = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert {"row", "baseline", "since_start", "warmup", "dfreeze", "efreeze"} <= set(table)
    baseline = [record.metrics["accuracy"] for record in records.values() if not record.config["layerout"]]
    assert results.summary(baseline) in table["baseline"]
    before = (tmp_path / "runs.jsonl").read_bytes()
    again = smoke("--set", "epochs=1", "--set", "lr=0.001", seeds=2)
    assert again.exit_code == 0
    assert again.stderr.startswith("10 runs, 10 stored")
    assert (tmp_path / "runs.jsonl").read_bytes() == before


@pytest.mark.slow
def test_rows_may_measure_different_things(tmp_path):
    asked = ["--profile", "smoke", "--source", "twin", "--seeds", 1, "--store", tmp_path / "runs.jsonl"]
    done = call("run", "upadhyay", "table-1", *asked, "--set", "train_images=8")
    assert done.exit_code == 0, done.output
    head, *rows = done.stdout.splitlines()[:-2]
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
        (
            ["run", "singh", "table-1", "--set", "tasks=color"],
            "setting tasks is 'color'; it takes a list such as [color,",
        ),
        (["run", "singh", "table-1", "--set", "tasks=[1]"], "setting tasks[0] is 1; it takes a word"),
        (
            ["run", "singh", "table-1", "--set", "task_weights=2"],
            "setting task_weights is 2; it takes a list such as [1",
        ),
        (["run", "singh", "table-1", "--set", "task_weights=[a, b, c, d]"], "setting task_weights[0] is 'a'; it takes"),
        (["run", "goutam", "table-1", "--set", "lr=.nan"], "setting lr is nan; it takes a finite number"),
        (["run", "goutam", "table-1", "--device", "gpu"], "device 'gpu' is unknown; choose auto, cpu or cuda"),
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


def test_data_list_says_that_it_went_by_names():
    assert "by names alone; `python -m mtlcore data check` reads the files" in call("data", "list").output


def plan(**changed):
    known = {"runs": 15, "missing": 12, "source": "real", "device": "cpu", "processes": 2}
    return recipes.Plan(**{**known, "store": Path("runs.jsonl"), "levelled": (), **changed})


def test_what_will_be_done_is_told_at_once(capsys):
    _Progress("table-1").plan(plan(levelled=("layerout",)))
    _Progress("cost").plan(plan(runs=1, missing=1, source="none", processes=1))
    assert capsys.readouterr().err.splitlines() == [
        "15 runs, 3 stored, real data, cpu, 2 processes, into runs.jsonl",
        "rows of table-1 differ by layerout; --set layerout gives all of them one value",
        "1 run, 0 stored, no data, cpu, 1 process, into runs.jsonl",
    ]


def test_epochs_are_told_on_a_terminal_and_runs_elsewhere(capsys, monkeypatch):
    told = _Progress("table-1")
    assert train.listener is None
    told.run(1, 12, 119.0)
    told.run(12, 12, 0.0)
    assert capsys.readouterr().err.splitlines() == ["run 1 of 12 · about 2 min left", "run 12 of 12"]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    told = _Progress("table-1")
    assert train.listener == told.epoch
    told.plan(plan())
    told.epoch(3, 20, {}, 17.0)
    told.close()
    assert train.listener is None
    assert "run 1 of 12 · epoch 3 of 20 · about 4 min left" in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_wrong_with_store_and_data_is_told_in_a_line_each(tmp_path):
    store = tmp_path / "runs.jsonl"
    store.write_text('{"torn')
    command = [sys.executable, "-m", "mtlcore", "run", "goutam", "table-1", "--source", "real", "--store", store]
    environment = {**ENV, "MTLCORE_DATA": str(tmp_path)}
    failed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    torn, missing = failed.stderr.splitlines()
    assert torn == "mtlcore: runs.jsonl: dropped a torn last line of 6 bytes"
    assert missing.startswith("mtlcore: MNIST is not there: ")
    assert missing.endswith("or take --source twin.")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="Windows has no groups of processes")
@pytest.mark.parametrize("wait", [0.3, 5.0])  # while the workers start, and while they compute
def test_ctrl_c_stops_everything_at_once(tmp_path, wait):
    asked = ["--profile", "lab", "--source", "twin", "--device", "cpu", "--workers", "2", "--set", "epochs=400"]
    command = [sys.executable, "-m", "mtlcore", "run", "goutam", "table-1", *asked, "--store", tmp_path / "runs.jsonl"]
    environment = {**ENV, "MTLCORE_RUNS": str(tmp_path)}
    heard = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    running = subprocess.Popen(  # what runs in the background of a shell ignores Ctrl-C
        [sys.executable, "-c", heard, *command],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert running.stderr.readline().startswith("15 runs, 0 stored, twin data, cpu, 2 processes")
        time.sleep(wait)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does, to the workers too
        time.sleep(0.2)
        os.killpg(running.pid, signal.SIGINT)
        _, told = running.communicate(timeout=30)  # which also waits for the workers: they hold the pipe
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
    assert (running.returncode, told) == (130, "stopped; give the same command again to go on\n")
