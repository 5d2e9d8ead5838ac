import doctest
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mtlcore.kernels import pairs as pairs_module
from mtlcore.kernels.pairs import find_pairs

NAN = math.nan


def symmetric(values, count):
    """A matrix of angles from the list of those above its diagonal."""
    angles = torch.zeros(count, count, dtype=torch.float64)
    rows, columns = torch.triu_indices(count, count, 1)
    angles[rows, columns] = torch.tensor(values, dtype=torch.float64)
    return angles + angles.T


# few different angles, so that ties are common; some near 0 and 180, some undefined
angle = st.sampled_from([0.0, 3.0, 3.5, 9.0, 14.9, 15.0, 40.0, 165.0, 165.1, 172.0, 176.5, 177.0, 180.0, NAN])
matrices = st.integers(0, 8).flatmap(
    lambda n: st.lists(angle, min_size=n * (n - 1) // 2, max_size=n * (n - 1) // 2).map(lambda v: symmetric(v, n))
)


def best_pair(angles, free, order):
    """The next pair by a search through all of them."""
    found = []
    for i in range(len(angles)):
        for j in range(i + 1, len(angles)):
            value = float(angles[i, j])
            if free[i] and free[j] and (value < 15 or value > 165):
                found.append((min(value, 180 - value) if order == "angle" else 0, i, j, value > 165))
    return min(found)[1:] if found else None


def plain(angles, order, again, drop_both):
    """Pairs one after the other, the search begun anew after each."""
    free = [True] * len(angles)
    pairs = []
    while (pair := best_pair(angles, free, order)) is not None:
        i, j, opposite = pair
        pairs.append(pair)
        free[j] = False
        free[i] = again and not (opposite and drop_both)
    return pairs


@given(matrices, st.sampled_from(["angle", "index"]), st.booleans(), st.booleans())
def test_pairs_are_those_of_a_search_through_all(angles, order, again, drop_both):
    expected = plain(angles, order, again, drop_both)
    pairs = find_pairs(angles, order=order, again=again, drop_both=drop_both)
    assert [
        (*units, opposite) for units, opposite in zip(pairs.units.tolist(), pairs.opposite.tolist(), strict=True)
    ] == (expected)
    for limit in (0, 1, 2):
        assert find_pairs(angles, order=order, again=again, drop_both=drop_both, limit=limit).units.tolist() == (
            pairs.units[:limit].tolist()
        )


@given(matrices, st.sampled_from(["angle", "index"]), st.floats(0, 180), st.floats(0, 180))
def test_no_unit_is_in_two_pairs_and_none_is_left(angles, order, one, other):
    similar, complementary = sorted((one, other))
    pairs = find_pairs(angles, similar=similar, complementary=complementary, order=order)
    units = pairs.units.flatten().tolist()
    assert len(set(units)) == len(units)
    assert (pairs.units[:, 0] < pairs.units[:, 1]).all()
    assert (angles[pairs.similar.unbind(1)] < similar).all()
    assert (angles[pairs.complementary.unbind(1)] > complementary).all()
    left = [unit for unit in range(len(angles)) if unit not in units]
    remaining = angles[left][:, left]
    off_diagonal = remaining[~torch.eye(len(left), dtype=torch.bool)]
    assert not ((off_diagonal < similar) | (off_diagonal > complementary)).any()


def test_the_nearest_pair_comes_first_and_ties_go_by_index():
    angles = symmetric([8.0, 4.0, 60.0, 8.0, 177.0, 4.0], 4)
    assert find_pairs(angles).units.tolist() == [[1, 3], [0, 2]]
    assert find_pairs(angles).complementary.tolist() == [[1, 3]]
    assert find_pairs(angles).similar.tolist() == [[0, 2]]
    assert find_pairs(angles, order="index").units.tolist() == [[0, 1], [2, 3]]


def test_a_survivor_can_take_over_several_units():
    angles = symmetric([0.0] * 6, 4)
    assert find_pairs(angles).units.tolist() == [[0, 1], [2, 3]]
    assert find_pairs(angles, again=True).units.tolist() == [[0, 1], [0, 2], [0, 3]]


def test_what_stands_on_the_threshold_stays():
    assert len(find_pairs(symmetric([15.0], 2)).units) == 0
    assert len(find_pairs(symmetric([165.0], 2)).units) == 0
    assert len(find_pairs(symmetric([0.0], 2), similar=0).units) == 0
    assert len(find_pairs(symmetric([180.0], 2), complementary=180).units) == 0


def test_thresholds_and_orders_that_make_no_sense_are_refused():
    angles = torch.zeros(2, 2)
    with pytest.raises(
        ValueError, match="similar below 100° and complementary above 80°; these angles must lie in 0..180"
    ):
        find_pairs(angles, similar=100, complementary=80)
    with pytest.raises(ValueError, match="above 190°"):
        find_pairs(angles, complementary=190)
    with pytest.raises(ValueError, match="similar below nan°"):
        find_pairs(angles, similar=NAN)
    with pytest.raises(ValueError, match="order 'norm' is unknown; choose one of angle, index"):
        find_pairs(angles, order="norm")


def test_examples_in_docstrings():
    done = doctest.testmod(pairs_module)
    assert done.attempted > 0
    assert done.failed == 0
