import doctest
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mtlcore.kernels import minnorm
from mtlcore.kernels.minnorm import METHODS, min_norm_weights, solve
from mtlcore.kernels.minnorm_descent import simplex_projection

KINDS = ("independent", "conflicting", "correlated", "unequal")
SIZES = (2, 3, 5, 10)


def gradients(kind, tasks, seed, dimensions=512):
    """(T, d) float64, the four kinds of the acceptance."""
    generator = torch.Generator().manual_seed(seed)
    base = torch.randn(tasks, dimensions, generator=generator, dtype=torch.float64)
    if kind == "conflicting":
        return base - 0.97 * base.mean(0)
    if kind == "correlated":
        return torch.randn(dimensions, generator=generator, dtype=torch.float64) + 0.3 * base
    if kind == "unequal":
        return base * torch.logspace(-2, 2, tasks, dtype=torch.float64)[:, None]
    return base


def gramian(kind, tasks, seed, dimensions=512):
    rows = gradients(kind, tasks, seed, dimensions)
    return rows @ rows.T


def least_squared_norm(gram):
    """Oracle: the optimum of every face in the plane through it, by its KKT system; the least that is feasible."""
    gram = gram.numpy()
    tasks, best = len(gram), math.inf
    for size in range(1, tasks + 1):
        faces = np.array(list(itertools.combinations(range(tasks), size)))
        systems = np.ones((len(faces), size + 1, size + 1))
        systems[:, :size, :size] = gram[faces[:, :, None], faces[:, None, :]]
        systems[:, size, size] = 0
        weights = np.linalg.solve(systems, np.eye(size + 1)[:, -1:])[:, :size, 0]
        for face, own in zip(faces, weights, strict=True):
            if own.min() >= 0:
                best = min(best, float(own @ gram[np.ix_(face, face)] @ own))
    return best


def squared_norm(gram, weights):
    return float(weights.double() @ gram.double() @ weights.double())


def exact_gap(rows, weights):
    """||g||^2 - min_t <g, g_t> and ||g||^2 without rounding, for integer gradients; 0 gap is the KKT conditions.

    By convexity the squared norm exceeds the least one by at most twice the gap.
    """
    weights = [Fraction(weight) for weight in weights.tolist()]
    total = sum(weights)
    combined = [
        sum(w * value for w, value in zip(weights, column, strict=True)) / total for column in zip(*rows, strict=True)
    ]
    squared = sum(value * value for value in combined)
    products = [sum(value * own for value, own in zip(combined, row, strict=True)) for row in rows]
    return squared - min(products), squared


def frank_wolfe_loop(gram, tolerance, max_iterations):
    """Algorithm 2 of Sener and Koltun, as plain as it can be."""
    tasks = len(gram)
    weights = np.full(tasks, 1 / tasks)
    for iterations in range(1, max_iterations + 1):  # noqa: B007
        vertex = np.eye(tasks)[(gram @ weights).argmin()]
        one, both, other = weights @ gram @ weights, weights @ gram @ vertex, vertex @ gram @ vertex
        share = 1.0 if both >= other else 0.0 if both >= one else (one - both) / (one - 2 * both + other)
        new = (1 - share) * weights + share * vertex
        change, weights = np.abs(new - weights).sum(), new
        if change < tolerance:
            break
    return weights, iterations


def projection_loop(point):
    """The nearest point on the simplex: max(point - shift, 0) with the shift by bisection."""
    low, high = point.min() - 1, point.max()
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(point - middle, 0).sum() > 1 else (low, middle)
    return np.maximum(point - low, 0)


def projected_loop(gram, tolerance, max_iterations):
    """The projected method of the thesis' code, one scalar at a time."""
    tasks = len(gram)
    candidates = []
    for i, j in itertools.combinations(range(tasks), 2):
        share = min(max((gram[j, j] - gram[i, j]) / (gram[i, i] - 2 * gram[i, j] + gram[j, j]), 0), 1)
        candidates.append(share * np.eye(tasks)[i] + (1 - share) * np.eye(tasks)[j])
    weights = min(candidates, key=lambda pair: pair @ gram @ pair)
    for iterations in range(1, max_iterations + 1):  # noqa: B007
        gradient = gram @ weights
        direction = gradient.mean() - gradient
        rooms = [(w if d < 0 else 1 - w, abs(d)) for w, d in zip(weights, direction, strict=True)]
        lengths = [room / speed for room, speed in rooms if speed > 0 and room > 1e-7]
        target = projection_loop(weights + min(lengths, default=0) * direction)
        step = target - weights
        curvature = step @ gram @ step
        share = min(max(-(step @ gradient) / curvature, 0), 1) if curvature > 0 else 0.0
        weights = weights + share * step
        if np.abs(share * step).sum() < tolerance:
            break
    return weights, iterations


LOOPS = {"frank_wolfe": frank_wolfe_loop, "projected": projected_loop}

# gradients with small integer entries: zeros, duplicates, opposites and dependent ones are frequent
integers = st.integers(1, 8).flatmap(
    lambda tasks: st.integers(1, 4).flatmap(
        lambda size: st.lists(
            st.lists(st.integers(-3, 3), min_size=size, max_size=size), min_size=tasks, max_size=tasks
        )
    )
)


@pytest.mark.parametrize("tasks", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_exact_is_the_optimum(kind, tasks):
    for seed in range(3 if tasks == 10 else 15):
        gram = gramian(kind, tasks, seed)
        best = least_squared_norm(gram)
        assert squared_norm(gram, min_norm_weights(gram)) <= best * (1 + 1e-9)
        assert float(solve(gram).residual) < 1e-13


@settings(deadline=None)
@given(rows=integers, exponents=st.lists(st.integers(-4, 4), min_size=8, max_size=8))
def test_exact_satisfies_the_kkt_conditions_at_any_mixture_of_scales(rows, exponents):
    scaled = [[Fraction(10) ** e * value for value in row] for row, e in zip(rows, exponents, strict=False)]
    gram = torch.tensor(
        [[float(sum(a * b for a, b in zip(one, other, strict=True))) for other in scaled] for one in scaled],
        dtype=torch.float64,
    )
    found = solve(gram)
    assert float(found.weights.min()) >= 0
    assert float(found.weights.sum()) == pytest.approx(1, abs=1e-14)
    # where long gradients cancel, rounding alone leaves this much beside a short one
    norms = gram.diagonal().sqrt()
    rounding = 1e-15 * float(norms.max() / norms[norms > 0].min()) if norms.any() else 0
    assert float(found.residual) < 1e-12 + rounding
    assert torch.equal(found.weights, min_norm_weights(gram))


@settings(deadline=None)
@given(rows=integers)
def test_exact_reaches_the_optimum_of_degenerate_gradients_by_an_exact_certificate(rows):
    weights = min_norm_weights(torch.tensor(rows, dtype=torch.float64) @ torch.tensor(rows, dtype=torch.float64).T)
    gap, squared = exact_gap(rows, weights)
    if squared < 1e-9:
        # a sum of integer multiples cannot be so short without the hull holding the origin
        assert gap <= 1e-9
    else:
        assert 2 * gap / squared < 1e-9


@pytest.mark.parametrize("dimensions", [1, 3, 10, 24, 49, 512])
def test_fifty_tasks_of_any_rank(dimensions):
    for kind in KINDS:
        found = solve(torch.stack([gramian(kind, 50, seed, dimensions) for seed in range(3)]))
        assert float(found.residual.max()) < 1e-13
        assert int(found.iterations.max()) <= 60
        assert float((found.weights.sum(-1) - 1).abs().max()) < 1e-13


def test_closed_form_of_two_by_hand():
    for rows, expected in [
        ([[1.0, 0.0], [0.0, 1.0]], [0.5, 0.5]),
        ([[1.0, 0.0], [0.0, 2.0]], [0.8, 0.2]),
        ([[1.0, 1.0], [3.0, 1.0]], [1.0, 0.0]),
        ([[-1.0, 0.0], [2.0, 0.0]], [2 / 3, 1 / 3]),
    ]:
        gram = torch.tensor(rows) @ torch.tensor(rows).T
        assert min_norm_weights(gram).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("tasks", [2, 3, 4, 7])
def test_zero_gradients_take_all_the_weight_equally(tasks):
    rows = gradients("independent", tasks, 0)
    for count in range(1, tasks):
        rows[-count] = 0
        for gram in (rows @ rows.T, (rows @ rows.T).expand(9, tasks, tasks)):
            expected = torch.zeros(tasks, dtype=torch.float64)
            expected[-count:] = 1 / count
            assert torch.equal(min_norm_weights(gram), expected.expand(gram.shape[:-1]))
            assert float(solve(gram).residual.max()) == 0


@pytest.mark.parametrize("tasks", [1, 2, 3, 4, 50])
@pytest.mark.parametrize("method", METHODS)
def test_zero_and_equal_gradients_everywhere(method, tasks):
    for gram in (torch.zeros(tasks, tasks), torch.ones(tasks, tasks), torch.zeros(6, tasks, tasks)):
        found = solve(gram, method=method)
        assert float((found.weights.sum(-1) - 1).abs().max()) < 1e-6
        assert float(found.weights.min()) >= 0
        assert float(found.residual.max()) < 1e-12
        assert int(found.iterations.max()) <= 1


@pytest.mark.parametrize("tasks", [2, 3, 5, 10])
def test_duplicates_change_no_sum(tasks):
    rows = gradients("independent", tasks, 4)
    doubled = torch.cat([rows, rows[:2]])
    weights = min_norm_weights(doubled @ doubled.T)
    torch.testing.assert_close(weights @ doubled, min_norm_weights(rows @ rows.T) @ rows, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("tasks", SIZES)
def test_float32_gramians_of_norms_a_hundred_million_apart(tasks):
    for seed in range(10):
        rows = gradients("independent", tasks, seed, 64)
        rows = (rows / rows.norm(dim=1, keepdim=True) * torch.logspace(-4, 4, tasks)[:, None]).float()
        gram = rows @ rows.T
        assert float(gram.diagonal().max() / gram.diagonal().min()) > 1e15
        found = solve(gram)
        assert found.weights.dtype == torch.float32
        assert float(found.residual) < 1e-12
        weights = min_norm_weights(gram.double())
        assert squared_norm(gram, weights) <= least_squared_norm(gram.double()) * (1 + 1e-9)
        torch.testing.assert_close(found.weights.double(), weights, rtol=1e-6, atol=0)


@pytest.mark.parametrize("tasks", [2, 3, 4, 10, 50])
@pytest.mark.parametrize("kind", ["few dimensions", "nearly equal", "opposite", "sum nearly zero"])
def test_float32_gramians_that_rounding_made_indefinite(kind, tasks):
    generator = torch.Generator().manual_seed(tasks)
    least = 0.0
    for _ in range(10):
        rows = torch.randn(tasks, 2 if kind == "few dimensions" else 64, generator=generator)
        if kind == "nearly equal":
            rows = rows[torch.randint(0, (tasks + 1) // 2, (tasks,), generator=generator)] + 1e-6 * rows
        if kind == "opposite":
            rows = torch.cat([rows[: tasks // 2], -rows[: tasks - tasks // 2]])
        if kind == "sum nearly zero":
            rows = rows - (1 - 1e-7) * rows.mean(0)
        gram = rows @ rows.T
        least = min(least, float(torch.linalg.eigvalsh(gram.double() / gram.diagonal().max())[0]))
        found = solve(gram)
        assert float(found.weights.min()) >= 0
        assert float(found.weights.sum()) == pytest.approx(1, abs=1e-6)
        assert float(found.residual) < 1e-6
    assert least < 0 or tasks <= 3


square = st.integers(1, 6).flatmap(
    lambda tasks: st.lists(
        st.lists(st.floats(-1e3, 1e3), min_size=tasks, max_size=tasks), min_size=tasks, max_size=tasks
    )
)


@pytest.mark.parametrize("method", METHODS)
@given(entries=square)
@settings(deadline=None, max_examples=50)
def test_weights_come_back_even_for_what_is_no_gramian(method, entries):
    found = solve(torch.tensor(entries, dtype=torch.float64), method=method, max_iterations=20)
    assert float(found.weights.min()) >= 0
    assert float(found.weights.sum()) == pytest.approx(1)
    assert 0 <= float(found.residual) <= 1


@pytest.mark.parametrize("method", METHODS)
@given(tasks=st.integers(2, 8), seed=st.integers(0, 10**6), kind=st.sampled_from(KINDS))
@settings(deadline=None, max_examples=40)
def test_weights_follow_a_permutation_of_the_tasks(method, tasks, seed, kind):
    gram = gramian(kind, tasks, seed, 64)
    order = torch.randperm(tasks, generator=torch.Generator().manual_seed(seed))
    weights = solve(gram, method=method, max_iterations=20).weights
    permuted = solve(gram[order][:, order], method=method, max_iterations=20).weights
    torch.testing.assert_close(permuted, weights[order], rtol=0, atol=1e-12 if method == "exact" else 1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tasks", SIZES)
def test_a_common_scale_changes_nothing(method, tasks):
    for kind in KINDS:
        gram = gramian(kind, tasks, 3)
        plain = solve(gram, method=method)
        for scale in (2.0**-900, 2.0**-60, 2.0**60, 2.0**900):
            scaled = solve(gram * scale, method=method)
            torch.testing.assert_close(scaled.weights, plain.weights, rtol=1e-9, atol=1e-12)
            assert torch.equal(scaled.iterations, plain.iterations)
            torch.testing.assert_close(scaled.residual, plain.residual, rtol=1e-6, atol=1e-14)


def batch(tasks):
    """Gramians of every kind, with duplicates and zeros among them, (8, T, T)."""
    rows = [gradients(kind, tasks, seed) for kind in KINDS for seed in (0, 1)]
    rows[2][-1] = rows[2][0]
    rows[5][0] = 0
    return torch.stack([own @ own.T for own in rows])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tasks", [1, 2, 3, 4, 10])
def test_batched_equals_looped(method, tasks):
    grams = batch(tasks)
    together, looped = solve(grams, method=method), [solve(gram, method=method) for gram in grams]
    for field in ("weights", "iterations", "residual"):
        stacked = torch.stack([getattr(one, field) for one in looped])
        torch.testing.assert_close(getattr(together, field), stacked, rtol=1e-12, atol=1e-15)
    weights = torch.stack([min_norm_weights(gram, method=method) for gram in grams])
    torch.testing.assert_close(min_norm_weights(grams, method=method), weights, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_shapes_and_types_of_the_result(method):
    found = solve(batch(3).float().reshape(2, 4, 3, 3), method=method)
    assert (found.weights.shape, found.weights.dtype) == ((2, 4, 3), torch.float32)
    assert (found.iterations.shape, found.iterations.dtype) == ((2, 4), torch.int64)
    assert (found.residual.shape, found.residual.dtype) == ((2, 4), torch.float64)
    for tasks in (1, 2, 3, 4):
        assert min_norm_weights(torch.empty(0, tasks, tasks), method=method).shape == (0, tasks)
        half = min_norm_weights(gramian("independent", tasks, 0, 8).to(torch.bfloat16), method=method)
        assert (half.shape, half.dtype) == ((tasks,), torch.bfloat16)


def test_weights_have_no_graph():
    rows = gradients("independent", 3, 0).requires_grad_()
    for gram in (rows @ rows.T, (rows @ rows.T).expand(7, 3, 3)):
        assert not min_norm_weights(gram).requires_grad


def test_an_asymmetric_gramian_is_that_of_its_symmetric_part():
    for tasks in (2, 3, 6):
        gram = gramian("independent", tasks, 1)
        skew = torch.randn(tasks, tasks, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        leaning = gram + 20 * (skew - skew.T)
        torch.testing.assert_close(min_norm_weights(leaning), min_norm_weights(gram), rtol=1e-12, atol=0)


@pytest.mark.parametrize("method", ["frank_wolfe", "projected"])
@pytest.mark.parametrize("tasks", [3, 5, 10])
def test_iterative_methods_are_their_plain_loops_step_by_step(method, tasks):
    for kind in KINDS[:3]:
        gram = gramian(kind, tasks, 6)
        for tolerance, limit in ((1e-3, 250), (1e-9, 4)):
            found = solve(gram, method=method, tolerance=tolerance, max_iterations=limit)
            weights, iterations = LOOPS[method]((gram / gram.abs().max()).numpy(), tolerance, limit)
            assert int(found.iterations) == iterations
            np.testing.assert_allclose(found.weights.numpy(), weights, atol=1e-9)


@pytest.mark.parametrize("method", ["frank_wolfe", "projected"])
def test_iterative_methods_never_rise_and_approach_the_optimum(method):
    gram = gramian("independent", 4, 8)
    norms = [
        squared_norm(gram, solve(gram, method=method, tolerance=1e-15, max_iterations=limit).weights)
        for limit in (1, 2, 4, 8, 16, 64, 1000)
    ]
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in itertools.pairwise(norms))
    assert norms[-1] <= least_squared_norm(gram) * (1 + 1e-9)
    assert norms[0] > norms[-1] * (1 + 1e-9)


def test_line_search_is_not_clamped():
    gram = torch.tensor([[1.0, 0.0], [0.0, 1e8]], dtype=torch.float64)
    for method in METHODS:
        weights = min_norm_weights(gram, method=method)
        assert squared_norm(gram, weights) == pytest.approx(1e8 / (1e8 + 1), rel=1e-9)


def test_projected_starts_from_the_best_pair():
    for seed in range(5):
        gram = gramian("correlated", 6, seed)
        pairs = itertools.combinations(range(6), 2)
        best = min(least_squared_norm(gram[list(pair)][:, list(pair)]) for pair in pairs)
        assert squared_norm(gram, solve(gram, method="projected", max_iterations=1).weights) <= best * (1 + 1e-12)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=8))
@settings(deadline=None, max_examples=50)
def test_projection_onto_the_simplex(point):
    point = np.array(point)
    np.testing.assert_allclose(simplex_projection(point), projection_loop(point), atol=1e-12)
    batched = simplex_projection(np.stack([point, 2 * point]))
    np.testing.assert_allclose(batched[1], projection_loop(2 * point), atol=1e-12)


def test_residual_by_its_words():
    for method in METHODS:
        rows = gradients("unequal", 5, 2)
        found = solve(rows @ rows.T, method=method, max_iterations=3)
        combined = found.weights @ rows
        size = sum(weight * row.norm() for weight, row in zip(found.weights, rows, strict=True))
        terms = [(combined @ combined - combined @ row) / ((combined.norm() + row.norm()) * size) for row in rows]
        assert float(found.residual) == pytest.approx(max(0.0, *map(float, terms)), abs=1e-14)


@pytest.mark.parametrize("tasks", [2, 3, 4])
@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_what_is_not_finite_is_named(tasks, value):
    grams = batch(tasks)
    grams[3, 1, 0] = float(value)
    for gram, place in ((grams, r"\(3, 1, 0\)"), (grams[3], r"\(1, 0\)")):
        for call in (min_norm_weights, solve):
            with pytest.raises(
                ValueError, match=rf"the Gramian holds {value} at index {place}, so a gradient is not finite: look for"
            ):
                call(gram)


def test_mistakes_are_refused():
    for shape in ((2, 3), (3,), (0, 0), (4, 0, 0)):
        with pytest.raises(ValueError, match="Gramians must be square, .* with T of at least 1, got"):
            min_norm_weights(torch.zeros(shape))
    with pytest.raises(ValueError, match=r"must be of a floating type, got torch.int64; convert them with .double\(\)"):
        min_norm_weights(torch.eye(2, dtype=torch.int64))
    with pytest.raises(ValueError, match="method 'newton' is unknown: choose one of exact, frank_wolfe, projected"):
        min_norm_weights(torch.eye(2), method="newton")
    for wrong in ({"tolerance": 0}, {"tolerance": math.nan}, {"max_iterations": 0}):
        with pytest.raises(ValueError, match="tolerance and max_iterations must be positive, got"):
            solve(torch.eye(2), **wrong)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("method", METHODS)
def test_the_result_stays_on_the_device_of_the_gramian(method):
    grams = batch(3)
    for gram in (grams, grams[0]):
        found = solve(gram.cuda(), method=method)
        assert {tensor.device.type for tensor in found} == {"cuda"}
        assert torch.equal(found.weights.cpu(), solve(gram, method=method).weights)
        assert min_norm_weights(gram.cuda(), method=method).is_cuda


def test_examples_in_docstrings():
    assert doctest.testmod(minnorm) == (0, 1)
