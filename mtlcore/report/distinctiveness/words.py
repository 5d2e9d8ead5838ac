"""The first words of the chapter, and what it runs on, computed from its runs [singh]."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mtlcore import claims
from mtlcore.claims import FEWEST_SEEDS, Judgement, Verdict, interval
from mtlcore.recipes import Evidence
from mtlcore.recipes.singh.config import BUDGETS, Config
from mtlcore.report.block import Block, prose, result
from mtlcore.report.distinctiveness.constant import poor, unlearned, unlearned_words
from mtlcore.report.distinctiveness.evidence import (
    BACKBONES,
    HIDDEN,
    SHORT,
    means,
    name,
    train_images,
    where,
)
from mtlcore.report.distinctiveness.tasks import ROWS
from mtlcore.report.distinctiveness.width import SAME, correlations, recorded_words
from mtlcore.report.measures import judged, kept, partly_recorded
from mtlcore.report.origin import topic, unrecorded
from mtlcore.report.pairing import gap, paired, seeds_of, shared_means, signed, span, study_names
from mtlcore.report.verdicts import badge, counted, listed

Runs = Mapping[str, Evidence | None]


def headline(runs: Runs) -> Block:
    """The result in a few sentences, from the largest runs at hand: study -> its runs."""
    found = judged(SHORT, kept(runs))
    told = counted(one.verdict for one in found.values())
    on = ", on recorded runs" if partly_recorded(runs) else ""
    first = (
        _small(runs, found),
        _backbones(runs, found),
        _tasks(runs, found),
        f"**Claims.** Of the document's {len(found)} claims{on}: {told}.",
        _data(runs),
    )
    more = (_width(runs), _parts(runs, found))
    return result(first, more, lead=" ".join(filter(None, (_lead(runs), _sizes(found)))))


def _lead(runs: Runs) -> str:
    """Whether pruning to a size is as good as building at it, in everyday words chosen by the interval."""
    evidence = runs.get("table-1")
    values = paired(evidence, "average/dprune", "average/baseline", "accuracy") if evidence else []
    if evidence is None or len(values) < FEWEST_SEEDS:
        return ""
    if unlearned(evidence):
        return "The networks of this page have learned too little to say whether pruning beats building small."
    mean, low, high = interval(values)
    if low > 0:
        return (
            "Pruning a wide layer down makes a better network than building it small: "
            f"{mean:.1f} points of accuracy, {low:.1f} to {high:.1f} with 95 % confidence."
        )
    if high < 0:
        return (
            "Building a layer small makes a better network than pruning it down: "
            f"{-mean:.1f} points of accuracy, {-high:.1f} to {-low:.1f} with 95 % confidence."
        )
    within = max(-low, high)
    test = next(claim.test for claim in claims.load(SHORT).claims if claim.id == "on-par-accuracy")
    if test and test.margin is not None and within <= test.margin:
        return (
            "Pruning a layer to a size is as good as building it at that size, to within "
            f"{within:.1f} points with 95 % confidence."
        )
    return (
        "Pruning a layer to a size is neither surely better nor surely worse than building it at that size: "
        f"with 95 % confidence they lie within {within:.1f} points of each other."
    )


def _sizes(found: Mapping[str, Judgement]) -> str:
    """Whether small backbones leave less to prune, by the verdict and its pairs."""
    judgement = found["efficient-uses-more"]
    known = {
        Verdict.HOLDS: "Behind small, efficient backbones there is less to prune than behind large ones.",
        Verdict.DIRECTION: "On average there is less to prune behind small, efficient backbones; it is not settled.",
        Verdict.UNTESTABLE: "Whether there is less to prune behind small backbones, our runs cannot tell yet.",
    }
    if judgement.verdict in known:
        return known[judgement.verdict]
    pairs = judgement.outcomes
    against = [one for one in pairs if one.verdict in (Verdict.DIFFERS, Verdict.CLEARLY)]
    clear = sum(one.verdict is Verdict.CLEARLY for one in pairs)
    more = [-one.difference.mean for one in against if one.difference]
    if clear == len(pairs):
        return (
            "Behind the small EfficientNets there is more to prune than behind large backbones, not less: "
            f"{span(more, 0)} % of the layer more."
        )
    words = "there is not always less to prune behind a small, efficient backbone than behind a large one"
    if len(against) == len(pairs):
        words = "there is more to prune behind the small EfficientNets than behind large backbones"
    settled = f"in {clear} of {len(pairs)} pairs there is clearly more" if clear else "it is not settled"
    return f"On average {words}; {settled}."


def _data(runs: Runs) -> str:
    known = {study: one for study, one in runs.items() if one}
    if not any(one.source == "twin" for one in known.values()):
        return f"**Caution.** {_caution(known)}" if _caution(known) else ""
    records = [record for one in known.values() for record in one.records]
    thin = any(str(record.config.get("backbone", "")).startswith("thin ") for record in records)
    nets = "; the networks are thin siblings of the six backbones, without ImageNet weights" if thin else ""
    return (
        "**Data.** The VehicleX images are not at hand: the runs behind these lines are on "
        f"{_from(known)}{nets}. {_caution(known)}{_comparable(known)}"
    )


def _from(known: Mapping[str, Evidence]) -> str:
    """Where the runs are from: what most studies have in common, and the studies that are from elsewhere."""
    groups: dict[tuple[str, str, str], dict[str, Evidence]] = {}
    for study, one in known.items():
        groups.setdefault((one.source, one.variant, one.profile), {})[study] = one
    most, *others = sorted(groups.values(), key=len, reverse=True)
    told = [f"{study_names(group)} from {where(*group.values())}" for group in others]
    return "; ".join([where(*most.values()), *told])


def _caution(runs: Runs) -> str:
    """Which runs have learned nothing that shows; nothing where all have."""
    told = "; ".join(f"the *{profile}* runs in {listed(tasks)}" for profile, tasks in poor(runs).items())
    if not told:
        return ""
    return (
        f"Some networks are no better than always guessing the commonest class: {told}. "
        "Which of two such networks is ahead says nothing. "
    )


def _comparable(runs: Runs) -> str:
    low = poor(runs)
    if not low:
        return "Orderings can be compared with the document's, sizes cannot."
    if any(one and one.profile not in low for one in runs.values()):
        return "Of the other runs orderings can be compared with the document's, sizes cannot."
    return ""


def _small(runs: Runs, found: Mapping[str, Judgement]) -> str:
    evidence = runs.get("table-1")
    if evidence is None:
        return ""
    rows = ("average/dprune", "average/baseline")
    left, means_of = (shared_means(evidence, rows, measure) for measure in ("final_hidden", "accuracy"))
    if not left or not means_of:
        return ""
    change = gap(evidence, "average/dprune", "average/baseline", "accuracy", 1)
    return (
        f"{topic('Prune, or build small.', evidence)} Pruned from {HIDDEN} nodes to {left[0]:.0f} the network has "
        f"{means_of[0]:.1f} % average accuracy, built with as many from the start {means_of[1]:.1f} % ({change} points "
        "paired by seed). "
        f"Pruning is better on every task: {badge(found['dprune-beats-direct'].verdict)}."
    )


def _backbones(runs: Runs, found: Mapping[str, Judgement]) -> str:
    evidence = runs.get("table-2")
    left = means(evidence, "feature_utilization")
    if len(left) < 2:
        return ""
    order = sorted(left, key=lambda row: -left[row])
    told = ", ".join(f"{name(row)} {left[row]:.0f} %" for row in order)
    return (
        f"{topic('What is left of the layer.', evidence)} {told}. EfficientNets keep more than larger backbones: "
        f"{badge(found['efficient-uses-more'].verdict)}; the share falls with size, step by step: "
        f"{badge(found['utilization-falls-with-size'].verdict)}; small backbones are as accurate as large ones: "
        f"{badge(found['on-par-accuracy'].verdict)}.{_themselves(runs)}"
    )


def _themselves(runs: Runs) -> str:
    """The backbones themselves, where these are recorded."""
    evidence = runs.get("real-backbones")
    used = means(evidence, "feature_utilization")
    if evidence is None or not used:
        return ""
    told = ", ".join(f"{name(row)} {value:.0f} %" for row, value in sorted(used.items(), key=lambda pair: -pair[1]))
    return f" With the backbones themselves ({where(evidence)}): {told}."


def _width(runs: Runs) -> str:
    evidence = runs.get("width")
    if evidence is None or not means(evidence, "feature_utilization", side=SAME):
        return ""
    related = {key: value for key, value in correlations(evidence).items() if value == value}  # NaN left out
    told = [
        f"{signed(related[key])} with {words}"
        for key, words in (
            ("size", "the parameters of the network that ran"),
            ("counted", "those of its backbone with a head for ImageNet"),
            ("width", "the number of features it hands over"),
            ("held", "the parameters of the network where all hand over as many"),
        )
        if key in related
    ]
    if not told:
        return ""
    size = runs.get("table-2")
    notes = " ".join(filter(None, (unlearned_words(evidence), recorded_words(evidence, size))))
    return (
        f"{topic('Backbone or width?', evidence)} Over the {len(BACKBONES)} backbones the rank correlation of "
        f"utilization is {', '.join(told)}. {notes}"
    ).strip()


def _tasks(runs: Runs, found: Mapping[str, Judgement]) -> str:
    evidence = runs.get("table-3")
    left = shared_means(evidence, ROWS, "final_hidden") if evidence else []
    alone = means(runs.get("single-tasks"), "final_hidden", ("color", "type", "vehicle", "camera"))
    if not left:
        return ""
    nodes = ", ".join(f"{value:.0f}" for value in left)
    words = (
        f"{topic('More tasks, less to prune?', evidence)} With one to four tasks {nodes} "
        f"nodes are left; less can go with each task: {badge(found['tasks-reduce-compression'].verdict)}."
    )
    if len(alone) > 1:
        other = runs.get("single-tasks")
        runs_of = [unrecorded(one) if one else "" for one in (other, evidence)]
        of = f" *({runs_of[0]})*" if runs_of[0] and runs_of[0] != runs_of[1] else ""
        words += f" One task alone{of} leaves {span(list(alone.values()), 0)}, depending on which."
    return words


def _parts(runs: Runs, found: Mapping[str, Judgement]) -> str:
    told = {
        "outputs-kept": "Moving a node's weights keeps the outputs closer",
        "merge-beats-remove-both": "merging opposing nodes beats removing both",
        "angle-grows": "the smallest angle grows",
        "pcgrad-fewer-conflicts": "surgery leaves fewer conflicts",
        "mining-helps-imbalance": "mining helps against imbalance",
        "dropout-lowers-utilization": "dropout lowers utilization",
    }
    if not any(runs.values()):
        return ""
    return f"**The parts.** {'; '.join(f'{words}: {badge(found[id].verdict)}' for id, words in told.items())}."


def departures_words(*runs: Evidence) -> Block:
    """Where runs leave the text on purpose, and why; of several of one profile, the first."""
    shown = {one.profile: one for one in reversed(runs)}
    configs = {profile: one.records[0].config for profile, one in shown.items()}
    late = {profile: one for profile, one in configs.items() if int(one.get("prune_from", 1)) > 1}
    anew = {profile: one for profile, one in configs.items() if one.get("statistics") == "estimated"}
    random = {profile: "" for profile, one in configs.items() if one.get("weights") == "none"}
    parts = []
    if late:
        first = _by_profile({name: f"{one['prune_from']} of {one['epochs']}" for name, one in late.items()}, configs)
        parts.append(
            f"""Pruning begins at the end of epoch {first}, not of the first: the hidden nodes of a network that starts
            from random weights are much alike before it has learned anything; a reading further down prunes from the
            start."""
        )
    if anew:
        images = _by_profile({name: f"{int(one['angle_images']):,}" for name, one in anew.items()}, configs)
        parts.append(
            f"""After every epoch the means and variances of all batch normalisation are *estimated* anew over training
            images, at most {images}, and validation, test and angles use these: running averages lag behind the
            weights by tens of steps, which is much of an epoch here."""
        )
    if random:
        parts.append(f"The backbones start from random weights{_by_profile(random, configs)}, not from ImageNet's.")
    if not parts:
        return prose("Pruning begins after the first epoch, and normalisation keeps its running averages, as written.")
    told = "; ".join(f"{profile}, {seeds_of(one)}" for profile, one in shown.items())
    return prose(
        f"**Where runs leave the text** ({told}). {' '.join(' '.join(parts).split())} "
        "At the profile `full` none of this is so."
    )


def _by_profile(told: Mapping[str, str], every: Collection[str]) -> str:
    """A setting in words by profile; once without the profiles where it is the same at every one of them."""
    if len(told) == len(every) and len(set(told.values())) == 1:
        return next(iter(told.values()))
    return listed(f"{words} at *{profile}*" for profile, words in told.items())


def data_words(evidence: Evidence) -> Block:
    """Where the images come from, and how far these runs are from the document's."""
    config = evidence.records[0].config
    notes = sorted({str(record.provenance["data"]) for record in evidence.records if "data" in record.provenance})
    absent = (
        """**No VehicleX image is here.** The images were a course package whose terms are not stated, so that we
        neither fetch them nor hand them on. The runs below take the *twin*: vehicles rendered on the spot, with eleven
        types of body, twelve colours, as many individuals and cameras, and the class sizes that are known of the
        originals. A twin's accuracy says nothing about the document's accuracy; which of two methods is ahead may.
        """
        if evidence.source == "twin"
        else ""
    )
    fewer = listed(f"*{profile}* {one['vehicles']}" for profile, one in BUDGETS.items() if "vehicles" in one)
    return prose(
        f"""{absent}The images: {" | ".join(notes) or evidence.source}.
        Each network sees {train_images(evidence.records[0]):,} training images of {config["size"]}×{config["size"]}
        pixels in {config["epochs"]} epochs (the document: {Config.train_images:,} of {Config.size}×{Config.size} in
        {Config.epochs}), in batches of {config["batch_size"]}, a number that it does not print.
        Smaller profiles take fewer vehicles, so that each has several images: {fewer} of {Config.vehicles:,}.
        With the package's folder `vehicle-x_v2` in the data root, the same cells read the real images."""
    )
