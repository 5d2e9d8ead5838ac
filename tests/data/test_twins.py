"""Twins: the same for a seed, whatever is asked for, and what their labels say."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mtlcore import data
from mtlcore.data import twins
from mtlcore.data.idxset import IdxSet
from mtlcore.data.twins import cloth, glyphs, strokes

NAMES = list(twins.TWINS)


@pytest.fixture(scope="module")
def drawn() -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    return {name: twins.draw(name, split="train", count=1500, seed=0) for name in NAMES}


def test_every_data_set_has_a_twin() -> None:
    assert [name for name, known in data.SETS.items() if isinstance(known, IdxSet)] == NAMES
    for name, known in data.SETS.items():
        for split in known.splits:
            size = {"size": 32} if known.resizes else {}
            assert len(data.load(name, source="twin", split=split, limit=2, **size)) == 2


@pytest.mark.parametrize("name", NAMES)
def test_an_image_does_not_depend_on_how_many_are_drawn(name: str, drawn: dict) -> None:
    images, labels = drawn[name]
    for count in (1, 499, 501):
        fewer, fewer_labels = twins.draw(name, split="train", count=count, seed=0)
        assert torch.equal(fewer, images[:count])
        assert torch.equal(fewer_labels, labels[:count])


@pytest.mark.parametrize("name", NAMES)
def test_form_and_balance(name: str, drawn: dict) -> None:
    images, labels = drawn[name]
    assert (images.shape, images.dtype) == ((1500, 1, 28, 28), torch.uint8)
    assert (labels.shape, labels.dtype) == ((1500,), torch.int64)
    assert bool((labels.view(-1, 10).sort(dim=1).values == torch.arange(10)).all())
    assert labels[:10].tolist() != labels[10:20].tolist()


@pytest.mark.parametrize("name", NAMES)
def test_seeds_and_splits_differ(name: str, drawn: dict) -> None:
    images, _ = drawn[name]
    for split, seed in (("test", 0), ("train", 1)):
        other, _ = twins.draw(name, split=split, count=20, seed=seed)
        same = (other == images[:20]).flatten(1).all(dim=1)
        assert not bool(same.any())


@pytest.mark.parametrize("name", NAMES)
def test_no_image_is_empty_full_or_drawn_twice(name: str, drawn: dict) -> None:
    images, _ = drawn[name]
    lit = (images > 40).flatten(1).double().mean(dim=1)
    assert lit.min() > 0.01
    assert lit.max() < 0.95
    assert len(images.flatten(1).unique(dim=0)) == len(images)
    assert images.max() >= 250


@pytest.mark.parametrize("name", NAMES)
def test_labels_say_what_is_drawn(name: str, drawn: dict) -> None:
    """The class whose mean image is nearest is the right one far more often than by chance."""
    images, labels = drawn[name]
    flat = images.flatten(1).float()
    means = torch.stack([flat[:1000][labels[:1000] == label].mean(dim=0) for label in range(10)])
    nearest = torch.cdist(flat[1000:], means).argmin(dim=1)
    assert (nearest == labels[1000:]).double().mean() > {"mnist": 0.6, "fashion": 0.5, "kmnist": 0.35}[name]


@pytest.mark.parametrize("name", NAMES)
def test_harder_is_harder(name: str) -> None:
    def nearest_mean(difficulty: float) -> float:
        images, labels = twins.draw(name, split="train", count=1500, seed=2, difficulty=difficulty)
        flat = images.flatten(1).float()
        means = torch.stack([flat[:1000][labels[:1000] == label].mean(dim=0) for label in range(10)])
        return (torch.cdist(flat[1000:], means).argmin(dim=1) == labels[1000:]).double().mean().item()

    assert nearest_mean(0.3) > nearest_mean(3.0) + 0.05


@pytest.mark.parametrize("name", NAMES)
def test_global_random_state_is_untouched(name: str) -> None:
    before = torch.get_rng_state()
    twins.draw(name, split="test", count=10, seed=0)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("name", NAMES)
def test_loading_a_twin(name: str, drawn: dict, empty_root: object) -> None:
    found = data.load(name, split="train", limit=25)
    assert (found.source, found.note) == ("twin", f"twin of {data.SETS[name].title}, procedural, seed 0")
    assert found.classes == data.SETS[name].classes
    assert torch.equal(found.images, drawn[name][0][:25])
    with pytest.raises(data.DataError, match="is not there: train-images-idx3-ubyte.*source='twin'"):
        data.load(name, source="real", split="train")


def test_a_twin_may_be_asked_for_where_the_real_files_are(toy: object) -> None:
    assert data.load("mnist", source="twin", split="test", limit=3).source == "twin"
    with pytest.raises(data.DataError, match=r"seed=-1 must be 0 or more"):
        data.load("mnist", source="twin", split="test", limit=3, seed=-1)


def test_a_twin_has_no_more_images_than_the_original(toy: object) -> None:
    """The made-up original has 20 test images."""
    assert len(data.load("mnist", source="twin", split="test", limit=5000)) == 20


def test_digits_fill_the_box_of_the_original(drawn: dict) -> None:
    """Scaled to 20 pixels and centred by mass, as the original."""
    images = drawn["mnist"][0].double()[:, 0]
    mass = images.sum(dim=(1, 2))
    axis = torch.arange(28, dtype=torch.float64) - 13.5
    middle_x = (images.sum(dim=1) @ axis / mass).mean()
    middle_y = (images.sum(dim=2) @ axis / mass).mean()
    assert abs(middle_x) < 0.5
    assert abs(middle_y) < 0.5
    lit = images > 100
    tall = lit.any(dim=2).sum(dim=1).double()
    wide = lit.any(dim=1).sum(dim=1).double()
    assert 18 < torch.maximum(tall, wide).median() < 22


point = st.tuples(st.integers(0, 100), st.integers(0, 100))


@settings(max_examples=40, deadline=None)
@given(st.lists(point, min_size=2, max_size=7, unique=True), st.integers(0, 3))
def test_a_stroke_goes_through_its_ends_and_is_linear_in_its_controls(places: list, shift: int) -> None:
    points, sway, progress = strokes.trace([places], discs=40, controls=8)
    torch.testing.assert_close(points[0], torch.tensor(places[0]).float())
    torch.testing.assert_close(points[-1], torch.tensor(places[-1]).float())
    # Weights of control points sum to one, so that moving all of them moves the figure.
    torch.testing.assert_close(sway.sum(dim=1), torch.ones(40))
    moved = sway[:, : len(places)] @ (torch.tensor(places).float() + shift)
    torch.testing.assert_close(moved, points + shift, atol=1e-3, rtol=1e-4)
    assert progress[0] == 0
    assert progress[-1] == 1


def test_discs_along_a_stroke_are_evenly_spaced() -> None:
    points, _, _ = strokes.trace([[(0, 0), (10, 60), (50, 80), (100, 20)]], discs=60, controls=4)
    steps = points.diff(dim=0).norm(dim=1)
    assert steps.max() / steps.min() < 1.1


def test_corners_hold_together() -> None:
    _, sway, _ = strokes.trace([[(0, 0), (50, 50)], [(50, 50), (90, 0)]], discs=20, controls=6)
    shaken = sway @ torch.randn(6, 2)
    ends = (shaken.diff(dim=0).norm(dim=1) == 0).nonzero()
    assert len(ends) == 1  # the end of the first stroke is the beginning of the second


def test_ink_of_one_disc_has_its_area() -> None:
    radius = torch.tensor([[3.0], [6.0]])
    painted = strokes.ink(torch.zeros(2, 1, 2), radius, strokes.pixel_grid(), torch.ones(2))
    torch.testing.assert_close(painted.sum(dim=1), 3.14159 * radius[:, 0] ** 2, rtol=0.01, atol=0.0)


def test_ink_against_a_loop() -> None:
    random = torch.Generator().manual_seed(0)
    points = torch.randn(3, 5, 2, generator=random) * 6
    radius = torch.full((3, 5), 2.0)
    painted = strokes.ink(points, radius, strokes.pixel_grid(), torch.ones(3))
    for image, discs in zip(painted, points, strict=True):
        distance = torch.cdist(strokes.pixel_grid()[0], discs).min(dim=1).values - 2.0
        torch.testing.assert_close(image, (0.5 - distance).clamp(0, 1), atol=1e-3, rtol=0.0)


def test_printed_digits_have_their_holes() -> None:
    """Euler's number of the glyphs: one piece, with as many holes as the digit has."""
    from scipy.ndimage import label

    points, radii, digits = glyphs.digit_discs(112)
    fine = torch.linspace(-1.2, 1.2, 80)
    grid = torch.stack(torch.meshgrid(fine, fine, indexing="xy"), dim=2).view(-1, 2)
    holes = {0: 1, 1: 0, 2: 0, 3: 0, 4: 1, 5: 0, 6: 1, 7: 0, 8: 2, 9: 1}
    right = 0
    for discs, radius, digit in zip(points, radii, digits.tolist(), strict=True):
        ink = (torch.cdist(grid, discs) < radius).any(dim=1).view(80, 80)
        right += label(~ink)[1] - 1 == holes[digit]
    assert right / len(digits) > 0.85  # hairlines may break, and close loops may fill


def test_a_limb_is_a_capsule() -> None:
    here = tuple(torch.full((1, 1), value) for value in (-5.0, -5.0, 5.0, 5.0, 2.0))
    inside = cloth.limb(here[:2], here[2:4], (here[4], here[4]))[0]
    a, b, q = torch.tensor([-5.0, -5.0]), torch.tensor([5.0, 5.0]), strokes.pixel_grid()[0]
    along = ((q - a) @ (b - a) / ((b - a) @ (b - a))).clamp(0, 1)[:, None]
    torch.testing.assert_close(inside, 2 - (q - a - along * (b - a)).norm(dim=1), atol=1e-4, rtol=1e-4)
    cut = cloth.limb(here[:2], here[2:4], (here[4], here[4]), cut=True)[0]
    beyond = (q - b) @ (b - a) > 0
    assert bool((cut[beyond] <= 0).all())


def test_a_profile_goes_through_its_values() -> None:
    values = [torch.tensor([[1.0]]), torch.tensor([[5.0]]), torch.tensor([[2.0]])]
    down = cloth.profile([-13.5, 0.5, 13.5], values)[0].view(28, 28)
    assert down[0, 3] == 1
    assert down[14, 20] == pytest.approx(5)
    assert down[27, 0] == 2
    across = cloth.profile([-13.5, 0.5, 13.5], values, down=False)[0].view(28, 28)
    torch.testing.assert_close(across, down.T)
