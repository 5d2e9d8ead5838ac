"""The original files, where the data root has them."""

from __future__ import annotations

import pytest

from mtlcore import data

SETS = ["mnist", "fashion", "kmnist"]


def _need(name: str) -> None:
    if data.source_of(name) != "real":
        pytest.skip(f"{name} is not in the data root (python -m mtlcore data fetch {name})")


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("split", ["train", "test"])
def test_original_is_recognised(name: str, split: str) -> None:
    _need(name)
    found = data.load(name, source="real", split=split)
    assert found.note.startswith(f"real {data.SETS[name].title}, ")
    assert "not the published" not in found.note
    assert found.labels.unique().tolist() == list(range(10))
    if "partial" not in found.note:
        assert len(found) == {"train": 60_000, "test": 10_000}[split]


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "mean", "std", "first"),
    [
        ("mnist", 0.1307, 0.3081, [5, 0, 4, 1, 9]),
        ("fashion", 0.2860, 0.3530, [9, 0, 0, 3, 0]),
    ],
)
def test_published_facts_hold(name: str, mean: float, std: float, first: list[int]) -> None:
    _need(name)
    found = data.load(name, source="real", split="train")
    assert found.moments() == (pytest.approx((mean,), abs=5e-5), pytest.approx((std,), abs=5e-5))
    assert found.labels[:5].tolist() == first
