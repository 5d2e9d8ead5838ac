"""The four contributions that the document lists, and the claims that put each to the test [singh, Section 1]."""

from __future__ import annotations

from mtlcore import claims
from mtlcore.claims import Verdict
from mtlcore.report.block import Block, prose, table
from mtlcore.report.distinctiveness.angles import against_words
from mtlcore.report.distinctiveness.evidence import SHORT
from mtlcore.report.distinctiveness.words import Runs
from mtlcore.report.measures import judged, kept
from mtlcore.report.verdicts import badge

# in our words, with the claims that say something about each
CONTRIBUTIONS = {
    "Distinctiveness pruning is effective for compressing a multi-task network step by step.": (
        "dprune-beats-direct",
        "layer-shrinks",
        "outputs-kept",
        "merge-beats-remove-both",
        "pcgrad-fewer-conflicts",
        "mining-helps-imbalance",
    ),
    "With each task added the network learns more diverse features, and the final one is more efficient.": (
        "tasks-reduce-compression",
        "angle-grows",
    ),
    "Such pruning explains how small, efficient backbones perform.": (
        "utilization-falls-with-size",
        "efficient-more-distinct",
        "dropout-lowers-utilization",
        "utilization-explains",
    ),
    "Ever smaller backbones are on par with larger ones because they use what they learn better.": (
        "on-par-accuracy",
        "efficient-uses-more",
        "utilization-explains",
    ),
}


def contribution_table(runs: Runs) -> Block:
    """What the document lists as its contributions: the claims behind each, with the verdicts on the largest runs.

    Args:
        runs: study -> its runs.
    """
    found = judged(SHORT, kept(runs))
    by_id = {claim.id: claim for claim in claims.load(SHORT).claims}
    rows = []
    for number, (says, ids) in enumerate(CONTRIBUTIONS.items(), 1):
        told = "; ".join(f"{by_id[id].says.rstrip('.')} {badge(found[id].verdict)}" for id in ids)
        held = sum(found[id].verdict is Verdict.HOLDS for id in ids)
        rows.append([f"{number}. {says}", told, f"{held} of {len(ids)}"])
    header = ["contribution", "claims behind it", "that hold"]
    caption = "The contributions that the document lists in Section 1, in our words, and the claims that test them."
    against = against_words(runs.get("angles"), runs.get("table-2"))
    number = next(n for n, ids in enumerate(CONTRIBUTIONS.values(), 1) if "efficient-more-distinct" in ids)
    told = f"On contribution {number}: {against[0].lower()}{against[1:]}" if against else ""
    return table(header, rows, caption=caption, name="tbl-singh-contributions", words=True) + prose(
        "A contribution is no more than its claims: one that no run can test keeps it open, whatever the others say. "
        f"{told}".rstrip()
    )
