import itertools

import pytest
import torch

from mtlcore.kernels import dropping


def every(blocks):
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=blocks)))


def test_reward_is_that_of_the_paper():
    keep = torch.tensor([[1.0, 1.0, 1.0, 1.0], [1.0, 0.0, 0.0, 1.0], [0.0] * 4, [0.0] * 4])
    found = dropping.reward(keep, torch.tensor([True, True, True, False]), penalty=-3.0)
    assert found.tolist() == [0.0, 0.75, 1.0, -3.0]


@pytest.mark.parametrize("baseline", [0.0, 0.7])
def test_gradient_is_that_of_the_expected_reward_over_all_choices(baseline):
    """REINFORCE is unbiased: the loss weighted with every choice's probability has the exact gradient."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, generator=generator, dtype=torch.float64, requires_grad=True)
    keep = every(4).double()
    rewards = dropping.reward(keep, keep[:, 1] > 0, -2.0)

    def chance(p):
        return torch.where(keep > 0, p, 1 - p).prod(1)

    exact = torch.autograd.grad((chance(logits.sigmoid()) * rewards).sum(), logits)[0]
    found = torch.zeros(4, dtype=torch.float64)
    for choice, value, weight in zip(keep, rewards, chance(logits.sigmoid()).detach(), strict=True):
        p = logits.sigmoid()[None]
        loss = dropping.policy_loss(p, choice[None], (value - baseline)[None], torch.ones(4, dtype=torch.bool))
        found -= weight * torch.autograd.grad(loss, logits)[0]
    assert torch.allclose(found, exact)


def test_blocks_that_do_not_learn_get_no_gradient():
    p = torch.full((3, 4), 0.5, requires_grad=True)
    learning = torch.tensor([False, False, True, True])
    dropping.policy_loss(p, torch.ones(3, 4), torch.tensor([1.0, 2.0, -1.0]), learning).backward()
    assert not p.grad[:, :2].any()
    assert p.grad[:, 2:].all()
    # a better choice than the baseline becomes more probable, a worse one less
    assert p.grad[0, 3] < 0 < p.grad[2, 3]


def test_bounded_probabilities_keep_their_order_and_leave_a_chance():
    p = torch.linspace(0, 1, 11)
    found = dropping.bounded(p, 0.8)
    assert found.tolist() == pytest.approx((0.2 + 0.6 * p).tolist())
    assert torch.equal(found >= 0.5, p >= 0.5)


def test_curriculum_goes_from_the_last_block_to_all():
    assert [dropping.curriculum(epoch, 500, 54) for epoch in (0, 1, 52, 53, 499)] == [1, 2, 53, 54, 54]
    for epochs, blocks in ((1, 6), (2, 3), (4, 6), (7, 54)):
        learning = [dropping.curriculum(epoch, epochs, blocks) for epoch in range(epochs)]
        assert learning == sorted(learning)
        assert learning[-1] == blocks
        assert learning[0] >= 1
