"""The architecture search against all splits [tran, Section 5.4, Table 1, Figure 8; Hypothesis 5.1]: configuration.

One run a seed serves all of it. A trunk, the truncated LeNet with all of its convolutions shared, is trained with the
hybrid; its tasks are peeled and fine-tuned; stress and affinity are measured; spectral clustering splits the last
shared block. Then every two-way split of that block, the one found among them, and the network as it was are trained on
for the same number of steps with MGDA, and their stress is measured in the same way. With three tasks there are three
splits, each with one task alone.
"""

from __future__ import annotations

import dataclasses
from itertools import permutations
from typing import Any

import torch

from mtlcore.kernels.divergence import OUTCOMES, POSITIONS
from mtlcore.recipes import Grid
from mtlcore.recipes.tran import balancing
from mtlcore.recipes.tran.affinity import Measure
from mtlcore.recipes.tran.config import TASKS, refuse_unknown, resolved
from mtlcore.results import Record

TREES = tuple(f"{task}_alone" for task in TASKS)  # the three splits, by the task that gets a block of its own
UNSPLIT = "unsplit"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(balancing.Config):
    """One search and all the trees it could have found.

    Attributes:
        study: "trees", which keeps these runs apart from those of other studies.
        epochs: of the trunk. after: of every tree behind the split. finetune: of a peeled network.
        compared: training images of each set on which networks are compared.
        slimming: weight of the penalty on γ, in fine-tuning only; penalty: its form, "l1" | "huber".
        positions, outcomes, absolute, networks, names, sets: as `affinity.Measure`.
    """

    study: str
    after: int = 40
    finetune: int = 10
    compared: int = 10_000
    slimming: float = 0.0045
    penalty: str = "l1"
    positions: str = "mean"
    outcomes: str = "one"
    absolute: bool = True
    networks: str = "first"
    names: str = "equal"
    sets: str = "pooled"

    def __post_init__(self) -> None:
        """Refuse what the search cannot work on."""
        super().__post_init__()
        refuse_unknown(self, {"setting": ("separate",), "study": ("trees",), "penalty": ("l1", "huber")})
        refuse_unknown(self, {"positions": POSITIONS, "outcomes": OUTCOMES})
        for name in ("after", "finetune", "compared"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        self.measure  # noqa: B018 - refuses unknown words

    @property
    def measure(self) -> Measure:
        """How networks are compared."""
        fields = ("positions", "outcomes", "absolute", "networks", "names", "sets", "seed")
        return Measure(**{name: getattr(self, name) for name in fields})


BUDGETS: dict[str, dict[str, Any]] = {
    "smoke": {**balancing.BUDGETS["smoke"], "epochs": 1, "after": 1, "finetune": 1, "compared": 16},
    "lab": {**balancing.BUDGETS["lab"], "epochs": 4, "after": 2, "finetune": 2, "compared": 256},
    "desk": {**balancing.BUDGETS["desk"], "epochs": 14, "after": 6, "finetune": 4, "compared": 2_000},
    "full": balancing.BUDGETS["full"],
}
MEASURES: dict[str, dict[str, Any]] = {
    "corrected": {},
    "paper": {"positions": "printed", "absolute": False},
    "code": {"positions": "one", "networks": "both", "names": "substring", "sets": "summed", "penalty": "huber"},
}


def settings_of(variant: str, budget: dict[str, Any]) -> dict[str, Any]:
    """What a variant means, as fields of the configuration.

    The published code fine-tunes for 3 epochs where the document prints 10.
    """
    chosen = balancing.settings_of("hybrid", "separate", variant, budget) | MEASURES[variant]
    return chosen | ({"finetune": max(1, round(0.3 * budget["finetune"]))} if variant == "code" else {})


def configs(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> list[Config]:
    """One configuration a seed."""
    full = {name: getattr(Config, name) for name in ("train_images", "held_out", "epochs", "finetune")}
    budget = {**BUDGETS[profile], **settings}
    fields = {**BUDGETS[profile], **settings_of(variant, {**full, **budget}), **settings, "timed": Config.timed}
    found = resolved(source)
    return [
        Config(**{**fields, "study": "trees", "setting": "separate", "source": found, "seed": seed})
        for seed in range(seeds)
    ]


def _grid(rows: tuple[str, ...], *arguments: Any, **settings: Any) -> Grid:
    return [(row, config) for config in configs(*arguments, **settings) for row in rows]


def affinity_grid(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Table 1 (a): rows <task>/<task>."""
    cells = tuple(f"{row}/{arm}" for row in TASKS for arm in TASKS)
    return _grid(cells, profile, source, seeds, variant, **settings)


def table_grid(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Table 1 (b) to (d): the tree found, two random ones, and beside them all splits and the network unsplit."""
    rows = ("ours", "random_1", "random_2", *TREES, UNSPLIT)
    return _grid(rows, profile, source, seeds, variant, **settings)


def stress_grid(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Stress against recognition: all trees together, and each."""
    return _grid(("all", *TREES, UNSPLIT), profile, source, seeds, variant, **settings)


def search_grid(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The tree found."""
    return _grid(("ours",), profile, source, seeds, variant, **settings)


def cost_grid(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Networks trained to measure affinity: here, as Algorithms 2, 3 and 5 are printed, and in branched networks."""
    return _grid(("ours", "printed", "branched"), profile, source, seeds, variant, **settings)


def random_trees(seed: int) -> tuple[str, str]:
    """Two different splits, every ordered pair of them as likely."""
    pairs = list(permutations(TREES, 2))
    return pairs[int(torch.randint(len(pairs), (), generator=torch.Generator().manual_seed(seed)))]


def chains_of(tree: str) -> dict[str, tuple[int, ...]]:
    """The chains of a tree by its name: task -> block indexes from input to output, as a split leaves them."""
    heads = {task: 2 + number for number, task in enumerate(TASKS)}
    if tree == UNSPLIT:
        return {task: (0, 1, head) for task, head in heads.items()}
    alone = tree.removesuffix("_alone")
    # the copy for the part that holds the first head keeps its index, the other gets the next free one
    second = {alone} if alone != TASKS[0] else set(TASKS[1:])
    return {task: (0, 2 + len(TASKS) if task in second else 1, head) for task, head in heads.items()}


def tree_of(row: str, record: Record) -> str:
    """The tree that a row of Table 1 (b) to (d) shows in a run."""
    return {
        "ours": TREES[int(record.metrics["ours"])] if "ours" in record.metrics else "",
        **dict(zip(("random_1", "random_2"), random_trees(record.seed), strict=True)),
    }.get(row, row)


def affinity_view(row: str, record: Record) -> dict[str, float]:
    """The divergence of a pair of tasks."""
    return {"divergence": record.metrics[f"divergence_{row.replace('/', '_')}"]}


def table_view(row: str, record: Record) -> dict[str, float]:
    """Scores of a tree: accuracy_<task>, loss_<task> as printed, nats_<task>; its stress; and which tree it is.

    `alone` is the position in TASKS of the task with a block of its own, -1 where there is none.
    """
    tree, seen = tree_of(row, record), {}
    for task in TASKS:
        seen[f"accuracy_{task}"] = record.metrics[f"{tree} accuracy_{task}"]
        seen[f"loss_{task}"] = record.metrics[f"{tree} printed_loss_{task}"]
        seen[f"nats_{task}"] = record.metrics[f"{tree} loss_{task}"]
    alone = TREES.index(tree) if tree in TREES else -1
    return {**seen, "stress": record.metrics[f"{tree} stress"], "alone": float(alone)}


def stress_view(row: str, record: Record) -> dict[str, float]:
    """The rank correlation over all splits, or stress, mean accuracy and mean loss (nats) of one tree."""
    if row == "all":
        return {"correlation": record.metrics["correlation"]}
    return {name: record.metrics[f"{row} {name}"] for name in ("stress", "accuracy", "loss")}


def search_view(row: str, record: Record) -> dict[str, float]:
    """What the search found."""
    return {
        "mnist_with_kmnist": float(TREES[int(record.metrics["ours"])] == "fashion_alone"),
        "alone": record.metrics["ours"],
        **{name: value for name, value in record.metrics.items() if name.startswith("stress_")},
    }


def cost_view(row: str, record: Record) -> dict[str, float]:
    """Networks trained to measure affinity."""
    return {"finetunings": record.metrics[f"finetunings_{row}"]}
