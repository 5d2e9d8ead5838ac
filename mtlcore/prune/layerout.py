"""LayerOut: freeze random layers, a new set every epoch.

Paper: Goutam et al., "LayerOut: Freezing Layers in Deep Neural Networks" [goutam, Section 4]. A layer is a
convolution or a fully connected layer, weight and bias together; batch normalisation is never frozen, as in the
published code. A frozen parameter gets no gradient, so the optimiser leaves it, its momentum and its decay alone.

Normalisation that goes on training keeps the gradient travelling to the bottom of the network and keeps every
activation in memory. `norms="prefix"` is LayerOut that does save: normalisation below the lowest layer that trains is
frozen too, so that nothing there needs a gradient or an activation. Running statistics are no parameters and go on
following the batches either way.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from mtlcore.kernels.freezing import check, sample_independent, sample_published

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.GroupNorm, nn.LayerNorm)
SCHEMES: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "independent": sample_independent,
    "published": sample_published,
}


def freezable(net: nn.Module) -> list[nn.Module]:
    """The layers that LayerOut may freeze, in the order in which the network defines them."""
    return [module for module in net.modules() if isinstance(module, LAYERS)]


def norms_of_prefix(net: nn.Module, frozen: Tensor) -> tuple[list[nn.Module], Tensor]:
    """The normalisations of a network, and which of them lie behind frozen layers alone.

    Args:
        net: the network, which defines its modules in the order in which it computes them.
        frozen: boolean (K,) over `freezable(net)`.

    Returns:
        The normalisations, and boolean of their number.
    """
    verdicts = iter(frozen.tolist())
    norms: list[nn.Module] = []
    below: list[bool] = []
    prefix: bool | None = None  # whether all layers so far are frozen; None before the first
    for module in net.modules():
        if isinstance(module, LAYERS):
            prefix = prefix is not False and next(verdicts)
        elif isinstance(module, NORMS):
            norms.append(module)
            below.append(prefix is True)
    return norms, torch.tensor(below, dtype=torch.bool)


class LayerOut:
    """Freezes layers of a network at the start of every epoch.

    Args:
        net: the network; `freezable(net)` are its K layers.
        probabilities: freeze probabilities v, length K; None draws them uniformly in 0..1 [goutam, Section 4.1].
        scheme: "independent" (the text) or "published" (the loop of the published code).
        redraw: with probabilities None, draw a new v every epoch [goutam, Section 4] instead of one for all.
        warmup: epochs at the start in which nothing is frozen.
        seed: of v and of every draw; the draw of an epoch depends on (seed, epoch) alone, so a resumed run
            freezes what the uninterrupted one would have.
        norms: "train" leaves all normalisation trainable (the published code); "prefix" freezes it below the lowest
            layer that trains.
        by: "backward" takes frozen parameters out of the backward pass; "update" leaves the pass whole and lets
            `guard` drop their gradients before the step: the same bits without a saving, in one compiled graph.

    Raises:
        ValueError: the number of probabilities is not the number of layers, one is outside 0..1, all are 1, or the
            scheme or another choice is unknown.
    """

    def __init__(
        self,
        net: nn.Module,
        probabilities: tuple[float, ...] | None,
        *,
        scheme: str = "independent",
        redraw: bool = False,
        warmup: int = 0,
        seed: int = 0,
        norms: str = "train",
        by: str = "backward",
    ) -> None:
        self.net = net
        self.layers = freezable(net)
        if probabilities is not None and len(probabilities) != len(self.layers):
            raise ValueError(
                f"{len(probabilities)} freeze probabilities for {len(self.layers)} layers; give one a layer"
            )
        if probabilities is not None:
            check(torch.tensor(probabilities, dtype=torch.float64))  # now, not at the end of a warm-up
        if scheme not in SCHEMES:
            raise ValueError(f"scheme {scheme!r} is unknown; choose one of {', '.join(SCHEMES)}")
        _refuse_unknown("norms", norms, ("train", "prefix"))
        _refuse_unknown("by", by, ("backward", "update"))
        self.probabilities = probabilities
        self.draw = SCHEMES[scheme]
        self.redraw = redraw
        self.warmup = warmup
        self.seed = seed
        self.norms, self.by = norms, by
        self.cold: list[nn.Parameter] = []  # frozen in this epoch
        self.sizes = torch.tensor([sum(p.numel() for p in layer.parameters()) for layer in self.layers])

    def vector(self, epoch: int) -> Tensor:
        """The freeze probabilities v of an epoch, (K,)."""
        if self.probabilities is not None:
            return torch.tensor(self.probabilities, dtype=torch.float64)
        generator = random_stream(self.seed, 1 + epoch if self.redraw else 0)
        return torch.rand(len(self.layers), generator=generator, dtype=torch.float64)

    def frozen(self, epoch: int) -> Tensor:
        """Which layers an epoch freezes: boolean (K,), the same at every call."""
        if epoch < self.warmup:
            return torch.zeros(len(self.layers), dtype=torch.bool)
        return self.draw(self.vector(epoch), random_stream(self.seed, 1_000_003 + epoch))

    def apply(self, epoch: int) -> Tensor:
        """Freeze the layers of an epoch, release the others, and say which: boolean (K,)."""
        frozen = self.frozen(epoch)
        marked = [(self.layers, frozen)]
        if self.norms == "prefix":
            norms, below = norms_of_prefix(self.net, frozen)
            marked.append((norms, below))
        self.cold = [
            parameter
            for modules, marks in marked
            for module, cold in zip(modules, marks.tolist(), strict=True)
            for parameter in module.parameters()
            if cold
        ]
        if self.by == "backward":
            for modules, marks in marked:
                freeze(modules, marks)
        return frozen

    def guard(self, optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
        """Let an optimiser drop the gradients of frozen parameters before every step; returns it."""

        def drop(*_: object) -> None:
            for parameter in self.cold:
                parameter.grad = None

        optimizer.register_step_pre_hook(drop)
        return optimizer

    def share(self, frozen: Tensor) -> float:
        """Share of the layers' parameters that is frozen, in 0..1."""
        return float(self.sizes[frozen].sum() / self.sizes.sum())


def freeze(layers: list[nn.Module], frozen: Tensor) -> None:
    """Take the marked layers out of the backward pass and out of the optimiser's reach; give the others back."""
    for layer, cold in zip(layers, frozen.tolist(), strict=True):
        for parameter in layer.parameters():
            parameter.requires_grad_(not cold)
            if cold:
                parameter.grad = None  # an optimiser skips it: no step, no decay, momentum kept for later


def _refuse_unknown(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} {value!r} is unknown; choose one of {', '.join(known)}")


def random_stream(seed: int, stream: int) -> torch.Generator:
    """An independent stream of random numbers for every (seed, stream)."""
    return torch.Generator().manual_seed((seed * 0x9E3779B97F4A7C15 + stream * 0xC2B2AE3D27D4EB4F) % 2**63)
