import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mtlcore.kernels import freezing
from mtlcore.nets.shallow import shallow
from mtlcore.prune.layerout import freezable
from mtlcore.recipes.goutam.mnist import DFREEZE, EFREEZE, PUBLISHED_RANDOM

SIZES = torch.tensor([sum(p.numel() for p in layer.parameters()) for layer in freezable(shallow())])
SCHEMES = {False: freezing.sample_independent, True: freezing.sample_published}
probabilities = st.lists(st.floats(0, 0.95), min_size=2, max_size=7).map(lambda v: torch.tensor(v, dtype=torch.float64))
patterns = st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=6).map(torch.tensor)


def vector(values):
    return torch.tensor(values, dtype=torch.float64)


def enumerate_frozen(v, sizes, published):
    """Expected share by Eq. 1 written out over all patterns but the all-frozen one."""
    total = weight = 0.0
    for pattern in itertools.product((0, 1), repeat=len(v)):
        if all(pattern):
            continue
        chance = math.prod(p if s else 1 - p for p, s in zip(v, pattern, strict=True))
        kept = list(itertools.takewhile(bool, pattern)) if published else pattern
        weight += chance
        total += chance * sum(size for size, s in zip(sizes, kept, strict=False) if s)
    return total / weight / sum(sizes)


@pytest.mark.parametrize("published", [False, True])
@given(v=probabilities)
def test_expected_share_is_that_of_all_patterns(published, v):
    sizes = torch.arange(1, len(v) + 1) ** 2
    expected = enumerate_frozen(v.tolist(), sizes.tolist(), published)
    assert freezing.expected_frozen(v, sizes, published=published) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("v", [EFREEZE, DFREEZE, (0.95, 0.9, 0.95, 0.99, 0.9, 0.9, 0.95)])
def test_expected_share_is_that_of_many_draws(v, published):
    generator = torch.Generator().manual_seed(7)
    draws = torch.stack([SCHEMES[published](vector(v), generator) for _ in range(4000)]).double()
    shares = draws @ SIZES.double() / SIZES.sum()
    error = float(shares.std()) / math.sqrt(len(shares))
    expected = freezing.expected_frozen(vector(v), SIZES, published=published)
    assert abs(float(shares.mean()) - expected) < 4.5 * error


def without_redraw(v, sizes, published):
    """The expectation where an all-frozen epoch counts and is not drawn again, as the known figures have it."""
    everything = math.prod(v)
    return freezing.expected_frozen(vector(v), sizes, published=published) * (1 - everything) + everything


@pytest.mark.parametrize(
    ("v", "intended", "published"),
    [(EFREEZE, 39.0, 12.6), (DFREEZE, 61.0, 0.6), (PUBLISHED_RANDOM, 76.3, 7.7)],
)
def test_shares_of_the_published_vectors_on_the_mnist_network(v, intended, published):
    assert 100 * without_redraw(v, SIZES, False) == pytest.approx(intended, abs=0.1)
    assert 100 * without_redraw(v, SIZES, True) == pytest.approx(published, abs=0.05)
    # the redraw takes a little away
    assert 100 * freezing.expected_frozen(vector(v), SIZES) == pytest.approx(intended, abs=0.4)
    assert 100 * freezing.expected_frozen(vector(v), SIZES, published=True) == pytest.approx(published, abs=0.4)


@pytest.mark.parametrize(("v", "layers"), [(EFREEZE, 2.2), (DFREEZE, 0.15)])
def test_layers_that_the_published_loop_freezes(v, layers):
    generator = torch.Generator().manual_seed(1)
    draws = torch.stack([freezing.sample_published(vector(v), generator) for _ in range(4000)])
    assert float(draws.sum(1).double().mean()) == pytest.approx(layers, abs=0.08)
    assert 7 * without_redraw(v, torch.ones(7), True) == pytest.approx(layers, abs=0.008)


@given(v=probabilities)
@pytest.mark.parametrize("published", [False, True])
def test_patterns_are_all_that_can_be_drawn(published, v):
    frozen, chance = freezing.patterns(v, published=published)
    assert frozen.shape == (2 ** len(v) - 1, len(v))
    assert float(chance.sum()) == pytest.approx(1)
    assert not frozen.all(-1).any()
    sizes = torch.arange(1.0, len(v) + 1).double()
    mean = float((chance * (frozen.double() @ sizes)).sum() / sizes.sum())
    assert mean == pytest.approx(freezing.expected_frozen(v, sizes, published=published), abs=1e-12)


def test_patterns_of_many_layers_are_refused():
    with pytest.raises(ValueError, match="21 layers have too many patterns to list; draw some with"):
        freezing.patterns(torch.full((21,), 0.5))


@given(patterns)
def test_leading_run_keeps_what_stands_before_the_first_trainable_layer(frozen):
    kept = freezing.leading_run(frozen)
    for before, after in zip(frozen.tolist(), kept.tolist(), strict=True):
        length = len(list(itertools.takewhile(bool, before)))
        assert after == [True] * length + [False] * (len(before) - length)
    assert torch.equal(freezing.leading_run(kept), kept)


@given(
    v=st.lists(st.floats(0, 1), min_size=2, max_size=4).filter(lambda v: math.prod(v) < 0.99), seed=st.integers(0, 99)
)
@pytest.mark.parametrize("published", [False, True])
def test_a_draw_never_freezes_everything(published, v, seed):
    drawn = SCHEMES[published](vector(v), torch.Generator().manual_seed(seed))
    assert drawn.dtype == torch.bool
    assert drawn.shape == (len(v),)
    assert not drawn.all()
    assert not drawn[vector(v) == 0].any()
    if not published:
        assert drawn[vector(v) == 1].all()


def test_draws_are_a_function_of_the_generator():
    first, second = (
        [freezing.sample_independent(vector(EFREEZE), generator).tolist() for _ in range(20)]
        for generator in (torch.Generator().manual_seed(4), torch.Generator().manual_seed(4))
    )
    assert first == second
    assert len({tuple(one) for one in first}) > 5


@pytest.mark.parametrize("bad", [(0.5, 1.2), (-0.1, 0.5), (float("nan"), 0.5)])
def test_probabilities_outside_their_range_are_refused(bad):
    for call in (
        lambda: freezing.sample_independent(vector(bad), torch.Generator()),
        lambda: freezing.expected_frozen(vector(bad), torch.ones(2)),
        lambda: freezing.patterns(vector(bad)),
    ):
        with pytest.raises(ValueError, match=r"freeze probabilities must lie in 0\.\.1, got"):
            call()


def test_probabilities_that_would_train_nothing_are_refused():
    with pytest.raises(
        ValueError, match="all freeze probabilities are 1: nothing would ever train; lower at least one"
    ):
        freezing.sample_published(torch.ones(3), torch.Generator())
    with pytest.raises(ValueError, match="all freeze probabilities are 1"):
        freezing.patterns(torch.ones(3))
    with pytest.raises(ValueError, match="there are no freeze probabilities; give one for each layer"):
        freezing.patterns(torch.ones(0))


@given(patterns)
def test_backward_cost_by_its_words(frozen):
    weight, below = torch.arange(1.0, 6), 10 * torch.arange(1.0, 6)
    costs = freezing.backward_cost(frozen, weight, below)
    for pattern, cost in zip(frozen.tolist(), costs.tolist(), strict=True):
        expected = sum(w for w, s in zip(weight.tolist(), pattern, strict=True) if not s)
        expected += sum(below[i].item() for i in range(5) if not all(pattern[:i]))
        assert cost == pytest.approx(expected)


def test_freezing_more_never_costs_more():
    every = torch.tensor(list(itertools.product((False, True), repeat=6)))
    weight, below = torch.rand(2, 6, generator=torch.Generator().manual_seed(0)).unbind()
    costs = freezing.backward_cost(every, weight, below)
    for index in range(6):
        less, more = every.clone(), every.clone()
        less[:, index], more[:, index] = False, True
        assert (freezing.backward_cost(more, weight, below) <= freezing.backward_cost(less, weight, below)).all()
    assert float(costs[0]) == pytest.approx(float(weight.sum() + below[1:].sum()))
    assert float(costs[-1]) == 0
