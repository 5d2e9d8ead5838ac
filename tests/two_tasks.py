"""A small network of two tasks with one hidden layer to prune."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn import functional as F

from mtlcore.prune import HiddenLayer

ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "none": nn.Identity}


class TwoTasks(nn.Module):
    """9 -> 14 -> 12 -> (5, 4), the 12 units being those to prune."""

    def __init__(self, activation: str = "relu", *, norm: bool = True, bias: bool = True, units: int = 12) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(9, 14), nn.Tanh())
        self.producer = nn.Linear(14, units, bias=bias)
        self.norm = nn.BatchNorm1d(units) if norm else nn.Identity()
        self.activation = ACTIVATIONS[activation]()
        self.dropout = nn.Dropout(0.0)
        self.heads = nn.ModuleList([nn.Linear(units, classes) for classes in (5, 4)])

    def hidden(self, inputs):
        return self.dropout(self.activation(self.norm(self.producer(self.first(inputs)))))

    def forward(self, inputs):
        hidden = self.hidden(inputs)
        return tuple(head(hidden) for head in self.heads)

    @property
    def layer(self) -> HiddenLayer:
        return HiddenLayer(
            self.producer, tuple(self.heads), self.norm if isinstance(self.norm, nn.BatchNorm1d) else None
        )


OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, 0.05, 0.9, weight_decay=1e-2),
    "nesterov": lambda parameters: torch.optim.SGD(parameters, 0.05, 0.9, nesterov=True),
    "adam": lambda parameters: torch.optim.Adam(parameters, 3e-3, weight_decay=1e-2, amsgrad=True),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, 3e-3, weight_decay=1e-1),
    "fused": lambda parameters: torch.optim.Adam(parameters, 3e-3, fused=True),
}


def make(activation="relu", seed=0, **options):
    """A network in evaluation mode whose normalisation has seen data and whose scales are no ones."""
    torch.manual_seed(seed)
    net = TwoTasks(activation, **options)
    if isinstance(net.norm, nn.BatchNorm1d):
        with torch.no_grad():
            net.norm.weight.uniform_(0.5, 1.5)
            net.norm.bias.normal_()
            for _ in range(30):
                net(inputs())
    return net.eval()


def inputs(count=64, seed=None):
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    return torch.randn(count, 9, generator=generator)


def steps(net, optimizer, count, first=0):
    """Train on batches that depend on the number of the step alone; the losses."""
    net.train()
    losses = []
    for step in range(first, first + count):
        batch = inputs(32, seed=step).to(net.producer.weight.dtype)
        optimizer.zero_grad()
        one, other = net(batch)
        loss = F.cross_entropy(one, (batch[:, 0] > 0).long()) + F.cross_entropy(other, (batch[:, 1] > 0).long() + 2)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    net.eval()
    return torch.tensor(losses, dtype=torch.float64)


def twin(net, optimizer, kind):
    """A copy of a network and its optimiser that trains on its own."""
    copied = copy.deepcopy(net)
    other = OPTIMIZERS[kind](copied.parameters())
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    return copied, other
