"""Kinds of sparsity on the weights of one convolution, made by the kernels themselves [upadhyay, Fig. 1]."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from mtlcore.kernels.prox import group_soft_threshold, soft_threshold
from mtlcore.report.block import Block, prose

SHAPE = (8, 8, 3, 3)  # filters, input channels, height, width
GAP = 1  # white pixels between kernels
TITLES = {
    "dense": "before",
    "element": "single weights",
    "filter": "filters",
    "input_channel": "input channels",
}
DIM = {"filter": 0, "input_channel": 1}


def example() -> Tensor:
    """Weights whose filters and channels are of unlike importance, (8, 8, 3, 3)."""
    generator = torch.Generator().manual_seed(4)
    weight = torch.randn(SHAPE, generator=generator)
    for dim in (0, 1):
        scale = torch.linspace(0.35, 1.45, SHAPE[dim])[torch.randperm(SHAPE[dim], generator=generator)]
        weight = weight * scale.view([-1 if axis == dim else 1 for axis in range(4)])
    return weight


def kinds(weight: Tensor) -> dict[str, Tensor]:
    """The weights before, and with half of their elements, filters or input channels at zero."""
    found = {"dense": weight, "element": soft_threshold(weight, float(weight.abs().quantile(0.5)))}
    for name, dim in DIM.items():
        lengths = torch.linalg.vector_norm(weight, dim=tuple(axis for axis in range(4) if axis != dim))
        found[name] = group_soft_threshold(weight, float(lengths.quantile(0.5)), dim=dim)
    return found


def picture(weight: Tensor) -> NDArray[np.float64]:
    """Magnitudes of a weight (O, I, H, W) as a page of kernels, a row a filter; NaN between them and where zero."""
    filters, inputs, high, wide = weight.shape
    whole = np.full((filters * (high + GAP) - GAP, inputs * (wide + GAP) - GAP), np.nan)
    for row in range(filters):
        for column in range(inputs):
            values = weight[row, column].abs().double().numpy()
            place = whole[row * (high + GAP) :, column * (wide + GAP) :]
            place[:high, :wide] = np.where(values > 0, values, np.nan)
    return whole


def draw_kinds() -> Figure:
    """Fig. 1: the same weights before and after a proximal step on elements, filters and input channels."""
    found = kinds(example())
    figure, panels = plt.subplots(1, 4, figsize=(9.2, 2.9), gridspec_kw={"wspace": 0.08})
    strongest = float(found["dense"].abs().max())
    for axes, (name, weight) in zip(panels, found.items(), strict=True):
        _draw(axes, weight, strongest)
        axes.set_title(TITLES[name], fontsize=10)
    panels[0].set_ylabel("filters", fontsize=9)
    return figure


def _draw(axes: Axes, weight: Tensor, strongest: float) -> None:
    shown = np.ma.masked_invalid(picture(weight))
    axes.imshow(shown, cmap="Blues", vmin=-0.45 * strongest, vmax=0.8 * strongest, interpolation="nearest")
    step = SHAPE[2] + GAP
    for place in range(SHAPE[0]):
        for column in range(SHAPE[1]):
            corner = (column * step - 0.5, place * step - 0.5)
            axes.add_patch(plt.Rectangle(corner, 3, 3, fill=False, edgecolor="#b9b9b9", lw=0.5))
    high, wide = shown.shape
    axes.set_xlim(-1, wide)
    axes.set_ylim(high, -1)
    axes.set_xlabel("input channels", fontsize=9)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.grid(False)


def kinds_words() -> Block:
    """What of the example is zero under each kind, counted."""
    found = kinds(example())
    empty = {name: _empty(weight) for name, weight in found.items() if name != "dense"}
    words = {"element": "on single weights", "filter": "on filters", "input_channel": "on input channels"}
    told = "; ".join(
        f"{words[name]}, {zero:.0f} % of the weights, {filters:.0f} % of the filters and {inputs:.0f} % of the channels"
        for name, (zero, filters, inputs) in empty.items()
    )
    return prose(
        f"""Each step took what is shorter than the median.
        Zero are then, {told}.
        A convolution computes as long with scattered zeros as without; a filter or a channel can be sliced out."""
    )


def _empty(weight: Tensor) -> tuple[float, float, float]:
    """Zeros in %: of the weights, of the filters, of the input channels."""
    zero = weight == 0
    weights, filters, inputs = (
        100 * float(part.double().mean()) for part in (zero, zero.flatten(1).all(1), zero.all(3).all(2).all(0))
    )
    return weights, filters, inputs
