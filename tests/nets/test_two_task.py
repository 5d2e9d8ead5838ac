"""The two-task network is the one whose counts and shapes the document's tables give."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mtlcore.nets.two_task import TwoTask


def test_parameters_and_shapes():
    net = TwoTask()
    assert sum(parameter.numel() for parameter in net.parameters()) == 594_711
    assert sum(parameter.numel() for parameter in TwoTask(2048).parameters()) == 594_711 + 1024 * 512
    outputs = net(torch.rand(4, 1024))
    assert {task: tuple(logits.shape) for task, logits in outputs.items()} == {"type": (4, 11), "colour": (4, 12)}


def test_behaviour_is_what_the_heads_read():
    net = TwoTask(8, hidden=(6, 5), tasks={"one": 3}, dropout=0.9).eval()
    features = torch.randn(7, 8)
    plain = nn.Sequential(net.first, net.first_norm, nn.Sigmoid(), net.second, net.second_norm, nn.Sigmoid())
    hidden = plain(features)
    assert torch.equal(net.behaviour(features), hidden)
    assert torch.equal(net(features)["one"], net.heads[0](hidden))
    assert hidden.min() >= 0
    assert hidden.max() <= 1


def test_dropout_silences_units_of_the_second_layer_only():
    torch.manual_seed(0)
    net = TwoTask(8, hidden=(6, 1000), tasks={"one": 1}, dropout=0.5)
    seen = []
    net.heads[0].register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    net(torch.randn(16, 8))
    assert 0.45 < (seen[0] == 0).float().mean() < 0.55
    net.eval()(torch.randn(16, 8))
    assert (seen[1] == 0).sum() == 0


def test_refuses_an_unknown_activation():
    with pytest.raises(ValueError, match="activation 'selu' is unknown; there are sigmoid, relu, tanh"):
        TwoTask(activation="selu")
    assert isinstance(TwoTask(activation="relu").activation, nn.ReLU)
