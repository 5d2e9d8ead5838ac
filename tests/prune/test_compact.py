import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from mtlcore.prune import Distinctiveness, HiddenLayer, compact, observe
from tests.two_tasks import OPTIMIZERS, TwoTasks, inputs, make, steps, twin

GONE = [1, 4, 5, 9]


def mask(size=12, gone=GONE):
    alive = torch.ones(size, dtype=torch.bool)
    alive[gone] = False
    return alive


def masked(net, optimizer=None, gone=GONE):
    """A pruner of a network with some units masked."""
    pruner = Distinctiveness(net.layer)
    pruner.alive[gone] = False
    pruner.enforce(optimizer)
    return pruner


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "none"])
@pytest.mark.parametrize("options", [{}, {"norm": False}, {"bias": False}])
def test_removal_changes_no_output(activation, options):
    net = make(activation, **options)
    pruner = masked(net)
    batch = inputs(500, seed=1)
    before = net(batch)
    pruner.compact()
    for old, new in zip(before, net(batch), strict=True):
        assert (old - new).abs().max() < 1e-6
    assert net.producer.weight.shape == (8, 14)
    assert [head.weight.shape for head in net.heads] == [(5, 8), (4, 8)]
    assert net.layer.size == 8
    assert pruner.alive.tolist() == [True] * 8
    assert f"in_features=8, out_features={5}" in repr(net.heads[0])


@given(seed=st.integers(0, 10**6), gone=st.sets(st.integers(0, 11), max_size=11))
def test_removal_changes_no_output_whatever_is_removed(seed, gone):
    net = make("sigmoid", seed=seed)
    pruner = masked(net, gone=sorted(gone))
    batch = inputs(50, seed=seed)
    before = net(batch)
    pruner.compact()
    assert net.layer.size == 12 - len(gone)
    for old, new in zip(before, net(batch), strict=True):
        assert (old - new).abs().max() < 1e-6


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_masked_and_removed_networks_train_to_the_same_losses(kind, activation):
    net = make(activation).double()
    optimizer = OPTIMIZERS[kind](net.parameters())
    steps(net, optimizer, 10)
    with observe(net, net.layer, center="mean") as gram:
        net(inputs(300, seed=5).double())
    pruner = Distinctiveness(net.layer, similar=70, complementary=110, coefficient="cosine", opposite="merge")
    removed = pruner.prune(gram, optimizer).removed
    assert 2 <= len(removed) <= 9
    small, slim = twin(net, optimizer, kind)
    compact(small.layer, pruner.alive, slim)
    pruner.guard(optimizer)
    torch.testing.assert_close(steps(net, optimizer, 50, 10), steps(small, slim, 50, 10), rtol=0, atol=1e-10)
    assert small.layer.size == 12 - len(removed)
    pruner.compact(optimizer)
    for one, other in zip(net.parameters(), small.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-8)


@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_so_they_do_in_float32(kind):
    net = make("relu")
    optimizer = OPTIMIZERS[kind](net.parameters())
    steps(net, optimizer, 10)
    pruner = masked(net, optimizer)
    small, slim = twin(net, optimizer, kind)
    compact(small.layer, pruner.alive, slim)
    pruner.guard(optimizer)
    torch.testing.assert_close(steps(net, optimizer, 50, 10), steps(small, slim, 50, 10), rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
def test_training_goes_on_bit_for_bit_as_that_of_a_network_built_small(kind):
    net = make("tanh")
    optimizer = OPTIMIZERS[kind](net.parameters())
    steps(net, optimizer, 10)
    pruner = masked(net, optimizer)
    pruner.compact(optimizer)
    built = TwoTasks("tanh", units=8)
    built.load_state_dict(copy.deepcopy(net.state_dict()))
    fresh = OPTIMIZERS[kind](built.parameters())
    fresh.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert torch.equal(steps(net, optimizer, 30, 10), steps(built, fresh, 30, 10))
    for one, other in zip(net.parameters(), built.parameters(), strict=True):
        assert torch.equal(one, other)


def test_parameters_stay_the_same_objects_and_momentum_is_sliced():
    net = make("relu")
    optimizer = OPTIMIZERS["sgd"](net.parameters())
    steps(net, optimizer, 3)
    before = list(net.parameters())
    momentum = optimizer.state[net.heads[1].weight]["momentum_buffer"].clone()
    weight, mean = net.heads[1].weight.detach().clone(), net.norm.running_mean.clone()
    compact(net.layer, mask(), optimizer)
    assert all(one is other for one, other in zip(before, net.parameters(), strict=True))
    assert torch.equal(net.heads[1].weight, weight[:, mask()])
    assert torch.equal(net.norm.running_mean, mean[mask()])
    assert torch.equal(optimizer.state[net.heads[1].weight]["momentum_buffer"], momentum[:, mask()])
    assert all(parameter.grad is None for parameter, _ in net.layer.parameters())
    assert net.first[0].weight.grad is not None


def test_a_normalisation_without_scale_or_statistics():
    layer = HiddenLayer(nn.Linear(3, 6), (nn.Linear(6, 2),), nn.BatchNorm1d(6, affine=False, track_running_stats=False))
    compact(layer, mask(6, [0, 2]))
    assert layer.norm(torch.randn(5, 4)).shape == (5, 4)
    assert layer.consumers[0](torch.randn(5, 4)).shape == (5, 2)


def test_what_cannot_be_removed_is_refused_and_nothing_is_changed():
    net = make("relu")
    state = copy.deepcopy(net.state_dict())
    with pytest.raises(ValueError, match=r"expected a boolean mask \(12,\) of the units that stay, got \(11,\)"):
        compact(net.layer, mask(11))
    with pytest.raises(ValueError, match=r"expected a boolean mask \(12,\)"):
        compact(net.layer, torch.ones(12))
    with pytest.raises(ValueError, match="no unit would stay; prune with angles that leave some"):
        compact(net.layer, torch.zeros(12, dtype=torch.bool))
    optimizer = torch.optim.Adafactor(net.parameters())
    steps(net, optimizer, 1)
    state = copy.deepcopy(net.state_dict())
    with pytest.raises(
        ValueError, match=r"Adafactor keeps 'row_var' of shape .* whose state has the parameter's shape"
    ):
        compact(net.layer, mask(), optimizer)
    assert all(torch.equal(tensor, net.state_dict()[name]) for name, tensor in state.items())


FROM, TO, SQUARE = nn.Linear(3, 6), nn.Linear(6, 2), nn.Linear(6, 6)


@pytest.mark.parametrize(
    ("parts", "error", "message"),
    [
        (
            (nn.Conv2d(3, 6, 3), (TO,)),
            TypeError,
            "got Conv2d where nn.Linear is needed: a hidden layer that can be pruned",
        ),
        ((FROM, (nn.Conv1d(6, 2, 1),)), TypeError, "got Conv1d where nn.Linear is needed"),
        ((FROM, (TO,), nn.LayerNorm(6)), TypeError, "got LayerNorm where nn.BatchNorm1d is needed"),
        ((FROM, ()), ValueError, "name the layers that read the hidden units"),
        ((FROM, (nn.Linear(7, 2),)), ValueError, "a consumer reads 7 units, the layer has 6"),
        ((FROM, (TO,), nn.BatchNorm1d(5)), ValueError, "the normalisation has 5 units, the layer has 6"),
        ((FROM, (TO, TO)), ValueError, "a layer is named twice"),
        ((SQUARE, (SQUARE,)), ValueError, "a layer is named twice"),
    ],
)
def test_what_is_no_hidden_layer_is_refused(parts, error, message):
    with pytest.raises(error, match=message):
        HiddenLayer(*parts)
