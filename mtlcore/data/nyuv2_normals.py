"""Surface normals of depth maps: planes fitted to the back-projected points around each pixel.

A plane n·P = d seen by a pinhole camera is linear in inverse depth: with P = z (x, y, 1), 1/z = (n/d)·(x, y, 1). So the
plane around a pixel is a weighted least-squares fit of inverse depth over a grid of its neighbours, the same offsets
for every pixel, and the fits of many pixels are matrix products. Neighbours across an edge are kept out: by their
depth at first, then by their distance from the plane found so far (Tukey's weights).

Depth that went through 8 bits is a staircase of 4 cm. A small window then lies on one step and looks frontal, so
several window sizes are tried and of those whose points lie on one plane the largest is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

SIZE = (480, 640)  # rows and columns of the published images
TAPS = 7  # neighbours a side of a window
RADII = (0.0125, 0.03, 0.07)  # half sides of the windows, in widths of the image: 8, 19 and 45 pixels of 640
GATE = 0.15  # depth of a neighbour may differ by this share at first
STEP = 0.02  # metres, half a step of 8-bit depth over 10 m: how far points of a plane may be off, at least
NOISE = 0.0035  # per metre: and times the squared depth, as the error of triangulation grows
ROUNDS = 3
LEAST = 0.15  # share of the neighbours that must lie on the plane of the smallest window
FLAT = 0.8  # and of a larger one
PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
RIDGE = torch.tensor([1e-3, 0, 0, 1e-3, 0, 1e-3])  # so that too few neighbours give a frontal plane, not infinity
CHUNK = 4096  # pixels at a time, so that the weights stay in the processor's cache


@dataclass(frozen=True)
class Camera:
    """Pinhole intrinsics, in pixels of an image of `size` (rows, columns), the first pixel's centre at (0, 0).

    The values are those of the colour camera in the authors' toolbox [silberman2012nyu], which counts pixels from 1;
    depth of the labelled set is given in that camera's image.
    """

    fx: float = 518.85790117450188
    fy: float = 519.46961112127485
    cx: float = 325.58244941119034 - 1
    cy: float = 253.73616633400465 - 1
    size: tuple[int, int] = SIZE

    def scaled(self, size: tuple[int, int]) -> Camera:
        """The same camera for an image resized to `size` rows and columns, each side by its own factor."""
        down, across = size[0] / self.size[0], size[1] / self.size[1]
        # The corner of a pixel, not its centre, stays where it is.
        cx, cy = (self.cx + 0.5) * across - 0.5, (self.cy + 0.5) * down - 0.5
        return Camera(self.fx * across, self.fy * down, cx, cy, size)


def centres(size: int, length: int) -> np.ndarray:
    """Which of `length` pixels lies at the centre of each of `size` equal parts; int64 (size,)."""
    return ((np.arange(size) + 0.5) * length / size).astype(np.int64)


def surface_normals(depth: np.ndarray, rows: np.ndarray, columns: np.ndarray, camera: Camera | None = None) -> Tensor:
    """Unit normals of the surfaces at chosen pixels.

    depth: (H, W) in metres along the optical axis, 0 where it is unknown; rows (h,), columns (w,): of the pixels.
    camera: its intrinsics, None for NYU-v2's scaled to the depth map.
    Returns (3, h, w) float32, towards the camera, x to the right, y up, z backwards: a wall in front is (0, 0, 1), a
    floor (0, 1, 0). 0 where depth is unknown or no plane was found.
    """
    camera = camera or Camera().scaled((depth.shape[0], depth.shape[1]))
    windows = [max(round(radius * depth.shape[1]), TAPS // 2) for radius in RADII]
    known = torch.from_numpy(np.ascontiguousarray(depth, dtype=np.float32))
    # Around the image nothing is known, so that no window needs to be cut at its edges.
    inverse = torch.nn.functional.pad(torch.where(known > 0, 1 / known, 0), [windows[-1]] * 4)
    maps = [_smoothed(inverse, 2 * window // (TAPS - 1)) for window in windows]
    v, u = (grid.flatten() for grid in torch.meshgrid(torch.as_tensor(rows), torch.as_tensor(columns), indexing="ij"))
    parts = [_fit(inverse, maps, windows, *place, camera) for place in zip(v.split(CHUNK), u.split(CHUNK), strict=True)]
    return torch.cat(parts).T.reshape(3, len(rows), len(columns))


def _smoothed(inverse: Tensor, spacing: int) -> Tensor:
    """The mean of what is known in squares as wide as neighbours are apart, so that none of the map goes unused.

    Else the steps of 8-bit depth make ripples with the spacing. Means across an edge lie on neither plane and fall out.
    """
    side = spacing - 1 + spacing % 2
    if side < 2:
        return inverse
    both = torch.stack([inverse, (inverse > 0).float()])[:, None]
    values, share = torch.nn.functional.avg_pool2d(both, side, 1, side // 2)[:, 0]
    return torch.where(inverse > 0, values / share.clamp(min=1e-6), 0)


def _fit(inverse: Tensor, maps: list[Tensor], windows: list[int], v: Tensor, u: Tensor, camera: Camera) -> Tensor:
    """Normals (n, 3) at pixels v, u (n,): of the largest window that is flat, else of the smallest."""
    place = (v + windows[-1]) * inverse.shape[1] + u + windows[-1]
    centre = inverse.take(place)
    best = torch.zeros(len(v), 3)
    for window, smoothed in zip(windows, maps, strict=True):
        plane, share = _plane(smoothed, place, centre, window)
        least = LEAST if window == windows[0] else FLAT
        best = torch.where(share[:, None] >= least, plane, best)
    a, b, c = best.unbind(1)
    normal = torch.stack([-a * camera.fx, b * camera.fy, c - a * (u - camera.cx) - b * (v - camera.cy)], dim=1)
    return torch.nn.functional.normalize(normal, eps=1e-12)


def _plane(inverse: Tensor, place: Tensor, centre: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """Inverse depth as a plane over pixel offsets, (n, 3): per column, per row, constant; and how flat the window is.

    place: of the pixels in the flattened map, (n,); centre: inverse depth there; window: half side in pixels.
    Flatness, (n,), is the share of the neighbours of known depth that lie on the plane; 0 where depth is unknown, or
    that of too few neighbours is known.
    """
    offsets = torch.linspace(-window, window, TAPS).round()
    down, across = (grid.flatten() for grid in torch.meshgrid(offsets, offsets, indexing="ij"))
    near = inverse.take(place[:, None] + (down * inverse.shape[1] + across).long())
    known = (near > 0).float()
    basis = torch.stack([across / window, down / window, torch.ones(len(down))], dim=1)
    pairs = torch.stack([basis[:, i] * basis[:, j] for i, j in PAIRS], dim=1)
    # Depth off by e changes inverse depth by e / z²; a neighbour counts up to three times the tolerance.
    tolerance = (3 * (STEP * centre.square() + NOISE)).clamp(min=1e-9)[:, None]
    off = (near - centre[:, None]).abs_().div_(GATE * centre[:, None] + tolerance)
    weight = known * (off < 1)
    for _ in range(ROUNDS):
        plane = _solve(weight @ pairs, (weight * near) @ basis)
        off = (near - plane @ basis.T).div_(tolerance).square_()
        weight = off.neg_().add_(1).clamp_(min=0).square_().mul_(known)
    count = known.sum(dim=1)
    # Weights above this are of points no further off than a third of where they cease to count.
    share = (weight > (1 - 1 / 9) ** 2).sum(dim=1) / count.clamp(min=1) * (centre > 0) * (count > len(down) / 5)
    return plane * torch.tensor([1 / window, 1 / window, 1.0]), share


def _solve(matrix: Tensor, right: Tensor) -> Tensor:
    """Solutions (n, 3) of symmetric systems, their six entries (n, 6) in the order of PAIRS, by Cramer's rule."""
    xx, xy, x, yy, y, one = (matrix + RIDGE).unbind(1)
    p, q, r = yy * one - y * y, x * y - xy * one, xy * y - x * yy
    s, t, w = xx * one - x * x, xy * x - xx * y, xx * yy - xy * xy
    rows = torch.stack([p, q, r, q, s, t, r, t, w], dim=1).view(-1, 3, 3)
    return (rows @ right[:, :, None])[:, :, 0] / (xx * p + xy * q + x * r)[:, None]
