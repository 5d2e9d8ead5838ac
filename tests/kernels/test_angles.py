import doctest
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mtlcore.kernels import angles as angles_module
from mtlcore.kernels import gram as gram_module
from mtlcore.kernels.angles import AngleGram, pairwise_angles
from mtlcore.kernels.gram import add_product_, gram_product, mirror

CENTERS = [None, 0.5, "mean", -3]


def plain(vectors, center=None):
    """Every pair by itself, in float64, by a formula that is exact near 0° and 180°."""
    vectors = vectors.double().numpy()
    middle = vectors.mean(1, keepdims=True) if center == "mean" else (center or 0.0)
    vectors = vectors - middle
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = [2 * np.arctan2(np.linalg.norm(units - u, axis=1), np.linalg.norm(units + u, axis=1)) for u in units]
    return torch.from_numpy(np.degrees(rows))


def streamed(vectors, center=None, batch=100):
    gram = AngleGram(len(vectors), center=center)
    for patterns in vectors.T.split(batch):
        gram.update(patterns)
    return gram.angles()


def same(found, expected, tolerance):
    torch.testing.assert_close(found.double(), expected.double(), rtol=0, atol=tolerance, equal_nan=True)


def at(degrees, patterns=4096, dtype=torch.float32, seed=0):
    """Two vectors at an angle, among ten others."""
    generator = torch.Generator().manual_seed(seed)
    u, w = torch.randn(2, patterns, generator=generator, dtype=torch.float64)
    u /= u.norm()
    w -= u * (u @ w)
    w /= w.norm()
    turned = math.cos(math.radians(degrees)) * u + math.sin(math.radians(degrees)) * w
    others = torch.randn(10, patterns, generator=generator, dtype=torch.float64)
    return torch.cat([u[None], others, 7.5 * turned[None]]).to(dtype)


@pytest.mark.parametrize("angles", [pairwise_angles, streamed])
@pytest.mark.parametrize("degrees", [1e-3, 0.01, 1.0, 4.99, 5.01, 90.0, 179.0, 179.99, 179.999])
@pytest.mark.parametrize("scale", [1e-25, 1.0, 1e25])
def test_angles_are_exact_near_0_and_180(angles, degrees, scale):
    vectors = at(degrees) * scale
    found = float(angles(vectors)[0, -1])
    expected = float(plain(vectors)[0, -1])
    near = min(degrees, 180 - degrees) < 5
    assert found == pytest.approx(expected, abs=1e-7 if near else 1e-4)
    assert found == pytest.approx(degrees, abs=1e-4)  # what rounding the vectors to float32 leaves of it


@pytest.mark.parametrize("degrees", [1e-3, 0.01, 179.99])
def test_the_arc_cosine_of_a_float32_cosine_would_not_do(degrees):
    vectors = at(degrees)
    naive = torch.nn.functional.cosine_similarity(vectors[0], vectors[-1], dim=0).clamp(-1, 1).acos().rad2deg()
    assert abs(float(naive) - degrees) > 5e-4


@pytest.mark.parametrize("angles", [pairwise_angles, streamed])
@pytest.mark.parametrize("center", CENTERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_angles_are_those_of_every_pair_by_itself(angles, center, dtype):
    vectors = torch.rand(140, 200, generator=torch.Generator().manual_seed(1), dtype=dtype) ** 3
    vectors[5], vectors[133] = vectors[4] + 1e-3 * vectors[3], 1 - vectors[4]
    found = angles(vectors, center=center)
    assert found.dtype == torch.float64
    same(found, plain(vectors, center), 2.5e-4 if dtype == torch.float32 else 1e-6)
    assert torch.equal(found, found.T)
    assert torch.equal(found.diagonal(), torch.zeros(140, dtype=torch.float64))


def test_mean_as_a_centre_gives_correlations_whatever_the_offset():
    generator = torch.Generator().manual_seed(2)
    vectors = torch.randn(20, 3000, generator=generator, dtype=torch.float64)
    vectors[3] = vectors[2] + 0.01 * vectors[4]
    expected = torch.from_numpy(np.degrees(np.arccos(np.corrcoef(vectors.numpy()).clip(-1, 1))))
    for offset in (0, 1e6, torch.linspace(-1e6, 1e6, 20, dtype=torch.float64)[:, None]):
        for angles in (pairwise_angles, streamed):
            same(angles(vectors + offset, center="mean"), expected, 1e-4)


def test_copies_and_opposites():
    vectors = torch.rand(6, 5000, generator=torch.Generator().manual_seed(3))
    vectors = torch.cat([vectors, 3 * vectors, -vectors])
    for angles in (pairwise_angles(vectors), streamed(vectors)):
        assert angles[:6, 6:12].diagonal().abs().max() < 1e-5
        assert (180 - angles[:6, 12:].diagonal()).abs().max() < 1e-5


def test_activations_in_0_to_1_are_never_complementary_without_a_centre():
    activations = torch.rand(30, 500, generator=torch.Generator().manual_seed(4))
    activations = torch.cat([activations, 1 - activations])
    assert pairwise_angles(activations).max() <= 90
    for center in (0.5, "mean"):
        assert (180 - pairwise_angles(activations, center=center)[:30, 30:].diagonal()).max() < 1e-4


vectors = st.integers(0, 10**6).map(lambda seed: torch.randn(6, 9, generator=torch.Generator().manual_seed(seed)))


@given(vectors, st.permutations(range(6)), st.floats(1e-3, 1e3))
def test_angles_follow_the_order_and_not_the_scale(vectors, order, scale):
    angles = pairwise_angles(vectors)
    moved = vectors[order]
    moved[2] *= scale
    same(pairwise_angles(moved), angles[order][:, order], 1e-3)
    moved[2] *= -1
    assert pairwise_angles(moved)[2, 3] == pytest.approx(180 - float(angles[order[2], order[3]]), abs=1e-3)


@given(vectors)
def test_angles_are_distances_on_a_sphere(vectors):
    angles = pairwise_angles(vectors)
    assert ((angles >= 0) & (angles <= 180)).all()
    assert (angles[:, :, None] <= angles[:, None] + angles[None] + 1e-3).all()  # by way of a third vector


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.sampled_from(CENTERS))
def test_batches_of_any_size_give_the_angles_of_all(sizes, center):
    patterns = torch.rand(sum(sizes) + 3, 5, generator=torch.Generator().manual_seed(len(sizes)))
    gram = AngleGram(5, center=center)
    for batch in patterns.split([*sizes, 3]):
        gram.update(batch)
    same(gram.angles(), pairwise_angles(patterns.T.double(), center=center), 1e-6)
    assert gram.count == len(patterns)
    middle = patterns.double().mean(0) if center == "mean" else torch.full((5,), center or 0.0).double()
    same(gram.centers(), middle, 1e-12)
    about = patterns.double() - middle
    same(gram.gram(), about.T @ about, 1e-9)


@pytest.mark.parametrize(
    ("center", "undefined"), [(None, {0, 5}), (0.1, {2}), ("mean", {0, 1, 2, 5}), (0.7, {1}), (3, set())]
)
def test_units_without_a_direction_have_no_angle(center, undefined):
    vectors = torch.rand(7, 50, generator=torch.Generator().manual_seed(5))
    vectors[0], vectors[1], vectors[2], vectors[5] = 0, 0.7, 0.1, -0.0
    expected = torch.tensor([unit in undefined for unit in range(7)])
    gram = AngleGram(7, center=center)
    gram.update(vectors.T)
    assert torch.equal(gram.undefined(), expected)
    for angles in (gram.angles(), pairwise_angles(vectors, center=center)):
        assert torch.equal(angles.isnan(), expected[:, None] | expected)
        assert torch.equal(angles.diagonal().isnan(), expected)
    for dtype in (torch.float16, torch.bfloat16):  # in which 0.1 and 0.7 are other numbers
        assert torch.equal(pairwise_angles(vectors.to(dtype), center=center).diagonal().isnan(), expected)
        assert torch.equal(streamed(vectors.to(dtype), center=center).diagonal().isnan(), expected)


def test_a_unit_that_is_nearly_constant_has_a_direction():
    vectors = torch.full((3, 400), 1000.0)
    vectors[0, 7] = vectors[1, 7] = 1000.01
    vectors[2, 8] = 999.99
    for angles in (pairwise_angles(vectors, center="mean"), streamed(vectors, center="mean", batch=30)):
        same(angles, plain(vectors, "mean"), 1e-4)


def test_weights_half_precision_and_whole_numbers_are_taken_as_they_are():
    weight = torch.nn.Linear(30, 8).weight
    assert not pairwise_angles(weight).requires_grad
    gram = AngleGram(8)
    with torch.autocast("cpu", torch.bfloat16):
        gram.update(weight.T)
        inside = pairwise_angles(weight)
    same(gram.angles(), plain(weight.detach()), 1e-6)
    same(inside, plain(weight.detach()), 1e-4)
    half = weight.detach().bfloat16()
    same(pairwise_angles(half), plain(half.float()), 1e-4)
    whole = torch.tensor([[0, 1, 2], [2, 0, 1]])
    expected = pairwise_angles(whole.double(), center=0.5)
    same(pairwise_angles(whole, center=0.5), expected, 1e-9)
    same(streamed(whole, center=0.5), expected, 1e-9)


def test_sizes_at_the_edges():
    assert pairwise_angles(torch.ones(1, 4)).tolist() == [[0]]
    assert pairwise_angles(torch.zeros(0, 4)).shape == (0, 0)
    assert pairwise_angles(torch.ones(2, 1), center="mean").isnan().all()


def test_what_has_no_angles_is_refused():
    with pytest.raises(ValueError, match=r'centre of the angles is None, a number or "mean", got \'median\''):
        pairwise_angles(torch.ones(2, 2), center="median")
    with pytest.raises(ValueError, match="got nan"):
        AngleGram(3, center=math.nan)
    with pytest.raises(ValueError, match=r"rows of a matrix \(n, p\), got shape \(4,\)"):
        pairwise_angles(torch.ones(4))
    with pytest.raises(ValueError, match=r"got shape \(4, 0\)"):
        pairwise_angles(torch.ones(4, 0))
    with pytest.raises(ValueError, match=r"expected a batch \(b, 3\) of activations, got shape \(5, 2\)"):
        AngleGram(3).update(torch.ones(5, 2))
    for asked in ("angles", "gram", "centers", "undefined"):
        for center in (None, 0.5, "mean"):
            with pytest.raises(ValueError, match="there are no angles yet: give the activations to update first"):
                getattr(AngleGram(3, center=center), asked)()
    vectors = torch.ones(4, 5)
    vectors[2, 1], vectors[3, 0] = math.nan, math.inf
    with pytest.raises(ValueError, match=r"vectors of units \[2, 3\] have entries that are not finite"):
        pairwise_angles(vectors)
    with pytest.raises(ValueError, match=r"units \[2, 3\]"):
        streamed(vectors, center="mean")
    large = torch.tensor([[3e38, 1.0], [1.0, 2.0]])
    with pytest.raises(ValueError, match=r"units \[0\] have entries that are not finite, or too large to square"):
        pairwise_angles(large, center=-3e38)
    with pytest.raises(ValueError, match=r"units \[1\] .* too large to square"):
        streamed(torch.tensor([[1.0, 2.0], [1e200, 1.0]], dtype=torch.float64))


@pytest.mark.parametrize("count", [0, 1, 5, 128, 129, 300])
@pytest.mark.parametrize("length", [0, 1, 20])
def test_gram_product_is_the_whole_product(count, length):
    rows = torch.randn(count, length, generator=torch.Generator().manual_seed(count), dtype=torch.float64)
    found = gram_product(rows)
    assert torch.equal(found, found.T)
    same(found, rows @ rows.T, 1e-12)
    twice = torch.zeros(count, count, dtype=torch.float64)
    add_product_(twice, rows)
    add_product_(twice, rows)
    same(mirror(twice), 2 * found, 1e-12)


@pytest.mark.parametrize("module", [angles_module, gram_module])
def test_examples_in_docstrings(module):
    done = doctest.testmod(module)
    assert done.attempted > 0
    assert done.failed == 0
