"""The rows of the synthesis as configurations.

A row is a method and a balancer, `group/mgda`; methods joined by `+` work together, and in the study of shares the
second part is the share instead. Equal configurations of several studies are one run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from mtlcore.recipes import Grid
from mtlcore.recipes.synthesis.config import BALANCERS, BUDGETS, DENSE, METHODS, Config
from mtlcore.recipes.tran.config import resolved

ALONE = (DENSE, *(method for method in METHODS if method != "narrow"))  # the eight rows of the crossing
PAIRS = (
    "group+distinctiveness",
    "l1+distinctiveness",
    "dropout+distinctiveness",
    "distinctiveness+layerout",
    "group+layerout",
    "dropout+group",
)
TRACED = ("distinctiveness", "weight-matrix", "group", "l1", "narrow")
SHARES = (0.5, 0.75, 0.9)


def methods_of(row: str) -> tuple[str, ...]:
    """The methods of a row's first part: `group+layerout/sum` has two, `dense/sum` none."""
    words = row.partition("/")[0]
    return () if words == DENSE else tuple(words.split("+"))


def methods(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Every method alone, and the network that is narrow from the start, losses added up."""
    return _grid([*ALONE, "narrow"], ["sum"], profile, source, seeds, variant, settings)


def crossing(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Every method with every balancer."""
    return _grid(ALONE, BALANCERS, profile, source, seeds, variant, settings)


def pairs(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Two methods at once, beside each of them alone."""
    alone = [method for method in ALONE if any(method in pair.split("+") for pair in PAIRS)]
    return _grid([DENSE, *alone, *PAIRS], ["sum"], profile, source, seeds, variant, settings)


def shares(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """What can be taken at all: the methods that make a network smaller, at rising shares."""
    make = _maker(profile, source, variant, settings)
    return [
        entry
        for seed in range(seeds)
        for entry in [
            (DENSE, make(DENSE, seed)),
            *((f"{row}/{share:g}", make(row, seed, share=share)) for row in TRACED for share in SHARES),
        ]
    ]


def _grid(
    rows: Iterable[str],
    balancers: Iterable[str],
    profile: str,
    source: str,
    seeds: int,
    variant: str,
    settings: dict[str, Any],
) -> Grid:
    make, rows, balancers = _maker(profile, source, variant, settings), list(rows), list(balancers)
    return [
        (f"{row}/{balancer}", make(row, seed, balancer=balancer))
        for seed in range(seeds)
        for row in rows
        for balancer in balancers
    ]


def _maker(profile: str, source: str, variant: str, settings: dict[str, Any]) -> Callable[..., Config]:
    refuse_variant(variant)
    found = resolved(source)

    def make(row: str, seed: int, **special: Any) -> Config:
        fields = {**BUDGETS[profile], **settings, **special}
        return Config(**{**fields, "seed": seed, "source": found, "methods": methods_of(row)})

    return make


def refuse_variant(variant: str) -> None:
    """Raise ValueError for another variant than ours: no document prints the synthesis, and no code was published."""
    if variant != "corrected":
        raise ValueError(f"the synthesis has no variant {variant!r}: no document prints it; take variant='corrected'")
