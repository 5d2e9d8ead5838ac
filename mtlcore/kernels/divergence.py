"""How far two networks' channels are apart, and how much each channel counts.

Thesis: Tran, Sections 5.2.1 and 5.2.2 [tran, Eqs. 5.1 to 5.8]. Normalised activations Z̃ of the same block of two
networks become probabilities by a sigmoid, the Jensen–Shannon divergence of each pair is averaged over samples and
positions, and the compatibility of the blocks (5.8) is the mean over channels, weighted by importance:

    importance(gamma) @ channel_divergence(first, second)

It grows with the difference. Where the text, its published code and sound practice differ, all are here:

- Eq. 5.3 has the term of one outcome of each Bernoulli variable only. Eq. 5.2 of it is at least 0 and at most
  ½ ln 2; the complete divergence, of both outcomes, is at most ln 2.
- Eqs. 5.4 and 5.8 divide the sum over h x w positions by h + w; the mean divides by h w. The published code takes one
  random position for each batch.
- Eq. 5.3 divides a sum over samples by the number of batches; here it is the mean over samples.
- Eq. 5.7 has no absolute values, so an importance can be negative; the published code has them.
- Eq. 5.6 penalises Σ|γ|; the published code the mean over the channels of a layer of Huber's function of γ, which is
  quadratic near 0 and sets no factor to 0.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn.functional import smooth_l1_loss

OUTCOMES = ("one", "both")
POSITIONS = ("mean", "printed", "one")


def jensen_shannon(p: Tensor, q: Tensor, *, outcomes: str = "one") -> Tensor:
    """Jensen–Shannon divergence of pairs of probabilities, in nats [tran, Eq. 5.2].

    With the mean m = (p + q) / 2 and d = (p - q) / (p + q), the printed ½ p log(p/m) + ½ q log(q/m) is
    ½ m (2 d artanh d + log(1 - d²)), which keeps its precision where p and q are nearly equal and is never negative.

    Args:
        p: in 0..1, (...).
        q: in 0..1, (...).
        outcomes: "one" as printed, in 0..½ ln 2; "both" for the divergence of two Bernoulli variables, in 0..ln 2.

    Returns:
        (...).

    Raises:
        ValueError: `outcomes` is unknown.

    >>> [round(value, 4) for value in jensen_shannon(torch.tensor([0.3, 1]), torch.tensor([0.3, 0])).tolist()]
    [0.0, 0.3466]
    """
    _check("outcomes", outcomes, OUTCOMES)
    total, difference = p + q, p - q
    if outcomes == "one":
        return _half(total, difference)
    return _half(total, difference) + _half(2 - total, difference)


def channel_divergence(
    first: Tensor,
    second: Tensor,
    *,
    positions: str = "mean",
    outcomes: str = "one",
    generator: torch.Generator | None = None,
) -> Tensor:
    """Divergence of each channel of two batches of normalised activations [tran, Eqs. 5.1, 5.4 and 5.8].

    Args:
        first: Z̃ of a block, (B, C, H, W), or (B, C) of a block without positions.
        second: Z̃ of the same block of another network, on the same samples, of the same shape.
        positions: "mean" over all H W of them; "printed" for their sum over H + W; "one", drawn at random, as in the
            published code.
        outcomes: as `jensen_shannon`.
        generator: on the CPU, for the position; needed with "one" only.

    Returns:
        (C,) means over the samples, in nats, at least in single precision.

    Raises:
        ValueError: the shapes differ, an option is unknown, or "one" has no generator.
    """
    _check("positions", positions, POSITIONS)
    if first.shape != second.shape or first.dim() not in (2, 4):
        raise ValueError(
            f"activations are {tuple(first.shape)} and {tuple(second.shape)}; give two alike, (B, C, H, W) or (B, C)"
        )
    if first.dim() == 2:
        first, second = first[..., None, None], second[..., None, None]
    height, width = first.shape[2:]
    if positions == "one":
        if generator is None:
            raise ValueError("one random position needs a generator; give a seeded one")
        row, column = divmod(int(torch.randint(height * width, (), generator=generator)), width)
        first, second = (
            first[:, :, row : row + 1, column : column + 1],
            second[:, :, row : row + 1, column : column + 1],
        )
    dtype = torch.promote_types(first.dtype, torch.float32)
    divergence = jensen_shannon(first.to(dtype).sigmoid(), second.to(dtype).sigmoid(), outcomes=outcomes)
    mean = divergence.mean((0, 2, 3))
    return mean * (height * width / (height + width)) if positions == "printed" else mean


def importance(gamma: Tensor, *, absolute: bool = True) -> Tensor:
    """Share of each channel in the factors γ of its batch normalisation [tran, Eq. 5.7].

    Args:
        gamma: (C,).
        absolute: of |γ|; False for γ as printed, where shares can be negative.

    Returns:
        (C,), which sums to 1.

    Raises:
        ValueError: the factors sum to 0, so that there are no shares.
    """
    factors = gamma.detach().abs() if absolute else gamma.detach()
    total = factors.sum()
    if not bool(total):
        raise ValueError("the factors γ sum to 0, so no channel has a share; train with a weaker penalty")
    return factors / total


def slimming_penalty(gammas: Iterable[Tensor], *, form: str = "l1") -> Tensor:
    """Penalty on the factors γ of all batch normalisations, without its weight λ [tran, Eq. 5.6].

    Args:
        gammas: (C_i,) each, one or more.
        form: "l1" for Σ|γ|; "huber" for the published Huber function (bend at 1), mean over the channels of a layer,
            summed over the layers.

    Returns:
        A scalar in the graph.

    Raises:
        ValueError: `form` is unknown.
    """
    _check("form", form, ("l1", "huber"))
    if form == "l1":
        return torch.stack([gamma.abs().sum() for gamma in gammas]).sum()
    return torch.stack([smooth_l1_loss(gamma, torch.zeros_like(gamma)) for gamma in gammas]).sum()


def _half(total: Tensor, difference: Tensor) -> Tensor:
    tiny, one = torch.finfo(total.dtype).tiny, 1 - torch.finfo(total.dtype).eps
    d = (difference / total.clamp_min(tiny)).clamp(-one, one)  # ±1 has its limit, not infinity minus infinity
    square = d * d
    log = torch.where(square < 0.25, torch.log1p(-square), torch.log((1 - d) * (1 + d)))  # each exact on its side
    return 0.25 * total * (2 * d * d.atanh() + log)


def _check(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} {value!r} is unknown; choose one of {', '.join(known)}")
