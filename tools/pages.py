"""The pages of the book, as the tools see them: name, text, parameters, whether there is code to run."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mtlcore.parameters import CODE_CELL, Parameter, ParameterError, cell_of, declared
from tools.places import Places

FRONT_MATTER = re.compile(r"\A---\n(.*?)^---\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """One text source of the book, such as `chapters/layerout`."""

    name: str
    path: Path

    @functools.cached_property
    def text(self) -> str:
        """The source."""
        return self.path.read_text(encoding="utf-8")

    @property
    def title(self) -> str:
        """Its first heading; its name where it has none."""
        found = re.search(
            r"^# +(.+)$", re.sub(r"^(`{3,}).*?^\1$", "", self.text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE
        )
        return found[1].strip() if found else self.name

    @property
    def code_cells(self) -> int:
        """The number of its code cells; a page without any is static."""
        return len(CODE_CELL.findall(self.text))

    @functools.cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters that it declares; an error names the page."""
        try:
            return declared(cell_of(self.text) or "")
        except (ParameterError, SyntaxError) as error:
            raise ParameterError(f"{self.path.name}: {error}") from None

    @property
    def datasets(self) -> list[str]:
        """The datasets that its front matter names, for the page of provenance."""
        match = FRONT_MATTER.match(self.text)
        header: dict[str, Any] = (yaml.safe_load(match[1]) or {}) if match else {}
        return list(header.get("datasets", []))

    @property
    def gathers(self) -> bool:
        """Whether it shows what the other pages have computed: the pages at the top of the book do."""
        return "/" not in self.name


def all_pages(places: Places) -> list[Page]:
    """Every page of the book, by name; folders that begin with an underscore hold none."""
    found = []
    for path in sorted(places.book.rglob("*.md")):
        relative = path.relative_to(places.book)
        if not any(part.startswith(("_", ".")) for part in relative.parts):
            found.append(Page(relative.with_suffix("").as_posix(), path))
    return found


def executable_pages(places: Places) -> list[Page]:
    """The pages that hold code, in the order in which they run: those that gather from others last."""
    return sorted((page for page in all_pages(places) if page.code_cells), key=lambda page: (page.gathers, page.name))
