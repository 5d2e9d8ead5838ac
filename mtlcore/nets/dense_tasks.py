"""The multi-task network of [upadhyay, Figure 2]: one dilated backbone, one head a task, one pass for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from mtlcore.nets.deeplab import RATES, ImageHead, PixelHead
from mtlcore.nets.resnet_dilated import DilatedResNet

WIDTH = 64


class DenseTasks(nn.Module):
    """Images (B, 3, H, W) to one output a task.

    The published code runs the backbone once for every task; here all heads read the features of one pass, as in the
    paper's figure. Widths of the heads shrink with that of the backbone.

    Args:
        pixels: outputs of the tasks with a prediction for each pixel of the features, by name, such as
            {"segmentation": 41, "depth": 1, "normals": 3}.
        images: outputs of the tasks with one prediction an image, by name, such as {"male": 1}.
        width: of the backbone; 64 is the published network.
        blocks: of the backbone's stages.
        rates: dilations of the pixel heads.

    Raises:
        ValueError: there is no task, a name is in both, the width is too small for the heads (a multiple of 2 serves),
            or as `DilatedResNet`.
    """

    def __init__(
        self,
        pixels: Mapping[str, int],
        images: Mapping[str, int] | None = None,
        *,
        width: int = WIDTH,
        blocks: Sequence[int] = (3, 4, 6, 3),
        rates: Sequence[int] = RATES,
    ) -> None:
        super().__init__()
        images = images or {}
        if not pixels and not images:
            raise ValueError("a network without tasks predicts nothing; name at least one")
        if twice := sorted(set(pixels) & set(images)):
            raise ValueError(f"{', '.join(twice)} cannot be a task of pixels and of images; give it two names")
        if width < 2:
            raise ValueError(f"width {width} is too small for the heads; take 2 or more")
        self.backbone = DilatedResNet(width, blocks)
        inputs = self.backbone.channels
        self.heads = nn.ModuleDict()
        for task, outputs in pixels.items():
            self.heads[task] = PixelHead(inputs, outputs, width=4 * width, rates=rates)
        for task, outputs in images.items():
            self.heads[task] = ImageHead(inputs, outputs, width=width)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks: those of pixels, then those of images."""
        return tuple(self.heads)

    def features(self, images: Tensor) -> Tensor:
        """What all heads read, (B, 32 width, H/8, W/8)."""
        return self.backbone(images)

    def predict(self, features: Tensor) -> dict[str, Tensor]:
        """The output of every task for given features: (B, outputs, H/8, W/8) or (B, outputs)."""
        return {task: head(features) for task, head in self.heads.items()}

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """The output of every task for images (B, 3, H, W)."""
        return self.predict(self.features(images))
