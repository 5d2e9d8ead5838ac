import doctest
import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mtlcore.kernels import surgery
from mtlcore.kernels.surgery import surgery_coefficients, surgery_weights


def generator(seed):
    return torch.Generator().manual_seed(seed)


def project_vectors(rows, seed):
    """Oracle: Algorithm 1 on the vectors themselves, in the order that the same generator gives."""
    ranks = torch.rand(len(rows), len(rows), generator=generator(seed))
    projected = []
    for task, row in enumerate(rows):
        own = row.clone()
        for other in ranks[task].argsort().tolist():
            product = own @ rows[other]
            if other != task and product < 0:
                own = own - product / (rows[other] @ rows[other]) * rows[other]
        projected.append(own)
    return torch.stack(projected)


def conflicting(tasks, seed, share=0.97):
    rows = torch.randn(tasks, 40, generator=generator(seed), dtype=torch.float64)
    return rows - share * rows.mean(0)


@given(
    tasks=st.integers(1, 12),
    seed=st.integers(0, 10**6),
    share=st.sampled_from([0, 0.5, 0.97, 1.5]),
    apart=st.booleans(),
)
def test_coefficients_give_the_projected_vectors(tasks, seed, share, apart):
    rows = conflicting(tasks, seed, share)
    if apart:
        rows = rows * torch.logspace(-3, 3, tasks, dtype=torch.float64)[:, None]
    expected = project_vectors(rows, seed + 1)
    coefficients = surgery_coefficients(rows @ rows.T, generator=generator(seed + 1))
    for found, wanted in zip(coefficients @ rows, expected, strict=True):
        assert float((found - wanted).norm()) <= 1e-10 * float(wanted.norm() + 1e-12 * rows.norm())
    weights = surgery_weights(rows @ rows.T, generator=generator(seed + 1))
    torch.testing.assert_close(weights, coefficients.sum(0), rtol=1e-14, atol=0)


def test_gradients_that_agree_stay_as_they_are():
    rows = torch.rand(5, 9, generator=generator(0))
    assert torch.equal(surgery_coefficients(rows @ rows.T), torch.eye(5))


@given(seed=st.integers(0, 10**6))
def test_two_conflicting_gradients_end_orthogonal_to_each_other(seed):
    rows = conflicting(2, seed)
    first, second = surgery_coefficients(rows @ rows.T) @ rows
    scale = float(rows.norm()) ** 2
    assert abs(float(first @ rows[1])) < 1e-12 * scale
    assert abs(float(second @ rows[0])) < 1e-12 * scale


def test_own_share_is_one_and_the_others_are_not_negative():
    rows = conflicting(7, 3)
    coefficients = surgery_coefficients(rows @ rows.T, generator=generator(0))
    assert torch.equal(coefficients.diagonal(), torch.ones(7, dtype=torch.float64))
    assert float(coefficients.min()) >= 0


def test_zero_gradients_are_left_out():
    rows = conflicting(4, 5)
    rows[1] = 0
    without = rows[[0, 2, 3]]
    for seed in range(6):
        coefficients = surgery_coefficients(rows @ rows.T, generator=generator(seed))
        assert coefficients[1].tolist() == [0, 1, 0, 0]
        assert coefficients[[0, 2, 3], 1].tolist() == [0, 0, 0]
        assert bool(coefficients.isfinite().all())
    orders = {round(float(surgery_weights(without @ without.T, generator=generator(s)).sum()), 9) for s in range(40)}
    with_zero = {round(float(surgery_weights(rows @ rows.T, generator=generator(s)).sum()) - 1, 9) for s in range(40)}
    assert orders & with_zero
    assert torch.equal(surgery_coefficients(torch.zeros(3, 3)), torch.eye(3))


def test_opposite_gradients_vanish():
    rows = torch.tensor([[1.0, 2.0], [-1.0, -2.0]])
    assert torch.equal(surgery_weights(rows @ rows.T) @ rows, torch.zeros(2))


def test_every_order_occurs_and_the_generator_decides():
    rows = conflicting(4, 1)
    gram = rows @ rows.T
    outcomes = {
        tuple(round(value, 9) for value in surgery_coefficients(gram, generator=generator(seed))[0].tolist())
        for seed in range(80)
    }
    possible = set()
    for order in itertools.permutations((1, 2, 3)):
        own = rows[0]
        coefficients = [1.0, 0.0, 0.0, 0.0]
        for other in order:
            product = float(own @ rows[other])
            if product < 0:
                share = -product / float(rows[other] @ rows[other])
                own, coefficients[other] = own + share * rows[other], share
        possible.add(tuple(round(value, 9) for value in coefficients))
    assert outcomes == possible
    assert len(possible) > 2
    first, second = (surgery_weights(gram, generator=generator(9)) for _ in range(2))
    assert torch.equal(first, second)


def test_result_has_the_type_of_the_gramian_and_no_graph():
    rows = conflicting(3, 2).float().requires_grad_()
    weights = surgery_weights(rows @ rows.T)
    assert (weights.dtype, weights.shape, weights.requires_grad) == (torch.float32, (3,), False)


def test_mistakes_are_refused():
    with pytest.raises(
        ValueError, match=r"surgery takes one Gramian, \(T, T\), got \(2, 3, 3\); call it once for each"
    ):
        surgery_weights(torch.zeros(2, 3, 3))
    with pytest.raises(ValueError, match="Gramians must be square"):
        surgery_weights(torch.zeros(2, 3))
    with pytest.raises(ValueError, match=r"the Gramian holds nan at index \(0, 1\)"):
        surgery_coefficients(torch.tensor([[1.0, float("nan")], [0.0, 1.0]]))


def test_examples_in_docstrings():
    assert doctest.testmod(surgery) == (0, 1)
