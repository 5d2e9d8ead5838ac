import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mtlcore.kernels.mining import hardest_mean, kept_samples


def plain(losses, fraction):
    """Sort whole samples by their loss over all tasks, and average the first ones."""
    rows = losses.tolist() if losses.dim() == 2 else [[value] for value in losses.tolist()]
    rows = sorted(rows, key=sum, reverse=True)[: kept_samples(len(rows), fraction)]
    means = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    return means if losses.dim() == 2 else means[0]


@given(seed=st.integers(0, 10**6), batch=st.integers(1, 40), tasks=st.integers(0, 4), fraction=st.floats(0.01, 1))
def test_it_is_the_mean_of_the_hardest(seed, batch, tasks, fraction):
    generator = torch.Generator().manual_seed(seed)
    losses = torch.rand((batch, tasks) if tasks else (batch,), generator=generator, dtype=torch.float64)
    assert hardest_mean(losses, fraction).tolist() == pytest.approx(plain(losses, fraction), abs=1e-12)


@pytest.mark.parametrize(
    ("batch", "kept"), [(64, 45), (1, 1), (2, 1), (3, 2), (5, 4), (10, 7), (15, 11), (20, 14), (45, 32), (175, 123)]
)
def test_seventy_per_cent_are_rounded_halves_up_and_at_least_one(batch, kept):
    assert kept_samples(batch, 0.7) == kept
    losses = torch.arange(batch, dtype=torch.float64, requires_grad=True)
    hardest_mean(losses).backward()
    assert losses.grad.tolist() == pytest.approx([0.0] * (batch - kept) + [1 / kept] * kept)


def test_tasks_share_their_samples_and_add_up():
    losses = torch.rand(30, 3, dtype=torch.float64)
    assert float(hardest_mean(losses).sum()) == pytest.approx(float(hardest_mean(losses.sum(1))))
    # each task on its own would keep others
    assert (hardest_mean(losses) < torch.stack([hardest_mean(one) for one in losses.unbind(1)])).any()


def test_order_of_samples_does_not_matter_and_all_of_them_are_the_mean():
    losses = torch.rand(20, 2, dtype=torch.float64)
    torch.testing.assert_close(hardest_mean(losses[torch.randperm(20)]), hardest_mean(losses))
    torch.testing.assert_close(hardest_mean(losses, 1.0), losses.mean(0))


def test_a_loss_that_is_not_finite_is_seen():
    losses = torch.rand(10)
    losses[3] = torch.nan
    assert hardest_mean(losses, 0.1).isnan()


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (2, 3, 4)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected losses of samples, \(B,\) or \(B, T\), got shape"):
        hardest_mean(torch.zeros(shape))


@pytest.mark.parametrize("fraction", [0, -0.5, 1.1])
def test_a_share_out_of_range_is_refused(fraction):
    with pytest.raises(ValueError, match="lies above 0, up to 1"):
        hardest_mean(torch.ones(3), fraction)
