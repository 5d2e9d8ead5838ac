"""Several two-task networks as one: trained side by side on the same batches, each as if it were alone.

The first layers read the same features, so that they are one matrix product; the others are batched products.
Batch normalisation works on the units of all networks as on so many channels. The summed loss has no terms between
networks, so that every network gets the gradients it would get alone, up to the order of floating-point sums.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtlcore.nets.two_task import TwoTask


class StackedTwoTask(nn.Module):
    """K networks of one shape; features (B, p) to logits (K, B, classes) by task.

    Args:
        nets: of the same sizes and activation; their dropout may differ. They are copied; `unstack` writes back.

    Raises:
        ValueError: there are none, or their shapes or activations differ.
    """

    def __init__(self, nets: Sequence[TwoTask]) -> None:
        super().__init__()
        shapes = {(str(net.activation), *(tuple(p.shape) for p in net.parameters())) for net in nets}
        if len(shapes) != 1:
            raise ValueError(
                f"{len(nets)} networks of {len(shapes)} kinds cannot be stacked; give networks of one shape"
            )
        self.count, self.tasks = len(nets), nets[0].tasks
        self.activation = nets[0].activation
        self.dropouts = tuple(net.dropout.p for net in nets)
        first, second = nets[0].first.out_features, nets[0].second.out_features
        self.first = nn.Linear(nets[0].first.in_features, self.count * first)
        self.norms = nn.ModuleList(nn.BatchNorm1d(self.count * units) for units in (first, second))
        state = [net.state_dict() for net in nets]
        self.layers = [name.removesuffix(".weight") for name, value in state[0].items() if value.dim() == 2][1:]
        self.weights = nn.ParameterList(torch.stack([one[f"{name}.weight"].T for one in state]) for name in self.layers)
        self.biases = nn.ParameterList(torch.stack([one[f"{name}.bias"] for one in state]) for name in self.layers)
        with torch.no_grad():
            for name in ("weight", "bias"):
                getattr(self.first, name).copy_(torch.cat([one[f"first.{name}"] for one in state]))
            for norm, name in zip(self.norms, ("first_norm", "second_norm"), strict=True):
                for field, value in norm.state_dict().items():
                    parts = [one[f"{name}.{field}"] for one in state]
                    value.copy_(torch.cat(parts) if value.dim() else parts[0])

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """Logits (K, B, classes) by task."""
        hidden = self._active(self.first(features), 0)
        hidden = self._active(self._product(hidden, 0).transpose(0, 1).flatten(1), 1)
        if self.training and any(self.dropouts):
            hidden = torch.stack([F.dropout(one, p) for one, p in zip(hidden, self.dropouts, strict=True)])
        return {task: self._product(hidden, 1 + index) for index, task in enumerate(self.tasks)}

    def _active(self, values: Tensor, layer: int) -> Tensor:
        """Normalised and activated: (B, K·units) -> (K, B, units)."""
        values = self.activation(self.norms[layer](values))
        return values.view(len(values), self.count, -1).transpose(0, 1)

    def _product(self, hidden: Tensor, layer: int) -> Tensor:
        weight, bias = self.weights[layer].to(hidden.dtype), self.biases[layer].to(hidden.dtype)
        return torch.baddbmm(bias[:, None], hidden, weight)

    def losses(self, features: Tensor, *labels: Tensor) -> Tensor:
        """Mean cross-entropy over the batch, (K, tasks), in the order of the tasks."""
        found = []
        for logits, label in zip(self(features).values(), labels, strict=True):
            each = F.cross_entropy(logits.flatten(0, 1).float(), label.repeat(self.count), reduction="none")
            found.append(each.view(self.count, -1).mean(1))
        return torch.stack(found, 1)

    @torch.no_grad()
    def unstack(self, nets: Sequence[TwoTask]) -> None:
        """Write the weights and statistics back into networks of the same shapes, in the order of stacking."""
        parts = {f"first.{name}": getattr(self.first, name).chunk(self.count) for name in ("weight", "bias")}
        for index, name in enumerate(self.layers):
            parts[f"{name}.weight"] = tuple(self.weights[index].transpose(1, 2))
            parts[f"{name}.bias"] = tuple(self.biases[index])
        for norm, name in zip(self.norms, ("first_norm", "second_norm"), strict=True):
            for field, value in norm.state_dict().items():
                parts[f"{name}.{field}"] = value.chunk(self.count) if value.dim() else (value,) * self.count
        for number, net in enumerate(nets):
            net.load_state_dict({name: values[number] for name, values in parts.items()})
