import pytest
import torch
from torch import nn

from mtlcore.nets.activations import normalisation, normalised
from mtlcore.nets.lenet import lenet
from mtlcore.nets.tree import TreeNet

TASKS = ("mnist", "fashion", "kmnist")


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_parameters_are_those_of_the_published_network():
    net = lenet(TASKS)
    assert count(net) == 49_740
    assert [count(net.block(index)) for index in net.indexes] == [560, 25_150, 8_010, 8_010, 8_010]
    assert [sum(p.numel() for p in group.parameters) for group in net.groups()] == [560, 25_150, 8_010, 8_010, 8_010]
    assert net.chains == {"mnist": (0, 1, 2), "fashion": (0, 1, 3), "kmnist": (0, 1, 4)}
    assert count(lenet(["one"])) == 33_720


def test_normalisation_comes_last_in_a_block_behind_pooling():
    net = lenet(TASKS)
    for index in (0, 1):
        kinds = [type(module) for module in net.block(index)]
        assert kinds == [nn.Conv2d, nn.ReLU, nn.MaxPool2d, nn.BatchNorm2d]
    assert {"blocks.0.conv.weight", "blocks.1.norm.weight", "blocks.4.linear.bias"} <= dict(
        net.named_parameters()
    ).keys()


def test_shapes():
    found = lenet(TASKS, classes=7)(torch.randn(5, 1, 28, 28), keep=(0, 1))
    assert {name: tuple(output.shape) for name, output in found.items()} == {
        "mnist": (5, 7),
        "fashion": (5, 7),
        "kmnist": (5, 7),
        0: (5, 20, 12, 12),
        1: (5, 50, 4, 4),
    }


def test_factors_begin_uniform_as_published_or_where_asked():
    torch.manual_seed(0)
    gammas = torch.cat([lenet(TASKS).block(index).norm.weight.detach() for index in (0, 1) for _ in range(20)])
    assert len(gammas) == 1400
    assert 0 <= float(gammas.min()) < 0.01 < 0.99 < float(gammas.max()) < 1
    assert float(gammas.mean()) == pytest.approx(0.5, abs=0.03)
    half = lenet(TASKS, gamma=0.5)
    for index in (0, 1):
        assert bool((half.block(index).norm.weight == 0.5).all())
        assert not half.block(index).norm.bias.any()


def test_names_and_state_last_through_splits():
    net, names = lenet(TASKS), list(lenet(TASKS).state_dict())
    net.split(1, [[2], [3, 4]])
    assert count(net) == 49_740 + 25_150
    assert [name for name in net.state_dict() if not name.startswith("blocks.5.")] == names
    other = lenet(TASKS).regrown(net.chains)
    other.load_state_dict(net.state_dict())
    x = torch.randn(3, 1, 28, 28)
    for task, output in net.eval()(x).items():
        assert torch.equal(output, other.eval()(x)[task])


def test_a_task_named_twice_is_refused():
    with pytest.raises(ValueError, match="a task is named twice in .'a', 'a'.; each needs a name of its own"):
        lenet(["a", "a"])


def test_output_is_gamma_times_normalised_plus_beta():
    net = lenet(TASKS)
    for index in (0, 1):
        nn.init.normal_(normalisation(net, index).bias)
    for _ in range(3):
        net.train()(torch.rand(32, 1, 28, 28))
    x = torch.rand(8, 1, 28, 28)
    with torch.no_grad():
        found = net.eval()(x, keep=(0, 1))
        before = normalised(net, "kmnist", x, [0, 1])
    for index in (0, 1):
        norm = normalisation(net, index)
        scaled = before[index] * norm.weight[:, None, None] + norm.bias[:, None, None]
        torch.testing.assert_close(scaled, found[index], rtol=1e-5, atol=1e-5)
    assert torch.equal(normalised(net, "kmnist", x, [1])[1], before[1])
    assert normalised(net, "kmnist", x, [0]).keys() == {0}


def test_a_factor_of_zero_hides_nothing_from_the_normalised_activation():
    net = lenet(TASKS, gamma=0.0).eval()
    x = torch.rand(8, 1, 28, 28)
    assert not net(x, keep=(0,))[0].any()
    assert float(normalised(net, "mnist", x, [0])[0].detach().std()) > 0


def test_normalised_activations_are_centred_over_what_the_statistics_saw():
    net, x = lenet(TASKS), torch.rand(64, 1, 28, 28)
    for index in (0, 1):
        normalisation(net, index).momentum = 1.0
    with torch.no_grad():
        net.train()(x)
    for z in normalised(net.eval(), "mnist", x, [0, 1]).values():
        assert z.mean((0, 2, 3)).abs().max() < 1e-3
        assert float(z.detach().var((0, 2, 3)).median()) == pytest.approx(1, abs=0.01)  # a channel may be dead


def test_a_block_that_ends_otherwise_is_named():
    net = lenet(TASKS)
    with pytest.raises(ValueError, match="block 3 ends with Linear; it is compared by the factors of a batch norm"):
        normalised(net, "fashion", torch.rand(2, 1, 28, 28), [3])
    bare = TreeNet([nn.Sequential(nn.BatchNorm2d(1, affine=False)), nn.Sequential(nn.Flatten())], {"a": (0, 1)})
    with pytest.raises(ValueError, match="block 0 ends with BatchNorm2d; it is compared by the factors"):
        normalisation(bare, 0)
