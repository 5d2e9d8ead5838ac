import pytest
import torch
from torch import nn

from mtlcore.kernels.angles import pairwise_angles
from mtlcore.nets.encoder import RELUS, Encoder

CLASSES = {"type": 4, "color": 5, "train": 2}  # two of them are names that a module has itself


class Pool(nn.Module):
    """A backbone in a line."""

    def __init__(self, width=10):
        super().__init__()
        self.num_features = width
        self.conv = nn.Conv2d(3, width, 3)

    def forward(self, images):
        return self.conv(images).relu().mean((2, 3))


def make(width=10, **options):
    torch.manual_seed(0)
    return Encoder(Pool(width), CLASSES, **({"hidden": 12} | options))


def images(count=16, seed=1):
    return torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(seed))


def test_it_is_a_layer_a_normalisation_and_a_decoder_for_each_task():
    net = make().eval()
    batch = images()
    units = net.norm(net.hidden(net.backbone(batch)))
    outputs = net(batch)
    assert list(outputs) == ["type", "color", "train"]
    for (task, classes), decoder in zip(CLASSES.items(), net.decoders, strict=True):
        assert outputs[task].shape == (16, classes)
        torch.testing.assert_close(outputs[task], decoder(units))


@pytest.mark.parametrize("relu", RELUS)
def test_only_signed_activations_can_oppose_each_other(relu):
    """Behind a ReLU no angle exceeds 90 degrees: an inner product of non-negative vectors is not negative."""
    net = make(relu=relu, hidden=40)
    units = net.units(images(200))
    angles = pairwise_angles(units.T.detach())
    angles = angles[angles.isfinite()]
    if relu == "after":
        assert float(units.detach().min()) == 0
        assert float(angles.max()) <= 90 + 1e-6
    else:
        assert float(units.detach().min()) < 0
        assert float(angles.max()) > 120


def test_dropout_is_of_the_units_and_in_training_alone():
    net = make(dropout=0.5)
    batch = images()
    assert not torch.equal(net(batch)["color"], net(batch)["color"])
    net.eval()
    assert torch.equal(net(batch)["color"], net(batch)["color"])


def test_a_projection_brings_features_to_a_width_and_learns_nothing():
    net = make(width=20, input_width=6)
    assert (net.width, net.hidden.in_features) == (6, 6)
    torch.testing.assert_close(net.directions @ net.directions.T, torch.eye(6))
    assert "directions" in net.state_dict()
    assert "directions" not in dict(net.named_parameters())
    assert make(width=20).directions is None
    assert make(width=20, input_width=20).directions is None
    with pytest.raises(ValueError, match="the backbone has 10 features, fewer than input_width 11"):
        make(input_width=11)


def test_groups_hold_every_parameter_once():
    net = make()
    groups = net.groups()
    assert [tasks for _, tasks in groups] == [(0, 1, 2), (0,), (1,), (2,)]
    listed = [parameter for parameters, _ in groups for parameter in parameters]
    assert {id(one) for one in listed} == {id(one) for one in net.parameters()}
    assert len(listed) == len(list(net.parameters()))
    net(images())["color"].sum().backward()
    reached = {id(one) for one in net.parameters() if one.grad is not None}
    assert reached == {id(one) for parameters, tasks in groups if 1 in tasks for one in parameters}


def test_unknown_places_of_the_activation_are_refused():
    with pytest.raises(ValueError, match="relu is 'before'; choose none, between, after"):
        make(relu="before")
