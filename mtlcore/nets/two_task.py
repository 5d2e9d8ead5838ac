"""The two-task classifier of feature vectors [ge, Section 2.2].

Two shared hidden layers of 512 and 128 units, batch normalisation before each activation, and one linear layer a task:
594,711 parameters with 1024 features. The text gives 512 and says that each layer has a half or a quarter of the units
of the one before; 128 follows from the pruning ratios of its Table 2. It names sigmoid for the pruned layer only;
we take it for both. Dropout, where there is any, stands behind the second activation, which is behind batch
normalisation as the text asks.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

HIDDEN = (512, 128)
TASKS = {"type": 11, "colour": 12}
ACTIVATIONS = {"sigmoid": nn.Sigmoid, "relu": nn.ReLU, "tanh": nn.Tanh}


class TwoTask(nn.Module):
    """Features (B, p) to one table of logits (B, classes) a task.

    Args:
        features: p.
        hidden: units of the two shared layers.
        tasks: classes of each task.
        activation: sigmoid | relu | tanh, behind batch normalisation.
        dropout: probability with which a unit of the second layer is silent in a training step.

    Raises:
        ValueError: the activation is unknown.
    """

    def __init__(
        self,
        features: int = 1024,
        *,
        hidden: tuple[int, int] = HIDDEN,
        tasks: Mapping[str, int] = TASKS,
        activation: str = "sigmoid",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation {activation!r} is unknown; there are {', '.join(ACTIVATIONS)}")
        first, second = hidden
        self.first, self.first_norm = nn.Linear(features, first), nn.BatchNorm1d(first)
        self.second, self.second_norm = nn.Linear(first, second), nn.BatchNorm1d(second)
        self.activation = ACTIVATIONS[activation]()
        self.dropout = nn.Dropout(dropout)
        self.tasks = tuple(tasks)
        self.heads = nn.ModuleList(nn.Linear(second, classes) for classes in tasks.values())

    def behaviour(self, features: Tensor) -> Tensor:
        """Outputs of the second hidden layer (B, units): a column is the behaviour of a unit [ge, Section 2.3]."""
        hidden = self.activation(self.first_norm(self.first(features)))
        return torch.as_tensor(self.activation(self.second_norm(self.second(hidden))))

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """Logits by task."""
        hidden = self.dropout(self.behaviour(features))
        return {task: head(hidden) for task, head in zip(self.tasks, self.heads, strict=True)}
