"""What a reader of the chapter takes home, computed from its runs [upadhyay]."""

from __future__ import annotations

from mtlcore import claims
from mtlcore.recipes.upadhyay.studies import TARGETS
from mtlcore.report.block import Block
from mtlcore.report.measures import judged, kept, mean
from mtlcore.report.pairing import bullets
from mtlcore.report.sparsity.confound import split, untrained, untrained_short
from mtlcore.report.sparsity.evidence import ALL, MEASURES, SHORT, STRONG, Runs
from mtlcore.report.sparsity.penalty import short_words
from mtlcore.report.sparsity.target import NAMES, wanted_of
from mtlcore.report.verdicts import badge


def lessons(runs: Runs) -> Block:
    """What a reader takes home, with the verdicts behind it: study -> its runs."""
    found = judged(SHORT, kept(runs))
    by_id = {claim.id: claim for claim in claims.load(SHORT).claims}

    def verdicts(*ids: str) -> str:
        return "; ".join(f"*{by_id[id].says.rstrip('.')}*: {badge(found[id].verdict)}" for id in ids)

    return bullets(
        [
            "**Change one thing.** A dense row that is trained by another optimiser measures the optimiser too"
            f"{_optimiser(runs)}. {verdicts('nyu-multi-sparse-beats-dense', 'nyu-single-sparse-beats-dense')}.",
            "**A proximal operator has a metric.** λ means nothing without it, and without learning rate, steps and "
            f"size. {verdicts('seventy-percent', 'sparsity-grows', 'collapse')}.",
            f"**Ask for a sparsity, not for a λ.** A controller leads λ while it trains{_misses(runs)}.",
            "**Look at all of the path, down to the empty network.** That two λ score alike says little where an empty "
            f"backbone scores nearly the same. {verdicts('performance-stable', 'performance-peaks')}.",
            "**A zero is not a saving.** Time falls where something is taken out, and residual sums keep much"
            f"{_time(runs)}. {verdicts('faster-inference')}.",
            f"**Compare kinds of sparsity at one sparsity.** One λ each compares two λ{_shares(runs)}. "
            f"{verdicts('group-beats-l1', 'l1-keeps-groups')}.",
            "**Together is not better or worse; it depends on which tasks.** "
            f"{verdicts('dense-single-beats-multi', 'sparse-multi-beats-single', 'normal-depth-best-pairing')}.",
            "**Set a constant answer beside every accuracy.** A classifier that never learnt says nothing about "
            f"sparsity. {verdicts('segmentation-helps-male', 'smile-unchanged')}; "
            f"{verdicts('celeba-segmentation-sparse-beats-dense', 'celeba-classification-sparse-beats-dense')}.",
        ]
    )


def _optimiser(runs: Runs) -> str:
    evidence, path = runs.get("confound"), runs.get("lambda-path")
    if evidence and path and untrained(evidence, path):
        return (
            " (here the published one learns nothing at our learning rate, and any row beside it looks good: "
            f"{untrained_short(evidence, path)} of an answer that ignores the image)"
        )
    parts = {words: split(evidence, ALL, key) for key, words in MEASURES.items()} if evidence else {}
    told = [f"{words} {part[0]:+.3f}" for words, part in parts.items() if part]
    return f" (here, with all three tasks: {', '.join(told).replace('-', '−')})" if told else ""


def _misses(runs: Runs) -> str:
    """What the controller was to reach, and what it did, mean of the seeds."""
    evidence = runs.get("target")
    told = []
    for row in TARGETS:
        found = mean(evidence, row, wanted_of(row)[0])
        if found is not None:
            told.append(f"{NAMES[row]}: {found:.0f} %")
    return f" (wanted and got here: {'; '.join(told)})" if told else ""


def _shares(runs: Runs) -> str:
    told = short_words(runs.get("penalty"))
    return f" (here {told})" if told else ""


def _time(runs: Runs) -> str:
    values = [mean(runs.get("lambda-path"), f"l{STRONG}", key) for key in ("parameter_sparsity", "compact_macs")]
    if values[0] is None or values[1] is None:
        return ""
    return f" ({values[0]:.0f} % of the weights zero here, {values[1]:.0f} % of the multiplications left)"
