"""Which layers an epoch freezes, and what that saves.

Paper: Goutam et al., "LayerOut: Freezing Layers in Deep Neural Networks" [goutam, Eq. 1 and Section 4].
s_i is 1 (layer i is frozen) with probability v_i, independently, once an epoch; a draw that freezes everything
is drawn again [goutam, Section 5].

Deviation kept on purpose: the published code moves to the next draw only when a layer *is* frozen, so it freezes
the leading run of consecutive freezes and nothing behind it. `sample_published` is that loop.
"""

from __future__ import annotations

import torch
from torch import Tensor


def check(probabilities: Tensor) -> None:
    """Refuse freeze probabilities (K,) that cannot be drawn from.

    Raises:
        ValueError: there is none, one is outside 0..1, or all are 1, so that no draw could train anything.
    """
    if len(probabilities) == 0:
        raise ValueError("there are no freeze probabilities; give one for each layer")
    if not bool(((probabilities >= 0) & (probabilities <= 1)).all()):
        raise ValueError(f"freeze probabilities must lie in 0..1, got {probabilities.tolist()}")
    if bool((probabilities == 1).all()):
        raise ValueError("all freeze probabilities are 1: nothing would ever train; lower at least one")


def sample_independent(probabilities: Tensor, generator: torch.Generator) -> Tensor:
    """Draw the frozen layers of an epoch, each on its own [goutam, Eq. 1].

    Args:
        probabilities: freeze probabilities v, (K,), in 0..1, not all 1.
        generator: on the CPU.

    Returns:
        Boolean (K,), True where the layer is frozen; never all True.

    Raises:
        ValueError: a probability is outside 0..1, or all are 1, so that no draw could train anything.
    """
    check(probabilities)
    while True:
        frozen = torch.rand(probabilities.shape, generator=generator, dtype=torch.float64) < probabilities
        if not bool(frozen.all()):
            return frozen


def leading_run(frozen: Tensor) -> Tensor:
    """Keep only the leading run of True along the last axis: what the published loop makes of a draw.

    >>> leading_run(torch.tensor([True, True, False, True])).tolist()
    [True, True, False, False]
    """
    return frozen.long().cumprod(-1).bool()


def sample_published(probabilities: Tensor, generator: torch.Generator) -> Tensor:
    """Draw the frozen layers of an epoch as the published code does; arguments as `sample_independent`."""
    return leading_run(sample_independent(probabilities, generator))


def expected_frozen(probabilities: Tensor, sizes: Tensor, *, published: bool = False) -> float:
    """Expected share of parameters frozen in an epoch, exactly, redraws of the all-frozen epoch included.

    Args:
        probabilities: v, (K,).
        sizes: parameters of each layer, (K,).
        published: for the leading-run loop of the published code instead of independent layers.

    Returns:
        A share in 0..1.

    Raises:
        ValueError: as `check`.
    """
    check(probabilities)
    v = probabilities.double()
    chance = v.cumprod(0) if published else v
    everything = v.prod()
    share = sizes.double() / sizes.sum()
    return float(((chance - everything) * share).sum() / (1 - everything))


def patterns(probabilities: Tensor, *, published: bool = False) -> tuple[Tensor, Tensor]:
    """All patterns of frozen layers that an epoch can have, with their probabilities.

    Args:
        probabilities: v, (K,), K at most 20.
        published: for the leading-run loop of the published code.

    Returns:
        (2^K - 1, K) boolean and (2^K - 1,), which sums to 1; patterns of the published loop repeat.

    Raises:
        ValueError: as `check`; or K is above 20, too many patterns to list; draw them instead.
    """
    check(probabilities)
    layers = len(probabilities)
    if layers > 20:
        raise ValueError(f"{layers} layers have too many patterns to list; draw some with sample_independent")
    frozen = (torch.arange(2**layers - 1)[:, None] >> torch.arange(layers)) % 2 == 1  # all but the all-frozen one
    v = probabilities.double()
    chance = torch.where(frozen, v, 1 - v).prod(-1)
    return leading_run(frozen) if published else frozen, chance / chance.sum()


def backward_cost(frozen: Tensor, weight_cost: Tensor, input_cost: Tensor) -> Tensor:
    """Cost of one backward pass, in the unit of the costs, when some layers are frozen.

    A trainable layer costs its weight gradient. A layer costs its input gradient only while some layer below it
    still trains: freezing saves a whole backward pass below the lowest trainable layer, and half of it elsewhere.

    Args:
        frozen: (..., K) boolean.
        weight_cost: cost of each layer's weight gradient, (K,) (seconds or FLOPs).
        input_cost: cost of each layer's input gradient, (K,).

    Returns:
        (...,) costs.

    >>> cost = torch.tensor([1.0, 1.0, 1.0])
    >>> backward_cost(torch.tensor([[0, 0, 0], [1, 1, 0], [0, 1, 1]]).bool(), cost, cost).tolist()
    [5.0, 1.0, 3.0]
    """
    trains = ~frozen
    trains_below = trains.long().cumsum(-1) - trains.long() > 0
    return (trains * weight_cost).sum(-1) + (trains_below * input_cost).sum(-1)
