import pytest
import torch
from torch import nn

from mtlcore.balance import Uncertainty
from tests.balance.toy import grads, toy


def test_training_is_that_of_the_printed_objective():
    log_variances = nn.Parameter(torch.zeros(3))
    optimizer = torch.optim.Adam([log_variances], 0.1)
    balancer = Uncertainty(3, lr=0.1, mean=False)
    for seed in range(5):
        plain, found = toy("tree", seed), toy("tree", seed)
        losses = torch.stack(plain.losses)
        total = (torch.exp(-log_variances) * losses + log_variances / 2).sum()  # L / sigma^2 + log sigma
        optimizer.zero_grad()
        total.backward()
        numbers = balancer.backward(found.losses, found.blocks)
        for block, other in zip(plain.blocks, found.blocks, strict=True):
            torch.testing.assert_close(grads(other), grads(block), rtol=1e-5, atol=1e-8)
        used = torch.exp(-log_variances.detach())
        assert [float(number) for number in numbers.values()] == pytest.approx(used.tolist(), rel=1e-5)
        optimizer.step()
        torch.testing.assert_close(balancer.weights, torch.exp(-log_variances.detach()), rtol=1e-5, atol=1e-7)
    assert float((balancer.weights - 1).abs().min()) > 0.05


def test_weights_find_the_minimum_for_losses_that_stay():
    balancer = Uncertainty(3, lr=0.1)
    shared = torch.zeros(1, requires_grad=True)
    for _ in range(200):
        balancer.backward([shared.sum() + loss for loss in (1.0, 4.0, 0.2)], [((shared,), (0, 1, 2))])
    assert balancer.weights.tolist() == pytest.approx([1 / 2, 1 / 8, 1 / 0.4], rel=0.02)


def test_mean_divides_shared_blocks_only():
    one, other = toy(), toy()
    Uncertainty(3, mean=False).backward(one.losses, one.blocks)
    numbers = Uncertainty(3).backward(other.losses, other.blocks)
    for block, found in zip(one.blocks, other.blocks, strict=True):
        torch.testing.assert_close(grads(found), grads(block) / len(block.tasks), rtol=1e-12, atol=1e-15)
    assert [float(number) for number in numbers.values()] == pytest.approx([1 / 3] * 3)


def test_wrong_number_of_losses_is_refused():
    found = toy()
    with pytest.raises(ValueError, match="3 losses for a balancer of 2 tasks; give one for each task"):
        Uncertainty(2).backward(found.losses, found.blocks)
    with pytest.raises(ValueError, match="tasks and lr must be positive, got 2 and 0"):
        Uncertainty(2, lr=0)
