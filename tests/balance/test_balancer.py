"""What holds for every method."""

import io

import pytest
import torch

from mtlcore import balance
from mtlcore.balance import MGDA, MGDAUB, Block, GradNorm, Hybrid, NormalisedMean, PCGrad, Sum, Uncertainty
from tests.balance.toy import flat, grads, toy

METHODS = {
    "Sum": lambda: Sum((1.0, 0.5, 1.5)),
    "Uncertainty": lambda: Uncertainty(3),
    "GradNorm": lambda: GradNorm(3),
    "GradNorm on representations": lambda: GradNorm(3, on="representations"),
    "MGDA": MGDA,
    "MGDA per tensor": lambda: MGDA(per="tensor"),
    "MGDAUB": MGDAUB,
    "NormalisedMean": lambda: NormalisedMean(per="block"),
    "Hybrid": lambda: Hybrid(GradNorm(3), MGDA()),
    "PCGrad": PCGrad,
}
ON_REPRESENTATIONS = ("GradNorm on representations", "MGDAUB")
SETTINGS = ("shared", "separate", "tree", "separate tree")
DEFINED = [(m, s) for m in METHODS for s in SETTINGS if not (m in ON_REPRESENTATIONS and "separate" in s)]


def run(balancer, found):
    return balancer.backward(found.losses, found.blocks, found.representation)


@pytest.mark.parametrize(("method", "setting"), [case for case in DEFINED if case[0] != "MGDA per tensor"])
def test_gradients_are_what_the_reported_weights_say(method, setting):
    plain, found = toy(setting, 3), toy(setting, 3)
    balancer = METHODS[method]()
    for seed in range(2):  # so that learned weights have moved
        run(balancer, toy(setting, seed))
    numbers = run(balancer, found)
    weights = torch.stack([numbers[f"weight_{task}"] for task in range(3)]).double()
    last = [block for block in plain.blocks if len(block.tasks) == 3][-1]
    position = next(number for number, block in enumerate(plain.blocks) if block is last)
    torch.testing.assert_close(grads(found.blocks[position]), weights @ plain.rows(last), rtol=1e-5, atol=1e-9)
    for value in numbers.values():
        assert value.dim() == 0
        assert not value.requires_grad


@pytest.mark.parametrize("method", ["Sum", "MGDA", "MGDAUB", "GradNorm", "GradNorm on representations", "Hybrid"])
def test_weights_sum_to_one_so_that_methods_differ_in_direction(method):
    balancer = Sum() if method == "Sum" else METHODS[method]()
    for seed in range(3):
        numbers = run(balancer, toy(seed=seed))
        assert sum(float(numbers[f"weight_{task}"]) for task in range(3)) == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("method", ["Sum", "Uncertainty", "GradNorm", "MGDA", "MGDAUB", "PCGrad", "Hybrid"])
def test_tasks_that_agree_get_the_gradient_of_one(method):
    """Three equal losses: any average of equal gradients is that gradient, whatever the method."""
    found, plain = toy(), toy()
    same = [found.losses[0] * 1 for _ in range(3)]
    (Sum() if method == "Sum" else METHODS[method]()).backward(same, found.blocks[:2], found.representation)
    for block, other in zip(plain.blocks[:2], found.blocks[:2], strict=True):
        torch.testing.assert_close(grads(other), plain.rows(block)[0], rtol=1e-5, atol=1e-10)


@pytest.mark.parametrize(("method", "setting"), DEFINED)
def test_frozen_parameters_are_left_alone(method, setting):
    found = toy(setting)
    frozen = [found.blocks[0].parameters[0], *found.blocks[-1].parameters]
    for parameter in frozen:
        parameter.requires_grad_(False)
    run(METHODS[method](), found)
    assert all(parameter.grad is None for parameter in frozen)
    assert all(parameter.grad is not None for parameter in found.parameters if parameter.requires_grad)


@pytest.mark.parametrize(("method", "setting"), DEFINED)
def test_a_wholly_frozen_network_is_left_alone(method, setting):
    found = toy(setting)
    for parameter in found.parameters:
        parameter.requires_grad_(False)
    losses = [loss.detach() for loss in found.losses]
    representation = None if found.representation is None else found.representation.detach()
    numbers = METHODS[method]().backward(losses, found.blocks, representation)
    assert all(parameter.grad is None for parameter in found.parameters)
    assert all(bool(value.isfinite()) for value in numbers.values())


@pytest.mark.parametrize("method", METHODS)
def test_one_task_alone_is_trained_as_ever(method):
    plain, found = toy(), toy()
    plain.losses[0].backward()
    balancer = {"Sum": Sum, "Uncertainty": lambda: Uncertainty(1), "GradNorm": lambda: GradNorm(1)}.get(method)
    if balancer is None:
        balancer = METHODS[method] if method in ("MGDA", "MGDAUB", "PCGrad", "NormalisedMean") else lambda: MGDA()
    blocks = [Block(block.parameters, (0,)) for block in found.blocks[:3]]
    numbers = balancer().backward([found.losses[0]], blocks, found.representation)
    for block, other in zip(plain.blocks[:3], blocks, strict=True):
        torch.testing.assert_close(grads(other), grads(block), rtol=1e-12, atol=1e-15)
    assert float(numbers["weight_0"]) == 1


@pytest.mark.parametrize(("method", "setting"), DEFINED)
def test_a_step_depends_on_the_state_alone(method, setting):
    first = METHODS[method]()
    for seed in range(3):
        run(first, toy(setting, seed))
    buffer = io.BytesIO()
    torch.save(first.state_dict(), buffer)
    buffer.seek(0)
    second = METHODS[method]()
    second.load_state_dict(torch.load(buffer, weights_only=True))
    for seed in range(3, 6):
        one, other = toy(setting, seed), toy(setting, seed)
        assert run(first, one) == run(second, other)
        assert all(torch.equal(grads(a), grads(b)) for a, b in zip(one.blocks, other.blocks, strict=True))


@pytest.mark.parametrize("method", METHODS)
def test_losses_may_have_names_or_be_stacked(method):
    found = [toy() for _ in range(3)]
    listed = run(METHODS[method](), found[0])
    found[1].losses = dict(zip("abc", found[1].losses, strict=True))
    named = run(METHODS[method](), found[1])
    found[2].losses = torch.stack(found[2].losses)
    stacked = run(METHODS[method](), found[2])
    assert listed == stacked
    assert list(named.values()) == list(listed.values())
    assert [name for name in named if name.startswith("weight")] == ["weight_a", "weight_b", "weight_c"]
    assert all(torch.equal(grads(a), grads(b)) for a, b in zip(found[0].blocks, found[1].blocks, strict=True))


@pytest.mark.parametrize(("method", "setting"), DEFINED)
def test_old_gradients_do_not_count_and_others_stay(method, setting):
    fresh, stale = toy(setting), toy(setting)
    outside = stale.blocks[-1].parameters
    for parameter in stale.parameters:
        parameter.grad = torch.ones_like(parameter)
    run(METHODS[method](), Toyless(fresh))
    run(METHODS[method](), Toyless(stale))
    for one, other in zip(fresh.blocks[:-1], stale.blocks[:-1], strict=True):
        assert torch.equal(grads(other), grads(one))
    assert all(bool((parameter.grad == 1).all()) for parameter in outside)


class Toyless:
    """All but the last block of a toy, as if another program trained that."""

    def __init__(self, found):
        self.losses, self.blocks, self.representation = found.losses, found.blocks[:-1], found.representation


@pytest.mark.parametrize("method", METHODS)
def test_single_precision_differs_by_rounding_only(method):
    double, single = toy(), toy(dtype=torch.float32)
    expected, numbers = run(METHODS[method](), double), run(METHODS[method](), single)
    assert {n: float(v) for n, v in numbers.items()} == pytest.approx({n: float(v) for n, v in expected.items()}, 1e-3)
    for one, other in zip(double.blocks, single.blocks, strict=True):
        assert grads(other).dtype == torch.float32
        torch.testing.assert_close(grads(other).double(), grads(one), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_unreached_parameters_keep_no_gradient(method):
    found = toy()
    unused = torch.ones(3, dtype=torch.float64, requires_grad=True)
    found.blocks[0] = Block((*found.blocks[0].parameters, unused), (0, 1, 2))
    run(METHODS[method](), found)
    assert unused.grad is None


def test_wrong_blocks_and_losses_are_refused():
    found = toy()
    parameters = found.blocks[0].parameters
    for tasks in ((), (0, 0), (0, 3), (-1,)):
        with pytest.raises(ValueError, match=r"block 0 has the tasks .*; name each of its tasks once, in 0\.\.2"):
            Sum().backward(found.losses, [(parameters, tasks)])
    with pytest.raises(ValueError, match="there are no losses to balance; give one for each task"):
        Sum().backward([], found.blocks)
    with pytest.raises(ValueError, match=r"the loss of task b has the shape \(2,\); reduce it to a scalar"):
        Sum().backward({"a": found.losses[0], "b": torch.ones(2)}, found.blocks)
    with pytest.raises(ValueError, match="the loss of task 1 has no graph; was it detached"):
        Sum().backward([loss if task != 1 else loss.detach() for task, loss in enumerate(found.losses)], found.blocks)
    for wrong in (list(parameters), [torch.nn.Linear(2, 1)], [(parameters, ("a", "b"))], [(parameters, (0,), 1)]):
        with pytest.raises(ValueError, match="block 0 is no pair .parameters, positions of its tasks."):
            Sum().backward(found.losses, wrong)
    with pytest.raises(ValueError, match="is in block 0 and in block 1; name it once, with all of its tasks"):
        Sum().backward(found.losses, [(parameters, (0, 1)), (parameters, (2,))])


def test_every_method_of_the_package_is_tested_here():
    tested = {type(make()).__name__ for make in METHODS.values()}
    assert tested == set(balance.__all__) - {"Balancer", "Block", "Losses", "NotFiniteError"}


def test_no_copy_of_all_gradients_is_made(monkeypatch):
    """Lists of tensors go through; nothing as long as two blocks together is ever put together."""
    longest = []
    original = torch.cat

    def cat(tensors, *rest, **options):
        out = original(tensors, *rest, **options)
        longest.append(out.numel())
        return out

    found = toy()
    monkeypatch.setattr(torch, "cat", cat)
    run(MGDA(), found)
    monkeypatch.undo()
    assert max(longest, default=0) < flat(found.blocks[0].parameters).numel()
