import math

import pytest
import torch
from torch import nn

from mtlcore.balance import Block, GradNorm
from mtlcore.balance.gradnorm import FLOOR
from tests.balance.toy import ALL, Layers, flat, grads, toy, two_vectors


class Plain:
    """GradNorm as Algorithm 1 writes it down, with autograd through the weights."""

    def __init__(self, alpha, initial=None):
        self.weights = nn.Parameter(torch.ones(3))
        self.optimizer = torch.optim.Adam([self.weights], 0.025)
        self.alpha, self.initial = alpha, initial

    def step(self, losses, compared):
        """The gradient of the weighted sum of the losses is taken with the weights that this returns."""
        used = self.weights.detach().clone()
        gradients = [
            flat(torch.autograd.grad(weight * loss, compared, retain_graph=True, create_graph=True))
            for weight, loss in zip(self.weights, losses, strict=True)
        ]
        norms = torch.stack([gradient.norm() for gradient in gradients])
        values = torch.stack(losses).detach()
        self.initial = values if self.initial is None else self.initial
        rates = values / self.initial
        target = (norms.mean() * (rates / rates.mean()) ** self.alpha).detach()
        self.optimizer.zero_grad()
        (self.weights.grad,) = torch.autograd.grad((norms - target).abs().sum(), self.weights)
        self.optimizer.step()
        with torch.no_grad():
            self.weights.mul_(3 / self.weights.sum())
        return used


def batches(setting, steps):
    """Networks with changing data, twice the same, and how to walk them."""
    generator = torch.Generator().manual_seed(9)
    for _ in range(steps):
        count = 3 if "separate" in setting else 1
        inputs = [torch.randn(16, 5, generator=generator, dtype=torch.float64) for _ in range(count)]
        yield inputs, [torch.randint(3, (16,), generator=generator) for _ in ALL]


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.5])
@pytest.mark.parametrize("initial", [None, (math.log(3),) * 3])
@pytest.mark.parametrize(
    ("setting", "on"),
    [
        *((setting, "parameters") for setting in ("shared", "separate", "tree", "separate tree")),
        *((setting, "representations") for setting in ("shared", "tree")),
    ],
)
def test_training_is_that_of_the_algorithm_written_plainly(setting, on, alpha, initial):
    torch.manual_seed(1)
    one, other = Layers("tree" in setting), Layers("tree" in setting)
    other.load_state_dict(one.state_dict())
    plain = Plain(alpha, None if initial is None else torch.tensor(initial))
    balancer = GradNorm(3, alpha=alpha, on=on, initial="first" if initial is None else initial)
    seen = []
    for inputs, labels in batches(setting, 6):
        losses, representation = one.losses(inputs, labels, (1.0, 5.0, 0.3))
        used = plain.step(losses, [representation] if on == "representations" else list(one.blocks()[1].parameters))
        seen.append(used)
        gradients = torch.autograd.grad((torch.stack(losses) * used).sum(), flat_blocks(one))
        losses, representation = other.losses(inputs, labels, (1.0, 5.0, 0.3))
        numbers = balancer.backward(losses, other.blocks(), representation)
        assert [float(numbers[f"weight_{task}"]) for task in ALL] == pytest.approx((used / 3).tolist(), rel=1e-5)
        descend(one, gradients), descend(other, [parameter.grad for parameter in flat_blocks(other)], divided=True)
        torch.testing.assert_close(balancer.weights, plain.weights.detach(), rtol=1e-5, atol=1e-6)
        for mine, theirs in zip(flat_blocks(other), flat_blocks(one), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-7)
    assert float((seen[-1] - seen[0]).abs().max()) > 0.05


def flat_blocks(net):
    return [parameter for block in net.blocks() for parameter in block.parameters]


def descend(net, gradients, divided=False):
    """A step of gradient descent; what the mean has divided is multiplied back."""
    factors = [len(block.tasks) if divided else 1 for block in net.blocks() for _ in block.parameters]
    with torch.no_grad():
        for parameter, gradient, factor in zip(flat_blocks(net), gradients, factors, strict=True):
            parameter -= 0.1 * factor * gradient


def test_weights_make_the_norms_equal_where_training_stands_still():
    balancer = GradNorm(2, alpha=0.0, mean=False)
    for _ in range(120):
        found = two_vectors([3.0, 4.0], [0.0, 1.0])
        balancer.backward(found.losses, found.blocks)
    assert (balancer.weights * torch.tensor([5.0, 1.0])).tolist() == pytest.approx([5 / 3] * 2, rel=0.05)
    assert float(balancer.weights.sum()) == pytest.approx(2, rel=1e-5)


def test_a_task_that_lags_behind_gains_weight():
    found = toy(scales=(1.0, 1.0, 1.0))
    lagging = [float(loss.detach()) * factor for loss, factor in zip(found.losses, (1.0, 1.0, 0.2), strict=True)]
    balancer = GradNorm(3, alpha=3.0, initial=lagging)
    balancer.backward(found.losses, found.blocks)
    assert int(balancer.weights.argmax()) == 2


def test_first_losses_are_remembered():
    balancer = GradNorm(3)
    first = toy(seed=0)
    balancer.backward(first.losses, first.blocks)
    second = toy(seed=1)
    balancer.backward(second.losses, second.blocks)
    torch.testing.assert_close(balancer.initial, torch.stack(first.losses).detach().float())


def test_both_forms_give_the_same_step_of_the_network_at_first():
    one, other = toy("tree"), toy("tree")
    GradNorm(3).backward(one.losses, one.blocks)
    GradNorm(3, on="representations").backward(other.losses, other.blocks, other.representation)
    for block, found in zip(one.blocks, other.blocks, strict=True):
        torch.testing.assert_close(grads(found), grads(block), rtol=1e-10, atol=1e-15)


def test_weights_never_turn_negative():
    balancer = GradNorm(2, alpha=0.0, lr=5.0)
    for step in range(8):
        shared = torch.ones(2, requires_grad=True)
        losses = [shared.sum() * (1000.0 if step % 2 else 0.001), shared.sum()]
        balancer.backward(losses, [Block((shared,), (0, 1))])
        assert float(balancer.weights.min()) > FLOOR / 100
        assert float(balancer.weights.sum()) == pytest.approx(2, rel=1e-5)


def test_task_outside_the_compared_block_keeps_its_share():
    net = Layers(tree=True)
    ((inputs, labels),) = batches("tree", 1)
    for parameter in (*net.root.parameters(), *net.trunk.parameters()):
        parameter.requires_grad_(False)
    losses, _ = net.losses(inputs, labels, (1.0, 5.0, 0.3))
    balancer = GradNorm(3)
    balancer.backward(losses, net.blocks())
    weights = balancer.weights
    assert float(weights[0]) == pytest.approx(1, abs=0.02)  # but for the rescaling
    assert float(weights[1]) < 1 < float(weights[2])


def test_no_shared_block_leaves_the_weights():
    found = toy()
    balancer = GradNorm(3)
    private = found.blocks[2:]
    numbers = balancer.backward(found.losses, private)
    assert balancer.weights.tolist() == [1, 1, 1]
    assert [float(number) for number in numbers.values()] == [1, 1, 1]


def test_wrong_options_and_inputs_are_refused():
    with pytest.raises(ValueError, match="on 'gradients' is unknown; choose parameters or representations"):
        GradNorm(3, on="gradients")
    with pytest.raises(ValueError, match="initial 'log' is unknown; choose 'first', or give one loss for each task"):
        GradNorm(3, initial="log")
    with pytest.raises(ValueError, match=r"initial \(1.0, 2.0\) is not one positive loss for each of 3 tasks"):
        GradNorm(3, initial=(1.0, 2.0))
    with pytest.raises(ValueError, match="tasks and lr must be positive, got 0 and 0.025"):
        GradNorm(0)
    found = toy("separate")
    with pytest.raises(ValueError, match='no common output: use on="parameters" there'):
        GradNorm(3, on="representations").backward(found.losses, found.blocks)
    with pytest.raises(ValueError, match="3 losses for a balancer of 2 tasks"):
        GradNorm(2).backward(found.losses, found.blocks)
