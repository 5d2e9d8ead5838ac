"""Hard-sample mining: the loss of a batch is that of its hardest samples [singh, Section 2.2].

Samples are ranked by their multi-task loss, the sum over tasks of Eq. 1, and the mean is taken over the hardest share.
With several tasks the same samples are kept for every one of them, so that their means add up to the mean of the
multi-task loss, and a method such as PCGrad meets gradients of the same samples. The text does not say how 70 % of a
batch is rounded: here to the nearest whole number, halves up, and at least one.
"""

from __future__ import annotations

import math

from torch import Tensor

from mtlcore.kernels.tensors import need_tensor


def hardest_mean(losses: Tensor, fraction: float = 0.7) -> Tensor:
    """Mean loss over the hardest samples of a batch.

    Args:
        losses: (B,) of one task or of all together; or (B, T), one column a task, each times its weight.
        fraction: of the batch that is kept, above 0, up to 1.

    Returns:
        A scalar, or (T,), one mean a task over the samples whose sums over tasks are the largest. Gradients reach the
        kept samples alone; which they are is no part of the graph. A sample whose loss is NaN counts as hardest.

    Raises:
        ValueError: the losses have another shape or no sample, or the fraction is out of range.

    >>> from torch import tensor
    >>> float(hardest_mean(tensor([1.0, 4.0, 2.0]), 0.7)), hardest_mean(tensor([[1.0, 1.0], [0.0, 3.0]]), 0.5).tolist()
    (3.0, [0.0, 3.0])
    """
    need_tensor(losses, "losses")
    if losses.dim() not in (1, 2) or len(losses) == 0:
        raise ValueError(f"expected losses of samples, (B,) or (B, T), got shape {tuple(losses.shape)}")
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction is {fraction}; the share of a batch that is kept lies above 0, up to 1")
    kept = kept_samples(len(losses), fraction)
    if kept == len(losses):
        return losses.mean(0)
    together = losses.detach() if losses.dim() == 1 else losses.detach().sum(1)
    return losses[together.topk(kept, sorted=False).indices].mean(0)


def kept_samples(batch: int, fraction: float) -> int:
    """How many samples of a batch are kept.

    >>> kept_samples(64, 0.7), kept_samples(5, 0.7), kept_samples(1, 0.1)
    (45, 4, 1)
    """
    # rounded twice: 0.7 * 45 is 31.499999999999996
    return max(1, math.floor(round(fraction * batch, 9) + 0.5))
