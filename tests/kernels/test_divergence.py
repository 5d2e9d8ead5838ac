import doctest
import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from mtlcore.kernels import divergence
from mtlcore.kernels.divergence import channel_divergence, importance, jensen_shannon, slimming_penalty

LN2 = math.log(2)
BOUND = {"one": LN2 / 2, "both": LN2}
probability = st.floats(0, 1, width=32)


def printed(p, q):
    """Equation 5.2 of Equation 5.3 for one sample, in plain Python."""
    m = (p + q) / 2
    return 0.5 * sum(x * math.log(x / m) for x in (p, q) if x > 0)


def test_examples():
    done = doctest.testmod(divergence)
    assert done.attempted > 0
    assert done.failed == 0


@given(probability, probability, st.sampled_from(["one", "both"]), st.sampled_from([torch.float32, torch.float64]))
def test_it_lies_between_zero_and_its_bound_and_is_symmetric(p, q, outcomes, dtype):
    p, q = torch.tensor([p], dtype=dtype), torch.tensor([q], dtype=dtype)
    value = jensen_shannon(p, q, outcomes=outcomes)
    assert 0 <= float(value) <= BOUND[outcomes] + 1e-6
    assert torch.equal(value, jensen_shannon(q, p, outcomes=outcomes))
    assert float(jensen_shannon(p, p, outcomes=outcomes)) == 0


@given(probability, probability)
def test_both_forms_agree_with_their_definitions(p, q):
    one, both = (
        float(jensen_shannon(torch.tensor(p).double(), torch.tensor(q).double(), outcomes=o)) for o in ("one", "both")
    )
    assert one == pytest.approx(printed(p, q), abs=1e-12)
    assert both == pytest.approx(printed(p, q) + printed(1 - p, 1 - q), abs=1e-12)


def test_both_outcomes_is_scipys_divergence_of_bernoulli_variables():
    generator = torch.Generator().manual_seed(0)
    p, q = torch.rand(2, 500, generator=generator, dtype=torch.float64)
    expected = jensenshannon(torch.stack([p, 1 - p]), torch.stack([q, 1 - q])) ** 2
    assert jensen_shannon(p, q, outcomes="both").numpy() == pytest.approx(expected, abs=1e-12)


def test_bounds_are_reached():
    one, zero = torch.ones(()), torch.zeros(())
    for outcomes, bound in BOUND.items():
        assert float(jensen_shannon(one, zero, outcomes=outcomes)) == pytest.approx(bound, rel=1e-5)
    assert float(jensen_shannon(zero, zero)) == 0


def test_precision_lasts_where_the_probabilities_are_nearly_equal():
    p = torch.linspace(0.05, 0.95, 19)
    q = p + 1e-4
    exact = (p.double() - q.double()) ** 2 / (4 * (p.double() + q.double()))  # the leading term
    assert jensen_shannon(p, q).numpy() == pytest.approx(exact.numpy(), rel=1e-4)


def test_precision_lasts_where_one_probability_is_nearly_zero_or_one():
    p, q = torch.full((9,), 0.5), torch.logspace(-8, -0.5, 9)
    for outcomes, one, two in itertools.product(BOUND, (p, 1 - p), (q, 1 - q)):
        exact = jensen_shannon(one.double(), two.double(), outcomes=outcomes)
        assert jensen_shannon(one, two, outcomes=outcomes).numpy() == pytest.approx(exact.numpy(), abs=4e-7)


def loop(first, second, positions, outcomes, pixel=None):
    """Equations 5.1, 5.3 and 5.4 in plain loops."""
    samples, channels, height, width = first.shape
    found = []
    for k in range(channels):
        total = 0.0
        for n in range(height):
            for m in range(width):
                if pixel is not None and (n, m) != pixel:
                    continue
                for sample in range(samples):
                    p, q = (1 / (1 + math.exp(-float(z[sample, k, n, m]))) for z in (first, second))
                    total += (printed(p, q) + (printed(1 - p, 1 - q) if outcomes == "both" else 0)) / samples
        found.append(total / {"mean": height * width, "printed": height + width, "one": 1}[positions])
    return found


def batch(seed=0, shape=(4, 3, 5, 2)):
    return torch.randn(2, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("positions", ["mean", "printed"])
@pytest.mark.parametrize("outcomes", ["one", "both"])
def test_channels_equal_a_plain_loop(positions, outcomes):
    first, second = batch()
    value = channel_divergence(first, second, positions=positions, outcomes=outcomes)
    assert value.tolist() == pytest.approx(loop(first, second, positions, outcomes), rel=1e-9)


def test_one_position_is_one_of_the_map_and_follows_the_seed():
    first, second = batch()
    every = {(n, m): loop(first, second, "one", "one", (n, m)) for n in range(5) for m in range(2)}
    seen = set()
    for seed in range(60):
        generators = [torch.Generator().manual_seed(seed) for _ in range(2)]
        value, again = (channel_divergence(first, second, positions="one", generator=g) for g in generators)
        assert torch.equal(value, again)
        seen |= {place for place, expected in every.items() if value.tolist() == pytest.approx(expected, rel=1e-9)}
    assert seen == set(every)


def test_printed_divisor_multiplies_the_mean_by_six_and_two_on_the_lenet():
    for side, factor in ((12, 6), (4, 2)):
        first, second = batch(shape=(2, 3, side, side))
        ratio = channel_divergence(first, second, positions="printed") / channel_divergence(first, second)
        assert ratio.tolist() == pytest.approx([factor] * 3)


def test_scale_and_sign_of_large_activations_do_no_harm():
    first, second = torch.full((2, 1, 2, 2), 1e4), torch.full((2, 1, 2, 2), -1e4)
    assert channel_divergence(first, second).tolist() == pytest.approx([LN2 / 2], rel=1e-5)
    assert channel_divergence(first, second, outcomes="both").tolist() == pytest.approx([LN2], rel=1e-5)
    assert channel_divergence(second, second).tolist() == [0]


def test_units_without_positions_and_half_precision():
    first, second = batch(shape=(6, 3, 1, 1))
    flat = channel_divergence(first[:, :, 0, 0], second[:, :, 0, 0])
    assert torch.equal(flat, channel_divergence(first, second))
    half = channel_divergence(first.bfloat16(), second.bfloat16())
    assert half.dtype == torch.float32
    assert half.tolist() == pytest.approx(flat.tolist(), rel=0.1)


def test_bad_input_is_named():
    first, second = batch()
    with pytest.raises(ValueError, match=r"activations are \(4, 3, 5, 2\) and \(4, 2, 5, 2\); give two alike"):
        channel_divergence(first, second[:, :2])
    with pytest.raises(ValueError, match="positions 'all' is unknown; choose one of mean, printed, one"):
        channel_divergence(first, second, positions="all")
    with pytest.raises(ValueError, match="outcomes 'two' is unknown; choose one of one, both"):
        channel_divergence(first, second, outcomes="two")
    with pytest.raises(ValueError, match="one random position needs a generator; give a seeded one"):
        channel_divergence(first, second, positions="one")


def test_importance_by_hand():
    gamma = torch.tensor([1.0, -3.0, 0.0, 4.0])
    assert importance(gamma).tolist() == [0.125, 0.375, 0, 0.5]
    assert importance(gamma, absolute=False).tolist() == [0.5, -1.5, 0, 2]  # negative, as printed
    assert importance(5 * gamma).tolist() == pytest.approx(importance(gamma).tolist())
    assert not importance(gamma.requires_grad_()).requires_grad


def test_factors_without_a_sum_are_refused():
    with pytest.raises(ValueError, match="the factors γ sum to 0, so no channel has a share; train with a weaker"):
        importance(torch.zeros(3))
    with pytest.raises(ValueError, match="the factors γ sum to 0"):
        importance(torch.tensor([1.0, -1.0]), absolute=False)


def test_penalties_by_hand():
    gammas = [torch.tensor([0.5, -2.0]), torch.tensor([0.0, 1.0, -0.1])]
    assert float(slimming_penalty(gammas)) == pytest.approx(3.6)
    huber = (0.125 + 1.5) / 2 + (0 + 0.5 + 0.005) / 3
    assert float(slimming_penalty(gammas, form="huber")) == pytest.approx(huber)
    with pytest.raises(ValueError, match="form 'l2' is unknown; choose one of l1, huber"):
        slimming_penalty(gammas, form="l2")


def test_only_the_printed_penalty_pushes_small_factors_as_hard_as_large_ones():
    slopes = {}
    for form in ("l1", "huber"):
        gamma = torch.tensor([1e-3, 3.0], requires_grad=True)
        slimming_penalty([gamma], form=form).backward()
        slopes[form] = gamma.grad.tolist()
    assert slopes["l1"] == [1, 1]
    assert slopes["huber"] == pytest.approx([0.5e-3, 0.5])
