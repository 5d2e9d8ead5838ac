"""Build the smaller network that the needs of a sparse one allow: fewer filters and columns, equal outputs."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, fx, nn

from mtlcore.prune.constants import Known, constants, foldable, folded
from mtlcore.prune.graph import Step, trace
from mtlcore.prune.needs import Needs
from mtlcore.prune.picking import make_picking, measure

WORTH = 16  # multiplications and additions saved by picking channels first, for each byte that picking moves


@torch.no_grad()
def slim(net: nn.Module, example: Tensor) -> nn.Module:
    """A smaller copy of a network with zeros: see `compact`."""
    modes = {name: module.training for name, module in net.named_modules()}
    small = copy.deepcopy(net).eval()
    for parameter in small.parameters():
        parameter.grad = None
    steps, shapes = trace(small, example)
    known = constants(steps, shapes)
    needs = Needs(steps, shapes, known)
    done: set[nn.Module] = set()
    for step in steps:
        if step.module is not None and step.module not in done:
            done.add(step.module)
            _cut(step, needs, known, shapes)
    for name, module in small.named_modules():
        module.training = modes[name]
    return small


def _cut(step: Step, needs: Needs, known: Known, shapes: dict[fx.Node, torch.Size]) -> None:
    module = step.module
    if isinstance(module, nn.Conv2d | nn.Linear) and step.kind in ("conv", "linear"):
        _cut_layer(module, step, needs, known, shapes)
    elif isinstance(module, nn.Conv2d | nn.BatchNorm1d | nn.BatchNorm2d) and step.kind in ("depthwise", "norm"):
        kept = needs.channels(step.node)
        for name in ("weight", "bias", "running_mean", "running_var"):
            _select(module, name, kept, 0)
    elif step.node in needs.flexible and module is not None:
        index = _positions(needs.channels(step.sources[0]), needs.channels(step.node))
        if len(index) < len(needs.channels(step.sources[0])) or not torch.equal(index, torch.arange(len(index))):
            make_picking(module, index.to(_device(needs, step)))
    if module is not None:
        measure(module)


def _cut_layer(
    module: nn.Conv2d | nn.Linear, step: Step, needs: Needs, known: Known, shapes: dict[fx.Node, torch.Size]
) -> None:
    source = step.sources[0]
    rows, columns, values = needs.channels(step.node), needs.channels(source), known[source]
    _fold(module, values)
    reads = needs.reads(step)
    wanted = columns[reads[columns]]
    if len(wanted) == 0:
        wanted = columns[:1]  # no layer works on nothing; its weights are zero
    if isinstance(module, nn.Conv2d) and _pays(module, len(rows), len(columns), len(wanted), step, shapes):
        make_picking(module, _positions(columns, wanted).to(module.weight.device))
        columns = wanted
    _select(module, "weight", columns, 1)
    _select(module, "weight", rows, 0)
    _select(module, "bias", rows, 0)


def _fold(module: nn.Conv2d | nn.Linear, values: Tensor) -> None:
    """Take the constants of its input into a layer's bias, and their weights away."""
    taken, shift = foldable(module, values), folded(module, values)
    weight = module.weight
    weight.masked_fill_(taken.to(weight.device).view(1, -1, *[1] * (weight.dim() - 2)), 0)
    if not shift.any():
        return
    if module.bias is None:
        module.bias = nn.Parameter(weight.new_zeros(len(weight)))
    module.bias.copy_(module.bias.double() + shift.to(weight.device))


def _pays(
    module: nn.Conv2d, filters: int, given: int, wanted: int, step: Step, shapes: dict[fx.Node, torch.Size]
) -> bool:
    """Whether a convolution of the wanted channels alone saves more than it costs to pick them out."""
    before, after = shapes[step.sources[0]], shapes[step.node]
    saved = 2 * filters * (given - wanted) * module.weight[0, 0].numel() * after[2:].numel()
    moved = 2 * wanted * module.weight.element_size() * before[2:].numel()
    return saved > WORTH * moved


def _select(module: nn.Module, name: str, index: Tensor, dim: int) -> None:
    """Keep some entries of a parameter or buffer along a dimension, in its memory format."""
    tensor = getattr(module, name, None)
    if tensor is None:
        return
    small = tensor.detach().index_select(dim, index.to(tensor.device))
    if tensor.dim() == 4 and not tensor.is_contiguous():
        small = small.contiguous(memory_format=torch.channels_last)
    if isinstance(tensor, nn.Parameter):
        small = nn.Parameter(small, tensor.requires_grad)
    setattr(module, name, small)


def _positions(columns: Tensor, wanted: Tensor) -> Tensor:
    """Where in a list of channels the wanted ones stand."""
    place = torch.full((int(columns.max()) + 1,), -1)
    place[columns] = torch.arange(len(columns))
    return place[wanted]


def _device(needs: Needs, step: Step) -> torch.device:
    weights = (other.module.weight for other in needs.steps if isinstance(other.module, nn.Conv2d | nn.Linear))
    return next((weight.device for weight in weights), torch.device("cpu"))
