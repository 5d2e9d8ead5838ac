"""Tree networks that are peeled and split [tran, Section 3.2].

A network of blocks and chains is a tree when all chains begin with the same block, the root, and every other block
has one predecessor [tran, Definition 3.2]. `peel` takes one task out as a network of its own; `split` replaces a block
by copies, among which it divides the block's children. Our readings:

- The root may be split too; what remains has several roots, which the definition does not foresee.
- A split takes a partition of the children that the block has now, not a cover of those it will have.
- The first copy keeps the block's index, the others get new ones, so no two blocks ever share a name and the tasks of
  every block are listed explicitly. In the published code the positions of tasks can coincide after a split.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mtlcore.nets.chains import ChainNet


class TreeNet(ChainNet):
    """A multi-task network whose blocks form a tree (or, once its root is split, several).

    Args:
        blocks: as `ChainNet`.
        chains: as `ChainNet`.

    Raises:
        ValueError: as `ChainNet`; or a block has two predecessors, or a chain ends where another goes on.
    """

    def __init__(
        self, blocks: Mapping[int, nn.Module] | Sequence[nn.Module], chains: Mapping[str, Sequence[int]]
    ) -> None:
        super().__init__(blocks, chains)
        self._parents = _parents(self.chains)

    @property
    def roots(self) -> tuple[int, ...]:
        """The indexes of the blocks that read the input."""
        return tuple(index for index in self.indexes if self._parents[index] is None)

    @property
    def root(self) -> int:
        """The index of the block that all chains begin with. Raises ValueError once it is split."""
        if len(self.roots) > 1:
            raise ValueError(f"the root is split: the blocks {self.roots} all read the input; use roots")
        return self.roots[0]

    @property
    def last_shared(self) -> int | None:
        """The index of the last block that all of several tasks share; None where there is no such block."""
        common = [index for index in self.shared if len(self.tasks_of(index)) == len(self.tasks)]
        return common[-1] if common else None

    def children_of(self, block: int) -> tuple[int, ...]:
        """The indexes of the blocks behind this one, C_F(i). Raises ValueError for an unknown block."""
        self.block(block)
        return tuple(index for index in self.indexes if self._parents[index] == block)

    def split(
        self, block: int, partition: Sequence[Sequence[int]], optimizer: torch.optim.Optimizer | None = None
    ) -> TreeNet:
        """Replace a block by one copy for every part of its children, in place.

        No output changes until training goes on. Call it between steps: gradients are not divided.

        Args:
            block: the index of the block; the copy for the first part keeps it, the others get the next free ones.
            partition: the block's children in two or more parts.
            optimizer: of this network. It takes the copies in, each in its original's parameter group and with a copy
                of its original's state (momentum, moments, step count).

        Returns:
            The network itself, as `Module.to` does.

        Raises:
            ValueError: the block is unknown or has no children to divide, the partition is none of its children, or
                the optimiser knows no parameter of the block. Nothing has changed then.
        """
        original = self.block(block)
        _check_partition(block, self.children_of(block), partition)
        if optimizer is not None and not _trains(optimizer, original):
            raise ValueError(f"this optimiser trains no parameter of block {block}; give the one made for this network")
        for part in partition[1:]:
            index = max(self.indexes) + 1
            moved = {task for child in part for task in self.tasks_of(child)}
            twin = copy.deepcopy(original)
            if optimizer is not None:
                _carry_over(optimizer, original, twin)
            self.blocks[str(index)] = twin
            for task in moved:
                self.chains[task] = tuple(index if other == block else other for other in self.chains[task])
            self._parents = _parents(self.chains)
        return self

    def regrown(self, chains: Mapping[str, Sequence[int]]) -> TreeNet:
        """A copy of this network with the chains that splits of it have led to, its weights copied as they would be.

        `lenet(tasks).regrown(chains)` takes the state of a tree that was split and saved.

        Raises:
            ValueError: the tasks or the lengths of their chains differ, or a block joins what this network keeps apart.
        """
        if {task: len(chain) for task, chain in chains.items()} != {t: len(chain) for t, chain in self.chains.items()}:
            raise ValueError(
                f"splits keep the tasks and the lengths of the chains {self.chains}, unlike {dict(chains)}"
            )
        originals: dict[int, int] = {}
        for task, chain in chains.items():
            for index, original in zip(chain, self.chains[task], strict=True):
                if originals.setdefault(index, original) != original:
                    raise ValueError(f"block {index} would join the blocks {originals[index]} and {original}")
        return TreeNet({index: copy.deepcopy(self.block(original)) for index, original in originals.items()}, chains)


def _parents(chains: Mapping[str, Sequence[int]]) -> dict[int, int | None]:
    parents: dict[int, int | None] = {}
    for task, chain in chains.items():
        for parent, index in zip((None, *chain[:-1]), chain, strict=True):
            if parents.setdefault(index, parent) != parent:
                raise ValueError(f"block {index} follows {parents[index]} and, for {task!r}, {parent}: this is no tree")
    for task, chain in chains.items():
        if chain[-1] in parents.values():
            raise ValueError(f"the chain of {task!r} ends at block {chain[-1]}, where another goes on; give it a head")
    return parents


def _check_partition(block: int, children: tuple[int, ...], partition: Sequence[Sequence[int]]) -> None:
    if len(children) < 2:
        raise ValueError(f"block {block} has {len(children)} children; a split needs two or more to divide")
    told = f"the partition {[list(part) for part in partition]} of the children {children} of block {block}"
    named = Counter(child for part in partition for child in part)
    if strangers := named.keys() - set(children):
        raise ValueError(f"{told} names {min(strangers)}, which is not among them")
    if missing := set(children) - named.keys():
        raise ValueError(f"{told} leaves out {min(missing)}")
    if twice := [child for child, count in named.items() if count > 1]:
        raise ValueError(f"{told} names {min(twice)} twice")
    if len(partition) < 2 or not all(partition):
        raise ValueError(f"{told} needs two or more parts, none of them empty")


def _trains(optimizer: torch.optim.Optimizer, module: nn.Module) -> bool:
    known = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    parameters = list(module.parameters())
    return not parameters or any(id(parameter) in known for parameter in parameters)


def _carry_over(optimizer: torch.optim.Optimizer, original: nn.Module, twin: nn.Module) -> None:
    """Give an optimiser the copies of a block's parameters, each in its original's group and with its state."""
    for old, new in zip(original.parameters(), twin.parameters(), strict=True):
        for group in optimizer.param_groups:
            if any(old is parameter for parameter in group["params"]):
                group["params"].append(new)
        if old in optimizer.state:
            optimizer.state[new] = {
                name: value.clone() if isinstance(value, Tensor) else copy.deepcopy(value)
                for name, value in optimizer.state[old].items()
            }
