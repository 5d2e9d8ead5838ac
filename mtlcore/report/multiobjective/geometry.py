"""The min-norm point as a picture, and what an unbalanced gradient does to the step [tran, Sections 4.1 and 4.2]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from mtlcore.kernels.minnorm import min_norm_weights
from mtlcore.report.block import Block, prose
from mtlcore.report.figures import COLOURS, LABELS
from mtlcore.report.multiobjective.evidence import TASKS, written

HULL = "#dfe3e8"
CASES = {
    "two tasks": ((2.4, 0.5), (0.2, 1.6)),
    "one much longer": ((3.0, 1.5), (0.5, 0.75)),
    "three tasks": ((2.6, 0.2), (1.4, 1.7), (-0.5, 1.3)),
    "Pareto stationary": ((2.0, 0.1), (-0.9, 1.3), (-0.8, -1.2)),
}


def draw_hulls() -> Figure:
    """Gradients in the plane, their convex hull, its shortest vector, and for contrast the average."""
    figure, axes = plt.subplots(1, len(CASES), figsize=(8.8, 2.75))
    for place, (title, gradients) in zip(axes, CASES.items(), strict=True):
        _draw_hull(place, torch.tensor(gradients, dtype=torch.float64))
        place.set_title(title, fontsize=10)
    handles = [
        plt.Line2D([], [], color=COLOURS["mgda"], lw=2.6, label="shortest vector of the hull (MGDA)"),
        plt.Line2D([], [], color=COLOURS["averaging"], lw=1.4, ls="--", label="average"),
        plt.Line2D([], [], color="#7a828e", lw=1.4, label="task gradients"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9)
    return figure


def _draw_hull(axes: Axes, gradients: Tensor) -> None:
    weights = min_norm_weights(gradients @ gradients.T)
    if len(gradients) > 2:
        axes.fill(*gradients.T.numpy(), color=HULL, zorder=0)
    else:
        axes.plot(*gradients.T.numpy(), color=HULL, lw=6, zorder=0, solid_capstyle="round")
    for number, gradient in enumerate(gradients.tolist(), start=1):
        _vector(axes, gradient, "#7a828e", lw=1.4)
        length = float(np.hypot(*gradient))
        x, y = (value * (1 + 0.3 / length) for value in gradient)
        axes.text(x, y, f"$g^{number}$", ha="center", va="center", fontsize=10)
    _vector(axes, gradients.mean(0).tolist(), COLOURS["averaging"], lw=1.4, ls="--")
    shortest = (weights @ gradients).tolist()
    if float(np.hypot(*shortest)) > 1e-6:
        _vector(axes, shortest, COLOURS["mgda"], lw=2.6)
    axes.plot(*shortest, "o", color=COLOURS["mgda"], ms=6, zorder=5)
    axes.plot(0, 0, "+", color="#222222", ms=9, zorder=6)
    axes.text(0.5, -0.02, f"α = {', '.join(f'{weight:.2f}' for weight in weights.tolist())}",
              transform=axes.transAxes, ha="center", va="top", fontsize=9)  # fmt: skip
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.14)
    axes.axis("off")


def _vector(axes: Axes, tip: Sequence[float], colour: str, **style: object) -> None:
    arrow = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 11, **style}
    axes.annotate("", (tip[0], tip[1]), (0, 0), arrowprops=arrow)
    axes.plot(*tip, alpha=0)  # an annotation alone does not widen the axes


def scaled(grams: Tensor, task: int, factor: float) -> Tensor:
    """Gramians (N, T, T) of gradients one of which is multiplied by a factor."""
    by = torch.ones(grams.shape[-1], dtype=grams.dtype)
    by[task] = factor
    return grams * by[:, None] * by


def directions(grams: Tensor) -> dict[str, Tensor]:
    """Cosine of the step of each method with each task's gradient, from Gramians alone.

    Args:
        grams: (N, T, T), of task gradients at the shared block.

    Returns:
        Method -> (N, T): averaging, gradients made equally long (what GradNorm strives for where all tasks learn at
        one rate), MGDA.
    """
    lengths = grams.diagonal(dim1=-2, dim2=-1).clamp_min(torch.finfo(grams.dtype).tiny).sqrt()
    weights = {"averaging": torch.ones_like(lengths), "gradnorm": 1 / lengths, "mgda": min_norm_weights(grams)}
    return {method: _cosines(grams, weight, lengths) for method, weight in weights.items()}


def _cosines(grams: Tensor, weights: Tensor, lengths: Tensor) -> Tensor:
    products = (grams @ weights[..., None])[..., 0]
    norm = (weights * products).sum(-1, keepdim=True).clamp_min(torch.finfo(grams.dtype).tiny).sqrt()
    return products / (norm * lengths)


def draw_unbalanced(grams: Tensor, *, task: int, factor: float) -> Figure:
    """Fig. 2: gradient lengths of three tasks, one of them multiplied, and where each method's step then points.

    Args:
        grams: (N, T, T), Gramians of real mini-batches at the last shared block.
        task: whose loss is multiplied.
        factor: by how much.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.5), width_ratios=(1, 1.25))
    unbalanced = scaled(grams, task, factor)
    for place, (name, given) in enumerate({"as they are": grams, f"{_short(task)} × {factor:g}": unbalanced}.items()):
        lengths = given.diagonal(dim1=-2, dim2=-1).sqrt().median(0).values
        for number, length in enumerate(lengths.tolist()):
            left.bar(place + 0.27 * (number - 1), length, 0.24, color=COLOURS[TASKS[number]],
                     label=LABELS[TASKS[number]] if place == 0 else None)  # fmt: skip
        left.text(place, -0.02, name, transform=left.get_xaxis_transform(), ha="center", va="top")
    left.set_xticks([])
    left.set_ylabel("length of the gradient (median)")
    left.legend(fontsize=8.5, loc="upper left")
    _draw_directions(right, directions(grams), directions(unbalanced))
    right.set_title(f"hollow: as they are; filled: {_short(task)} × {factor:g}", fontsize=9.5)
    right.legend(fontsize=8.5, ncols=3, loc="upper center", bbox_to_anchor=(0.4, -0.18))
    return figure


def _draw_directions(axes: Axes, before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> None:
    for row, method in enumerate(after):
        for number, task in enumerate(TASKS):
            y = -number + 0.22 * (1 - row)
            old, new = (float(found[method][:, number].median()) for found in (before, after))
            axes.plot([old, new], [y, y], color=COLOURS[method], lw=1, alpha=0.6)
            axes.plot(old, y, "o", mfc="white", mec=COLOURS[method], ms=6)
            label = {"gradnorm": "equal lengths"}.get(method, LABELS[method]) if task == TASKS[0] else None
            axes.plot(new, y, "o", color=COLOURS[method], ms=6, label=label)
    axes.axvline(0, color="#666666", lw=1)
    axes.set_xlim(min(-0.05, axes.get_xlim()[0]), 1.03)
    axes.set_yticks(range(0, -len(TASKS), -1), [LABELS[task] for task in TASKS])
    axes.set_ylim(0.5 - len(TASKS), 0.5)
    axes.set_xlabel("cosine of combined and task gradient (median)")


def unbalanced_words(grams: Tensor, *, task: int, factor: float, profile: str) -> Block:
    """Fig. 2 in sentences; what the factor does is told where it makes the multiplied gradient the longest.

    Args:
        grams: (N, T, T), Gramians of real mini-batches at the last shared block.
        task: whose loss is multiplied.
        factor: by how much.
        profile: at which the network was trained.
    """
    lengths = grams.diagonal(dim1=-2, dim2=-1).sqrt().median(0).values
    longest, shortest = int(lengths.argmax()), int(lengths.argmin())
    found = {method: cosines.median(0).values for method, cosines in directions(scaled(grams, task, factor)).items()}
    others = [other for other in range(len(TASKS)) if other != task]
    told = {
        method: (written(float(cosines[task])), written(min(float(cosines[other]) for other in others)))
        for method, cosines in found.items()
    }
    overtakes = factor * float(lengths[task]) > max(float(lengths[other]) for other in others)
    why = "The shortest vector of the hull leans to the short gradients" if overtakes else "For MGDA it is"
    return prose(
        f"""This is one network trained for a moment when the page was built (`{profile}`, one seed): an illustration.
        Even untouched, the gradient of {LABELS[TASKS[longest]]} is
        {float(lengths[longest] / lengths[shortest]):.1f} times as long as that of {LABELS[TASKS[shortest]]}.
        With the loss of {LABELS[TASKS[task]]} multiplied by {factor:g}, the average has a cosine of
        {told["averaging"][0]} with its gradient and of {told["averaging"][1]} with that of the task it serves least.
        Gradients made equally long do not notice the factor: {told["gradnorm"][0]} and {told["gradnorm"][1]}.
        {why}: {told["mgda"][0]} with the multiplied task, {told["mgda"][1]} with the lesser of the others."""
    )


def _short(task: int) -> str:
    return LABELS[TASKS[task]].removesuffix("-MNIST") if TASKS[task] != "mnist" else "MNIST"
