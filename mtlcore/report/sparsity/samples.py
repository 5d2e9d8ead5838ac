"""Sample pictures: rooms with their depth, normals and classes, and faces with their masks [upadhyay, Section 4]."""

from __future__ import annotations

import colorsys
from collections import Counter
from collections.abc import Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray
from torch import Tensor

from mtlcore.data import Pictures

IGNORE = 255
NOTHING = (0.92, 0.92, 0.92)  # where a map says nothing
FACE_HUES = ((0.86, 0.87, 0.90), (0.50, 0.36, 0.20), (0.94, 0.72, 0.55))  # background, hair, skin
LEGEND = 9  # classes named below the rooms
GOLDEN = 0.61803


def palette(count: int) -> NDArray[np.float64]:
    """So many colours that neighbours in number differ, (count, 3)."""
    lightness = (0.55, 0.75, 0.42)
    colours = [colorsys.hls_to_rgb(GOLDEN * k % 1, lightness[k % 3], 0.55) for k in range(count)]
    return np.array(colours)


def coloured(classes: Tensor, colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """A map of classes (H, W) as colours (H, W, 3); grey where it says nothing."""
    known = classes.numpy() != IGNORE
    found = colours[np.where(known, classes.numpy(), 0)]
    found[~known] = NOTHING
    return found


def draw_rooms(pictures: Pictures) -> Figure:
    """Rooms: image, classes, depth and normals, a column a room, and the commonest classes by name."""
    rows = ("image", "classes", "depth (m)", "normals")
    count = len(pictures)
    figure, grid = plt.subplots(
        4, count + 1, figsize=(1.62 * count + 0.9, 7.0), squeeze=False, width_ratios=[1.0] * count + [0.07]
    )
    colours = palette(len(pictures.classes["segmentation"]))
    depths = pictures.labels["depth"]
    farthest = float(depths.max())
    shown = None
    for column in range(count):
        image, classes, depth, normals = grid[:, column]
        image.imshow(pictures.images[column].permute(1, 2, 0).numpy())
        classes.imshow(coloured(pictures.labels["segmentation"][column], colours), interpolation="nearest")
        known = np.ma.masked_less_equal(depths[column].numpy(), 0)
        shown = depth.imshow(known, cmap=_depths(), vmin=0, vmax=farthest)
        vectors = pictures.labels["normals"][column].float()
        valid = (vectors != 0).any(0).numpy()[..., None]
        normals.imshow(np.where(valid, vectors.permute(1, 2, 0).numpy() / 2 + 0.5, NOTHING).clip(0, 1))
    for axes in grid[:, :-1].flat:
        _bare(axes)
    for axes, name in zip(grid[:, 0], rows, strict=True):
        axes.set_ylabel(name, fontsize=9.5)
    for row, axes in zip(rows, grid[:, -1], strict=True):
        if shown is not None and row.startswith("depth"):
            figure.colorbar(shown, cax=axes)
            axes.tick_params(labelsize=8)
        else:
            axes.axis("off")
    commonest = _commonest(pictures.labels["segmentation"], pictures.classes["segmentation"])
    handles = [Patch(color=tuple(colours[index]), label=name) for index, name in commonest]
    figure.legend(handles=handles, loc="outside lower center", ncols=5, fontsize=8.5)
    return figure


def _depths() -> mpl.colors.Colormap:
    return mpl.colormaps["viridis_r"].with_extremes(bad=NOTHING)


def _commonest(classes: Tensor, names: Sequence[str]) -> list[tuple[int, str]]:
    counts = Counter(classes[classes != IGNORE].flatten().tolist())
    return [(int(index), names[index]) for index, _ in counts.most_common(LEGEND)]


def draw_faces(pictures: Pictures) -> Figure:
    """Faces above their masks; what is said of each stands over it."""
    count = len(pictures)
    figure, grid = plt.subplots(2, count, figsize=(1.15 * count, 2.9), squeeze=False)
    colours = np.array(FACE_HUES)
    male, smile = pictures.classes["male"], pictures.classes["smiling"]
    for column in range(count):
        image, mask = grid[:, column]
        image.imshow(pictures.images[column].permute(1, 2, 0).numpy())
        mask.imshow(coloured(pictures.labels["mask"][column], colours), interpolation="nearest")
        words = (
            male[int(pictures.labels["male"][column])],
            smile[int(pictures.labels["smiling"][column])],
        )
        image.set_title("\n".join(words), fontsize=8)
    for axes in grid.flat:
        _bare(axes)
    handles = [
        Patch(facecolor=hue, edgecolor="#999999", label=name)
        for hue, name in zip(FACE_HUES, pictures.classes["mask"], strict=True)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8.5)
    return figure


def _bare(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.grid(False)
