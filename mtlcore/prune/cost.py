"""What freezing layers saves of a training step: counted, timed, and predicted from the parts.

The model: a step costs its forward pass, plus the weight gradient (and the update) of every part
that trains, plus the input gradient of every part that has a training part below it (`kernels.freezing.backward_cost`).
A part is a leaf module, so that activations and batch normalisation, which nobody freezes, count as well.
"""

from __future__ import annotations

import copy
import dataclasses
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from mtlcore.kernels.freezing import backward_cost
from mtlcore.prune.layerout import LAYERS, NORMS, freezable, freeze, norms_of_prefix


@dataclasses.dataclass(frozen=True)
class Costs:
    """Cost of every part of a network, in FLOPs or seconds; tensors (M,), one entry a leaf module."""

    names: tuple[str, ...]
    weight: Tensor
    input: Tensor
    fixed: float  # of a step, whatever is frozen: forward pass, loss


def parts(net: nn.Module) -> dict[str, nn.Module]:
    """The leaf modules of a sequential network, in order of computation.

    Raises:
        ValueError: the network is not a (nested) nn.Sequential, so its order is not known, or a module with parameters
            stands in it twice, so that it is no one part.
    """
    every = net.named_modules(remove_duplicate=False)
    leaves = {name: module for name, module in every if not list(module.children())}
    trained = [id(module) for module in leaves.values() if any(True for _ in module.parameters())]
    if len(set(trained)) < len(trained):
        raise ValueError("a module with parameters stands twice in the network; time whole steps of this one")
    inner = [module for module in net.modules() if list(module.children())]
    if not all(isinstance(module, nn.Sequential) for module in inner):
        raise ValueError("the cost of parts is known for nn.Sequential networks; time whole steps of this one")
    return leaves


def frozen_parts(net: nn.Module, frozen: Tensor, *, norms: bool = False) -> Tensor:
    """Which leaf modules train nothing, given which layers are frozen.

    Args:
        net: sequential.
        frozen: (..., K) boolean over `freezable(net)`.
        norms: freeze the normalisation behind a frozen layer too; LayerOut does not.

    Returns:
        (..., M) boolean over `parts(net)`; parts without parameters are True.
    """
    columns = []
    layer = -1
    for module in parts(net).values():
        if isinstance(module, LAYERS):
            layer += 1
        follows = isinstance(module, LAYERS) or (norms and layer >= 0 and isinstance(module, NORMS))
        has_parameters = any(True for _ in module.parameters())
        if has_parameters and follows:
            columns.append(frozen[..., layer])
        else:
            columns.append(torch.full(frozen.shape[:-1], not has_parameters))
    return torch.stack(columns, -1)


def backward(costs: Costs, net: nn.Module, frozen: Tensor, *, norms: bool = False) -> Tensor:
    """Cost of the backward pass for each pattern of frozen layers (..., K): (...,), in the unit of the costs."""
    return backward_cost(frozen_parts(net, frozen, norms=norms), costs.weight, costs.input)


def layer_flops(net: nn.Module, images: Tensor) -> Costs:
    """FLOPs of every part for one batch, counted by torch's own counter.

    Args:
        net: sequential, on the CPU.
        images: (B, C, H, W).
    """
    net = copy.deepcopy(net)  # running statistics of the caller's stay as they are
    return _costs(net, images, _count, fixed=_count(lambda: net(images)))


def layer_seconds(
    net: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    repeats: int = 5,
    bf16: bool = False,
    channels_last: bool = False,
) -> Costs:
    """Seconds of every part for one batch, each part alone on the input it sees in the network, on the CPU.

    The weight cost includes the update by SGD with momentum and weight decay. The fixed cost is what is left of the
    shortest step that trains anything, that of the last layer alone, without the gradients of that layer.
    """
    last = torch.ones(1, len(freezable(net)), dtype=torch.bool)
    last[0, -1] = False
    shortest = step_seconds(
        net, images, labels, last, repeats=repeats, bf16=bf16, channels_last=channels_last, norms=True
    )[0]
    if channels_last:
        net = copy.deepcopy(net).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        images = images.to(memory_format=torch.channels_last)

    def seconds(call: Callable[[], object]) -> float:
        with _autocast("cpu", bf16):
            call()
            return min(_time(call) for _ in range(repeats))

    with _autocast("cpu", bf16):
        costs = _costs(net, images, seconds, fixed=0.0)
    return dataclasses.replace(costs, fixed=float(shortest - backward(costs, net, last, norms=True)[0]))


def _costs(net: nn.Module, images: Tensor, cost: Callable[[Callable[[], object]], float], *, fixed: float) -> Costs:
    """Weight-gradient and input-gradient cost of every part, on the activations of a real forward pass."""
    rows: list[tuple[float, float]] = []
    hidden = images.detach()
    for part in parts(net).values():
        module = copy.deepcopy(part)
        if hasattr(module, "inplace"):
            setattr(module, "inplace", False)  # noqa: B010  (its input is a leaf here, which must not be overwritten)
        parameters = [parameter.requires_grad_() for parameter in module.parameters()]
        source = hidden.detach().requires_grad_()
        output = module(source)
        gradient = torch.randn_like(output)

        def back(to: list[Tensor], output: Tensor = output, gradient: Tensor = gradient) -> object:
            return torch.autograd.grad(output, to, gradient, retain_graph=True)

        below = cost(lambda source=source: back([source]))  # type: ignore[misc]
        weight = cost(lambda parameters=parameters: back(parameters)) if parameters else 0.0  # type: ignore[misc]
        weight += _update_cost(parameters, cost) if parameters else 0.0
        rows.append((weight, below))
        hidden = output.detach()
    weights, inputs = torch.tensor(rows, dtype=torch.float64).unbind(1)
    return Costs(tuple(parts(net)), weights, inputs, fixed)


def _update_cost(parameters: list[Tensor], cost: Callable[[Callable[[], object]], float]) -> float:
    for parameter in parameters:
        parameter.grad = torch.zeros_like(parameter)
    return cost(_sgd(parameters).step)


def _sgd(parameters: list[Tensor] | list[nn.Parameter]) -> torch.optim.SGD:
    return torch.optim.SGD(parameters, 1e-6, 0.9, weight_decay=5e-4)


def _count(call: Callable[[], object]) -> float:
    with FlopCounterMode(display=False) as counter:
        call()
    return float(counter.get_total_flops())


def _autocast(device: str, bf16: bool) -> torch.autocast:
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bf16)


def _time(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def step_seconds(
    net: nn.Module,
    images: Tensor,
    labels: Tensor,
    patterns: Tensor,
    *,
    repeats: int = 5,
    device: str = "cpu",
    bf16: bool = False,
    channels_last: bool = False,
    norms: bool = False,
    prefix: bool = False,
) -> Tensor:
    """Seconds of a whole training step for each pattern of frozen layers.

    The patterns take turns, so that a slow moment of the machine meets them all; the fastest of the turns counts.

    Args:
        net: any network; trained by SGD on the batch, on a copy.
        images, labels: one batch, (B, ...) and (B,).
        patterns: (N, K) boolean over `freezable(net)`.
        repeats: turns, after one to warm up.
        norms: freeze the normalisation behind frozen layers too (sequential networks only).
        prefix: freeze it below the lowest layer that trains, in any network.

    Returns:
        (N,) seconds.
    """
    memory = torch.channels_last if channels_last else torch.preserve_format
    net = copy.deepcopy(net).to(device).train()
    net.to(memory_format=memory)  # type: ignore[call-overload]
    images, labels = images.to(device, memory_format=memory), labels.to(device)
    optimizer = _sgd(list(net.parameters()))
    best = torch.full((len(patterns),), torch.inf, dtype=torch.float64)
    for turn in range(repeats + 1):
        for index, pattern in enumerate(patterns):
            freeze(freezable(net), pattern)
            if norms:
                freeze(list(parts(net).values()), frozen_parts(net, pattern, norms=True))
            if prefix:
                freeze(*norms_of_prefix(net, pattern))
            seconds = _time(lambda: _step(net, images, labels, optimizer, device, bf16))
            if turn:
                best[index] = min(float(best[index]), seconds)
    return best


def _step(net: nn.Module, images: Tensor, labels: Tensor, optimizer: torch.optim.SGD, device: str, bf16: bool) -> None:
    optimizer.zero_grad(set_to_none=True)
    with _autocast(device, bf16):
        loss = F.cross_entropy(net(images), labels)
    if loss.requires_grad:
        loss.backward()
    optimizer.step()
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def compare(
    net: nn.Module,
    images: Tensor,
    labels: Tensor,
    patterns: Tensor,
    *,
    turns: int = 3,
    bf16: bool = False,
    channels_last: bool = False,
    norms: bool = False,
) -> tuple[Tensor, Tensor]:
    """Measured and predicted seconds of a step for each pattern, on the CPU.

    Whole steps and parts take turns, and the fastest of each counts, so that a slow moment of the machine cannot
    favour one side.

    Args:
        net, images, labels, patterns, norms: as `step_seconds`; sequential.
        turns: how often both are measured.

    Returns:
        measured (N,) and predicted (N,) seconds.
    """
    measured, costs = [], []
    for _ in range(turns):
        how: dict[str, Any] = {"repeats": 2, "bf16": bf16, "channels_last": channels_last}
        measured.append(step_seconds(net, images, labels, patterns, norms=norms, **how))
        costs.append(layer_seconds(net, images, labels, **how))
    weight = torch.stack([one.weight for one in costs]).amin(0)
    below = torch.stack([one.input for one in costs]).amin(0)
    fixed = statistics.median(one.fixed for one in costs)  # a difference: its least value would be the noisiest
    best = dataclasses.replace(costs[0], weight=weight, input=below, fixed=fixed)
    return torch.stack(measured).amin(0), best.fixed + backward(best, net, patterns, norms=norms)
