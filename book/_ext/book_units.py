"""Keep a number and its unit on one line: the space between them does not break."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

UNITS = "%|points?|seeds?|epochs?|ms|µs|s|min|h|GB|MB|MiB|GiB|px"
PAIR = re.compile(rf"(?<=\d) (?=(?:{UNITS})(?!\w))")
APART = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)


def setup(app: Sphinx) -> dict[str, Any]:
    """Join them in the pages of every builder."""
    app.add_post_transform(Join)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class Join(SphinxPostTransform):
    """Puts no-break spaces into prose; code and formulas stay as they are."""

    default_priority = 900

    def run(self, **_: Any) -> None:
        """Go through the texts of a page."""
        for text in list(self.document.findall(nodes.Text)):
            if not isinstance(text.parent, APART) and PAIR.search(text):
                text.parent.replace(text, nodes.Text(joined(text)))


def joined(text: str) -> str:
    """The text with its numbers and units held together.

    >>> joined("61 % of 3 seeds in 2 steps").replace(chr(160), "~")
    '61~% of 3~seeds in 2 steps'
    """
    return PAIR.sub("\N{NO-BREAK SPACE}", text)
