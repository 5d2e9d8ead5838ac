"""Zero groups taken out of a network by `prune.compact`, beside Torch-Pruning on the same zeros.

Torch-Pruning removes any channel that all its readers ignore, which is what its groups can remove without a change of
outputs. It is a development package; without it there is nothing to compare with, and all else works.
"""

from __future__ import annotations

import copy
import importlib.util
import time
import warnings
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mtlcore.nets.resnet_dilated import DilatedResNet
from mtlcore.prune import compact, sparsity
from mtlcore.prune.inference import parameters, take_turns

LOOKED_AT = (16, 64, 9, (0.5, 0.7))
BUDGET = {  # width of the backbone, pixels of its images, turns of each network, shares of input channels that are zero
    "smoke": (2, 64, 1, (0.5,)),
    "lab": LOOKED_AT,
    "desk": LOOKED_AT,
    "full": LOOKED_AT,
}


class Line(NamedTuple):
    """One network on one share of zeros."""

    network: str  # masked (zeros in place) | Torch-Pruning | compact
    zero: float  # % of the input channels
    parameters: int
    milliseconds: float  # of a forward pass, the fastest turn
    speedup: float  # over the network with its zeros in place
    error: float  # largest difference of the outputs, as a share of the largest output
    made: float  # in so many seconds


def available() -> bool:
    """Whether Torch-Pruning is installed."""
    return importlib.util.find_spec("torch_pruning") is not None


def compared(profile: str) -> list[Line]:
    """What a chapter shows at a profile, on one thread of a CPU, about a second; nothing without Torch-Pruning."""
    if not available():
        return []
    width, size, turns, shares = BUDGET[profile]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Torch-Pruning, about parameters of no layer
            torch.manual_seed(0)
            images = torch.rand(2, 3, size, size)
            return [line for share in shares for line in measure(width, share, "scattered", images, turns)]
    finally:
        torch.set_num_threads(threads)


def measure(width: int, share: float, zeros: str, batch: Tensor, turns: int) -> list[Line]:
    """The network with its zeros, and without them by Torch-Pruning and by `compact`, on the same zeros.

    Args:
        width: channels of the first stage of the dilated ResNet; 64 is ResNet-50.
        share: of the input channels of every convolution, 0 to 1, that is zero.
        zeros: "scattered" draws them for each convolution alone; "shared" draws the same for all that read as many, so
            that the layers of a residual stage ignore the same channels.
        batch: images (n, 3, height, width); it decides the device.
        turns: of each network, as `take_turns`; the fastest counts.
    """
    net = with_zeros(width, share, zeros, batch)
    made: dict[str, nn.Module] = {"masked": net}
    took = {"masked": 0.0}
    for name, make in (("Torch-Pruning", torch_pruned), ("compact", compact)):
        start = time.perf_counter()
        made[name] = make(net, batch)
        took[name] = time.perf_counter() - start
    with torch.no_grad():
        outputs = {name: one(batch) for name, one in made.items()}
    times = take_turns(list(made.values()), batch, turns)
    fastest = {name: min(found) for name, found in zip(made, times, strict=True)}
    dense = outputs["masked"]
    return [
        Line(
            name,
            sparsity(net[0]).inputs,
            parameters(one),
            fastest[name],
            fastest["masked"] / fastest[name],
            float((outputs[name] - dense).abs().max() / dense.abs().max()),
            took[name],
        )
        for name, one in made.items()
    ]


@torch.no_grad()
def with_zeros(width: int, share: float, zeros: str, batch: Tensor) -> nn.Sequential:
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
    import torch_pruning

    handlers = (torch_pruning.prune_conv_in_channels, torch_pruning.prune_linear_in_channels)
    net = copy.deepcopy(net)
    graph = torch_pruning.DependencyGraph().build_dependency(net, example)
    for group in graph.get_all_groups(root_module_types=[nn.Conv2d]):
        unread = None
        for dependency, indices in group:
            if dependency.handler in handlers:
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
