"""Heads on the features of a dilated backbone: DeepLab-V3 for pixels, a small one for images.

Paper: Chen et al., "Rethinking Atrous Convolution for Semantic Image Segmentation" (2017), used by [upadhyay, Section
4], which gives no sizes; these are those of its published code. With 2048 feature channels the pixel head has
16,135,977 parameters for 41 outputs, 16,125,697 for one and 16,126,211 for three; the image head has 1,181,825. No head
enlarges: its outputs have the size of the features. Neither ends with an activation; the code's image head ends with a
sigmoid.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

RATES = (12, 24, 36)
DROPOUT = 0.3


class PyramidPooling(nn.Module):
    """Atrous spatial pyramid pooling: (B, i, H, W) to (B, w, H, W).

    A 1x1 convolution, one 3x3 a rate and one 1x1 of the image's mean, side by side, then a 1x1 over all.

    Args:
        inputs: i.
        width: w, channels of every branch and of the result.
        rates: dilations of the 3x3 convolutions.
    """

    def __init__(self, inputs: int, width: int, rates: Sequence[int]) -> None:
        super().__init__()
        self.point = nn.Sequential(*_convolution(inputs, width), nn.Dropout(DROPOUT))
        self.atrous = nn.ModuleList(nn.Sequential(*_convolution(inputs, width, rate)) for rate in rates)
        self.pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), *_convolution(inputs, width))
        self.project = nn.Sequential(*_convolution((2 + len(rates)) * width, width), nn.Dropout(DROPOUT))

    def forward(self, features: Tensor) -> Tensor:
        """(B, i, H, W) to (B, w, H, W)."""
        point = self.point(features)
        pooled = F.interpolate(self.pooled(features), size=features.shape[-2:])
        return self.project(torch.cat([point, *(branch(features) for branch in self.atrous), pooled], 1))


class PixelHead(nn.Sequential):
    """DeepLab-V3: features (B, i, H, W) to (B, outputs, H, W).

    Args:
        inputs: i.
        outputs: one a class, or one a component of what is regressed.
        width: channels of the hidden layers.
        rates: dilations; smaller ones for feature maps that the published ones overreach.
    """

    def __init__(self, inputs: int, outputs: int, *, width: int = 256, rates: Sequence[int] = RATES) -> None:
        hidden = nn.Conv2d(width, width, 3, padding=1, bias=False)
        super().__init__(
            PyramidPooling(inputs, width, rates), hidden, nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, outputs, 1)
        )


class ImageHead(nn.Sequential):
    """A small classifier: features (B, i, H, W) to logits (B, outputs); H and W are at least 2.

    Args:
        inputs: i.
        outputs: one is a binary question.
        width: channels of its convolution; half as many units behind it.
    """

    def __init__(self, inputs: int, outputs: int = 1, *, width: int = 64) -> None:
        super().__init__(
            nn.Conv2d(inputs, width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.6),
            nn.Linear(width, width // 2),
            nn.ReLU(),
            nn.Dropout(0.4),
            nn.Linear(width // 2, outputs),
        )


def _convolution(inputs: int, outputs: int, rate: int | None = None) -> tuple[nn.Module, nn.Module, nn.Module]:
    """A 1x1 convolution, or a 3x3 with a dilation, normalised and rectified."""
    size, padding = (1, 0) if rate is None else (3, rate)
    convolution = nn.Conv2d(inputs, outputs, size, padding=padding, dilation=rate or 1, bias=False)
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU()
