"""What an execution would do: the pages, their validated parameters, their targets and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtlcore.parameters import ParameterError, unknown, validate
from tools import chapter
from tools.key import page_key
from tools.pages import Page, executable_pages
from tools.places import Places


@dataclass(frozen=True)
class Plan:
    """Which page runs with which parameters, and where its notebook goes."""

    page: Page
    parameters: dict[str, Any]
    target: Path
    key: str

    @property
    def fresh(self) -> bool:
        """Whether the notebook there is what this plan would make."""
        kept = chapter.key_path(self.target)
        return self.target.is_file() and kept.is_file() and kept.read_text(encoding="utf-8") == self.key


def folder_of(places: Places, given: Mapping[str, Any]) -> Path:
    """Where notebooks go: a folder a profile, and `custom` where other parameters are given as well."""
    return places.notebooks / (given["profile"] if set(given) == {"profile"} else "custom")


def plans(pages: Sequence[Page], given: Mapping[str, Any], folder: Path, shared: str) -> list[Plan]:
    """The plan of each page, every parameter validated.

    Args:
        pages: in the order in which they run.
        given: parameters by name.
        folder: where notebooks go.
        shared: the part of the key that all pages share.

    Raises:
        ParameterError: a name that no page has, or a value that a page does not permit.
    """
    names = dict.fromkeys(name for page in pages for name in page.parameters)
    for name in given:
        if name not in names and name != "profile":
            raise unknown(name, names)
    result: list[Plan] = []
    for page in pages:
        mine = {name: value for name, value in given.items() if name in page.parameters}
        try:
            parameters = validate(page.parameters, mine)
        except ParameterError as error:
            raise ParameterError(f"{page.name}: {error}") from None
        before = [plan.key for plan in result if not plan.page.gathers] if page.gathers else []
        key = page_key(page, parameters, shared, before=before)
        result.append(Plan(page, parameters, folder / f"{page.name}.ipynb", key))
    return result


def select(places: Places, only: Sequence[str]) -> list[Page]:
    """The pages to execute: all that hold code, or those named, such as `chapters/layerout` or `layerout`."""
    pages = executable_pages(places)
    if not only:
        return pages
    chosen = [page for page in pages if page.name in only or page.name.rsplit("/", 1)[-1] in only]
    for name in only:
        if not any(name in (page.name, page.name.rsplit("/", 1)[-1]) for page in chosen):
            raise ParameterError(
                f"there is no page {name!r}; the pages with code are: {', '.join(p.name for p in pages)}"
            )
    return chosen
