"""Keep the site whole without a network: no live-code scripts, and MathJax from the site itself.

sphinx-thebe puts a script from a public host on every page, even where no page asks for live code.
MathJax is added to the static files here, after jupyter-book has collected theirs: it would otherwise
load every script of MathJax on every page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Take away what sphinx-thebe adds to every page, and add the folder that MathJax was staged into."""
    for listeners in app.events.listeners.values():
        for listener in [entry for entry in listeners if entry.handler.__module__.startswith("sphinx_thebe")]:
            listeners.remove(listener)
    app.registry.css_files[:] = [entry for entry in app.registry.css_files if "thebe" not in str(entry[0])]
    app.connect("config-inited", add_vendored)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def add_vendored(app: Sphinx, config: Any) -> None:
    """Let the staged third-party files be copied to the site's static folder."""
    vendored = Path(app.srcdir) / "_vendor"
    if vendored.is_dir():
        config.html_static_path.append(str(vendored))
