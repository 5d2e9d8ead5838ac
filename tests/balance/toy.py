"""Small networks of several tasks in float64, and the gradients that balancers combine, from plain autograd."""

from __future__ import annotations

import dataclasses

import numpy as np
import qpsolvers
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtlcore.balance import Block

ALL = (0, 1, 2)


@dataclasses.dataclass
class Toy:
    """Losses with their graph, blocks from input to output, and the representation where there is one."""

    losses: list[Tensor]
    blocks: list[Block]
    representation: Tensor | None

    @property
    def parameters(self) -> list[Tensor]:
        return [parameter for block in self.blocks for parameter in block.parameters]

    def gradients(self, block: Block) -> list[list[Tensor]]:
        """One row a task of the block: the gradients of its parameters."""
        return [
            [
                torch.zeros_like(parameter) if gradient is None else gradient
                for parameter, gradient in zip(
                    block.parameters,
                    torch.autograd.grad(self.losses[task], block.parameters, retain_graph=True, allow_unused=True),
                    strict=True,
                )
            ]
            for task in block.tasks
        ]

    def rows(self, block: Block) -> Tensor:
        """The same as (tasks, P)."""
        return torch.stack([flat(row) for row in self.gradients(block)])


def flat(tensors) -> Tensor:
    return torch.cat([tensor.reshape(-1) for tensor in tensors])


def grads(block: Block) -> Tensor:
    """What a balancer has left in the block, as one vector."""
    return flat([parameter.grad for parameter in block.parameters])


class Layers(nn.Module):
    """A root, a trunk behind it, a branch of tasks 1 and 2 where `tree`, and heads; float64."""

    def __init__(self, tree: bool) -> None:
        super().__init__()
        self.tree = tree
        self.root = nn.Sequential(nn.Linear(5, 6), nn.Tanh())
        self.trunk = nn.Sequential(nn.Linear(6, 4), nn.Tanh())
        self.branch = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
        self.heads = nn.ModuleList(nn.Linear(4, 3) for _ in ALL)
        self.double()

    def blocks(self) -> list[Block]:
        named = [(self.root, ALL), (self.trunk, ALL), *([(self.branch, (1, 2))] if self.tree else [])]
        named += [(head, (task,)) for task, head in enumerate(self.heads)]
        return [Block(tuple(module.parameters()), tasks) for module, tasks in named]

    def losses(self, inputs: list[Tensor], labels: list[Tensor], scales) -> tuple[list[Tensor], Tensor | None]:
        shared = self.trunk(self.root(inputs[0])) if len(inputs) == 1 else None
        losses = []
        for task in ALL:
            hidden = shared if shared is not None else self.trunk(self.root(inputs[task]))
            hidden = self.branch(hidden) if self.tree and task else hidden
            losses.append(scales[task] * F.cross_entropy(self.heads[task](hidden), labels[task]))
        return losses, shared


def toy(setting: str = "shared", seed: int = 0, scales=(1.0, 5.0, 0.3), dtype=torch.float64) -> Toy:
    """Three tasks: "shared" input, "separate" inputs, a "tree" on a shared input, a "separate tree"."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    net = Layers("tree" in setting).to(dtype)
    count = 3 if "separate" in setting else 1
    inputs = [torch.randn(16, 5, generator=generator, dtype=torch.float64).to(dtype) for _ in range(count)]
    labels = [torch.randint(3, (16,), generator=generator) for _ in ALL]
    losses, representation = net.losses(inputs, labels, scales)
    return Toy(losses, net.blocks(), representation)


def shortest(gram: Tensor) -> Tensor:
    """Min-norm weights of a positive definite Gramian, by quadprog."""
    found = qpsolvers.solve_qp(
        gram.double().numpy(),
        np.zeros(len(gram)),
        A=np.ones((1, len(gram))),
        b=np.ones(1),
        lb=np.zeros(len(gram)),
        solver="quadprog",
    )
    return torch.from_numpy(found)


def two_vectors(first, second) -> Toy:
    """Two linear losses of one shared parameter, whose gradients are the given vectors, and a private one each."""
    shared = torch.zeros(len(first), dtype=torch.float64, requires_grad=True)
    own = [torch.ones(2, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    vectors = [torch.tensor(vector, dtype=torch.float64) for vector in (first, second)]
    losses = [(shared * vector).sum() + (part * part).sum() for vector, part in zip(vectors, own, strict=True)]
    return Toy(losses, [Block((shared,), (0, 1)), Block((own[0],), (0,)), Block((own[1],), (1,))], None)
