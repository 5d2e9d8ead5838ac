"""The operations of a network, as far as `compact` must know them, in the order in which they run."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp
from torch.nn import functional as F

ELEMENTWISE = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.ELU,
    nn.GELU,
    nn.SiLU,
    nn.Sigmoid,
    nn.Tanh,
    nn.Hardswish,
    nn.Softplus,
)
DROPOUTS = (nn.Dropout, nn.Dropout2d, nn.AlphaDropout)
POOLS = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
RESIZES = (nn.Upsample,)
LEAVES = (nn.Conv2d, nn.Linear, nn.Identity, nn.Flatten, *NORMS, *ELEMENTWISE, *DROPOUTS, *POOLS, *RESIZES)
FUNCTIONS = {F.relu: torch.relu, torch.relu: torch.relu, torch.sigmoid: torch.sigmoid, torch.tanh: torch.tanh}
SAME = {F.interpolate, F.max_pool2d, F.adaptive_avg_pool2d, F.adaptive_max_pool2d}
CHANNELWISE = {F.dropout, F.avg_pool2d}
SUMS = {operator.add, operator.iadd, torch.add}
PRODUCTS = {operator.mul, operator.imul, torch.mul}
IN_PLACE = ("iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "iand", "ior", "ixor")
SPATIAL = (2, 3, -1, -2, slice(2, None), slice(-2, None), slice(2, None, None), slice(-2, None, None))


@dataclasses.dataclass(frozen=True)
class Step:
    """One operation of the network.

    Args:
        kind: conv | linear: makes channels out of those it reads; norm | depthwise: has parameters for each channel;
            apply: elementwise; same: gives on a constant as it is; channelwise: anything else to each channel alone;
            identity; sum | product: of tensors; cat | flatten; input; opaque: all else.
        node: of the traced graph.
        sources: the tensors it reads.
        module: what it calls, if a module.
        function: what it does to a constant, where it is elementwise.
        changed: tensors that it changes in place and that are read again, as an alias or a view of what it works on.
    """

    kind: str
    node: fx.Node
    sources: tuple[fx.Node, ...]
    module: nn.Module | None = None
    function: Callable[[Tensor], Tensor] | None = None
    changed: tuple[fx.Node, ...] = ()


class _Proxy(fx.Proxy):
    """torch.fx takes `a += b` for `a + b`, which leaves a as it was."""

    def _in_place(self, target: Callable[..., Any], other: Any) -> fx.Proxy:
        return self.tracer.create_proxy("call_function", target, (self, other), {})


for _name in IN_PLACE:
    setattr(_Proxy, f"__{_name}__", functools.partialmethod(_Proxy._in_place, getattr(operator, _name)))


class _Tracer(fx.Tracer):
    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Proxy(node, self)

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, LEAVES) or super().is_leaf_module(m, module_qualified_name)


class _Watch(ShapeProp):
    """Shapes, and which operations change a tensor that is read again: torch counts the changes, through any view."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.changed: dict[fx.Node, tuple[fx.Node, ...]] = {}
        self.counts: dict[fx.Node, int] = {}

    def run_node(self, n: fx.Node) -> Any:
        tensors = {node: value for node, value in self.env.items() if isinstance(value, Tensor)}
        counts = {node: value._version for node, value in tensors.items() if not value.is_inference()}
        self.changed[n.prev] = tuple(node for node, count in counts.items() if self.counts.get(node, count) != count)
        self.counts = counts
        return super().run_node(n)


def trace(net: nn.Module, example: Tensor) -> tuple[list[Step], dict[fx.Node, torch.Size]]:
    """The operations of a network in their order, and the shapes of their results.

    Args:
        net: in evaluation mode, with modules that torch.fx can trace: no decision that depends on a tensor's values.
        example: an input that it takes, (B, C, H, W).

    Raises:
        ValueError: it cannot be traced.
    """
    try:
        graph = _Tracer().trace(net)
    except Exception as error:
        raise ValueError(
            f"the graph of {type(net).__name__} cannot be traced ({str(error).splitlines()[0]}); compact needs a "
            "forward that takes the same path whatever the values"
        ) from error
    watch = _Watch(fx.GraphModule(net, graph))
    with torch.inference_mode(False), torch.no_grad():  # where changes are counted
        _propagate(watch, example)
    shapes = {
        node: node.meta["tensor_meta"].shape
        for node in graph.nodes
        if node.op != "output" and hasattr(node.meta.get("tensor_meta"), "shape")
    }
    nodes = [node for node in graph.nodes if not _asks_for_size(node)]
    return [_step(node, net, shapes, watch.changed.get(node, ())) for node in nodes], shapes


def _propagate(watch: _Watch, example: Tensor) -> None:
    """Let the example through.

    Raises:
        ValueError: it is no tensor, or the network does not take it.
    """
    if not isinstance(example, Tensor):
        raise ValueError(f"the example is a {type(example).__name__}; compact takes one tensor, (B, C, H, W)")
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # torch.fx prints a traceback of its own
            watch.propagate(example.clone())
    except RuntimeError as error:
        why = str(error.__cause__ or error).strip().splitlines()[0]
        raise ValueError(f"the network does not take the example {tuple(example.shape)}: {why}") from error


def _step(node: fx.Node, net: nn.Module, shapes: dict[fx.Node, torch.Size], changed: tuple[fx.Node, ...] = ()) -> Step:
    sources = tuple(source for source in node.all_input_nodes if source in shapes)
    if changed:
        return Step("opaque", node, sources, changed=changed)
    if node.op == "placeholder":
        return Step("input", node, sources)
    opaque = Step("opaque", node, sources)
    if node not in shapes or len(shapes[node]) < 2 or any(len(shapes[source]) < 2 for source in sources):
        return opaque
    if node.op == "call_module":
        module = net.get_submodule(str(node.target))
        if len(sources) != 1 or not isinstance(module, LEAVES):
            return opaque
        return _module_step(node, sources, module, shapes)
    target: Any = node.target
    if node.op == "call_method":
        target = getattr(torch, str(target), None)
    if target in FUNCTIONS and len(sources) == 1:
        return Step("apply", node, sources, function=FUNCTIONS[target])
    if target in SAME | CHANNELWISE and len(sources) == 1:
        return Step("same" if target in SAME else "channelwise", node, sources)
    channels = {shapes[source][1] for source in sources} | {shapes[node][1]}
    ranks = {len(shapes[source]) for source in sources} | {len(shapes[node])}
    if target in SUMS | PRODUCTS and len(channels) == len(ranks) == 1 and not node.kwargs:
        tensors = all(isinstance(argument, fx.Node) for argument in node.args)
        kind = "sum" if target in SUMS else "product"
        return Step(kind if tensors else "channelwise", node, tuple(a for a in node.args if isinstance(a, fx.Node)))
    if target is torch.cat and (node.kwargs.get("dim", node.args[1:] and node.args[1])) == 1 and len(ranks) == 1:
        return Step("cat", node, tuple(node.args[0]))  # type: ignore[arg-type]
    if target is torch.flatten and node.args[1:] == (1,) and not node.kwargs:
        return Step("flatten", node, sources)
    return opaque


def _module_step(
    node: fx.Node, sources: tuple[fx.Node, ...], module: nn.Module, shapes: dict[fx.Node, torch.Size]
) -> Step:
    kind = "opaque"
    function: nn.Module | None = None
    rank = len(shapes[sources[0]])
    if type(module) is nn.Conv2d and rank == 4:
        depthwise = module.groups == module.in_channels == module.out_channels
        kind = "conv" if module.groups == 1 else "depthwise" if depthwise else "opaque"
    elif isinstance(module, nn.Linear) and rank == 2:
        kind = "linear"
    elif isinstance(module, NORMS):
        kind = "norm"
    elif isinstance(module, ELEMENTWISE):
        kind, function = "apply", module
    elif isinstance(module, DROPOUTS):
        kind, function = "apply", nn.Identity()
    elif isinstance(module, POOLS + RESIZES) and rank == 4:
        kind = "channelwise" if isinstance(module, nn.AvgPool2d) else "same"  # its padding counts as zeros
    elif isinstance(module, nn.Identity):
        kind = "identity" if type(module) is nn.Identity else "opaque"
    elif isinstance(module, nn.Flatten) and (module.start_dim, module.end_dim) == (1, -1):
        kind = "flatten"
    return Step(kind, node, sources, module, function)


def _asks_for_size(node: fx.Node) -> bool:
    """Whether a node is but the height or width of a tensor, which no cut changes."""
    if node.op == "call_function" and node.target is getattr and node.args[1] == "shape":
        return all(user.target is operator.getitem and user.args[1] in SPATIAL for user in node.users)
    if node.op == "call_function" and node.target is operator.getitem:
        source = node.args[0]
        return isinstance(source, fx.Node) and _asks_for_size(source)
    return False
