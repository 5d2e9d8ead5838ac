"""The digit triple on a shared input: one image composed of one of each set, a label for each."""

from __future__ import annotations

import dataclasses
import functools

from mtlcore import data
from mtlcore.recipes.synthesis.config import Config
from mtlcore.recipes.tran.config import DEGREES, TASKS, part

TEST_BATCH = 256


@dataclasses.dataclass(frozen=True)
class Sets:
    """Batches to train on, to look at after every epoch and to test on; and where the images come from."""

    train: data.Triple
    some: data.Triple
    test: data.Triple
    note: str


def sets_of(config: Config, device: str) -> Sets:
    """Load the sets of a configuration; the smallest makes all as small."""
    train = _load(config.source, "train", config.train_images)
    test = _load(config.source, "test", config.test_images)
    some = {task: part(one, 0, config.curve_images) for task, one in test.items()}
    degrees = DEGREES if config.augment else {}
    note = "; ".join(one.note for one in train.values())
    return Sets(
        data.Triple(
            train, setting="shared", batch_size=config.batch_size, device=device, seed=config.seed, degrees=degrees
        ),
        # a set is composed in the same way in every run: the seed is that of training, not of the test
        data.Triple(some, setting="shared", batch_size=TEST_BATCH, device=device),
        data.Triple(test, setting="shared", batch_size=TEST_BATCH, device=device),
        f"{note}; {len(next(iter(train.values()))):,} composed images to train on",
    )


@functools.lru_cache(maxsize=8)
def _load(source: str, split: str, limit: int) -> dict[str, data.Dataset]:
    found = {task: data.load(task, source=source, split=split, limit=limit) for task in TASKS}
    fewest = min(len(one) for one in found.values())
    return {task: part(one, 0, fewest) for task, one in found.items()}
