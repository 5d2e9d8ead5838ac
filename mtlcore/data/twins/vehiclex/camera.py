"""Where the camera stands and looks, and where points of a vehicle come to lie in its image.

World: x to the right of the camera, y away from it, z up; the vehicle's middle is at the origin. Car: x to its
front, y to its left. A vehicle of orientation 0 faces the camera; 90 degrees shows its right side, 180 its rear.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class View:
    """Cameras of B images.

    turn: (B, 3, 3), car to camera (right, up, ahead), with the camera's place `eye` in the car's frame, (B, 3).
    heading: (B, 2), the car's front in the world. stand: (B, 2), horizontal distance and height of the camera.
    pitch: (B, 2), horizontal and vertical part of its direction. scale, middle: pixels = middle + scale (u, -v) for
    directions u = right / ahead, v = up / ahead.
    """

    turn: Tensor
    eye: Tensor
    heading: Tensor
    stand: Tensor
    pitch: Tensor
    scale: Tensor
    middle: Tensor

    def pixels(self, points: Tensor) -> Tensor:
        """Where points (B, n, 3) of the car's frame lie on the image, (B, n, 2), x to the right and y down."""
        seen = torch.baddbmm(-(self.turn @ self.eye[:, :, None]).mT, points, self.turn.mT)
        flat = seen[..., :2] / seen[..., 2:]
        return self.middle[:, None] + flat * self.scale[:, None, None] * flat.new_tensor([1.0, -1.0])


def look(labels: dict[str, Tensor], extent: Tensor, chance: Tensor, size: int) -> View:
    """The views of images from their labels.

    extent: (B, 3), half length, half width and height of each vehicle; the distance is to its hull. The picture is
    cut around the vehicle, a little more closely the nearer it is. chance: (B, 3), from 0 to 1, for the cut.
    """
    long, _, high = extent.unbind(dim=1)
    angle = torch.deg2rad(labels["orientation"])
    heading = torch.stack([angle.sin(), -angle.cos()], dim=1)
    away = labels["camera_distance"].clamp(min=2.0) + 0.6 * long
    height = labels["camera_height"].clamp(min=0.5)
    drop = 0.42 * high - height
    pitch = torch.stack([away, drop], dim=1) / torch.hypot(away, drop)[:, None]
    turn = _turn(heading, pitch)
    hx, hy = heading.unbind(dim=1)
    eye = torch.stack([-away * hy, -away * hx, height], dim=1)
    stand = torch.stack([away, height], dim=1)
    one, none = torch.ones_like(away), torch.zeros(len(away), 2, device=away.device)
    view = View(turn, eye, heading, stand, pitch, one, none)
    box = view.pixels(_corners(extent))
    low, high_corner = box.amin(dim=1), box.amax(dim=1)
    fill = (1.0 - 0.022 * labels["camera_distance"]).clamp(0.5, 0.95) * (0.94 + 0.08 * chance[:, 0])
    scale = fill * size / (high_corner - low).amax(dim=1)
    slack = (1 - fill)[:, None] * size * 0.5 * (chance[:, 1:] - 0.5)
    middle = size / 2 + slack - scale[:, None] * (low + high_corner) / 2
    return View(turn, eye, heading, stand, pitch, scale, middle)


def _turn(heading: Tensor, pitch: Tensor) -> Tensor:
    """(B, 3, 3): rows are the camera's right, up and ahead in the car's frame."""
    hx, hy = heading.unbind(dim=1)
    flat, rise = pitch.unbind(dim=1)
    none = torch.zeros_like(hx)
    right = torch.stack([hx, -hy, none], dim=1)
    up = torch.stack([-rise * hy, -rise * hx, flat], dim=1)
    ahead = torch.stack([flat * hy, flat * hx, rise], dim=1)
    return torch.stack([right, up, ahead], dim=1)


def _corners(extent: Tensor) -> Tensor:
    """The corners of the box around a vehicle, (B, 8, 3)."""
    signs = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (0, 1)]
    return extent[:, None] * torch.tensor(signs, dtype=extent.dtype, device=extent.device)
