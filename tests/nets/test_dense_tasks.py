import pytest
import torch
from torch import nn

from mtlcore.nets.deeplab import ImageHead, PixelHead
from mtlcore.nets.dense_tasks import DenseTasks
from mtlcore.nets.resnet_dilated import DilatedResNet
from mtlcore.prune import channels


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_backbone_is_the_published_one():
    with torch.device("meta"):
        net = DilatedResNet()
        assert net(torch.empty(1, 3, 256, 256)).shape == (1, 2048, 32, 32)
    convolutions = [parameter for parameter in net.parameters() if parameter.dim() == 4]
    assert count(net) == 23_631_808
    assert len(convolutions) == 55
    assert sum(parameter.numel() for parameter in convolutions) == 23_578_304
    assert sum(parameter.shape[1] for parameter in convolutions) == 22_787
    assert sum(parameter.shape[0] for parameter in convolutions) == 26_752
    assert all(module.bias is None for module in net.modules() if isinstance(module, nn.Conv2d))


@pytest.mark.parametrize(("outputs", "parameters"), [(41, 16_135_977), (1, 16_125_697), (3, 16_126_211)])
def test_the_pixel_heads_have_the_published_sizes(outputs, parameters):
    with torch.device("meta"):
        assert count(PixelHead(2048, outputs)) == parameters


def test_the_image_head_has_the_published_size():
    with torch.device("meta"):
        head = ImageHead(2048)
        assert count(head) == 1_181_825
        assert head(torch.empty(2, 2048, 32, 32)).shape == (2, 1)


def test_thin_siblings_have_the_same_shape():
    net, thin = (channels(make) for make in (DilatedResNet(8), DilatedResNet(4)))
    assert len(net) == 55
    for name, one in thin.items():
        assert net[name].filters == 2 * one.filters
        assert net[name].inputs == (3 if one.inputs == 3 else 2 * one.inputs)
    assert len(channels(DilatedResNet(4, (1, 1, 1, 1)))) == 3 + 4 * 4
    assert DilatedResNet(4)(torch.rand(1, 3, 64, 48)).shape == (1, 128, 8, 6)


def test_one_pass_of_the_backbone_serves_all_tasks():
    torch.manual_seed(0)
    net = DenseTasks({"segmentation": 41, "normals": 3}, {"male": 1}, width=4, rates=(1, 2, 3)).eval()
    passes = []
    net.backbone.register_forward_hook(lambda *_: passes.append(1))
    images = torch.rand(2, 3, 32, 32)
    outputs = net(images)
    assert len(passes) == 1
    assert net.tasks == tuple(outputs) == ("segmentation", "normals", "male")
    assert [tuple(output.shape) for output in outputs.values()] == [(2, 41, 4, 4), (2, 3, 4, 4), (2, 1)]
    features = net.features(images)
    assert all(torch.equal(head, outputs[task]) for task, head in net.predict(features).items())


def test_every_parameter_is_trained():
    torch.manual_seed(0)
    net = DenseTasks({"depth": 1}, {"male": 1}, width=4, blocks=(1, 1, 1, 1), rates=(1,))
    sum(output.square().sum() for output in net(torch.rand(2, 3, 32, 32)).values()).backward()
    assert all(parameter.grad is not None for parameter in net.parameters())


def test_wrong_networks_are_refused():
    with pytest.raises(ValueError, match="a network without tasks predicts nothing"):
        DenseTasks({})
    with pytest.raises(ValueError, match="male cannot be a task of pixels and of images; give it two names"):
        DenseTasks({"male": 1}, {"male": 1}, width=4)
    with pytest.raises(ValueError, match="width 1 is too small for the heads; take 2 or more"):
        DenseTasks({"depth": 1}, width=1)
    with pytest.raises(ValueError, match=r"four stages of one block or more each, got blocks=\(1, 2\)"):
        DenseTasks({"depth": 1}, width=4, blocks=(1, 2))
