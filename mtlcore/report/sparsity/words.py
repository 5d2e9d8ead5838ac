"""The first words of the chapter, computed from its runs [upadhyay]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mtlcore.claims import Judgement
from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay.config import Config
from mtlcore.report.block import Block, result
from mtlcore.report.measures import judged, kept, mean, partly_recorded
from mtlcore.report.pairing import origins, shared_means, span
from mtlcore.report.sparsity.confound import by_sparsity, split, untrained, untrained_short
from mtlcore.report.sparsity.evidence import (
    ALL,
    MEASURES,
    SHORT,
    SPELT,
    STRONG,
    WEAK,
    Runs,
    alike,
    beyond_chance,
    collapsed,
    dataset,
    gains,
    levels,
    measures_of,
    number,
    printed,
    tasks_name,
    where,
)
from mtlcore.report.sparsity.path import emptied, floor_text, time_share
from mtlcore.report.sparsity.penalty import short_words
from mtlcore.report.sparsity.target import FIXED, wanted_of
from mtlcore.report.verdicts import badge, counted, listed

SIZES = {1: "one", 2: "two", 3: "three"}


def headline(runs: Runs) -> Block:
    """The result in a few sentences, from the largest runs at hand: study -> its runs."""
    found = judged(SHORT, kept(runs))
    told = counted(one.verdict for one in found.values())
    on = " (on recorded runs)" if partly_recorded(runs) else ""
    first = (
        _from(runs, "table-1", _sparse(runs, found)),
        _from(runs, "lambda-path", _floor(runs)),
        _from(runs, "table-1", _zeros(runs, found)),
        _from(runs, "lambda-path", _time(runs, found)),
        _from(runs, "confound", _optimiser(runs)),
        f"**Claims.** Of the document's {len(found)} claims{on}: {told}.",
        _data(runs),
    )
    more = (
        _from(runs, "table-1", _tasks(runs, found)),
        _from(runs, "penalty", _penalty(runs, found)),
        _from(runs, "target", _target(runs)),
        _from(runs, "table-2", _faces(runs, found)),
        _from(runs, "table-1", _collapsed(runs)),
    )
    return result(first, more, lead=_lead(runs))


def _lead(runs: Runs) -> str:
    """Two or three everyday sentences: sparse against dense, and both against an answer that ignores the image."""
    evidence, path = runs.get("table-1"), runs.get("lambda-path")
    if evidence is None:
        return ""
    rows = [f"{ALL}_{strength}" for strength in (STRONG, "0")]
    found = beyond_chance(evidence, *rows)
    zeros = mean(evidence, rows[0], "group_sparsity")
    if found is None or zeros is None:
        return ""
    first = (
        f"We train one network on three tasks, dense and under the penalty, on {dataset(evidence)}. "
        f"With {zeros:.0f} % of its channel groups zero, the sparse one {apart(found)}."
    )
    return " ".join(filter(None, (first, _above(path) if path and alike(evidence, path) else "")))


def apart(found: Mapping[str, bool | None]) -> str:
    """What intervals say of the sparse model against the dense one, as the end of a sentence about it."""
    better, worse, neither = (
        [SPELT[key] for key, value in found.items() if value is wanted] for wanted in (True, False, None)
    )
    if not better and not worse:
        return f"cannot be told from the dense one in any of the {SIZES.get(len(found), len(found))} tasks"
    told = [f"is better than the dense one in {listed(better)}"] if better else []
    told += [f"is worse {'' if told else 'than the dense one '}in {listed(worse)}"] if worse else []
    told += [f"cannot be told from it in {listed(neither)}"] if neither else []
    return listed(told)


def _above(path: Evidence) -> str:
    """How far dense and sparse are above an empty backbone, as a share of the way to a perfect answer."""
    floor = emptied(path)
    rows = {"dense": "l0", "sparse": f"l{STRONG}"}
    if floor is None:
        return ""
    low = {name: beyond_chance(path, row, f"l{floor}") for name, row in rows.items()}
    short = [
        f"the {name} one in {listed(SPELT[key] for key, value in found.items() if not value)}"
        for name, found in low.items()
        if found and not all(found.values())
    ]
    ways = [
        way for row in rows.values() for key in MEASURES if (way := way_up(path, row, f"l{floor}", key)) is not None
    ]
    if not ways:
        return ""
    distance = f"{span([100 * way for way in ways], 0)} % of the way from there to a perfect answer"
    if short:
        return (
            f"Against an answer that ignores the image, {listed(short)} is no better by more than chance; over both "
            f"and all tasks the means are {distance}."
        )
    return f"Both are better than an answer that ignores the image, by {distance}."


def way_up(evidence: Evidence, row: str, floor: str, key: str) -> float | None:
    """How much of the way from a floor to a perfect score a row has gone, by its mean; None where either is missing."""
    found = shared_means(evidence, (row, floor), key)
    if not found:
        return None
    value, least = found
    best = 0.0 if key == "mae" else 1.0
    return (value - least) / (best - least)


def _from(runs: Runs, study: str, words: str) -> str:
    """Sentences, and where their runs are from if these are not recorded while others are."""
    evidence = runs.get(study)
    if not words or evidence is None or study in kept(runs):
        return words
    return f"{words} (This run: {where(evidence)}.)"


def _data(runs: Runs) -> str:
    told = origins(runs, where)
    if not told:
        return ""
    first = runs.get("table-1") or runs.get("table-2")
    thin = first is not None and first.records[0].config.get("width", Config.width) != Config.width
    nets = " The backbones are thin siblings of the published one, trained from random weights." if thin else ""
    return f"**Data.** The runs behind these lines: {told}.{nets}"


def _sparse(runs: Runs, found: Mapping[str, Judgement]) -> str:
    evidence = runs.get("table-1")
    rows = [f"{ALL}_{strength}" for strength in (STRONG, "0")]
    if evidence is None or not measures_of(evidence, rows[0]):
        return ""
    told = ", ".join(
        "{} {} sparse and {} dense{}".format(words, *levels(evidence, rows, key), _printed(rows, key))
        for key, words in SPELT.items()
    )
    return (
        f"**Sparse against dense.** {_measured(evidence, rows)}With all three tasks at λ = {STRONG}: {told} (paired "
        f"by seed: {gains(evidence, rows[0], rows[1])}). Every sparse multi-task model beats its dense counterpart: "
        f"{badge(found['nyu-multi-sparse-beats-dense'].verdict)}; also single tasks: "
        f"{badge(found['nyu-single-sparse-beats-dense'].verdict)}."
    )


def _measured(evidence: Evidence, rows: Sequence[str]) -> str:
    """Whether there is a gain, by interval; nothing with one seed."""
    found = beyond_chance(evidence, *rows)
    if found is None:
        return ""
    gained = [MEASURES[key] for key, value in found.items() if value]
    lost = [MEASURES[key] for key, value in found.items() if value is False]
    told = f"A gain beyond chance in {listed(gained)}" if gained else "No measurable gain"
    return f"{told}{f', a loss in {listed(lost)}' if lost else ''}. "


def _printed(rows: Sequence[str], key: str) -> str:
    """What the document prints of rows of Table 1."""
    values = [value for row in rows if (value := printed("table-1", row, key)) is not None]
    return f" (printed: {' and '.join(f'{value:.3f}' for value in values)})" if values else ""


def _collapsed(runs: Runs) -> str:
    evidence = runs.get("table-1")
    rows, count = collapsed(evidence) if evidence else ([], 0)
    if not count:
        return ""
    named = {row: row.rsplit("_", 1) for row in rows}
    which = [f"{tasks_name(tasks)} at λ = {strength}" for tasks, strength in named.values()]
    ends = "ends" if len(rows) == 1 else "end"
    return (
        f"**Collapsed runs.** {len(rows)} of the {count} runs of Table 1 {ends} less than half as good on the "
        f"validation images as at their own best epoch (depth: more than twice its error)"
        f"{f': {listed(which)}' if which else ''}."
    )


def _floor(runs: Runs) -> str:
    evidence = runs.get("lambda-path")
    words = floor_text(evidence) if evidence else ""
    return f"**Is anything learnt?** {words}" if words else ""


def _optimiser(runs: Runs) -> str:
    evidence, path = runs.get("confound"), runs.get("lambda-path")
    if evidence and path and untrained(evidence, path):
        return (
            "**Optimiser or sparsity?** The published code trains dense rows with another optimiser than sparse ones. "
            f"At our learning rate that optimiser learns nothing ({untrained_short(evidence, path)} of an answer that "
            "ignores the image), so that these runs cannot say what it is worth at the document's length. Under one "
            f"optimiser the penalty changes {by_sparsity(evidence, ALL)}."
        )
    parts = {words: split(evidence, ALL, key) for key, words in MEASURES.items()} if evidence else {}
    told = [f"{words} {part[0]:+.3f} and {part[1]:+.3f}" for words, part in parts.items() if part]
    if not told:
        return ""
    return (
        "**Optimiser or sparsity?** The published code trains dense rows with another optimiser than sparse ones. "
        f"Exchanging it alone, and then adding the penalty, changes {', '.join(told).replace('-', '−')}."
    )


def _zeros(runs: Runs, found: Mapping[str, Judgement]) -> str:
    evidence = runs.get("table-1")
    values = [mean(evidence, f"{ALL}_{strength}", "group_sparsity") for strength in (WEAK, STRONG)]
    if values[0] is None or values[1] is None:
        return ""
    told = [printed("table-1", f"{ALL}_{strength}", "group_sparsity") for strength in (WEAK, STRONG)]
    return (
        f"**How sparse.** At λ = {WEAK} and {STRONG}, scaled to the length and size of our runs, {values[0]:.0f} and "
        f"{values[1]:.0f} % of the groups are zero (printed: {told[0]:.0f} and {told[1]:.0f} %). About "
        f"{number('sparsity-headline'):.0f} %: {badge(found['seventy-percent'].verdict)}; sparser with larger λ: "
        f"{badge(found['sparsity-grows'].verdict)}; as good at ten times the λ: "
        f"{badge(found['performance-stable'].verdict)}."
    )


def _time(runs: Runs, found: Mapping[str, Judgement]) -> str:
    row = f"l{STRONG}"
    evidence = runs.get("lambda-path")
    left = mean(evidence, row, "compact_macs")
    times = [time_share(evidence, row, key) for key in ("speedup_masked", "speedup")]
    if left is None or times[0] is None or times[1] is None:
        return ""
    return (
        f"**Time.** The backbone at λ = {STRONG} takes {times[0]:.0f} % of the time of the dense one with its zeros in "
        f"place, and {times[1]:.0f} % with them taken out, {left:.0f} % of the multiplications being left. That each "
        f"step is faster, from λ = 0 to {WEAK} and to {STRONG}: {badge(found['faster-inference'].verdict)}."
    )


def _tasks(runs: Runs, found: Mapping[str, Judgement]) -> str:
    if runs.get("table-1") is None:
        return ""
    return (
        "**Together or alone.** Dense, a task does best alone: "
        f"{badge(found['dense-single-beats-multi'].verdict)}; sparse, the best joint training beats it: "
        f"{badge(found['sparse-multi-beats-single'].verdict)}; normals and depth are the best pair: "
        f"{badge(found['normal-depth-best-pairing'].verdict)}."
    )


def _penalty(runs: Runs, found: Mapping[str, Judgement]) -> str:
    if runs.get("penalty") is None:
        return ""
    told = short_words(runs.get("penalty"))
    return (
        f"**Structured or not.** {f'At the printed λ {told}. ' if told else ''}Led to like shares of zeros, the "
        f"group penalty beats ℓ1: {badge(found['group-beats-l1'].verdict)}; ℓ1 empties fewer channels: "
        f"{badge(found['l1-keeps-groups'].verdict)}."
    )


def _target(runs: Runs) -> str:
    evidence = runs.get("target")
    zeros = shared_means(evidence, ("scheduled_70", FIXED), "group_sparsity") if evidence else []
    if evidence is None or not zeros:
        return ""
    reached, fixed = zeros
    return (
        f"**λ by itself.** Led to {wanted_of('scheduled_70')[1]:g} % of zero groups, λ gives {reached:.0f} %; fixed at "
        f"{STRONG} it gives {fixed:.0f} %. The led against the fixed one: {gains(evidence, 'scheduled_70', FIXED)}."
    )


def _faces(runs: Runs, found: Mapping[str, Judgement]) -> str:
    if runs.get("table-2") is None:
        return ""
    told = {
        "celeba-segmentation-sparse-beats-dense": "sparse multi-task models segment better",
        "celeba-classification-sparse-beats-dense": "and classify better",
        "segmentation-helps-male": "segmentation helps male/female",
        "smile-unchanged": "smile stays as it is",
    }
    return f"**Faces.** {'; '.join(f'{words}: {badge(found[id].verdict)}' for id, words in told.items())}."
