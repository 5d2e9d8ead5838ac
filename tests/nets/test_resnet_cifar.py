import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mtlcore.nets.resnet_cifar import ResNet, he
from mtlcore.prune.layerout import freezable


def parameters(net):
    return sum(parameter.numel() for parameter in net.parameters())


def test_parameters_are_those_of_the_document_and_of_the_published_code():
    with torch.device("meta"):
        assert parameters(ResNet(18)) == 1_730_714
        assert parameters(ResNet(18, kind="bottleneck")) == 1_704_154
        assert parameters(ResNet(18, kind="bottleneck", classes=100)) == 1_727_284
        assert len(freezable(ResNet(18, kind="bottleneck"))) == 167
        assert len(freezable(ResNet(18))) == 110 + 2
    with pytest.raises(ValueError, match="blocks of kind 'round' are unknown; choose one of basic, bottleneck"):
        ResNet(1, kind="round")


@pytest.mark.parametrize("kind", ["basic", "bottleneck"])
def test_a_pass_is_the_formula_written_out(kind):
    torch.manual_seed(0)
    net, images = ResNet(2, kind=kind, width=4).eval(), torch.randn(3, 3, 32, 32)
    hidden = F.relu(net.bn(net.conv(images)))
    for block in net.blocks:
        hidden = F.relu(block.shortcut(hidden) + block.branch(hidden))
    assert hidden.shape == (3, 16 * (4 if kind == "bottleneck" else 1), 8, 8)
    assert torch.allclose(net(images), net.fc(hidden.mean((2, 3))))


def test_keeping_every_block_is_the_plain_network():
    torch.manual_seed(0)
    net, images = ResNet(2, width=4).eval(), torch.randn(4, 3, 32, 32)
    plain = net(images)
    assert torch.equal(net(images, [1.0] * 6), plain)
    assert torch.allclose(net(images, torch.ones(4, 6)), plain, atol=1e-6)
    with torch.no_grad():
        assert torch.allclose(net(images, torch.ones(4, 6)), plain, atol=1e-6)


def test_blocks_left_out_are_identities_and_are_not_computed():
    torch.manual_seed(0)
    net, images = ResNet(2, width=4).eval(), torch.randn(4, 3, 32, 32)
    calls = []
    for index, block in enumerate(net.blocks):
        block.branch.register_forward_hook(lambda *_, index=index: calls.append(index))
    dropped = net(images, [1.0, 0.0, 1.0, 0.0, 1.0, 1.0])
    assert calls == [0, 2, 4, 5]
    for index in (1, 3):
        nn.init.zeros_(net.blocks[index].branch[-1].weight)
    assert torch.allclose(dropped, net(images), atol=1e-6)


def test_every_image_has_its_own_blocks_with_and_without_gradients():
    torch.manual_seed(0)
    net, images = ResNet(2, width=4).eval(), torch.randn(5, 3, 32, 32)
    keep = torch.tensor(
        [[1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0], [1, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 1, 1]]
    )
    alone = torch.cat([net(image[None], list(map(float, row))) for image, row in zip(images, keep, strict=True)])
    assert torch.allclose(net(images, keep.float()), alone, atol=1e-5)
    seen = []
    net.blocks[4].branch.register_forward_hook(lambda _module, given, _out: seen.append(len(given[0])))
    with torch.no_grad():
        assert torch.allclose(net(images, keep.float()), alone, atol=1e-5)
    assert seen == [3]  # only the images that keep the block


def test_a_scaled_branch_is_the_expectation_of_a_dropped_one_before_the_activation():
    torch.manual_seed(0)
    block, x = ResNet(1, width=4).blocks[0].eval(), torch.rand(2, 4, 8, 8) + 5  # so large that ReLU does nothing
    mean = 0.25 * block(x, 1.0) + 0.75 * block(x, 0.0)
    assert torch.allclose(block(x, 0.25), mean, atol=1e-5)


def test_he_makes_the_spread_of_a_convolution_that_of_its_outputs():
    torch.manual_seed(0)
    net = ResNet(1, width=32)
    fc = net.fc.weight.clone()
    he(net)
    weight = net.blocks[2].branch.conv2.weight.detach()
    assert float(weight.std()) == pytest.approx((2 / (9 * 128)) ** 0.5, rel=0.02)
    assert torch.equal(net.fc.weight, fc)
