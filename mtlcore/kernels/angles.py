"""Angles between all pairs of vectors, from one Gram product.

The distinctiveness of hidden units is the angle between their activation vectors over the patterns [ge, Section 2.3],
[singh, Eq. 5]. An arc cosine loses half of its digits near 0° and 180°: of a float32 cosine, 0.006° reads 0.08°. So
the cosines that decide there are computed in float64: products of float32 numbers are exact in it, and what the sums
round is seen below about 1e-6° only.

The centre: activations in 0..1 lie in one orthant, so no angle between them exceeds 90° and no pair is ever
complementary. Gedeon and Harris measure the angles from the centre of the pattern space, 0.5; "mean" takes each
vector's own mean, and the cosine is then the correlation.

A vector that lies on its centre has no direction: its angles are NaN, that with itself included, so the NaNs of the
diagonal tell which ones these are. Without a centre these are the dead units (all zero); with "mean" also those that
are constant. A constant unit that is not on its centre has angles like any other.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from mtlcore.kernels.gram import add_product_, gram_product, mirror
from mtlcore.kernels.tensors import need_tensor

Center = float | Literal["mean"] | None

REFINED = math.cos(math.radians(10))  # beyond it a float32 cosine is not enough; up to it, angles err by about 2e-4°
ROWS = 1024  # patterns that are converted to float64 at a time


@torch.no_grad()
def pairwise_angles(vectors: Tensor, *, center: Center = None) -> Tensor:
    """Angles between all pairs of vectors, in degrees.

    On a CPU, float32 vectors cost one float32 Gram product; only the vectors that lie within 10° of another, or of its
    opposite, are then multiplied again in float64. Their angles are accurate to about 1e-6°, the others to 2e-4°.
    On a GPU, whose float32 products may be shortened to TF32, and for float64, everything is computed in float64.

    Args:
        vectors: (n, p), n units over p patterns or weights.
        center: what is subtracted first: nothing, a number (0.5 for activations in 0..1), or each vector's "mean".

    Returns:
        (n, n) float64 in 0..180, symmetric, the diagonal 0; NaN for a vector without a direction.

    Raises:
        ValueError: the vectors are no matrix, one has an entry that is not finite or too large to square, or the centre
            is unknown.

    >>> pairwise_angles(torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]))[0]
    tensor([ 0.0000, 45.0000,     nan], dtype=torch.float64)
    """
    check_center(center)
    need_tensor(vectors, "vectors")
    if vectors.dim() != 2 or vectors.shape[1] == 0:
        raise ValueError(f"angles are taken between the rows of a matrix (n, p), got shape {tuple(vectors.shape)}")
    vectors = _floating(vectors)
    quick = vectors.device.type == "cpu" and vectors.dtype != torch.float64
    directions, undefined = _directions(vectors, center, torch.float32 if quick else torch.float64)
    cosines = _normalised(gram_product(directions).double(), undefined)
    if quick:
        close = (cosines.abs() > REFINED).fill_diagonal_(False)
        units = close.any(1).nonzero().flatten()
        if len(units):
            directions, _ = _directions(vectors[units], center, torch.float64)
            exact = _normalised(gram_product(directions), undefined[units])
            among = close[units][:, units]
            cosines[units[:, None], units] = torch.where(among, exact, cosines[units][:, units])
    return _degrees(cosines)


class AngleGram:
    """Angles between units whose activations arrive in batches; memory O(n²), however many patterns there are.

    The products are float64: the vectors are gone when the angles are asked for, so nothing can be refined then.
    They take about twice as long as one float32 product of everything.

    Args:
        size: n, the number of units.
        center: as `pairwise_angles`; "mean" is the mean over all batches.

    Raises:
        ValueError: the centre is unknown.
    """

    def __init__(self, size: int, *, center: Center = None) -> None:
        check_center(center)
        self.size = size
        self.center: Center = center
        self.count = 0
        self._shift = self._sum = self._smallest = self._largest = torch.empty(0)
        self._upper = torch.empty(0)  # the Gram matrix about the shift, on and above the diagonal only

    @torch.no_grad()
    def update(self, batch: Tensor) -> None:
        """Take in the activations of a batch, (b, n), in any dtype, on the device of the batches before.

        Raises:
            ValueError: the batch is not (b, n).
        """
        if batch.dim() != 2 or batch.shape[1] != self.size:
            raise ValueError(f"expected a batch (b, {self.size}) of activations, got shape {tuple(batch.shape)}")
        if len(batch) == 0:
            return
        batch = _floating(batch)
        if self.count == 0:
            self._begin(batch)
        self.count += len(batch)
        for rows in batch.split(ROWS):
            shifted = rows.double()
            if self.center is not None:
                shifted = shifted - self._shift
            if self.center == "mean":
                self._sum += shifted.sum(0)
                self._smallest = torch.minimum(self._smallest, rows.amin(0))
                self._largest = torch.maximum(self._largest, rows.amax(0))
            add_product_(self._upper, shifted.T)

    def _begin(self, batch: Tensor) -> None:
        if self.center == "mean":  # the first batch's is near enough to that of all for the sums to lose nothing
            self._shift = batch.double().mean(0)
        else:
            self._shift = batch.new_tensor(self.center or 0).double().expand(self.size)
        self._sum = torch.zeros_like(self._shift)
        self._smallest = torch.full((self.size,), torch.inf, dtype=batch.dtype, device=batch.device)
        self._largest = -self._smallest
        self._upper = self._shift.new_zeros(self.size, self.size)

    def gram(self) -> Tensor:
        """Inner products of the units' vectors about their centre, (n, n) float64.

        Raises:
            ValueError: nothing was taken in yet, or activations are not finite or too large; names the units.
        """
        self._check_begun()
        gram = mirror(self._upper)
        _check_finite(gram.diagonal())
        if self.center == "mean":
            gram = gram - self._sum[:, None] * self._sum / self.count
        return gram

    def centers(self) -> Tensor:
        """The centre from which each unit's vector is measured, (n,) float64. Raises ValueError before an update."""
        self._check_begun()
        return self._shift + self._sum / self.count if self.center == "mean" else self._shift

    def undefined(self) -> Tensor:
        """Which units have no direction, (n,) boolean: dead ones, or constant ones if the centre is "mean".

        Raises:
            ValueError: nothing was taken in yet.
        """
        self._check_begun()
        return self._smallest == self._largest if self.center == "mean" else self._upper.diagonal() == 0

    def angles(self) -> Tensor:
        """Angles as of `pairwise_angles`, (n, n) float64; raises as `gram`."""
        return _degrees(_normalised(self.gram(), self.undefined()))

    def _check_begun(self) -> None:
        if self.count == 0:
            raise ValueError("there are no angles yet: give the activations to update first")


def check_center(center: object) -> None:
    """Refuse a centre that is neither None, nor a finite number, nor "mean"."""
    number = isinstance(center, int | float) and math.isfinite(center)
    if not (center is None or center == "mean" or number):
        raise ValueError(f'the centre of the angles is None, a number or "mean", got {center!r}')


def _floating(numbers: Tensor) -> Tensor:
    return numbers if numbers.is_floating_point() else numbers.double()


def _directions(vectors: Tensor, center: Center, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """The vectors about their centre, scaled so that no square overflows, and which of them are zero."""
    # a centre is rounded as the vectors are, so that a unit which lies on it is seen to
    middle = vectors.new_tensor(0 if center is None or center == "mean" else center).to(dtype)
    vectors = vectors.to(dtype)
    largest = vectors.amax(1, keepdim=True)
    smallest = vectors.amin(1, keepdim=True)
    if center == "mean":
        middle = vectors.mean(1, keepdim=True)
        undefined = largest == smallest
    else:
        undefined = (largest == middle) & (smallest == middle)
    scale = torch.maximum(largest - middle, middle - smallest)
    _check_finite(scale[:, 0])
    directions = vectors - middle
    if center == "mean":  # what rounding left of a mean that is large beside the spread
        directions -= directions.mean(1, keepdim=True)
    return directions.div_(scale.masked_fill_(undefined, 1)), undefined[:, 0]


def _check_finite(numbers: Tensor) -> None:
    bad = (~numbers.isfinite()).nonzero().flatten().tolist()
    if bad:
        raise ValueError(f"the vectors of units {bad} have entries that are not finite, or too large to square")


def _normalised(gram: Tensor, undefined: Tensor) -> Tensor:
    """Cosines of a float64 Gram matrix, NaN where a vector has no direction."""
    inverse = gram.diagonal().rsqrt().masked_fill(undefined, torch.nan)
    return gram * (inverse[:, None] * inverse)  # in this order it stays symmetric to the last bit


def _degrees(cosines: Tensor) -> Tensor:
    angles = cosines.clamp_(-1, 1).acos_().rad2deg_()
    diagonal = angles.diagonal()
    diagonal.masked_fill_(~diagonal.isnan(), 0)
    return angles
