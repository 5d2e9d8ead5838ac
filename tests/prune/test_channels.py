import pytest
import torch
from torch import nn

from mtlcore.prune import channels, sparsity


def test_zeros_are_counted_by_channel_by_filter_and_by_element():
    net = nn.Sequential(nn.Conv2d(4, 6, 3), nn.ReLU(), nn.Conv2d(6, 5, 1))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(1)
        net[0].weight[:, 1] = 0
        net[0].weight[2] = 0
        net[2].weight[0, 0] = 0
    assert channels(net)["0"] == (4, 3, 6, 5, 216, 135)
    assert channels(net)["2"] == (6, 6, 5, 5, 30, 29)
    found = sparsity(net)
    assert found.inputs == pytest.approx(100 * 1 / 10)
    assert found.filters == pytest.approx(100 * 1 / 11)
    assert found.parameters == pytest.approx(100 * 82 / 246)


def test_a_network_without_convolutions_has_no_sparsity():
    assert channels(nn.Linear(2, 2)) == {}
    with pytest.raises(ValueError, match="Linear has no 2-D convolution to count the zeros of"):
        sparsity(nn.Linear(2, 2))
