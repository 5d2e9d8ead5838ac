import copy
import pickle

import pytest
import torch
from torch import nn

from mtlcore.kernels.prox import group_soft_threshold, soft_threshold
from mtlcore.kernels.prox_metric import metric_group_soft_threshold
from mtlcore.prune import ProxAdam, channels, penalised, sparsity

SETTINGS = [(groups, metric) for groups in ("input_channel", "filter", "element") for metric in ("identity", "adam")]


def small_net(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 6, 3), nn.Flatten(), nn.Linear(96, 2)
    )


def gradients(net, seed):
    generator = torch.Generator().manual_seed(seed)
    for parameter in net.parameters():
        parameter.grad = 0.1 * torch.randn(parameter.shape, generator=generator).to(parameter)


def optimiser(net, **penalty):
    return ProxAdam(penalised(net, net[:4], **penalty), 1e-2, weight_decay=0.1)


def train(net, optimizer, steps, first=0):
    for step in range(first, first + steps):
        gradients(net, step)
        optimizer.step()


def proximal(weight, moment, threshold, groups, metric):
    """The step of a weight, by the kernels that are tested against solvers."""
    size = {"input_channel": 1, "filter": 0}
    if metric == "adam":
        metric = moment.sqrt() + 1e-8
    if groups == "element":
        return soft_threshold(weight, torch.as_tensor(threshold / (1 if isinstance(metric, str) else metric)))
    dim = size[groups]
    threshold = threshold * (weight.numel() / weight.shape[dim]) ** 0.5
    if isinstance(metric, str):
        return group_soft_threshold(weight, threshold, dim=dim)
    return metric_group_soft_threshold(weight, metric, threshold, dim=dim)


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(("groups", "metric"), SETTINGS)
def test_a_step_is_adams_and_then_the_proximal_one(groups, metric, channels_last):
    net, strength = small_net(), 0.5 if metric == "identity" else 0.005
    if channels_last:
        net.to(memory_format=torch.channels_last)
    plain = copy.deepcopy(net)
    ours = optimiser(net, strength=strength, groups=groups, metric=metric)
    theirs = torch.optim.AdamW(plain.parameters(), 1e-2, weight_decay=0.1, fused=True)
    for step in range(3):
        gradients(net, step)
        gradients(plain, step)
        ours.step()
        theirs.step()
        with torch.no_grad():
            for index in (0, 3):
                weight = plain[index].weight
                moment = theirs.state[weight]["exp_avg_sq"]
                weight.copy_(proximal(weight, moment, 1e-2 * strength, groups, metric))
        for one, other in zip(net.parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-8)
            assert torch.equal(one == 0, other == 0)


@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize(("groups", "metric"), SETTINGS)
def test_strength_zero_is_adam_to_the_bit(groups, metric, decoupled):
    net, plain = small_net(), small_net()
    ours = ProxAdam(net.parameters(), 1e-2, weight_decay=0.1, decoupled=decoupled, groups=groups, metric=metric)
    kind = torch.optim.AdamW if decoupled else torch.optim.Adam
    theirs = kind(plain.parameters(), 1e-2, weight_decay=0.1, fused=True)
    train(net, ours, 4)
    train(plain, theirs, 4)
    assert all(torch.equal(one, other) for one, other in zip(net.parameters(), plain.parameters(), strict=True))


@pytest.mark.parametrize("metric", ["identity", "adam"])
def test_groups_become_exactly_zero_and_may_come_back(metric):
    net = small_net()
    optimizer = optimiser(net, strength=1.0, metric=metric)
    train(net, optimizer, 60)
    assert sparsity(net[:4]).inputs == 100.0
    assert all(not channel.living_parameters for channel in channels(net).values())
    assert all(parameter.isfinite().all() for parameter in net.parameters())
    optimizer.param_groups[0]["strength"] = 0.0
    train(net, optimizer, 1)
    assert sparsity(net[:4]).parameters == 0.0


def test_only_what_is_named_is_penalised():
    net = small_net()
    train(net, optimiser(net, strength=10.0), 20)
    assert [bool((parameter == 0).all()) for parameter in net.parameters()] == [True, False, False, True] + 3 * [False]


def test_the_learning_rate_scales_the_threshold():
    weight = nn.Parameter(torch.full((1, 1, 2, 2), 0.5))
    optimizer = ProxAdam([weight], 1e-2, strength=1.0)
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 10.0)
    weight.grad = torch.zeros_like(weight)
    optimizer.step()
    # |w| = 1 and n = 4: shorter by 10 times the rate times √4
    torch.testing.assert_close(weight.norm().item(), 1 - 10 * 1e-2 * 2)


def test_state_survives_a_checkpoint_and_a_copy():
    net = small_net()
    optimizer = optimiser(net, strength=0.3, metric="adam")
    train(net, optimizer, 3)
    again = small_net(1)
    again.load_state_dict(net.state_dict())
    restored = optimiser(again, strength=9.0)
    restored.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    copied, second = copy.deepcopy((net, optimizer))
    for one, other in ((net, optimizer), (again, restored), (copied, second)):
        train(one, other, 3, first=3)
    for one, other, third in zip(net.parameters(), again.parameters(), copied.parameters(), strict=True):
        assert torch.equal(one, other)
        assert torch.equal(one, third)
    assert restored.param_groups[0]["strength"] == 0.3
    assert sparsity(net[:4]).inputs > 0


@pytest.mark.parametrize("again", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_takes_more_parameter_groups(again):
    net = small_net()
    both = again((net, ProxAdam(net[0].parameters(), 1e-2, strength=1e4)))
    for one, optimizer in ((net, ProxAdam(net[0].parameters(), 1e-2, strength=1e4)), both):
        optimizer.add_param_group({"params": list(one[3].parameters())[:1]})
        assert optimizer.param_groups[1]["strength"] == 1e4
        train(one, optimizer, 2)
        assert sparsity(one[:4]).inputs == 100.0
    for one, other in zip(net.parameters(), both[0].parameters(), strict=True):
        assert torch.equal(one, other)


def test_bf16_autocast_trains_to_zeros():
    torch.manual_seed(0)
    net = small_net()
    optimizer = optimiser(net, strength=0.2)
    for _ in range(60):
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = net(torch.rand(4, 3, 8, 8)).square().mean()
        loss.backward()
        optimizer.step()
    assert net[0].weight.dtype == torch.float32
    assert sparsity(net[:4]).inputs > 50


def test_what_has_no_gradient_is_left_alone():
    net = small_net()
    before = net[0].weight.clone()
    optimizer = optimiser(net, strength=100.0)
    gradients(net, 0)
    net[0].weight.grad = None
    optimizer.step()
    assert torch.equal(net[0].weight, before)
    assert (net[3].weight == 0).all()


def test_hooks_run_once_a_step_and_behind_the_proximal_step():
    torch.optim.Adam(small_net().parameters())  # torch then wraps the step of Adam itself
    net = small_net()
    optimizer = optimiser(net, strength=1e4)
    seen = []
    optimizer.register_step_post_hook(lambda *_: seen.append(sparsity(net[:4]).inputs))
    train(net, optimizer, 2)
    assert seen == [100.0, 100.0]


def test_a_closure_is_evaluated():
    net = small_net()
    optimizer = optimiser(net, strength=0.1)

    def closure():
        loss = net(torch.ones(2, 3, 8, 8)).square().mean()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": "row"}, "groups 'row' is unknown; choose one of input_channel, filter, element"),
        ({"metric": "sgd"}, "metric 'sgd' is unknown; choose one of identity, adam"),
        ({"strength": -1.0}, "the strength of a penalty is 0 or more, got -1.0"),
        ({"strength": float("nan")}, "the strength of a penalty is 0 or more, got nan"),
        ({"metric": "adam", "eps": 0.0}, "metric 'adam' divides by"),
        ({"strength": 1.0}, r"a parameter of shape \(8,\) has no input channels; put it into"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        ProxAdam(small_net().parameters(), **options)


def test_a_part_without_convolutions_is_refused():
    with pytest.raises(ValueError, match="Linear has no convolution to penalise"):
        penalised(small_net(), nn.Linear(2, 2), strength=1.0)


def test_a_mistyped_option_of_a_penalty_is_refused():
    with pytest.raises(ValueError, match="'strenght' is no option .*; did you mean strength?"):
        penalised(small_net(), small_net(), strenght=1.0)
    with pytest.raises(ValueError, match="'x' is no option .*; choose among .*metric"):
        penalised(small_net(), small_net(), x=1.0)
