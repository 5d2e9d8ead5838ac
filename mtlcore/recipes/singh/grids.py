"""Which runs make which table, figure and claim of the document [singh], in each variant; and what each row shows.

Most rows are one run seen from several sides: the network of the document (ResNet-50, three tasks, pruned each epoch)
is in nearly every study, and a sweep runs it once a seed.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from mtlcore import data
from mtlcore.recipes import Grid
from mtlcore.recipes.singh.config import BACKBONES, REAL_DESK, TASKS, WIDTHS, Config, budget, thinned
from mtlcore.results import Record

Rows = dict[str, dict[str, Any]]  # row of a table: the fields in which it differs from the document's network

# sound practice where it differs from the text: the least-squares coefficient, and a decay that Adam does not rescale
CORRECTED = {"coefficient": "projection", "l2_form": "decoupled"}
DROPOUT = 0.5
UNPRUNED = ("efficientnet-b0", "resnet-50", "vgg-11")  # the backbones that the claims on angles name
SIDES = ("first", "last")


def _config(
    profile: str, source: str, seed: int, variant: str, row: dict[str, Any], settings: dict[str, Any]
) -> Config:
    fields = budget(profile) | (CORRECTED if variant == "corrected" else {}) | row | settings
    if fields.get("pruning", Config.pruning) == "none":  # a run that prunes nothing is the same run in all readings
        for name in ("coefficient", "opposite", "take", "survivor", "angle", "prune_from"):
            fields.pop(name, None)
    if "backbone" not in settings:
        fields["backbone"] = thinned(fields.get("backbone", Config.backbone), fields.pop("kind", profile))
    else:
        fields.pop("kind", None)
    return Config(seed=seed, source=source, **fields)


def _grid(rows: Rows, profile: str, source: str, seeds: int, variant: str, settings: dict[str, Any]) -> Grid:
    resolved = data.source_of("vehiclex", source) if source == "auto" else source
    return [
        (name, _config(profile, resolved, seed, variant, row, settings))
        for seed in range(seeds)
        for name, row in rows.items()
    ]


def _backbones(**fields: Any) -> Rows:
    return {name: {"backbone": name, **fields} for name in BACKBONES}


def table_1(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Rows <task>/<arm>: pruned (dprune), and built at the size that this left (baseline)."""
    names = (*TASKS[:3], "average")
    arms: Rows = {"dprune": {}, "baseline": {"pruning": "direct"}}
    rows = {f"{name}/{arm}": fields for arm, fields in arms.items() for name in names}
    return _grid(rows, profile, source, seeds, variant, settings)


def table_1_view(row: str, record: Record) -> dict[str, float]:
    """Accuracy of a task, or their average; and what always guessing the commonest class would reach, where noted."""
    task = row.partition("/")[0]
    name = "accuracy" if task == "average" else f"accuracy_{task}"
    found = {"accuracy": record.metrics[name], "final_hidden": record.metrics["final_hidden"]}
    constant = name.replace("accuracy", "constant")
    return found | ({"constant": record.metrics[constant]} if constant in record.metrics else {})


def table_2(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Six backbones, by their names in the document."""
    return _grid(_backbones(), profile, source, seeds, variant, settings)


def table_3(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The first one to four tasks."""
    rows = {f"tasks-{count}": {"tasks": TASKS[:count]} for count in range(1, 5)}
    return _grid(rows, profile, source, seeds, variant, settings)


def single_tasks(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Each task alone: what one task leaves of the layer depends on which it is."""
    rows = {task: {"tasks": (task,)} for task in TASKS}
    return _grid(rows, profile, source, seeds, variant, settings)


def angles(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Rows <backbone>/first and /last epoch, and <backbone>-unpruned/first and /last of three backbones [Fig. 3]."""
    runs = _backbones() | {f"{name}-unpruned": {"backbone": name, "pruning": "none"} for name in UNPRUNED}
    rows = {f"{name}/{side}": fields for name, fields in runs.items() for side in SIDES}
    return _grid(rows, profile, source, seeds, variant, settings)


def angles_view(row: str, record: Record) -> dict[str, float]:
    """The smallest angle between two units after the first or the last epoch, before it is pruned."""
    side = row.rpartition("/")[2]
    return {"minimum_angle": record.metrics[f"minimum_angle_{side}"]}


def dissimilarity(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Of two opposing units: fold one into the other, or remove both."""
    rows: Rows = {"merge": {}, "remove-both": {"opposite": "drop"}}
    return _grid(rows, profile, source, seeds, variant, settings)


def merge(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The same prunes of one run, with the weights of what goes moved, or lost."""
    rows: Rows = {"merge": {}, "delete": {}}
    return _grid(rows, profile, source, seeds, variant, settings)


def merge_view(row: str, record: Record) -> dict[str, float]:
    """Relative change of the outputs at a prune; nothing where no prune took a unit."""
    name = f"output_change_{row}"
    return {"output_change": record.metrics[name]} if name in record.metrics else {}


def pcgrad(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Gradients of the tasks with surgery, and added up."""
    rows: Rows = {"pcgrad": {}, "sum": {"balance": "sum"}}
    return _grid(rows, profile, source, seeds, variant, settings)


def mining(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The hardest 70 % of every batch, and all of it."""
    rows: Rows = {"hardest-70": {}, "all": {"hardest": 1.0}}
    return _grid(rows, profile, source, seeds, variant, settings)


def dropout(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Dropout of half of the hidden units, and none."""
    rows: Rows = {"dropout": {"dropout": DROPOUT}, "none": {}}
    return _grid(rows, profile, source, seeds, variant, settings)


def dropout_unpruned(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The same in networks that are never pruned, whose angles are all there at the end."""
    rows: Rows = {"dropout": {"dropout": DROPOUT, "pruning": "none"}, "none": {"pruning": "none"}}
    return _grid(rows, profile, source, seeds, variant, settings)


def width(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Rows <backbone>/own and /same: the hidden layer reads the backbone's own features, or as many of every one."""
    same = WIDTHS["full" if profile == "full" else "thin"]
    rows: Rows = {}
    for name, fields in _backbones().items():
        rows |= {f"{name}/own": fields, f"{name}/same": fields | ({} if narrow(name) else {"input_width": same})}
    return _grid(rows, profile, source, seeds, variant, settings)


def narrow(backbone: str) -> bool:
    """Whether a backbone has the smallest width of the six, which the others are brought to."""
    return backbone in ("resnet-18", "vgg-11")


def alternatives(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Readings of what the text leaves silent, each beside the one that we chose, and both readings of the variants."""
    chosen = CORRECTED if variant == "corrected" else {}
    cosine = chosen.get("coefficient", Config.coefficient) == "cosine"
    loss = chosen.get("l2_form", Config.l2_form) == "loss"
    rows: Rows = {
        "chosen": {},
        "from-start": {"prune_from": 1},
        "one-pair": {"take": "one"},
        "disjoint": {"take": "disjoint"},
        "relu-after": {"relu": "after"},
        "relu-between": {"relu": "between"},
        "projection" if cosine else "cosine": {"coefficient": "projection" if cosine else "cosine"},
        "decoupled" if loss else "l2-in-loss": {"l2_form": "decoupled" if loss else "loss"},
    }
    return _grid(rows, profile, source, seeds, variant, settings)


def real_backbones(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The six backbones themselves from `desk` on, which wants a GPU; below it their thin siblings."""
    fields = REAL_DESK | {"kind": "full"} if profile == "desk" else {}
    return _grid(_backbones(**fields), profile, source, seeds, variant, settings)


PARTS = (
    table_1,
    table_2,
    table_3,
    angles,
    dissimilarity,
    pcgrad,
    mining,
    dropout,
    dropout_unpruned,
    width,
    alternatives,
    single_tasks,
)


def everything(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Every run of every study of the chapter but `real-backbones`, once: rows <study>:<row>, seed by seed."""
    found: dict[Config, str] = {}
    for part in PARTS:
        for row, config in part(profile, source, seeds, variant, **settings):
            found.setdefault(config, f"{part.__name__.replace('_', '-')}:{row}")
    ordered = sorted(found, key=lambda config: config.seed)  # stable: within a seed as the studies have them
    return [(found[config], config) for config in ordered]


def pruned_base(config: Config) -> Config:
    """The pruned run whose final size a network of `pruning="direct"` is built at."""
    return dataclasses.replace(config, pruning="each_epoch")
