"""Statistics of batch normalisation, taken anew over training images, for networks whose running ones lag behind."""

from __future__ import annotations

import torch
from torch import nn

from mtlcore.nets.encoder import Encoder
from mtlcore.recipes.singh.pictures import Batches


@torch.no_grad()
def estimate_statistics(net: Encoder, images: Batches) -> None:
    """Set the running means and variances to averages over all batches of images; nothing else of the network moves.

    Args:
        net: its normalisations average within, everything else, dropout too, works as in evaluation; modes are as
            they were behind it.
        images: in the order and size of batches in which they are to count; a last batch of one image is left out.
    """
    modes = {module: module.training for module in net.modules()}
    norms = [module for module in net.modules() if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d))]
    momenta = [norm.momentum for norm in norms]
    net.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # an average over the batches
        norm.train()
    try:
        for batch, *_ in images.epoch(0):
            if len(batch) > 1:
                net.units(batch)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for module, mode in modes.items():
            module.training = mode
