"""What is taken of the network before an epoch: hidden units by their angles, or layers out of training.

All three directional methods take the same number of units at the same moments, those of Neuron Behaviour in [ge]: in
the middle third of the training, in equal parts, the nearest pairs first. They differ in what they compare and in what
becomes of the removed unit's outgoing weights:

- neuron-behaviour [ge]: activations; added to the survivor's.
- weight-matrix [ge]: incoming weights; added to the survivor's.
- distinctiveness, as generalised in `prune.Distinctiveness`: activations less their mean, opposites too, with the
  coefficient of least squares and the consumers' biases corrected; of a pair the unit that varies more survives.

What is taken leaves the network at once, as in [singh], so that the rest of the training is cheaper.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from mtlcore.data import Triple
from mtlcore.kernels.angles import AngleGram
from mtlcore.nets.shared_lenet import SharedLeNet
from mtlcore.prune import Distinctiveness, HiddenLayer, LayerOut, compact, incoming, observe
from mtlcore.recipes.ge.pruning import schedule
from mtlcore.recipes.synthesis.config import Config
from mtlcore.recipes.tran.training import now

INTERVAL = 0.05  # of the epochs, between two prunings [ge, Section 2.3]
OPTIONS: dict[str, dict[str, Any]] = {
    "neuron-behaviour": {"complementary": 180.0},  # opposites are not taken where a share is asked for, as in ge
    "weight-matrix": {"complementary": 180.0},
    "distinctiveness": {
        **{"complementary": 90.1, "opposite": "merge"},
        **{"coefficient": "projection", "survivor": "larger"},
    },
}


def hidden_layer(net: SharedLeNet) -> HiddenLayer:
    """The layer whose units are compared."""
    norm = net.trunk.get_submodule("hidden_norm")
    assert isinstance(norm, nn.BatchNorm1d)
    return HiddenLayer(net.hidden, tuple(net.heads.values()), norm)  # type: ignore[arg-type]


class Course:
    """What happens to a network between epochs. It keeps no state of its own: a resumed run sees what is left.

    Args:
        config: of the run.
        net: the network; may be given the state of a pruned one.
        batches: of training; epoch 0 is observed.
        device: where they are.
    """

    def __init__(self, config: Config, net: SharedLeNet, batches: Triple, device: str) -> None:
        self.config, self.net, self.batches, self.device = config, net, batches, device
        self.optimizer: torch.optim.Optimizer | None = None
        self.moments = schedule(config.epochs, INTERVAL)
        self.units = net.hidden.out_features
        self.seconds = 0.0  # of the last start of an epoch
        self.layerout: LayerOut | None = None
        if "layerout" in config.methods:
            layers = 3 + len(net.heads)
            self.layerout = LayerOut(net, (config.share,) * layers, seed=config.seed, norms="prefix")
        net.register_load_state_dict_pre_hook(_cut)

    def start_epoch(self, epoch: int) -> dict[str, float]:
        """Prune and freeze where it is time; returns what is left, for the curves."""
        began = now(self.device)
        if self.config.directional and epoch in self.moments:
            part = (self.moments.index(epoch) + 1) / len(self.moments)
            self.prune(round(part * self.config.share * self.units))
        frozen = 0.0
        if self.layerout:
            frozen = self.layerout.share(self.layerout.apply(epoch))
        self.seconds = now(self.device) - began
        return {"units": float(self.net.hidden.out_features), "frozen": frozen}

    def prune(self, wanted: int) -> None:
        """Take units until so many of those that there were are gone, or no pair is left."""
        layer = hidden_layer(self.net)
        name = str(self.config.directional)
        method = Distinctiveness(layer, similar=89.9, take="one", **OPTIONS[name])
        gram = incoming(layer) if name == "weight-matrix" else self._behaviour(layer, name)
        already = self.units - layer.size
        while already + int((~method.alive).sum()) < wanted and len(method.prune(gram, self.optimizer).removed):
            pass
        method.compact(self.optimizer)

    def _behaviour(self, layer: HiddenLayer, name: str) -> AngleGram:
        center = "mean" if name == "distinctiveness" else None
        with observe(self.net, layer, center=center) as gram:  # type: ignore[arg-type]
            for images, *_ in self.batches.epoch(0):
                self.net(images)
        return gram


def _cut(net: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """Give a network as few units as the state that is about to be loaded, so that a pruned run goes on."""
    assert isinstance(net, SharedLeNet)
    left = len(state.get(f"{prefix}trunk.hidden.bias", ()))
    if 0 < left < net.hidden.out_features:
        device = net.hidden.weight.device
        compact(hidden_layer(net), torch.arange(net.hidden.out_features, device=device) < left)
