"""Modules that read some of the channels they are given: what `compact` leaves where channels are unused in part."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Pick(nn.Identity):
    """Some channels of a tensor: (B, C, ...) to (B, k, ...), a view where they are the first k.

    `index`, (k,) int64, says which, in which order.
    """

    index: Tensor
    first: bool  # whether they are the first k; the host knows it, so that no step waits for the device

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, ...) to (B, k, ...)."""
        return x[:, : len(self.index)] if self.first else x.index_select(1, self.index)

    def look(self) -> None:
        """Find out what the index says."""
        self.first = self.index.tolist() == list(range(len(self.index)))

    def _load_from_state_dict(self, *args: Any) -> None:
        super()._load_from_state_dict(*args)
        self.look()


class PickingConv2d(nn.Conv2d):
    """A convolution of some channels of its input; `index`, (in_channels,) int64, says which."""

    index: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, out_channels, H', W')."""
        return super().forward(x.index_select(1, self.index))


PICKING: dict[type[nn.Module], type[nn.Module]] = {nn.Identity: Pick, nn.Conv2d: PickingConv2d}


def make_picking(module: nn.Module, index: Tensor) -> None:
    """Turn an identity or a convolution into one that picks channels, in place.

    Raises:
        TypeError: it is another kind of module.
    """
    kind = type(module)
    if kind not in PICKING:
        raise TypeError(f"{kind.__name__} cannot pick channels; nn.Identity and nn.Conv2d can")
    module.__class__ = PICKING[kind]  # keeps its parameters, its hooks and its place in the network
    module.register_buffer("index", index)
    if isinstance(module, Pick):
        module.look()


def fit(net: nn.Module, state: dict[str, Tensor]) -> None:
    """Give a network the shape of a compacted one of its kind, and that one's parameters, in place.

    So a compacted network is kept as its `state_dict()`, which torch.load reads with weights_only=True, and comes back
    into a network built as it was before it was compacted.

    Args:
        net: as the network that was compacted was built.
        state: `state_dict()` of the compacted network.

    Raises:
        ValueError: the state is of another network.
    """
    modules = dict(net.named_modules())
    for key in sorted(state):
        path, _, name = key.rpartition(".")
        module = modules.get(path)
        if module is None or (name not in ("index", "bias") and not hasattr(module, name)):
            raise ValueError(f"the state has {key!r}, which this network has not; build the network it was made from")
        held = getattr(module, name, None)
        if name == "index" and held is None:
            make_picking(module, state[key].clone())
        elif isinstance(held, nn.Parameter) or name == "bias":
            setattr(module, name, nn.Parameter(torch.empty_like(state[key])))
        elif isinstance(held, Tensor):
            setattr(module, name, torch.empty_like(state[key]))
        measure(module)
    missing, _ = net.load_state_dict(state, strict=False)
    if missing:
        raise ValueError(f"the state lacks {', '.join(missing[:3])}; build the network it was made from")


def measure(module: nn.Module) -> None:
    """Make a layer's own account of its sizes agree with its parameters."""
    if isinstance(module, nn.Conv2d):
        if module.groups == module.in_channels == module.out_channels:  # one filter a channel
            module.groups = len(module.weight)
        module.out_channels = len(module.weight)
        module.in_channels = module.weight.shape[1] * module.groups
    elif isinstance(module, nn.Linear):
        module.out_features, module.in_features = module.weight.shape
    elif isinstance(module, nn.modules.batchnorm._BatchNorm):
        sizes = [tensor for tensor in (module.weight, module.running_mean) if tensor is not None]
        if sizes:
            module.num_features = len(sizes[0])
