"""Dilated ResNet: a residual backbone whose last two stages dilate instead of stride.

Paper: Yu, Koltun and Funkhouser, "Dilated Residual Networks" (2017), as used by [upadhyay, Section 4]. The text names
"dilated ResNet-50" and no more; this is the network of its published code: a stem of three 3x3 convolutions (64, 64
and 128 channels, the first with stride 2) and a max pooling, bottleneck stages of 3, 4, 6 and 3 blocks with expansion
4, strides 1, 2, 1, 1 and dilations 1, 1, 2, 4 in every 3x3 of a stage. It has 55 convolutions without bias, 23,631,808
parameters and 22,787 input channels. Output stride 8: (B, 3, 256, 256) becomes (B, 2048, 32, 32).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

EXPANSION = 4
STRIDES = (1, 2, 1, 1)
DILATIONS = (1, 1, 2, 4)


class Bottleneck(nn.Module):
    """(B, i, H, W) to (B, 4w, H/s, W/s): convolutions 1x1, 3x3 and 1x1, and a shortcut around them.

    Args:
        inputs: i.
        width: w, channels of the 3x3.
        stride: s, of the 3x3 and of the shortcut.
        dilation: of the 3x3.
    """

    def __init__(self, inputs: int, width: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        outputs = EXPANSION * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        # a module even where it does nothing: there `prune.compact` can take channels out of the residual sum
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """(B, i, H, W) to (B, 4w, H/s, W/s)."""
        hidden = self.relu(self.bn1(self.conv1(x)))
        hidden = self.relu(self.bn2(self.conv2(hidden)))
        return self.relu(self.bn3(self.conv3(hidden)) + self.shortcut(x))


class DilatedResNet(nn.Module):
    """Images (B, 3, H, W) to features (B, 32 width, H/8, W/8).

    Args:
        width: channels of the first stage's 3x3 convolutions: 64 is ResNet-50, less its thin siblings.
        blocks: of every stage: (3, 4, 6, 3) is ResNet-50.

    Raises:
        ValueError: there are not four stages, or one is empty.
    """

    def __init__(self, width: int = 64, blocks: Sequence[int] = (3, 4, 6, 3)) -> None:
        super().__init__()
        if len(blocks) != len(STRIDES) or min(blocks) < 1:
            raise ValueError(f"the backbone has four stages of one block or more each, got blocks={tuple(blocks)}")
        self.stem = nn.Sequential(
            *_convolution(3, width, stride=2),
            *_convolution(width, width),
            *_convolution(width, 2 * width),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        inputs = 2 * width
        self.stages = nn.Sequential()
        for index, (count, stride, dilation) in enumerate(zip(blocks, STRIDES, DILATIONS, strict=True)):
            stage = nn.Sequential()
            for block in range(count):
                stage.append(Bottleneck(inputs, width << index, stride if block == 0 else 1, dilation))
                inputs = EXPANSION * (width << index)
            self.stages.append(stage)
        self.channels = inputs
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, 32 width, H/8, W/8)."""
        return self.stages(self.stem(images))


def _convolution(inputs: int, outputs: int, stride: int = 1) -> tuple[nn.Module, nn.Module, nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
