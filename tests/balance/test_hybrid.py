import pytest
import torch

from mtlcore.balance import MGDA, MGDAUB, GradNorm, Hybrid, Sum
from tests.balance.toy import grads, toy


def switch(epochs, **options):
    """The check after which the second phase begins, from rows of losses; None if it never does."""
    hybrid = Hybrid(Sum(), MGDA(), **options)
    told = [hybrid.observe(losses) for losses in epochs]
    assert sum(told) == (hybrid.switched_at is not None)
    if any(told):
        assert told.index(True) + 1 == hybrid.switched_at
    return hybrid.switched_at


def test_phase_one_lasts_while_every_task_falls_by_more_than_epsilon():
    falling = [(5.0, 4.0), (4.0, 3.0), (3.0, 2.0), (2.9, 1.0), (1.0, 0.5)]
    assert switch(falling) is None
    assert switch(falling, epsilon=0.05) is None
    assert switch(falling, epsilon=0.5) == 4  # the first task falls by 0.1 only
    assert switch([(5.0, 4.0), (4.0, 4.0), (1.0, 1.0)]) == 2  # one task that stands still ends it
    assert switch([(5.0, 4.0), (5.0 + 1e-6, 4.0)], epsilon=-1e-5) is None


def test_patience_counts_checks_without_progress_of_all_tasks():
    noisy = [(5.0, 5.0), (4.0, 5.1), (3.9, 4.9), (3.8, 4.95), (3.7, 4.92), (3.6, 4.99), (3.5, 1.0)]
    assert switch(noisy) == 2
    assert switch(noisy, patience=2) == 5  # the third check is below the first in both, the next two are not
    assert switch(noisy, patience=3) == 6
    assert switch(noisy, patience=4) is None


def test_balancers_take_their_turns():
    hybrid = Hybrid(GradNorm(3), MGDA())
    alone = GradNorm(3)
    for seed in range(3):
        one, other = toy("tree", seed), toy("tree", seed)
        alone.backward(one.losses, one.blocks)
        numbers = hybrid.backward(other.losses, other.blocks)
        assert float(numbers.pop("phase")) == 1
        for block, found in zip(one.blocks, other.blocks, strict=True):
            assert torch.equal(grads(found), grads(block))
    hybrid.observe((1.0, 1.0, 1.0))
    assert hybrid.observe((2.0, 0.5, 0.5)) is True
    assert hybrid.observe((0.1, 0.1, 0.1)) is False  # there is no way back
    one, other = toy("tree"), toy("tree")
    expected = MGDA().backward(one.losses, one.blocks)
    numbers = hybrid.backward(other.losses, other.blocks)
    assert float(numbers.pop("phase")) == hybrid.phase == 2
    assert numbers == expected
    assert torch.equal(grads(other.blocks[0]), grads(one.blocks[0]))


def test_both_phases_on_representations():
    hybrid = Hybrid(GradNorm(3, on="representations"), MGDAUB())
    found = toy()
    assert "kkt_ratio" not in hybrid.backward(found.losses, found.blocks, found.representation)
    hybrid.observe((1.0, 1.0, 1.0))
    hybrid.observe((1.0, 1.0, 1.0))
    found = toy()
    assert "kkt_ratio" in hybrid.backward(found.losses, found.blocks, found.representation)


def test_state_holds_the_observations_and_both_balancers():
    one, other = (Hybrid(GradNorm(3), MGDA(), patience=2) for _ in range(2))
    found = toy()
    one.backward(found.losses, found.blocks)
    one.observe((1.0, 1.0, 1.0))
    one.observe((1.0, 1.0, 1.0))
    other.load_state_dict(one.state_dict())
    assert other.observe((1.0, 1.0, 1.0)) is True
    assert other.switched_at == 3
    assert torch.equal(other.first.weights, one.first.weights)
    third = Hybrid(GradNorm(3), MGDA(), patience=2)
    third.load_state_dict(other.state_dict())
    assert third.phase == 2


def test_wrong_observations_are_refused():
    with pytest.raises(ValueError, match="patience must be at least 1, got 0"):
        Hybrid(Sum(), MGDA(), patience=0)
    hybrid = Hybrid(Sum(), MGDA())
    with pytest.raises(ValueError, match="the observed loss of task 1 is nan; the run has diverged"):
        hybrid.observe((1.0, float("nan")))
    hybrid.observe((1.0, 1.0))
    with pytest.raises(ValueError, match="3 losses observed after 2; give one for each task every time"):
        hybrid.observe((1.0, 1.0, 1.0))
