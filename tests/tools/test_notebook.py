"""A page becomes the same notebook each time."""

from __future__ import annotations

import nbformat
import pytest

from tools import notebook, notebooks
from tools.pages import Page, all_pages, executable_pages


def page_of(places, name="chapters/one"):
    return next(page for page in all_pages(places) if page.name == name)


def test_pages_are_found_and_known(places):
    assert [page.name for page in all_pages(places)] == ["appendix/status", "chapters/one", "index"]
    assert [page.name for page in executable_pages(places)] == ["chapters/one", "index"]
    page = page_of(places)
    assert list(page.parameters) == ["profile", "seeds"]
    assert page.title == "Chapter one"
    assert page.datasets == []
    assert page.code_cells == 6
    assert not page.gathers
    assert page_of(places, "index").gathers


def test_a_faulty_parameters_cell_names_the_page(places):
    path = places.book / "chapters/one.md"
    path.write_text(path.read_text().replace("seeds: int = 3", "seeds: int = 300"))
    with pytest.raises(ValueError, match=r"one\.md: parameter 'seeds' cannot be 300"):
        _ = page_of(places).parameters


def test_cell_ids_follow_from_the_cells(places):
    first, second = (notebook.from_page(page_of(places)) for _ in range(2))
    assert [cell.id for cell in first.cells] == [cell.id for cell in second.cells]
    assert len({cell.id for cell in first.cells}) == len(first.cells)
    nbformat.validate(first)


def test_repeated_cells_have_ids_of_their_own(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("# Page\n\n" + "```{code-cell}\nx = 1\n```\n\n" * 3)
    ids = [cell.id for cell in notebook.from_page(Page("page", path)).cells if cell.cell_type == "code"]
    assert ids == [ids[0], f"{ids[0]}-2", f"{ids[0]}-3"]


def test_a_change_in_one_cell_leaves_the_other_ids(places):
    before = [cell.id for cell in notebook.from_page(page_of(places)).cells]
    path = places.book / "chapters/one.md"
    path.write_text(path.read_text().replace('print("seeds", seeds)', "print(seeds)"))
    after = [cell.id for cell in notebook.from_page(page_of(places)).cells]
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


def test_cleaned_drops_what_differs_from_run_to_run(places):
    made = notebook.from_page(page_of(places))
    made.metadata["papermill"] = {"start_time": "now", "output_path": "somewhere"}
    made.cells.insert(2, nbformat.v4.new_code_cell("seeds = 5", metadata={"tags": ["injected-parameters"]}))
    for cell in made.cells:
        cell.metadata["papermill"] = {"duration": 1.0}
        cell.metadata["execution"] = {"iopub.status.busy": "now"}
    notebook.cleaned(made, {"seeds": 5})
    assert made.metadata["papermill"] == {"parameters": {"seeds": 5}}
    assert not any({"papermill", "execution"} & set(cell.metadata) for cell in made.cells)
    assert "hide-input" in made.cells[2].metadata["tags"]


def test_what_stands_before_the_first_result_is_folded_under_its_name(places):
    made = notebook.from_page(page_of(places))
    shown = nbformat.v4.new_output("stream", text="a result")
    made.cells = [
        nbformat.v4.new_code_cell("seeds = 3", metadata={"tags": ["parameters", "hide-input"]}),
        nbformat.v4.new_code_cell("seeds = 5", metadata={"tags": ["injected-parameters"]}),
        nbformat.v4.new_code_cell("import math", metadata={"tags": ["hide-input"]}),
        nbformat.v4.new_code_cell("open = 1", metadata={"tags": []}),
        nbformat.v4.new_code_cell("print(1)", metadata={"tags": ["hide-input"]}, outputs=[shown]),
        nbformat.v4.new_code_cell("import cmath", metadata={"tags": ["hide-input"]}),
    ]
    notebook.cleaned(made, {"seeds": 5})
    named = ["Parameters and their defaults", "The parameters of this run", "Set-up"]
    assert [cell.metadata.get("mystnb", {}).get("code_prompt_show") for cell in made.cells] == [
        *named,
        None,
        None,
        None,
    ]
    assert [notebook.PREAMBLE in cell.metadata["tags"] for cell in made.cells] == [True] * 3 + [False] * 3


def test_unexecuted_notebooks_are_written_for_all_pages_with_code(places):
    written = notebooks.write_all(places)
    names = [path.relative_to(places.notebooks).as_posix() for path in written]
    assert names == ["source/chapters/one.ipynb", "source/index.ipynb"]
    made = nbformat.read(written[0], as_version=4)
    assert not any(cell.get("outputs") for cell in made.cells)
    first = written[0].read_bytes()
    notebooks.write_all(places)
    assert written[0].read_bytes() == first
