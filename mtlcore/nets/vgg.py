"""The modified VGG-16 of LayerOut's CIFAR experiments [goutam, Section 5.2; simonyan2015vgg].

Thirteen 3x3 convolutions with batch normalisation and ReLU, five poolings, so that a 32x32 image ends as one pixel, and
three fully connected layers. As in the published code there is neither an activation nor dropout between these three,
which gives the 33,646,666 parameters that the document prints for ten classes.
"""

from __future__ import annotations

from torch import nn

# output channels as multiples of the first layer's, stage by stage; a pooling ends every stage
STAGES = ((1, 1), (2, 2), (4, 4, 4), (8, 8, 8), (8, 8, 8))


def vgg16(*, classes: int = 10, width: int = 64, hidden: int = 4096) -> nn.Sequential:
    """The network, with PyTorch's default initialisation.

    Args:
        classes: number of outputs.
        width: channels of the first convolution; the document's is 64, a smaller one makes a narrow sibling.
        hidden: units of the first two fully connected layers.

    Returns:
        A sequential module from images (B, 3, 32, 32) to logits (B, classes), its layers named conv1..conv13, fc1..fc3.
    """
    net = nn.Sequential()
    channels, index = 3, 0
    for stage, multiples in enumerate(STAGES, start=1):
        for multiple in multiples:
            index += 1
            net.add_module(f"conv{index}", nn.Conv2d(channels, multiple * width, 3, padding=1))
            channels = multiple * width
            net.add_module(f"bn{index}", nn.BatchNorm2d(channels))
            net.add_module(f"relu{index}", nn.ReLU(inplace=True))
        net.add_module(f"pool{stage}", nn.MaxPool2d(2))
    net.add_module("flatten", nn.Flatten())
    for number, (before, after) in enumerate(((channels, hidden), (hidden, hidden), (hidden, classes)), start=1):
        net.add_module(f"fc{number}", nn.Linear(before, after))
    return net
