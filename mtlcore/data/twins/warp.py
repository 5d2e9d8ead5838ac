"""Smooth random displacement of the pixel grid, and random matrices: what a hand or a page does to a shape."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlcore.data.twins.strokes import SIDE


def elastic(noise: Tensor) -> Tensor:
    """A displacement of every pixel, (B, 784, 2), from a coarse grid of them, (B, 2, k, k) in pixels."""
    fine = F.interpolate(noise, size=(SIDE, SIDE), mode="bicubic", align_corners=True)
    return fine.flatten(2).transpose(1, 2)


def matrices(rotation: Tensor, shear: Tensor, aspect: Tensor) -> Tensor:
    """(B, 2, 2): x stretched and y shrunk by exp(aspect / 2), sheared (x by y), then rotated (radians)."""
    cos, sin = rotation.cos(), rotation.sin()
    turn = torch.stack([cos, -sin, sin, cos], dim=1).view(-1, 2, 2)
    wide, tall = (aspect / 2).exp(), (-aspect / 2).exp()
    slant = torch.stack([wide, -shear * tall, torch.zeros_like(shear), tall], dim=1).view(-1, 2, 2)
    return turn @ slant
