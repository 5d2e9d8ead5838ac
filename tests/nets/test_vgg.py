import pytest
import torch
from torch import nn

from mtlcore.nets.vgg import vgg16
from mtlcore.prune import cost
from mtlcore.prune.layerout import freezable


def parameters(net):
    return sum(parameter.numel() for parameter in net.parameters())


def test_parameters_are_those_that_the_document_prints():
    with torch.device("meta"):
        assert parameters(vgg16()) == 33_646_666
        assert parameters(vgg16(classes=100)) == 34_015_396


def test_it_has_sixteen_layers_and_the_fully_connected_ones_nothing_between_them():
    net = vgg16(width=2, hidden=16)
    assert len(freezable(net)) == 16
    assert [name for name, _ in net.named_children()][-4:] == ["flatten", "fc1", "fc2", "fc3"]
    assert sum(isinstance(module, nn.BatchNorm2d) for module in net) == 13
    assert sum(isinstance(module, nn.MaxPool2d) for module in net) == 5


@pytest.mark.parametrize("classes", [10, 100])
def test_images_become_logits(classes):
    net = vgg16(classes=classes, width=2, hidden=16)
    assert net(torch.randn(3, 3, 32, 32)).shape == (3, classes)


def test_a_narrow_sibling_spends_its_computation_where_the_network_does():
    shares = []
    for width, hidden in ((16, 1024), (8, 512)):
        flops = cost.layer_flops(vgg16(width=width, hidden=hidden), torch.zeros(1, 3, 32, 32))
        layers = flops.weight[[name.startswith(("conv", "fc")) for name in flops.names]]
        shares.append(layers / layers.sum())
    assert torch.allclose(shares[0], shares[1], atol=0.05)
