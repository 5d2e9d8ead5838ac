"""Table 2 against constant answers, and why its classifiers stay there [upadhyay, Table 2]."""

from __future__ import annotations

import math

from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay.inspection import Priors
from mtlcore.recipes.upadhyay.studies import FACES
from mtlcore.report.block import Block, prose
from mtlcore.report.measures import mean
from mtlcore.report.origin import unrecorded
from mtlcore.report.pairing import span
from mtlcore.report.sparsity.evidence import STRONG, printed, tasks_name

NEAR = 0.02  # of accuracy, to a constant answer
STRENGTHS = ("0", STRONG)


def printed_accuracies(task: str) -> dict[str, float]:
    """The printed accuracies of an attribute by row."""
    rows = [f"{tasks}_{strength}" for tasks in FACES if task in tasks.split("_") for strength in STRENGTHS]
    found = {row: printed("table-2", row, f"accuracy_{task}") for row in rows}
    return {row: value for row, value in found.items() if value is not None}


def sigmoid(x: float) -> float:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + math.exp(-x))


def steepest() -> float:
    """The largest gradient, by its input, of the loss behind two sigmoids; behind one it is 1.

    >>> round(steepest(), 2)
    0.16
    """
    inner = [step / 1000 for step in range(1001)]  # the first sigmoid's output, over all inputs
    return max(s * (1 - s) * max(sigmoid(s), 1 - sigmoid(s)) for s in inner)


def faces_words(evidence: Evidence, priors: Priors) -> Block:
    """How far the printed and our accuracies are from answering always the same, and what two sigmoids allow."""
    smile = printed_accuracies("smile")
    male = printed_accuracies("male")
    alone = [value for row, value in male.items() if not row.startswith("seg")]
    low, high = sigmoid(0.0), sigmoid(1.0)
    return prose(
        f"""A constant answer is right on {100 * priors.male:.0f} % of our test faces for male/female and on
        {100 * priors.smile:.0f} % for smile.
        The {len(smile)} printed smile accuracies are {span(list(smile.values()), 4)}, one of them of a backbone
        that is entirely zero; male/female without segmentation is printed as {span(alone, 4)}.
        The published classifier ends in a sigmoid and hands its output to a loss that applies another: what the loss
        sees lies between {low:.2f} and {high:.2f}, so that a face that smiles costs at least {-math.log(high):.2f}
        nats and one that does not at least {-math.log(1 - low):.2f}, however sure the network is.
        {_ours(evidence, priors)}"""
    )


def _ours(evidence: Evidence, priors: Priors) -> str:
    """Which of our classifiers are better than a constant answer."""
    learnt: list[str] = []
    constant: list[str] = []
    for task, prior in (("male", priors.male), ("smile", priors.smile)):
        for tasks in (one for one in FACES if task in one.split("_")):
            for strength in STRENGTHS:
                value = mean(evidence, f"{tasks}_{strength}/{task}", "accuracy")
                if value is not None:
                    words = f"{task} in {tasks_name(tasks)} at λ = {strength} ({value:.2f})"
                    (learnt if value > prior + NEAR else constant).append(words)
    if not learnt and not constant:
        return ""
    told = f": {', '.join(learnt)}" if learnt else ""
    sigmoids = "two sigmoids, as published" if evidence.variant == "code" else "one sigmoid"
    runs = unrecorded(evidence)
    start = f"In our runs, which are not recorded ones ({runs}), and with {sigmoids}" if runs else f"With {sigmoids}"
    nothing = "" if learnt else " None has learnt its task, so that no comparison of them says anything."
    return (
        f"{start}, {len(learnt)} of our {len(learnt) + len(constant)} classifiers, each a mean of its seeds, are more "
        f"than {100 * NEAR:.0f} points above the constant answer{told}.{nothing}"
    )
