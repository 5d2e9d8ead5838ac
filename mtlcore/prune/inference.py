"""What inference takes, of networks side by side: milliseconds in turns, operations, parameters."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

WARM_UP = 2  # turns that do not count


@torch.no_grad()
def take_turns(nets: Sequence[nn.Module], images: Tensor, turns: int) -> list[list[float]]:
    """Milliseconds of a pass of every network over the images, in each turn.

    The networks take turns, so that a machine that slows down slows all of them. On a CPU it is the time of this
    process, of which neighbours take nothing.

    Args:
        nets: in evaluation mode, on the device of the images.
        images: as the networks take them.
        turns: that count; up to two more go before them.

    Returns:
        A list of times for each network.
    """
    warm_up = min(WARM_UP, turns)
    found = [[_milliseconds(net, images) for net in nets] for _ in range(warm_up + turns)]
    return [list(times) for times in zip(*found[warm_up:], strict=True)]


def _milliseconds(net: nn.Module, images: Tensor) -> float:
    clock = time.process_time if images.device.type == "cpu" else time.perf_counter
    _wait(images.device)
    started = clock()
    net(images)
    _wait(images.device)
    return 1000 * (clock() - started)


def _wait(device: torch.device) -> None:
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def parameters(net: nn.Module) -> int:
    """How many numbers a network has to learn."""
    return sum(parameter.numel() for parameter in net.parameters())


@torch.no_grad()
def operations(net: nn.Module, images: Tensor) -> int:
    """FLOPs of one pass, by torch's own counter."""
    with FlopCounterMode(display=False) as counter:
        net(images)
    return counter.get_total_flops()
