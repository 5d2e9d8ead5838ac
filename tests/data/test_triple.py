"""Three sets side by side against a plain reference that treats one sample at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from torch import Tensor

from mtlcore.data import DataError, Dataset, Triple, augment
from mtlcore.data.triple import compose

TASKS = ("fashion", "kmnist", "mnist")


def made_up(count: int = 23, side: int = 28, split: str = "train", seed: int = 0) -> Dataset:
    random = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 1, side, side), generator=random, dtype=torch.uint8)
    # labels that name the sample, so that a batch tells which image it took
    return Dataset("toy", "twin", split, images, torch.arange(count), ("a",), "")


def sets(count: int = 23, split: str = "train") -> dict[str, Dataset]:
    return {task: made_up(count, split=split, seed=number) for number, task in enumerate(TASKS)}


def whole(triple: Triple, number: int = 0) -> list[Tensor]:
    return [torch.cat(parts) for parts in zip(*triple.epoch(number), strict=True)]


def composed(images: list[np.ndarray], canvas: int) -> np.ndarray:
    """The definition, pixel by pixel."""
    side = images[0].shape[0]
    laid = np.zeros((canvas, canvas))
    free = canvas - side
    for image, (top, left) in zip(images, [(0, 0), (0, free), (free, free // 2)], strict=True):
        for row in range(side):
            for column in range(side):
                laid[top + row, left + column] = max(laid[top + row, left + column], image[row, column])
    small = np.empty((side, side))
    edges = [(i * canvas // side, -(-(i + 1) * canvas // side)) for i in range(side)]
    for row, (above, below) in enumerate(edges):
        for column, (before, behind) in enumerate(edges):
            small[row, column] = laid[above:below, before:behind].mean()
    return small


def test_separate_inputs_are_every_sample_of_every_set_once() -> None:
    given = sets()
    batches = list(Triple(given, setting="separate", batch_size=5).epoch(0))
    assert [[len(part) for part in batch] for batch in batches] == [[5] * 6] * 4 + [[3] * 6]
    together = [torch.cat(parts) for parts in zip(*batches, strict=True)]
    for place, one in enumerate(given.values()):
        images, labels = together[2 * place], together[2 * place + 1]
        assert sorted(labels.tolist()) == list(range(23))
        torch.testing.assert_close(images, one.images[labels].float() / 255)
    orders = [tuple(together[2 * place + 1].tolist()) for place in range(3)]
    assert len(set(orders)) == 3


@pytest.mark.parametrize("canvas", [44, 28, 37])
def test_a_shared_input_is_what_the_definition_says(canvas: int) -> None:
    given = sets(7)
    images, *labels = whole(Triple(given, setting="shared", batch_size=3, canvas=canvas))
    assert images.shape == (7, 1, 28, 28)
    for sample, image in enumerate(images):
        parts = [one.images[of[sample], 0].numpy() / 255 for one, of in zip(given.values(), labels, strict=True)]
        np.testing.assert_allclose(image[0].numpy(), composed(parts, canvas), atol=1e-6)
    assert all(sorted(of.tolist()) == list(range(7)) for of in labels)


def test_composition_changes_none_of_its_parts() -> None:
    parts = [torch.rand(2, 1, 8, 8) for _ in range(3)]
    before = [part.clone() for part in parts]
    compose(parts, 12)
    assert all(torch.equal(*pair) for pair in zip(parts, before, strict=True))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 3), number=st.integers(0, 3), setting=st.sampled_from(["separate", "shared"]))
def test_an_epoch_is_a_function_of_seed_and_number(seed: int, number: int, setting: str) -> None:
    options = {"setting": setting, "batch_size": 8, "degrees": {"fashion": 10.0, "kmnist": 20.0}}
    used = Triple(sets(), seed=seed, **options)
    list(used)  # what was drawn before does not matter
    assert all(map(torch.equal, whole(used, number), whole(Triple(sets(), seed=seed, **options), number)))
    others = [Triple(sets(), seed=seed + 1, **options), used]
    for other, epoch in zip(others, (number, number + 1), strict=True):
        assert not all(map(torch.equal, whole(used, number), whole(other, epoch)))


def test_iterating_goes_on_through_the_epochs() -> None:
    triple = Triple(sets(), setting="separate", batch_size=8)
    for number in range(2):
        found = [torch.cat(parts) for parts in zip(*triple, strict=True)]
        assert all(map(torch.equal, found, whole(triple, number)))


def test_test_images_keep_their_order_and_stay_upright() -> None:
    given = sets(split="test")
    together = whole(Triple(given, setting="separate", batch_size=8), 3)
    for place, one in enumerate(given.values()):
        assert torch.equal(together[2 * place + 1], one.labels)
        torch.testing.assert_close(together[2 * place], one.images.float() / 255)


def test_only_the_tasks_that_are_told_are_turned() -> None:
    given = sets()
    together = whole(Triple(given, setting="separate", batch_size=8, degrees={"kmnist": 20.0}))
    for place, one in enumerate(given.values()):
        images, labels = together[2 * place], together[2 * place + 1]
        same = torch.isclose(images, one.images[labels].float() / 255, atol=1e-6).all(dim=(1, 2, 3))
        assert bool((same == (place != 1)).all())


def test_turned_images_are_those_of_scipy() -> None:
    """At the drawn angles, sample by sample, and no angle is larger than told."""
    given, degrees = sets(), {"fashion": 10.0, "kmnist": 20.0, "mnist": 10.0}
    triple = Triple(given, setting="separate", batch_size=8, degrees=degrees, seed=4)
    plan, together = triple._plan(2), whole(triple, 2)
    for place, (task, one) in enumerate(given.items()):
        angles, shears = plan.angles[place], plan.shears[place]
        for drawn in (angles, shears):
            assert 0.5 * math.radians(degrees[task]) < float(drawn.abs().max()) <= math.radians(degrees[task])
        for sample in range(5):
            label = together[2 * place + 1][sample]
            expected = turned(one.images[label, 0].numpy() / 255, float(angles[sample]), float(shears[sample]))
            np.testing.assert_allclose(together[2 * place][sample, 0].numpy(), expected, atol=1e-4)


def turned(image: np.ndarray, angle: float, shear: float) -> np.ndarray:
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    matrix = (turn @ np.array([[1, math.tan(shear)], [0, 1]]))[::-1, ::-1]  # scipy counts rows first
    centre = (np.array(image.shape) - 1) / 2
    padded = np.pad(image, 1)  # so that zero begins one pixel outside, as in torch
    return ndimage.affine_transform(padded, matrix, centre + 1 - matrix @ (centre + 1), order=1)[1:-1, 1:-1]


def test_warp_at_known_angles() -> None:
    image = torch.zeros(1, 1, 5, 5)
    image[0, 0, 2, 4] = 1  # right of the centre
    still, quarter = torch.zeros(1), torch.full((1,), math.pi / 2)
    torch.testing.assert_close(augment.warp(image, still, still), image)
    expected = torch.zeros(1, 1, 5, 5)
    expected[0, 0, 0, 2] = 1  # above it
    torch.testing.assert_close(augment.warp(image, quarter, still), expected, atol=1e-5, rtol=0)
    column = torch.zeros(1, 1, 5, 5)
    column[..., 2] = 1
    diagonal = torch.eye(5).flip(1).view(1, 1, 5, 5)
    torch.testing.assert_close(augment.warp(column, still, quarter / 2), diagonal, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        (sets(), {"setting": "both"}, "setting='both' is none of separate, shared"),
        (sets(), {"batch_size": 0}, "batch_size=0 must be 1 or more"),
        (sets(), {"seed": -1}, "seed=-1 must be 0 or more"),
        (sets(), {"canvas": 20}, "canvas=20 is smaller than the images of 28x28"),
        (sets(), {"degrees": {"mnist": 90.0}}, "degrees=90.0 of mnist must be 0 or more and less than 90"),
        (sets(), {"degrees": {"cifar": 9.0}}, "degrees are given for 'cifar', which is none of fashion, kmnist, mnist"),
        (sets() | {"mnist": made_up(9)}, {}, r"not of one size \(fashion 23, kmnist 23, mnist 9\): load as many"),
        (sets() | {"mnist": made_up(side=8)}, {}, r"square and of one shape, not \(1, 8, 8\) and \(1, 28, 28\)"),
        ({"mnist": made_up()}, {"setting": "shared"}, "composed of three sets, not 1"),
    ],
)
def test_contradictions_are_refused(given: dict[str, Dataset], options: dict, words: str) -> None:
    with pytest.raises(DataError, match=words):
        Triple(given, **{"setting": "separate", "batch_size": 4, **options})


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("setting", ["separate", "shared"])
def test_a_gpu_hands_out_the_same_batches(setting: str) -> None:
    options = {"setting": setting, "batch_size": 8, "degrees": {"kmnist": 20.0}}
    here, there = whole(Triple(sets(), **options)), whole(Triple(sets(), device="cuda", **options))
    for one, other in zip(here, there, strict=True):
        assert other.is_cuda
        torch.testing.assert_close(one, other.cpu(), atol=1e-5, rtol=1e-5)
