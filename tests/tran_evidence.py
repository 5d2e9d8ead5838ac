"""Made-up runs of the studies of [tran], small enough to know every number that a page must show."""

from __future__ import annotations

import numpy as np

from mtlcore.recipes import Evidence
from mtlcore.recipes.tran.config import TASKS
from mtlcore.results import Record

EPOCHS, SWITCH = 6, 4
STEP = {"averaging": 0.010, "gradnorm": 0.011, "mgda": 0.018, "hybrid": 0.013, "pcgrad": 0.019}
FINAL = {"averaging": 0.40, "gradnorm": 0.30, "mgda": 0.20, "hybrid": 0.25, "pcgrad": 0.35}


def record(seed, row, metrics=None, curves=None, **config):
    told = {"device": "cpu", "seconds": 2.0, "data": "made up"}
    return Record(f"{row}{seed}", "tran", {"seed": seed, **config}, metrics or {}, curves or {}, told)


def evidence(study, rows, *, variant="corrected", profile="desk", source="real"):
    return Evidence("tran", study, profile, source, variant, rows)


def balancing(*, seeds=3, study="balancing", **options):
    """Losses that fall linearly to FINAL plus a little for the seed; the hybrid changes after epoch SWITCH."""
    rows = {}
    for row, final in FINAL.items():
        rows[row] = []
        for seed in range(seeds):
            loss = np.linspace(2.0, final + 0.01 * seed, EPOCHS)
            step = np.full(EPOCHS, STEP[row])
            if row == "hybrid":
                step = np.where(np.arange(EPOCHS) < SWITCH, STEP["gradnorm"], STEP["mgda"])
            metrics = {"step_seconds": float(step.mean()), "slowdown": float(step.mean()) / STEP["averaging"]}
            metrics |= {"seconds": 100 * float(step.sum()), "steps": 600.0}
            for task in TASKS:
                metrics |= {f"loss_{task}": float(loss[-1]), f"accuracy_{task}": 1 - float(loss[-1]) / 2}
                metrics |= {f"early_loss_{task}": float(loss[0])}
            if row == "hybrid":
                metrics["switch_epoch"] = float(SWITCH)
            curves = {f"loss_{task}": loss.tolist() for task in TASKS} | {"step_seconds": step.tolist()}
            settings = {
                "setting": "shared" if "shared" in study else "separate",
                "epochs": EPOCHS,
                "momentum": 0.9,
                "lr": 0.01,
                "batch_size": 64,
            }
            rows[row].append(record(seed, row, metrics, curves, **settings))
    return evidence(study, rows, **options)
