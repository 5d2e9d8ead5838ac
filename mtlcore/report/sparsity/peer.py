"""What taking out zeros saves, beside Torch-Pruning on the same zeros."""

from __future__ import annotations

from collections.abc import Sequence

from mtlcore.recipes.upadhyay.peers import Line, torch_pruned
from mtlcore.report.block import Block, folded, prose, show_source, table
from mtlcore.report.sparsity.evidence import SHORT

COMMAND = "python benchmarks/compact.py"
NAMES = {"masked": "zeros in place", "compact": "`prune.compact`"}


def peer_table(lines: Sequence[Line]) -> Block:
    """How many times as fast a network is without its zeros, and by how much its outputs change.

    Args:
        lines: of `peers.compared`.
    """
    if not lines:
        return prose(
            f"`{COMMAND}` measures this beside Torch-Pruning on the same zeros; it takes a clone of the repository "
            "with its development packages."
        )
    body: list[list[str]] = []
    for line in lines:
        if line.network == "masked":
            body.append([f"{line.zero:.0f} % of the input channels zero"])
        name = NAMES.get(line.network, line.network)
        error = "–" if line.network == "masked" else f"{line.error:.0e}"
        numbers = [f"{line.parameters:,}", f"{line.milliseconds:.1f}", f"{line.speedup:.2f}", error]
        body.append([name, *numbers])
    caption = (
        "Zeros taken out, by Torch-Pruning and by this package, of one dilated ResNet in one run on this machine, one "
        "thread: fastest of the turns, how many times as fast as with the zeros in place, and the largest difference "
        "of outputs as a share of the largest."
    )
    header = ["", "parameters", "ms", "times as fast", "error"]
    source = folded("How Torch-Pruning is made to take out the same zeros", show_source(torch_pruned))
    return (
        table(header, body, caption=caption, name=f"tbl-{SHORT}-peer")
        + prose(f"`{COMMAND}` measures it at the published width, and for zeros that layers share.")
        + source
    )
