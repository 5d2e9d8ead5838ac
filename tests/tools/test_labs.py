"""Every lab: its solution passes every check, a blank fails each, and the editions differ in the blanks alone."""

from __future__ import annotations

import contextlib
import io
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from nbformat import v4

from mtlcore import labs as questions
from mtlcore.labs import checking
from tools import labs, notebook
from tools.pages import executable_pages
from tools.places import Places

PAGES = {page.name: page for page in labs.labs(Places())}


@pytest.fixture(autouse=True)
def no_window():
    mpl.use("agg")
    with mpl.rc_context():
        yield
    plt.close("all")


def written(name):
    return notebook.as_written(PAGES[name])


def code(lab):
    return [cell for cell in lab.cells if cell.cell_type == "code"]


def run(sources):
    """What cells print, and the error that stops them, if one does."""
    namespace, told = {"__name__": "__main__"}, io.StringIO()
    with contextlib.redirect_stdout(told):
        for source in sources:
            try:
                exec(compile(source, "lab", "exec"), namespace)
            except Exception as error:
                return told.getvalue(), error
    return told.getvalue(), None


def test_there_are_labs_and_every_question_is_asked_once():
    asked = [question for name in PAGES for question, _ in labs.marks(written(name))]
    assert asked
    assert sorted(asked) == sorted(questions.QUESTIONS)
    for name in PAGES:
        for question, points in labs.marks(written(name)):
            assert questions.QUESTIONS[question].points == points, question


@pytest.mark.parametrize("name", PAGES)
def test_the_solution_passes_every_check(name):
    lab = written(name)
    told, error = run(cell.source for cell in code(labs.for_teacher(lab)))
    assert error is None, error
    assert re.findall(r"✓ ([\w-]+): right", told) == [question for question, _ in labs.marks(lab)]


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_blank_fails_its_check(name):
    cells = code(written(name))
    solved = [labs.solved(cell.source) for cell in cells]
    for position, cell in enumerate(cells):
        if labs.POINTS.search(" ".join(cell.metadata["tags"])) is None:
            continue
        blank = max(n for n, other in enumerate(cells[:position]) if labs.BEGIN in other.source)
        sources = [*solved[: position + 1]]
        sources[blank] = labs.blanked(cells[blank].source)
        told, error = run(sources)
        assert isinstance(error, questions.NotYet | NotImplementedError), (cell.source, error)
        assert f"✓ {labs._question(cell)}:" not in told


@pytest.mark.parametrize("name", PAGES)
def test_the_student_gets_everything_but_the_solutions(name):
    lab = written(name)
    student, teacher = labs.for_student(lab), labs.for_teacher(lab)
    assert not any(mark in cell.source for cell in student.cells for mark in (labs.BEGIN, labs.END, "For the teacher"))
    assert any("For the teacher" in cell.source for cell in teacher.cells)
    blanks = 0
    for original, mine in zip(code(lab), code(student), strict=True):
        outside = [line for line in labs.SOLUTION.sub("", original.source).splitlines() if line.strip()]
        kept = [line for line in mine.source.splitlines() if line.strip() and line.strip() not in labs.BLANK]
        assert kept == outside
        blanks += mine.source.count(labs.BLANK[1])
    assert blanks == sum(cell.source.count(labs.BEGIN) for cell in code(lab))
    assert "Marking scheme" in teacher.cells[-1].source


@pytest.mark.parametrize("name", PAGES)
def test_tasks_fit_a_narrow_page(name):
    for cell in code(written(name)):
        if labs.BEGIN in cell.source or labs.POINTS.search(" ".join(cell.metadata["tags"])):
            assert max(map(len, cell.source.splitlines())) <= 76, cell.source


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_has_a_name_a_caption_and_words_for_who_cannot_see_it(name):
    pictures = [cell for cell in code(written(name)) if "plt.show()" in cell.source]
    assert pictures
    for cell in pictures:
        told = cell.metadata["mystnb"]
        assert told["figure"]["name"].startswith("fig-lab-")
        assert told["figure"]["caption"].endswith(".")
        assert told["image"]["alt"].endswith(".")


@pytest.mark.parametrize("name", PAGES)
def test_a_lab_says_how_long_it_takes_and_the_teachers_page_repeats_it(name):
    label = re.search(r"^\((lab-\w+)\)=$", PAGES[name].text, re.MULTILINE)[1]
    minutes = re.search(r"^\*(\d+) minutes\.", PAGES[name].text, re.MULTILINE)[1]
    points = sum(points for _, points in labs.marks(written(name)))
    assert 45 <= int(minutes) <= 90
    page = (Places().book / "labs" / "teaching.md").read_text(encoding="utf-8")
    assert f"| {{ref}}`{label}` | {minutes} | {points} |" in page


@pytest.mark.parametrize("name", PAGES)
def test_the_page_shows_the_task_and_folds_the_solution(name):
    page = notebook.from_page(PAGES[name])
    solutions = [n for n, cell in enumerate(page.cells) if "A solution" in str(cell.metadata.get("mystnb"))]
    assert solutions
    for position in solutions:
        assert "hide-input" in page.cells[position].metadata["tags"]
        assert labs.BLANK[0] in page.cells[position - 1].source
    assert not any("For the teacher" in cell.source or labs.BEGIN in cell.source for cell in page.cells)


def test_editions_are_written_and_speak_plain_markdown(tmp_path, monkeypatch):
    places = Places()
    monkeypatch.setattr(Places, "build", tmp_path)
    paths = labs.write_all(places)
    assert len(paths) == len(labs.EDITIONS) * len(PAGES)
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\{(ref|cite|cite:t|numref|math)\}", text), path
        if "nbgrader" in path.parts:
            assert path.parent.name == path.stem
            assert labs.BEGIN in text


def test_labs_are_pages_of_the_book():
    assert set(PAGES) <= {page.name for page in executable_pages(Places())}


def lab_of(*cells):
    made = v4.new_notebook()
    made.cells = [v4.new_code_cell(source, metadata={"tags": list(tags)}) for source, *tags in cells]
    return made


def test_an_unclosed_solution_and_a_check_without_a_question_are_refused():
    with pytest.raises(labs.LabError, match="come in pairs"):
        labs.for_book(lab_of(("### BEGIN SOLUTION\nx = 1",)))
    with pytest.raises(labs.LabError, match=r"asks nothing: give it labs\.check"):
        list(labs.marks(lab_of(("print(1)", "points-1"))))


def test_check_names_unknown_questions_and_tells_what_an_answer_raises():
    with pytest.raises(ValueError, match=r"no question 'angels-1'; did you mean 'angles-1'\?"):
        questions.check("angels-1", None)
    with pytest.raises(questions.NotYet, match="angles-1: your answer raises TypeError: 'int' object is not callable"):
        questions.check("angles-1", 3)
    shown = questions.NotYet("angles-1: too small")._render_traceback_()
    assert shown == ["✗ angles-1: too small"]


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (None, "is None: is something returned, or put into the variable"),
        ("90", "should be a number or a tensor, and is str"),
        ([90.0], "has the shape (1,); it should have ()"),
        (float("nan"), "not finite where it should be"),
        (91.0, "too large"),
        (89.0, "too small"),
        (90.0, None),
    ],
)
def test_hints_say_what_is_wrong_and_not_the_answer(answer, hint):
    found = checking.apart(answer, 90.0)
    assert (hint is None) == (found is None)
    if hint:
        assert hint in found
        assert "90" not in found
