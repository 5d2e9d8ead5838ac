"""Networks with zero groups made smaller, and their speed, beside Torch-Pruning on the same zeros.

    python benchmarks/compact.py [--width 64] [--share 0.5 0.7] [--zeros scattered shared] [--size 128] [--batch 2]

The dilated ResNet of the chapter on group sparsity, with that share of the input channels of every convolution set to
zero: "scattered" draws them for each convolution alone, "shared" draws the same for all that read as many, so that the
layers of a residual stage ignore the same channels. Torch-Pruning may remove any channel that all its readers ignore,
which is what its groups can remove without a change of outputs. "masked" is the network with its zeros. All take turns,
on a CPU by the process's own time, and the fastest turn counts; "error" is the largest difference of the outputs, as a
share of the largest output.
"""

from __future__ import annotations

import argparse
import copy
import time
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch_pruning
from torch import Tensor, nn

from mtlcore.nets.resnet_dilated import DilatedResNet
from mtlcore.prune import compact, sparsity

READERS = (torch_pruning.prune_conv_in_channels, torch_pruning.prune_linear_in_channels)


@torch.no_grad()
def with_zeros(width: int, share: float, zeros: str, batch: Tensor) -> nn.Module:
    """A backbone with zero input channels, running statistics as after some training, and a dense last layer."""
    backbone = DilatedResNet(width)
    generator = torch.Generator().manual_seed(0)
    for module in backbone.modules():
        if isinstance(module, nn.Conv2d) and module.in_channels > 3:
            if zeros == "shared":
                generator.manual_seed(module.in_channels)
            order = torch.randperm(module.in_channels, generator=generator)
            module.weight[:, order[: round(share * module.in_channels)]] = 0
    net = nn.Sequential(backbone, nn.Conv2d(backbone.channels, 41, 1)).to(batch.device).train()
    net(batch)
    return net.eval()


def torch_pruned(net: nn.Module, example: Tensor) -> nn.Module:
    """A copy without the channels that all their readers multiply by zero, by Torch-Pruning's groups."""
    net = copy.deepcopy(net)
    graph = torch_pruning.DependencyGraph().build_dependency(net, example)
    for group in graph.get_all_groups(root_module_types=[nn.Conv2d]):
        unread = None
        for dependency, indices in group:
            if dependency.handler in READERS:
                weight = dependency.target.module.weight.detach()[:, indices]
                zero = (weight == 0).transpose(0, 1).flatten(1).all(1)
                unread = zero if unread is None else unread & zero
        if unread is None or not unread.any():
            continue
        unread[0] &= not unread.all()  # a layer of nothing is none
        root, handler = group[0].dep.target.module, group[0].dep.handler
        indices = [group[0].idxs[place] for place in unread.nonzero().flatten().tolist()]
        if indices:
            graph.get_pruning_group(root, handler, indices).prune()
    return net


def best(calls: dict[str, Callable[[], object]], turns: int, clock: Callable[[], float]) -> dict[str, float]:
    found = dict.fromkeys(calls, float("inf"))
    for turn in range(turns + 1):
        for name, call in calls.items():
            start = clock()
            call()
            if turn:
                found[name] = min(found[name], clock() - start)
    return found


class Line(NamedTuple):
    """One network on one share of zeros."""

    network: str
    zero: float  # % of the input channels
    parameters: int
    milliseconds: float
    speedup: float  # over the network with its zeros in place
    error: float
    made: float  # in so many seconds


def measure(width: int, share: float, zeros: str, batch: Tensor, turns: int) -> list[Line]:
    """The network with its zeros, and without them by Torch-Pruning and by `compact`, on the same zeros."""

    def clock() -> float:
        if batch.device.type == "cpu":
            return time.process_time()
        torch.cuda.synchronize()
        return time.perf_counter()

    net = with_zeros(width, share, zeros, batch)
    made, took = {"masked": net}, {"masked": 0.0}
    for name, make in (("Torch-Pruning", torch_pruned), ("compact", compact)):
        start = time.perf_counter()
        made[name] = make(net, batch)
        took[name] = time.perf_counter() - start
    with torch.no_grad():
        outputs = {name: one(batch) for name, one in made.items()}
        calls = {name: lambda one=one: one(batch) for name, one in made.items()}
        seconds = best(calls, turns, clock)
    dense = outputs["masked"]
    return [
        Line(
            name,
            sparsity(net[0]).inputs,
            sum(parameter.numel() for parameter in one.parameters()),
            1000 * seconds[name],
            seconds["masked"] / seconds[name],
            float((outputs[name] - dense).abs().max() / dense.abs().max()),
            took[name],
        )
        for name, one in made.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=64, help="64 is ResNet-50")
    parser.add_argument("--share", type=float, nargs="+", default=[0.5, 0.7])
    parser.add_argument("--zeros", nargs="+", choices=["scattered", "shared"], default=["scattered", "shared"])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    warnings.simplefilter("ignore")  # of Torch-Pruning, about parameters of no layer
    batch = torch.rand(arguments.batch, 3, arguments.size, arguments.size, device=arguments.device)

    print(f"{'zeros':<22}{'network':<16}{'parameters':>12}{'ms':>9}{'speed-up':>10}{'error':>10}{'made in s':>11}")
    for zeros in arguments.zeros:
        for share in arguments.share:
            for line in measure(arguments.width, share, zeros, batch, arguments.turns):
                title = f"{zeros} {line.zero:.1f} %" if line.network == "masked" else ""
                print(
                    f"{title:<22}{line.network:<16}{line.parameters:>12,}{line.milliseconds:>9.1f}"
                    f"{line.speedup:>10.2f}{line.error:>10.1e}{line.made:>11.2f}"
                )


if __name__ == "__main__":
    main()
