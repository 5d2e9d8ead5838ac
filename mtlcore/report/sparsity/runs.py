"""All runs of the chapter in one table, each run once: what is trained at which λ, and what it serves."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from mtlcore.recipes import Grid
from mtlcore.recipes.upadhyay.fields import FIELDS
from mtlcore.report.block import Block, table
from mtlcore.report.grids import plain
from mtlcore.report.sparsity.evidence import SHORT, plain_strength, tasks_name

SERVES = {
    "table-1": "Table 1",
    "table-2": "Table 2",
    "table-3": "Table 3",
    "lambda-path": "Fig. 4",
    "penalty": "Table 3",
    "confound": "optimiser or sparsity",
    "target": "wanted sparsity",
}
OWN = ("tasks", "strength", "scale")  # have columns of their own
DATASETS = {"nyuv2": "NYU-v2", "celebamask": "CelebAMask-HQ"}


@dataclasses.dataclass
class Line:
    """Runs that differ in λ and seed alone; sets in the order of their arrival."""

    strengths: dict[float, None] = dataclasses.field(default_factory=dict)
    scales: dict[str, None] = dataclasses.field(default_factory=dict)
    serves: dict[str, None] = dataclasses.field(default_factory=dict)
    count: int = 0

    def add(self, config: Any, serves: Mapping[str, None]) -> None:
        """Take in a run; where λ is led, what it starts from says nothing."""
        if config.control == "fixed":
            self.strengths[config.strength] = None
            if config.strength:
                self.scales[plain(config.scale)] = None
        self.serves |= serves
        self.count += 1

    def cells(self) -> list[str]:
        """λ as printed, by what it is multiplied."""
        strengths = ", ".join(plain_strength(strength) for strength in sorted(self.strengths))
        return [strengths or "led", ", ".join(self.scales) or "–"]


def run_table(grids: Mapping[str, Grid]) -> Block:
    """The distinct runs behind some studies, those of one set of tasks together.

    Args:
        grids: study -> its grid.
    """
    serves: dict[Any, dict[str, None]] = {}
    for study, grid in grids.items():
        for _, config in grid:
            serves.setdefault(config, {})[SERVES.get(study, study)] = None
    datasets = list(dict.fromkeys(config.dataset for config in serves))
    body, same = [], []
    for dataset in datasets:
        mine = {config: words for config, words in serves.items() if config.dataset == dataset}
        usual = _usual(mine)
        same.append(f"{DATASETS[dataset]}: {', '.join(f'{title} {value}' for title, value in usual.items())}")
        lines: dict[tuple[str, str], Line] = {}
        for config, words in mine.items():
            key = tasks_name("_".join(config.tasks)), _difference(usual, _told(config))
            lines.setdefault(key, Line()).add(config, words)
        body.append([DATASETS[dataset]])
        for (tasks, different), line in lines.items():
            body.append([tasks, *line.cells(), different, ", ".join(line.serves), str(line.count)])
    caption = f"The {len(serves)} runs of this chapter. Where nothing else is said, {'; '.join(same)}."
    header = ["tasks", "λ as printed", "multiplied by", "what differs", "serves", "runs"]
    return table(header, body, caption=caption, name=f"tbl-{SHORT}-grid", words=True)


def _told(config: Any) -> dict[str, str]:
    """The settings of a run in the recipe's words, but those that have columns and those that mean nothing in it."""
    told = {}
    for field, entry in FIELDS.items():
        title, show = entry if isinstance(entry, tuple) else (entry, None)
        value = getattr(config, field) if show is None else show(config)
        if field not in OWN and value is not None:
            told[title] = plain(value)
    return told


def _usual(configs: Iterable[Any]) -> dict[str, str]:
    """Title -> value of the settings that most runs, of those in which they mean something, have alike."""
    values: dict[str, Counter[str]] = {}
    for config in configs:
        for title, value in _told(config).items():
            values.setdefault(title, Counter())[value] += 1
    most = {title: counts.most_common(1)[0] for title, counts in values.items()}
    return {title: value for title, (value, count) in most.items() if 2 * count > values[title].total()}


def _difference(usual: Mapping[str, str], told: Mapping[str, str]) -> str:
    """What a run has otherwise than most."""
    return "; ".join(f"{title}: {value}" for title, value in told.items() if usual.get(title) != value)
