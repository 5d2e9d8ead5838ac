"""The truncated LeNet for several tasks, a tree [tran, Section 4.5].

Two convolutional blocks that all tasks share and one linear head a task: no hidden fully connected layer, so that the
representation has to live in the convolutions. Sizes and order are those of the published code, which the text leaves
open: 5x5 kernels, 20 and 50 channels, rectifier, pooling by 2, and batch normalisation last in a block, so that a
block's output is γ Z̃ + β with Z̃ normalised, as Section 5.2 needs it. 49,740 parameters for three tasks.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from mtlcore.nets.tree import TreeNet

CHANNELS = (20, 50)
FEATURES = CHANNELS[-1] * 4 * 4  # of a 28x28 image: 28 -> 24 -> 12 -> 8 -> 4


def lenet(tasks: Sequence[str], *, classes: int = 10, gamma: float | None = None) -> TreeNet:
    """The network, with PyTorch's default initialisation of convolutions and heads.

    Args:
        tasks: their names; the head of the i-th is block 2 + i.
        classes: of every task.
        gamma: initial γ of the batch normalisations; None draws it uniformly in 0..1, as the published code does.
            β begins at 0.

    Returns:
        A tree from images (B, 1, 28, 28) to logits (B, classes) a task; the published code has their log-softmax as
        output, here it is in the loss. Its layers are named blocks.<index>.conv, .norm and .linear.

    Raises:
        ValueError: a task is named twice, or there is none.
    """
    if len(set(tasks)) < len(tasks):
        raise ValueError(f"a task is named twice in {tuple(tasks)}; each needs a name of its own")
    heads = {task: 2 + number for number, task in enumerate(tasks)}
    blocks = {0: _convolutional(1, CHANNELS[0], gamma), 1: _convolutional(*CHANNELS, gamma)}
    blocks |= {head: _head(classes) for head in heads.values()}
    return TreeNet(blocks, {task: (0, 1, head) for task, head in heads.items()})


def _convolutional(inputs: int, outputs: int, gamma: float | None) -> nn.Sequential:
    block = nn.Sequential()
    block.add_module("conv", nn.Conv2d(inputs, outputs, 5))
    block.add_module("relu", nn.ReLU(inplace=True))
    block.add_module("pool", nn.MaxPool2d(2))
    norm = nn.BatchNorm2d(outputs)
    if gamma is None:
        nn.init.uniform_(norm.weight)
    else:
        nn.init.constant_(norm.weight, gamma)
    block.add_module("norm", norm)
    return block


def _head(classes: int) -> nn.Sequential:
    block = nn.Sequential()
    block.add_module("flatten", nn.Flatten())
    block.add_module("linear", nn.Linear(FEATURES, classes))
    return block
