import math

import pytest
import torch

from mtlcore.nets.shallow import shallow, xavier
from mtlcore.prune.layerout import freezable

COUNTS = [320, 18_496, 73_856, 73_792, 18_464, 295_936, 10_250]


def test_parameters_are_those_of_the_published_network():
    net = shallow()
    assert [sum(p.numel() for p in layer.parameters()) for layer in freezable(net)] == COUNTS
    assert sum(parameter.numel() for parameter in net.parameters()) == 491_114
    names = [name for name, module in net.named_children() if list(module.parameters())]
    assert names == ["conv1", "conv2", "conv3", "conv4", "conv5", "fc1", "fc2"]


def test_shapes_are_those_of_the_published_network():
    hidden, shapes = torch.randn(2, 1, 32, 32), []
    for module in shallow():
        hidden = module(hidden)
        if list(module.parameters()):
            shapes.append(tuple(hidden.shape[1:]))
    assert shapes == [(32, 30, 30), (64, 14, 14), (128, 12, 12), (64, 5, 5), (32, 3, 3), (1024,), (10,)]


def test_no_activation_behind_the_last_layer_and_one_behind_all_others():
    kinds = [type(module).__name__ for module in shallow()]
    assert kinds == ["Conv2d", "ReLU"] * 5 + ["Flatten", "Linear", "ReLU", "Linear"]


def test_classes_channels_and_normalisation():
    assert shallow(classes=100, channels=3)(torch.randn(2, 3, 32, 32)).shape == (2, 100)
    normed = shallow(norm=True)
    assert sum(parameter.numel() for parameter in normed.parameters()) == 491_114 + 2 * (32 + 64 + 128 + 64 + 32)
    assert [type(module).__name__ for module in normed][:3] == ["Conv2d", "BatchNorm2d", "ReLU"]


def test_xavier_reaches_every_layer():
    torch.manual_seed(0)
    net = shallow()
    before = [layer.weight.clone() for layer in freezable(net)]
    xavier(net)
    for layer, old in zip(freezable(net), before, strict=True):
        receptive = math.prod(layer.weight.shape[2:])
        bound = math.sqrt(6 / ((layer.weight.shape[0] + layer.weight.shape[1]) * receptive))
        assert not torch.equal(layer.weight, old)
        assert float(layer.weight.detach().abs().max()) == pytest.approx(bound, rel=0.02)
        assert float(layer.weight.detach().std()) == pytest.approx(bound / math.sqrt(3), rel=0.1)
        assert not layer.bias.any()
