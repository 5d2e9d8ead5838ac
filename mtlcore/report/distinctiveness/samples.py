"""A page of samples of the images, rows and columns named by their labels."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor

GAP = 2  # white pixels between images


def mosaic(images: Tensor) -> Tensor:
    """Images (R, C, 3, S, S) uint8 as one of (R (S + 2) - 2, C (S + 2) - 2, 3), white between them."""
    rows, columns, _, side, _ = images.shape
    whole = torch.full((rows * (side + GAP), columns * (side + GAP), 3), 255, dtype=torch.uint8)
    for row, line in enumerate(images):
        for column, image in enumerate(line):
            whole[row * (side + GAP) :, column * (side + GAP) :][:side, :side] = image.permute(1, 2, 0)
    return whole[:-GAP, :-GAP]


def draw_samples(images: Tensor, *, rows: Sequence[str], columns: Sequence[str] = ()) -> Figure:
    """Images as they are.

    Args:
        images: (rows, columns, 3, S, S) uint8.
        rows, columns: their names; no columns for none.
    """
    whole = mosaic(images)
    step = images.shape[-1] + GAP
    figure, axes = plt.subplots(figsize=(9.0, 8.0 * whole.shape[0] / whole.shape[1] + 0.25 * bool(columns)))
    axes.imshow(whole.numpy(), interpolation="nearest")
    axes.set_xticks([step * place + step / 2 for place in range(len(columns))], columns)
    axes.set_yticks([step * place + step / 2 for place in range(len(rows))], rows)
    axes.tick_params(length=0, labelsize=9, pad=2, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    axes.grid(False)
    return figure
