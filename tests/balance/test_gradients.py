import pytest
import torch
from torch import nn

from mtlcore.balance import Block
from mtlcore.balance.gradients import average, backward_each, combination, combine, gramians
from tests.balance.toy import flat, grads, toy


@pytest.mark.parametrize("setting", ["shared", "separate", "tree", "separate tree"])
def test_gramians_are_products_of_the_gradients_that_autograd_gives(setting):
    plain, found = toy(setting), toy(setting)
    problems = backward_each(found.losses, found.blocks)
    shared = [block for block in plain.blocks if len(block.tasks) > 1]
    assert [problem.tasks for problem in problems] == [block.tasks for block in shared]
    for problem, block in zip(problems, shared, strict=True):
        by_parameter = zip(*plain.gradients(block), strict=True)
        single = [torch.stack([gradient.reshape(-1) for gradient in found]) for found in by_parameter]
        expected = torch.stack([rows @ rows.T for rows in single])
        torch.testing.assert_close(gramians(problem), expected, rtol=1e-12, atol=1e-18)
    for block, other in zip(plain.blocks, found.blocks, strict=True):
        if len(block.tasks) == 1:
            torch.testing.assert_close(grads(other), plain.rows(block)[0], rtol=1e-12, atol=1e-15)
        else:
            assert all(parameter.grad is None for parameter in other.parameters)


def test_combination_is_the_weighted_sum_for_all_parameters_or_for_each():
    plain, found = toy(), toy()
    rows = plain.gradients(plain.blocks[0])
    problem = backward_each(found.losses, found.blocks)[0]
    weights = torch.tensor([[0.2, 0.3, 0.5], [1.0, -2.0, 0.0]], dtype=torch.float64)
    for coefficients, of_each in ((weights[:1], weights[[0, 0]]), (weights, weights)):
        expected = [sum(w * row[place] for w, row in zip(of_each[place], rows, strict=True)) for place in range(2)]
        torch.testing.assert_close(combination(problem, coefficients), expected, rtol=1e-12, atol=1e-15)
    combine(problem)
    torch.testing.assert_close(grads(found.blocks[0]), plain.rows(plain.blocks[0]).sum(0), rtol=1e-12, atol=1e-15)


def test_parameters_that_a_task_does_not_reach_count_as_zero():
    one, other, unused = (torch.ones(2, dtype=torch.float64, requires_grad=True) for _ in range(3))
    losses = [(one * torch.tensor([1.0, 2.0])).sum(), (other * 3).sum()]
    (problem,) = backward_each(losses, [Block((one, other, unused), (0, 1))])
    assert gramians(problem).tolist() == [[[5, 0], [0, 0]], [[0, 0], [0, 18]], [[0, 0], [0, 0]]]
    combine(problem, torch.tensor([[0.5, 2.0]], dtype=torch.float64))
    assert one.grad.tolist() == [0.5, 1.0]
    assert other.grad.tolist() == [6.0, 6.0]
    assert unused.grad is None


def test_gradients_never_share_memory_and_are_laid_out_as_their_parameters():
    first, second = (torch.zeros(3, requires_grad=True) for _ in range(2))
    expanded = torch.zeros(4, requires_grad=True)
    loss = ((first + second) * torch.arange(3.0)).sum() + expanded.sum()
    backward_each([loss], [Block((first, second, expanded), (0,))])
    assert first.grad.data_ptr() != second.grad.data_ptr()
    first.grad.mul_(10)
    expanded.grad.mul_(torch.arange(4.0))  # each number has a place of its own
    assert second.grad.tolist() == [0, 1, 2]
    assert expanded.grad.tolist() == [0, 1, 2, 3]


def test_channels_last_parameters_have_the_same_gramians():
    torch.manual_seed(0)
    images = torch.randn(4, 3, 6, 6, dtype=torch.float64)
    found = []
    for layout in (torch.contiguous_format, torch.channels_last):
        torch.manual_seed(1)
        conv = nn.Conv2d(3, 5, 3).double().to(memory_format=layout)
        out = conv(images.to(memory_format=layout))
        losses = [out.square().sum(), (out * torch.arange(5.0).view(5, 1, 1)).sum()]
        (problem,) = backward_each(losses, [Block(tuple(conv.parameters()), (0, 1))])
        assert all(row[0].stride() == conv.weight.stride() for row in problem.rows)
        found.append(gramians(problem))
    torch.testing.assert_close(found[0], found[1], rtol=1e-12, atol=0)
    assert not conv.weight.is_contiguous()


def test_gramians_of_half_precision_add_up_in_more():
    tensor = torch.zeros(4096, dtype=torch.bfloat16, requires_grad=True)
    losses = [(tensor * 1.0).sum(), (tensor * -0.5).sum()]
    (problem,) = backward_each(losses, [Block((tensor,), (0, 1))])
    assert gramians(problem).tolist() == [[[4096, -2048], [-2048, 1024]]]


def test_average_leaves_blocks_of_one_task_and_unreached_parameters():
    shared, private, unreached = (torch.ones(2, requires_grad=True) for _ in range(3))
    shared.grad, private.grad = torch.full((2,), 6.0), torch.full((2,), 6.0)
    average([Block((shared, unreached), (0, 1, 2)), Block((private,), (0,))])
    assert flat([shared.grad, private.grad]).tolist() == [2, 2, 6, 6]
    assert unreached.grad is None
