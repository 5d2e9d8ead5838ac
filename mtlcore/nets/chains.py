"""Multi-task networks as blocks and chains: the generalised architecture (B, P, θ) [tran, Definition 3.1].

B are the blocks, each a function with its own parameters θ_i; P has one chain of block indexes a task, and a task's
output is the composition of the blocks of its chain. Blocks in several chains are shared. The words of the definition
are lost in the text version of the thesis; this is our reading of its formulas.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn


class Group(NamedTuple):
    """The trainable parameters of one block and the tasks that use it, as indexes into the network's `tasks`."""

    parameters: tuple[nn.Parameter, ...]
    tasks: tuple[int, ...]


class ChainNet(nn.Module):
    """A multi-task network made of blocks that chains put together.

    Args:
        blocks: the modules, by index (or in a sequence, indexed from 0). Each maps a tensor to a tensor and must not
            change its input in place, for other blocks may read it.
        chains: for every task its block indexes from input to output, no block twice; the tasks keep this order.

    Raises:
        ValueError: there is no task, a chain is empty, names a block that there is not or one twice, or a block is in
            no chain.
    """

    def __init__(
        self, blocks: Mapping[int, nn.Module] | Sequence[nn.Module], chains: Mapping[str, Sequence[int]]
    ) -> None:
        super().__init__()
        indexed = dict(blocks) if isinstance(blocks, Mapping) else dict(enumerate(blocks))
        # ascending, so that a network built anew lists its parameters in the order of the one that grew by splits
        self.blocks = nn.ModuleDict({str(index): indexed[index] for index in sorted(indexed)})
        self.chains = _checked(chains, set(indexed))

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks, in the order of the chains."""
        return tuple(self.chains)

    @property
    def indexes(self) -> tuple[int, ...]:
        """The indexes of the blocks from input to output: by their place in the chains, then by index."""
        place: dict[int, int] = {}
        for chain in self.chains.values():
            for depth, index in enumerate(chain):
                place[index] = max(depth, place.get(index, 0))
        return tuple(sorted(place, key=lambda index: (place[index], index)))

    @property
    def shared(self) -> tuple[int, ...]:
        """The indexes of the blocks that more than one task uses, from input to output."""
        return tuple(index for index in self.indexes if len(self.tasks_of(index)) > 1)

    def block(self, index: int) -> nn.Module:
        """The module of a block. Raises ValueError, with the indexes there are, for any other."""
        if str(index) not in self.blocks:
            raise ValueError(f"there is no block {index!r}; this network has {', '.join(self.blocks)}")
        return self.blocks[str(index)]

    def tasks_of(self, block: int) -> tuple[str, ...]:
        """The names of the tasks whose chains hold the block, O_F(i). Raises ValueError for an unknown block."""
        self.block(block)
        return tuple(task for task, chain in self.chains.items() if block in chain)

    def groups(self) -> list[Group]:
        """The trainable parameters block by block, from input to output; blocks without any are left out."""
        position = {task: number for number, task in enumerate(self.tasks)}
        found = (
            Group(
                tuple(parameter for parameter in self.block(index).parameters() if parameter.requires_grad),
                tuple(position[task] for task in self.tasks_of(index)),
            )
            for index in self.indexes
        )
        return [group for group in found if group.parameters]

    def forward(self, inputs: Tensor | Mapping[str, Tensor], keep: Iterable[int] = ()) -> dict[str | int, Tensor]:
        """Compute the tasks' outputs.

        Args:
            inputs: one tensor (B, ...) for all tasks (shared input: what chains have in common at their beginning is
                computed once), or one for each task (separate inputs: every task has its own pass, and batch
                normalisation sees one task's batch after the other). Tasks left out of a mapping are not computed.
            keep: blocks whose outputs are wanted too, still in the graph.

        Returns:
            Outputs by task name, and beside them the outputs of the blocks to keep, by block index.

        Raises:
            ValueError: an unknown task or block, or a block to keep that has no single output: it is not computed, or
                it gets different inputs from different tasks.
        """
        shared = isinstance(inputs, Tensor)
        given: Mapping[str, Tensor] = dict.fromkeys(self.tasks, inputs) if isinstance(inputs, Tensor) else inputs
        computed: dict[tuple[str, tuple[int, ...]], Tensor] = {}  # by whose input, and the chain so far
        outputs: dict[str | int, Tensor] = {}
        for task, hidden in given.items():
            chain = self._chain(task)
            for length in range(1, len(chain) + 1):
                key = ("" if shared else task, chain[:length])
                if key not in computed:
                    computed[key] = self.blocks[str(chain[length - 1])](hidden)
                hidden = computed[key]
            outputs[task] = hidden
        for index in keep:
            self.block(index)
            found = [hidden for (_, prefix), hidden in computed.items() if prefix[-1] == index]
            if len(found) != 1:
                raise ValueError(
                    f"block {index} has {len(found)} outputs in this pass, not one; give all its tasks the same input"
                )
            outputs[index] = found[0]
        return outputs

    def peel(self, task: str) -> Self:
        """The network of one task alone: a copy of the blocks of its chain, under the same indexes.

        Raises:
            ValueError: the task is unknown.
        """
        chain = self._chain(task)
        return type(self)({index: copy.deepcopy(self.block(index)) for index in chain}, {task: chain})

    def get_extra_state(self) -> Tensor:
        """The chains, one row a task, filled up with -1: a state belongs to one set of chains."""
        rows = [torch.tensor(chain) for chain in self.chains.values()]
        return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-1)

    def set_extra_state(self, state: Tensor) -> None:
        """Refuse a state of other chains, whose blocks may have the same names and another meaning."""
        if not torch.equal(state.cpu(), self.get_extra_state()):
            chains = [[index for index in row if index >= 0] for row in state.tolist()]
            raise ValueError(f"this state has the chains {chains}, the network {list(map(list, self.chains.values()))}")

    def _chain(self, task: str) -> tuple[int, ...]:
        if task not in self.chains:
            raise ValueError(f"there is no task {task!r}; this network has {', '.join(self.chains)}")
        return self.chains[task]


def _checked(chains: Mapping[str, Sequence[int]], blocks: set[int]) -> dict[str, tuple[int, ...]]:
    if not chains:
        raise ValueError("there are no chains; give one for each task")
    for task, chain in chains.items():
        if not chain:
            raise ValueError(f"the chain of {task!r} is empty; give its block indexes from input to output")
        if not blocks.issuperset(chain):
            raise ValueError(f"the chain of {task!r} names block {min(set(chain) - blocks)}, which there is not")
        if len(set(chain)) < len(chain):
            raise ValueError(f"the chain of {task!r} names a block twice: {tuple(chain)}")
    if unused := blocks.difference(*chains.values()):
        raise ValueError(f"block {min(unused)} is in no chain; leave it out or put it into one")
    return {task: tuple(chain) for task, chain in chains.items()}
