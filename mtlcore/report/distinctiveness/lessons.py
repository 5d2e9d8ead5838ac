"""What a reader of the chapter takes home, computed from its runs [singh]."""

from __future__ import annotations

from mtlcore import claims
from mtlcore.report.block import Block, percent
from mtlcore.report.distinctiveness.angles import growth_words
from mtlcore.report.distinctiveness.bounds import break_even, change
from mtlcore.report.distinctiveness.evidence import SHORT, THRESHOLD
from mtlcore.report.distinctiveness.words import Runs
from mtlcore.report.measures import judged, kept, mean
from mtlcore.report.pairing import bullets
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
            f"gave by {bound}, if the coefficient minds the lengths; the plain cosine does worse than deletion where "
            f"the survivor is over {break_even():g} times as long. "
            f"{verdicts('outputs-kept', 'merge-beats-remove-both')}.",
            "**Ask what an activation allows.** Behind a ReLU no two nodes are opposed"
            f"{_opposing(runs)}; half of the method then waits for nothing.",
            "**Compare at the same size, and with the same training.** A pruned network has its control in one that is "
            f"built as small. {verdicts('dprune-beats-direct')}.",
            "**Change one thing.** Six backbones differ in everything at once; the number of features that the pruned "
            "layer reads is one of these things, and can be held fixed. "
            f"{verdicts('efficient-uses-more', 'utilization-falls-with-size', 'on-par-accuracy')}.",
            "**A number of tasks is not a task.** Which one stands first in the table is a choice. "
            f"{verdicts('tasks-reduce-compression')}.",
            "**Measure what pruning has not touched.** A prune takes the smallest angles away, so that runs that never "
            f"prune tell more about what training does. {growth_words(runs.get('angles'))} "
            f"{verdicts('angle-grows', 'efficient-more-distinct')}.",
            "**Test the parts one by one.** "
            f"{verdicts('pcgrad-fewer-conflicts', 'mining-helps-imbalance', 'dropout-lowers-utilization')}.",
        ]
    )


def _opposing(runs: Runs) -> str:
    """How many opposing pairs were pruned without and with a ReLU; nothing without runs."""
    evidence = runs.get("alternatives")
    pairs = [mean(evidence, row, "opposite") for row in ("chosen", "relu-after")]
    if pairs[0] is None or pairs[1] is None:
        return ""
    return (
        f" (pruned here in the mean run: {pairs[0]:.1f} opposing pairs without an activation, {pairs[1]:.1f} with it)"
    )
