import copy
import io

import pytest
import torch
from torch import nn

from mtlcore.nets.chains import ChainNet
from mtlcore.nets.lenet import lenet
from mtlcore.nets.tree import TreeNet

CHAINS = {"a": (0, 1, 3), "b": (0, 1, 4), "c": (0, 2, 5), "d": (0, 2, 6)}


def layer(inputs=6, outputs=6):
    return nn.Sequential(nn.Linear(inputs, outputs), nn.Tanh(), nn.BatchNorm1d(outputs))


def tree(chains=CHAINS, seed=0):
    torch.manual_seed(seed)
    return TreeNet([layer() for _ in range(1 + max(max(chain) for chain in chains.values()))], chains)


def deep(tasks=5, depth=4, seed=0):
    """A trunk of the given depth with one head a task."""
    return tree({f"t{number}": (*range(depth), depth + number) for number in range(tasks)}, seed)


def outputs(net, inputs):
    net.eval()
    with torch.no_grad():
        return net(inputs)


def assert_same(first, second):
    assert first.keys() == second.keys()
    for name in first:
        assert torch.equal(first[name], second[name]), name


def images(net, seed=9):
    generator = torch.Generator().manual_seed(seed)
    return {task: torch.randn(8, 6, generator=generator) for task in net.tasks}


def train(net, optimizer, tasks, steps=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    net.train()
    for _ in range(steps):
        optimizer.zero_grad()
        found = net(torch.randn(8, 6, generator=generator))
        sum((found[task] - number).square().mean() for number, task in enumerate(tasks)).backward()
        optimizer.step()


OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01, amsgrad=True),
}


def test_blocks_know_their_place():
    net = tree()
    assert (net.tasks, net.chains) == (("a", "b", "c", "d"), CHAINS)
    assert [net.tasks_of(index) for index in (0, 2, 6)] == [("a", "b", "c", "d"), ("c", "d"), ("d",)]
    assert [net.children_of(index) for index in (0, 1, 6)] == [(1, 2), (3, 4), ()]
    assert (net.root, net.roots, net.shared, net.last_shared) == (0, (0,), (0, 1, 2), 0)


def test_groups_go_from_input_to_output_and_know_their_tasks():
    net = tree({"a": (3, 2, 1), "b": (3, 2, 0)})
    assert net.indexes == (3, 2, 0, 1)
    groups = net.groups()
    assert [group.tasks for group in groups] == [(0, 1), (0, 1), (1,), (0,)]
    for group, index in zip(groups, net.indexes, strict=True):
        assert list(map(id, group.parameters)) == list(map(id, net.block(index).parameters()))
        assert len(group.parameters) == 4  # weight and bias, and the normalisation's factors
    net.block(2).requires_grad_(False)
    assert [group.tasks for group in net.groups()] == [(0, 1), (1,), (0,)]


def test_last_shared_block_is_one_that_all_tasks_share():
    assert deep(tasks=3, depth=3).last_shared == 2
    assert deep(tasks=1).last_shared is None
    columns = tree({"a": (0, 2), "b": (1, 3)})
    assert (columns.last_shared, columns.roots) == (None, (0, 1))
    with pytest.raises(ValueError, match="the root is split: the blocks .0, 1. all read the input"):
        _ = columns.root


def test_a_task_is_the_composition_of_its_chain():
    net, x = tree(), torch.randn(8, 6)
    found = outputs(net, x)
    for task, chain in CHAINS.items():
        hidden = x
        for index in chain:
            hidden = net.block(index)(hidden)
        assert torch.equal(found[task], hidden)


def test_shared_blocks_run_once_on_a_shared_input_and_once_a_task_on_separate_ones():
    net, calls = tree(), []
    for index in net.indexes:
        net.block(index).register_forward_hook(lambda *_, index=index: calls.append(index))
    net(torch.randn(8, 6))
    assert sorted(calls) == list(range(7))
    calls.clear()
    net(images(net))
    assert calls == [index for chain in CHAINS.values() for index in chain]


def test_separate_inputs_mix_the_running_statistics():
    net = tree()
    plain, separate = copy.deepcopy(net.block(0)), images(net)
    net.train()(separate)
    for x in separate.values():
        plain(x)
    assert torch.equal(net.block(0)[2].running_mean, plain[2].running_mean)
    assert torch.equal(net.block(0)[2].running_var, plain[2].running_var)
    assert (net.block(0)[2].num_batches_tracked, net.block(1)[2].num_batches_tracked) == (4, 2)


def test_tasks_without_inputs_are_not_computed():
    net = tree()
    separate = images(net)
    part = outputs(net, {"c": separate["c"]})
    assert_same(part, {"c": outputs(net, separate)["c"]})
    with pytest.raises(ValueError, match="no task 'e'; this network has a, b, c, d"):
        net({"e": separate["a"]})


def test_kept_outputs_are_in_the_graph():
    net = tree()
    found = net(torch.randn(8, 6), keep=(0, 2))
    assert set(found) == {"a", "b", "c", "d", 0, 2}
    (gradient,) = torch.autograd.grad(found["d"].square().sum(), found[0], retain_graph=True)
    assert gradient.shape == (8, 6)
    assert gradient.abs().sum() > 0
    (none,) = torch.autograd.grad(found["a"].sum(), found[2], allow_unused=True)
    assert none is None  # a does not pass through block 2


def test_a_block_without_one_output_is_not_kept():
    net = tree()
    with pytest.raises(ValueError, match="block 0 has 4 outputs in this pass, not one; give all its tasks the same"):
        net(images(net), keep=(0,))
    with pytest.raises(ValueError, match="block 2 has 0 outputs in this pass"):
        net({"a": torch.randn(8, 6)}, keep=(2,))
    with pytest.raises(ValueError, match="no block 9; this network has 0, 1, 2, 3, 4, 5, 6"):
        net(torch.randn(8, 6), keep=(9,))


def test_a_general_architecture_may_share_blocks_behind_private_ones():
    torch.manual_seed(0)
    chains = {"a": (0, 1, 3, 4), "b": (0, 2, 3, 5)}  # universal representations: private adapters between shared blocks
    net, x = ChainNet([layer() for _ in range(6)], chains), torch.randn(8, 6)
    found = outputs(net, x)
    for task, chain in chains.items():
        hidden = x
        for index in chain:
            hidden = net.block(index)(hidden)
        assert torch.equal(found[task], hidden)
    assert not torch.equal(found["a"], found["b"])
    assert net.shared == (0, 3)
    assert_same(outputs(net.peel("b"), x), {"b": found["b"]})
    with pytest.raises(ValueError, match="block 3 follows 1 and, for 'b', 2: this is no tree"):
        TreeNet([layer() for _ in range(6)], chains)


@pytest.mark.parametrize(
    ("blocks", "chains", "message"),
    [
        (2, {}, "there are no chains; give one for each task"),
        (2, {"a": (0, 1), "b": ()}, "the chain of 'b' is empty"),
        (2, {"a": (0, 1), "b": (0, 7)}, "the chain of 'b' names block 7, which there is not"),
        (2, {"a": (0, 1, 0)}, "the chain of 'a' names a block twice: .0, 1, 0."),
        (3, {"a": (0, 1)}, "block 2 is in no chain; leave it out or put it into one"),
        (3, {"a": (0, 1), "b": (2, 1)}, "block 1 follows 0 and, for 'b', 2: this is no tree"),
        (3, {"a": (0, 1), "b": (0, 1, 2)}, "the chain of 'a' ends at block 1, where another goes on; give it a head"),
    ],
)
def test_what_is_no_tree_is_refused(blocks, chains, message):
    with pytest.raises(ValueError, match=message):
        TreeNet([layer() for _ in range(blocks)], chains)


@pytest.mark.parametrize("make", [tree, deep, lambda: lenet(["a", "b", "c"])], ids=["tree", "deep", "lenet"])
def test_every_peeled_task_computes_what_the_tree_does(make):
    net = make()
    x = torch.randn(16, 1, 28, 28) if make not in (tree, deep) else torch.randn(16, 6)
    net.train()(x)  # running statistics that are not the initial ones
    whole = outputs(net, x)
    for task in net.tasks:
        alone = net.peel(task)
        assert isinstance(alone, TreeNet)
        assert alone.chains == {task: net.chains[task]}
        assert_same(outputs(alone, x), {task: whole[task]})
        assert dict(alone.named_parameters()).keys() <= dict(net.named_parameters()).keys()


def test_a_peeled_network_is_a_copy():
    net, x = tree(), torch.randn(8, 6)
    before, alone = outputs(net, x), net.peel("c")
    train(alone, torch.optim.SGD(alone.parameters(), lr=0.5), ["c"], steps=3)
    assert_same(outputs(net, x), before)
    assert not torch.equal(outputs(alone, x)["c"], before["c"])
    with pytest.raises(ValueError, match="no task 'e'"):
        net.peel("e")


def test_a_split_changes_no_output_and_keeps_names():
    net, x = deep(tasks=4), torch.randn(8, 6)
    before, names = outputs(net, x), list(dict(net.named_parameters()))
    assert net.split(3, [[4, 6], [5], [7]]) is net
    assert net.chains == {"t0": (0, 1, 2, 3, 4), "t1": (0, 1, 2, 8, 5), "t2": (0, 1, 2, 3, 6), "t3": (0, 1, 2, 9, 7)}
    assert_same(outputs(net, x), before)
    assert list(dict(net.named_parameters()))[: len(names)] == names
    train(net, torch.optim.SGD(net.parameters(), lr=0.1), net.tasks)
    after = outputs(net, x)
    assert not any(torch.equal(after[task], before[task]) for task in net.tasks)
    assert not torch.equal(net.block(3)[0].weight, net.block(8)[0].weight)


def test_a_split_changes_no_output_in_training_either():
    net, x = deep(tasks=3), torch.randn(8, 6)
    other = copy.deepcopy(net).split(3, [[4], [5, 6]])
    assert_same(net.train()(x), other.train()(x))


@pytest.mark.parametrize("seed", range(6))
def test_splits_in_any_order_lead_to_columns_with_the_same_outputs(seed):
    generator = torch.Generator().manual_seed(seed)
    net, x = deep(tasks=5, depth=4, seed=seed), torch.randn(8, 6)
    net.train()(x)
    before, splits = outputs(net, x), 0
    while candidates := [index for index in net.indexes if len(net.children_of(index)) > 1]:
        block = candidates[int(torch.randint(len(candidates), (), generator=generator))]
        children = net.children_of(block)
        cut = int(torch.randint(1, len(children), (), generator=generator))
        net.split(block, [children[:cut], children[cut:]])
        splits += 1
        assert_same(outputs(net, x), before)
        assert_own_gradients(net, x)
        for task in net.tasks:
            assert_same(outputs(net.peel(task), x), {task: before[task]})
    assert splits == 4 * 4  # a split adds one block; there were 4 + 5, there are 5 x 5
    assert net.shared == ()
    assert len(net.roots) == 5


def assert_own_gradients(net, inputs):
    """Every task's loss reaches the parameters of its own blocks, and no others."""
    groups = net.groups()
    assert [group.tasks for group in groups] == [tuple(map(net.tasks.index, net.tasks_of(i))) for i in net.indexes]
    for position, task in enumerate(net.tasks):
        net.zero_grad()
        net.eval()(inputs)[task].square().sum().backward()  # the running statistics stay
        for group in groups:
            reached = [parameter.grad is not None for parameter in group.parameters]
            assert all(reached) if position in group.tasks else not any(reached)


@pytest.mark.parametrize("setting", ["shared", "separate"])
def test_three_successive_splits_keep_every_gradient_in_its_own_blocks(setting):
    net = lenet(["fashion", "kmnist", "mnist"])
    x = torch.randn(4, 1, 28, 28)
    inputs = x if setting == "shared" else {task: x + number for number, task in enumerate(net.tasks)}
    before = outputs(net, inputs)
    for block, partition in [(1, [[2], [3, 4]]), (5, [[3], [4]]), (0, [[1], [5, 6]])]:
        net.split(block, partition)
        assert_same(outputs(net, inputs), before)
        assert_own_gradients(net, inputs)
    assert net.chains == {"fashion": (0, 1, 2), "kmnist": (7, 5, 3), "mnist": (7, 6, 4)}
    assert net.last_shared is None


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_step_after_a_split_is_what_it_would_have_been_for_each_part(kind):
    net = deep(tasks=3, depth=2)
    optimizer = OPTIMIZERS[kind](net.parameters())
    train(net, optimizer, net.tasks, steps=4)
    unsplit, unsplit_optimizer = copy.deepcopy((net, optimizer))
    net.split(1, [[2], [3, 4]], optimizer)
    assert net.chains["t1"] == (0, 5, 3)
    train(net, optimizer, ["t0", "t1", "t2"], seed=5)
    for index, part in ((1, ["t0"]), (5, ["t1", "t2"])):
        reference, reference_optimizer = copy.deepcopy((unsplit, unsplit_optimizer))
        reference_optimizer.zero_grad()
        generator = torch.Generator().manual_seed(5)
        found = reference.train()(torch.randn(8, 6, generator=generator))
        sum((found[task] - net.tasks.index(task)).square().mean() for task in part).backward()
        reference_optimizer.step()  # the unsplit block, moved by the gradients of this part's tasks alone
        for new, old in zip(net.block(index).parameters(), reference.block(1).parameters(), strict=True):
            torch.testing.assert_close(new, old, rtol=1e-6, atol=1e-7)
            state, expected = optimizer.state[new], reference_optimizer.state[old]
            assert state.keys() == expected.keys()
            for name in state:
                torch.testing.assert_close(state[name], expected[name], rtol=1e-6, atol=1e-7)
        for task in part:
            head = net.chains[task][-1]
            for new, old in zip(net.block(head).parameters(), reference.block(head).parameters(), strict=True):
                torch.testing.assert_close(new, old, rtol=1e-6, atol=1e-7)


def test_without_the_carried_state_the_step_would_differ():
    net = deep(tasks=3, depth=2)
    optimizer = OPTIMIZERS["sgd"](net.parameters())
    train(net, optimizer, net.tasks, steps=4)
    other = copy.deepcopy(net)
    net.split(1, [[2], [3, 4]], optimizer)
    other.split(1, [[2], [3, 4]])
    fresh = OPTIMIZERS["sgd"](other.parameters())
    train(net, optimizer, net.tasks, seed=5)
    train(other, fresh, net.tasks, seed=5)
    assert not torch.allclose(net.block(5)[0].weight, other.block(5)[0].weight, atol=1e-4)


def test_copies_have_states_of_their_own_and_stay_in_their_parameter_group():
    net = deep(tasks=3, depth=2)
    scales = [parameter for name, parameter in net.named_parameters() if name.endswith("2.weight")]
    others = [parameter for name, parameter in net.named_parameters() if not name.endswith("2.weight")]
    optimizer = torch.optim.Adam([{"params": others}, {"params": scales, "lr": 0.5}], lr=0.01)
    train(net, optimizer, net.tasks, steps=2)
    net.split(1, [[2], [3], [4]], optimizer)
    assert len(optimizer.param_groups[1]["params"]) == len(scales) + 2
    assert [id(optimizer.param_groups[1]["params"][-1 - back]) for back in (1, 0)] == [
        id(net.block(index)[2].weight) for index in (5, 6)
    ]
    states = [optimizer.state[net.block(index)[0].weight] for index in (1, 5, 6)]
    assert len({state["exp_avg"].data_ptr() for state in states}) == 3
    assert all(torch.equal(state["exp_avg"], states[0]["exp_avg"]) for state in states)
    train(net, optimizer, net.tasks, steps=1)
    assert [float(state["step"]) for state in states] == [3, 3, 3]


def test_an_optimiser_of_another_network_is_refused_and_nothing_changes():
    net = tree()
    optimizer = OPTIMIZERS["sgd"](tree().parameters())
    chains, state = dict(net.chains), copy.deepcopy(net.state_dict())
    with pytest.raises(ValueError, match="this optimiser trains no parameter of block 0; give the one made for this"):
        net.split(0, [[1], [2]], optimizer)
    assert net.chains == chains
    assert net.state_dict().keys() == state.keys()


@pytest.mark.parametrize(
    ("block", "partition", "message"),
    [
        (3, [[4, 5], [6, 9]], "of the children .4, 5, 6. of block 3 names 9, which is not among them"),
        (3, [[4], [5]], "leaves out 6"),
        (3, [[4, 5], [5, 6]], "names 5 twice"),
        (3, [[4, 5, 6]], "needs two or more parts, none of them empty"),
        (3, [[4, 5, 6], []], "needs two or more parts, none of them empty"),
        (2, [[3], []], "block 2 has 1 children; a split needs two or more to divide"),
        (4, [[1], [2]], "block 4 has 0 children; a split needs two or more to divide"),
        (11, [[1], [2]], "there is no block 11"),
    ],
)
def test_what_is_no_partition_is_refused_and_nothing_changes(block, partition, message):
    net = deep(tasks=3)
    chains = dict(net.chains)
    with pytest.raises(ValueError, match=message):
        net.split(block, partition)
    assert net.chains == chains
    assert len(net.blocks) == 7


def grown():
    net = deep(tasks=3, depth=2)
    optimizer = OPTIMIZERS["adam"](net.parameters())
    train(net, optimizer, net.tasks, steps=2)
    net.split(1, [[2], [3, 4]], optimizer).split(0, [[1], [5]], optimizer)
    train(net, optimizer, net.tasks, steps=2)
    return net, optimizer


def test_a_split_tree_and_its_optimiser_come_back_from_a_file():
    net, optimizer = grown()
    file = io.BytesIO()
    torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "chains": net.chains}, file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    other = deep(tasks=3, depth=2, seed=1).regrown(saved["chains"])
    assert other.chains == net.chains
    other.load_state_dict(saved["net"])
    assert list(other.state_dict()) == list(net.state_dict())
    restored = OPTIMIZERS["adam"](other.parameters())
    restored.load_state_dict(saved["optimizer"])
    for each, its in ((net, optimizer), (other, restored)):
        train(each, its, net.tasks, steps=2, seed=3)
    assert_same(dict(net.named_parameters()), dict(other.named_parameters()))
    assert_same(outputs(net, torch.ones(2, 6)), outputs(other, torch.ones(2, 6)))


def test_a_state_of_other_chains_is_refused():
    one, other = (deep(tasks=3, depth=2).split(1, part) for part in ([[2], [3, 4]], [[2, 3], [4]]))
    assert dict(one.named_parameters()).keys() == dict(other.named_parameters()).keys()
    with pytest.raises(ValueError, match="this state has the chains .*0, 1, 2.*the network .*0, 1, 3"):
        other.load_state_dict(one.state_dict())


def test_a_regrown_tree_copies_the_weights_as_splits_do():
    net, x = deep(tasks=3, depth=2), torch.randn(8, 6)
    chains = {"t0": (0, 1, 2), "t1": (0, 5, 3), "t2": (0, 5, 4)}
    assert_same(outputs(net.regrown(chains), x), outputs(net, x))
    assert_same(net.regrown(chains).state_dict(), copy.deepcopy(net).split(1, [[2], [3, 4]]).state_dict())
    with pytest.raises(ValueError, match="splits keep the tasks and the lengths of the chains"):
        net.regrown({"t0": (0, 1, 2), "t1": (0, 5, 3)})
    with pytest.raises(ValueError, match="splits keep the tasks and the lengths of the chains"):
        net.regrown(chains | {"t2": (0, 4)})
    with pytest.raises(ValueError, match="block 3 would join the blocks 3 and 4"):
        net.regrown(chains | {"t2": (0, 5, 3)})


def test_a_deep_copy_is_independent():
    net, optimizer = grown()
    state = copy.deepcopy(net.state_dict())
    other, its = copy.deepcopy((net, optimizer))
    train(other, its, net.tasks, steps=2)
    assert_same(net.state_dict(), state)
    other.split(5, [[3], [4]], its)
    assert (other.children_of(5), net.children_of(5)) == ((3,), (3, 4))
