"""Resident batches against a plain reference that treats one sample at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mtlcore.data import DataError, Dataset, Resident, augment


def made_up(count: int = 23, channels: int = 1, side: int = 28, split: str = "train") -> Dataset:
    random = torch.Generator().manual_seed(count)
    images = torch.randint(0, 256, (count, channels, side, side), generator=random, dtype=torch.uint8)
    # Labels that name the sample, so that a batch tells which image it took.
    return Dataset("toy", "twin", split, images, torch.arange(count), ("a",), "")


def whole(batches: Iterator[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    images, labels = zip(*batches, strict=True)
    return torch.cat(images), torch.cat(labels)


def test_every_sample_once_and_normalised() -> None:
    dataset = made_up(23, channels=3)
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)
    images, labels = whole(Resident(dataset, batch_size=5, mean=mean, std=std).epoch(0))
    assert sorted(labels.tolist()) == list(range(23))
    assert labels.tolist() != list(range(23))
    for image, label in zip(images, labels, strict=True):
        for channel in range(3):
            expected = (dataset.images[label, channel].double() / 255 - mean[channel]) / std[channel]
            torch.testing.assert_close(image[channel].double(), expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(("drop_last", "sizes"), [(False, [5, 5, 5, 5, 3]), (True, [5, 5, 5, 5])])
def test_length_counts_batches(drop_last: bool, sizes: list[int]) -> None:
    batches = Resident(made_up(23), batch_size=5, drop_last=drop_last)
    assert [len(labels) for _, labels in batches.epoch(0)] == sizes
    assert len(batches) == len(sizes)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 5),
    padding=st.integers(0, 4),
    shrink=st.integers(0, 6),
    flip=st.booleans(),
    channels=st.sampled_from([1, 3]),
)
def test_augmentation_is_a_crop_of_the_padded_image(
    seed: int, padding: int, shrink: int, flip: bool, channels: int
) -> None:
    """Every image handed out is one of the windows of its padded original, mirrored or not."""
    dataset, size = made_up(9, channels, side=12), 12 + 2 * padding - shrink
    batches = Resident(dataset, batch_size=4, seed=seed, crop_size=size, crop_padding=padding, flip=flip)
    images, labels = whole(batches.epoch(seed))
    for image, label in zip((images * 255).round(), labels, strict=True):
        canvas = F.pad(dataset.images[label], [padding] * 4).float()
        places = range(canvas.shape[-1] - size + 1)
        windows = [canvas[:, y : y + size, x : x + size] for y in places for x in places]
        if flip:
            windows += [window.flip(-1) for window in windows]
        assert any(torch.equal(image, window) for window in windows)


def test_crops_reach_every_offset_and_half_are_mirrored() -> None:
    count = 4000
    image = torch.arange(9, dtype=torch.uint8).view(1, 1, 3, 3)
    dataset = Dataset("toy", "twin", "train", image.expand(count, 1, 3, 3), torch.zeros(count).long(), ("a",), "")
    crops, _ = whole(Resident(dataset, batch_size=500, crop_size=2, flip=True).epoch(0))
    seen = {tuple(int(v) for v in (crop * 255).round().flatten()) for crop in crops}
    rows = [(0, 1, 3, 4), (1, 2, 4, 5), (3, 4, 6, 7), (4, 5, 7, 8)]
    assert seen == set(rows) | {(b, a, d, c) for a, b, c, d in rows}
    mirrored = (crops[:, 0, 0, 0] > crops[:, 0, 0, 1]).double().mean().item()
    assert abs(mirrored - 0.5) < 4 * math.sqrt(0.25 / count)


def test_erasing_against_a_loop() -> None:
    images = torch.rand(40, 3, 10, 14) + 1
    boxes = augment.erasing_boxes(40, (10, 14), 0.7, generator=torch.Generator().manual_seed(0))
    erased = augment.erase(images, boxes)
    for image, result, (top, bottom, left, right) in zip(images, erased, boxes.tolist(), strict=True):
        expected = image.clone()
        expected[:, top:bottom, left:right] = 0
        assert torch.equal(result, expected)


def test_erased_boxes_have_the_published_shapes() -> None:
    """Area and aspect within the bounds, as far as whole pixels allow; spared as often as asked."""
    count, side = 20_000, 100
    boxes = augment.erasing_boxes(count, (side, side), 0.5, generator=torch.Generator().manual_seed(1))
    top, bottom, left, right = boxes.double().unbind(dim=1)
    hit = bottom > top
    assert abs(hit.double().mean().item() - 0.5) < 4 * math.sqrt(0.25 / count)
    height, width = (bottom - top)[hit], (right - left)[hit]
    assert bool(((top >= 0) & (left >= 0) & (bottom <= side) & (right <= side)).all())
    # A box cut at the border is smaller than drawn; the others keep to the bounds.
    free = (height < side) & (width < side)
    area = (height * width)[free] / side**2
    aspect = (height / width)[free].log().abs()
    assert area.min() >= 0.019
    assert area.max() <= 0.41
    assert aspect.max() <= -math.log(0.3) + 0.1
    # Tall and wide are alike.
    assert abs((height > width).double().mean() - (height < width).double().mean()) < 0.03


def test_erasing_sets_to_the_mean() -> None:
    dataset = made_up(64)
    plain = Resident(dataset, batch_size=64, mean=0.5, std=0.25, shuffle=False)
    erasing = Resident(dataset, batch_size=64, mean=0.5, std=0.25, shuffle=False, erase=1.0)
    (before, _), (after, _) = next(plain.epoch(0)), next(erasing.epoch(0))
    changed = before != after
    assert bool((after[changed] == 0).all())
    assert bool(changed.flatten(1).any(dim=1).all())


def test_evaluation_pads_or_stretches() -> None:
    dataset = made_up(6, split="test")
    values = dataset.images.float() / 255
    padded, labels = whole(Resident(dataset, batch_size=4, pad=2).epoch(0))
    assert labels.tolist() == list(range(6))
    torch.testing.assert_close(padded, F.pad(values, [2] * 4))
    stretched, _ = whole(Resident(dataset, batch_size=4, resize=32).epoch(0))
    torch.testing.assert_close(stretched, F.interpolate(values, size=(32, 32), mode="bilinear"))


OPTIONS: dict[str, Any] = {"batch_size": 7, "crop_size": 30, "crop_padding": 2, "flip": True, "erase": 0.5}


def test_epochs_depend_on_seed_and_number_alone() -> None:
    dataset = made_up()
    one, other = Resident(dataset, seed=3, **OPTIONS), Resident(dataset, seed=3, **OPTIONS)
    for _ in one.epoch(0):
        pass
    next(one.epoch(1))  # an epoch broken off
    torch.manual_seed(99)  # and a draw from elsewhere
    for drawn, again in zip(one.epoch(2), other.epoch(2), strict=True):
        assert torch.equal(drawn[0], again[0])
        assert torch.equal(drawn[1], again[1])
    orders = [whole(Resident(dataset, seed=s, **OPTIONS).epoch(e))[1].tolist() for s, e in [(3, 2), (3, 3), (2, 3)]]
    assert orders[0] != orders[1] != orders[2] != orders[0]


def test_iterating_goes_from_epoch_to_epoch() -> None:
    batches = Resident(made_up(), seed=1, **OPTIONS)
    for number in range(3):
        assert torch.equal(whole(iter(batches))[0], whole(batches.epoch(number))[0])


def test_global_random_state_is_untouched() -> None:
    before = torch.get_rng_state()
    whole(Resident(made_up(), **OPTIONS).epoch(0))
    assert torch.equal(before, torch.get_rng_state())


def test_layout_and_dtype_change_nothing_else() -> None:
    dataset = made_up(12, channels=3)
    plain, _ = next(Resident(dataset, batch_size=12, seed=1, flip=True).epoch(0))
    other = Resident(dataset, batch_size=12, seed=1, flip=True, dtype=torch.bfloat16, channels_last=True)
    images, _ = next(other.epoch(0))
    assert images.dtype == torch.bfloat16
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(images, plain.bfloat16())


def test_the_data_set_is_not_changed() -> None:
    dataset = made_up()
    before = dataset.images.clone()
    whole(Resident(dataset, **OPTIONS).epoch(0))
    assert torch.equal(dataset.images, before)


def test_images_stay_bytes() -> None:
    batches = Resident(made_up(), batch_size=4, crop_size=28, crop_padding=4)
    assert batches.images.dtype == torch.uint8
    assert batches.images.shape == (23, 1, 36, 36)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"batch_size": 0}, "batch_size=0 must be 1 or more"),
        (
            {"batch_size": 4, "crop_size": 40, "crop_padding": 4},
            "crop_size=40 is larger than the image of 28x28",
        ),
        ({"batch_size": 4, "crop_size": 20, "resize": 32}, "goes with neither pad nor resize"),
        ({"batch_size": 4, "crop_padding": 4, "pad": 2}, "goes with neither pad nor resize"),
        ({"batch_size": 4, "erase": 1.5}, "erase=1.5 is a probability"),
        ({"batch_size": 4, "std": 0.0}, "std=0.0 must be greater than 0"),
        ({"batch_size": 4, "seed": -1}, "seed=-1 must be 0 or more"),
    ],
)
def test_contradictions_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        Resident(made_up(), **options)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_hands_out_the_same_batches() -> None:
    dataset = made_up(40)
    for here, there in zip(
        Resident(dataset, **OPTIONS).epoch(1),
        Resident(dataset, device="cuda", **OPTIONS).epoch(1),
        strict=True,
    ):
        assert there[0].is_cuda
        torch.testing.assert_close(here[0], there[0].cpu(), atol=1e-6, rtol=1e-6)
        assert torch.equal(here[1], there[1].cpu())


def test_orders_are_uniform() -> None:
    """Over many epochs each sample comes first about as often as any other."""
    batches = Resident(made_up(8, side=4), batch_size=8)
    first = np.bincount([int(next(batches.epoch(number))[1][0]) for number in range(1600)], minlength=8)
    assert np.abs(first - 200).max() < 4.5 * math.sqrt(200 * 7 / 8)
