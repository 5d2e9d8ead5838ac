"""The runs of Table 1 in the measures that other work uses, and what the printed ones mean."""

from __future__ import annotations

from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay.studies import ROOMS, STRENGTHS
from mtlcore.report.block import Block, prose
from mtlcore.report.measures import mean, metric, told
from mtlcore.report.sparsity.evidence import ALL, SHORT, STRONG, level, printed, tasks_name, where
from mtlcore.report.tables import table_of

COLUMNS = {
    "miou": ("mIoU", 3),
    "angle": ("angle, mean (°)", 1),
    "angle_median": ("median (°)", 1),
    "mae_metres": ("depth, MAE (m)", 3),
    "filter_sparsity": ("zero filters (%)", 1),
    "compact_parameters": ("parameters left (%)", 0),
    "compact_macs": ("multiplications left (%)", 0),
}


def measures_table(evidence: Evidence) -> Block:
    """Table 1 in 40-class mIoU, degrees and metres, and what compacting leaves of the backbone."""
    body: list[list[str]] = []
    for tasks in ROOMS:
        rows = [(strength, f"{tasks}_{strength}") for strength in STRENGTHS]
        body.append([tasks_name(tasks)])
        for strength, row in rows:
            cells = [told(metric(evidence, row, key), places) for key, (_, places) in COLUMNS.items()]
            body.append([f"λ = {strength}", *cells])
    caption = (
        "The runs of Table 1 in other measures: mean IoU over the classes of the whole test set, angles of normals, "
        f"metres; and what is left of the backbone when its zeros are taken out; mean ± sd ({where(evidence)})."
    )
    header = ["", *(title for title, _ in COLUMNS.values())]
    return table_of(evidence, header, body, caption=caption, name=f"tbl-{SHORT}-measures")


def accuracy_of(iou: float) -> float:
    """The pixel accuracy of an image whose classes together have this IoU: with c of n right, c / (2 n - c).

    >>> accuracy_of(1.0), round(accuracy_of(1 / 3), 3)
    (1.0, 0.5)
    """
    return 2 * iou / (1 + iou)


def measures_words(evidence: Evidence) -> Block:
    """The IoU of all classes together is an accuracy; beside it the mean over classes, on the same runs."""
    row = f"{ALL}_{STRONG}"
    value = printed("table-1", row, "iou")
    assert value is not None  # the row has segmentation
    ours = {key: mean(evidence, row, key) for key in ("iou", "miou", "mae", "mae_metres", "cs", "angle")}
    there = all(found is not None for found in ours.values())
    beside = (
        f"""In our three-task runs at λ = {STRONG} the two are {ours["iou"]:.3f} and {ours["miou"]:.3f}.
        A depth error of {ours["mae"]:.3f} of each image's depth is {ours["mae_metres"]:.2f} m, if an oracle gives the
        scale of each image; a cosine of {level(evidence, row, "cs")} is a mean angle of {ours["angle"]:.0f}°."""
        if there
        else ""
    )
    return prose(
        f"""The published IoU counts all pixels of an image together, so that it is an accuracy in another scale: with c
        of n pixels right it is c / (2n − c), and the printed {value:.4f} means that about
        {100 * accuracy_of(value):.0f} % of the pixels are right.
        Work on these classes reports the mean of the IoU over 40 classes, most of which are rare.
        {beside}"""
    )
