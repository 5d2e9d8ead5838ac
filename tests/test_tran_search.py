import copy
import itertools
import math

import pytest
import torch
from torch import nn

from mtlcore.kernels.divergence import channel_divergence
from mtlcore.nets.activations import normalised
from mtlcore.nets.lenet import lenet
from mtlcore.nets.tree import TreeNet
from mtlcore.recipes.tran.affinity import Measure, child_affinity, stress, task_affinity
from mtlcore.recipes.tran.search import (
    all_splits,
    best_split,
    greedy_search,
    greedy_step,
    peeled,
    splittable,
)

TASKS = ("fashion", "kmnist", "mnist")
# Table 1 (a) of the thesis
PRINTED = torch.tensor([[0, 0.0236, 0.0243], [0.0236, 0, 0.0050], [0.0243, 0.0050, 0]], dtype=torch.float64)


def nudge(net, task):
    """A fine-tuning that moves every task's weights in a direction of its own."""
    generator = torch.Generator().manual_seed(sum(map(ord, task)))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter += 0.05 * torch.randn(parameter.shape, generator=generator)


def images(sizes=(12, 8, 20), batch=8):
    generator = torch.Generator().manual_seed(1)
    return {
        task: torch.rand(size, 1, 28, 28, generator=generator).split(batch)
        for task, size in zip(TASKS, sizes, strict=True)
    }


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    net = lenet(TASKS)
    for _ in range(3):
        net.train()(torch.rand(32, 1, 28, 28))
    return net


@pytest.fixture(scope="module")
def alone(net):
    return peeled(net, TASKS, nudge)


def by_loop(first, second, task, other, block, batches, factors, **options):
    """Equation 5.8 on all images at once: channels, weighted by hand."""
    x = torch.cat(list(batches))
    with torch.no_grad():
        one = normalised(first.eval(), task, x, [block])[block]
        two = normalised(second.eval(), other, x, [block])[block]
    each = channel_divergence(one, two, **options).tolist()
    return sum(weight * value for weight, value in zip(factors, each, strict=True))


def shares(*nets, block):
    found = [0.0] * len(nets[0].block(block)[-1].weight)
    for net in nets:
        gamma = net.block(block)[-1].weight.tolist()
        found = [share + abs(value) / sum(map(abs, gamma)) for share, value in zip(found, gamma, strict=True)]
    return found


def test_stress_is_that_of_the_definition(net, alone):
    found, sets = stress(net, alone, images()), images()
    assert list(found) == [0, 1]
    for block, task in itertools.product((0, 1), TASKS):
        own = alone[task]
        expected = by_loop(own, net, task, task, block, sets[task], shares(own, block=block))
        assert found[block][task] == pytest.approx(expected, rel=1e-4)
        assert 0 < found[block][task] < math.log(2) / 2


def test_published_stress_sums_sets_by_substring_with_both_importances(net, alone):
    published = Measure(networks="both", names="substring", sets="summed")
    found, sets = stress(net, alone, images(), measure=published), images()
    for task, names in (("fashion", ["fashion"]), ("kmnist", ["kmnist", "mnist"]), ("mnist", ["mnist"])):
        own = alone[task]
        factors = shares(own, net, block=1)
        expected = sum(by_loop(own, net, task, task, 1, sets[name], factors) for name in names)
        assert found[1][task] == pytest.approx(expected, rel=1e-4)


def test_pooled_sets_are_weighted_by_their_images(net, alone):
    found, sets = stress(net, alone, images(), measure=Measure(names="substring")), images()
    pooled = [*sets["kmnist"], *sets["mnist"]]
    own = alone["kmnist"]
    expected = by_loop(own, net, "kmnist", "kmnist", 0, pooled, shares(own, block=0))
    assert found[0]["kmnist"] == pytest.approx(expected, rel=1e-4)


def test_options_of_the_kernel_reach_it(net, alone):
    plain = stress(net, alone, images())
    printed = stress(net, alone, images(), measure=Measure(positions="printed"))
    complete = stress(net, alone, images(), measure=Measure(outcomes="both"))
    for task in TASKS:
        assert printed[0][task] == pytest.approx(6 * plain[0][task])
        assert printed[1][task] == pytest.approx(2 * plain[1][task])
        assert complete[0][task] > plain[0][task]


def test_one_random_position_follows_the_seed(net, alone):
    values = [stress(net, alone, images(), measure=Measure(positions="one", seed=seed)) for seed in (0, 0, 1)]
    assert values[0] == values[1]
    assert values[0] != values[2]


def test_signed_importances_are_those_of_the_text(net):
    alone = peeled(net, TASKS, nudge)
    with torch.no_grad():
        alone["mnist"].block(1)[-1].weight[::2] *= -0.5
    gamma = alone["mnist"].block(1)[-1].weight.double()
    signed = stress(net, alone, images(), measure=Measure(absolute=False))
    expected = by_loop(alone["mnist"], net, "mnist", "mnist", 1, images()["mnist"], (gamma / gamma.sum()).tolist())
    assert signed[1]["mnist"] == pytest.approx(expected, rel=1e-4)
    assert signed[1]["mnist"] != pytest.approx(stress(net, alone, images())[1]["mnist"], rel=1e-3)


def test_no_training_no_stress(net):
    untouched = peeled(net, TASKS, lambda network, task: None)
    assert all(value == 0 for parts in stress(net, untouched, images()).values() for value in parts.values())
    assert not task_affinity(untouched, 1, images()).any()


def test_batches_do_not_matter_and_networks_are_left_as_they_were(net, alone):
    net.train()
    net.block(0)[-1].eval()
    state = copy.deepcopy(net.state_dict())
    whole = stress(net, alone, images(batch=100))
    assert net.training
    assert net.block(0)[0].training
    assert not net.block(0)[-1].training
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
    parts = stress(net, alone, images(batch=3))
    for block, task in itertools.product((0, 1), TASKS):
        assert whole[block][task] == pytest.approx(parts[block][task], rel=1e-5)


def test_missing_images_and_unknown_options_are_named(net, alone):
    with pytest.raises(ValueError, match="there are no images of kmnist to compare networks on; give batches under"):
        stress(net, alone, {"fashion": images()["fashion"], "mnist": images()["mnist"]})
    with pytest.raises(ValueError, match="there are no images of any set"):
        task_affinity(alone, 1, {})
    with pytest.raises(ValueError, match="there are no images of fashion"):
        stress(net, alone, images() | {"fashion": []})
    for name in ("networks", "names", "sets"):
        with pytest.raises(ValueError, match=f"{name} 'no' is unknown; choose one of"):
            Measure(**{name: "no"})
    with pytest.raises(ValueError, match="positions 'no' is unknown"):
        stress(net, alone, images(), measure=Measure(positions="no"))


def test_task_affinity_is_that_of_the_definition(alone):
    found, pooled = task_affinity(alone, 1, images()), [batch for batches in images().values() for batch in batches]
    assert found.dtype == torch.float64
    assert found.diagonal().tolist() == [0, 0, 0]
    for (i, one), (j, two) in itertools.permutations(enumerate(TASKS), 2):
        factors = shares(alone[one], block=1)
        expected = by_loop(alone[one], alone[two], one, two, 1, pooled, factors)
        assert float(found[i, j]) == pytest.approx(expected, rel=1e-4)


def test_task_affinity_is_symmetric_with_both_importances_and_in_general_not_with_one(alone):
    both = task_affinity(alone, 0, images(), measure=Measure(networks="both"))
    one = task_affinity(alone, 0, images())
    assert torch.equal(both, both.T)
    assert not torch.allclose(one, one.T, rtol=1e-3)
    torch.testing.assert_close(both, one + one.T)


def test_summed_sets_and_one_set_under_several_names(alone):
    sets = images(sizes=(8, 8, 8))
    pooled, summed = (task_affinity(alone, 1, sets, measure=Measure(sets=kind)) for kind in ("pooled", "summed"))
    torch.testing.assert_close(summed, 3 * pooled)
    common = sets["fashion"]
    once = task_affinity(alone, 1, {"fashion": common}, measure=Measure(sets="summed"))
    assert torch.equal(once, task_affinity(alone, 1, dict.fromkeys(TASKS, common), measure=Measure(sets="summed")))


def test_child_affinity_by_hand():
    affinity = torch.tensor([[0, 1, 4, 2], [3, 0, 5, 6], [1, 2, 0, 3], [2, 8, 1, 0]], dtype=torch.float64)
    found = child_affinity(affinity, [[0, 1], [2], [3]])
    # children 0 and 1: means of the rows' maxima (4 + 5) / 2 forth, max(1, 2) back, halved; and so on
    distance = torch.tensor([[0, 3.25, 6], [3.25, 0, 2], [6, 2, 0]], dtype=torch.float64)
    torch.testing.assert_close(found, torch.exp(-distance / 6))


def test_child_affinity_of_single_tasks_is_the_mean_of_both_directions():
    affinity = torch.rand(5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64).fill_diagonal_(0)
    mean = (affinity + affinity.T) / 2
    torch.testing.assert_close(child_affinity(affinity, [[i] for i in range(5)]), torch.exp(-mean / mean.max()))


def test_child_affinity_of_equal_networks_is_one_and_of_negative_divergences_refused():
    assert child_affinity(torch.zeros(3, 3), [[0], [1], [2]]).tolist() == [[1] * 3] * 3
    with pytest.raises(ValueError, match="the divergences of the children are negative; use importances with absolute"):
        child_affinity(-torch.ones(3, 3), [[0], [1], [2]])


@pytest.mark.parametrize("seed", range(5))
def test_printed_matrix_leaves_fashion_alone(seed):
    assert best_split(child_affinity(PRINTED, [[0], [1], [2]]), seed=seed) == ([0], [1, 2])


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_clusters_are_found_in_any_order(order):
    distance = torch.full((4, 4), 0.03, dtype=torch.float64)
    for i, j in ((0, 1), (2, 3)):
        distance[i, j] = distance[j, i] = 0.002
    distance.fill_diagonal_(0)
    order = list(order)
    groups = best_split(child_affinity(distance[order][:, order], [[i] for i in range(4)]))
    assert {frozenset(order[i] for i in group) for group in groups} == {frozenset({0, 1}), frozenset({2, 3})}


@pytest.mark.parametrize("children", [2, 3, 4, 6])
def test_there_are_always_two_groups(children):
    generator = torch.Generator().manual_seed(children)
    random = torch.rand(children, children, generator=generator, dtype=torch.float64)
    for distance in (torch.zeros(children, children, dtype=torch.float64), random):
        affinity = child_affinity(distance.fill_diagonal_(0), [[i] for i in range(children)])
        first, second = best_split(affinity, seed=3)
        assert first[0] == 0
        assert second
        assert sorted(first + second) == list(range(children))
        assert best_split(affinity, seed=3) == (first, second)


def test_all_splits_of_three_leaves_are_three(net):
    assert all_splits(net, 1) == [((2,), (3, 4)), ((2, 3), (4,)), ((2, 4), (3,))]
    assert splittable(net) == (1,)
    with pytest.raises(ValueError, match="block 0 has 1 children; a split needs two or more to divide"):
        all_splits(net, 0)


@pytest.mark.parametrize("children", [2, 4, 5])
def test_all_splits_are_every_partition_in_two(children):
    tree = lenet([f"t{number}" for number in range(children)])
    splits = {frozenset(map(frozenset, split)) for split in all_splits(tree, 1)}
    heads = set(tree.children_of(1))
    assert len(splits) == len(all_splits(tree, 1)) == 2 ** (children - 1) - 1
    assert all(set.union(*map(set, split)) == heads and all(split) and len(split) == 2 for split in splits)
    for split in all_splits(tree, 1):
        copy.deepcopy(tree).split(1, split)


def test_a_greedy_step_splits_the_most_stressed_block_and_reports_why(net):
    tree, calls = copy.deepcopy(net), []
    step = greedy_step(tree, lambda network, task: (calls.append(task), nudge(network, task)), images())
    assert calls == list(TASKS)
    assert (step.finetunings, step.block, step.tasks, step.children) == (3, 1, TASKS, (2, 3, 4))
    assert step.partition in all_splits(net, 1)
    assert step.chains == tree.chains != net.chains
    assert step.stress == stress(net, peeled(net, TASKS, nudge), images())
    torch.testing.assert_close(step.affinity, task_affinity(peeled(net, TASKS, nudge), 1, images()))
    torch.testing.assert_close(step.child_affinity, child_affinity(step.affinity, [[0], [1], [2]]))


def test_the_search_goes_on_until_nothing_can_be_split(net):
    tree, events = copy.deepcopy(net), []
    tree.eval()
    x = torch.rand(4, 1, 28, 28)
    before = tree(x)
    optimizer = torch.optim.SGD(tree.parameters(), lr=0.1, momentum=0.9)
    found = greedy_search(
        tree,
        10,
        lambda network, task: (events.append(task), nudge(network, task)),
        images(),
        train=lambda network: events.append(len(network.blocks)),
        optimizer=optimizer,
    )
    assert len(found) == 4
    assert events == [*TASKS, 6, *TASKS, 7, *TASKS, 8, *[task for task in TASKS if events.count(task) == 4], 9]
    assert sum(step.finetunings for step in found) == sum(isinstance(event, str) for event in events) == 11
    assert tree.shared == ()
    assert len(optimizer.param_groups[0]["params"]) == len(list(tree.parameters()))
    for task, output in tree(x).items():
        assert torch.equal(output, before[task])  # no training in this search: nothing but chains has changed
    with pytest.raises(ValueError, match="no block has two or more children, so none can be split"):
        greedy_step(tree, nudge, images())


def test_the_search_takes_no_more_steps_than_asked(net):
    assert len(greedy_search(copy.deepcopy(net), 1, nudge, images())) == 1
    assert greedy_search(copy.deepcopy(net), 0, nudge, images()) == []


def planted(seed):
    """Four tasks on the same eight inputs: x and y read the same features of them, u and v others."""
    torch.manual_seed(seed)
    names = ["x", "u", "y", "v"]
    x = torch.randn(512, 8)
    one, two = (torch.tanh(2 * x[:, part] @ torch.randn(4, 6)) for part in (slice(0, 4), slice(4, 8)))
    targets = {name: (one if name in "xy" else two) @ torch.randn(6, 2) for name in names}
    blocks = [nn.Sequential(nn.Linear(8, 12), nn.Tanh(), nn.BatchNorm1d(12))] + [nn.Linear(12, 2) for _ in names]
    tree = TreeNet(blocks, {name: (0, 1 + number) for number, name in enumerate(names)})

    def fit(network, tasks, steps):  # decay lets a task forget what it does not use
        optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=0.03)
        network.train()
        for _ in range(steps):
            optimizer.zero_grad()
            found = network(x)
            sum((found[task] - targets[task]).square().mean() for task in tasks).backward()
            optimizer.step()

    fit(tree, names, 100)
    return tree, lambda network, task: fit(network, [task], 300), dict.fromkeys(names, x.split(128))


@pytest.mark.parametrize("seed", range(3))
def test_tasks_that_share_features_are_kept_together(seed):
    tree, finetune, sets = planted(seed)
    (step,) = greedy_search(tree, 1, finetune, sets)
    assert step.partition == ((1, 3), (2, 4))
    assert tree.tasks_of(0) == ("x", "y")
