import itertools

import pytest
import torch
from torchjd import autojac
from torchjd.aggregation import PCGrad as PeerPCGrad

from mtlcore.balance import NotFiniteError, PCGrad
from tests.balance.toy import flat, grads, toy, two_vectors


def operate(rows, orders):
    """PCGrad on vectors, as its Algorithm 1 has it: the sum of the projected gradients."""
    total = torch.zeros_like(rows[0])
    for task, order in enumerate(orders):
        gradient = rows[task].clone()
        for other in order:
            product = gradient @ rows[other]
            if other != task and product < 0:
                gradient -= product / (rows[other] @ rows[other]) * rows[other]
        total += gradient
    return total


def every_order(tasks):
    return itertools.product(itertools.permutations(range(tasks)), repeat=tasks)


def padded(found):
    """Gradients of the tasks over all shared parameters, zero where a task does not use them: (T, P)."""
    rows = []
    for task in range(3):
        parts = [
            found.rows(block)[block.tasks.index(task)]
            if task in block.tasks
            else torch.zeros(sum(parameter.numel() for parameter in block.parameters), dtype=torch.float64)
            for block in found.blocks
            if len(block.tasks) > 1
        ]
        rows.append(torch.cat(parts))
    return rows


@pytest.mark.parametrize("setting", ["shared", "separate", "tree", "separate tree"])
def test_shared_parameters_get_the_projected_gradients_of_some_order(setting):
    conflicts = 0
    for seed in range(4):
        plain, found = toy(setting, seed), toy(setting, seed)
        PCGrad(seed=seed, mean=False).backward(found.losses, found.blocks)
        rows = padded(plain)
        conflicts += sum(float(one @ other) < 0 for one, other in itertools.combinations(rows, 2))
        step = flat([grads(block) for block in found.blocks if len(block.tasks) > 1])
        possible = torch.stack([operate(rows, orders) for orders in every_order(3)])
        assert float((possible - step).norm(dim=1).min()) < 1e-10
        for block, other in zip(plain.blocks, found.blocks, strict=True):
            if len(block.tasks) == 1:
                torch.testing.assert_close(grads(other), plain.rows(block)[0], rtol=1e-12, atol=1e-15)
    assert conflicts


@pytest.mark.parametrize("seed", range(4))
def test_torchjd_finds_the_same_for_two_tasks(seed):
    """With two tasks there is one order only."""
    peer, found = toy(seed=seed), toy(seed=seed)
    shared = list(peer.blocks[0].parameters + peer.blocks[1].parameters)
    heads = [list(block.parameters) for block in peer.blocks[2:4]]
    autojac.mtl_backward(peer.losses[:2], peer.representation, tasks_params=heads, shared_params=shared)
    autojac.jac_to_grad(shared, PeerPCGrad())
    blocks = [block._replace(tasks=(0, 1)) for block in found.blocks[:2]] + found.blocks[2:4]
    PCGrad(mean=False).backward(found.losses[:2], blocks)
    ours = flat([grads(block) for block in blocks[:2]])
    torch.testing.assert_close(ours, flat([parameter.grad for parameter in shared]), rtol=1e-8, atol=1e-12)


def test_conflicting_gradients_lose_what_is_against_the_other():
    found = two_vectors([1.0, 0.0], [-1.0, 2.0])
    numbers = PCGrad().backward(found.losses, found.blocks)
    # g_1 + g_2 / 5 and g_2 + g_1, over two tasks
    assert grads(found.blocks[0]).tolist() == pytest.approx([(0.8 + 0.0) / 2, (0.4 + 2.0) / 2])
    assert [float(number) for number in numbers.values()] == pytest.approx([1.0, 0.6])


def test_agreeing_gradients_are_averaged():
    found = two_vectors([1.0, 2.0], [3.0, 1.0])
    PCGrad().backward(found.losses, found.blocks)
    assert grads(found.blocks[0]).tolist() == pytest.approx([2.0, 1.5])


def test_order_follows_the_seed_and_goes_on_after_a_resume():
    def draws(balancer, count):
        found = []
        for _ in range(count):
            one = toy(seed=0, scales=(1.0, 1.0, 1.0))
            balancer.backward(one.losses, one.blocks)
            found.append(grads(one.blocks[0]))
        return torch.stack(found)

    whole = draws(PCGrad(seed=3), 12)
    torch.manual_seed(5)
    assert torch.equal(draws(PCGrad(seed=3), 12), whole)
    first, second = PCGrad(seed=3), PCGrad(seed=8)
    start = draws(first, 5)
    second.load_state_dict(first.state_dict())
    assert torch.equal(torch.cat([start, draws(second, 7)]), whole)


def test_gradient_that_is_not_finite_is_refused():
    found = two_vectors([float("inf"), 1.0], [1.0, 1.0])
    with pytest.raises(NotFiniteError, match="a gradient is not finite; look for a loss that is NaN"):
        PCGrad().backward(found.losses, found.blocks)
