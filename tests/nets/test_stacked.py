"""Networks that train side by side train as they would alone."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F

from mtlcore.nets.stacked import StackedTwoTask
from mtlcore.nets.two_task import TwoTask

LRS = (0.5, 0.1, 0.02)


def networks(count=3, **settings):
    torch.manual_seed(0)
    return [TwoTask(20, hidden=(16, 8), tasks={"one": 3, "two": 4}, **settings) for _ in range(count)]


def test_twenty_steps_are_those_of_each_alone():
    nets = networks()
    alone = copy.deepcopy(nets)
    stacked = StackedTwoTask(nets)
    together = torch.optim.SGD(stacked.parameters(), LRS[1])
    single = [torch.optim.SGD(net.parameters(), LRS[1]) for net in alone]
    generator = torch.Generator().manual_seed(1)
    for step in range(20):
        features = torch.randn(32, 20, generator=generator)
        labels = [torch.randint(classes, (32,), generator=generator) for classes in (3, 4)]
        losses = stacked.losses(features, *labels)
        together.zero_grad()
        losses.sum().backward()
        together.step()
        for number, (net, optimizer) in enumerate(zip(alone, single, strict=True)):
            own = [F.cross_entropy(out, label) for out, label in zip(net(features).values(), labels, strict=True)]
            assert torch.allclose(losses[number], torch.stack(own), atol=1e-5), step
            optimizer.zero_grad()
            sum(own).backward()
            optimizer.step()
    stacked.unstack(nets)
    features = torch.randn(9, 20)
    for net, own in zip(nets, alone, strict=True):
        for found, expected in zip(net.eval()(features).values(), own.eval()(features).values(), strict=True):
            assert torch.allclose(found, expected, atol=1e-5)


def test_stacking_and_unstacking_changes_nothing():
    nets, others = networks(), [TwoTask(20, hidden=(16, 8), tasks={"one": 3, "two": 4}) for _ in range(3)]
    nets[1](torch.randn(50, 20))  # running statistics of its own
    StackedTwoTask(nets).unstack(others)
    for net, other in zip(nets, others, strict=True):
        for name, value in net.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue  # one count for all
            assert torch.equal(value, other.state_dict()[name]), name


def test_dropout_is_each_network_s_own():
    nets = networks(2)
    nets[1].dropout.p = 0.999999
    stacked = StackedTwoTask(nets)
    outputs = stacked(torch.randn(32, 20))["one"]
    assert outputs[0].std(0).min() > 0.01
    assert torch.allclose(outputs[1], nets[1].heads[0].bias.expand(32, 3))


def test_refuses_different_shapes():
    with pytest.raises(ValueError, match="2 networks of 2 kinds cannot be stacked"):
        StackedTwoTask([TwoTask(20), TwoTask(21)])
    with pytest.raises(ValueError, match="2 networks of 2 kinds"):
        StackedTwoTask([TwoTask(20), TwoTask(20, activation="relu")])
