"""Build the site from the stage and check it: `python -m tools.site`.

The finished site is replaced only by one that built without a warning and whose links all resolve.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from tools import links
from tools.places import Places

BUILD = "from jupyter_book.cli.main import main; main()"
STRICT = ("-W", "-n", "--keep-going")
PACKAGES = ("jupyter-book", "sphinx", "docutils", "myst-nb", "myst-parser", "sphinxcontrib-bibtex")
EXTENSIONS = ("pydata-sphinx-theme", "sphinx-book-theme", "sphinx-design", "sphinx-exercise", "sphinx-proof")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
SHOWN = 40  # lines of an error that are printed; the whole is in the log


class SiteError(RuntimeError):
    """The site did not build, or its check found something; the message holds what."""


def build(places: Places) -> bool:
    """Build the site from the stage; returns False where nothing has changed since the last time.

    Raises SiteError; the last good site then stays.
    """
    inputs = inputs_key(places)
    mark = places.build / f"{places.site}.key"
    known = mark.read_text(encoding="utf-8") if mark.is_file() else ""
    if known == inputs and (places.html / "index.html").is_file():
        return False
    output = places.build / "site"
    shutil.rmtree(output, ignore_errors=True)
    html = _jupyter_book(places, output)
    found = links.problems(html)
    if found:
        raise SiteError(_shortened("the site is not whole:", found, html))
    mark.unlink(missing_ok=True)
    shutil.rmtree(places.html, ignore_errors=True)
    shutil.move(html, places.html)
    shutil.rmtree(output)
    mark.write_text(inputs, encoding="utf-8")
    return True


def inputs_key(places: Places) -> str:
    """A hash of everything that the site follows from: the staged files, the builder and its extensions."""
    builder = [f"{name}={metadata.version(name)}" for name in (*PACKAGES, *EXTENSIONS)]
    digest = hashlib.sha256(" ".join(builder).encode() + Path(__file__).read_bytes())
    for path in sorted(path for path in places.stage.rglob("*") if path.is_file()):
        digest.update(path.relative_to(places.stage).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _jupyter_book(places: Places, output: Path) -> Path:
    """Run jupyter-book with warnings as errors; its output goes to a log, which is quoted where it fails."""
    arguments = ["build", str(places.stage), "--path-output", str(output), "--all", *STRICT]
    log = places.build / "site.log"
    run = subprocess.run(
        [sys.executable, "-c", BUILD, *arguments],
        cwd=places.stage,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    log.write_text(run.stdout, encoding="utf-8")
    if run.returncode:
        lines = COLOUR.sub("", run.stdout).splitlines()
        telling = [line for line in lines if any(word in line for word in ("WARNING", "ERROR", "Error"))]
        raise SiteError(_shortened("jupyter-book failed:", telling or lines[-SHOWN:], log))
    return output / "_build" / "html"


def _shortened(head: str, lines: Sequence[str], where: Path) -> str:
    more = [f"... and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n".join([head, *(f"  {line}" for line in [*lines[:SHOWN], *more]), f"see {where}"])


if __name__ == "__main__":
    book = Places()
    try:
        changed = build(book)
    except SiteError as problem:
        sys.exit(str(problem))
    print(f"site {'built' if changed else 'unchanged'}: {book.html / 'index.html'}")
