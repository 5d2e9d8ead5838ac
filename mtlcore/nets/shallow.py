"""The shallow network of LayerOut's MNIST experiments [goutam, Section 5.1, Fig. 2].

Five convolutions and two fully connected layers, ReLU after all but the last, no pooling: the second and fourth
convolutions have stride 2. Sizes are those of the published code, which the text leaves open: 491,114 parameters
on a (B, 1, 32, 32) input.
"""

from __future__ import annotations

from torch import nn

# output channels and stride of the five 3x3 convolutions, without padding: 32 -> 30 -> 14 -> 12 -> 5 -> 3
CONVOLUTIONS = ((32, 1), (64, 2), (128, 1), (64, 2), (32, 1))
HIDDEN = 1024


def shallow(*, classes: int = 10, channels: int = 1, norm: bool = False) -> nn.Sequential:
    """The network, with PyTorch's default initialisation.

    Args:
        classes: number of outputs.
        channels: of the (B, channels, 32, 32) input.
        norm: with batch normalisation behind every convolution, which the document's network does not have.

    Returns:
        A module from images to logits (B, classes), its layers named conv1..conv5, fc1, fc2.
    """
    net = nn.Sequential()
    width = channels
    for index, (out, stride) in enumerate(CONVOLUTIONS, start=1):
        net.add_module(f"conv{index}", nn.Conv2d(width, out, 3, stride=stride))
        if norm:
            net.add_module(f"bn{index}", nn.BatchNorm2d(out))
        net.add_module(f"relu{index}", nn.ReLU(inplace=True))
        width = out
    net.add_module("flatten", nn.Flatten())
    net.add_module("fc1", nn.Linear(width * 3 * 3, HIDDEN))
    net.add_module("relu6", nn.ReLU(inplace=True))
    net.add_module("fc2", nn.Linear(HIDDEN, classes))
    return net


def xavier(net: nn.Module) -> None:
    """Glorot's uniform initialisation of every weight, zero biases, as the text has it [goutam, Section 5.1].

    The published code names it but tests the type of the whole network, so that it never applies.
    """
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
