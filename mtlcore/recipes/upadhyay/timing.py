"""What a sparse backbone costs at inference: dense, with its zeros, and without them [upadhyay, Figure 4(d)]."""

from __future__ import annotations

import functools
import statistics
import time

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from mtlcore.nets.resnet_dilated import DilatedResNet
from mtlcore.prune import compact
from mtlcore.recipes.upadhyay.config import Config

WARM_UP = 2  # turns that do not count


@torch.no_grad()
def inference(backbone: DilatedResNet, images: Tensor, config: Config, device: str) -> dict[str, float]:
    """Sizes and times of the backbone over one batch; see the docstring of the package.

    The three networks take turns, so that a machine that slows down slows all of them; the median turn counts.

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
    warm_up = min(WARM_UP, config.timed)
    with config.precision.autocast(device):
        turns = [
            [_milliseconds(net, images, device) for net in (dense, backbone, small)]
            for _ in range(warm_up + config.timed)
        ]
    dense_ms, masked_ms, compact_ms = (list(times) for times in zip(*turns[warm_up:], strict=True))
    return {
        "inference_ms": statistics.median(compact_ms),
        "masked_ms": statistics.median(masked_ms),
        "dense_ms": statistics.median(dense_ms),
        "speedup": statistics.median(d / c for d, c in zip(dense_ms, compact_ms, strict=True)),
        "speedup_masked": statistics.median(d / m for d, m in zip(dense_ms, masked_ms, strict=True)),
        "compact_parameters": 100 * _parameters(small) / _parameters(dense),
        "compact_macs": 100 * _operations(small, images[:1]) / _of_dense(config.width, config.blocks, config.size),
    }


def _milliseconds(net: nn.Module, images: Tensor, device: str) -> float:
    clock = time.process_time if device == "cpu" else time.perf_counter  # neighbours on a CPU take none of this time
    _wait(device)
    started = clock()
    net(images)
    _wait(device)
    return 1000 * (clock() - started)


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    elif device == "mps":
        torch.mps.synchronize()


def _parameters(net: nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


@functools.cache
def _of_dense(width: int, blocks: tuple[int, ...], size: int) -> int:
    """Operations of the dense backbone on one image, the same for all runs of a shape."""
    net = DilatedResNet(width, blocks).eval()
    return _operations(net, torch.zeros(1, 3, size, size))


@torch.no_grad()
def _operations(net: nn.Module, images: Tensor) -> int:
    with FlopCounterMode(display=False) as counter:
        net(images)
    return counter.get_total_flops()
