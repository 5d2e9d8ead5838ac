"""The networks of LayerOut's CIFAR experiments by name, and their narrow and shallow siblings [goutam, Section 5.2]."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from mtlcore.nets.resnet_cifar import ResNet
from mtlcore.nets.vgg import vgg16

VGG, RESNET, PUBLISHED = "vgg-16", "resnet-110", "bottleneck-164"  # published: what the code trains as ResNet-110

NETWORKS: dict[str, Callable[[int], nn.Module]] = {
    VGG: lambda classes: vgg16(classes=classes),
    RESNET: lambda classes: ResNet(18, classes=classes),
    PUBLISHED: lambda classes: ResNet(18, kind="bottleneck", classes=classes),
    "narrow-vgg-16": lambda classes: vgg16(classes=classes, width=8, hidden=512),
    "narrow-resnet-14": lambda classes: ResNet(2, width=8, classes=classes),
    "narrow-bottleneck-20": lambda classes: ResNet(2, kind="bottleneck", width=8, classes=classes),
    "tiny-vgg-16": lambda classes: vgg16(classes=classes, width=2, hidden=16),
    "tiny-resnet-8": lambda classes: ResNet(1, width=4, classes=classes),
    "tiny-bottleneck-11": lambda classes: ResNet(1, kind="bottleneck", width=4, classes=classes),
}
SIBLINGS = {
    "narrow": {VGG: "narrow-vgg-16", RESNET: "narrow-resnet-14", PUBLISHED: "narrow-bottleneck-20"},
    "tiny": {VGG: "tiny-vgg-16", RESNET: "tiny-resnet-8", PUBLISHED: "tiny-bottleneck-11"},
}


def build(name: str, classes: int = 10) -> nn.Module:
    """A network by its name, with PyTorch's default initialisation.

    Raises:
        ValueError: there is no such network.
    """
    if name not in NETWORKS:
        raise ValueError(f"network {name!r} is unknown; choose one of {', '.join(NETWORKS)}")
    return NETWORKS[name](classes)


def sibling(name: str, size: str | None) -> str:
    """A network's sibling of a size, "narrow" or "tiny"; the network itself with None."""
    return SIBLINGS[size][name] if size else name


def policy_of(net: ResNet) -> ResNet:
    """The policy network of BlockDrop: one block a stage, and a decision for every block [wu2018blockdrop, 4.1]."""
    return ResNet(1, width=net.conv.out_channels, classes=len(net.blocks))
