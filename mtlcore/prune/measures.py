"""What the angles between hidden units are taken of: their behaviour, or their incoming weights [ge, Section 2.3]."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from mtlcore.kernels.angles import AngleGram, Center
from mtlcore.prune.hidden import HiddenLayer


@contextlib.contextmanager
def observe(
    net: nn.Module,
    layer: HiddenLayer,
    *,
    center: Center = None,
    transform: Callable[[Tensor], Tensor] = lambda activations: activations,
) -> Iterator[AngleGram]:
    """Gather the behaviour of hidden units while batches pass through a network, in evaluation mode, no gradients.

    Args:
        net: set to evaluation mode inside the context, each of its modules back to its own mode behind it.
        layer: a hidden layer of it; the behaviour is what its first consumer reads.
        center: as `kernels.angles`.
        transform: of the behaviour, such as torch.sigmoid where the network's own activation is another.

    Yields:
        The Gram matrix that fills.
    """
    gram = AngleGram(layer.size, center=center)
    handle = layer.consumers[0].register_forward_pre_hook(lambda _, inputs: gram.update(transform(inputs[0])))
    training = {part: part.training for part in net.modules()}
    net.eval()
    try:
        with torch.no_grad():
            yield gram
    finally:
        handle.remove()
        for part, mode in training.items():
            part.training = mode


def incoming(layer: HiddenLayer, *, bias: bool = False) -> AngleGram:
    """The Gram matrix of the units' incoming weights ("weight matrix"), with the bias as one more weight if asked.

    Raises:
        ValueError: the bias is asked for, and the producer has none.
    """
    weights = layer.producer.weight
    if bias:
        if layer.producer.bias is None:
            raise ValueError("the producer has no bias to be part of the weight vectors; leave bias=False")
        weights = torch.cat([weights, layer.producer.bias[:, None]], 1)
    gram = AngleGram(layer.size)
    gram.update(weights.T)
    return gram
