"""The first words of the chapter, and what it runs on, computed from its runs [singh]."""

from __future__ import annotations

from collections.abc import Mapping

from mtlcore.claims import Judgement
from mtlcore.recipes import Evidence
from mtlcore.recipes.singh.config import Config
from mtlcore.report.block import Block, prose, result
from mtlcore.report.distinctiveness.evidence import BACKBONES, HIDDEN, SHORT, means, name, train_images, where
from mtlcore.report.distinctiveness.width import SAME, correlations
from mtlcore.report.measures import judged, kept, mean, partly_recorded
from mtlcore.report.pairing import gap, origins, signed, span
from mtlcore.report.verdicts import badge, counted

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
    return result(first, more)


def _data(runs: Runs) -> str:
    known = {study: one for study, one in runs.items() if one}
    if not any(one.source == "twin" for one in known.values()):
        return ""
    records = [record for one in known.values() for record in one.records]
    thin = any(str(record.config.get("backbone", "")).startswith("thin ") for record in records)
    nets = " and with thin siblings of the six backbones, without ImageNet weights" if thin else ""
    return (
        "**Data.** The VehicleX images are not at hand: the runs behind these lines are on "
        f"{origins(known, where)}{nets}. Orderings can be compared with the document's, sizes cannot."
    )


def _small(runs: Runs, found: Mapping[str, Judgement]) -> str:
    evidence = runs.get("table-1")
    left = mean(evidence, "average/dprune", "final_hidden")
    means_of = [mean(evidence, f"average/{arm}", "accuracy") for arm in ("dprune", "baseline")]
    if evidence is None or left is None or means_of[0] is None or means_of[1] is None:
        return ""
    change = gap(evidence, "average/dprune", "average/baseline", "accuracy", 1)
    return (
        f"**Prune, or build small.** Pruned from {HIDDEN} nodes to {left:.0f} the network has {means_of[0]:.1f} % "
        f"average accuracy, built with as many from the start {means_of[1]:.1f} % ({change} points paired by seed). "
        f"Pruning is better on every task: {badge(found['dprune-beats-direct'].verdict)}."
    )


def _backbones(runs: Runs, found: Mapping[str, Judgement]) -> str:
    left = means(runs.get("table-2"), "feature_utilization")
    if len(left) < 2:
        return ""
    order = sorted(left, key=lambda row: -left[row])
    told = ", ".join(f"{name(row)} {left[row]:.0f} %" for row in order)
    return (
        f"**What is left of the layer.** {told}. EfficientNets keep more than larger backbones: "
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
            ("size", "the backbone's size"),
            ("width", "the number of features it hands over"),
            ("held", "its size where all hand over as many"),
        )
        if key in related
    ]
    if not told:
        return ""
    return (
        f"**Backbone or width?** Over the {len(BACKBONES)} backbones the rank correlation of utilization is "
        f"{', '.join(told)}."
    )


def _tasks(runs: Runs, found: Mapping[str, Judgement]) -> str:
    left = means(runs.get("table-3"), "final_hidden", tuple(f"tasks-{count}" for count in range(1, 5)))
    alone = means(runs.get("single-tasks"), "final_hidden", ("color", "type", "vehicle", "camera"))
    if len(left) < 4:
        return ""
    words = (
        f"**More tasks, less to prune.** With one to four tasks {', '.join(f'{value:.0f}' for value in left.values())} "
        f"nodes are left; less can go with each task: {badge(found['tasks-reduce-compression'].verdict)}."
    )
    if len(alone) > 1:
        words += f" One task alone leaves {span(list(alone.values()), 0)}, depending on which."
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


def data_words(evidence: Evidence) -> Block:
    """Where the images come from, and how far these runs are from the document's."""
    config = evidence.records[0].config
    notes = sorted({str(record.provenance["data"]) for record in evidence.records if "data" in record.provenance})
    absent = (
        """**No VehicleX image is here.** The images were a course package without stated terms; a program cannot fetch
        them and nobody may hand them on. The runs below take the *twin*: vehicles rendered on the spot, with eleven
        types of body, twelve colours, as many individuals and cameras, and the class sizes that are known of the
        originals. A twin's accuracy says nothing about the document's accuracy; which of two methods is ahead may.
        """
        if evidence.source == "twin"
        else ""
    )
    return prose(
        f"""{absent}The images: {" | ".join(notes) or evidence.source}.
        Each network sees {train_images(evidence.records[0]):,} training images of {config["size"]}×{config["size"]}
        pixels in {config["epochs"]} epochs (the document: {Config.train_images:,} of {Config.size}×{Config.size} in
        {Config.epochs}), in batches of {config["batch_size"]}, a number that it does not print.
        With the package's folder `vehicle-x_v2` in the data root, the same cells read the real images."""
    )
