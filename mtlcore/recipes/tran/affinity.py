"""Stress of blocks and affinity of tasks in a tree network [tran, Sections 5.2 and 5.3.1, Algorithms 2 to 4].

Each task is peeled off the trained tree and fine-tuned alone. A block is stressed where the peeled networks have moved
away from the tree; tasks whose peeled networks stay alike belong together. Our readings:

- What the thesis calls similarity, compatibility and affinity is a divergence up to the last line of Algorithm 4, which
  turns it round.
- Algorithm 4 reads the matrix of the tasks, though it is printed with the indexes of the children.
- Stress is measured on a task's own images, affinity on those of all sets.

`Measure` has the choices where the text, the published code and sound practice differ.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from mtlcore.kernels.divergence import channel_divergence, importance
from mtlcore.nets.activations import normalisation, normalised
from mtlcore.nets.tree import TreeNet

Images = Mapping[str, Iterable[Tensor]]


@dataclasses.dataclass(frozen=True)
class Measure:
    """How two networks are compared at a block.

    Attributes:
        positions: of a feature map, as `channel_divergence`: "mean", "printed" (over h + w) or "one" (the code).
        outcomes: "one" (the text and the code) or "both", as `jensen_shannon`.
        absolute: whether importances are those of |γ| (the code) or of γ (the text).
        networks: whose importances weight the channels: of the "first" network (the text), or the sum over "both"
            (the code), which makes task affinities symmetric and about twice as large.
        names: a task's stress is measured on the images of the set with an "equal" name, or on those of every set whose
            name is a "substring" of its own (the code: mnist is part of kmnist).
        sets: divergences on several sets of images are "pooled", a mean over all images, or "summed" (the code).
        seed: of the random position.

    Raises:
        ValueError: `networks`, `names` or `sets` is unknown.
    """

    positions: str = "mean"
    outcomes: str = "one"
    absolute: bool = True
    networks: str = "first"
    names: str = "equal"
    sets: str = "pooled"
    seed: int = 0

    def __post_init__(self) -> None:
        known = {"networks": ("first", "both"), "names": ("equal", "substring"), "sets": ("pooled", "summed")}
        for name, values in known.items():
            if getattr(self, name) not in values:
                raise ValueError(f"{name} {getattr(self, name)!r} is unknown; choose one of {', '.join(values)}")

    def compatibility(self, first: Tensor, second: Tensor, divergence: Tensor) -> float:
        """Weighted mean of divergences (C,), given the factors γ (C,) of both networks [tran, Eq. 5.8]."""
        weights = importance(first, absolute=self.absolute)
        if self.networks == "both":
            weights = weights + importance(second, absolute=self.absolute)
        return float(weights.double().cpu() @ divergence)


AS_CORRECTED = Measure()


def stress(
    net: TreeNet, alone: Mapping[str, TreeNet], images: Images, *, measure: Measure = AS_CORRECTED
) -> dict[int, dict[str, float]]:
    """Stress of every shared block [tran, Algorithm 2]: how far each task's peeled network has moved from the tree.

    Args:
        net: the tree.
        alone: task -> its peeled, fine-tuned network.
        images: name of a set -> batches of its training images (B, ...), which can be gone through again and again.
        measure: how networks are compared.

    Returns:
        Block -> task -> the task's compatibility there; the stress of the block is the sum over its tasks.

    Raises:
        ValueError: a task has no images, or a shared block does not end with a batch normalisation.
    """
    result: dict[int, dict[str, float]] = {index: {} for index in net.shared}
    generator = torch.Generator().manual_seed(measure.seed)
    for task, own in alone.items():
        blocks = [index for index in net.shared if task in net.tasks_of(index)]
        names = [name for name in images if name == task or (measure.names == "substring" and name in task)]
        compare = partial(_with_tree, own, net, task, blocks, measure, generator)
        divergences = _average(compare, [images[name] for name in names], [own, net], measure, task)
        for index, divergence in zip(blocks, divergences, strict=True):
            factors = normalisation(own, index).weight, normalisation(net, index).weight
            result[index][task] = measure.compatibility(*factors, divergence)
    return result


def task_affinity(
    alone: Mapping[str, TreeNet], block: int, images: Images, *, measure: Measure = AS_CORRECTED
) -> Tensor:
    """Divergences of tasks at a block [tran, Algorithm 3], on the images of all sets.

    Args:
        alone: task -> its peeled, fine-tuned network; their order is that of the result.
        block: its index.
        images: as `stress`; the same object under several names is gone through once.
        measure: how networks are compared.

    Returns:
        (T, T), double precision on the CPU, zero on the diagonal, larger where two tasks are less alike. Symmetric
        with the importances of both networks; with those of one, row t has the weights of the network of task t.

    Raises:
        ValueError: there are no images, or the block does not end with a batch normalisation.
    """
    tasks = list(alone)
    pairs = [(i, j) for i in range(len(tasks)) for j in range(i)]
    compare = partial(_with_each_other, alone, pairs, block, measure, torch.Generator().manual_seed(measure.seed))
    distinct = list({id(batches): batches for batches in images.values()}.values())
    divergences = _average(compare, distinct, list(alone.values()), measure, "any set")
    factors = [normalisation(alone[task], block).weight for task in tasks]
    affinity = torch.zeros(len(tasks), len(tasks), dtype=torch.float64)
    for (i, j), divergence in zip(pairs, divergences, strict=True):
        affinity[i, j] = measure.compatibility(factors[i], factors[j], divergence)
        affinity[j, i] = measure.compatibility(factors[j], factors[i], divergence)
    return affinity


def child_affinity(affinity: Tensor, children: Sequence[Sequence[int]]) -> Tensor:
    """Affinity of the children of a block, from the divergences of its tasks [tran, Algorithm 4].

    Two children are as far apart as, on average over the tasks of one, the farthest task of the other; this is taken
    both ways and halved. exp(-distance / largest distance) makes it an affinity for spectral clustering.

    Args:
        affinity: (T, T), as `task_affinity`.
        children: for every child its tasks, as positions in `affinity`.

    Returns:
        (C, C), symmetric, 1 on the diagonal, exp(-1) for the two that are least alike.

    Raises:
        ValueError: the divergences are negative on the whole, as importances without absolute values can make them.
    """
    distance = torch.zeros(len(children), len(children), dtype=affinity.dtype)
    for i, first in enumerate(children):
        for j, second in enumerate(children[:i]):
            forth = affinity[first][:, second].amax(1).mean()
            back = affinity[second][:, first].amax(1).mean()
            distance[i, j] = distance[j, i] = (forth + back) / 2
    largest = float(distance.max())
    if largest == 0 and bool((distance < 0).any()):
        raise ValueError("the divergences of the children are negative; use importances with absolute values")
    return torch.exp(-distance / largest) if largest else torch.ones_like(distance)


def _with_tree(
    own: TreeNet,
    net: TreeNet,
    task: str,
    blocks: list[int],
    measure: Measure,
    generator: torch.Generator,
    batch: Tensor,
) -> list[Tensor]:
    first, second = normalised(own, task, batch, blocks), normalised(net, task, batch, blocks)
    return [_divergence(first[index], second[index], measure, generator) for index in blocks]


def _with_each_other(
    alone: Mapping[str, TreeNet],
    pairs: list[tuple[int, int]],
    block: int,
    measure: Measure,
    generator: torch.Generator,
    batch: Tensor,
) -> list[Tensor]:
    outputs = [normalised(net, task, batch, [block])[block] for task, net in alone.items()]
    return [_divergence(outputs[i], outputs[j], measure, generator) for i, j in pairs]


def _divergence(first: Tensor, second: Tensor, measure: Measure, generator: torch.Generator) -> Tensor:
    return channel_divergence(
        first, second, positions=measure.positions, outcomes=measure.outcomes, generator=generator
    )


def _average(
    compare: Callable[[Tensor], list[Tensor]],
    sets: Sequence[Iterable[Tensor]],
    nets: Sequence[nn.Module],
    measure: Measure,
    whose: str,
) -> list[Tensor]:
    """Means over the images of all sets, or sums over the sets of means over their images; nets in evaluation mode."""
    weighted: list[tuple[list[Tensor], int]] = []
    with _evaluation(nets):
        for batches in sets:
            totals: list[Tensor] = []
            images = 0
            for batch in batches:
                parts = [part * len(batch) for part in compare(batch)]
                totals = [total + part for total, part in zip(totals, parts, strict=True)] if totals else parts
                images += len(batch)
            if images:
                weighted.append((totals, images))
    if not weighted:
        raise ValueError(f"there are no images of {whose} to compare networks on; give batches under its name")
    everything = sum(images for _, images in weighted)
    scaled = [
        [total.cpu().double() / (everything if measure.sets == "pooled" else images) for total in totals]
        for totals, images in weighted
    ]
    return [torch.stack(parts).sum(0) for parts in zip(*scaled, strict=True)]


@contextlib.contextmanager
def _evaluation(nets: Sequence[nn.Module]) -> Iterator[None]:
    """Evaluation mode without gradients; every module gets its own mode back."""
    modes = {module: module.training for net in nets for module in net.modules()}
    try:
        for net in nets:
            net.eval()
        with torch.no_grad():
            yield
    finally:
        for module, training in modes.items():
            module.training = training
