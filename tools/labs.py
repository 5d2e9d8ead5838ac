"""The editions of the labs: `python -m tools.labs` writes the student's, the teacher's and nbgrader's, or those named.

A lab is one page of text in book/labs. Its solutions stand between nbgrader's markers, which are plain comments; a cell
tagged `check` and `points-N` asks for a verdict; a text cell tagged `teacher` is for the teacher alone. From it come

- the page of the book: what is to be written, with the solution folded away (`for_book`);
- the student's notebook: blanks, and checks that answer at once (`for_student`);
- the teacher's edition: solutions, timing, common mistakes, marking scheme (`for_teacher`);
- the source of an nbgrader assignment (`for_nbgrader`).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
from nbformat import NotebookNode, v4

from tools import notebook, plain
from tools.pages import Page, all_pages
from tools.places import Places

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
BLANK = ("# YOUR CODE HERE", "raise NotImplementedError()")  # as nbgrader leaves it
SOLUTION = re.compile(rf"^([ \t]*){BEGIN}\n.*?^[ \t]*{END}[^\n]*$", re.MULTILINE | re.DOTALL)
STUB = re.compile(r"\w+ = \.\.\.")  # what a variable holds until a student gives it a value
POINTS = re.compile(r"points-(\d+)")
EDITIONS = ("student", "teacher", "nbgrader")
HOW = f"Go from top to bottom and write where a cell says *{BLANK[0][2:]}*; what comes after an empty answer may fail."
SETTINGS = """c = get_config()
c.CourseDirectory.course_id = "less-network-more-tasks"
"""


class LabError(ValueError):
    """A lab that cannot be made into its editions; the message names the lab and the cell."""


def labs(places: Places) -> list[Page]:
    """The labs, in their order."""
    return [page for page in all_pages(places) if page.name.startswith("labs/") and page.code_cells]


def blanked(source: str) -> str:
    r"""A cell with its solutions taken out.

    >>> print(blanked("def twice(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"))
    def twice(x):
        # YOUR CODE HERE
        raise NotImplementedError()
    """
    return SOLUTION.sub(lambda found: "\n".join(found[1] + line for line in BLANK), source)


def solved(source: str) -> str:
    """A cell with its solutions, without the markers and without what stands for an answer."""
    unwanted = (line for line in source.splitlines() if line.strip() not in (BEGIN, END))
    return "\n".join(line for line in unwanted if not STUB.fullmatch(line))


def for_book(lab: NotebookNode) -> NotebookNode:
    """The page: each task as the student meets it, then the solution behind a click; nothing for the teacher."""
    made = _without_teacher(lab)
    cells = []
    for cell in made.cells:
        if _has_solution(cell):
            cells.append(v4.new_markdown_cell(f"```python\n{blanked(cell.source)}\n```", metadata={"tags": ["task"]}))
            cell.source = solved(cell.source)
            cell.metadata["tags"] = [*cell.metadata["tags"], "hide-input"]
            cell.metadata["mystnb"] = {"code_prompt_show": "A solution", "code_prompt_hide": "Hide the solution"}
        cells.append(cell)
    made.cells = cells
    return notebook.with_stable_ids(made)


def for_student(lab: NotebookNode) -> NotebookNode:
    """The notebook to hand out: blanks instead of solutions, nothing for the teacher; nbgrader grades it as its own."""
    made = for_nbgrader(lab)
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.source = blanked(cell.source)
            cell.metadata.update({"deletable": False, "editable": not cell.metadata["nbgrader"]["locked"]})
    return made


def for_teacher(lab: NotebookNode) -> NotebookNode:
    """Everything, with a marking scheme at the end."""
    made = copy.deepcopy(lab)
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.source = solved(cell.source)
    rows = [f"| `{name}` | {points} |" for name, points in marks(lab)]
    total = sum(points for _, points in marks(lab))
    scheme = ["## Marking scheme", "", "| question | points |", "| :--- | ---: |", *rows, f"| all | {total} |"]
    made.cells.append(v4.new_markdown_cell("\n".join(scheme), metadata={"tags": ["teacher"]}))
    return notebook.with_stable_ids(_plain(made))


def for_nbgrader(lab: NotebookNode) -> NotebookNode:
    """The source of an assignment: cells with solutions and checks carry nbgrader's metadata."""
    made = _plain(_without_teacher(lab))
    title = next(cell for cell in made.cells if cell.cell_type == "markdown")
    title.source += f"\n\n{HOW}"
    for number, cell in enumerate(made.cells):
        if cell.cell_type != "code":
            continue
        points = _points(cell)
        if _has_solution(cell):
            cell.metadata["nbgrader"] = _grading(f"task-{number}", solution=True)
        elif points is not None:
            cell.metadata["nbgrader"] = _grading(_question(cell), points=points)
        else:
            cell.metadata["nbgrader"] = _grading(f"given-{number}", locked=True)
    return notebook.with_stable_ids(made)


def _grading(
    name: str, *, solution: bool = False, points: int | None = None, locked: bool = False
) -> dict[str, object]:
    found: dict[str, object] = {
        **{"grade": points is not None, "grade_id": name, "locked": locked or points is not None},
        **{"schema_version": 3, "solution": solution, "task": False},
    }
    return found | ({"points": points} if points is not None else {})


def marks(lab: NotebookNode) -> Iterator[tuple[str, int]]:
    """Each question of a lab and its points."""
    for cell in lab.cells:
        points = _points(cell)
        if points is not None:
            yield _question(cell), points


def _points(cell: NotebookNode) -> int | None:
    found = [POINTS.fullmatch(tag) for tag in cell.metadata.get("tags", [])]
    return next((int(match[1]) for match in found if match), None)


def _question(cell: NotebookNode) -> str:
    found = re.search(r'check\(\s*"([\w-]+)"', cell.source)
    if not found:
        raise LabError(f'a cell with points asks nothing: give it labs.check("<question>", answer)\n{cell.source}')
    return found[1]


def _has_solution(cell: NotebookNode) -> bool:
    if cell.cell_type != "code":
        return False
    if cell.source.count(BEGIN) != cell.source.count(END):
        raise LabError(f"a solution is not closed, or not begun: {BEGIN} and {END} come in pairs\n{cell.source}")
    return BEGIN in cell.source


def _without_teacher(lab: NotebookNode) -> NotebookNode:
    made = copy.deepcopy(lab)
    made.cells = [cell for cell in made.cells if "teacher" not in cell.metadata.get("tags", [])]
    return made


def _plain(lab: NotebookNode) -> NotebookNode:
    """Text cells as any notebook shows them: without what only the book resolves."""
    for cell in lab.cells:
        if cell.cell_type == "markdown":
            cell.source = plain.text(cell.source, Places().book)
    return lab


WRITERS: dict[str, Callable[[NotebookNode], NotebookNode]] = {
    "student": for_student,
    "teacher": for_teacher,
    "nbgrader": for_nbgrader,
}


def write_all(places: Places, editions: Sequence[str] = EDITIONS) -> list[Path]:
    """Write editions of every lab below `_build/labs`; returns the paths of the notebooks."""
    written = []
    if "nbgrader" in editions:
        settings = places.build / "labs" / "nbgrader" / "nbgrader_config.py"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(SETTINGS, encoding="utf-8")
    for page in labs(places):
        lab = notebook.as_written(page)
        name = page.name.removeprefix("labs/")
        for edition in editions:
            # nbgrader wants a folder an assignment
            folder = places.build / "labs" / edition
            path = folder / "source" / name / f"{name}.ipynb" if edition == "nbgrader" else folder / f"{name}.ipynb"
            try:
                notebook.write(WRITERS[edition](lab), path)
            except LabError as error:
                raise LabError(f"{page.path.name}: {error}") from None
            written.append(path)
    return written


@click.command(help="Write the labs below _build/labs; without a name, all three editions.")
@click.argument("editions", nargs=-1, type=click.Choice(EDITIONS))
def main(editions: tuple[str, ...]) -> None:
    """Write the editions that are named and say where they are."""
    for path in write_all(Places(), editions or EDITIONS):
        click.echo(path)
    click.echo(
        f"To open them, and to grade: {Places().book / 'labs' / 'teaching.md'}, or the page For teachers of the site."
    )


if __name__ == "__main__":
    main()
