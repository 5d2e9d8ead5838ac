"""The rows of the document's tables and figures as configurations, and what each row shows of its run [upadhyay].

Equal configurations of several studies are one run: the group rows of `penalty` are those of Table 1, its ℓ1 rows those
of Table 3, and three of seven points of `lambda-path` and most rows of `confound` are rows of Table 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mtlcore import data
from mtlcore.recipes import Grid
from mtlcore.recipes.upadhyay.config import PUBLISHED_DENSE, TASKS, Config, budget, scale_of, settings_of
from mtlcore.results import Record

ROOMS = ("seg", "depth", "normal", "seg_depth", "seg_normal", "normal_depth", "seg_normal_depth")
FACES = ("seg", "male", "smile", "seg_male", "male_smile", "seg_male_smile")
L1_ROOMS = ("seg_normal", "normal_depth", "seg_normal_depth")
CONFOUNDED = ("seg", "seg_depth", "seg_normal_depth")
STRENGTHS = ("0", "1e-6", "1e-5")
PATH = ("0", "1e-7", "1e-6", "1e-5", "1e-4", "1e-3", "1e-2")
GROUP, L1 = "1e-5", "1e-3"  # λ of the group penalty and of ℓ1 where the document compares them
TARGETS: dict[str, dict[str, Any]] = {
    "scheduled_50": {"control": "scheduled", "wanted": 50.0},
    "scheduled_70": {"control": "scheduled", "wanted": 70.0},
    "scheduled_90": {"control": "scheduled", "wanted": 90.0},
    "learned_70": {"control": "learned", "wanted": 70.0},
    "l1_75": {"control": "scheduled", "wanted": 75.0, "penalty": "element"},  # of the weights, in the same metric
}
CLASSIFIED = ("male", "smile")
CODE_FACES = {"train_images": 7_000, "val_images": 1_500, "test_images": 1_500}  # that the published code comes to see


class Rows:
    """Configurations of one profile, source and variant, a seed at a time."""

    def __init__(self, dataset: str, profile: str, source: str, variant: str, settings: dict[str, Any]) -> None:
        self.dataset, self.variant, self.settings = dataset, variant, settings
        self.source = data.source_of(dataset, source) if source == "auto" else source
        self.budget = budget(profile, dataset, settings)
        self.smoke = profile == "smoke"

    def config(self, tasks: str, strength: str, seed: int, **special: Any) -> Config:
        """A run of some tasks, joined by "_", at a λ as it is printed; `special` goes before the variant's settings."""
        meant = settings_of(self.variant, self.dataset, dense=strength == "0")
        if self.variant == "code" and self.dataset == "celebamask":  # the first third of another split
            meant |= {name: min(count, self.budget[name]) for name, count in CODE_FACES.items()}
        fields = {**self.budget, **meant, **special, **self.settings}
        if strength != "0":
            fields = {"scale": round(scale_of(fields), 6), **fields}
        if self.smoke and seed and "timed" not in self.settings:
            fields["timed"] = 0  # compacting and timing is half of such a run
        named = set(tasks.split("_"))
        order = tuple(task for task in TASKS[self.dataset] if task in named)
        return Config(**{**fields, "seed": seed, "source": self.source, "tasks": order, "strength": float(strength)})


def table_1(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Seven sets of tasks at three strengths, on NYU-v2."""
    rows = Rows("nyuv2", profile, source, variant, settings)
    return [
        (f"{tasks}_{strength}", rows.config(tasks, strength, seed))
        for seed in range(seeds)
        for tasks in ROOMS
        for strength in STRENGTHS
    ]


def table_2(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Six sets of tasks, dense and sparse, on CelebAMask-HQ; a row and arm for each attribute that is classified."""
    rows = Rows("celebamask", profile, source, variant, settings)
    grid: Grid = []
    for seed in range(seeds):
        for tasks in FACES:
            for strength in ("0", GROUP):
                config = rows.config(tasks, strength, seed)
                row = f"{tasks}_{strength}"
                grid += [(row, config), *((f"{row}/{arm}", config) for arm in CLASSIFIED if arm in config.tasks)]
    return grid


def table_3(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Three sets of tasks with ℓ1 on single weights."""
    rows = Rows("nyuv2", profile, source, variant, settings)
    return [(f"{tasks}_l1", _l1(rows, tasks, seed)) for seed in range(seeds) for tasks in L1_ROOMS]


def lambda_path(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The three-task model over seven strengths."""
    rows = Rows("nyuv2", profile, source, variant, settings)
    return [
        (f"l{strength}", rows.config("seg_normal_depth", strength, seed)) for seed in range(seeds) for strength in PATH
    ]


def penalty(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The group penalty beside ℓ1, three sets of tasks."""
    rows = Rows("nyuv2", profile, source, variant, settings)
    grid: Grid = []
    for seed in range(seeds):
        for tasks in L1_ROOMS:
            grid += [(f"{tasks}/group", rows.config(tasks, GROUP, seed)), (f"{tasks}/l1", _l1(rows, tasks, seed))]
    return grid


def confound(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The dense optimiser of the published code, the sparse rows' own optimiser at λ = 0, and the sparse rows."""
    rows = Rows("nyuv2", profile, source, variant, settings)
    sparse = settings_of(variant, "nyuv2")
    same = {"decay": "decoupled", "epsilon": sparse.get("epsilon", Config.epsilon)}
    grid: Grid = []
    for seed in range(seeds):
        for tasks in CONFOUNDED:
            published = rows.config(tasks, "0", seed, **PUBLISHED_DENSE, weight_decay=Config.weight_decay)
            grid += [
                (f"{tasks}/published_dense", published),
                (f"{tasks}/same_optimiser", rows.config(tasks, "0", seed, **same)),
                *((f"{tasks}/sparse_{strength}", rows.config(tasks, strength, seed)) for strength in STRENGTHS[1:]),
            ]
    return grid


def target(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The three-task model with λ led to a wanted sparsity, beside λ = 0 and the printed λ."""
    rows = Rows("nyuv2", profile, source, variant, settings)
    grid: Grid = []
    for seed in range(seeds):
        grid += [(f"fixed_{strength}", rows.config("seg_normal_depth", strength, seed)) for strength in ("0", GROUP)]
        grid += [(row, rows.config("seg_normal_depth", GROUP, seed, **special)) for row, special in TARGETS.items()]
    return grid


def _l1(rows: Rows, tasks: str, seed: int) -> Config:
    return rows.config(tasks, L1, seed, penalty="element", metric="identity")


def by_arm(row: str, record: Record) -> dict[str, float]:
    """What a row of Table 2 shows: with an arm that attribute's `accuracy` and `constant`, else all metrics."""
    _, _, arm = row.partition("/")
    shown = {name: record.metrics.get(f"{name}_{arm}") for name in ("accuracy", "constant")}
    return {name: value for name, value in shown.items() if value is not None} if arm else record.metrics


GRIDS: dict[str, Callable[..., Grid]] = {
    "table-1": table_1,
    "table-2": table_2,
    "table-3": table_3,
    "lambda-path": lambda_path,
    "penalty": penalty,
    "confound": confound,
    "target": target,
}
