"""A LeNet for several tasks on one image: two convolutions and a hidden layer that all share, one linear head a task.

It has what every pruning method of the documents works on: input channels of convolutions [upadhyay], units of a
hidden layer that all heads read [ge, singh], layers to freeze [goutam], and one representation that all tasks share
[tran]. Sizes are those of `nets.lenet`; the hidden layer is LeNet's own, which the truncated network leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

CHANNELS = (20, 50)
HIDDEN = 128
POSITIONS = 4 * 4  # of a 28x28 image behind both convolutions: 28 -> 24 -> 12 -> 8 -> 4


class SharedLeNet(nn.Module):
    """Images (B, 1, 28, 28) to logits (B, classes) a task, with PyTorch's default initialisation.

    Args:
        tasks: their names.
        channels: filters of the two convolutions. hidden: units of the shared hidden layer.
        classes: of every task.
        dropout: probability with which a hidden unit is left out of a training step, in the last layer of the trunk, so
            that all heads miss the same units.

    Raises:
        ValueError: a task is named twice, there is none, or a size is below 1.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        *,
        channels: tuple[int, int] = CHANNELS,
        hidden: int = HIDDEN,
        classes: int = 10,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if not tasks or len(set(tasks)) < len(tasks):
            raise ValueError(f"the tasks {tuple(tasks)} are none or not all different; give each a name of its own")
        if min(*channels, hidden) < 1:
            raise ValueError(f"channels {channels} and hidden {hidden} must be 1 or more each")
        first, second = channels
        self.trunk = nn.Sequential()
        for name, module in {
            "conv1": nn.Conv2d(1, first, 5),
            "norm1": nn.BatchNorm2d(first),
            "relu1": nn.ReLU(inplace=True),
            "pool1": nn.MaxPool2d(2),
            "conv2": nn.Conv2d(first, second, 5),
            "norm2": nn.BatchNorm2d(second),
            "relu2": nn.ReLU(inplace=True),
            "pool2": nn.MaxPool2d(2),
            "flatten": nn.Flatten(),
            "hidden": nn.Linear(second * POSITIONS, hidden),
            "hidden_norm": nn.BatchNorm1d(hidden),
            "hidden_relu": nn.ReLU(),
            "dropout": nn.Dropout(dropout),
        }.items():
            self.trunk.add_module(name, module)
        self.heads = nn.ModuleDict({task: nn.Linear(hidden, classes) for task in tasks})

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks."""
        return tuple(self.heads)

    @property
    def hidden(self) -> nn.Linear:
        """The layer whose outputs are the hidden units."""
        return self.trunk.get_submodule("hidden")  # type: ignore[return-value]

    def features(self, images: Tensor) -> Tensor:
        """The representation that all heads read, (B, hidden)."""
        return self.trunk(images)

    def predict(self, features: Tensor) -> dict[str, Tensor]:
        """The logits of every task for given features."""
        return {task: head(features) for task, head in self.heads.items()}

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """The logits of every task for images."""
        return self.predict(self.features(images))
