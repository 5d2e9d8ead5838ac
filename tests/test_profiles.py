import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from mtlcore import paths, profiles
from tests.helpers import ENV


def test_device_auto_and_named():
    assert profiles.resolve_device("cpu") == "cpu"
    assert profiles.resolve_device("auto") in ("cpu", "cuda")
    for device in ("gpu", "cpu:x", "cuda:", "cuda:-1"):
        with pytest.raises(ValueError, match=f"device '{device}' is unknown; choose auto, cpu or cuda"):
            profiles.resolve_device(device)
    with pytest.raises(ValueError, match="device 'cpu:1' is not available here"):
        profiles.resolve_device("cpu:1")


def test_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert profiles.resolve_device("auto") == "cpu"
    with pytest.raises(ValueError, match="Apple's MPS has no float64"):
        profiles.resolve_device("mps")
    for device in ("cuda", "cuda:1"):
        with pytest.raises(ValueError, match=f"device '{device}' is not available here; choose auto or cpu"):
            profiles.resolve_device(device)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [profiles.resolve_device(device) for device in ("auto", "cuda:1")] == ["cuda", "cuda:1"]
    with pytest.raises(ValueError, match="device 'cuda:2' is not available here"):
        profiles.resolve_device("cuda:2")


def test_large_profiles_are_kept_with_the_repository_and_small_ones_are_not():
    for profile in profiles.PROFILES:
        folder = profiles.store_path("goutam", profile).parent
        assert (folder == paths.RESULTS) == (profile in ("desk", "full"))
        assert profiles.store_path("goutam", profile).name == "goutam.jsonl"


@pytest.mark.slow
def test_workers_are_processes_of_one_thread():
    with profiles.workers("cpu", 1) as executor:
        assert executor is None
    with profiles.workers("cuda") as executor:
        assert executor is None
    with profiles.workers("cpu", 2) as executor:
        futures = [executor.submit(torch.get_num_threads), executor.submit(os.getpid)]
        assert futures[0].result() == 1
        assert futures[1].result() != os.getpid()
    assert torch.get_num_threads() == 1
    assert profiles.cores() >= 1


@pytest.mark.slow
def test_workers_stay_until_something_fails_or_other_data_are_asked_for(monkeypatch, tmp_path):
    def processes():
        with profiles.workers("cpu", 2) as executor:
            return {executor.submit(os.getpid).result() for _ in range(4)}

    first = processes()
    assert processes() & first
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path))
    other = processes()
    assert not other & first
    with pytest.raises(KeyboardInterrupt), profiles.workers("cpu", 2):
        raise KeyboardInterrupt
    assert not processes() & other
    monkeypatch.undo()
    profiles._let_go()


@pytest.mark.slow
def test_workers_end_in_the_middle_of_a_run_where_something_fails():
    def fail():
        with profiles.workers("cpu", 2) as executor:
            seen.append(executor.submit(os.getpid).result())
            seen.extend(executor.submit(time.sleep, 60) for _ in range(9))
            time.sleep(0.2)
            raise KeyboardInterrupt

    seen = []
    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not _alive(seen[0])


@pytest.mark.slow
def test_ctrl_c_does_not_reach_the_workers():
    with profiles.workers("cpu", 2) as executor:
        worker = executor.submit(os.getpid).result()
        os.kill(worker, signal.SIGINT)
        assert {executor.submit(os.getpid).result() for _ in range(9)} >= {worker}
    profiles._let_go()


@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed():
    code = (
        "import os, time\nfrom mtlcore import profiles\n"
        "if __name__ == '__main__':\n"
        "    with profiles.workers('cpu', 2) as executor:\n"
        "        print(executor.submit(os.getpid).result(), flush=True)\n"
        "        time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=ENV)
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while _alive(worker):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")  # one that has ended and was not waited for answers, too
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_processes_are_the_cores_unless_fewer_are_asked_for(monkeypatch):
    monkeypatch.setenv("MTLCORE_WORKERS", "3")
    assert profiles.processes() == 3
    for asked in ("abc", "2.5", "-1"):
        monkeypatch.setenv("MTLCORE_WORKERS", asked)
        with pytest.raises(ValueError, match=f"variable MTLCORE_WORKERS is '{asked}'; it takes a whole number of proc"):
            profiles.processes()
    monkeypatch.delenv("MTLCORE_WORKERS")
    assert profiles.processes() == profiles.cores()


def test_places_follow_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("MTLCORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MTLCORE_DATA", "~/digits")
    assert paths.runs_dir() == tmp_path / "runs"
    assert paths.data_root().is_absolute()
    monkeypatch.delenv("MTLCORE_RUNS")
    monkeypatch.delenv("MTLCORE_DATA")
    assert paths.runs_dir() == paths.BUILD / "runs" / paths.code_hash()
    assert paths.data_root() == paths.ROOT / "data" / "raw"


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    file = tmp_path / "folder" / "run.pt"
    paths.replace_whole(file, lambda partial: partial.write_text("old"))

    def fail(partial):
        partial.write_text("ne")
        raise OSError("No space left on device\nmore")

    with pytest.raises(
        OSError, match=r"cannot write .*run.pt \(No space left on device\); free some space, or see that"
    ):
        paths.replace_whole(file, fail)
    assert file.read_text() == "old"
    assert list(file.parent.iterdir()) == [file]
    with pytest.raises(
        OSError, match=r"cannot write .*x.pt \(.*\); .* see that .*/run.pt can be written, and run again"
    ):
        paths.replace_whole(file / "x.pt", lambda partial: partial.write_text("new"))


def test_code_hash_changes_with_the_code(tmp_path):
    package = tmp_path / "mtlcore"
    package.mkdir()
    (package / "paths.py").write_bytes((paths.ROOT / "mtlcore" / "paths.py").read_bytes())
    (package / "__init__.py").touch()

    def code_hash():
        command = [sys.executable, "-B", "-c", "from mtlcore import paths; print(paths.code_hash())"]
        return subprocess.run(
            command, env={**ENV, "PYTHONPATH": str(tmp_path)}, cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout

    before = code_hash()
    assert code_hash() == before
    (package / "more.py").write_text("x = 1\n")
    assert code_hash() != before
