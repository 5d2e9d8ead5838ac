"""The parameters of a page: read from its source, and every given value checked against them.

A page declares its parameters once, in its cell tagged `parameters`, one line each:

    profile: str = "lab"  # smoke | lab | desk | full; how far the study is scaled
    seeds: int = 3  # 1..100; how many seeds; cost: in proportion

The comment is the domain: `a | b | c` an enumeration, `low..high` a range, and what follows a semicolon
its meaning; what follows `cost:` says what a larger value costs.
The annotation is the type: `str`, `int`, `float`, `bool`, or one of them `| None`.
The tools that execute the book, the page itself and the list of all parameters read the same lines.
"""

from __future__ import annotations

import ast
import difflib
import io
import re
import tokenize
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from mtlcore.paths import BOOK

TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
NUMBER = r"-?(?:\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|inf)"
RANGE = re.compile(rf"({NUMBER})\.\.({NUMBER})")
CODE_CELL = re.compile(r"^(`{3,})\{code-cell\}[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
YAML_BLOCK = re.compile(r"\A---\n(.*?)^---\n", re.MULTILINE | re.DOTALL)
COLON_BLOCK = re.compile(r"\A((?::[^\n]*\n)+)")
INJECTED = "# Parameters"  # the first line of the cell that papermill puts below the page's own


class ParameterError(ValueError):
    """A parameter that a page does not have, or a value that it does not permit."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a page: what it is called, what it may be and what it means."""

    name: str
    type: type
    default: Any
    optional: bool = False
    choices: tuple[Any, ...] | None = None
    low: float | None = None
    high: float | None = None
    meaning: str = ""
    cost: str = ""

    @property
    def permitted(self) -> str:
        """What it may be, in words: an enumeration, a range or its type."""
        if self.choices is not None:
            words = " | ".join(str(choice) for choice in self.choices)
        elif self.low is not None:
            words = f"{self.type.__name__}, {self.low:g}..{self.high:g}"
        else:
            words = {str: "text", bool: "true | false"}.get(self.type, self.type.__name__)
        return f"{words}, or none" if self.optional else words

    def cast(self, value: Any) -> Any:
        """The value in the parameter's type; text such as `3` or `1e-3` becomes the number that it spells.

        Raises ParameterError for a value of another type or outside what is permitted.
        """
        if self.optional and (value is None or value == "none"):
            return None
        try:
            result = CASTS[self.type](value)
        except (TypeError, ValueError):
            raise self._refusal(value) from None
        outside = self.low is not None and self.high is not None and not self.low <= result <= self.high
        if outside or (self.choices is not None and result not in self.choices):
            raise self._refusal(value)
        return result

    def _refusal(self, value: Any) -> ParameterError:
        return ParameterError(f"parameter {self.name!r} cannot be {value!r}; permitted: {self.permitted}")


def declared(source: str) -> dict[str, Parameter]:
    """The parameters that the source of a parameters cell declares, by name, in its order.

    Raises ParameterError for a line that is no typed declaration or whose default breaks its own domain.
    """
    comments = _comments(source)
    result = {}
    for node in ast.parse(source).body:
        parameter = _parameter(node, comments.get(node.end_lineno or node.lineno, ""))
        if parameter.name in result:
            raise ParameterError(f"parameter {parameter.name!r} is declared twice")
        result[parameter.name] = parameter
    return result


def validate(declarations: Mapping[str, Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """The given values in their parameters' types.

    Raises ParameterError for an unknown name, with the nearest valid one, and for a value not permitted.
    """
    for name in given:
        if name not in declarations:
            raise unknown(name, declarations)
    return {name: declarations[name].cast(value) for name, value in given.items()}


def unknown(name: str, valid: Iterable[str]) -> ParameterError:
    """The error for a name that is no parameter: the nearest valid name, and all of them."""
    names = list(valid)
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else "."
    known = ", ".join(names) or "none"
    return ParameterError(f"there is no parameter {name!r}{hint} The parameters are: {known}")


def cell_of(page_source: str) -> str | None:
    """The source of the one cell tagged `parameters` in a MyST page, or None where it has none.

    Raises ParameterError where it has several.
    """
    found = []
    for match in CODE_CELL.finditer(page_source):
        options, code = _split_options(match[2])
        if "parameters" in (options.get("tags") or []):
            found.append(code.strip("\n"))
    if len(found) > 1:
        raise ParameterError(f"a page has one parameters cell, this one has {len(found)}")
    return found[0] if found else None


def of_page(page: str) -> dict[str, Parameter]:
    """The parameters of a page of the book, such as `chapters/layerout`; none where it has no such cell."""
    path = BOOK / f"{page}.md"
    if not path.is_file():
        raise ParameterError(f"there is no page {page!r}: {path} is not a file")
    try:
        return declared(cell_of(path.read_text(encoding="utf-8")) or "")
    except ParameterError as error:
        raise ParameterError(f"{path.name}: {error}") from None


def check(page: str, namespace: dict[str, Any]) -> None:
    """Check the parameters with which a page runs, from its first cell below them, before anything else runs.

    Call it as `parameters.check("chapters/layerout", globals())`. Values are put back in their types,
    so that text such as `1e-3` from a YAML file becomes a number.

    Raises ParameterError for a name that papermill injected and the page does not know, for a parameter
    that is missing, and for a value that is not permitted.
    """
    declarations = of_page(page)
    for name in _injected(namespace):
        if name not in declarations:
            raise unknown(name, declarations)
    for name in declarations:
        if name not in namespace:
            raise ParameterError(f"parameter {name!r} is missing: the parameters cell has not been run whole")
    namespace.update(validate(declarations, {name: namespace[name] for name in declarations}))


def _injected(namespace: Mapping[str, Any]) -> list[str]:
    """The names that were put into the page from outside.

    In a notebook they stand in papermill's own cell, found in the history, so that a page can be run
    again in the same kernel; elsewhere every name bound to plain data counts.
    """
    if "get_ipython" in namespace:
        cells = [cell for cell in namespace.get("In", []) if cell.startswith(INJECTED)]
        return _assigned(cells[-1]) if cells else []
    plain = (str, int, float, bool, list, dict, type(None))
    return [name for name, value in namespace.items() if not name.startswith("_") and isinstance(value, plain)]


def _assigned(source: str) -> list[str]:
    targets = [target for node in ast.parse(source).body if isinstance(node, ast.Assign) for target in node.targets]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}


def _parameter(node: ast.stmt, comment: str) -> Parameter:
    if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None):
        line = ast.unparse(node)
        raise ParameterError(f"{line!r} is no parameter: write `name: type = value  # domain; meaning`")
    name = node.target.id
    comment, _, cost = (part.strip() for part in comment.partition("; cost:"))
    kind, optional = _type(name, ast.unparse(node.annotation))
    domain, _, meaning = (part.strip() for part in comment.partition(";"))
    choices, low, high = _domain(domain, kind)
    if choices is None and low is None:
        meaning = comment.strip()
    try:
        default = ast.literal_eval(node.value)
    except ValueError:
        raise ParameterError(f"the default of parameter {name!r} is not a plain value") from None
    parameter = Parameter(name, kind, default, optional, choices, low, high, meaning, cost)
    if parameter.cast(default) != default:
        raise ParameterError(f"the default of parameter {name!r} is not of its type, {kind.__name__}")
    return parameter


def _type(name: str, annotation: str) -> tuple[type, bool]:
    parts = [part.strip() for part in annotation.split("|")]
    kinds = [part for part in parts if part != "None"]
    if len(kinds) != 1 or kinds[0] not in TYPES:
        raise ParameterError(
            f"parameter {name!r} has the type {annotation!r}; known: {', '.join(TYPES)}, or one | None"
        )
    return TYPES[kinds[0]], len(parts) > len(kinds)


def _domain(text: str, kind: type) -> tuple[tuple[Any, ...] | None, float | None, float | None]:
    """The choices, or the two ends of the range, that a comment's first part spells; else nothing."""
    bounds = RANGE.fullmatch(text)
    if bounds:
        return None, float(bounds[1]), float(bounds[2])
    if "|" in text:
        return tuple(CASTS[kind](choice.strip()) for choice in text.split("|")), None, None
    return None, None, None


def _split_options(cell: str) -> tuple[dict[str, Any], str]:
    """The options of a MyST code cell, in either of their two forms, and its code."""
    block = YAML_BLOCK.match(cell)
    if block:
        return yaml.safe_load(block[1]) or {}, cell[block.end() :]
    block = COLON_BLOCK.match(cell)
    if block:
        lines = (line[1:] for line in block[1].splitlines())
        return yaml.safe_load("\n".join(lines)) or {}, cell[block.end() :]
    return {}, cell


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError
    return int(value)


def _real(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    return float(value)


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if _text(value).lower() not in ("true", "false"):
        raise ValueError
    return value.lower() == "true"


CASTS: dict[type, Callable[[Any], Any]] = {str: _text, int: _integer, float: _real, bool: _truth}
