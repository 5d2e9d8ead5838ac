"""The page of all parameters: read from the pages themselves, with what each page took where it was executed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from mtlcore.parameters import Parameter
from tools import stats
from tools.options import PROFILES
from tools.pages import Page, executable_pages
from tools.places import Places

MARK = "<!-- parameters -->"  # the line of the page that the tables replace
UNSAID = "none to speak of"
COSTS = {  # of the parameters that every chapter begins with
    "profile": "seconds, minutes, hours, a GPU",
    "source": "originals are read, twins are drawn once",
    "seeds": "in proportion; runs that exist are kept",
    "device": "a GPU pays from `desk` on",
    "variant": "each has runs of its own",
}


def filled(text: str, places: Places) -> str:
    """The text of a page with the mark replaced by the form and the tables; a text without the mark as it is."""
    if MARK not in text:
        return text
    pages = [page for page in executable_pages(places) if page.parameters]
    return text.replace(MARK, "\n\n".join([form(pages), *(section(page, places) for page in pages)]))


def section(page: Page, places: Places) -> str:
    """A heading, what the page took, and a row a parameter, in MyST."""
    rows = [_row(parameter) for parameter in page.parameters.values()]
    head = ["| parameter | type | default | permitted | meaning | cost |", "|---|---|---|---|---|---|"]
    table = [f"```{{table}} The parameters of {page.title}.", f":name: tbl-parameters-{_slug(page)}", ":class: wide"]
    link = f"{{doc}}`{page.title} </{page.name}>`"
    return "\n".join([f"## {page.title}", "", f"{link} {taken(page, places)}", "", *table, "", *head, *rows, "```"])


def taken(page: Page, places: Places) -> str:
    """A sentence: the seconds that the page took in each profile that it was executed in here."""
    known = {name: stats.read(places.notebooks / name / f"{page.name}.ipynb").get("seconds") for name in PROFILES}
    told = [f"{seconds:.0f} s at `{name}`" for name, seconds in known.items() if seconds is not None]
    return f"took {', '.join(told)} where this book was made." if told else "has not been executed here."


def _row(parameter: Parameter) -> str:
    kind = parameter.type.__name__ + (" or none" if parameter.optional else "")
    default = "none" if parameter.default is None else str(parameter.default)
    cells = [f"`{parameter.name}`", kind, f"`{default}`" if default else "", permitted(parameter)]
    return (
        "| "
        + " | ".join([*cells, parameter.meaning or "–", parameter.cost or COSTS.get(parameter.name, UNSAID)])
        + " |"
    )


def permitted(parameter: Parameter) -> str:
    """The choices or the range as a cell."""
    if parameter.choices is not None:
        return ", ".join(f"`{choice}`" for choice in parameter.choices)
    if parameter.low is not None:
        return f"{parameter.low:g} to {parameter.high:g}"
    return {bool: "`true`, `false`", str: "a word"}.get(parameter.type, "a number")


def form(pages: Iterable[Page]) -> str:
    """The form that composes a command, filled by the book's script; hidden where none runs."""
    known = [_known(page) for page in pages]
    data = json.dumps(known, ensure_ascii=False).replace("</", "<\\/")
    commands = "".join(
        f'<p class="compose-command"><code id="compose-{tool}" aria-label="The command for {tool}"></code>'
        f'<button type="button" data-copies="compose-{tool}">Copy</button></p>'
        for tool in ("make", "papermill")
    )
    return "\n".join(
        [
            "````{raw} html",
            '<form id="compose" class="compose" hidden aria-label="Compose a command">',
            '<label>page <select name="page"></select></label>',
            '<button type="reset">Defaults</button>',
            '<div class="compose-fields"></div>',
            f'<p class="compose-wrong" id="compose-wrong" role="status"></p>{commands}</form>',
            f'<script type="application/json" id="compose-pages">{data}</script>',
            "````",
        ]
    )


def _known(page: Page) -> dict[str, Any]:
    """What the form needs of a page."""
    parameters = [
        {
            "name": parameter.name,
            "choices": _choices(parameter),
            "low": parameter.low if _choices(parameter) is None else None,
            "high": parameter.high,
            "step": "1" if parameter.type is int else "any",
            "default": _text(parameter.default),
            "meaning": parameter.meaning,
        }
        for parameter in page.parameters.values()
    ]
    short = page.name.rsplit("/", 1)[-1]
    return {"page": page.name, "name": short, "title": page.title, "parameters": parameters}


def _choices(parameter: Parameter) -> list[str] | None:
    """What a list offers; of an optional parameter, first nothing."""
    choices = (True, False) if parameter.type is bool else parameter.choices
    if choices is None:
        return None
    return [*([""] if parameter.optional else []), *map(_text, choices)]


def _text(value: Any) -> str:
    """A value as a command spells it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _slug(page: Page) -> str:
    return page.name.rsplit("/", 1)[-1].replace("_", "-")
