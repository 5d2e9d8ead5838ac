"""Distinctiveness pruning at the end of every epoch but the last, and the learning rate's plateau [singh, Section 4].

The angles are those of the units' activations over the training images as they are, in evaluation mode, as the
decoders read them. What is pruned leaves the network at once: rows of the layer, channels of its normalisation, columns
of every decoder, and what Adam remembers of them.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from mtlcore.kernels.angles import AngleGram
from mtlcore.nets.encoder import Encoder
from mtlcore.prune import Distinctiveness, HiddenLayer, compact, observe
from mtlcore.recipes.singh.config import Config
from mtlcore.recipes.singh.pictures import Batches

FACTOR = 0.1


def hidden_layer(net: Encoder) -> HiddenLayer:
    """The layer that is pruned."""
    return HiddenLayer(net.hidden, tuple(net.decoders), net.norm)  # type: ignore[arg-type]


class Course(nn.Module):
    """What a run keeps beside its weights from epoch to epoch; a submodule of the network, so that checkpoints hold it.

    Args:
        net: takes this module in as `course`.
        config: of the run.
        images: training images in order, on which angles are taken.
    """

    factor: Tensor  # of the learning rate
    best: Tensor  # lowest validation loss so far
    stale: Tensor  # epochs since
    changes: Tensor  # (3,) sums over the prunes that took a unit: how many, output changes merged, deleted
    pairs: Tensor  # (2,) similar and opposing pairs taken so far

    def __init__(self, net: Encoder, config: Config, images: Batches) -> None:
        super().__init__()
        self.config, self.images = config, images
        self.network = [net]  # in a list: the network is not a part of its part
        self.optimizer: torch.optim.Optimizer | None = None
        self.gram: AngleGram | None = None  # of the network as it is
        for name, start in (("factor", 1.0), ("best", math.inf), ("stale", 0.0)):
            self.register_buffer(name, torch.tensor(start, dtype=torch.float64))
        self.register_buffer("changes", torch.zeros(3, dtype=torch.float64))
        self.register_buffer("pairs", torch.zeros(2, dtype=torch.float64))
        net.add_module("course", self)
        net.register_load_state_dict_pre_hook(_cut)

    def start_epoch(self, epoch: int) -> dict[str, float]:
        """Prune, where it is time, what the end of the epoch before has shown; returns numbers for the curves."""
        net = self.network[0]
        before = net.size
        if epoch >= self.config.prune_from and self.config.pruning == "each_epoch":
            self.prune()
        rate = self.config.lr * float(self.factor)
        return {"pruned": float(before - net.size), "hidden": float(net.size), "rate": rate}

    def end_epoch(self, val_loss: float) -> dict[str, float]:
        """Take the angles of the network as it is now, and note its validation loss."""
        self._plateau(val_loss)
        self.gram = self._observe()
        angles = self.gram.angles()
        between = angles[angles.isfinite().triu(1)]
        if not len(between):  # one unit, or none with a direction: nothing is alike
            return {"minimum_angle": 90.0, "maximum_angle": 90.0}
        return {"minimum_angle": float(between.min()), "maximum_angle": float(between.max())}

    def schedule(self, epoch: int) -> float:
        """Factor of the learning rate."""
        return float(self.factor)

    def _plateau(self, val_loss: float) -> None:
        """A tenth of the rate after so many epochs without a lower validation loss."""
        self.stale.add_(1)
        if val_loss < float(self.best):
            self.best.fill_(val_loss)
            self.stale.zero_()
        if float(self.stale) >= self.config.patience:
            self.factor.mul_(FACTOR)
            self.stale.zero_()

    def _observe(self) -> AngleGram:
        net = self.network[0]
        with observe(net, hidden_layer(net)) as gram, torch.autocast(self.images.device.type, enabled=False):
            for images, *_ in self.images.epoch(0):
                net(images)
        return gram

    def changed(self) -> dict[str, float]:
        """Mean relative changes of the outputs at a prune that took a unit; nothing where none did."""
        count, merged, deleted = self.changes.tolist()
        return {"output_change_merge": merged / count, "output_change_delete": deleted / count} if count else {}

    def prune(self) -> None:
        """Find, merge and slice away; note by how much the outputs change."""
        net, config = self.network[0], self.config
        gram = self.gram or self._observe()  # taken anew by a run that goes on from a checkpoint: the same bits
        layer = hidden_layer(net)
        method = Distinctiveness(
            layer,
            similar=config.angle,
            complementary=180 - config.angle,
            coefficient=config.coefficient,
            opposite=config.opposite,
            take=config.take,
            survivor=config.survivor,
        )
        old = _outgoing(layer)
        found = method.prune(gram, self.optimizer)
        self.gram = None
        if len(found.removed) == 0:
            return
        self._note(gram.gram(), old, _outgoing(layer), method.alive)
        self.pairs += torch.tensor([len(found.pairs.similar), len(found.pairs.complementary)], device=self.pairs.device)
        if not method.alive.any():  # both units of every pair went
            raise ValueError(f"pruning within {config.angle} degrees leaves no unit; take a smaller angle, or merge")
        method.compact(self.optimizer)

    def _note(self, products: Tensor, old: Tensor, new: Tensor, alive: Tensor) -> None:
        """Add up |change of outputs| / |outputs|, over all tasks and training images, without their biases.

        With H the activations, (n, h), and W the outgoing weights, |H W|² is the trace of Wᵀ (Hᵀ H) W: the products are
        those of the angles, so that nothing has to pass through the network again.
        """
        deleted = old * alive[:, None].to(old)
        size = _norm(products, old)
        merged, lost = (_norm(products, one - old) / size for one in (new, deleted))
        self.changes += torch.stack([torch.ones_like(size), merged, lost]).to(self.changes)


def _outgoing(layer: HiddenLayer) -> Tensor:
    """Outgoing weights of all units to all tasks, (h, outputs) float64, a copy."""
    return torch.cat([consumer.weight.detach().double().T for consumer in layer.consumers], 1)


def _norm(products: Tensor, weights: Tensor) -> Tensor:
    """|H W| from Hᵀ H."""
    return ((products.to(weights) @ weights) * weights).sum().clamp_min(0).sqrt()


def _cut(net: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """Give a network as few units as the state that is about to be loaded, so that a pruned run goes on."""
    assert isinstance(net, Encoder)
    left = len(state.get(f"{prefix}hidden.bias", ()))
    if 0 < left < net.size:
        compact(hidden_layer(net), torch.arange(net.size) < left)
