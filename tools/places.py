"""Where the book's sources are and where its products go, for one root; tests build small books elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mtlcore.paths import ROOT


@dataclass(frozen=True)
class Places:
    """The folders of one book: `root` holds _config.yml, _toc.yml and book/, `site` names the result."""

    root: Path = ROOT
    site: str = "html"

    @property
    def book(self) -> Path:
        """The text sources of the pages."""
        return self.root / "book"

    @property
    def build(self) -> Path:
        """All products; nothing in it is kept in git."""
        return self.root / "_build"

    @property
    def notebooks(self) -> Path:
        """Executed notebooks in a folder a profile, and unexecuted ones in source/."""
        return self.build / "notebooks"

    @property
    def drafts(self) -> Path:
        """Notebooks while they execute; one that failed stays here, to look at."""
        return self.build / "drafts"

    @property
    def stage(self) -> Path:
        """What jupyter-book builds from: static pages, executed notebooks, configuration."""
        return self.build / "stage"

    @property
    def html(self) -> Path:
        """The finished, checked site."""
        return self.build / self.site
