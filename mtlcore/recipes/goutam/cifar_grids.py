"""The grids of Tables 2 to 6 and of the confounds [goutam, Sections 6.2 and 6.3]."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from mtlcore import data
from mtlcore.recipes import Grid
from mtlcore.recipes.goutam import cifar
from mtlcore.recipes.goutam.cifar import ARMS, CLASSES, Config
from mtlcore.recipes.goutam.networks import RESNET, VGG

VGG_ROWS = ("baseline", "dfreeze", "efreeze")
RESNET_ROWS = ("baseline", "since_start", "warmup")
TABLE_6_ROWS = ("resnet110", "blockdrop", "stochastic_depth", "layerout")
CONFOUNDS = ("baseline", "weight_decay", "momentum_reset", "erasing")

Rows = Iterable[tuple[str, str, dict[str, Any], str, int]]  # name, data set, fields, network, its epochs at full


def vgg_table(dataset: str, profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Table 2 or 4: VGG-16 on a data set, with and without random erasing."""

    def rows(epochs: Callable[[str, int], int]) -> Rows:
        for row in VGG_ROWS:
            for arm in ARMS:
                fields = cifar.vgg_row(row, arm, variant, dataset, epochs(VGG, cifar.VGG_EPOCHS))
                yield f"{row}/{arm}", dataset, fields, VGG, cifar.VGG_EPOCHS

    return _grid(rows, profile, source, seeds, settings)


def resnet_table(dataset: str, profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Table 3 or 5: the residual network on a data set, with and without random erasing."""
    network = cifar.residual(variant)

    def rows(epochs: Callable[[str, int], int]) -> Rows:
        for row in RESNET_ROWS:
            for arm in ARMS:
                yield f"{row}/{arm}", dataset, cifar.resnet_row(row, arm, variant, epochs(*network)), *network

    return _grid(rows, profile, source, seeds, settings)


def table_6(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Table 6: four methods on both data sets; the setting `dataset` leaves one of them.

    LayerOut is the row "with warm-up" of Tables 3 and 5 without erasing, the very same runs; ResNet-110 is their
    baseline as written and corrected, and as published the network of the other authors.
    """
    network = cifar.residual(variant)
    rival = cifar.residual("corrected")
    chosen = settings.pop("dataset", None)

    def rows(epochs: Callable[[str, int], int]) -> Rows:
        for row in TABLE_6_ROWS:
            for dataset in [chosen] if chosen else CLASSES:
                if row == "layerout":
                    fields = cifar.resnet_row("warmup", "nore", variant, epochs(*network))
                    yield f"{row}/{dataset}", dataset, fields, *network
                else:
                    yield f"{row}/{dataset}", dataset, cifar.rival_row(row, variant, profile), *rival

    return _grid(rows, profile, source, seeds, settings)


def confounds(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Baselines of Tables 2 and 3 with one thing changed that the document's comparisons change beside freezing.

    The variant does not matter: everything else is as corrected.
    """
    changes: dict[str, dict[str, Any]] = {
        "baseline": {},
        "weight_decay": {"weight_decay": cifar.OTHER_DECAY},
        "momentum_reset": {"reset_optimizer": True},
        "erasing": {"erase": cifar.ERASE},
    }

    def rows(epochs: Callable[[str, int], int]) -> Rows:
        for name in CONFOUNDS:
            vgg = cifar.vgg_row("baseline", "nore", "corrected", "cifar10", 0)
            yield f"{name}/vgg16", "cifar10", vgg | changes[name], VGG, cifar.VGG_EPOCHS
            resnet = cifar.resnet_row("baseline", "nore", "corrected", 0)
            yield f"{name}/resnet110", "cifar10", resnet | changes[name], RESNET, cifar.RESNET_EPOCHS

    return _grid(rows, profile, source, seeds, settings)


def _grid(
    rows: Callable[[Callable[[str, int], int]], Rows],
    profile: str,
    source: str,
    seeds: int,
    settings: dict[str, Any],
) -> Grid:
    """Rows as configurations, seed by seed: a row's fields, over them the profile's, over these the caller's."""

    def epochs(network: str, at_full: int) -> int:
        return int(settings.get("epochs", cifar.budget(profile, network, epochs=at_full)["epochs"]))

    found: Grid = []
    for seed in range(seeds):
        for name, dataset, fields, network, at_full in rows(epochs):
            budget = cifar.budget(profile, network, epochs=at_full)
            chosen = {"dataset": dataset, **fields, **budget, **settings}
            if fields.get("survival", 1.0) < 1 or fields.get("policy_epochs"):
                chosen["compile"] = False  # there would be a graph for every set of blocks
            resolved = data.source_of(chosen["dataset"], source) if source == "auto" else source
            found.append((name, Config(seed=seed, source=resolved, **chosen)))
    return found
