"""What a sparse backbone costs at inference: dense, with its zeros, and without them [upadhyay, Figure 4(d)]."""

from __future__ import annotations

import functools
import statistics

import torch
from torch import Tensor

from mtlcore.nets.resnet_dilated import DilatedResNet
from mtlcore.prune import compact
from mtlcore.prune.inference import operations, parameters, take_turns
from mtlcore.recipes.upadhyay.config import Config


@torch.no_grad()
def inference(backbone: DilatedResNet, images: Tensor, config: Config, device: str) -> dict[str, float]:
    """Sizes and times of the backbone over one batch; see the docstring of the package.

    The median of the turns counts.

    Args:
        backbone: trained, in evaluation mode.
        images: (b, 3, s, s), as the network takes them.
        config: of the run.
        device: where both are.
    """
    dense = DilatedResNet(config.width, config.blocks).to(device).eval()
    small = compact(backbone, images[:1]).eval()
    if config.channels_last:
        dense, small = (net.to(memory_format=torch.channels_last) for net in (dense, small))  # type: ignore[call-overload]
    with config.precision.autocast(device):
        dense_ms, masked_ms, compact_ms = take_turns((dense, backbone, small), images, config.timed)
    return {
        "inference_ms": statistics.median(compact_ms),
        "masked_ms": statistics.median(masked_ms),
        "dense_ms": statistics.median(dense_ms),
        "speedup": statistics.median(d / c for d, c in zip(dense_ms, compact_ms, strict=True)),
        "speedup_masked": statistics.median(d / m for d, m in zip(dense_ms, masked_ms, strict=True)),
        "compact_parameters": 100 * parameters(small) / parameters(dense),
        "compact_macs": 100 * operations(small, images[:1]) / _of_dense(config.width, config.blocks, config.size),
    }


@functools.cache
def _of_dense(width: int, blocks: tuple[int, ...], size: int) -> int:
    """Operations of the dense backbone on one image, the same for all runs of a shape."""
    net = DilatedResNet(width, blocks).eval()
    return operations(net, torch.zeros(1, 3, size, size))
