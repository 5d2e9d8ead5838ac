"""Digits of printed type as discs: the largest discs that fit into each glyph of the fonts matplotlib brings."""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import Tensor

# File names, as a family name could find another version that is installed on the machine.
FACES = ("DejaVuSans", "DejaVuSerif-Italic", "DejaVuSansMono", "STIXGeneralItalic", "cmr10", "cmss10", "cmmi10")
_GRID = 56


@functools.cache
def digit_discs(discs: int) -> tuple[Tensor, Tensor, Tensor]:
    """All digits of all faces: points (10 F, discs, 2) in -1..1, radii (10 F, discs), labels (10 F,)."""
    filled = [(*_fill(face, digit, discs), digit) for face in FACES for digit in range(10)]
    points, radii, labels = zip(*filled, strict=True)
    return torch.stack(points), torch.stack(radii), torch.tensor(labels)


def _fill(face: str, digit: int, discs: int) -> tuple[Tensor, Tensor]:
    """The largest discs inside a glyph first, spaced by their size, so that some are left for the hairlines."""
    inside, step = _raster(face, digit)
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    order = np.argsort(-depth, axis=None, kind="stable")[: int(inside.sum())]
    radius = depth.flat[order]
    candidates = np.stack([order % _GRID, order // _GRID], axis=1).astype(float)
    chosen: list[int] = []
    free = np.ones(len(candidates), dtype=bool)
    while len(chosen) < discs and free.any():
        best = int(free.argmax())
        chosen.append(best)
        away = np.sqrt(((candidates - candidates[best]) ** 2).sum(axis=1))
        # Neither a disc close by, nor one that lies within this one.
        free &= (away > max(1.2, 0.4 * radius[best])) & (away + radius > radius[best] + 0.7)
    kept = np.resize(np.array(chosen), discs)
    points = (candidates[kept] - (_GRID - 1) / 2) * step
    return torch.from_numpy(points).float(), torch.from_numpy(radius[kept] * step).float()


def _raster(face: str, digit: int) -> tuple[np.ndarray, float]:
    """Which points of a grid over the glyph are inside it, and the width of a grid step."""
    # Imported here, so that reading real data does not wait for matplotlib.
    from matplotlib import get_data_path
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path
    from matplotlib.textpath import TextPath

    font = FontProperties(fname=f"{get_data_path()}/fonts/ttf/{face}.ttf")
    outline = TextPath((0, 0), str(digit), size=100, prop=font)
    low, high = outline.get_extents().get_points()
    step = 2.0 / (_GRID - 1)
    axis = np.linspace(-1, 1, _GRID) * (high - low).max() / 2 * 1.02
    x, y = np.meshgrid(axis + (low[0] + high[0]) / 2, -axis + (low[1] + high[1]) / 2)
    # Even-odd over the separate outlines, so that the holes of 0, 4, 6, 8 and 9 stay open.
    inside = np.zeros(x.size, dtype=bool)
    for polygon in outline.to_polygons():
        inside ^= Path(polygon).contains_points(np.stack([x.ravel(), y.ravel()], axis=1))
    return inside.reshape(x.shape), step
