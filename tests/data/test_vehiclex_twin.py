"""The twin of the VehicleX features: what is published of the original holds, and nothing depends on the number."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mtlcore import data
from mtlcore.data import Features
from mtlcore.data.twins import vehiclex_features as twin
from mtlcore.data.twins.vehicles import CAMERA_SIZES, IMAGES, SIZES, fleet, quota
from mtlcore.data.twins.vehiclex_features import BLOCK, Difficulty
from mtlcore.data.vehiclex_labels import CLASSES, COLOURS

PINK = COLOURS.index("pink")


@pytest.fixture(scope="module")
def drawn() -> Features:
    return data.load("vehiclex-features", source="twin", split="train", limit=5000)


@pytest.mark.parametrize("count", [1, BLOCK - 1, BLOCK, BLOCK + 1, 1300])
def test_an_image_does_not_depend_on_how_many_are_drawn(drawn: Features, count: int) -> None:
    fewer = data.load("vehiclex-features", source="twin", split="train", limit=count)
    assert torch.equal(fewer.features, drawn.features[:count])
    assert fewer.names == drawn.names[:count]
    assert all(torch.equal(values, drawn.labels[label][:count]) for label, values in fewer.labels.items())


def test_form(drawn: Features) -> None:
    assert (drawn.features.shape, drawn.features.dtype) == ((5000, 2048), torch.float32)
    assert drawn.features.is_contiguous()
    assert (drawn.source, drawn.note) == ("twin", "twin of VehicleX features, procedural, seed 0")
    assert len(drawn.labels) == 9
    for label, values in drawn.labels.items():
        assert values.shape == (5000,)
        if label in CLASSES:
            assert values.dtype == torch.int64
            assert 0 <= values.min() <= values.max() < len(CLASSES[label])
        else:
            assert values.dtype == torch.float32
            # One decimal, as the published ones.
            torch.testing.assert_close(values * 10, (values * 10).round(), atol=1e-3, rtol=0)
    assert 0 <= drawn.labels["orientation"].min() <= drawn.labels["orientation"].max() < 360


def test_names_are_as_published(drawn: Features) -> None:
    for name, vehicle, camera in zip(drawn.names, drawn.labels["vehicle"], drawn.labels["camera"], strict=True):
        assert name.startswith(f"{vehicle + 1:04d}_c{camera + 1:03d}_")
    other = data.load("vehiclex-features", source="twin", split="val", limit=5000)
    assert len({*drawn.names, *other.names}) == 10_000


@pytest.mark.parametrize("split", SIZES)
def test_a_whole_split_has_the_published_size(split: str) -> None:
    place = fleet(0).images(split)
    assert place.stop - place.start == {"train": 45_438, "val": 14_936, "test": 15_142}[split]


def test_whole_fleet_has_the_published_cameras_and_vehicles() -> None:
    known = fleet(3)
    assert len(known.vehicle) == len(known.camera) == IMAGES == 75_516
    assert tuple(np.bincount(known.camera)) == CAMERA_SIZES
    images = np.bincount(known.vehicle, minlength=1362)
    assert len(images) == 1362
    assert images.min() > 40  # "about 30 training images" of each vehicle, in 60 % of the images
    assert (len(np.unique(known.type)), len(np.unique(known.colour))) == (11, 12)


def test_cameras_have_their_shares_in_any_beginning(drawn: Features) -> None:
    shares = torch.bincount(drawn.labels["camera"], minlength=20) / len(drawn)
    expected = torch.tensor(CAMERA_SIZES) / IMAGES
    assert (shares - expected).abs().max() < 4 * (0.07 * 0.93 / len(drawn)) ** 0.5


def test_pink_is_as_printed() -> None:
    """Equation 2 of singh to its two decimals, and 2.26 % of the images."""
    known = fleet(0)
    pink = known.colour[known.vehicle] == PINK
    assert round(100 * pink.mean(), 2) == 2.26
    shares = np.bincount(known.type[known.vehicle][pink], minlength=11) / pink.sum()
    assert [round(share, 2) for share in shares.tolist()] == [0.35, 0.21, 0.09, 0.24, 0, 0, 0, 0.11, 0, 0, 0]
    train = pink[known.images("train")]
    assert abs(train.mean() - 0.0226) < 0.002


def test_a_vehicle_has_one_colour_one_type_and_one_body(drawn: Features) -> None:
    for label in ("colour", "type"):
        pairs = set(zip(drawn.labels["vehicle"].tolist(), drawn.labels[label].tolist(), strict=True))
        assert len(pairs) == len(drawn.labels["vehicle"].unique())
    known = fleet(0)
    bodies = {(int(body), int(kind)) for body, kind in zip(known.body, known.type, strict=True)}
    assert len(bodies) == known.bodies
    assert 1362 / known.bodies == pytest.approx(5, abs=0.2)


def test_every_vehicle_is_in_training_and_most_in_test() -> None:
    """Vehicles are learnt in training and asked for in test, so splits must share them."""
    known = fleet(0)
    train, test = (np.unique(known.vehicle[known.images(split)]) for split in ("train", "test"))
    assert len(train) == 1362
    assert len(np.intersect1d(train, test)) > 1350


def test_features_are_those_of_a_pooled_rectifier(drawn: Features) -> None:
    features = drawn.features
    assert features.min() == 0
    assert bool(features.isfinite().all())
    silent = (features > 0).double().mean(dim=0) < 0.02
    assert 20 <= silent.sum() <= 150
    assert 0.2 < (features == 0).double().mean() < 0.6


def test_many_features_say_the_same(drawn: Features) -> None:
    """Near copies of others, and sums that are exact but for rounding."""
    world = twin._world(0)
    unscaled = torch.empty(BLOCK, 2048).index_copy_(1, world.order, drawn.features[:BLOCK] / world.gain)
    own, copies, sums = unscaled.split([len(world.bias), twin.COPIES, twin.SUMS], dim=1)
    torch.testing.assert_close(sums, own[:, world.summed].sum(dim=2))
    pairs = zip(copies.T, own[:, world.copied].T, strict=True)
    correlations = torch.stack([torch.corrcoef(torch.stack(pair))[0, 1] for pair in pairs])
    assert correlations.min() > 0.95
    assert correlations.max() < 0.9999


def test_seeds_and_splits_differ(drawn: Features) -> None:
    for split, seed in (("test", 0), ("train", 1)):
        other = data.load("vehiclex-features", source="twin", split=split, limit=5, seed=seed)
        assert not torch.equal(other.features, drawn.features[:5])
        assert not bool((other.features == drawn.features[:5]).all(dim=1).any())


def test_global_random_state_is_untouched() -> None:
    before = torch.get_rng_state()
    twin.draw(split="test", count=10, seed=0)
    assert torch.equal(before, torch.get_rng_state())


def nearest_mean(label: str, difficulty: Difficulty) -> float:
    features, labels, _ = twin.draw(split="train", count=4000, seed=0, difficulty=difficulty)
    wanted = labels[label]
    means = torch.stack([features[:3000][wanted[:3000] == kind].mean(dim=0) for kind in range(len(CLASSES[label]))])
    return (torch.cdist(features[3000:], means).argmin(dim=1) == wanted[3000:]).double().mean().item()


def test_each_difficulty_scales_its_own_task() -> None:
    usual = twin.CALIBRATED
    easy = {"type": Difficulty(0.0, usual.colour), "colour": Difficulty(usual.shape, 0.0)}
    for label, other in (("type", "colour"), ("colour", "type")):
        assert nearest_mean(label, easy[label]) > nearest_mean(label, usual) + 0.1
        assert nearest_mean(other, easy[label]) == pytest.approx(nearest_mean(other, usual), abs=0.05)


@pytest.mark.parametrize("label", CLASSES)
def test_labels_say_what_is_drawn(drawn: Features, label: str) -> None:
    """Class means lie further apart than those of classes dealt out anew."""

    def between(wanted: torch.Tensor) -> torch.Tensor:
        """Share of each feature's variance that is between the classes."""
        counts = torch.bincount(wanted)[:, None].clamp(min=1)
        means = torch.zeros(len(counts), 2048).index_add_(0, wanted, drawn.features) / counts
        return (counts * (means - drawn.features.mean(dim=0)).square()).mean(dim=0) / drawn.features.var(dim=0)

    wanted = drawn.labels[label]
    dealt = wanted[torch.randperm(len(wanted), generator=torch.Generator().manual_seed(0))]
    assert between(wanted).nan_to_num().quantile(0.9) > 1.3 * between(dealt).nan_to_num().quantile(0.9)


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=30), st.integers(0, 5000))
def test_quota(shares: list[float], total: int) -> None:
    whole = quota(tuple(shares), total)
    exact = np.array(shares) / sum(shares) * total
    assert whole.sum() == total
    assert np.abs(whole - exact).max() < 1
