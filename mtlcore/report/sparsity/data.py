"""What the chapter runs on, and how far that is from the document's own [upadhyay, Section 4]."""

from __future__ import annotations

from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay.config import Config
from mtlcore.report.block import Block, prose
from mtlcore.report.sparsity.evidence import dataset


def data_words(rooms: Evidence, faces: Evidence) -> Block:
    """Where both sets come from, and how far these runs are from the document's."""
    notes = [
        " | ".join(sorted({str(one.provenance["data"]) for one in evidence.records if "data" in one.provenance}))
        for evidence in (rooms, faces)
    ]
    config = rooms.records[0].config
    absent = "".join(_absent(evidence, name, bring) for evidence, name, bring in _parts(rooms, faces))
    return prose(
        f"""Rooms: {notes[0] or dataset(rooms)}.
        Faces: {notes[1] or dataset(faces)}.
        {_carved(rooms)}
        {absent}A {rooms.profile} run on rooms sees images of {config["size"]}×{config["size"]} pixels in
        {config["epochs"]} epochs with a backbone of width {config["width"]} (the document:
        {Config.size}×{Config.size} and {Config.width}; it does not print its epochs, and a run at full size
        takes {Config.epochs})."""
    )


def _carved(rooms: Evidence) -> str:
    """Where the validation images of real rooms come from; nothing of a twin, which draws as many as are wanted."""
    if rooms.source == "twin":
        return ""
    return (
        f"NYU-v2 is published with {Config.train_images + Config.val_images} images to train on; {Config.val_images} "
        f"of them are kept for validation here, and {Config.train_images} are left."
    )


def _parts(rooms: Evidence, faces: Evidence) -> tuple[tuple[Evidence, str, str], ...]:
    return (
        (rooms, "NYU-v2", "`python -m mtlcore data prepare nyuv2` unpacks the published files"),
        (faces, "CelebAMask-HQ", "its folder is read where it lies in the data root"),
    )


def _absent(evidence: Evidence, name: str, bring: str) -> str:
    if evidence.source != "twin":
        return ""
    return (
        f"**{name} is not here**, and the runs take its *twin*, pictures made on the spot: orderings may be compared "
        f"with the document's, sizes not; {bring}. "
    )
