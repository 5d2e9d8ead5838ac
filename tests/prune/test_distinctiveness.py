import copy
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from mtlcore.kernels.angles import AngleGram, pairwise_angles
from mtlcore.prune import Distinctiveness, HiddenLayer, incoming, observe
from tests.two_tasks import OPTIMIZERS, inputs, make, steps


def patterns_of(net, batch):
    with torch.no_grad():
        return net.hidden(batch)


def behaviour(net, batch, **options):
    with observe(net, net.layer, **options) as gram:
        for part in batch.split(100):
            net(part)
    return gram


def heads_alone(patterns, *, classes=(3, 2), bias=True, seed=0):
    """A hidden layer whose patterns (b, n) are given: its consumers, the gram about a centre, and their outputs."""
    torch.manual_seed(seed)
    heads = tuple(nn.Linear(patterns.shape[1], k, bias=bias, dtype=torch.float64) for k in classes)
    layer = HiddenLayer(nn.Linear(2, patterns.shape[1], dtype=torch.float64), heads)

    def gram(center=None):
        found = AngleGram(patterns.shape[1], center=center)
        found.update(patterns)
        return found

    return layer, gram, lambda: [head(patterns).detach() for head in heads]


def random_patterns(units, seed=0, count=200):
    return torch.randn(count, units, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def change(before, after):
    return max(float((one - other).detach().abs().max()) for one, other in zip(before, after, strict=True))


# --- merging ---


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "none"])
@pytest.mark.parametrize("coefficient", ["one", "cosine", "projection"])
@pytest.mark.parametrize("measure", ["behaviour", "weights"])
def test_equal_duplicates_merge_without_a_change_of_outputs(activation, coefficient, measure):
    net = make(activation)
    with torch.no_grad():
        for place, name, dim in net.layer.parts():
            if dim == 0:  # units 3 and 7 repeat units 2 and 5; their outgoing weights are their own
                getattr(place, name)[[3, 7]] = getattr(place, name)[[2, 5]]
    batch = inputs(400, seed=1)
    before = net(batch)
    gram = behaviour(net, batch) if measure == "behaviour" else incoming(net.layer)
    done = Distinctiveness(net.layer, similar=0.01, complementary=180, coefficient=coefficient).prune(gram)
    assert sorted(done.pairs.similar.tolist()) == [[2, 3], [5, 7]]
    assert done.removed.tolist() == [3, 7]
    assert done.smallest < 1e-4
    assert change(before, net(batch)) < 1e-6


@pytest.mark.parametrize("coefficient", ["one", "cosine", "projection"])
def test_opposites_merge_without_a_change_of_outputs(coefficient):
    patterns = random_patterns(6)
    patterns[:, 4] = -patterns[:, 1]
    layer, gram, outputs = heads_alone(patterns)
    before = outputs()
    done = Distinctiveness(layer, coefficient=coefficient, opposite="merge").prune(gram())
    assert done.pairs.complementary.tolist() == [[1, 4]]
    assert done.removed.tolist() == [4]
    assert done.largest == pytest.approx(180, abs=1e-5)
    assert change(before, outputs()) < 1e-12


def test_projection_allows_for_the_length_and_for_the_centre():
    patterns = random_patterns(8).sigmoid()
    patterns[:, 1] = 3 * patterns[:, 0]
    patterns[:, 3] = 0.4 - 0.5 * patterns[:, 2]
    patterns[:, 5] = 1 - patterns[:, 4]
    for center, merged in ((None, [[0, 1]]), (0.5, [[4, 5]]), ("mean", [[0, 1], [2, 3], [4, 5]])):
        layer, gram, outputs = heads_alone(patterns)
        before = outputs()
        pruner = Distinctiveness(layer, similar=1, complementary=179, coefficient="projection", opposite="merge")
        done = pruner.prune(gram(center))
        assert sorted(done.pairs.units.tolist()) == merged
        assert change(before, outputs()) < 1e-12
    layer, gram, outputs = heads_alone(patterns)
    before = outputs()
    Distinctiveness(layer, similar=1, complementary=180, coefficient="cosine").prune(gram())
    assert change(before, outputs()) > 0.01  # which the printed coefficient does not


@given(st.integers(0, 10**6), st.sampled_from(["one", "cosine", "projection"]), st.sampled_from(["drop", "merge"]))
def test_outputs_change_by_what_the_pair_does_not_share(seed, coefficient, opposite):
    """One pair: the change is w_y times (h_y - c h_x), which with the projection is |w_y| |h_y| sin θ long."""
    patterns = random_patterns(4, seed, count=9)
    layer, gram, outputs = heads_alone(patterns, seed=seed)
    before = outputs()
    weights = [head.weight.detach().clone() for head in layer.consumers]
    pruner = Distinctiveness(
        layer, similar=90, complementary=90, coefficient=coefficient, opposite=opposite, take="one"
    )
    done = pruner.prune(gram())
    (x, y), angle = done.pairs.units[0].tolist(), math.radians(float(done.angles[0]))
    h_x, h_y = patterns[:, x], patterns[:, y]
    if bool(done.pairs.opposite[0]) and opposite == "drop":
        assert done.removed.tolist() == [x, y]
        lost = [h_x[:, None] * weight[:, x] + h_y[:, None] * weight[:, y] for weight in weights]
    else:
        assert done.removed.tolist() == [y]
        c = {"one": math.copysign(1, math.cos(angle)), "cosine": math.cos(angle)}.get(
            coefficient, math.cos(angle) * float(h_y.norm() / h_x.norm())
        )
        lost = [(h_y - c * h_x)[:, None] * weight[:, y] for weight in weights]
    for old, new, part, weight in zip(before, outputs(), lost, weights, strict=True):
        torch.testing.assert_close(old - new, part, rtol=0, atol=1e-9)
        if coefficient == "projection" and len(done.removed) == 1:
            expected = weight[:, y].abs() * h_y.norm() * math.sin(angle)
            torch.testing.assert_close((old - new).norm(dim=0), expected, rtol=0, atol=1e-9)


def test_the_printed_rules_in_numbers():
    """[singh, Eq. 13-15] for three units at 20° and 160° of the first, and the addition of [ge]."""
    degrees = torch.tensor([0.0, 20.0, 160.0], dtype=torch.float64).deg2rad()
    patterns = torch.stack([degrees.cos(), degrees.sin()])
    for coefficient, opposite, expected in (
        ("cosine", "merge", [1 + 10 * math.cos(math.radians(20)) + 100 * math.cos(math.radians(160)), 0, 0]),
        ("one", "merge", [1 + 10 - 100, 0, 0]),
        ("one", "drop", [0, 0, 0]),
    ):
        layer, gram, _ = heads_alone(patterns, classes=(1,))
        with torch.no_grad():
            layer.consumers[0].weight.copy_(torch.tensor([[1.0, 10.0, 100.0]]))
        pruner = Distinctiveness(
            layer,
            similar=30,
            complementary=150,
            coefficient=coefficient,
            opposite=opposite,
            take="until_none",
            order="index",
        )
        pruner.prune(gram())
        assert layer.consumers[0].weight[0].tolist() == pytest.approx(expected, abs=1e-12)


def test_complementary_units_are_both_dropped():
    patterns = random_patterns(5).sigmoid()
    patterns[:, 3] = 1 - patterns[:, 0]
    layer, gram, _ = heads_alone(patterns)
    assert len(Distinctiveness(copy.deepcopy(layer), similar=5).prune(gram()).removed) == 0  # not without a centre
    pruner = Distinctiveness(layer, similar=5)
    others = [head.weight[:, [1, 2, 4]].clone() for head in layer.consumers]
    done = pruner.prune(gram(0.5))
    assert done.pairs.complementary.tolist() == [[0, 3]]
    assert done.removed.tolist() == [0, 3]
    assert pruner.alive.tolist() == [False, True, True, False, True]
    for head, other in zip(layer.consumers, others, strict=True):
        assert torch.equal(head.weight[:, [1, 2, 4]], other)
        assert (head.weight[:, [0, 3]] == 0).all()


@pytest.mark.parametrize(("take", "left"), [("one", 5), ("disjoint", 3), ("until_none", 1)])
def test_how_many_pairs_a_pruning_takes(take, left):
    patterns = random_patterns(1) * torch.tensor([1.0, 2.0, 0.5, 3.0, 1.5, 4.0])
    layer, gram, outputs = heads_alone(patterns)
    before = outputs()
    pruner = Distinctiveness(layer, coefficient="projection", take=take)
    pruner.prune(gram())
    assert int(pruner.alive.sum()) == left
    assert change(before, outputs()) < 1e-12
    while len(pruner.prune(gram()).removed):
        assert change(before, outputs()) < 1e-12
    assert int(pruner.alive.sum()) == 1


@given(st.integers(0, 10**6), st.sampled_from(["angle", "index"]), st.floats(5, 80), st.sampled_from(["drop", "merge"]))
def test_until_none_is_one_pair_after_the_other(seed, order, similar, opposite):
    patterns = random_patterns(7, seed, count=4)
    options = {"similar": similar, "complementary": 180 - similar, "order": order, "opposite": opposite}
    one, gram, after_one = heads_alone(patterns)
    stepwise = Distinctiveness(one, take="one", coefficient="projection", **options)
    while len(stepwise.prune(gram()).removed):
        pass
    other, _, after_other = heads_alone(patterns)
    at_once = Distinctiveness(other, take="until_none", coefficient="projection", **options)
    at_once.prune(gram())
    assert torch.equal(stepwise.alive, at_once.alive)
    assert change(after_one(), after_other()) < 1e-9


def test_pruned_units_are_never_paired_again():
    net = make("relu")
    gram = behaviour(net, inputs(300, seed=2))
    pruner = Distinctiveness(net.layer, similar=70, take="disjoint")
    gone: set[int] = set()
    for _ in range(6):
        done = pruner.prune(gram)
        assert not gone & set(done.pairs.units.flatten().tolist())
        gone |= set(done.removed.tolist())
    assert gone == set((~pruner.alive).nonzero().flatten().tolist())
    assert len(done.removed) == 0
    assert done.smallest >= 70


def test_dead_and_constant_units_are_named_and_left():
    patterns = random_patterns(6).relu()
    patterns[:, 2] = 0
    patterns[:, 4] = 0.7
    layer, gram, outputs = heads_alone(patterns)
    before = outputs()
    for center, undefined in ((None, [2]), ("mean", [2, 4])):
        pruner = Distinctiveness(layer, similar=0, complementary=180)
        done = pruner.prune(gram(center))
        assert done.undefined.tolist() == undefined
        assert pruner.alive.all()
    assert change(before, outputs()) == 0


def test_angles_of_a_single_unit():
    layer, gram, _ = heads_alone(random_patterns(1))
    done = Distinctiveness(layer).prune(gram())
    assert math.isnan(done.smallest)
    assert math.isnan(done.largest)
    assert len(done.removed) == len(done.angles) == 0


# --- masks ---


def pruned(net, optimizer, gone=(1, 4, 5)):
    pruner = Distinctiveness(net.layer)
    pruner.alive[list(gone)] = False
    pruner.enforce(optimizer)
    return pruner


def dead_entries(net, gone=(1, 4, 5)):
    return torch.cat([tensor.index_select(dim, torch.tensor(gone)).flatten() for tensor, dim in net.layer.parameters()])


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_nothing_revives_a_pruned_unit(kind, activation):
    net = make(activation)
    optimizer = OPTIMIZERS[kind](net.parameters())
    steps(net, optimizer, 5)  # momentum that would push
    free = copy.deepcopy(net), pruned(net, optimizer)
    handle = free[1].guard(optimizer)
    before = dead_entries(net).clone()
    steps(net, optimizer, 20, 5)
    assert (before == 0).all()
    assert (dead_entries(net) == 0).all()
    assert all(
        (state.index_select(dim, torch.tensor([1, 4, 5])) == 0).all()
        for parameter, dim in net.layer.parameters()
        for state in optimizer.state[parameter].values()
        if state.shape == parameter.shape
    )
    handle.remove()
    if activation == "sigmoid":  # its 0.5 gives the outgoing weights a gradient
        steps(net, optimizer, 2, 25)
        assert (dead_entries(net) != 0).any()
        free[1].enforce(optimizer)
        assert (dead_entries(net) == 0).all()


def test_without_a_guard_momentum_revives_units():
    net = make("relu")
    optimizer = OPTIMIZERS["sgd"](net.parameters())
    steps(net, optimizer, 5)
    pruned(net, None)
    steps(net, optimizer, 1, 5)
    assert (dead_entries(net) != 0).any()


def test_masks_hold_through_new_weights_and_checkpoints():
    net = make("relu")
    net.pruner = pruned(net, None)
    state = copy.deepcopy(net.state_dict())
    assert state["pruner.alive"].tolist() == [index not in (1, 4, 5) for index in range(12)]
    fresh = make("relu", seed=8)
    fresh.pruner = Distinctiveness(fresh.layer)
    fresh.load_state_dict(state)
    for module in (fresh.producer, fresh.norm, *fresh.heads):
        module.reset_parameters()
    assert (dead_entries(fresh) != 0).any()
    fresh.pruner.enforce()
    assert (dead_entries(fresh) == 0).all()
    assert sum(1 for _ in fresh.parameters()) == sum(1 for _ in make("relu").parameters())  # the pruner adds none


def test_copies_are_pruned_apart():
    net = make("relu")
    net.pruner = Distinctiveness(net.layer, similar=80)
    copied = copy.deepcopy(net)
    before = net.heads[0].weight.clone()
    assert len(copied.pruner.prune(behaviour(copied, inputs(100, seed=0))).removed)
    assert torch.equal(net.heads[0].weight, before)
    assert net.pruner.alive.all()


# --- measures ---


@pytest.mark.parametrize("center", [None, 0.5, "mean"])
def test_behaviour_is_what_the_heads_read(center):
    net = make("sigmoid")
    net.dropout.p = 0.5
    net.train()
    net.first[0].eval()
    modes = {module: module.training for module in net.modules()}
    statistics = net.norm.running_mean.clone()
    batch = inputs(350, seed=3)
    gram = behaviour(net, batch, center=center)
    assert {module: module.training for module in net.modules()} == modes
    assert torch.equal(net.norm.running_mean, statistics)
    expected = pairwise_angles(patterns_of(net.eval(), batch).double().T, center=center)
    torch.testing.assert_close(gram.angles(), expected, rtol=0, atol=1e-6)
    net(batch)
    assert gram.count == 350  # nothing is taken in outside of the context


def test_behaviour_transformed():
    net = make("relu")
    batch = inputs(200, seed=4)
    gram = behaviour(net, batch, transform=torch.sigmoid)
    expected = patterns_of(net.eval(), batch).sigmoid()
    torch.testing.assert_close(gram.angles(), pairwise_angles(expected.double().T), rtol=0, atol=1e-6)


def test_modes_come_back_though_a_batch_fails():
    net = make("relu").train()
    with pytest.raises(RuntimeError, match="shapes"), observe(net, net.layer):
        net(torch.ones(3, 7))
    assert net.training
    assert not net.heads[0]._forward_pre_hooks


def test_weights_with_and_without_the_bias():
    layer = make("relu").layer
    weight, bias = layer.producer.weight.detach(), layer.producer.bias.detach()
    together = torch.cat([weight, bias[:, None]], 1)
    for gram, vectors in ((incoming(layer), weight), (incoming(layer, bias=True), together)):
        torch.testing.assert_close(gram.angles(), pairwise_angles(vectors.double()), rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="the producer has no bias to be part of the weight vectors"):
        incoming(make("relu", bias=False).layer, bias=True)


# --- refusals ---


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"coefficient": "two"}, "coefficient 'two' is unknown; choose one of one, cosine, projection"),
        ({"opposite": "keep"}, "opposite 'keep' is unknown; choose one of drop, merge"),
        ({"take": "all"}, "take 'all' is unknown; choose one of one, disjoint, until_none"),
        ({"order": "norm"}, "order 'norm' is unknown; choose one of angle, index"),
        ({"similar": 170}, "similar below 170° and complementary above 165.0°"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Distinctiveness(make().layer, **options)


def test_what_is_no_layer_and_no_angles_is_refused():
    layer = make().layer
    with pytest.raises(TypeError, match="the layer is a Linear; give HiddenLayer"):
        Distinctiveness(layer.producer)
    with pytest.raises(TypeError, match="the angles are a Tensor; give what `observe` or `incoming` returns"):
        Distinctiveness(layer).prune(torch.eye(layer.size))


def test_a_pruning_that_cannot_be_done_changes_nothing():
    net = make("relu")
    optimizer = torch.optim.Adafactor(net.parameters())
    steps(net, optimizer, 1)
    state = copy.deepcopy(net.state_dict())
    pruner = Distinctiveness(net.layer, similar=89)
    with pytest.raises(ValueError, match="angles between 5 units for a layer of 12; measure this layer"):
        pruner.prune(AngleGram(5))
    with pytest.raises(ValueError, match="there are no angles yet"):
        pruner.prune(AngleGram(12))
    with pytest.raises(ValueError, match="Adafactor keeps 'row_var'"):
        pruner.prune(incoming(net.layer), optimizer)
    assert all(torch.equal(tensor, net.state_dict()[name]) for name, tensor in state.items())
    assert pruner.alive.all()
    layer, gram, outputs = heads_alone(random_patterns(4), bias=False)
    before = outputs()
    with pytest.raises(ValueError, match="a consumer has no bias to take up what the centre contributes"):
        Distinctiveness(layer, similar=89, coefficient="projection").prune(gram("mean"))
    assert change(before, outputs()) == 0
