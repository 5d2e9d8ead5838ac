"""Pareto-stationary mini-batches over time [tran, Section 4.4, Observation 4.1, Figure 4].

They are counted in the runs of MGDA of the study `balancing`, so that this study costs nothing beside that one.
"""

from __future__ import annotations

from typing import Any

from mtlcore.recipes import Grid
from mtlcore.recipes.tran import balancing
from mtlcore.results import Record

ROWS = ("first", "last")  # tenth of the training


def grid(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Both rows of every run of MGDA on separate inputs."""
    found = [config for row, config in balancing.separate(profile, source, seeds, variant, **settings) if row == "mgda"]
    return [(row, config) for config in found for row in ROWS]


def view(row: str, record: Record) -> dict[str, float]:
    """Shares of 1 of the mini-batches in a tenth of the training: by the relative threshold, and as published."""
    return {name: record.metrics[f"{name}_{row}"] for name in ("share", "share_published")}
