"""From the features of the set to what the network reads: normalised, and half of them [ge, Section 2.1]."""

from __future__ import annotations

import dataclasses
import functools

import torch
from torch import Tensor

from mtlcore import data
from mtlcore.kernels import genetic
from mtlcore.recipes.ge.config import Config

SPLITS = ("train", "val", "test")
LABELS = ("type", "colour")  # task 1 and task 2


@dataclasses.dataclass(frozen=True)
class Prepared:
    """One split as the network reads it.

    features: (n, p) float32, in [0, 1] on the training split; labels: (n,) int64 a task, in the order of `LABELS`.
    """

    features: Tensor
    labels: tuple[Tensor, ...]


@functools.lru_cache(maxsize=6)
def load(source: str, split: str, limit: int) -> data.Features:
    """A split, kept in memory for the next run of this process."""
    return data.load("vehiclex-features", source=source, split=split, limit=limit)


@functools.lru_cache(maxsize=2)
def limits(source: str, samples: int) -> tuple[Tensor, Tensor]:
    """Least value and reciprocal range of each feature over the first training samples, (p,) each.

    A feature that never changes has range 1, so that it becomes 0.
    """
    features = load(source, "train", samples).features
    low, high = features.amin(0), features.amax(0)
    spread = high - low
    return low, 1 / torch.where(spread > 0, spread, torch.ones_like(spread))


@functools.lru_cache(maxsize=2)
def distances(source: str, samples: int) -> Tensor:
    """Euclidean distances between the normalised features, (p, p), over the first training samples."""
    low, scale = limits(source, samples)
    features = load(source, "train", samples).features
    blocks = ((block - low) * scale for block in features.split(4096))
    return genetic.feature_distances(blocks)


@functools.lru_cache(maxsize=32)
def search(source: str, samples: int, kept: int, generations: int, seed: int, repair: bool = True) -> genetic.Selection:
    """The genetic algorithm on those distances, with the document's settings."""
    return genetic.select_features(distances(source, samples), kept, generations=generations, repair=repair, seed=seed)


def chosen(config: Config) -> Tensor:
    """Indexes of the features that the network reads, ascending."""
    width = load(config.source, "train", config.train_samples).features.shape[1]
    if config.features == "all":
        return torch.arange(width)
    if config.features == "random":
        generator = torch.Generator().manual_seed(config.selection_seed)
        return torch.randperm(width, generator=generator)[: config.kept].sort().values
    found = search(config.source, config.selection_samples, config.kept, config.generations, config.selection_seed)
    return found.indices


@functools.lru_cache(maxsize=3)
def _prepared(config: Config, split: str) -> Prepared:
    limit = {"train": config.train_samples, "val": config.val_samples, "test": config.test_samples}[split]
    found = load(config.source, split, limit)
    low, scale = limits(config.source, config.train_samples)
    columns = chosen(config)
    features = (found.features[:, columns] - low[columns]) * scale[columns]
    return Prepared(features, tuple(found.labels[label] for label in LABELS))


def prepared(config: Config, split: str) -> Prepared:
    """A split, normalised by the training samples, with the chosen features."""
    # what does not touch the data is left out, so that the runs of a table share one copy
    data_only = Config(
        seed=0,
        source=config.source,
        features=config.features,
        kept=config.kept,
        train_samples=config.train_samples,
        val_samples=config.val_samples,
        test_samples=config.test_samples,
        selection_samples=config.selection_samples,
        generations=config.generations,
        selection_seed=0 if config.features == "all" else config.selection_seed,
    )
    return _prepared(data_only, split)
