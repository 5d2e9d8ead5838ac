import pytest
import torch

from mtlcore.balance import Sum
from tests.balance.toy import grads, toy

WEIGHTS = (0.5, 2.0, 1.5)


@pytest.mark.parametrize("setting", ["shared", "separate", "tree", "separate tree"])
def test_sum_is_the_backward_pass_of_the_weighted_sum(setting):
    one, other = toy(setting), toy(setting)
    sum(weight * loss for weight, loss in zip(WEIGHTS, one.losses, strict=True)).backward()
    numbers = Sum(WEIGHTS, mean=False).backward(other.losses, other.blocks)
    for expected, found in zip(one.parameters, other.parameters, strict=True):
        torch.testing.assert_close(found.grad, expected.grad, rtol=1e-12, atol=1e-15)
    assert [float(numbers[f"weight_{task}"]) for task in range(3)] == pytest.approx(WEIGHTS)


@pytest.mark.parametrize("setting", ["shared", "separate tree"])
def test_mean_divides_each_shared_block_by_the_number_of_its_tasks(setting):
    plain, mean = toy(setting), toy(setting)
    sum(plain.losses).backward()
    numbers = Sum().backward(mean.losses, mean.blocks)
    for one, other in zip(plain.blocks, mean.blocks, strict=True):
        torch.testing.assert_close(grads(other), grads(one) / len(one.tasks), rtol=1e-12, atol=1e-15)
    assert [float(number) for number in numbers.values()] == pytest.approx([1 / 3] * 3)


def test_wrong_number_of_weights_is_refused():
    found = toy()
    with pytest.raises(ValueError, match="3 losses for 2 weights; give one weight for each task"):
        Sum((1.0, 2.0)).backward(found.losses, found.blocks)
