"""What a proximal step costs, as a ratio to a fused step of Adam alone in its layout: python benchmarks/prox.py.

The 20 convolutions of ResNet-18, 11.2 million weights, one thread. All take turns, on a CPU by the process's own time,
and the fastest turn counts. "per channel" and "per tensor" are the closed form as often written, one group or one
tensor at a time; "Newton, 100 steps" is the operator in Adam's metric with all the steps that the published solver
takes, because it waits for an accuracy that float32 does not have.

Memory is kept from step to step: left alone, glibc returns it to the system and takes it anew; --give-back shows that.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable

import torch
from torch import nn

from mtlcore.prune import ProxAdam

LR, STRENGTH = 1e-4, 1e-5
FEW = {"Adam, then per channel": 3, "Adam, then Newton, 100 steps": 1}  # turns of what is slow
KEEP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**32)}  # for glibc; read when a process starts


def shapes() -> list[tuple[int, int, int, int]]:
    """Of the convolutions of ResNet-18."""
    found = [(64, 3, 7, 7)] + [(64, 64, 3, 3)] * 4
    for width in (128, 256, 512):
        found += [(width, width // 2, 3, 3), (width, width, 3, 3), (width, width // 2, 1, 1)]
        found += [(width, width, 3, 3)] * 2
    return found


def parameters(device: str, channels_last: bool) -> list[nn.Parameter]:
    torch.manual_seed(0)
    memory = torch.channels_last if channels_last else torch.contiguous_format
    made = []
    for shape in shapes():
        weight = nn.Parameter((0.02 * torch.randn(shape)).to(device).contiguous(memory_format=memory))
        weight.grad = 0.01 * torch.randn_like(weight)
        made.append(weight)
    return made


@torch.no_grad()
def per_tensor(weights: list[nn.Parameter]) -> None:
    for weight in weights:
        threshold = LR * STRENGTH * (weight.numel() // weight.shape[1]) ** 0.5
        lengths = torch.linalg.vector_norm(weight, dim=(0, 2, 3), keepdim=True)
        weight.mul_((1 - threshold / lengths).clamp(min=0))


@torch.no_grad()
def per_channel(weights: list[nn.Parameter]) -> None:
    for weight in weights:
        threshold = LR * STRENGTH * (weight.numel() // weight.shape[1]) ** 0.5
        for channel in range(weight.shape[1]):
            group = weight[:, channel]
            group.mul_((1 - threshold / group.norm()).clamp(min=0))


@torch.no_grad()
def newton(weights: list[nn.Parameter], adam: torch.optim.Adam, steps: int = 100) -> None:
    """S(r) = 1 by Newton's method on S itself, all groups of a tensor at once, with a fixed number of steps."""
    for weight in weights:
        threshold = LR * STRENGTH * (weight.numel() // weight.shape[1]) ** 0.5
        metric = adam.state[weight]["exp_avg_sq"].sqrt() + 1e-8
        elastic, r = threshold / metric, weight.new_zeros(1, weight.shape[1], 1, 1)
        for _ in range(steps):
            inverse = 1 / (r + elastic)
            squares = (weight * inverse) ** 2
            total, slope = (part.sum((0, 2, 3), keepdim=True) for part in (squares, squares * inverse))
            r = (r + (total - 1) / (2 * slope)).clamp(min=0)
        weight.mul_(r / (r + elastic))


def best(calls: dict[str, Callable[[], object]], turns: int, clock: Callable[[], float]) -> dict[str, float]:
    found = dict.fromkeys(calls, float("inf"))
    for turn in range(turns + 1):  # the first warms up
        for name, call in calls.items():
            if turn > FEW.get(name, turns):
                continue
            start = clock()
            call()
            if turn:
                found[name] = min(found[name], clock() - start)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--give-back", action="store_true")
    arguments = parser.parse_args()
    if not arguments.give_back and not KEEP.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **KEEP})
    torch.set_num_threads(arguments.threads)

    def clock() -> float:
        if arguments.device == "cpu":
            return time.process_time()
        torch.cuda.synchronize()
        return time.perf_counter()

    calls: dict[str, Callable[[], object]] = {}
    for layout, last in (("", False), (", channels_last", True)):
        calls[f"Adam, fused{layout}"] = torch.optim.Adam(parameters(arguments.device, last), LR, fused=True).step
        for metric in ("identity", "adam"):
            for groups in ("input_channel", "filter", "element"):
                weights = parameters(arguments.device, last)
                options = {"strength": STRENGTH, "groups": groups, "metric": metric}
                calls[f"ProxAdam, {metric}, {groups}{layout}"] = ProxAdam(weights, LR, **options).step
    peers = {"per tensor": per_tensor, "per channel": per_channel}
    for name, prox in peers.items():
        weights = parameters(arguments.device, False)
        adam = torch.optim.Adam(weights, LR, fused=True)
        calls[f"Adam, then {name}"] = lambda adam=adam, prox=prox, weights=weights: (adam.step(), prox(weights))
    weights = parameters(arguments.device, False)
    adam = torch.optim.Adam(weights, LR, fused=True)
    calls["Adam, then Newton, 100 steps"] = lambda: (adam.step(), newton(weights, adam))
    found = best(calls, arguments.turns, clock)
    print(f"{sum(weight.numel() for weight in weights):,} weights{'ms':>40}{'ratio':>9}")
    for name, seconds in found.items():
        alone = found["Adam, fused" + (", channels_last" if name.endswith("channels_last") else "")]
        print(f"{name:<46}{1000 * seconds:>11.1f}{seconds / alone:>9.2f}")


if __name__ == "__main__":
    main()
