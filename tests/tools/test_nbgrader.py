"""Lab 1 through nbgrader itself: it hands out our student's notebook and gives the points that it should."""

from __future__ import annotations

import csv
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from mtlcore.paths import ROOT
from tools import labs, notebook
from tools.places import Places

LAB = "1_angles"
WRONG = {"angle": "return first @ second", "largest": "largest = 180"}  # by the cell that it stands in
LOST = {"angles-1", "angles-5"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("nbgrader") is None, reason="nbgrader is not installed: pip install -e '.[teach]'"
    ),
]


def written():
    page = next(page for page in labs.labs(Places()) if page.name == f"labs/{LAB}")
    return notebook.as_written(page)


def points():
    return dict(labs.marks(written()))


def nbgrader(course, *arguments):
    """Run a command as a teacher would, in the folder of the course."""
    programs = str(Path(sys.executable).parent)  # nbgrader calls alembic by its name
    environment = os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "JUPYTER_CONFIG_DIR": str(course / "settings"),
        "JUPYTER_DATA_DIR": str(course / "data"),
    }
    command = [sys.executable, "-m", "nbgrader", *arguments]
    run = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    return run.stdout + run.stderr


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course of which lab 1 is released."""
    with pytest.MonkeyPatch.context() as patch:
        build = tmp_path_factory.mktemp("build")
        patch.setattr(Places, "build", build)
        labs.write_all(Places())
    folder = build / "labs" / "nbgrader"
    nbgrader(folder, "generate_assignment", LAB, "--create")
    return folder


def released(course):
    return nbformat.read(course / "release" / LAB / f"{LAB}.ipynb", as_version=4)


def filled(course, wrong=()):
    """A submission: every blank filled with the solution, or with a mistake."""
    return filled_in(released(course), wrong)


def filled_in(made, wrong=()):
    sources = [labs.solved(cell.source) for cell in labs.for_nbgrader(written()).cells]
    for cell, source in zip(made.cells, sources, strict=True):
        if labs.BLANK[1] in cell.source:
            name = next((name for name in wrong if f"def {name}(" in source or f"{name} = " in source), None)
            cell.source = source if name is None else mistaken(cell.source, wrong[name])
    return made


def mistaken(blank, line):
    return blank.replace(labs.BLANK[0], "# mine").replace(labs.BLANK[1], line)


def tampered(course):
    """Nothing but the checks changed, so that each of them passes."""
    made = released(course)
    for cell in made.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = "pass"
    return made


@pytest.fixture(scope="module")
def grades(course):
    """Points by student."""
    submissions = {
        "right": filled(course),
        "empty": released(course),
        "wrong": filled(course, WRONG),
        "tampered": tampered(course),
        "student": filled_in(labs.for_student(written())),
    }
    for student, made in submissions.items():
        folder = course / "submitted" / student / LAB
        folder.mkdir(parents=True)
        nbformat.write(made, folder / f"{LAB}.ipynb")
    nbgrader(course, "autograde", LAB, "--create")
    nbgrader(course, "export", "--to=grades.csv")
    with (course / "grades.csv").open(encoding="utf-8") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def test_the_release_is_our_students_notebook_cell_by_cell(course):
    ours, theirs = labs.for_student(written()), released(course)
    assert [(cell.cell_type, cell.source) for cell in theirs.cells] == [
        (cell.cell_type, cell.source) for cell in ours.cells
    ]
    assert not any(cell.get("outputs") for cell in theirs.cells)


def test_checks_and_given_cells_are_locked_and_tasks_are_not(course):
    for cell in released(course).cells:
        if cell.cell_type == "code":
            assert cell.metadata["nbgrader"]["locked"] is (labs.BLANK[1] not in cell.source)
            assert cell.metadata.get("editable", True) is (labs.BLANK[1] in cell.source)


def test_points_are_those_of_the_marking_scheme(grades):
    total = sum(points().values())
    assert {float(row["max_score"]) for row in grades.values()} == {total}
    assert float(grades["right"]["score"]) == total
    assert float(grades["empty"]["score"]) == 0
    assert float(grades["wrong"]["score"]) == total - sum(points()[question] for question in LOST)


def test_the_students_edition_is_graded_as_the_release_is(grades):
    assert float(grades["student"]["score"]) == sum(points().values())


def test_a_check_that_was_changed_is_put_back(grades):
    assert float(grades["tampered"]["score"]) == 0
