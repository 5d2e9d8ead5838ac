"""LayerOut: freeze random layers, a new set every epoch.

Paper: Goutam et al., "LayerOut: Freezing Layers in Deep Neural Networks" [goutam, Section 4]. A layer is a
convolution or a fully connected layer, weight and bias together; batch normalisation is never frozen, as in the
published code. A frozen parameter gets no gradient, so the optimiser leaves it, its momentum and its decay alone.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from mtlcore.kernels.freezing import check, sample_independent, sample_published

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
SCHEMES: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "independent": sample_independent,
    "published": sample_published,
}


def freezable(net: nn.Module) -> list[nn.Module]:
    """The layers that LayerOut may freeze, in the order in which the network defines them."""
    return [module for module in net.modules() if isinstance(module, LAYERS)]


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

    Raises:
        ValueError: the number of probabilities is not the number of layers, one is outside 0..1, all are 1, or the
            scheme is unknown.
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
    ) -> None:
        self.layers = freezable(net)
        if probabilities is not None and len(probabilities) != len(self.layers):
            raise ValueError(
                f"{len(probabilities)} freeze probabilities for {len(self.layers)} layers; give one a layer"
            )
        if probabilities is not None:
            check(torch.tensor(probabilities, dtype=torch.float64))  # now, not at the end of a warm-up
        if scheme not in SCHEMES:
            raise ValueError(f"scheme {scheme!r} is unknown; choose one of {', '.join(SCHEMES)}")
        self.probabilities = probabilities
        self.draw = SCHEMES[scheme]
        self.redraw = redraw
        self.warmup = warmup
        self.seed = seed
        self.sizes = torch.tensor([sum(p.numel() for p in layer.parameters()) for layer in self.layers])

    def vector(self, epoch: int) -> Tensor:
        """The freeze probabilities v of an epoch, (K,)."""
        if self.probabilities is not None:
            return torch.tensor(self.probabilities, dtype=torch.float64)
        generator = _generator(self.seed, 1 + epoch if self.redraw else 0)
        return torch.rand(len(self.layers), generator=generator, dtype=torch.float64)

    def frozen(self, epoch: int) -> Tensor:
        """Which layers an epoch freezes: boolean (K,), the same at every call."""
        if epoch < self.warmup:
            return torch.zeros(len(self.layers), dtype=torch.bool)
        return self.draw(self.vector(epoch), _generator(self.seed, 1_000_003 + epoch))

    def apply(self, epoch: int) -> Tensor:
        """Freeze the layers of an epoch, release the others, and say which: boolean (K,)."""
        frozen = self.frozen(epoch)
        freeze(self.layers, frozen)
        return frozen

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


def _generator(seed: int, stream: int) -> torch.Generator:
    """An independent stream of random numbers for every (seed, stream)."""
    return torch.Generator().manual_seed((seed * 0x9E3779B97F4A7C15 + stream * 0xC2B2AE3D27D4EB4F) % 2**63)
