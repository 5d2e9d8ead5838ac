import copy

import pytest
import torch
import torch_pruning
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from mtlcore.nets.dense_tasks import DenseTasks
from mtlcore.nets.resnet_dilated import Bottleneck, DilatedResNet
from mtlcore.prune import ProxAdam, compact, fit, penalised, sparsity
from mtlcore.prune.picking import Pick, PickingConv2d


def net_of(width=4, blocks=(2, 2, 2, 2), seed=0):
    torch.manual_seed(seed)
    return DenseTasks({"segmentation": 5, "depth": 1}, {"male": 1}, width=width, blocks=blocks, rates=(1, 2))


@torch.no_grad()
def with_zeros(net, share, seed=0, dim=1):
    """Zero groups drawn for each convolution of a backbone, and statistics as after some training."""
    generator = torch.Generator().manual_seed(seed)
    for module in net.modules():
        if isinstance(module, nn.Conv2d) and module.in_channels > 3:
            groups = module.weight.shape[dim]
            gone = torch.randperm(groups, generator=generator)[: round(share * groups)]
            module.weight.index_fill_(dim, gone, 0)
        if isinstance(module, nn.BatchNorm2d):
            module.weight.copy_(0.5 + torch.rand(len(module.weight), generator=generator))
            module.bias.copy_(torch.randn(len(module.bias), generator=generator) / 2)
            module.running_mean.copy_(torch.randn(len(module.bias), generator=generator) / 10)
            module.running_var.copy_(0.5 + torch.rand(len(module.bias), generator=generator))
    return net


def size(net):
    return sum(parameter.numel() for parameter in net.parameters())


def error(net, small, images):
    with torch.no_grad():
        before, after = net.eval()(images), small.eval()(images)
    if isinstance(before, torch.Tensor):
        before, after = {"": before}, {"": after}
    assert before.keys() == after.keys()
    return max(float((after[key] - before[key]).abs().max() / before[key].abs().max()) for key in before)


def pictures(size=32, count=2, seed=1):
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.7, 0.95, 1.0])
def test_outputs_stay(share, dim):
    net, images = net_of(), pictures()
    with_zeros(net.backbone, share, dim=dim)
    before = copy.deepcopy(net.state_dict())
    small = compact(net, images)
    assert type(small) is DenseTasks
    assert error(net, small, images) < 1e-5
    assert error(net, small, pictures(48, 3, seed=2)) < 1e-5  # another size, another batch
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert (size(small) < size(net)) == (share > 0)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(0, 1), filters=st.floats(0, 1))
def test_outputs_stay_whatever_is_zero(seed, share, filters):
    net, images = net_of(2, (1, 2, 1, 2), seed), pictures()
    with_zeros(with_zeros(net.backbone, share, seed), filters, seed + 1, dim=0)
    assert error(net, compact(net, images), images) < 1e-5


def test_the_outputs_are_equal_to_the_last_digits_in_float64():
    net, images = net_of().double(), pictures().double()
    with_zeros(with_zeros(net.backbone, 0.6), 0.2, 1, dim=0)
    assert error(net, compact(net, images), images) < 1e-13


@pytest.mark.parametrize("share", [0.5, 0.7])
def test_no_more_is_left_than_torch_pruning_leaves(share):
    torch.manual_seed(0)
    net, images = nn.Sequential(DilatedResNet(4, (2, 2, 2, 2)), nn.Conv2d(128, 5, 1)).eval(), pictures()
    with_zeros(net[0], share)
    peer = copy.deepcopy(net)
    graph = torch_pruning.DependencyGraph().build_dependency(peer, images)
    for group in graph.get_all_groups(root_module_types=[nn.Conv2d]):
        readers = [item for item in group if item.dep.handler == torch_pruning.prune_conv_in_channels]
        unread = [
            (item.dep.target.module.weight[:, item.idxs] == 0).transpose(0, 1).flatten(1).all(1) for item in readers
        ]
        gone = torch.stack(unread).all(0).nonzero().flatten().tolist() if unread else []
        if gone:
            root = group[0]
            graph.get_pruning_group(root.dep.target.module, root.dep.handler, [root.idxs[i] for i in gone]).prune()
    small = compact(net, images)
    assert error(net, peer, images) < 1e-5
    assert size(small) < size(peer) < size(net)


def test_a_channel_goes_only_if_nobody_reads_it():
    torch.manual_seed(0)
    net = DilatedResNet(4, (1, 1, 1, 2)).eval()
    second = net.stages[3][1]
    head = nn.Sequential(net, nn.Conv2d(128, 2, 1)).eval()
    with torch.no_grad():
        second.conv1.weight[:, :40] = 0  # the last block ignores these
        head[1].weight[:, 20:60] = 0  # and the head those
    images = pictures()
    small = compact(head, images)
    new = small[0].stages[3]
    assert new[0].conv3.out_channels == new[0].shortcut[0].out_channels == 128 - 20  # 20 to 39 are read by nobody
    assert new[1].conv3.out_channels == small[1].in_channels == 128 - 40
    assert isinstance(new[1].shortcut, Pick)
    assert new[1].shortcut.first  # the order is such that the narrower tensor is a view of the wider
    assert error(head, small, images) < 1e-6


class Convolutions(nn.Module):
    """Two layers with a normalisation between them, of which some filters are zero."""

    def __init__(self, padding=0, kernel=1):
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.second = nn.Conv2d(6, 4, kernel, padding=padding, bias=False)

    def forward(self, x):
        return self.second(F.relu(self.norm(self.first(x))))


@pytest.mark.parametrize(("padding", "kernel", "left"), [(0, 1, 3), (0, 3, 3), (1, 3, 5)])
def test_the_constant_of_a_zero_filter_becomes_a_bias(padding, kernel, left):
    torch.manual_seed(0)
    net = with_zeros(Convolutions(padding, kernel), 0)
    with torch.no_grad():
        net.first.weight[:3] = 0
        net.norm.bias[:3] = torch.tensor([-5.0, 5.0, 5.0])  # the first is cut to zero by the activation
    small = compact(net, pictures())
    assert small.first.out_channels == small.norm.num_features == small.second.in_channels == left
    assert (small.second.bias is not None) == (padding == 0)  # at the borders, padding makes it no constant
    assert error(net, small, pictures()) < 1e-6


class Assembled(nn.Module):
    """Concatenation, a depthwise convolution, a product, a flattening, and what is not known."""

    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(3, 8, 1)
        self.depthwise = nn.Conv2d(14, 14, 3, padding=1, groups=14)
        self.gate = nn.Conv2d(14, 14, 1)
        self.grouped = nn.Conv2d(14, 6, 1, groups=2)
        self.out = nn.Linear(14 * 4, 8)
        self.twice = nn.Linear(8, 8)
        self.read = nn.Conv2d(14, 5, 1)

    def forward(self, x):
        both = torch.cat([F.relu(self.left(x)), self.right(x)], dim=1)
        hidden = F.avg_pool2d(self.depthwise(both) * torch.sigmoid(self.gate(both)), 2)
        flat = torch.flatten(F.adaptive_avg_pool2d(hidden + 1, 2), 1)
        return self.twice(F.relu(self.twice(F.relu(self.out(flat))))), self.read(both), self.grouped(hidden)


@pytest.mark.parametrize("opaque", [False, True])
def test_other_ways_to_put_a_network_together(opaque):
    torch.manual_seed(0)
    net = Assembled()
    if not opaque:
        net.grouped = nn.Conv2d(14, 6, 1)
    with torch.no_grad():
        for index in (1, 4, 7, 9):
            net.out.weight[:, 4 * index : 4 * index + 4] = 0
            for layer in (net.gate, net.grouped, net.read) if not opaque else (net.read,):
                layer.weight[:, index] = 0
        net.out.weight[3] = 0
    small = compact(net, pictures(8))
    with torch.no_grad():
        for before, after in zip(net(pictures(8)), small(pictures(8)), strict=True):
            torch.testing.assert_close(after, before, rtol=1e-5, atol=1e-6)
    lefts = (small.left.out_channels, small.right.out_channels, small.depthwise.groups)
    assert lefts == ((6, 8, 14) if opaque else (4, 6, 10))
    assert small.out.in_features == 4 * small.depthwise.groups


def twice(first, change, second):
    """One layer reads a tensor, another what an operation makes of it in place; some channels are constant."""

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.relu, self.same = nn.Conv2d(3, 8, 1), nn.ReLU(inplace=True), nn.Identity()
            self.left, self.right = nn.Conv2d(8, 4, 1), nn.Conv2d(8, 4, 1)

        def forward(self, x):
            a = self.first(x)
            alias = first(self, a)
            b = change(self, alias)
            return self.left(second(a, alias)) + self.right(torch.tanh(b).view(a.shape))

    torch.manual_seed(0)
    net = Twice()
    with torch.no_grad():
        net.first.weight[:4] = 0
        net.first.bias[:4] = torch.tensor([-1.0, 1.0, -1.0, 1.0])
        net.left.weight[:, 2:6] = 0  # these are read by one layer alone
        net.right.weight[:, :3] = 0
    return net


def add_in_place(net, b):
    b += 1.0
    return b


def add_scaled_in_place(net, b):
    b += 2 * b
    return b


@pytest.mark.parametrize(
    ("alias", "again"),
    [
        (lambda net, a: a, lambda a, alias: a),
        (lambda net, a: net.same(a), lambda a, alias: torch.sigmoid(a)),
        (lambda net, a: F.dropout(a, 0.5, False), lambda a, alias: alias),
    ],
)
@pytest.mark.parametrize(
    "change",
    [
        lambda net, b: net.relu(b),
        lambda net, b: F.relu(b, inplace=True),
        lambda net, b: b.relu_(),
        lambda net, b: b.view(-1).relu_(),
        lambda net, b: torch.flatten(b, 1).mul_(2),
        lambda net, b: b.clamp_(min=0),
        add_in_place,
        add_scaled_in_place,
    ],
)
def test_outputs_stay_where_what_is_changed_in_place_is_read_again(change, alias, again):
    net = twice(alias, change, again)
    assert error(net, compact(net, pictures(8)), pictures(8, 3, seed=2)) < 1e-6


def test_the_example_stays_and_inference_mode_hides_nothing():
    class Reading(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale, self.first, self.last = nn.Parameter(torch.ones(1)), nn.Conv2d(3, 4, 1), nn.Conv2d(4, 2, 1)

        def forward(self, x):
            x *= self.scale + 1
            a = self.first(x)
            return self.last(a) + self.last(a.relu_())

    net, images = Reading(), pictures(8)
    with torch.no_grad():
        net.first.weight[:2] = 0
    with torch.inference_mode():
        small = compact(net, images)
    assert torch.equal(images, pictures(8))
    with torch.no_grad():
        assert torch.allclose(net(pictures(8)), small(pictures(8)), atol=1e-6)


def test_what_is_changed_in_place_and_read_no_more_is_cut():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(inplace=True), nn.Conv2d(8, 4, 1))
    with torch.no_grad():
        net[0].weight[:5] = 0
    small = compact(net, pictures(8))
    assert small[0].out_channels == 3
    assert error(net, small, pictures(8)) < 1e-6


def test_plain_sums_keep_what_any_part_needs():
    """A shortcut that is no module cannot narrow: the whole stage keeps the same channels."""

    class Plain(Bottleneck):
        def forward(self, x):
            return self.relu(self.bn3(self.conv3(self.relu(self.bn1(self.conv1(x))))) + x)

    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 16, 1), Plain(16, 4), Plain(16, 4), nn.Conv2d(16, 3, 1))
    with torch.no_grad():
        for layer in (net[1].conv1, net[2].conv1, net[3]):
            layer.weight[:, :5] = 0
        net[3].weight[:, :9] = 0
    small = compact(net, pictures())
    assert [small[1].conv3.out_channels, small[2].conv3.out_channels, small[0].out_channels] == [11, 11, 11]
    assert error(net, small, pictures()) < 1e-6


def test_picking_is_chosen_where_it_pays():
    torch.manual_seed(0)
    net = with_zeros(DenseTasks({"depth": 1}, width=16, blocks=(1, 2, 2, 1), rates=(1,)).backbone, 0.7)
    small = compact(net, pictures(64))
    picking = [module for module in small.modules() if isinstance(module, PickingConv2d)]
    assert picking
    assert all(len(module.index) == module.in_channels == module.weight.shape[1] for module in picking)
    assert error(net, small, pictures(64)) < 1e-5


def test_it_is_kept_as_a_plain_module_and_as_a_state(tmp_path):
    net, images = net_of(8), pictures(64)
    with_zeros(net.backbone, 0.7)
    small = compact(net, images)
    torch.save(small, tmp_path / "net.pt")
    torch.save(small.state_dict(), tmp_path / "state.pt")
    whole = torch.load(tmp_path / "net.pt", weights_only=False)
    fresh = net_of(8, seed=5)
    fit(fresh, torch.load(tmp_path / "state.pt", weights_only=True))
    for again in (whole, fresh, copy.deepcopy(small)):
        assert error(small, again, images) == 0
        assert repr(again) == repr(small)
    same = compact(net, images)
    same.load_state_dict(small.state_dict())


def test_a_state_of_another_network_is_refused():
    small = compact(with_zeros(net_of(), 0.5), pictures())
    with pytest.raises(ValueError, match="which this network has not; build the network it was made from"):
        fit(net_of(blocks=(1, 1, 1, 1)), small.state_dict())
    with pytest.raises(ValueError, match="the state lacks backbone.*; build the network it was made from"):
        fit(net_of(), {key: value for key, value in small.state_dict().items() if "stem" not in key})


@pytest.mark.parametrize("channels_last", [False, True])
def test_the_smaller_network_trains_as_the_sparse_one_would(channels_last):
    net, images = net_of(), pictures(32, 4)
    if channels_last:
        net, images = net.to(memory_format=torch.channels_last), images.contiguous(memory_format=torch.channels_last)
    with_zeros(net.backbone, 0.5)
    net.train()
    small = compact(net, images)
    assert all(module.training for module in small.modules())
    losses = []
    for one in (net, small):
        for module in one.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        loss = one(images)["depth"].square().mean()
        loss.backward()
        losses.append(loss)
    torch.testing.assert_close(losses[0], losses[1], rtol=1e-4, atol=0)
    torch.testing.assert_close(
        net.heads["depth"][4].weight.grad, small.heads["depth"][4].weight.grad, rtol=1e-3, atol=1e-6
    )
    weight = small.backbone.stages[0][0].conv2.weight
    assert weight.is_contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)


def test_what_training_makes_zero_goes():
    torch.manual_seed(0)
    net, images = net_of(2, (1, 1, 1, 1)), pictures(32, 4)
    optimizer = ProxAdam(penalised(net, net.backbone, strength=1.0), 5e-2)
    for _ in range(8):
        optimizer.zero_grad()
        net(images)["depth"].square().mean().backward()
        optimizer.step()
    found = sparsity(net.backbone)
    assert 20 < found.inputs < 100
    small = compact(net, images)
    assert error(net, small, images) < 1e-5
    assert size(small.backbone) < (1 - found.parameters / 100) * size(net.backbone)


def test_what_cannot_be_traced_is_said():
    class Deciding(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    with pytest.raises(ValueError, match="the graph of Deciding cannot be traced .*takes the same path whatever"):
        compact(Deciding(), pictures())


def test_an_example_that_the_network_does_not_take_is_refused(capfd):
    net = nn.Sequential(nn.Conv2d(3, 4, 1)).eval()
    with pytest.raises(ValueError, match=r"does not take the example \(2, 1, 8, 8\): .*expected input.* 3 channels"):
        compact(net, torch.rand(2, 1, 8, 8))
    assert capfd.readouterr().err == ""
    with pytest.raises(ValueError, match="the example is a list; compact takes one tensor"):
        compact(net, [torch.rand(2, 3, 8, 8)])


def test_an_optimiser_of_the_network_is_refused():
    net = net_of()
    with pytest.raises(ValueError, match="make a new optimiser for them after compact"):
        compact(net, pictures(), torch.optim.Adam(net.parameters()))
