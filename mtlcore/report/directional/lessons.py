"""What a reader of the chapter takes home, computed from its runs [ge]."""

from __future__ import annotations

from mtlcore import claims
from mtlcore.nets.two_task import HIDDEN
from mtlcore.report.block import Block
from mtlcore.report.directional.evidence import SHORT, bullets, gaps, shared_means
from mtlcore.report.directional.noise import within_repetitions
from mtlcore.report.directional.words import Runs
from mtlcore.report.measures import judged, kept
from mtlcore.report.verdicts import badge


def lessons(runs: Runs) -> Block:
    """What a reader takes home, with the verdicts behind it: study -> its runs."""
    found = judged(SHORT, kept(runs))
    by_id = {claim.id: claim for claim in claims.load(SHORT).claims}

    def verdicts(*ids: str) -> str:
        return "; ".join(f"*{by_id[id].says.rstrip('.')}*: {badge(found[id].verdict)}" for id in ids)

    within, every = within_repetitions()
    return bullets(
        [
            "**Look at the angles before the accuracy.** A threshold means nothing until one knows which angles there "
            "are. Positive vectors are never opposite, and vectors of hundreds of weights are nearly perpendicular."
            f"{_one_angle(runs)} {verdicts('narrow-threshold-better')}.",
            "**Give both sides the same epochs.** A network that is trained, pruned and trained again needs a control "
            f"that is trained as long{_twice_the_epochs(runs)}. {verdicts('wm-beats-baseline', 'wm-beats-nb')}.",
            f"**A number without a spread is an anecdote.** {within} of the document's {every} differences from its "
            "baseline are no larger than the widest gap between its own two printings of one setting. "
            f"{verdicts('wm-beats-dropout', 'nb-worst')}.",
            "**Overfitting is measured, not supposed.** The gap between validation and training loss is a number. "
            f"{verdicts('less-overfitting', 'nb-overfits-most')}.",
            "**Ask what a fitness rewards.** A sum of distances between kept and dropped features keeps copies "
            f"together; a random half is the yardstick. {verdicts('ga-helps-type', 'ga-keeps-colour')}.",
            "**Prune where the weight is.** Units of the last hidden layer are a small part of this network, and a "
            "mask sheds no parameter at all.",
        ]
    )


def _one_angle(runs: Runs) -> str:
    """What one fixed angle takes, measured from two places."""
    evidence = runs.get("alternatives")
    gone = shared_means(evidence, ("nb-centre", "nb-origin"), "neurons_pruned") if evidence else []
    if not gone:
        return ""
    return (
        f" In our runs 30° takes {gone[0]:.0f} of {HIDDEN[-1]} units measured from the middle and {gone[1]:.0f} "
        "measured from the origin."
    )


def _twice_the_epochs(runs: Runs) -> str:
    """What twice the epochs give without pruning."""
    evidence = runs.get("alternatives")
    if not evidence or not evidence.rows.get("baseline-twice"):
        return ""
    return f"; in our runs twice the epochs alone give {gaps(evidence, 'baseline-twice', 'baseline')}"
