"""Number the figures and tables of a page that is no chapter from 1 on.

Sphinx counts them through all pages without a number of their own, in the order of the contents, so that a page may
begin with Figure 12.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

Numbers = dict[str, dict[str, tuple[int, ...]]]  # figure, table ... -> label -> number
AFTER = 900  # Sphinx numbers them at 500


def setup(app: Sphinx) -> dict[str, Any]:
    """Renumber once Sphinx has numbered."""
    app.connect("env-get-updated", renumber, priority=AFTER)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def renumber(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Number each page by itself; which pages are to be written again Sphinx has said already."""
    env.toc_fignumbers = {page: by_page(numbers) for page, numbers in env.toc_fignumbers.items()}
    return []


def by_page(numbers: Mapping[str, Mapping[str, tuple[int, ...]]]) -> Numbers:
    """The numbers of a page, those without a chapter in front counted from 1.

    >>> by_page({"figure": {"a": (12,), "b": (13,)}, "table": {"c": (2, 4)}})
    {'figure': {'a': (1,), 'b': (2,)}, 'table': {'c': (2, 4)}}
    """
    return {
        kind: {
            label: number if len(number) > 1 else (place,)
            for place, (label, number) in enumerate(sorted(found.items(), key=lambda one: one[1]), start=1)
        }
        for kind, found in numbers.items()
    }
