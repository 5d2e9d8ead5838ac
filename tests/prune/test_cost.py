import itertools

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from mtlcore.nets.shallow import shallow
from mtlcore.prune import cost
from mtlcore.prune.layerout import freezable, freeze


def small(norm=False):
    torch.manual_seed(0)
    widths = [1, 3, 4, 2, 5, 3, 2]
    net = nn.Sequential()
    for index, (before, after) in enumerate(itertools.pairwise(widths)):
        net.append(nn.Conv2d(before, after, 3, stride=1 + index % 2, padding=1))
        if norm:
            net.append(nn.BatchNorm2d(after))
        net.append(nn.ReLU(inplace=True))
    return net.append(nn.Flatten()).append(nn.Linear(2, 3))


def counted(net, images, frozen, norms=False):
    """FLOPs of a backward pass as torch counts them."""
    freeze(freezable(net), frozen)
    if norms:
        freeze(list(cost.parts(net).values()), cost.frozen_parts(net, frozen, norms=True))
    loss = F.cross_entropy(net(images), torch.zeros(len(images), dtype=torch.long))
    with FlopCounterMode(display=False) as counter:
        loss.backward()
    net.requires_grad_(True).zero_grad()
    return counter.get_total_flops()


def every(layers):
    return torch.tensor(list(itertools.product((False, True), repeat=layers)))[:-1]


@pytest.mark.parametrize(("norm", "norms"), [(False, False), (True, False), (True, True)])
def test_model_is_what_torch_counts_for_every_pattern(norm, norms):
    net, images = small(norm), torch.randn(2, 1, 8, 8)
    model = cost.backward(cost.layer_flops(net, images), net, every(7), norms=norms)
    assert model.tolist() == [counted(net, images, frozen, norms) for frozen in every(7)]
    assert len(model.unique()) > 60


def test_normalisation_left_trainable_takes_the_saving_of_a_frozen_prefix():
    net, images = small(norm=True), torch.randn(2, 1, 8, 8)
    flops = cost.layer_flops(net, images)
    prefix = torch.tensor([True] * 4 + [False] * 3)
    assert cost.backward(flops, net, prefix) > 1.3 * cost.backward(flops, net, prefix, norms=True)
    plain = small()
    assert cost.backward(flops, net, prefix, norms=True) == cost.backward(
        cost.layer_flops(plain, images), plain, prefix
    )


@pytest.mark.parametrize("frozen", [range(0), range(3), range(5, 7), [0, 2, 4], [1], [6]])
@pytest.mark.parametrize("norm", [False, True])
def test_model_is_what_torch_counts_on_the_shallow_network(frozen, norm):
    net, images = shallow(norm=norm), torch.randn(2, 1, 32, 32)
    pattern = torch.tensor([index in frozen for index in range(7)])
    costs = cost.layer_flops(net, images)
    assert float(cost.backward(costs, net, pattern)) == counted(net, images, pattern)
    with FlopCounterMode(display=False) as counter:
        net(images)
    assert costs.fixed == counter.get_total_flops()


def test_counting_leaves_the_network_as_it_was():
    net = small(norm=True)
    freeze(freezable(net), torch.tensor([True] + [False] * 6))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    flags = [parameter.requires_grad for parameter in net.parameters()]
    images, labels = torch.randn(4, 1, 8, 8), torch.zeros(4, dtype=torch.long)
    cost.layer_flops(net, images)
    cost.step_seconds(net, images, labels, every(7)[:2], repeats=1)
    cost.layer_seconds(net, images, labels, repeats=1, channels_last=True, bf16=True)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert [parameter.requires_grad for parameter in net.parameters()] == flags
    assert all(parameter.grad is None for parameter in net.parameters())


def test_parts_that_train_nothing():
    net = nn.Sequential(
        nn.BatchNorm2d(1), nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.PReLU(), nn.Flatten(), nn.Linear(8, 2)
    )
    frozen = torch.tensor([[True, False], [False, True]])
    expected = [[False, True, False, False, True, False], [False, False, False, False, True, True]]
    assert cost.frozen_parts(net, frozen).tolist() == expected
    expected[0][2] = True  # a normalisation in front of every layer follows none
    assert cost.frozen_parts(net, frozen, norms=True).tolist() == expected


def test_networks_of_unknown_order_are_refused():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 3)

        def forward(self, x):
            return x + self.inner(x)

    for net in (Residual(), nn.Sequential(nn.Linear(3, 3), Residual())):
        with pytest.raises(ValueError, match=r"known for nn.Sequential networks; time whole steps of this one"):
            cost.layer_flops(net, torch.randn(1, 3))
    shared = nn.Linear(3, 3)
    with pytest.raises(ValueError, match="a module with parameters stands twice in the network"):
        cost.parts(nn.Sequential(shared, nn.ReLU(), shared))
    relu = nn.ReLU()
    assert len(cost.parts(nn.Sequential(nn.Linear(3, 3), relu, nn.Linear(3, 3), relu))) == 4


def test_seconds_have_an_entry_a_part_and_a_pattern():
    net, images, labels = small(), torch.randn(4, 1, 8, 8), torch.zeros(4, dtype=torch.long)
    seconds = cost.step_seconds(net, images, labels, every(7)[:3], repeats=1)
    costs = cost.layer_seconds(net, images, labels, repeats=1)
    assert seconds.shape == (3,)
    assert costs.names == tuple(name for name, _ in net.named_children())
    assert costs.weight.shape == costs.input.shape == (14,)
    assert bool((seconds > 0).all())
    measured, predicted = cost.compare(net, images, labels, every(7)[:3], turns=1)
    assert measured.shape == predicted.shape == (3,)


def test_steps_with_a_frozen_beginning_are_timed_with_its_normalisation_frozen_too():
    class Watched(nn.Sequential):
        def forward(self, images):
            seen.append([module.weight.requires_grad for module in self if isinstance(module, nn.BatchNorm2d)])
            return super().forward(images)

    seen = []
    net, images, labels = Watched(*small(norm=True)), torch.randn(4, 1, 8, 8), torch.zeros(4, dtype=torch.long)
    patterns = torch.tensor([[False] * 7, [True] * 2 + [False] * 5])
    seconds = cost.step_seconds(net, images, labels, patterns, repeats=1, prefix=True)
    assert seconds.shape == (2,)
    assert seen == [[True] * 6, [False] * 2 + [True] * 4] * 2  # a turn to warm up, and one that counts
