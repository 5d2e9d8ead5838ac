"""Runs of the recipe singh made up for tests of the report: every study of its chapter, with numbers that are known."""

from __future__ import annotations

from mtlcore.recipes import Evidence
from mtlcore.report.distinctiveness import evidence, readings
from mtlcore.results import Record

EPOCHS = 4
COUNTED = ("color", "type")  # tasks with numbers by class
ARMS = {"dprune": 52.0, "baseline": 50.0}  # average accuracy of the rows of Table 1
STUDIES = ("table-1", "table-2", "table-3", "backbones", "angles", "dissimilarity", "merge", "pcgrad", "mining")
STUDIES = (*STUDIES, "dropout", "dropout-unpruned", "width", "single-tasks", "alternatives")


def run(seed, row, left=100.0, **metrics):
    """A record with the measures of a run; `left` nodes are left."""
    config = {"seed": seed, "source": "twin", "row": row, "backbone": "thin resnet-50", "epochs": EPOCHS}
    config |= {"size": 32, "train_images": 480, "batch_size": 32}
    found = {
        **{f"accuracy_{task}": 40.0 + 5 * place + seed for place, task in enumerate(evidence.TASKS)},
        **{"accuracy": 50.0 + seed, "balanced_accuracy": 45.0 + seed, "rare_accuracy": 30.0 + seed},
        **{"final_hidden": left, "initial_hidden": 128.0, "feature_utilization": 100 * left / 128},
        **{"compression": 100 - 100 * left / 128, "parameters": 1.5, "parameters_trained": 0.8},
        **{"parameters_final": 0.6, "feature_width": 512.0, "similar": 5.0, "opposite": 3.0},
        **{"minimum_angle_first": 20.0 + seed, "minimum_angle_last": 25.0, "conflict_share": 30.0 + seed},
        **{"minimum_angle": 25.0, "output_change": 0.2, "output_change_merge": 0.2},
        **metrics,
    }
    curves = {
        "hidden": [128.0, *[left] * (EPOCHS - 1)],
        "minimum_angle": [20.0 + 2 * epoch + seed for epoch in range(EPOCHS)],
        **{key: [9.0 - epoch for epoch in range(EPOCHS)] for key in ("conflict_share", "val_loss")},
        **{f"recall_{task}": [50.0 + seed] * 4 for task in COUNTED},
        **{f"train_count_{task}": [10.0, 20.0, 30.0, 40.0] for task in COUNTED},
        **{f"test_count_{task}": [5.0, 5.0, 5.0, 0.0] for task in COUNTED},
    }
    return Record(f"{row}{seed}", "singh", config, found, curves, {"device": "cpu", "seconds": 1.0, "data": "a twin"})


def study(rows, name="table-2", seeds=3, source="twin", variant="corrected"):
    """Evidence of rows -> settings of `run`."""
    found = {row: [run(seed, row, **given) for seed in range(seeds)] for row, given in rows.items()}
    return Evidence("singh", name, "lab", source, variant, found)


def by_backbone(name="table-2", side="", **given):
    """Each backbone leaves ten nodes fewer than the one before it."""
    rows = {
        f"{row}{side}": {
            **{"left": 120.0 - 10 * k, "feature_width": 600.0 - 50 * k, "parameters": float(k + 1)},
            **{"parameters_trained": 0.8 * (k + 1), "parameters_final": 0.6 * (k + 1), **given},
        }
        for k, row in enumerate(evidence.BACKBONES)
    }
    return study(rows, name)


def widths():
    own, same = by_backbone("width", "/own").rows, by_backbone("width", "/same", feature_width=128.0).rows
    return Evidence("singh", "width", "lab", "twin", "corrected", {**own, **same})


def everything():
    arms = {
        f"{row}/{arm}": {"accuracy": level} for row in ("average", *evidence.TASKS[:3]) for arm, level in ARMS.items()
    }
    sides = {
        f"{row}{way}/{side}": {"minimum_angle": 20.0 if side == "first" else 25.0}
        for row in evidence.BACKBONES
        for way in ("", "-unpruned")
        for side in ("first", "last")
    }
    made = {
        "table-1": study(arms, "table-1"),
        "table-2": by_backbone(),
        "backbones": by_backbone("backbones"),
        "table-3": study({f"tasks-{n}": {"left": 60.0 + 10 * n} for n in range(1, 5)}, "table-3"),
        "single-tasks": study({task: {"left": 80.0 + 10 * n} for n, task in enumerate(evidence.TASKS)}, "single-tasks"),
        "angles": study(sides, "angles"),
        "dissimilarity": study({"merge": {}, "remove-both": {"left": 90.0, "accuracy": 48.0}}, "dissimilarity"),
        "merge": study({"merge": {}, "delete": {"output_change": 0.8}}, "merge"),
        "pcgrad": study({"pcgrad": {}, "sum": {"conflict_share": 40.0}}, "pcgrad"),
        "mining": study({"hardest-70": {"rare_accuracy": 36.0}, "all": {"rare_accuracy": 33.0}}, "mining"),
        "dropout": study({"dropout": {"left": 90.0}, "none": {}}, "dropout"),
        "dropout-unpruned": study({"dropout": {"minimum_angle_last": 22.0}, "none": {}}, "dropout-unpruned"),
        "width": widths(),
        "alternatives": study(
            {row: {"opposite": 0.0} if row == "relu-after" else {} for row in readings.ROWS}, "alternatives"
        ),
    }
    return {name: made[name] for name in STUDIES}
