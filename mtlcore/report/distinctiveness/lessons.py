"""What a reader of the chapter takes home, computed from its runs [singh]."""

from __future__ import annotations

from mtlcore import claims
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, percent
from mtlcore.report.distinctiveness.angles import against_words, growth_words
from mtlcore.report.distinctiveness.bounds import break_even, change
from mtlcore.report.distinctiveness.constant import unlearned_words
from mtlcore.report.distinctiveness.evidence import (
    HIDDEN,
    SHORT,
    TASK_NAMES,
    TASKS,
    THRESHOLD,
    means,
)
from mtlcore.report.distinctiveness.words import Runs
from mtlcore.report.measures import judged, kept, mean
from mtlcore.report.origin import unrecorded
from mtlcore.report.pairing import bullets, gap, shared_means
from mtlcore.report.verdicts import badge


def lessons(runs: Runs) -> Block:
    """What a reader takes home, with the verdicts behind it: study -> its runs."""
    found = judged(SHORT, kept(runs))
    by_id = {claim.id: claim for claim in claims.load(SHORT).claims}

    def verdicts(*ids: str) -> str:
        return "; ".join(f"*{by_id[id].says.rstrip('.')}*: {badge(found[id].verdict)}" for id in ids)

    bound = percent(change(THRESHOLD, 1.0, "projection"))
    return bullets(
        [
            f"**A threshold on an angle is a bound on an error.** Within {THRESHOLD:g}° a merge may change what a node "
            f"gave by up to {bound}, if the coefficient minds the lengths; the plain cosine does worse than deletion "
            f"where the survivor is more than {break_even():g} times as long. "
            f"{verdicts('outputs-kept', 'merge-beats-remove-both')}.",
            "**Ask what an activation allows.** Behind a ReLU no two nodes are opposed; half of the "
            f"method then never has anything to do. {_opposing(runs)}".rstrip(),
            "**Compare at the same size, and with the same training.** A pruned network has its control in one that is "
            f"built as small. {verdicts('dprune-beats-direct')}.",
            "**Change one thing.** Six backbones differ in everything at once; the number of features that the pruned "
            "layer reads is one of these things, and can be held fixed. "
            f"{verdicts('efficient-uses-more', 'utilization-falls-with-size', 'on-par-accuracy')}.",
            f"**A number of tasks is not a task.** Which one stands first in the table is a choice{_alone(runs)} "
            f"{verdicts('tasks-reduce-compression')}.",
            "**Measure what pruning has not touched.** A prune takes the smallest angles away, so that runs that never "
            f"prune tell more about what training does. {growth_words(runs.get('angles'))} "
            f"{verdicts('angle-grows', 'efficient-more-distinct')}. "
            f"{against_words(runs.get('angles'), runs.get('table-2'))}".rstrip(),
            "**Test the parts one by one.** "
            f"{verdicts('pcgrad-fewer-conflicts', 'mining-helps-imbalance', 'dropout-lowers-utilization')}. "
            f"{_dropout(runs)}".rstrip(),
        ]
    )


def _opposing(runs: Runs) -> str:
    """How many opposing pairs were pruned without and with a ReLU; nothing without runs."""
    evidence = runs.get("alternatives")
    pairs = [mean(evidence, row, "opposite") for row in ("chosen", "relu-after")]
    if pairs[0] is None or pairs[1] is None:
        return ""
    return (
        f"Pruned here in a run are, on average, {pairs[0]:.0f} opposing pairs without an activation and {pairs[1]:.0f} "
        f"with a ReLU behind the normalisation{_runs(evidence)}."
    )


def _alone(runs: Runs) -> str:
    """How many nodes single tasks leave; that they were not run where they were not."""
    evidence = runs.get("single-tasks")
    left = means(evidence, "final_hidden", TASKS)
    if len(left) < 2:
        return "; each task alone has not been run here yet."
    most, least = max(left, key=left.__getitem__), min(left, key=left.__getitem__)
    return (
        f": alone, {TASK_NAMES[most]} leaves {left[most]:.0f} of {HIDDEN} nodes and {TASK_NAMES[least]} "
        f"{left[least]:.0f}{_runs(evidence)}. {unlearned_words(evidence) if evidence else ''}".rstrip()
    )


def _dropout(runs: Runs) -> str:
    """What dropout does to the smallest angle of networks that are never pruned."""
    evidence = runs.get("dropout-unpruned")
    change = gap(evidence, "dropout", "none", "minimum_angle_last", 1) if evidence else ""
    sides = shared_means(evidence, ("dropout", "none"), "minimum_angle_last") if evidence else []
    if not change or not sides:
        return ""
    return (
        "Whether dropout makes nodes less distinct is another measure: where nothing is pruned, the last smallest "
        f"angle is {sides[0]:.1f}° with it and {sides[1]:.1f}° without, {change}° paired by seed{_runs(evidence)}."
    )


def _runs(evidence: Evidence | None) -> str:
    """Which runs a number is of, where these are not recorded ones."""
    told = unrecorded(evidence) if evidence else ""
    return f" ({told}; not recorded yet)" if told else ""
