"""BlockDrop finds what has been planted: blocks that do nothing, and blocks that only some images need."""

import pytest
import torch
from torch import nn

from mtlcore.nets.resnet_cifar import ResNet
from mtlcore.prune.blockdrop import BlockDrop


class Planted(nn.Module):
    """A network that is right where an image's own two blocks, and the fourth one, are kept; five blocks."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(nn.Identity() for _ in range(5))
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, images, keep):
        kind = images[:, 0] > 0
        own = torch.where(kind, keep[:, 0] * keep[:, 1], keep[:, 2])
        right = own * keep[:, 3]
        return self.scale * torch.stack([1 - right, right], 1)


WANTED = torch.tensor([[0.0, 0, 1, 1, 0], [1, 1, 0, 1, 0]])  # of images of the first and of the second kind


def teach(both, steps, *, batch=64, loss=BlockDrop.policy_loss, lr=0.05):
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(both.policy.parameters(), lr)
    both.start(0, both.blocks)
    for _ in range(steps):
        images = torch.randn(batch, 2, generator=generator)
        optimizer.zero_grad()
        loss(both, images, torch.ones(batch, dtype=torch.long)).backward()
        optimizer.step()


def planted(seed=0):
    torch.manual_seed(seed)
    policy = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 5))
    return BlockDrop(Planted(), policy, penalty=-2.0, seed=seed)


@pytest.mark.parametrize("loss", [BlockDrop.policy_loss, BlockDrop.joint_loss])
def test_a_planted_policy_is_found_image_by_image(loss):
    both = planted()
    teach(both, 250, loss=loss)
    images = torch.randn(200, 2)
    images = images[images[:, 0].abs() > 0.3]
    keep = both.choice(both.probabilities(images))
    right = (keep == WANTED[(images[:, 0] > 0).long()]).float().mean()
    assert float(right) > 0.95
    assert both(images).argmax(1).float().mean() > 0.95
    share = float(keep.mean())
    assert share == pytest.approx(float(WANTED[(images[:, 0] > 0).long()].mean()), abs=0.05)


def test_blocks_outside_the_curriculum_are_kept_and_their_decision_does_not_learn():
    both = planted()
    both.start(0, 2)
    probabilities = torch.zeros(3, 5)
    assert both.choice(probabilities).tolist() == [[1, 1, 1, 0, 0]] * 3
    before = both.policy[2].weight.clone()
    optimizer = torch.optim.SGD(both.policy.parameters(), 1.0)
    both.policy_loss(torch.randn(64, 2), torch.ones(64, dtype=torch.long)).backward()
    optimizer.step()
    changed = (both.policy[2].weight != before).any(1)
    assert changed.tolist() == [False, False, False, True, True]
    assert both.network.scale.grad is None


def test_a_residual_network_loses_the_blocks_that_do_nothing():
    torch.manual_seed(0)
    net = ResNet(2, width=4)
    idle = (1, 3, 5)
    for index, block in enumerate(net.blocks):
        last = block.branch[-1]
        nn.init.constant_(last.weight, 0.0 if index in idle else 3.0)
    net.eval().requires_grad_(False)
    images = torch.randn(32, 3, 16, 16)
    labels = net(images).argmax(1)
    both = BlockDrop(net, OneChoice(6), penalty=-1.0)
    both.start(0, 6)
    optimizer = torch.optim.Adam(both.policy.parameters(), 0.1)
    for _ in range(80):
        optimizer.zero_grad()
        both.policy_loss(images, labels).backward()
        optimizer.step()
    keep = both.choice(both.probabilities(images))
    assert keep[0, list(idle)].tolist() == [0, 0, 0]
    needed = torch.tensor([1.0, 0, 1, 0, 1, 0]).expand(32, 6)
    assert both._reward(images, labels, keep).mean() >= both._reward(images, labels, needed).mean()


class OneChoice(nn.Module):
    """A policy that decides the same for every image."""

    def __init__(self, blocks):
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(blocks))

    def forward(self, images):
        return self.logits.expand(len(images), -1)


def test_draws_depend_on_seed_and_epoch_alone():
    def draws(seed, epoch):
        both = planted(seed)
        both.start(epoch, 5)
        return both._draw(torch.full((20, 5), 0.5)).tolist()

    assert draws(0, 1) == draws(0, 1)
    assert draws(0, 1) != draws(0, 2)
    assert draws(0, 1) != draws(1, 1)


def test_joint_finetuning_trains_network_and_policy():
    torch.manual_seed(0)
    net = ResNet(1, width=2).train()
    both = BlockDrop(net, nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 3)))
    statistics = net.blocks[0].branch.bn1.num_batches_tracked.clone()
    both.joint_loss(torch.randn(16, 3, 16, 16), torch.randint(10, (16,))).backward()
    assert net.conv.weight.grad.abs().sum() > 0
    assert both.policy[1].weight.grad.abs().sum() > 0
    assert net.training
    assert net.blocks[0].branch.bn1.num_batches_tracked == statistics + 1  # the best guess is no training step
