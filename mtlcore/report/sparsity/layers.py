"""Non-zero input channels of every convolution, before and after [upadhyay, Fig. 3]."""

from __future__ import annotations

import dataclasses
import functools

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import nn

from mtlcore.nets.resnet_dilated import DilatedResNet
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
from mtlcore.report.curves import curves
from mtlcore.report.origin import note, runs_of
from mtlcore.report.sparsity.evidence import ALL, STRONG, share_text, short_name, tasks_name
from mtlcore.report.verdicts import listed

SHOWN = ("seg", "depth", "normal", ALL)  # the document draws four sets of tasks, too
BEFORE, AFTER = "#b9d0e6", "#D55E00"


@dataclasses.dataclass(frozen=True)
class Layers:
    """Names and stages of the convolutions of a backbone, in the order of the curves of a run."""

    names: tuple[str, ...]
    stages: tuple[str, ...]

    def of(self, stage: str) -> list[int]:
        """The places of a stage's convolutions."""
        return [place for place, name in enumerate(self.stages) if name == stage]

    @property
    def known(self) -> list[str]:
        """The stages, in order."""
        return list(dict.fromkeys(self.stages))


@functools.lru_cache
def layers(blocks: tuple[int, ...]) -> Layers:
    """The convolutions of a backbone of so many blocks a stage."""
    with torch.device("meta"):
        net = DilatedResNet(2, blocks)
    names = tuple(name for name, module in net.named_modules() if isinstance(module, nn.Conv2d))
    return Layers(names, tuple(_stage(name) for name in names))


def _stage(name: str) -> str:
    """`stages.2.0.conv1` is of stage 3; what is no stage is the stem."""
    head, _, rest = name.partition(".")
    return f"stage {int(rest.partition('.')[0]) + 1}" if head == "stages" else "stem"


def layers_of(evidence: Evidence) -> Layers:
    """The convolutions of the backbone that some runs had."""
    return layers(tuple(evidence.records[0].config.get("blocks", (3, 4, 6, 3))))


def draw_layers(evidence: Evidence) -> Figure:
    """Fig. 3: a panel a set of tasks, a bar a convolution; mean of the seeds."""
    figure, grid = plt.subplots(2, 2, figsize=(9.4, 5.0), sharex=True, sharey=True)
    found = layers_of(evidence)
    for axes, tasks in zip(grid.flat, SHOWN, strict=True):
        records = evidence.rows.get(f"{tasks}_{STRONG}", [])
        before, after = curves(records, "channels_before"), curves(records, "channels_after")
        if not before.size:
            axes.set_title(f"{tasks_name(tasks)}: no runs", fontsize=9.5)
            continue
        _draw(axes, before.mean(0), after.mean(0), found)
        zero = share_text([record.metrics["group_sparsity"] for record in records])
        axes.set_title(f"{tasks_name(tasks)}: {zero} zero", fontsize=9.5)
    for axes in grid[:, 0]:
        axes.set_ylabel("input channels", fontsize=9)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=9)
    note(figure, runs_of(evidence))
    return figure


def _draw(axes: Axes, before: NDArray[np.float64], after: NDArray[np.float64], found: Layers) -> None:
    places = np.arange(len(before))
    axes.bar(places, before, 0.85, color=BEFORE, label="before")
    axes.bar(places, after, 0.85, color=AFTER, label="not zero after training")
    middles = []
    for shade, stage in enumerate(found.known):
        inside = found.of(stage)
        middles.append(float(np.mean(inside)))
        if shade % 2:
            axes.axvspan(inside[0] - 0.5, inside[-1] + 0.5, color="#f2f2f2", lw=0, zorder=0)
    axes.set_xticks(middles, [stage.replace("stage ", "stage\n") for stage in found.known], fontsize=8.5)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="x", visible=False)
    axes.set_xlim(-0.6, len(before) - 0.4)


def kept_by_stage(evidence: Evidence, row: str) -> dict[str, float]:
    """Share in % of each stage's input channels that are not zero, mean of the seeds; empty without runs."""
    records = evidence.rows.get(row, [])
    before, after = curves(records, "channels_before"), curves(records, "channels_after")
    if not before.size:
        return {}
    found = layers_of(evidence)
    return {
        stage: 100 * float(after[:, found.of(stage)].sum() / before[:, found.of(stage)].sum()) for stage in found.known
    }


def layer_words(evidence: Evidence) -> Block:
    """Where channels are left, stage by stage, and how much the figure of the document leaves out."""
    told = []
    for tasks in SHOWN:
        kept = kept_by_stage(evidence, f"{tasks}_{STRONG}")
        if kept:
            told.append(f"{short_name(tasks)} {', '.join(f'{value:.0f}' for value in kept.values())}")
    skipped, whole = left_out()
    return prose(
        f"""Channels left in stem and stages 1 to 4, in %: {"; ".join(told)}.
        The document reads from its figure that first layers stay, most of the middle goes, and some of the last stay.
        {_pattern(evidence)}
        The published script draws layers with "conv" in their names and so leaves out the stem and the shortcuts:
        {skipped:,} of the {whole:,} input channels that its percentages count."""
        if told
        else ""
    )


def _pattern(evidence: Evidence) -> str:
    """In which sets of tasks the last stage keeps more than the emptiest before it, as the document has it."""
    found = {tasks: list(kept_by_stage(evidence, f"{tasks}_{STRONG}").values()) for tasks in SHOWN}
    known = {tasks: kept for tasks, kept in found.items() if kept}
    rising = [f"{short_name(tasks)}" for tasks, kept in known.items() if kept[-1] > min(kept[:-1])]
    falling = [short_name(tasks) for tasks, kept in known.items() if kept[-1] < min(kept[:-1])]
    if rising and not falling:
        return f"Ours do, too: more are left in the last stage than in the emptiest before it ({', '.join(rising)})."
    if falling and not rising:
        return f"In ours fewest are left in the last stage ({', '.join(falling)})."
    if rising and falling:
        return (
            f"Ours do in {listed(rising)}, where more are left in the last stage than in the emptiest before it; in "
            f"{listed(falling)} fewest are left in the last."
        )
    return ""


def left_out() -> tuple[int, int]:
    """Input channels of stem and shortcuts in the published backbone, and of all its convolutions."""
    with torch.device("meta"):
        net = DilatedResNet()
    inputs = {name: module.in_channels for name, module in net.named_modules() if isinstance(module, nn.Conv2d)}
    return sum(count for name, count in inputs.items() if "conv" not in name), sum(inputs.values())
