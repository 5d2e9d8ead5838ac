"""What a training step computes and keeps in any network, counted on tensors without data.

FLOPs of the forward and the backward pass are those of torch's own counter, bytes are those of the activations that
autograd keeps until the backward pass. Nothing is computed, so that a network of 164 layers takes as long to count as
a small one; what is frozen or left out is decided by autograd itself, not by a model of it.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

Forward = Callable[[nn.Module, Tensor], Tensor]


@dataclasses.dataclass(frozen=True)
class Step:
    """A training step: FLOPs of both passes, and bytes that wait for the backward pass."""

    forward: float
    backward: float
    kept: float

    @property
    def computed(self) -> float:
        """FLOPs of the step."""
        return self.forward + self.backward


def without_data(net: nn.Module) -> nn.Module:
    """A copy of a network whose tensors have shapes and no values, in training mode."""
    return copy.deepcopy(net).to("meta").train()


def count(net: nn.Module, shape: tuple[int, ...], *, forward: Forward = lambda net, images: net(images)) -> Step:
    """Count one training step by cross-entropy of a network from `without_data`, as it is frozen now.

    Args:
        net: with logits (B, classes) as output.
        shape: of a batch, (B, C, H, W).
        forward: how the network is called, where it takes more than the images.

    Returns:
        What the step computes and keeps. Kept are activations of 32 bits, each once, without the images and the
        parameters, which are there anyway.
    """
    images = torch.empty(shape, device="meta")
    labels = torch.empty(shape[0], dtype=torch.long, device="meta")
    own = {tensor.untyped_storage()._cdata for tensor in [images, *net.parameters(), *net.buffers()]}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept.setdefault(tensor.untyped_storage()._cdata, tensor)
        return tensor

    with FlopCounterMode(display=False) as counter, torch.autograd.graph.saved_tensors_hooks(keep, lambda one: one):
        loss = F.cross_entropy(forward(net, images), labels)
    forwards = float(counter.get_total_flops())
    size = sum(tensor.untyped_storage().nbytes() for name, tensor in kept.items() if name not in own)
    backwards = 0.0
    if loss.requires_grad:
        with FlopCounterMode(display=False) as counter:
            loss.backward()
        backwards = float(counter.get_total_flops())
    net.zero_grad(set_to_none=True)
    return Step(forwards, backwards, float(size))
