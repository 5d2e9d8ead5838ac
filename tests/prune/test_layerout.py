import pytest
import torch
from torch import nn

from mtlcore.nets.shallow import shallow
from mtlcore.prune import LayerOut
from mtlcore.prune.layerout import _generator, freezable
from mtlcore.recipes.goutam.mnist import DFREEZE, EFREEZE


def draws(policy, epochs=200):
    return torch.stack([policy.frozen(epoch) for epoch in range(epochs)])


def test_draws_depend_on_seed_and_epoch_alone():
    one, other = (LayerOut(shallow(), EFREEZE, seed=3) for _ in range(2))
    forwards = draws(one, 30)
    backwards = torch.stack([other.apply(epoch) for epoch in reversed(range(30))]).flip(0)
    assert torch.equal(forwards, backwards)
    torch.manual_seed(0)
    state = torch.get_rng_state()
    draws(one, 3)
    assert torch.equal(torch.get_rng_state(), state)  # the network's own randomness is left alone
    assert not torch.equal(forwards, draws(LayerOut(shallow(), EFREEZE, seed=4), 30))


@pytest.mark.parametrize("v", [EFREEZE, DFREEZE])
@pytest.mark.parametrize("across", ["epochs", "seeds"])
def test_frequencies_are_the_probabilities(v, across):
    count, net = 3000, shallow()
    if across == "epochs":
        frozen = draws(LayerOut(net, v, seed=0), count)
    else:
        frozen = torch.stack([LayerOut(net, v, seed=seed).frozen(25) for seed in range(count)])
    expected = torch.tensor(v, dtype=torch.float64)
    error = (expected * (1 - expected) / count).sqrt()
    assert ((frozen.double().mean(0) - expected).abs() < 4.5 * error + 0.002).all()  # the redraw moves it a little
    correlation = torch.corrcoef(frozen.double().T) - torch.eye(7)
    assert correlation.abs().max() < 4.5 / count**0.5
    lagged = torch.corrcoef(torch.stack([frozen[:-1, 3], frozen[1:, 3]]).double())[0, 1]
    assert abs(float(lagged)) < 4.5 / count**0.5


def test_random_vector_is_one_for_a_run_or_new_every_epoch():
    fixed, fresh = LayerOut(shallow(), None, seed=2), LayerOut(shallow(), None, redraw=True, seed=2)
    assert torch.equal(fixed.vector(0), fixed.vector(99))
    vectors = torch.stack([fresh.vector(epoch) for epoch in range(2000)])
    assert torch.equal(vectors[7], fresh.vector(7))
    assert len(vectors.unique(dim=0)) == 2000
    assert ((vectors >= 0) & (vectors < 1)).all()
    assert vectors.mean(0) == pytest.approx(torch.full((7,), 0.5), abs=0.03)
    assert vectors.var(0) == pytest.approx(torch.full((7,), 1 / 12), abs=0.01)
    assert not torch.equal(fixed.vector(0), LayerOut(shallow(), None, seed=3).vector(0))


def test_no_two_streams_of_random_numbers_coincide():
    first = {
        tuple(torch.rand(2, generator=generator).tolist())
        for generator in (
            _generator(seed, stream) for seed in range(10) for stream in [*range(301), *range(1_000_003, 1_000_303)]
        )
    }
    assert len(first) == 10 * 601


def test_warmup_freezes_nothing_and_then_begins():
    policy = LayerOut(shallow(), EFREEZE, warmup=20, seed=1)
    frozen = draws(policy, 60)
    assert not frozen[:20].any()
    assert torch.equal(frozen[20:], draws(LayerOut(shallow(), EFREEZE, seed=1), 60)[20:])
    assert frozen[20:30].any()


def test_published_scheme_freezes_the_leading_run_of_the_same_draw():
    independent, published = (
        draws(LayerOut(shallow(), EFREEZE, scheme=s, seed=1)) for s in ("independent", "published")
    )
    assert torch.equal(independent.long().cumprod(1).bool(), published)
    assert not torch.equal(independent, published)


def test_apply_freezes_weight_and_bias_together_and_gives_the_others_back():
    net = shallow()
    policy = LayerOut(net, EFREEZE, seed=0)
    seen = set()
    for epoch in range(12):
        for parameter in net.parameters():
            parameter.grad = torch.ones_like(parameter)
        frozen = policy.apply(epoch)
        seen.add(tuple(frozen.tolist()))
        for layer, cold in zip(freezable(net), frozen.tolist(), strict=True):
            for parameter in layer.parameters():
                assert parameter.requires_grad is not cold
                assert (parameter.grad is None) == cold
    assert len(seen) > 3


def test_share_counts_parameters():
    policy = LayerOut(shallow(), EFREEZE)
    fc1 = torch.tensor([False] * 5 + [True, False])
    assert policy.share(fc1) == pytest.approx(295_936 / 491_114)
    assert policy.share(~fc1) == pytest.approx(1 - 295_936 / 491_114)
    assert policy.share(torch.zeros(7, dtype=torch.bool)) == 0


def test_batch_normalisation_is_never_frozen():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3), nn.LayerNorm(3))
    policy = LayerOut(net, (1.0, 0.0))
    assert policy.apply(0).tolist() == [True, False]
    assert {name for name, p in net.named_parameters() if not p.requires_grad} == {"0.weight", "0.bias"}
    assert policy.share(torch.tensor([True, False])) == pytest.approx(20 / 47)


def test_wrong_options_are_refused_at_once():
    with pytest.raises(ValueError, match="2 freeze probabilities for 7 layers; give one a layer"):
        LayerOut(shallow(), (0.1, 0.2))
    with pytest.raises(ValueError, match="scheme 'often' is unknown; choose one of independent, published"):
        LayerOut(shallow(), EFREEZE, scheme="often")
    with pytest.raises(ValueError, match=r"freeze probabilities must lie in 0\.\.1, got"):
        LayerOut(shallow(), (1.5,) * 7, warmup=20)
    with pytest.raises(ValueError, match="all freeze probabilities are 1"):
        LayerOut(shallow(), (1.0,) * 7, warmup=20)
