import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from mtlcore.kernels.prox import as_columns, group_soft_threshold, soft_threshold
from mtlcore.kernels.prox_metric import metric_group_soft_threshold

SHAPES = [(6, 5, 3, 3), (7, 4, 1, 1), (1, 8, 3, 3), (8, 1, 3, 3), (5, 9), (4, 3, 2, 5)]


def random(shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def wide_metric(shape, seed=0, dtype=torch.float64):
    """As the root of second moments: over six powers of ten."""
    generator = torch.Generator().manual_seed(seed + 1)
    return 10 ** (-7 + 6 * torch.rand(shape, generator=generator, dtype=dtype))


def lengths(weight, dim):
    return torch.linalg.vector_norm(weight, dim=[axis for axis in range(weight.dim()) if axis != dim])


def by_group(weight, threshold, dim):
    """Eq. 5, one group after the other."""
    found = weight.clone()
    for index in range(weight.shape[dim]):
        group = found.select(dim, index)
        length = math.sqrt(float((group.double() ** 2).sum()))
        group.mul_(1 - threshold / length if length > threshold else 0)
    return found


def layouts(weight):
    yield weight
    if weight.dim() == 4:
        yield weight.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_groups_shrink_as_by_the_formula(shape, dim):
    for weight in layouts(random(shape)):
        for threshold in (0.0, 0.5, 0.97 * float(lengths(weight, dim % len(shape)).median()), 100.0):
            found = group_soft_threshold(weight, threshold, dim=dim)
            torch.testing.assert_close(found, by_group(weight, threshold, dim), rtol=1e-13, atol=0)
            assert found.stride() == weight.stride()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dim", [0, 1])
def test_a_convex_solver_finds_the_same_point(shape, dim):
    weight, metric = random(shape)[:3, :3], 0.5 + random(shape, 1)[:3, :3].abs()
    for one in (torch.ones_like(metric), metric):
        threshold = float(0.6 * lengths(one * weight, dim).min())
        closed = metric_group_soft_threshold(weight, one, threshold, dim=dim)
        for x, d, z in zip(weight.unbind(dim), one.unbind(dim), closed.unbind(dim), strict=True):
            x, d = x.flatten().numpy(), d.flatten().numpy()
            solved = minimize(
                lambda z, x=x, d=d, c=threshold: (d * (z - x) ** 2).sum() / 2 + c * math.sqrt((z**2).sum()),
                x,
                jac=lambda z, x=x, d=d, c=threshold: d * (z - x) + c * z / math.sqrt((z**2).sum()),
                method="BFGS",
                options={"gtol": 1e-9},
            )
            assert abs(torch.from_numpy(solved.x) - z.flatten()).max() < 1e-6


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dim", [0, 1])
def test_a_metric_of_one_is_the_closed_form(shape, dim):
    for weight in layouts(random(shape)):
        threshold = 0.97 * float(lengths(weight, dim).median())
        found = metric_group_soft_threshold(weight, torch.ones_like(weight), threshold, dim=dim)
        torch.testing.assert_close(found, group_soft_threshold(weight, threshold, dim=dim), rtol=1e-12, atol=1e-14)
        assert found.stride() == weight.stride()


@pytest.mark.parametrize(("dtype", "accuracy"), [(torch.float32, 1e-5), (torch.float64, 1e-13)])
@pytest.mark.parametrize("share", [1e-4, 0.1, 0.5, 0.9, 0.999, 1 - 1e-6])
@pytest.mark.parametrize("dim", [0, 1])
def test_the_metric_form_is_stationary_to_float_accuracy(dtype, accuracy, share, dim):
    weight, metric = random((40, 30, 3, 3), dtype=dtype), wide_metric((40, 30, 3, 3), dtype=dtype)
    for one in layouts(weight):
        weighted = lengths(metric * one, dim)
        threshold = share * float(weighted.max())
        found = metric_group_soft_threshold(one, metric, threshold, dim=dim).double()
        left = lengths(found, dim)
        assert torch.equal(left == 0, weighted <= threshold)
        alive = left > 0
        assert alive.any()
        over = left.view([-1 if axis == dim else 1 for axis in range(4)]).clamp_min(1e-300)
        residual = metric.double() * (found - one.double()) + threshold * found / over
        # of each group, as a share of the threshold: the length that both forces have in the balance
        assert float((lengths(residual, dim)[alive] / threshold).max()) < accuracy / min(share, 1)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.sampled_from([1e-12, 1e-3, 1.0, 1e6, 1e15]), share=st.floats(0, 2))
def test_scaling_weights_and_threshold_scales_the_result(seed, scale, share):
    weight = random((6, 5, 3, 3), seed, torch.float32)
    metric = wide_metric((6, 5, 3, 3), seed, torch.float32)
    threshold = share * float(lengths(weight, 1).median())
    for form, size in ((group_soft_threshold, threshold), (metric_group_soft_threshold, threshold * 1e-4)):
        extra = (metric,) if form is metric_group_soft_threshold else ()
        small, large = form(weight, *extra, size, dim=1), form(weight * scale, *extra, size * scale, dim=1)
        torch.testing.assert_close(large / scale, small, rtol=1e-4, atol=1e-5 * float(weight.abs().max()))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_groups_do_not_see_each_other(seed):
    weight, metric = random((4, 6, 3, 3), seed), wide_metric((4, 6, 3, 3), seed)
    order = torch.randperm(6, generator=torch.Generator().manual_seed(seed))
    threshold = float(lengths(metric * weight, 1).median())
    whole = metric_group_soft_threshold(weight, metric, threshold, dim=1)
    mixed = metric_group_soft_threshold(weight[:, order], metric[:, order], threshold, dim=1)
    torch.testing.assert_close(mixed, whole[:, order], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("dim", [0, 1])
def test_a_threshold_of_zero_changes_no_bit(dim):
    for scale in (1e-30, 1.0, 1e15):
        weight = random((6, 5, 3, 3), dtype=torch.float32) * scale
        weight.select(dim, 2).zero_()
        metric = wide_metric(weight.shape, dtype=torch.float32)
        assert torch.equal(group_soft_threshold(weight, 0.0, dim=dim), weight)
        assert torch.equal(metric_group_soft_threshold(weight, metric, 0.0, dim=dim), weight)
        assert torch.equal(soft_threshold(weight, 0.0), weight)


@pytest.mark.parametrize("threshold", [0.0, 1e-8, 1e30])
@pytest.mark.parametrize("dim", [0, 1])
def test_zero_groups_stay_zero_and_are_never_nan(threshold, dim):
    weight = torch.zeros(6, 5, 3, 3)
    for metric in (torch.full_like(weight, 1e-8), torch.ones_like(weight)):
        assert torch.equal(group_soft_threshold(weight, threshold, dim=dim), weight)
        assert torch.equal(metric_group_soft_threshold(weight, metric, threshold, dim=dim), weight)


def test_what_is_not_finite_is_not_hidden():
    weight = torch.ones(4, 3)
    weight[0, 1] = torch.nan
    for found in (
        group_soft_threshold(weight, 0.1, dim=1),
        metric_group_soft_threshold(weight, torch.ones(4, 3), 0.1, dim=1),
    ):
        assert found.isnan().any(0).tolist() == [False, True, False]


def test_a_threshold_for_each_group():
    weight = random((4, 3))
    found = group_soft_threshold(weight, torch.tensor([0.1, 0.5, 100.0], dtype=torch.float64), dim=1)
    for index, threshold in enumerate((0.1, 0.5, 100.0)):
        torch.testing.assert_close(found[:, [index]], by_group(weight[:, [index]], threshold, 1))


def test_soft_threshold_is_the_proximal_operator_of_the_absolute_value():
    x = random((1000,))
    expected = x.sign() * (x.abs() - 0.4).clamp_min(0)
    torch.testing.assert_close(soft_threshold(x, 0.4), expected, rtol=0, atol=1e-15)
    torch.testing.assert_close(soft_threshold(x, torch.full_like(x, 0.4)), expected, rtol=0, atol=1e-15)
    assert (soft_threshold(x, 0.4) == 0).sum() == (x.abs() <= 0.4).sum() > 100


def test_columns_are_a_view_of_the_groups():
    for weight in layouts(torch.arange(6 * 5 * 9.0).view(6, 5, 3, 3)):
        for dim in range(4):
            columns, repeat = as_columns(weight, dim)
            assert columns.data_ptr() == weight.data_ptr()
            sums = columns.sum(0).view(-1, repeat).sum(1)
            assert torch.equal(sums, weight.sum([axis for axis in range(4) if axis != dim]))


@pytest.mark.parametrize("form", [group_soft_threshold, metric_group_soft_threshold])
@pytest.mark.parametrize(("shape", "value", "threshold"), [((4, 2), 300.0, 300.0), ((100, 2), 1e-4, 1e-4)])
def test_half_precision_is_squared_in_single(form, shape, value, threshold):
    weight = torch.full(shape, value, dtype=torch.float16)
    extra = (torch.full(shape, 1e-3, dtype=torch.float16),) if form is metric_group_soft_threshold else ()
    threshold *= 1e-3 if extra else 1
    found = form(weight, *extra, threshold, dim=1)
    expected = form(weight.float(), *(one.float() for one in extra), threshold, dim=1)
    assert found.dtype == torch.float16
    assert float(expected[0, 0]) == pytest.approx(value * (0.5 if value > 1 else 0.9), rel=2e-3)
    torch.testing.assert_close(found, expected.half(), rtol=2e-3, atol=0)


def test_an_axis_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"a weight of shape \(2, 2\) has no axis 7 of groups"):
        group_soft_threshold(torch.ones(2, 2), 1.0, dim=7)


@pytest.mark.parametrize("threshold", [-1.0, -1, math.nan])
def test_a_number_below_zero_is_no_threshold(threshold):
    weight = torch.ones(2, 2)
    for call in (
        lambda: soft_threshold(weight, threshold),
        lambda: group_soft_threshold(weight, threshold, dim=1),
        lambda: metric_group_soft_threshold(weight, weight, threshold, dim=1),
    ):
        with pytest.raises(ValueError, match=f"a threshold is 0 or more, got {threshold}"):
            call()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 3, 2, 2)])
def test_a_weight_without_elements_stays(shape):
    weight = torch.ones(shape)
    assert soft_threshold(weight, 1.0).shape == shape
    for dim in range(len(shape)):
        assert group_soft_threshold(weight, 1.0, dim=dim).shape == shape
        assert metric_group_soft_threshold(weight, weight, 1.0, dim=dim).shape == shape


def test_a_metric_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"the metric has the shape \(3, 4\), the weight \(4, 3\)"):
        metric_group_soft_threshold(torch.ones(4, 3), torch.ones(3, 4), 0.1, dim=1)
