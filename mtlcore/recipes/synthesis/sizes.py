"""What is left of a trained network once its zeros are taken out, and what inference really takes."""

from __future__ import annotations

import copy
import statistics
import time

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from mtlcore.nets.shared_lenet import SharedLeNet
from mtlcore.prune import compact
from mtlcore.recipes.synthesis.config import Config

WARM_UP = 2  # turns that do not count


@torch.no_grad()
def sizes(net: SharedLeNet, images: Tensor, config: Config, device: str) -> dict[str, float]:
    """Sizes and times of the compacted network beside the dense one, see the docstring of the package.

    Networks take turns in float32, so that a machine that slows down slows all of them; the median turn counts. Before
    they are timed, the compacted network's outputs are held against those of the network that it was made from.

    Args:
        net: trained, in evaluation mode.
        images: (b, 1, 28, 28), one batch.
        config: of the run.
        device: where both are.
    """
    trained = copy.deepcopy(net).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    dense = SharedLeNet(net.tasks, channels=config.channels, hidden=config.hidden).to(device).eval()  # type: ignore[arg-type]
    small = compact(trained, images[:2]).eval()
    outputs = zip(trained(images).values(), small(images).values(), strict=True)
    difference = max(float((one - other).abs().max()) for one, other in outputs)
    dense_ms, masked_ms, small_ms = _times([dense, trained, small], images, config.timed, device)
    weights = _count(trained) - sum(int((parameter == 0).sum()) for parameter in trained.parameters())
    return {
        "parameters": 100 * _count(small) / _count(dense),
        "nonzero": 100 * weights / _count(dense),
        "macs": 100 * _operations(small, images[:2]) / _operations(dense, images[:2]),
        "inference_ms": statistics.median(small_ms),
        "dense_ms": statistics.median(dense_ms),
        "speedup": statistics.median(d / s for d, s in zip(dense_ms, small_ms, strict=True)),
        "speedup_masked": statistics.median(d / m for d, m in zip(dense_ms, masked_ms, strict=True)),
        "compact_difference": difference,
        "units": float(small.get_submodule("trunk.hidden").out_features),
        "channels": float(sum(small.get_submodule(f"trunk.conv{i}").out_channels for i in (1, 2))),
    }


def _times(nets: list[nn.Module], images: Tensor, turns: int, device: str) -> list[list[float]]:
    """Milliseconds of a pass of every network over the images, in each turn."""
    found = [[_milliseconds(net, images, device) for net in nets] for _ in range(WARM_UP + turns)]
    return [list(times) for times in zip(*found[WARM_UP:], strict=True)]


def _milliseconds(net: nn.Module, images: Tensor, device: str) -> float:
    clock = time.process_time if device == "cpu" else time.perf_counter  # neighbours on a CPU take none of this time
    _wait(device)
    started = clock()
    net(images)
    _wait(device)
    return 1000 * (clock() - started)


def _wait(device: str) -> None:
    if device != "cpu":
        torch.accelerator.synchronize()


def _count(net: nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def _operations(net: nn.Module, images: Tensor) -> int:
    with FlopCounterMode(display=False) as counter:
        net(images)
    return counter.get_total_flops()
