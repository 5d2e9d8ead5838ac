"""Residual networks for 32x32 images [he2016resnet, Section 4.2], whose blocks can be dropped.

Three stages of n blocks with 16, 32 and 64 channels. Of basic blocks (two 3x3 convolutions) n = 18 makes ResNet-110,
1,730,714 parameters; of bottleneck blocks (1x1, 3x3, 1x1, four times the channels) it makes a network of 164 layers and
1,704,154 parameters, which is what the published code of LayerOut trains under the name ResNet-110.

Deviation from He et al.: where the shape changes, the shortcut is a 1x1 convolution with batch normalisation (their
option B), as in the published code.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EXPANSION = {"basic": 1, "bottleneck": 4}
Keep = Sequence[float] | Tensor


class Block(nn.Module):
    """One residual block: relu(shortcut(x) + branch(x))."""

    def __init__(self, inputs: int, width: int, stride: int, kind: str) -> None:
        super().__init__()
        outputs = width * EXPANSION[kind]
        shapes = [(inputs, width, 3, stride), (width, outputs, 3, 1)]
        if kind == "bottleneck":
            shapes = [(inputs, width, 1, 1), (width, width, 3, stride), (width, outputs, 1, 1)]
        self.branch = nn.Sequential()
        for index, (before, after, kernel, step) in enumerate(shapes, start=1):
            self.branch.add_module(f"conv{index}", _convolution(before, after, kernel, step))
            self.branch.add_module(f"bn{index}", nn.BatchNorm2d(after))
            if index < len(shapes):
                self.branch.add_module(f"relu{index}", nn.ReLU(inplace=True))
        self.shortcut = nn.Sequential()
        if stride > 1 or inputs != outputs:
            self.shortcut.add_module("conv", _convolution(inputs, outputs, 1, stride))
            self.shortcut.add_module("bn", nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor, keep: float | Tensor = 1.0) -> Tensor:
        """keep: 0 leaves the branch out, 1 is the plain block, another number scales it; (B,) decides by image."""
        if isinstance(keep, Tensor):
            return self._by_image(x, keep)
        if not keep:
            return F.relu(self.shortcut(x))
        branch = self.branch(x)
        return F.relu(self.shortcut(x) + (branch if keep == 1 else keep * branch))

    def _by_image(self, x: Tensor, keep: Tensor) -> Tensor:
        if torch.is_grad_enabled() or x.device.type != "cpu":  # a GPU would have to wait to know which images
            return F.relu(self.shortcut(x) + keep.view(-1, 1, 1, 1) * self.branch(x))
        chosen = keep.nonzero()[:, 0]  # only these images are computed
        out = self.shortcut(x)
        if len(chosen):
            branch = self.branch(x[chosen])
            out = out.to(branch.dtype).index_add(0, chosen, branch)
        return F.relu(out)


class ResNet(nn.Module):
    """A residual network from images (B, 3, 32, 32) to logits (B, classes).

    Args:
        blocks: in each of the three stages.
        kind: "basic" or "bottleneck".
        width: channels of the first stage (before a bottleneck's expansion).
        classes: number of outputs.

    Raises:
        ValueError: the kind of block is unknown.
    """

    def __init__(self, blocks: int, *, kind: str = "basic", width: int = 16, classes: int = 10) -> None:
        super().__init__()
        if kind not in EXPANSION:
            raise ValueError(f"blocks of kind {kind!r} are unknown; choose one of {', '.join(EXPANSION)}")
        self.conv = _convolution(3, width, 3, 1)
        self.bn = nn.BatchNorm2d(width)
        self.blocks = nn.ModuleList()
        channels = width
        for stage in range(3):
            for index in range(blocks):
                stride = 2 if stage and not index else 1
                self.blocks.append(Block(channels, width * 2**stage, stride, kind))
                channels = width * 2**stage * EXPANSION[kind]
        self.fc = nn.Linear(channels, classes)

    def forward(self, images: Tensor, keep: Keep | None = None) -> Tensor:
        """Logits (B, classes).

        Args:
            images: (B, 3, H, W).
            keep: what is done with the branch of each block: a sequence of numbers for the whole batch, or a tensor
                (B, blocks) of zeros and ones by image; None keeps all. A branch that a whole batch does without is
                not computed, and on a CPU without gradients neither is one that an image does without.
        """
        hidden = F.relu(self.bn(self.conv(images)))
        for index, block in enumerate(self.blocks):
            if keep is None:
                hidden = block(hidden)
            else:
                hidden = block(hidden, keep[:, index] if isinstance(keep, Tensor) else keep[index])
        return self.fc(hidden.mean((2, 3)))


def _convolution(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)


def he(net: nn.Module) -> None:
    """He's normal initialisation of every convolution, by the number of its outputs [goutam, Section 5.2].

    Biases begin at zero; fully connected layers keep PyTorch's initialisation, as in the published residual code.
    """
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
