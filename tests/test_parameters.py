"""Parameters are declared once, read by one parser, and checked before anything runs."""

from __future__ import annotations

import jupytext
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtlcore import parameters
from mtlcore.parameters import ParameterError

CELL = """\
profile: str = "lab"  # smoke | lab | desk | full; how far the study is scaled
seeds: int = 3  # 1..100
rate: float = 1e-3  # 0..1; step size
flip: bool = True  # mirror the images
epochs: int | None = None  # 1..500; none takes the profile's
note: str = ""  # any words; for the log; cost: a line
width: int = 32  # 16 | 32 | 64
"""
DECLARED = parameters.declared(CELL)
PAGE = """\
---
kernelspec: {name: python3, display_name: Python 3}
---
# A page

```{code-cell} ipython3
:tags: [parameters, hide-input]

profile: str = "lab"  # smoke | lab | desk | full
seeds: int = 3  # 1..100
```

```{code-cell} ipython3
print("after")
```
"""


@pytest.fixture
def page(tmp_path, monkeypatch):
    (tmp_path / "demo.md").write_text(PAGE)
    monkeypatch.setattr(parameters, "BOOK", tmp_path)
    return "demo"


def test_declared_reads_type_default_domain_and_meaning():
    assert list(DECLARED) == ["profile", "seeds", "rate", "flip", "epochs", "note", "width"]
    profile = DECLARED["profile"]
    assert (profile.type, profile.default, profile.choices) == (str, "lab", ("smoke", "lab", "desk", "full"))
    assert profile.meaning == "how far the study is scaled"
    assert (DECLARED["seeds"].low, DECLARED["seeds"].high, DECLARED["seeds"].meaning) == (1, 100, "")
    assert (DECLARED["rate"].type, DECLARED["rate"].default) == (float, 1e-3)
    assert DECLARED["flip"].meaning == "mirror the images"
    assert DECLARED["epochs"].optional
    assert DECLARED["epochs"].default is None
    assert DECLARED["note"].meaning == "any words; for the log"
    assert DECLARED["note"].choices is None
    assert DECLARED["note"].cost == "a line"
    assert DECLARED["profile"].cost == ""
    assert DECLARED["width"].choices == (16, 32, 64)


@pytest.mark.parametrize(
    ("name", "permitted"),
    [
        ("profile", "smoke | lab | desk | full"),
        ("seeds", "int, 1..100"),
        ("flip", "true | false"),
        ("note", "text"),
        ("epochs", "int, 1..500, or none"),
    ],
)
def test_permitted_is_said_in_words(name, permitted):
    assert DECLARED[name].permitted == permitted


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("seeds = 3  # 1..100", "'seeds = 3' is no parameter"),
        ("seeds: int", "'seeds: int' is no parameter"),
        ("print('x')", "is no parameter"),
        ("seeds: complex = 3", "has the type 'complex'; known: str, int, float, bool"),
        ("seeds: int | str = 3", "has the type 'int | str'"),
        ("seeds: int = 0  # 1..100", "'seeds' cannot be 0; permitted: int, 1..100"),
        ("seeds: int = 1 + 1", "the default of parameter 'seeds' is not a plain value"),
        ('seeds: int = "3"', "the default of parameter 'seeds' is not of its type, int"),
        ("a: int = 1\na: int = 2", "'a' is declared twice"),
    ],
)
def test_a_wrong_declaration_is_refused(source, message):
    with pytest.raises(ParameterError, match=message.replace("|", r"\|")):
        parameters.declared(source)


@pytest.mark.parametrize(
    ("name", "given_value", "value"),
    [
        ("seeds", "5", 5),
        ("seeds", 5.0, 5),
        ("rate", "1e-3", 1e-3),  # YAML 1.1 takes 1e-3 for text
        ("rate", 1, 1.0),
        ("flip", "False", False),
        ("epochs", "none", None),
        ("width", "64", 64),
        ("profile", "smoke", "smoke"),
    ],
)
def test_validate_casts_to_the_type(name, given_value, value):
    result = parameters.validate(DECLARED, {name: given_value})[name]
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seeds", 0),
        ("seeds", 101),
        ("seeds", 2.5),
        ("seeds", True),
        ("seeds", "many"),
        ("seeds", None),
        ("rate", "nan"),
        ("rate", float("nan")),
        ("rate", False),
        ("flip", "yes"),
        ("flip", 1),
        ("profile", "Lab"),
        ("profile", 3),
        ("width", 48),
    ],
)
def test_validate_refuses_and_names_what_is_permitted(name, value):
    with pytest.raises(ParameterError, match=f"parameter '{name}' cannot be .*; permitted: ") as caught:
        parameters.validate(DECLARED, {name: value})
    assert DECLARED[name].permitted in str(caught.value)


def test_an_unknown_name_is_answered_with_the_nearest_and_all():
    with pytest.raises(ParameterError, match=r"no parameter 'sedes'; did you mean 'seeds'.*profile, seeds, rate"):
        parameters.validate(DECLARED, {"sedes": 3})
    with pytest.raises(ParameterError, match=r"no parameter 'zzzz'\. The parameters are: profile"):
        parameters.validate(DECLARED, {"zzzz": 3})
    with pytest.raises(ParameterError, match="The parameters are: none"):
        parameters.validate({}, {"seeds": 3})


@given(low=st.integers(-1000, 1000), span=st.integers(0, 1000), value=st.integers(-3000, 3000))
def test_a_range_permits_exactly_what_lies_in_it(low, span, value):
    declarations = parameters.declared(f"n: int = {low}  # {low}..{low + span}")
    if low <= value <= low + span:
        assert parameters.validate(declarations, {"n": str(value)}) == {"n": value}
    else:
        with pytest.raises(ParameterError, match="permitted"):
            parameters.validate(declarations, {"n": value})


def test_the_cell_is_found_as_jupytext_finds_it():
    cells = jupytext.reads(PAGE, fmt="md:myst").cells
    tagged = [cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    assert tagged == [parameters.cell_of(PAGE)]
    header = "```{code-cell}\n---\ntags: [parameters]\n---\nseeds: int = 3\n```\n"
    assert parameters.cell_of(header) == "seeds: int = 3"
    assert parameters.cell_of("# only prose\n") is None


def test_two_parameters_cells_are_refused():
    with pytest.raises(ParameterError, match="one parameters cell, this one has 2"):
        parameters.cell_of(PAGE + PAGE)


def test_check_accepts_and_casts_in_place(page):
    namespace = {"profile": "smoke", "seeds": "7", "parameters": parameters, "__name__": "__main__"}
    parameters.check(page, namespace)
    assert (namespace["profile"], namespace["seeds"]) == ("smoke", 7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sedes": 3}, "no parameter 'sedes'; did you mean 'seeds'"),
        ({"seeds": 0}, "parameter 'seeds' cannot be 0"),
        ({"profile": "tiny"}, "permitted: smoke . lab . desk . full"),
    ],
)
def test_check_refuses(page, change, message):
    with pytest.raises(ParameterError, match=message):
        parameters.check(page, {"profile": "lab", "seeds": 3} | change)


def test_check_says_what_is_missing(page):
    with pytest.raises(ParameterError, match="'seeds' is missing"):
        parameters.check(page, {"profile": "lab"})
    with pytest.raises(ParameterError, match="there is no page 'other'"):
        parameters.check("other", {})


def test_in_a_notebook_only_the_injected_cell_counts(page):
    """A page run again in one kernel holds its own results; they are no unknown parameters."""
    notebook = {"get_ipython": None, "profile": "lab", "seeds": 3, "Out": {}, "results": [1, 2]}
    history = ["", "results = [1, 2]"]
    parameters.check(page, notebook | {"In": history})
    parameters.check(page, notebook | {"In": [*history, '# Parameters\nseeds = 3\nprofile = "lab"\n']})
    with pytest.raises(ParameterError, match="did you mean 'seeds'"):
        parameters.check(page, notebook | {"In": [*history, "# Parameters\nsedes = 3\n"]})


def test_an_error_in_a_page_names_the_page(page, tmp_path):
    (tmp_path / "demo.md").write_text(PAGE.replace("= 3", "= 300"))
    with pytest.raises(ParameterError, match=r"demo\.md: parameter 'seeds' cannot be 300"):
        parameters.of_page(page)
