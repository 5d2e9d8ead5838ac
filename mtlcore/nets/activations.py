"""The normalised activations of blocks that end with a batch normalisation [tran, Section 5.2].

A block's output is Z = γ Z̃ + β, where Z̃ has mean 0 and variance 1 in every channel [tran, Eq. 5.5]. Networks are
compared by Z̃, whose scale no factor can change, and the factors γ say how much a channel counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn.functional import batch_norm
from torch.nn.modules.batchnorm import _BatchNorm

from mtlcore.nets.tree import TreeNet


def normalisation(net: TreeNet, index: int) -> _BatchNorm:
    """The batch normalisation, with factors γ, that ends a block. Raises ValueError where it ends otherwise."""
    *_, last = net.block(index).children()
    if not isinstance(last, _BatchNorm) or last.weight is None:
        raise ValueError(
            f"block {index} ends with {type(last).__name__}; it is compared by the factors of a batch normalisation"
        )
    return last


def normalised(net: TreeNet, task: str, inputs: Tensor, blocks: Sequence[int]) -> dict[int, Tensor]:
    """Outputs Z̃ of blocks of a task's chain, normalised and before the factors γ and β [tran, Eq. 5.5].

    Args:
        net: its blocks of interest are `nn.Sequential`, a batch normalisation last; it is used as in evaluation.
        task: whose chain.
        inputs: (B, ...).
        blocks: indexes in the chain; what comes after the last of them is not computed.

    Returns:
        Block -> Z̃.

    Raises:
        ValueError: a block does not end with a batch normalisation.
    """
    found: dict[int, Tensor] = {}
    hidden = inputs
    for index in net.chains[task]:
        if len(found) == len(blocks):
            break
        if index not in blocks:
            hidden = net.block(index)(hidden)
            continue
        norm = normalisation(net, index)
        for module in list(net.block(index).children())[:-1]:
            hidden = module(hidden)
        found[index] = batch_norm(hidden, norm.running_mean, norm.running_var, eps=norm.eps)
        if len(found) < len(blocks):
            hidden = norm(hidden)
    return found
