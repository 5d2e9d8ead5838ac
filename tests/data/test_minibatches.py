"""Mini-batches of tensors: every row once an epoch, the same order for the same seed and epoch."""

from __future__ import annotations

import pytest
import torch

from mtlcore.data import DataError
from mtlcore.data.minibatches import Minibatches

ROWS = torch.arange(10)


def batches(**settings):
    return Minibatches(ROWS, ROWS * 10, **({"batch_size": 4, "seed": 0} | settings))


def test_every_row_once_an_epoch_and_together():
    found = list(batches().epoch(3))
    assert [len(rows) for rows, _ in found] == [4, 4, 2] == [4] * 2 + [2]
    assert len(found) == len(batches())
    assert sorted(torch.cat([rows for rows, _ in found]).tolist()) == ROWS.tolist()
    assert all(torch.equal(tens, rows * 10) for rows, tens in found)


def test_order_is_a_function_of_seed_and_epoch():
    def order(seed, epoch):
        return torch.cat([rows for rows, _ in batches(seed=seed).epoch(epoch)]).tolist()

    assert order(0, 1) == order(0, 1)
    assert len({tuple(order(seed, epoch)) for seed in (0, 1) for epoch in (0, 1)}) == 4
    assert order(None, 5) == ROWS.tolist()


def test_a_single_last_row_is_left_out_of_training_only():
    assert [len(rows) for rows, _ in batches(batch_size=3).epoch(0)] == [3, 3, 3]
    assert len(batches(batch_size=3)) == 3
    assert [len(rows) for rows, _ in batches(batch_size=3, seed=None).epoch(0)] == [3, 3, 3, 1]
    assert [len(rows) for rows, _ in batches(batch_size=100).epoch(0)] == [10]


def test_refuses_lengths_that_differ_and_empty_batches():
    with pytest.raises(DataError, match=r"tensors of \[9, 10\] rows make no batches of 4"):
        Minibatches(ROWS, ROWS[:9], batch_size=4, seed=0)
    with pytest.raises(DataError, match="make no batches of 0"):
        batches(batch_size=0)
