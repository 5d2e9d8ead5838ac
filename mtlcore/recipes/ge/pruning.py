"""When and by what the second hidden layer is pruned [ge, Section 2.3].

Neuron Behaviour compares activations and prunes in the middle third of training, every twentieth of the epochs, and
only while the validation loss keeps falling: it must lie below that at the last pruning that took units out. Weight
Matrix compares the incoming weights of a trained network, prunes once, and the network trains again. Both take all
disjoint pairs of a pruning, by index; with a rate, the nearest pairs one after the other until that share of the units
is gone, Neuron Behaviour in equal parts over its prunings.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from mtlcore.kernels.angles import AngleGram
from mtlcore.nets.two_task import TwoTask
from mtlcore.prune import Distinctiveness, HiddenLayer, incoming, observe
from mtlcore.recipes.ge.config import Config

ROWS = 4096  # patterns a forward pass


def schedule(epochs: int, interval: float) -> list[int]:
    """Epochs, from 0, before which Neuron Behaviour prunes: every `interval` of them in the middle third."""
    every = max(1, round(interval * epochs))
    return list(range(math.ceil(epochs / 3), math.ceil(2 * epochs / 3), every))


def hidden_layer(net: TwoTask) -> HiddenLayer:
    """The layer that the document prunes."""
    return HiddenLayer(net.second, tuple(net.heads), net.second_norm)  # type: ignore[arg-type]


class Pruning(nn.Module):
    """What is pruned of a network while it trains; a submodule of the network, so that checkpoints hold it.

    Args:
        net: the network; takes this module in as `pruning`.
        config: of the run.
        patterns: (n, p), the training features on which behaviour is observed.
        loss: gives the validation loss of the network as it is.
        training_loss: gives its training loss, where that is what must have fallen; none takes `loss`.
    """

    jump: Tensor  # validation loss right after less right before the first pruning that took units out
    last_loss: Tensor  # the loss that has to fall, before the last pruning that took units out; inf before the first
    undefined: Tensor  # the most living units without a direction, dead or constant, that a pruning has met

    def __init__(
        self,
        net: TwoTask,
        config: Config,
        patterns: Tensor,
        loss: Callable[[], float],
        training_loss: Callable[[], float] | None = None,
    ) -> None:
        super().__init__()
        self.config, self.patterns, self.loss = config, patterns, loss
        self.training_loss = training_loss or loss
        self.layer = hidden_layer(net)
        by_rate = config.rate is not None
        self.method = Distinctiveness(
            self.layer,
            similar=89.9 if by_rate else config.angle,
            complementary=180.0 if by_rate else 180 - config.angle,
            take="one" if by_rate else "disjoint",
            order="angle" if by_rate else "index",
        )
        self.register_buffer("jump", torch.tensor(0.0, dtype=torch.float64))
        self.register_buffer("last_loss", torch.tensor(math.inf, dtype=torch.float64))
        self.register_buffer("undefined", torch.tensor(0))
        self.optimizer: torch.optim.Optimizer | None = None
        self.network = [net]  # in a list: the network is not a part of its part
        net.add_module("pruning", self)

    @property
    def pruned(self) -> int:
        """Units that are gone."""
        return int((~self.method.alive).sum())

    def guard(self, optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
        """Keep an optimiser from reviving what is pruned."""
        if self.config.technique in ("neuron_behaviour", "weight_matrix"):
            self.optimizer = optimizer
            self.method.guard(optimizer)
        return optimizer

    def start_epoch(self, epoch: int) -> dict[str, float]:
        """Prune where it is time; returns the units alive, for the curves."""
        if self.config.technique == "weight_matrix" and epoch == 0:
            self._prune(incoming(self.layer, bias=self.config.bias), share=1.0)
            if self.config.retrain == "afresh":
                self._start_afresh()
        if self.config.technique == "neuron_behaviour":
            moments = schedule(self.config.epochs, self.config.interval)
            if epoch in moments:
                self._consider((moments.index(epoch) + 1) / len(moments))
        return {"alive": float(self.layer.size - self.pruned)}

    def _consider(self, share: float) -> None:
        before = self.loss()
        watched = self.training_loss() if self.config.condition == "training" else before
        if self.config.condition != "always" and watched >= float(self.last_loss):
            return
        net = self.network[0]
        with observe(net, self.layer, center=self.config.center) as gram:
            for patterns in self.patterns.split(ROWS):
                net(patterns)
        if not self._prune(gram, share):
            return  # no unit went: there is nothing to measure, and nothing to compare with later
        if math.isinf(self.last_loss):
            self.jump.fill_(self.loss() - before)
        self.last_loss.fill_(watched)

    def _prune(self, gram: AngleGram, share: float) -> int:
        """Prune by the angles, in the way of the configuration; returns how many units went."""
        already = self.pruned
        if self.config.rate is None:
            self._prune_once(gram)
        else:
            wanted = round(share * self.config.rate * self.layer.size)
            while self.pruned < wanted and self._prune_once(gram):
                pass
        return self.pruned - already

    def _prune_once(self, gram: AngleGram) -> int:
        found = self.method.prune(gram, self.optimizer)
        self.undefined.fill_(max(int(self.undefined), len(found.undefined)))
        return len(found.removed)

    def _start_afresh(self) -> None:
        """New weights under the old mask."""
        for module in self.network[0].modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
        self.method.enforce(self.optimizer)
