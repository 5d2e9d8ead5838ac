import pytest
import torch
from torch import nn

from mtlcore.kernels import freezing
from mtlcore.nets.resnet_cifar import ResNet
from mtlcore.nets.shallow import shallow
from mtlcore.nets.vgg import vgg16
from mtlcore.prune import cost
from mtlcore.prune.layerout import freezable, freeze, norms_of_prefix
from mtlcore.prune.savings import count, expected, shares, without_data


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


def test_gradients_are_those_of_what_trains():
    net = without_data(ResNet(1, width=2))
    assert count(net, (4, 3, 32, 32)).gradients == 4 * sum(one.numel() for one in net.parameters())
    some = count(net, (4, 3, 32, 32), forward=lambda net, images: net(images, [1, 0, 1]))
    gone = sum(one.numel() for one in net.blocks[1].branch.parameters())  # a block that is left out has none
    assert some.gradients == 4 * (sum(one.numel() for one in net.parameters()) - gone)
    net.requires_grad_(False)
    assert count(net, (4, 3, 32, 32)).gradients == 0


def few_layers():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Conv2d(4, 6, 3),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 2, 3),
        nn.BatchNorm2d(2),
        nn.Flatten(),
        nn.Linear(18, 5),
    )


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("prefix", [False, True])
def test_the_mean_step_is_the_mean_over_all_patterns(published, prefix):
    net, shape = without_data(few_layers()), (2, 3, 14, 14)
    v = torch.tensor([0.9, 0.6, 0.3, 0.5], dtype=torch.float64)
    found = expected(shares(net, shape), v, published=published, prefix=prefix)
    patterns, chance = freezing.patterns(v, published=published)
    total = torch.zeros(4, dtype=torch.float64)
    for pattern, weight in zip(patterns, chance, strict=True):
        net.requires_grad_(True)
        freeze(freezable(net), pattern)
        if prefix:
            freeze(*norms_of_prefix(net, pattern))
        step = count(net, shape)
        total += weight * torch.tensor([step.forward, step.backward, step.kept, step.gradients], dtype=torch.float64)
    assert [found.forward, found.backward, found.kept, found.gradients] == pytest.approx(total.tolist())


def test_shares_are_those_of_each_layer_of_vgg():
    net = without_data(vgg16(width=2, hidden=8))
    known = shares(net, (1, 3, 32, 32))
    assert all(one.requires_grad for one in net.parameters())
    for pattern in ([1, 1, 0, 1] * 4, [0, 1, 1, 0] * 4):
        frozen = torch.tensor(pattern).bool()
        freeze(freezable(net), frozen)
        step = count(net, (1, 3, 32, 32))
        left = known.front[0] - known.alone[frozen].sum(0)
        assert left.tolist() == [step.backward, step.kept, step.gradients]


def test_shares_of_a_network_that_is_no_sequence_are_refused():
    with pytest.raises(ValueError, match="shares are known for nn.Sequential networks"):
        shares(without_data(ResNet(1, width=2)), (1, 3, 32, 32))
    net = without_data(nn.Sequential(nn.Flatten(), nn.Linear(12, 4), Twice()))
    with pytest.raises(ValueError, match="do not add up"):
        shares(net, (2, 3, 2, 2))


class Twice(nn.Module):
    """Computes with a weight that no layer owns."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.eye(4))

    def forward(self, hidden):
        return hidden @ self.weight
