"""What a training step computes and keeps in any network, counted on tensors without data.

FLOPs of the forward and the backward pass are those of torch's own counter, bytes are those of the activations that
autograd keeps until the backward pass, and of the gradients that it leaves for the update. Nothing is computed, so
that a network of 164 layers takes as long to count as a small one; what is frozen or left out is decided by autograd
itself, not by a model of it.

What freezing saves on average follows exactly from a few such counts, as each layer adds its own share (`expected`).
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from mtlcore.kernels.freezing import backward_cost, check
from mtlcore.prune.layerout import freezable, freeze, norms_of_prefix

Forward = Callable[[nn.Module, Tensor], Tensor]


@dataclasses.dataclass(frozen=True)
class Step:
    """A training step: FLOPs of both passes, bytes that wait for the backward pass, and bytes of gradients after it."""

    forward: float
    backward: float
    kept: float
    gradients: float = 0.0

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
        parameters, which are there anyway; gradients are those of the parameters, whatever the size of the batch.
    """
    with FlopCounterMode(display=False) as counter:
        loss, kept = _forward(net, shape, forward)
    forwards, backwards = float(counter.get_total_flops()), 0.0
    if loss.requires_grad:
        with FlopCounterMode(display=False) as counter:
            loss.backward()
        backwards = float(counter.get_total_flops())
    gradients = sum(one.grad.untyped_storage().nbytes() for one in net.parameters() if one.grad is not None)
    net.zero_grad(set_to_none=True)
    return Step(forwards, backwards, kept, float(gradients))


def _forward(net: nn.Module, shape: tuple[int, ...], forward: Forward) -> tuple[Tensor, float]:
    """The loss of a batch, and the bytes that autograd keeps for its backward pass."""
    images = torch.empty(shape, device="meta")
    labels = torch.empty(shape[0], dtype=torch.long, device="meta")
    own = {tensor.untyped_storage()._cdata for tensor in [images, *net.parameters(), *net.buffers()]}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept.setdefault(tensor.untyped_storage()._cdata, tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda one: one):
        loss = F.cross_entropy(forward(net, images), labels)
    size = sum(tensor.untyped_storage().nbytes() for name, tensor in kept.items() if name not in own)
    return loss, float(size)


@dataclasses.dataclass(frozen=True)
class Shares:
    """What each layer of a network has in a step.

    Args:
        whole: the step with nothing frozen.
        alone: what freezing one layer takes off it, (K, 3): backward FLOPs, bytes kept, bytes of gradients.
        front: what is left of these three with the first m layers and their normalisation frozen, (K, 3), m = 0..K-1.
    """

    whole: Step
    alone: Tensor
    front: Tensor


def shares(net: nn.Module, shape: tuple[int, ...]) -> Shares:
    """What each layer of a network from `without_data` has in a step; arguments as `count`.

    Bytes kept are counted for every layer; the FLOPs of a layer are those of its forward pass, once for the gradient
    of its weights and once, behind the first layer, for that of its input.

    Raises:
        ValueError: the network is not a sequence of modules, or the FLOPs of its layers do not add up to its own.
    """
    if not isinstance(net, nn.Sequential):
        raise ValueError("shares are known for nn.Sequential networks; count some patterns of this one")
    layers = freezable(net)
    net.requires_grad_(True)
    whole = count(net, shape)
    weight = forward_flops(net, shape)
    below = weight * (torch.arange(len(layers)) > 0)
    if float((weight + below).sum()) != whole.backward:
        raise ValueError("the layers' FLOPs do not add up to the network's; count some patterns of this one")
    places = torch.arange(len(layers))

    def left(frozen: Tensor, *, prefix: bool) -> list[float]:
        net.requires_grad_(True)
        freeze(layers, frozen)
        if prefix:
            freeze(*norms_of_prefix(net, frozen))
            backward = float(backward_cost(frozen, weight, below))
        else:  # normalisation trains at the bottom, so that every gradient of an input is needed
            backward = whole.backward - float(weight[frozen].sum())
        gradients = sum(4 * one.numel() for one in net.parameters() if one.requires_grad)
        return [backward, _forward(net, shape, lambda net, images: net(images))[1], gradients]

    everything = torch.tensor([whole.backward, whole.kept, whole.gradients], dtype=torch.float64)
    alone = torch.tensor([left(places == layer, prefix=False) for layer in range(len(layers))], dtype=torch.float64)
    front = torch.tensor([left(places < count, prefix=True) for count in range(1, len(layers))], dtype=torch.float64)
    net.requires_grad_(True)
    return Shares(whole, everything - alone, torch.cat([everything[None], front]))


def forward_flops(net: nn.Module, shape: tuple[int, ...]) -> Tensor:
    """FLOPs of the forward pass of each layer, (K,)."""
    names = {name: place for place, name in enumerate(_names(net))}
    found = torch.zeros(len(names), dtype=torch.float64)
    with FlopCounterMode(display=False) as counter:
        net(torch.empty(shape, device="meta"))
    for path, operations in counter.get_flop_counts().items():
        name = path.partition(".")[2]  # behind that of the network's class
        if name in names:
            found[names[name]] = float(sum(operations.values()))
    return found


def _names(net: nn.Module) -> list[str]:
    known = {module: name for name, module in net.named_modules()}
    return [known[layer] for layer in freezable(net)]


def expected(known: Shares, probabilities: Tensor, *, published: bool = False, prefix: bool = False) -> Step:
    """The mean step of LayerOut, exactly, redraws of the all-frozen epoch included.

    Below the lowest layer that trains everything is frozen, and above it each layer takes off its own share: the
    mean runs over that lowest layer.

    Args:
        known: of a network that has batch normalisation behind its first layer, as from `shares`.
        probabilities: freeze probabilities v, (K,).
        published: for the leading-run loop of the published code instead of independent layers.
        prefix: freeze the normalisation below the lowest layer that trains, too.

    Raises:
        ValueError: as `kernels.freezing.check`.
    """
    check(probabilities)
    v = probabilities.double()
    before = torch.cat([torch.ones(1, dtype=torch.float64), v.cumprod(0)])
    lowest = before[:-1] * (1 - v) / (1 - before[-1])  # chance that layer m is the lowest that trains
    front = known.front
    if not prefix:
        front = known.front[0] - torch.cat([torch.zeros_like(known.alone[:1]), known.alone.cumsum(0)[:-1]])
    above = torch.zeros_like(known.alone)
    if not published:
        off = v[:, None] * known.alone
        above = off.sum(0) - off.cumsum(0)
    backward, kept, gradients = (lowest[:, None] * (front - above)).sum(0).tolist()
    return Step(known.whole.forward, backward, kept, gradients)
