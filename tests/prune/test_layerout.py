import pytest
import torch
from torch import nn

from mtlcore.nets.resnet_cifar import ResNet
from mtlcore.nets.shallow import shallow
from mtlcore.nets.vgg import vgg16
from mtlcore.prune import LayerOut
from mtlcore.prune.layerout import freezable, freeze, norms_of_prefix, random_stream
from mtlcore.recipes.goutam.mnist import DFREEZE, EFREEZE
from mtlcore.train import train


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
            random_stream(seed, stream) for seed in range(10) for stream in [*range(301), *range(1_000_003, 1_000_303)]
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


# networks with batch normalisation: what freezing leaves as it is


def networks():
    torch.manual_seed(0)
    return {"vgg": vgg16(width=2, hidden=8), "resnet": ResNet(1, width=2), "bottleneck": ResNet(1, kind="bottleneck")}


class Pictures:
    def __len__(self):
        return 3

    def epoch(self, index):
        generator = torch.Generator().manual_seed(index)
        for _ in range(3):
            yield torch.randn(8, 3, 32, 32, generator=generator), torch.randint(10, (8,), generator=generator)


def trained(net, policy, epochs=2):
    optimizers = []

    def make(net):
        optimizers.append(torch.optim.SGD(net.parameters(), 0.05, 0.9, weight_decay=5e-4))
        return policy.guard(optimizers[-1]) if policy else optimizers[-1]

    curves = train(
        net,
        Pictures(),
        objective=lambda net, images, labels: nn.functional.cross_entropy(net(images), labels),
        make_optimizer=make,
        epochs=epochs,
        start_epoch=lambda epoch: {"frozen": policy.share(policy.apply(epoch))} if policy else None,
    )
    return net.state_dict(), curves["loss"]


def same(one, other):
    return all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.mark.parametrize("name", ["vgg", "resnet", "bottleneck"])
@pytest.mark.parametrize("norms", ["train", "prefix"])
@pytest.mark.parametrize("by", ["backward", "update"])
def test_freezing_with_probability_zero_is_the_baseline_bit_for_bit(name, norms, by):
    plain, losses = trained(networks()[name], None)
    net = networks()[name]
    policy = LayerOut(net, (0.0,) * len(freezable(net)), norms=norms, by=by)
    state, others = trained(net, policy)
    assert same(state, plain)
    assert others == losses


@pytest.mark.parametrize("name", ["vgg", "resnet"])
@pytest.mark.parametrize("norms", ["train", "prefix"])
def test_dropping_gradients_and_leaving_the_backward_pass_are_the_same_bits(name, norms):
    states = []
    for by in ("backward", "update"):
        net = networks()[name]
        states.append(trained(net, LayerOut(net, None, seed=3, redraw=True, norms=norms, by=by), 3)[0])
    assert same(*states)
    assert not same(states[0], trained(networks()[name], None, 3)[0])


@pytest.mark.parametrize("name", ["vgg", "resnet"])
def test_with_everything_frozen_a_step_changes_running_statistics_alone(name):
    net = networks()[name]
    before = {key: value.clone() for key, value in net.state_dict().items()}
    everything = torch.ones(len(freezable(net)), dtype=torch.bool)
    freeze(freezable(net), everything)
    freeze(*norms_of_prefix(net, everything))
    trained(net, None, 1)
    changed = {key for key, value in net.state_dict().items() if not torch.equal(value, before[key])}
    assert changed == {key for key in before if key.endswith(("running_mean", "running_var", "num_batches_tracked"))}


def test_with_all_layers_frozen_their_normalisation_goes_on_training():
    net = networks()["vgg"]
    before = {key: value.clone() for key, value in net.named_parameters()}
    freeze(freezable(net), torch.ones(16, dtype=torch.bool))
    trained(net, None, 1)
    changed = {key for key, value in net.named_parameters() if not torch.equal(value, before[key])}
    assert changed == {key for key in before if key.startswith("bn")}


def test_prefix_is_the_normalisation_behind_frozen_layers_alone():
    conv = [nn.Conv2d(1, 1, 1) for _ in range(3)]
    norm = [nn.BatchNorm2d(1) for _ in range(4)]
    net = nn.Sequential(norm[0], conv[0], norm[1], conv[1], norm[2], conv[2], norm[3])
    for frozen, below in (
        ([False, False, False], [False] * 4),
        ([True, False, True], [False, True, False, False]),
        ([True, True, False], [False, True, True, False]),
        ([False, True, True], [False] * 4),
    ):
        norms, found = norms_of_prefix(net, torch.tensor(frozen))
        assert norms == norm
        assert found.tolist() == below


def test_frozen_normalisation_trains_again():
    net = networks()["vgg"]
    policy = LayerOut(net, (0.9,) * 8 + (0.1,) * 8, norms="prefix", seed=0)
    seen = []
    for epoch in range(30):
        frozen = policy.apply(epoch)
        _, below = norms_of_prefix(net, frozen)
        assert [not net.get_submodule(f"bn{i}").weight.requires_grad for i in range(1, 14)] == below.tolist()
        seen.append(int(below.sum()))
    assert 0 in seen
    assert max(seen) > 2


def test_unknown_choices_are_refused():
    with pytest.raises(ValueError, match="norms 'never' is unknown; choose one of train, prefix"):
        LayerOut(shallow(), None, norms="never")
    with pytest.raises(ValueError, match="by 'hand' is unknown; choose one of backward, update"):
        LayerOut(shallow(), None, by="hand")
