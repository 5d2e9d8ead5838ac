"""Pages are executed when something has changed, and a failure harms nothing."""

from __future__ import annotations

import json
import subprocess
import sys

import nbformat
import pytest

from mtlcore import profiles
from mtlcore.parameters import ParameterError
from mtlcore.paths import ROOT
from tests.tools.conftest import edit, small_book
from tools import execute as execute_module
from tools import notebooks, options
from tools.execute import ExecutionError, execute
from tools.key import data_state, page_key, shared_key
from tools.pages import executable_pages
from tools.plan import folder_of

SMOKE = {"profile": "smoke"}


@pytest.fixture(scope="module")
def executed(tmp_path_factory, still):
    """A small book that has been executed once; tests that change it change it back."""
    places = small_book(tmp_path_factory.mktemp("executed"))
    report = execute(places, SMOKE, jobs=2)
    assert report.executed == ["chapters/one", "index"]
    return places


def outputs(path):
    cells = nbformat.read(path, as_version=4).cells
    return [output.text for cell in cells for output in cell.get("outputs", []) if output.output_type == "stream"]


def test_parameters_arrive_and_the_second_time_nothing_runs(executed):
    path = executed.notebooks / "smoke/chapters/one.ipynb"
    assert outputs(path) == ["seeds 3\n"]
    made = nbformat.read(path, as_version=4)
    assert made.metadata.papermill == {"parameters": {"profile": "smoke"}}
    again = execute(executed, SMOKE)
    assert (again.executed, again.kept) == ([], ["chapters/one", "index"])


def test_statistics_are_kept_beside_the_notebook(executed):
    stats = json.loads((executed.notebooks / "smoke/chapters/one.stats.json").read_text())
    assert stats["parameters"] == {"profile": "smoke", "seeds": 3}
    assert stats["seconds"] > 0
    assert stats["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert "cpu" in stats["device"]


def test_execution_again_gives_the_same_bytes(executed):
    paths = [executed.notebooks / f"smoke/{name}.ipynb" for name in ("chapters/one", "index")]
    before = [path.read_bytes() for path in paths]
    for path in paths:
        path.unlink()
    assert execute(executed, SMOKE, jobs=2).executed == ["chapters/one", "index"]
    assert [path.read_bytes() for path in paths] == before


def test_other_parameters_go_to_a_folder_of_their_own(executed):
    kept = (executed.notebooks / "smoke/chapters/one.ipynb").read_bytes()
    report = execute(executed, SMOKE | {"seeds": "7"}, only=["one"])
    assert report.folder == executed.notebooks / "custom"
    assert report.executed == ["chapters/one"]
    assert outputs(report.folder / "chapters/one.ipynb") == ["seeds 7\n"]
    assert (executed.notebooks / "smoke/chapters/one.ipynb").read_bytes() == kept


def test_a_failure_keeps_the_good_notebook_and_says_the_cells_own_error(executed, capsys):
    path = executed.notebooks / "smoke/chapters/one.ipynb"
    kept = path.read_bytes()
    edit(executed, "chapters/one", 'print("seeds", seeds)', "wanted = seeds\n1 / (wanted - wanted)")
    try:
        with pytest.raises(ExecutionError) as caught:
            execute(executed, SMOKE)
        message = str(caught.value)
        assert "chapters/one, code cell 3: ZeroDivisionError: division by zero" in message
        assert "1 / (wanted - wanted)" in message
        draft = executed.drafts / "smoke/chapters/one.ipynb"
        assert str(draft) in message
        assert draft.is_file()
        assert path.read_bytes() == kept
        progress = capsys.readouterr().out
        assert "chapters/one: FAILED" in progress
        assert "index" not in progress  # it gathers from the chapters, so it waits for a good one
    finally:
        edit(executed, "chapters/one", "wanted = seeds\n1 / (wanted - wanted)", 'print("seeds", seeds)')
    assert execute(executed, SMOKE).executed == []


def test_a_killed_kernel_is_said_with_the_page_and_the_cell(executed):
    edit(executed, "chapters/one", 'print("seeds", seeds)', "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    try:
        with pytest.raises(ExecutionError, match="chapters/one, code cell 3: DeadKernelError: Kernel died"):
            execute(executed, SMOKE, only=["one"])
    finally:
        edit(
            executed, "chapters/one", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", 'print("seeds", seeds)'
        )


def test_a_page_whose_code_changed_while_it_ran_is_not_trusted(executed, monkeypatch, capsys):
    states = iter(["before", "after", "after"])
    monkeypatch.setattr(execute_module, "shared_key", lambda places: next(states))
    assert execute(executed, SMOKE, only=["index"]).executed == ["index"]
    assert "will be executed again next time" in capsys.readouterr().out
    monkeypatch.undo()
    assert not (executed.notebooks / "smoke/index.key").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sedes": "3"}, "no parameter 'sedes'; did you mean 'seeds'"),
        ({"seeds": "many"}, "chapters/one: parameter 'seeds' cannot be 'many'; permitted: int, 1..100"),
        ({"seeds": "0"}, "'seeds' cannot be '0'"),
        ({"profile": "tiny"}, "permitted: smoke . lab . desk . full"),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_runs(places, given, message):
    with pytest.raises(ParameterError, match=message):
        execute(places, SMOKE | given)
    assert not places.build.exists()


def test_an_unknown_page_is_refused(places):
    with pytest.raises(ParameterError, match="no page 'two'; the pages with code are: chapters/one, index"):
        execute(places, SMOKE, only=["two"])


@pytest.mark.slow
def test_plain_papermill_is_refused_in_the_first_cell(places):
    source = str(notebooks.write_all(places)[0])

    def papermill(*options):
        command = [sys.executable, "-m", "papermill", "--no-progress-bar", source, str(places.root / "out.ipynb")]
        return subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)

    wrong = papermill("-p", "sedes", "3")
    assert wrong.returncode != 0
    assert "there is no parameter 'sedes'; did you mean 'seeds'?" in wrong.stderr
    assert outputs(places.root / "out.ipynb") == []
    right = papermill("-p", "profile", "smoke", "-p", "seeds", "5")
    assert right.returncode == 0, right.stderr
    assert outputs(places.root / "out.ipynb") == ["seeds 5\n"]


def test_the_key_covers_what_outputs_follow_from(places, monkeypatch, tmp_path):
    chapter, index = executable_pages(places)
    shared = shared_key(places)
    keys = {
        page_key(chapter, {}, shared),
        page_key(chapter, {"seeds": 5}, shared),
        page_key(index, {}, shared),
        page_key(index, {}, shared, before=["another key"]),
    }
    assert len(keys) == 4
    changed = {shared}
    for name in ("data/papers/one.yaml", "data/results/one.jsonl"):
        (places.root / name).parent.mkdir(parents=True)
        (places.root / name).write_text("x: 1\n")
        changed.add(shared_key(places))
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path / "real"))
    (tmp_path / "real/mnist").mkdir(parents=True)
    (tmp_path / "real/mnist/train").write_bytes(b"12")
    changed.add(shared_key(places))
    (tmp_path / "real/mnist/train").write_bytes(b"123")
    changed.add(shared_key(places))
    assert len(changed) == 5
    assert shared_key(places) in changed


def test_a_missing_data_root_has_a_state_too(tmp_path):
    assert list(data_state(tmp_path / "absent")) == []


def test_folders_and_profiles(places):
    assert folder_of(places, {"profile": "lab"}) == places.notebooks / "lab"
    assert folder_of(places, {"profile": "lab", "seeds": 5}) == places.notebooks / "custom"
    assert options.PROFILES == profiles.PROFILES
    assert options.merged("lab", [("profile", "smoke"), ("seeds", "5")]) == {"profile": "smoke", "seeds": "5"}
