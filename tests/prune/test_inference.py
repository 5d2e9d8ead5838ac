"""What inference takes: every network in every turn, and counts that can be made by hand."""

from __future__ import annotations

import torch
from torch import nn

from mtlcore.prune import inference


class Counted(nn.Module):
    """Remembers who was called when."""

    def __init__(self, name, calls):
        super().__init__()
        self.name, self.calls = name, calls

    def forward(self, images):
        assert not torch.is_grad_enabled()
        self.calls.append(self.name)
        return images


def test_networks_take_turns_and_the_first_turns_do_not_count():
    calls = []
    nets = [Counted(name, calls) for name in "ab"]
    times = inference.take_turns(nets, torch.zeros(1), 5)
    assert calls == ["a", "b"] * (5 + inference.WARM_UP)
    assert [len(one) for one in times] == [5, 5]
    assert all(milliseconds >= 0 for one in times for milliseconds in one)
    calls.clear()
    inference.take_turns(nets, torch.zeros(1), 1)
    assert calls == ["a", "b"] * 2


def test_counts_are_those_made_by_hand():
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.Flatten(), nn.Linear(4 * 25, 2))
    assert inference.parameters(net) == 3 * 4 * 9 + 100 * 2 + 2
    assert inference.operations(net, torch.zeros(1, 3, 5, 5)) == 2 * (3 * 4 * 9 * 25 + 100 * 2)
