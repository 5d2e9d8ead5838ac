"""Tables of the chapter on LayerOut, and what the table of frozen shares shows [goutam]."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from mtlcore import claims
from mtlcore.kernels import freezing
from mtlcore.recipes import Evidence
from mtlcore.recipes.goutam.mnist import DFREEZE, EFREEZE, PUBLISHED_RANDOM, ROWS, WARMUP
from mtlcore.report.block import Block, prose, table
from mtlcore.report.figures import LABELS
from mtlcore.report.layerout.expected import LAYER_NAMES, MANUAL, SHORT, expected_share
from mtlcore.report.measures import metric, told
from mtlcore.report.tables import NAMES, printed, sources
from mtlcore.report.variants import compare_variants, same_runs, variant_columns


def variants(recorded: Mapping[str, Evidence | None], this_run: Evidence) -> Block:
    """Accuracy of every row in every variant, the best test epoch beside the last where it was published so."""
    columns = variant_columns(recorded, this_run, "accuracy", beside={"code": ("best test epoch", "best_accuracy")})
    about = "Test accuracy (%) by variant, last epoch unless said"
    return compare_variants(columns, ROWS, about=about, name="tbl-goutam-variants")


def _shared(recorded: Mapping[str, Evidence | None]) -> str:
    """A sentence on the rows that are the same runs as written and corrected."""
    same = [LABELS[row] for row in same_runs(recorded["paper"], recorded["corrected"], ROWS)]
    return f" As written and corrected, these are the same runs: {', '.join(same)}." if same else ""


VECTORS = {"since_start": None, "warmup": None, "dfreeze": DFREEZE, "efreeze": EFREEZE}


def frozen_table(recorded: Mapping[str, Evidence | None], this_run: Evidence) -> Block:
    """% of parameters frozen: what the document prints, what its vectors mean, what its loop does, what we measure."""
    paper = claims.load(SHORT).table("table-1")
    column = next(index for index, column in enumerate(paper.columns) if column.id == "frozen")
    header = ["", "paper", "meant", "meant, over the run", "published loop", "published, over the run"]
    measured = [(f"measured, {NAMES[name]}", one) for name, one in recorded.items() if one]
    measured.append(("measured, this run", this_run))
    rows = []
    for row in paper.rows:
        if row.id not in VECTORS:
            continue
        # a random v is uniform, so that each layer's chance is 1/2 before v is known
        vector = VECTORS[row.id] or (0.5,) * len(LAYER_NAMES)
        active = 1 - WARMUP if row.id != "since_start" else 1.0
        meant, loop = expected_share(vector), expected_share(vector, published=True)
        if row.id == "since_start":
            loop = 0.0  # its loop recognises no layer
        if row.id == "warmup":
            loop = expected_share(PUBLISHED_RANDOM, published=True)
        cells = [f"{100 * share:.1f}" for share in (meant, meant * active, loop, loop * active)]
        found = [told(metric(one, row.id, "frozen"), seeds=True) for _, one in measured]
        rows.append([row.label, printed(row.values[column], 2), *cells, *found])
    caption = (
        "Parameters frozen (%): printed in the document; expected of an epoch that freezes, and of the whole run with "
        "its warm-up, as the text means it and through the published loop; measured over all epochs, mean ± sd (seeds)."
        + _shared(recorded)
    )
    name = "tbl-goutam-frozen"
    block = table([*header, *(title for title, _ in measured)], rows, caption=caption, name=name)
    return block + sources(name, {index: one for index, (_, one) in enumerate(measured, start=len(header))})


def frozen_words() -> Block:
    """What the table of frozen shares shows."""
    pair = [value for row in claims.load(SHORT).table("table-1").rows if row.id in MANUAL for value in row.values[1:]]
    patterns, chance = freezing.patterns(torch.tensor(DFREEZE), published=True)
    layers = float((chance * patterns.sum(-1)).sum())
    return prose(
        f"""The two manual vectors are each other's complement: before the all-frozen epoch is drawn again, their shares
        add to 100 %, whatever the layers' sizes. The published pair adds to {sum(pair):.1f} %.
        Through the published loop dfreeze freezes {layers:.2f} layers of {len(LAYER_NAMES)} in a mean epoch: its first
        layer is frozen with probability {DFREEZE[0]:g}, and all others only after it.
        The audit below quotes such shares without the redraw; they differ by less than half a point."""
    )
