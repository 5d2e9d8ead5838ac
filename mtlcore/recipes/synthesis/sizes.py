"""What is left of a trained network once its zeros are taken out, and what inference really takes."""

from __future__ import annotations

import copy
import statistics

import torch
from torch import Tensor

from mtlcore.nets.shared_lenet import SharedLeNet
from mtlcore.prune import compact
from mtlcore.prune.inference import operations, parameters, take_turns
from mtlcore.recipes.synthesis.config import Config


@torch.no_grad()
def sizes(net: SharedLeNet, images: Tensor, config: Config, device: str) -> dict[str, float]:
    """Sizes and times of the compacted network beside the dense one, see the docstring of the package.

    In float32; the median of the turns counts. Before they are timed, the compacted network's outputs are held against
    those of the network that it was made from.

    Args:
        net: trained, in evaluation mode.
        images: (b, 1, 28, 28), one batch.
        config: of the run.
        device: where both are.
    """
    trained = copy.deepcopy(net).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    dense = SharedLeNet(net.tasks, channels=config.channels, hidden=config.hidden).to(device).eval()  # type: ignore[arg-type]
    small = compact(trained, images[:2]).eval()
    outputs = zip(trained(images).values(), small(images).values(), strict=True)
    difference = max(float((one - other).abs().max()) for one, other in outputs)
    dense_ms, masked_ms, small_ms = take_turns((dense, trained, small), images, config.timed)
    weights = parameters(trained) - sum(int((parameter == 0).sum()) for parameter in trained.parameters())
    return {
        "parameters": 100 * parameters(small) / parameters(dense),
        "nonzero": 100 * weights / parameters(dense),
        "macs": 100 * operations(small, images[:2]) / operations(dense, images[:2]),
        "inference_ms": statistics.median(small_ms),
        "dense_ms": statistics.median(dense_ms),
        "speedup": statistics.median(d / s for d, s in zip(dense_ms, small_ms, strict=True)),
        "speedup_masked": statistics.median(d / m for d, m in zip(dense_ms, masked_ms, strict=True)),
        "compact_difference": difference,
        "units": float(small.get_submodule("trunk.hidden").out_features),
        "channels": float(sum(small.get_submodule(f"trunk.conv{i}").out_channels for i in (1, 2))),
    }
