"""Greedy search for a tree network by the stress of its blocks [tran, Section 5.3.2, Algorithm 5].

Every step peels the tasks, fine-tunes them, and divides the children of the most stressed block in two by spectral
clustering. One set of peeled networks serves every block and every algorithm, so a step takes T fine-tunings, as the
text says; as printed, Algorithms 2 and 3 would each fine-tune anew for every block. Only blocks with two or more
children can be split. The truth to compare with is all two-way splits, which are few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from sklearn.cluster import spectral_clustering
from torch import Tensor

from mtlcore.nets.tree import TreeNet
from mtlcore.recipes.tran.affinity import AS_CORRECTED, Images, Measure, child_affinity, stress, task_affinity

Partition = tuple[tuple[int, ...], tuple[int, ...]]
Finetune = Callable[[TreeNet, str], object]


class Step(NamedTuple):
    """What one step of the greedy search found.

    Attributes:
        block: the index of the most stressed block, which is split.
        partition: of its children.
        stress: as `stress` gives it, for every shared block.
        tasks: the tasks of the block.
        affinity: (T, T) divergences of these tasks at the block, large where two are unlike.
        children: the children of the block.
        child_affinity: (C, C) affinity of the children, large where two are alike.
        finetunings: networks fine-tuned in this step.
        chains: those of the network after the split.
    """

    block: int
    partition: Partition
    stress: dict[int, dict[str, float]]
    tasks: tuple[str, ...]
    affinity: Tensor
    children: tuple[int, ...]
    child_affinity: Tensor
    finetunings: int
    chains: dict[str, tuple[int, ...]]


def splittable(net: TreeNet) -> tuple[int, ...]:
    """The indexes of the blocks with two or more children, from input to output."""
    return tuple(index for index in net.indexes if len(net.children_of(index)) > 1)


def all_splits(net: TreeNet, block: int) -> list[Partition]:
    """All partitions of a block's children in two, 2^(C-1) - 1 for C children.

    Raises:
        ValueError: the block is unknown or has fewer than two children.
    """
    first, *others = _children(net, block)
    splits = []
    for bits in range(2 ** len(others) - 1):
        apart = [bool(bits >> number & 1) for number in range(len(others))]
        own = tuple(child for child, beside in zip(others, apart, strict=True) if beside)
        rest = tuple(child for child, beside in zip(others, apart, strict=True) if not beside)
        splits.append(((first, *own), rest))
    return splits


def best_split(affinity: Tensor, *, seed: int = 0) -> tuple[list[int], list[int]]:
    """Divide children in two by spectral clustering, so that those together are alike.

    Args:
        affinity: (C, C), C at least 2, as `child_affinity`.
        seed: of the clustering's k-means.

    Returns:
        The positions in `affinity` of the two groups, the first of which has position 0.
    """
    if len(affinity) == 2:
        return [0], [1]
    labels = spectral_clustering(affinity.numpy(), n_clusters=2, random_state=seed)
    positions = range(len(labels))
    return [i for i in positions if labels[i] == labels[0]], [i for i in positions if labels[i] != labels[0]]


def peeled(net: TreeNet, tasks: Iterable[str], finetune: Finetune) -> dict[str, TreeNet]:
    """Peel tasks off a network and fine-tune each alone: `finetune(network, task)` trains in place."""
    alone = {task: net.peel(task) for task in tasks}
    for task, network in alone.items():
        finetune(network, task)
    return alone


def greedy_step(
    net: TreeNet,
    finetune: Finetune,
    images: Images,
    *,
    measure: Measure = AS_CORRECTED,
    optimizer: torch.optim.Optimizer | None = None,
    seed: int = 0,
) -> Step:
    """Split the most stressed block of a trained network, in place: one step of `greedy_search`.

    Raises:
        ValueError: no block has two or more children; or as `stress` and `task_affinity`.
    """
    candidates = splittable(net)
    if not candidates:
        raise ValueError("no block has two or more children, so none can be split")
    tasks = [task for task in net.tasks if set(net.chains[task]) & set(candidates)]
    alone = peeled(net, tasks, finetune)
    stresses = stress(net, alone, images, measure=measure)
    block = max(candidates, key=lambda index: sum(stresses[index].values()))
    own = net.tasks_of(block)
    affinity = task_affinity({task: alone[task] for task in own}, block, images, measure=measure)
    children = net.children_of(block)
    likeness = child_affinity(affinity, [[own.index(task) for task in net.tasks_of(child)] for child in children])
    first, second = best_split(likeness, seed=seed)
    partition = tuple(children[i] for i in first), tuple(children[i] for i in second)
    net.split(block, partition, optimizer)
    return Step(block, partition, stresses, own, affinity, children, likeness, len(alone), dict(net.chains))


def greedy_search(
    net: TreeNet,
    steps: int,
    finetune: Finetune,
    images: Images,
    *,
    train: Callable[[TreeNet], object] = lambda net: None,
    measure: Measure = AS_CORRECTED,
    optimizer: torch.optim.Optimizer | None = None,
    seed: int = 0,
) -> list[Step]:
    """Split the most stressed block, train on, and again [tran, Algorithm 5]; the network is changed in place.

    Args:
        net: trained already.
        steps: at most so many; the search also stops when no block can be split.
        finetune: `finetune(network, task)` trains a peeled network in place.
        images: as `stress`.
        train: trains the whole network in place, called after every split.
        measure: how networks are compared.
        optimizer: that of the network, which takes the new blocks in.
        seed: of the clustering.

    Returns:
        What every step found; the networks fine-tuned in all are the sum of their `finetunings`.

    Raises:
        ValueError: as `greedy_step`, but for nothing left to split.
    """
    found: list[Step] = []
    while len(found) < steps and splittable(net):
        found.append(greedy_step(net, finetune, images, measure=measure, optimizer=optimizer, seed=seed))
        train(net)
    return found


def _children(net: TreeNet, block: int) -> tuple[int, ...]:
    children = net.children_of(block)
    if len(children) < 2:
        raise ValueError(f"block {block} has {len(children)} children; a split needs two or more to divide")
    return children
