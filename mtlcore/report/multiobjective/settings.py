"""The two settings, separate and shared inputs: what each makes possible, and on which data [tran, Section 4.5]."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from mtlcore import claims
from mtlcore.balance import MGDAUB, GradNorm
from mtlcore.nets.lenet import lenet
from mtlcore.nets.tree import TreeNet
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
from mtlcore.report.figures import COLOURS
from mtlcore.report.multiobjective.evidence import INITIALS, SHORT, TASKS
from mtlcore.report.multiobjective.trees import LINK, SHARED


def draw_inputs() -> Figure:
    """One representation on a shared input, three on separate inputs."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 2.7))
    middle = 1.0
    _image(left, middle, "#222222", "one image")
    _trunk(left, middle)
    _representation(left, middle, "Z")
    for y, task in enumerate(reversed(TASKS)):
        _head(left, y, task, (3.32, middle))
    left.set_title("shared input", fontsize=10.5, weight="bold")
    for y, task in enumerate(reversed(TASKS)):
        _image(right, y, COLOURS[task], "")
        _trunk(right, y)
        _representation(right, y, f"$Z^{INITIALS[task]}$")
        _head(right, y, task, (3.32, y))
    right.set_title("separate inputs: the same trunk three times", fontsize=10.5, weight="bold")
    for axes in (left, right):
        axes.set_xlim(-0.5, 5.3)
        axes.set_ylim(-0.6, 2.6)
        axes.set_aspect("equal")
        axes.axis("off")
    return figure


def _image(axes: Axes, y: float, colour: str, text: str) -> None:
    axes.add_patch(Rectangle((-0.3, y - 0.3), 0.6, 0.6, facecolor="white", edgecolor=colour, lw=2))
    axes.text(0, y - 0.48, text, ha="center", va="top", fontsize=9)
    _link(axes, (0.34, y), (0.86, y))


def _trunk(axes: Axes, y: float) -> None:
    axes.add_patch(Rectangle((0.9, y - 0.3), 1.4, 0.6, facecolor=SHARED, lw=0))
    axes.text(1.6, y, "trunk", ha="center", va="center", fontsize=9.5, color="#222222")
    _link(axes, (2.32, y), (2.7, y))


def _representation(axes: Axes, y: float, name: str) -> None:
    axes.add_patch(Circle((3.02, y), 0.3, facecolor="white", edgecolor="#222222", lw=1.6))
    axes.text(3.02, y, name, ha="center", va="center", fontsize=10)


def _head(axes: Axes, y: float, task: str, start: tuple[float, float]) -> None:
    axes.add_patch(Rectangle((4.1, y - 0.3), 1.0, 0.6, facecolor=COLOURS[task], lw=0))
    axes.text(4.6, y, INITIALS[task], ha="center", va="center", color="white", weight="bold")
    _link(axes, start, (4.06, y))


def _link(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=10, color=LINK, lw=1.3, shrinkA=0, shrinkB=0)
    )


def refusals() -> Block:
    """What the package says to the forms on representations when every task has its own images."""
    net = lenet(TASKS)
    inputs = {task: torch.rand(2, 1, 28, 28) for task in TASKS}
    outputs = net(inputs)
    losses = {task: outputs[task].square().mean() for task in TASKS}
    attempts: Sequence[tuple[str, Callable[[], object]]] = (
        ("the output of the last shared block", lambda: net(inputs, keep=(net.last_shared,))),
        ("MGDA-UB [4.7]", lambda: MGDAUB().backward(losses, net.groups())),
        ("GradNorm [4.11]", lambda: GradNorm(len(TASKS), on="representations").backward(losses, net.groups())),
    )
    return Block("\n".join(f"- {name}: `{_refusal(attempt)}`" for name, attempt in attempts))


def _refusal(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except ValueError as error:
        return str(error)
    raise AssertionError("separate inputs have a common representation after all")


def network_words(net: TreeNet) -> Block:
    """The network of the experiments in a sentence."""
    parameters = sum(parameter.numel() for parameter in net.parameters())
    shared = sum(parameter.numel() for index in net.shared for parameter in net.block(index).parameters())
    return prose(
        f"""The network of all experiments is a LeNet without its hidden fully connected layer: {len(net.shared)} shared
        blocks (5×5 convolution, rectifier, pooling, batch normalisation) and one linear head a task,
        {parameters:,} parameters for {len(net.tasks)} tasks, {shared:,} of them shared.
        Leaving that layer out forces what the tasks have in common into the convolutions; batch normalisation is there
        because Section 5 needs it."""
    )


def data_words(evidence: Evidence) -> Block:
    """Where the images of some runs come from, and how the networks are trained on them."""
    config = evidence.records[0].config
    printed = next(float(one["value"]) for one in claims.load(SHORT).numbers if one["id"] == "learning_rate")
    told = sorted({str(record.provenance["data"]) for record in evidence.records if "data" in record.provenance})
    return prose(
        f"""The images of the runs that are shown below ({evidence.profile}): {" | ".join(told) or evidence.source}.
        SGD with Nesterov's momentum {config["momentum"]:g}, learning rate {config["lr"]:g} (the thesis: {printed:g}),
        batches of {config["batch_size"]} of each set, {config["epochs"]} epochs."""
    )
