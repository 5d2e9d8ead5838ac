"""Whether networks have learned anything: their accuracy beside that of one answer for all images [singh, Table 1]."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping

import torch

from mtlcore import data
from mtlcore.recipes import Evidence
from mtlcore.recipes.singh import evaluation, inspection
from mtlcore.recipes.singh.config import Config
from mtlcore.report.block import Block, prose, table
from mtlcore.report.distinctiveness.evidence import SOURCES, TASK_NAMES, TASKS, budget
from mtlcore.report.measures import metric
from mtlcore.report.pairing import seeds_of
from mtlcore.report.tables import NAMES
from mtlcore.report.verdicts import listed

ARMS = {"dprune": "pruned (%)", "baseline": "built small (%)"}
STUDIES = ("table-1", "table-2", "table-3", "width", "single-tasks", "alternatives", "dropout-unpruned")  # asked here
LIMITS = ("train_images", "test_images", "vehicles")


def constants(evidence: Evidence) -> dict[str, float]:
    """Accuracy of always guessing the class that is commonest in training, on the test images of the runs, %, by task.

    Where the images are not at hand, of the tasks whose classes the runs have counted.
    """
    config = next((record.config for record in evidence.records), None)
    if config is None:
        return {}
    if config["source"] == "twin" or data.source_of("vehiclex", "auto") == "real":
        limits = [int(config.get(name, getattr(Config, name))) for name in LIMITS]
        return inspection.constant(str(config["source"]), *limits)
    found = {}
    for record in evidence.records:
        for task in (task for task in TASKS if f"test_count_{task}" in record.curves):
            sides = (torch.tensor(record.curves[f"{split}_count_{task}"]) for split in ("train", "test"))
            found[task] = evaluation.constant(*sides)
    return found


def accuracies(evidence: Evidence) -> dict[str, float]:
    """Mean accuracy of all runs of a study by task, %; of Table 1 that of both arms."""
    found = {}
    for task in TASKS:
        arms = [value for arm in ARMS for value in metric(evidence, f"{task}/{arm}", "accuracy")]
        own = [
            record.metrics[f"accuracy_{task}"] for record in evidence.records if f"accuracy_{task}" in record.metrics
        ]
        if values := arms or own:
            found[task] = statistics.fmean(values)
    return found


def unlearned(evidence: Evidence | None) -> list[str]:
    """The tasks in which the runs of a study are no better, on average, than one answer for all images."""
    if evidence is None:
        return []
    least = constants(evidence)
    return [task for task, value in accuracies(evidence).items() if value <= least.get(task, -1.0)]


def unlearned_words(evidence: Evidence) -> str:
    """In which tasks the networks of some runs have learned nothing that shows; nothing where they have in all."""
    tasks = [TASK_NAMES[task] for task in unlearned(evidence)]
    if not tasks:
        return ""
    return f"The networks of the *{evidence.profile}* runs are not above one answer for all images in {listed(tasks)}."


def poor(runs: Mapping[str, Evidence | None]) -> dict[str, list[str]]:
    """The tasks, in words, in which runs are no better than one answer for all: profile -> tasks, if any."""
    found: dict[str, dict[str, None]] = {}
    for study in STUDIES:
        if evidence := runs.get(study):
            found.setdefault(evidence.profile, {}).update(dict.fromkeys(unlearned(evidence)))
    return {profile: [TASK_NAMES[task] for task in TASKS if task in tasks] for profile, tasks in found.items() if tasks}


def constant_table(runs: Iterable[Evidence | None]) -> Block:
    """Table 1 beside what one answer for all images reaches, for each of some runs; and what this means for them."""
    body: list[list[str]] = []
    told = []
    shown = list(filter(None, runs))
    data_of = dict.fromkeys(f"{SOURCES.get(one.source, one.source)}, {NAMES[one.variant]}" for one in shown)
    for evidence in shown:
        least = constants(evidence)
        body.append([f"{evidence.profile}, {seeds_of(evidence)}"])
        for task in (task for task in TASKS if task in accuracies(evidence)):
            arms = [metric(evidence, f"{task}/{arm}", "accuracy") for arm in ARMS]
            cells = [f"{statistics.fmean(values):.1f}" if values else "–" for values in arms]
            body.append([TASK_NAMES[task], f"{least[task]:.1f}" if task in least else "–", *cells])
        told.append(_told(evidence))
    if not body:
        return Block("")
    caption = "Accuracy beside that of always guessing the class that is commonest in training, on the same test images"
    origin = "; ".join([*data_of, *(f"{one.profile}: {budget(one)}" for one in shown)])
    header = ["", "always the commonest class (%)", *ARMS.values()]
    return table(header, body, caption=f"{caption} ({origin}).", name="tbl-singh-constant") + prose(" ".join(told))


def _told(evidence: Evidence) -> str:
    seeds = seeds_of(evidence)
    tasks = [TASK_NAMES[task] for task in unlearned(evidence)]
    if not tasks:
        return f"The networks of the {evidence.profile} runs ({seeds}) are above one answer for all in every task."
    return (
        f"The networks of the {evidence.profile} runs ({seeds}) are not above one answer for all in {listed(tasks)}: "
        "there they have learned nothing that shows, and which of two is ahead says nothing about the methods."
    )
