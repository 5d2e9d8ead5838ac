import pytest
import torch

from mtlcore.nets.resnet_cifar import ResNet
from mtlcore.prune.stochastic_depth import StochasticDepth, expected_depth, linear_decay


def test_survival_falls_linearly_to_the_last_block():
    survival = linear_decay(54)
    assert survival[-1] == 0.5
    assert survival[0] == pytest.approx(1 - 0.5 / 54)
    steps = torch.tensor(survival).diff()
    assert torch.allclose(steps, steps[0].expand(53), atol=1e-6)


@pytest.mark.parametrize("blocks", [1, 6, 54])
def test_expected_depth_is_three_quarters_of_the_blocks_less_a_quarter_of_one(blocks):
    assert expected_depth(linear_decay(blocks)) == pytest.approx((3 * blocks - 1) / 4)  # [huang2016, Section 3]


def test_mean_depth_is_the_expected_one():
    depth, steps = StochasticDepth(54, seed=1), 4000
    kept = torch.tensor([depth.draw() for _ in range(steps)])
    survival = torch.tensor(depth.survival)
    variance = float((survival * (1 - survival)).sum())
    assert float(kept.sum(1).mean()) == pytest.approx(
        expected_depth(depth.survival), abs=4.5 * (variance / steps) ** 0.5
    )
    assert depth.depth == pytest.approx(float(kept.sum(1).mean()))
    error = (survival * (1 - survival) / steps).sqrt()
    assert bool(((kept.mean(0) - survival).abs() < 4.5 * error + 1e-9).all())
    assert float(torch.corrcoef(kept[:, [20, 50]].T)[0, 1]) == pytest.approx(0, abs=4.5 / steps**0.5)


def test_draws_depend_on_seed_and_epoch_alone():
    def draws(seed, epoch):
        depth = StochasticDepth(10, seed=seed)
        depth.draw()
        depth.start(epoch)
        return [depth.draw() for _ in range(5)]

    assert draws(0, 3) == draws(0, 3)
    assert draws(0, 3) != draws(0, 4)
    assert draws(0, 3) != draws(1, 3)


def test_extremes():
    assert StochasticDepth(5, last=1.0).draw() == [1.0] * 5
    assert StochasticDepth(1, last=0.0).draw() == [0.0]
    assert StochasticDepth(4).depth == expected_depth(linear_decay(4))
    with pytest.raises(ValueError, match=r"survival probability of the last block is 1.5; it must lie in 0\.\.1"):
        StochasticDepth(5, last=1.5)


def test_a_dropped_block_gets_no_gradient_and_its_statistics_stay():
    torch.manual_seed(0)
    net = ResNet(1, width=2).train()
    before = net.blocks[1].branch.bn1.running_mean.clone()
    net(torch.randn(4, 3, 32, 32), [1.0, 0.0, 1.0]).sum().backward()
    assert all(parameter.grad is None for parameter in net.blocks[1].branch.parameters())
    assert torch.equal(net.blocks[1].branch.bn1.running_mean, before)
    assert net.blocks[0].branch.conv1.weight.grad is not None
