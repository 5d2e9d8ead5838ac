"""What distinctiveness pruning of a multi-task encoder promises: exact slicing, and gradients as they are written."""

from __future__ import annotations

import copy
import dataclasses
import math

import pytest
import torch
import torch.nn.functional as F

from mtlcore.nets.backbones import BACKBONES, backbone
from mtlcore.nets.encoder import Encoder
from mtlcore.prune import Distinctiveness, observe
from mtlcore.recipes.singh import grids, running
from mtlcore.recipes.singh.config import Config
from mtlcore.recipes.singh.objective import balancer, objective, optimizer
from mtlcore.recipes.singh.pruning import hidden_layer

CLASSES = {"color": 12, "type": 11, "vehicle": 40}


def make(name="thin resnet-18", hidden=24, seed=0, **options):
    torch.manual_seed(seed)
    return Encoder(backbone(name), CLASSES, hidden=hidden, **options)


def batch(count=40, seed=1, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    labels = [torch.randint(classes, (count,), generator=generator) for classes in CLASSES.values()]
    return torch.rand(count, 3, 32, 32, generator=generator, dtype=dtype), *labels


def observed(net, images):
    with observe(net, hidden_layer(net)) as gram:
        net(images)
    return gram


def outputs(net, images):
    with torch.no_grad():
        return net.eval()(images)


# 1. slicing is exact


@pytest.mark.parametrize("relu", ["none", "between", "after"])
@pytest.mark.parametrize("coefficient", ["cosine", "projection"])
def test_equal_duplicates_leave_every_output_as_it_was(relu, coefficient):
    net = make(relu=relu).double().train()
    images = batch(dtype=torch.float64)[0]
    with torch.no_grad():  # all units are active on some images behind a ReLU too
        net.hidden.bias.fill_(1.0)
        net.norm.bias.fill_(1.0)
    net(images)
    copies, opposed = {7: 3, 11: 3, 20: 5}, {} if relu == "after" else {15: 6}
    with torch.no_grad():
        for there, source in (copies | opposed).items():
            sign = -1 if there in opposed else 1
            for layer in (net.hidden, net.norm):
                layer.weight[there], layer.bias[there] = layer.weight[source], layer.bias[source]
            net.norm.running_mean[there] = net.norm.running_mean[source]
            net.norm.running_var[there] = net.norm.running_var[source]
            net.norm.weight[there] *= sign
            net.norm.bias[there] *= sign
    before = outputs(net, images)
    method = Distinctiveness(
        hidden_layer(net),
        similar=1e-3,
        complementary=180 - 1e-3,
        coefficient=coefficient,
        opposite="merge",
        take="until_none",
        survivor="larger",
    )
    found = method.prune(observed(net, images))
    method.compact()
    stay = set(range(24)) - set(found.removed.tolist())
    assert [len(stay & group) for group in ({3, 7, 11}, {5, 20})] == [1, 1]
    assert len(stay & {6, 15}) == (2 if relu == "after" else 1)
    assert net.size == 24 - len(found.removed)
    for task, old in before.items():
        assert (outputs(net, images)[task] - old).abs().max() < 1e-6


@pytest.mark.parametrize("degrees", [1.0, 5.0, 15.0, 29.0, 151.0, 175.0])
@pytest.mark.parametrize("ratio", [1.0, 1.7])
@pytest.mark.parametrize("coefficient", ["cosine", "projection"])
def test_at_an_angle_the_outputs_change_by_what_is_derived(degrees, ratio, coefficient):
    """Removing y for x changes the outputs by (h_y - c h_x) w_y, of rank 1, whose norm is |h_y - c h_x| |w_y|.

    With c = cos θ |h_y|/|h_x| the first factor is |h_y| sin θ; with c = cos θ its square is
    |h_y|² sin² θ + cos² θ (|h_x| - |h_y|)², the same where the norms are equal.
    """
    net = make().double().eval()
    generator = torch.Generator().manual_seed(3)
    count, theta = 50, math.radians(degrees)
    units = torch.randn(count, 24, generator=generator, dtype=torch.float64)
    basis = torch.linalg.qr(units[:, :2]).Q
    units = torch.linalg.qr(units).Q * 5  # right angles between all others
    units[:, 0] = 4 * basis[:, 0]
    units[:, 1] = 4 / ratio * (math.cos(theta) * basis[:, 0] + math.sin(theta) * basis[:, 1])
    units[:, 2:] -= basis @ (basis.T @ units[:, 2:])
    net.units = lambda images: units
    images = torch.zeros(count, 3, 32, 32, dtype=torch.float64)
    before = {task: value.clone() for task, value in outputs(net, images).items()}
    weights = {task: d.weight[:, 1].detach().clone() for task, d in zip(net.tasks, net.decoders, strict=True)}
    method = Distinctiveness(
        hidden_layer(net), similar=30, complementary=150, coefficient=coefficient, opposite="merge", survivor="first"
    )
    assert method.prune(observed(net, images)).removed.tolist() == [1]
    first, second = float(units[:, 0].norm()), float(units[:, 1].norm())
    left = second**2 * math.sin(theta) ** 2
    if coefficient == "cosine":  # the sign of the cosine is in the coefficient: lengths are compared, not directions
        left += math.cos(theta) ** 2 * (first - second) ** 2
    for task, old in before.items():
        change = float((outputs(net, images)[task] - old).norm())
        assert change == pytest.approx(math.sqrt(left) * float(weights[task].norm()), rel=1e-9)
        if ratio == 1 or coefficient == "projection":
            assert change <= second * math.sin(theta) * float(weights[task].norm()) * (1 + 1e-9)


def in_clusters(count, hidden, spread, seed):
    """Patterns of several lengths around six directions, opposite ones among them: enough for several merges."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(count, 6, generator=generator, dtype=torch.float64)
    chosen = torch.arange(hidden) % 6
    signs = 1 - 2 * (torch.arange(hidden) % 3 == 0).double()
    units = centres[:, chosen] * signs + spread * torch.randn(count, hidden, generator=generator, dtype=torch.float64)
    return units * (0.5 + torch.rand(hidden, generator=generator, dtype=torch.float64))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("spread", [0.05, 0.3])
@pytest.mark.parametrize("survivor", ["larger", "first"])
def test_changes_of_several_merges_add_up_at_most(seed, spread, survivor):
    """The triangle inequality over all merges of a pruning, until no pair is left.

    Of a node y that goes for x, all outputs change by |v_y| |h_y| sin θ, v_y being what its outgoing weights are by
    then: its own, and what it has taken over from others before. Where nobody goes that has taken something over,
    these are its own.
    """
    net = make(seed=seed).double().eval()
    units = in_clusters(60, 24, spread, seed)
    net.units = lambda images: units
    images = torch.zeros(60, 3, 32, 32, dtype=torch.float64)
    before = torch.cat([*outputs(net, images).values()], 1)
    left = torch.cat([decoder.weight.detach() for decoder in net.decoders]).clone()  # (outputs, nodes)
    method = Distinctiveness(
        hidden_layer(net),
        similar=30,
        complementary=150,
        coefficient="projection",
        opposite="merge",
        take="until_none",
        survivor=survivor,
    )
    found = method.prune(observed(net, images))
    assert len(found.removed) > 6
    lengths = units.norm(dim=0)
    bound = 0.0
    for partner, removed in found.pairs.units.tolist():  # in the order in which they were taken
        cosine = float(units[:, removed] @ units[:, partner] / lengths[removed] / lengths[partner])
        assert abs(cosine) >= math.cos(math.radians(30)) - 1e-9
        bound += float(left[:, removed].norm() * lengths[removed]) * math.sqrt(1 - min(1.0, cosine**2))
        left[:, partner] += cosine * float(lengths[removed] / lengths[partner]) * left[:, removed]
        left[:, removed] = 0
    after = torch.cat([*outputs(net, images).values()], 1)
    change = float((after - before).norm())
    assert change <= bound * (1 + 1e-9)
    assert change > 0
    made = torch.cat([decoder.weight.detach() for decoder in net.decoders])
    torch.testing.assert_close(made, left)  # the merges retold are those that were made


# 2. training goes on as that of a network built small


@pytest.mark.parametrize("form", ["loss", "decoupled"])
def test_after_slicing_training_is_that_of_a_network_built_small_bit_for_bit(form):
    config = Config(seed=0, source="twin", l2_form=form)
    net = make()
    adam, balance = optimizer(config, net), balancer(config)

    def steps(net, adam, balance, count):
        losses = []
        net.train()
        for number in range(count):
            adam.zero_grad(set_to_none=True)
            found = objective(net, config.hardest, *batch(16, seed=number))
            balance.backward(found.tasks, found.blocks)
            adam.step()
            losses.append(torch.stack(list(found.tasks.values())).detach())
        return torch.stack(losses)

    steps(net, adam, balance, 3)
    method = Distinctiveness(
        hidden_layer(net), similar=60, complementary=120, coefficient="cosine", opposite="merge", take="until_none"
    )
    method.prune(observed(net, batch()[0]), adam)
    method.compact(adam)
    assert 1 < net.size < 24
    built = make(hidden=net.size, seed=5)
    built.load_state_dict(copy.deepcopy(net.state_dict()))
    fresh, other = optimizer(config, built), balancer(config)
    fresh.load_state_dict(copy.deepcopy(adam.state_dict()))
    other.load_state_dict(balance.state_dict())
    assert torch.equal(steps(net, adam, balance, 4), steps(built, fresh, other, 4))
    for one, small in zip(net.state_dict().values(), built.state_dict().values(), strict=True):
        assert torch.equal(one, small)


# 3. PCGrad with mining, as written


def literal(net, images, labels, share, order):
    """Section 2.2 and Eq. 16 step by step: rank samples, average the hardest, project one task after the other."""
    logits = net(images)
    tables = [
        -F.log_softmax(logits[task], 1)[torch.arange(len(images)), own]
        for task, own in zip(net.tasks, labels, strict=True)
    ]
    together = sum(tables)  # Eq. 1, all λ = 1
    ranked = sorted(range(len(images)), key=lambda sample: -float(together[sample].detach()))
    kept = ranked[: math.floor(share * len(images) + 0.5)]
    losses = [sum(table[sample] for sample in kept) / len(kept) for table in tables]
    shared = [*net.backbone.parameters(), *net.hidden.parameters(), *net.norm.parameters()]
    gradients = [
        torch.cat([g.flatten() for g in torch.autograd.grad(loss, shared, retain_graph=True)]) for loss in losses
    ]
    projected = []
    for i, gradient in enumerate(gradients):
        own = gradient.clone()
        for j in order[i]:
            product = own @ gradients[j]
            if j != i and product < 0:
                own = own - product / (gradients[j] @ gradients[j]) * gradients[j]
        projected.append(own)
    heads = [
        torch.autograd.grad(loss, list(decoder.parameters()), retain_graph=True)
        for loss, decoder in zip(losses, net.decoders, strict=True)
    ]
    return sum(projected), heads, gradients


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.7, 0.25, 1.0])
def test_surgery_with_mining_is_the_literal_one(seed, share):
    config = Config(seed=seed, source="twin")
    net = make(seed=seed).double()
    images, *labels = batch(12, seed=seed, dtype=torch.float64)
    with torch.no_grad():  # tasks that pull the shared layer apart
        net.decoders[1].weight.copy_(-net.decoders[0].weight[:11])
    labels[1] = labels[0].clamp(max=10)
    ranks = torch.rand(3, 3, generator=torch.Generator().manual_seed(seed)).tolist()
    order = [sorted(range(3), key=row.__getitem__) for row in ranks]
    wanted, heads, gradients = literal(net, images, labels, share, order)
    assert float(gradients[0] @ gradients[1]) < 0  # there is something to project
    found = objective(net, share, images, *labels)
    balancer(config).backward(found.tasks, found.blocks)
    shared = net.groups()[0][0]
    got = torch.cat([parameter.grad.flatten() for parameter in shared])
    assert float((got - wanted).norm() / wanted.norm()) < 1e-6
    for decoder, own in zip(net.decoders, heads, strict=True):
        for parameter, gradient in zip(decoder.parameters(), own, strict=True):
            torch.testing.assert_close(parameter.grad, gradient, rtol=1e-6, atol=1e-12)


def test_weights_of_the_tasks_count_before_the_hardest_samples_are_chosen():
    """Eq. 1 with its λ: they weigh the losses, and with them which samples of the batch are the hardest."""
    net = make().double()
    images, *labels = batch(12, dtype=torch.float64)
    weights = (0.1, 1.0, 7.0)
    each = [
        F.cross_entropy(net(images)[task], own, reduction="none") for task, own in zip(net.tasks, labels, strict=True)
    ]
    weighed = [weight * one for weight, one in zip(weights, each, strict=True)]
    kept, plain = (sum(some).topk(8).indices for some in (weighed, each))  # 70 % of 12
    assert set(kept.tolist()) != set(plain.tolist())
    found = objective(net, 0.7, images, *labels, weights=weights)
    for one, loss in zip(weighed, found.tasks.values(), strict=True):
        torch.testing.assert_close(loss, one[kept].mean())
    same = objective(net, 0.7, images, *labels, weights=(1.0, 1.0, 1.0))
    for loss, other in zip(same.tasks.values(), objective(net, 0.7, images, *labels).tasks.values(), strict=True):
        assert torch.equal(loss, other)


def test_the_penalty_in_the_loss_is_the_gradient_of_a_squared_norm():
    """Adam's own decay, twice the coefficient, is what a term l2·|w|² of the loss gives."""
    config = Config(seed=0, source="twin")
    net, other = make(), make()
    found = objective(net, 0.7, *batch())
    balancer(config).backward(found.tasks, found.blocks)
    optimizer(config, net).step()
    found = objective(other, 0.7, *batch())
    balancer(config).backward(found.tasks, found.blocks)
    penalty = config.l2 * sum(parameter.square().sum() for parameter in other.parameters())
    for parameter, gradient in zip(
        other.parameters(), torch.autograd.grad(penalty, list(other.parameters())), strict=True
    ):
        parameter.grad += gradient
    torch.optim.Adam(other.parameters(), config.lr).step()
    for one, same in zip(net.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(one, same, rtol=1e-5, atol=1e-6)


# 4. every backbone takes a step at the document's own size


@pytest.mark.slow
@pytest.mark.parametrize("name", list(BACKBONES))
def test_a_step_of_each_backbone_at_full_size(name, monkeypatch):
    config = dict(grids.table_2("full", "twin", 1, "paper"))[name]
    assert (config.backbone, config.size, config.hidden, config.hardest) == (name, 256, 128, 0.7)
    config = dataclasses.replace(config, weights="none", bf16=False)  # nothing is downloaded, and this is a CPU
    counts = {"color": 12, "type": 11, "vehicle": 1362, "camera": 20}
    monkeypatch.setattr(running, "pictures", lambda config, split: None)
    monkeypatch.setattr(running, "class_counts", lambda found: counts)
    net = running.build(config)
    assert net.size == config.hidden
    images = torch.rand(3, 3, config.size, config.size)
    labels = [torch.tensor([0, 1, 2]) for _ in config.tasks]
    adam, balance = optimizer(config, net), balancer(config)
    first = net.hidden.weight.detach().clone()
    found = objective(net, config.hardest, images, *labels, weights=config.lambdas)
    numbers = balance.backward(found.tasks, found.blocks)
    adam.step()
    assert set(numbers) == {"weight_color", "weight_type", "weight_vehicle"}
    assert not torch.equal(first, net.hidden.weight)
    assert all(parameter.isfinite().all() for parameter in net.parameters())
    method = Distinctiveness(
        hidden_layer(net), similar=30, complementary=150, coefficient="cosine", opposite="merge", take="until_none"
    )
    method.prune(observed(net, images), adam)
    method.compact(adam)
    assert outputs(net, images)["vehicle"].shape == (3, 1362)
