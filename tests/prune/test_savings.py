import pytest
import torch
from torch import nn

from mtlcore.nets.resnet_cifar import ResNet
from mtlcore.nets.shallow import shallow
from mtlcore.nets.vgg import vgg16
from mtlcore.prune import cost
from mtlcore.prune.layerout import freezable, freeze, norms_of_prefix
from mtlcore.prune.savings import count, without_data


@pytest.mark.parametrize("frozen", [range(0), range(5), range(9, 16), [1, 4, 6, 12]])
@pytest.mark.parametrize("norms", [False, True])
def test_flops_are_those_of_the_model_of_parts(frozen, norms):
    net = vgg16(width=2, hidden=8)
    pattern = torch.tensor([index in frozen for index in range(16)])
    flops = cost.layer_flops(net, torch.zeros(1, 3, 32, 32))
    empty = without_data(net)
    freeze(freezable(empty), pattern)
    if norms:
        freeze(list(cost.parts(empty).values()), cost.frozen_parts(empty, pattern, norms=True))
    step = count(empty, (1, 3, 32, 32))
    assert step.forward == flops.fixed
    assert step.backward == float(cost.backward(flops, net, pattern, norms=norms))
    assert step.computed == step.forward + step.backward


def test_a_frozen_beginning_keeps_activations_unless_its_normalisation_is_frozen_too():
    net = without_data(vgg16(width=2, hidden=8))
    whole = count(net, (4, 3, 32, 32))
    frozen = torch.arange(16) < 4
    freeze(freezable(net), frozen)
    published = count(net, (4, 3, 32, 32))
    freeze(*norms_of_prefix(net, frozen))
    prefix = count(net, (4, 3, 32, 32))
    assert prefix.kept < 0.5 * published.kept <= 0.5 * whole.kept
    assert prefix.backward < published.backward < whole.backward
    assert prefix.forward == published.forward == whole.forward


def test_nothing_that_lies_below_the_lowest_trainable_layer_has_a_gradient():
    net = ResNet(2, width=2).train()
    frozen = torch.arange(len(freezable(net))) < 5  # the first convolution and the first two blocks
    freeze(freezable(net), frozen)
    freeze(*norms_of_prefix(net, frozen))
    outputs = []
    for block in net.blocks:
        block.register_forward_hook(lambda _module, _given, out: outputs.append(out.requires_grad))
    net(torch.randn(2, 3, 32, 32)).sum().backward()
    assert outputs == [False, False, True, True, True, True]
    assert all(parameter.grad is None for block in net.blocks[:2] for parameter in block.parameters())


def test_bytes_kept_are_those_of_a_chain_written_out():
    net = without_data(nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3)))
    images = 4
    # the output of ReLU, which the second layer needs too, and the logarithms of the softmax and the sum of weights
    hidden, losses = 4 * images * 7, 4 * images * 3
    found = count(net, (images, 5))
    assert hidden + losses <= found.kept <= hidden + losses + 8 * images + 8


def test_a_frozen_network_has_no_backward_pass():
    net = without_data(shallow())
    net.requires_grad_(False)
    step = count(net, (1, 1, 32, 32))
    assert (step.backward, step.kept) == (0.0, 0.0)


def test_blocks_left_out_cost_nothing():
    net = without_data(ResNet(2, width=2))
    whole = count(net, (2, 3, 32, 32))
    some = count(net, (2, 3, 32, 32), forward=lambda net, images: net(images, [1, 0, 1, 0, 1, 0]))
    assert some.forward < 0.7 * whole.forward
    assert some.backward < 0.7 * whole.backward
    assert some.kept < whole.kept


def test_counting_leaves_the_network_as_it_was():
    net = vgg16(width=2, hidden=8).eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    count(without_data(net), (2, 3, 32, 32))
    assert not net.training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
