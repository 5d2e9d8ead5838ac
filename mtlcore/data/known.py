"""What the registry asks of every published data set, whatever its files look like."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mtlcore.data.dataset import Dataset
from mtlcore.data.features import Features
from mtlcore.data.pictures import Pictures


@dataclass(frozen=True)
class FileReport:
    """One file or folder: its published name, its state, where it is (None when missing) and one line about it."""

    name: str
    state: str
    path: Path | None
    about: str


class Known(Protocol):
    """A published data set, its reader and its twin."""

    @property
    def name(self) -> str:
        """By which `load` knows it."""

    @property
    def title(self) -> str:
        """As a page shows it."""

    @property
    def home(self) -> str:
        """The address where its authors describe it."""

    @property
    def licence(self) -> str:
        """Its terms, as its authors state them."""

    @property
    def splits(self) -> tuple[str, ...]:
        """Their names."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The files and folders that must be there."""

    @property
    def megabytes(self) -> float:
        """All parts together, as published."""

    @property
    def bring(self) -> str:
        """How to get the parts, the beginning of a sentence."""

    @property
    def resizes(self) -> bool:
        """Whether its images come at any size that is asked for."""

    def folder(self, root: Path) -> Path:
        """Where below the data root the set is, or would be put."""

    def missing(self, root: Path) -> list[str]:
        """The parts that are not there, by their names alone."""

    def load(self, root: Path, split: str, limit: int | None, size: int | None = None) -> Dataset | Features | Pictures:
        """Read the first `limit` samples of the original, images at `size` where the set has a choice.

        Raises DataError for anything unsound.
        """

    def draw(self, split: str, limit: int | None, seed: int, size: int | None = None) -> Dataset | Features | Pictures:
        """Draw the first `limit` samples of the twin, no more than the original has."""

    def inspect(self, root: Path) -> tuple[FileReport, ...]:
        """The state of each part. Nothing is raised for unsound data: the report says it."""
