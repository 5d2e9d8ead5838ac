"""A shared encoder with one decoder a task [singh, Section 2.1, Fig. 1].

A convolutional backbone, one fully connected layer to h hidden units, batch normalisation, and for each task one fully
connected layer that reads them all. The units between are what distinctiveness pruning takes away.

Where a ReLU stands decides what pruning can find. Behind the normalisation it makes all activations non-negative: an
inner product of two units is then a sum of non-negative terms, no angle exceeds 90°, and no pair is ever opposing.
Between layer and normalisation, or left out, activations have both signs. The text does not say; the default is none.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

RELUS = ("none", "between", "after")


class Encoder(nn.Module):
    """Images (B, 3, H, W) to logits (B, classes) by task.

    Args:
        backbone: (B, 3, H, W) -> (B, d), d as its `num_features`.
        classes: of each task, in the order of the tasks.
        hidden: h, units of the shared layer.
        relu: "none", "between" the layer and its normalisation, or "after" it.
        dropout: of hidden units, before the decoders.
        input_width: features that the layer reads; where the backbone has more, a fixed random projection on so many
            orthonormal directions, with nothing learnt, stands between. 0 for the backbone's own.

    Raises:
        ValueError: the backbone has fewer features than `input_width`, or `relu` is unknown.
    """

    directions: Tensor | None  # (width, d)

    def __init__(
        self,
        backbone: nn.Module,
        classes: Mapping[str, int],
        *,
        hidden: int = 128,
        relu: str = "none",
        dropout: float = 0.0,
        input_width: int = 0,
    ) -> None:
        super().__init__()
        if relu not in RELUS:
            raise ValueError(f"relu is {relu!r}; choose {', '.join(RELUS)}")
        own = int(backbone.num_features)  # type: ignore[arg-type]
        if input_width > own:
            raise ValueError(f"the backbone has {own} features, fewer than input_width {input_width}; take fewer")
        self.tasks, self.relu = tuple(classes), relu
        self.backbone = backbone
        self.width = input_width or own
        self.register_buffer("directions", None if self.width == own else _orthonormal(self.width, own))
        self.hidden = nn.Linear(self.width, hidden)
        self.norm = nn.BatchNorm1d(hidden)
        self.dropout = nn.Dropout(dropout)
        # a list, in the order of the tasks: names such as "type" are taken by modules themselves
        self.decoders = nn.ModuleList(nn.Linear(hidden, count) for count in classes.values())

    @property
    def size(self) -> int:
        """h, the number of hidden units."""
        return self.hidden.out_features

    def units(self, images: Tensor) -> Tensor:
        """Activations of the hidden units as the decoders read them but for dropout, (B, h)."""
        features = self.backbone(images)
        if self.directions is not None:
            features = features @ self.directions.T.to(features.dtype)
        units = self.hidden(features)
        units = self.norm(units.relu() if self.relu == "between" else units)
        return units.relu() if self.relu == "after" else units

    def decode(self, units: Tensor) -> dict[str, Tensor]:
        """Logits by task of hidden units (B, h)."""
        return {task: decoder(units) for task, decoder in zip(self.tasks, self.decoders, strict=True)}

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Logits (B, classes) by task."""
        return self.decode(self.dropout(self.units(images)))

    def groups(self) -> list[tuple[tuple[Tensor, ...], tuple[int, ...]]]:
        """Parameters with the positions of the tasks that use them: those of all tasks, then each decoder's."""
        everyone = tuple(range(len(self.tasks)))
        shared = [*self.backbone.parameters(), *self.hidden.parameters(), *self.norm.parameters()]
        own = [(tuple(decoder.parameters()), (place,)) for place, decoder in enumerate(self.decoders)]
        return [(tuple(shared), everyone), *own]


def _orthonormal(rows: int, columns: int) -> Tensor:
    """Random orthonormal directions, (rows, columns), by torch's own generator."""
    return torch.linalg.qr(torch.randn(columns, rows)).Q.T.contiguous()
