"""Which channels of a network are needed, given its zeros: the analysis behind `compact`.

Every tensor has channels along dimension 1. Tensors whose channels must be the same ones (before and after a
normalisation, the parts of a residual sum) form a class. Between classes there are four relations: a convolution makes
channels of one class out of those it reads of another, and needs only what a needed filter of it does not multiply by
zero; an nn.Identity may give on fewer channels than it gets, so that a residual sum can be narrower than the tensor its
shortcut starts from; a concatenation stacks classes; a flattening repeats the channels of one. What we do not know
needs all. Fang et al., "DepGraph" (2023), cut by such a graph too; theirs couples all tensors of a residual stage and
removes what no layer reads, ours lets them narrow as the stage goes on.
"""

from __future__ import annotations

import dataclasses
from collections import Counter

import torch
from torch import Tensor, fx, nn

from mtlcore.prune.constants import Known, foldable
from mtlcore.prune.graph import Step

RIGID = ("norm", "depthwise", "apply", "same", "channelwise", "sum", "product")


@dataclasses.dataclass
class Class:
    """Tensors with the same channels."""

    needed: Tensor  # (C,) boolean
    fixed: bool = False  # something outside reads it by position: all channels, in their order
    parts: list[tuple[fx.Node, int]] | None = None  # of what it is stacked: tensors, and how often each channel


class Needs:
    """The needed channels of every tensor, and which of them are kept, in which order.

    Args:
        steps, shapes: as `graph.trace`.
        known: as `constants.constants`.
    """

    def __init__(self, steps: list[Step], shapes: dict[fx.Node, torch.Size], known: Known) -> None:
        self.steps, self.known = steps, known
        self.parents: dict[fx.Node, fx.Node] = {step.node: step.node for step in steps if step.node in known}
        self.flexible = self._join()
        self.classes = {
            node: Class(torch.zeros(shapes[node][1], dtype=torch.bool))
            for node, parent in self.parents.items()
            if node is parent
        }
        self._mark(shapes)
        self._settle()
        for found in self.classes.values():
            if not found.needed.any():
                found.needed[0] = True  # no layer works on nothing
        self._settle()
        self.kept: dict[fx.Node, Tensor] = {}
        self._order()

    def root(self, node: fx.Node) -> fx.Node:
        """The tensor that stands for the class of a tensor."""
        while self.parents[node] is not node:
            node = self.parents[node]
        return node

    def of(self, node: fx.Node) -> Class:
        """The class of a tensor."""
        return self.classes[self.root(node)]

    def channels(self, node: fx.Node) -> Tensor:
        """The channels of a tensor that are kept, (k,) int64, in their new order."""
        root = self.root(node)
        if root not in self.kept:
            parts, offset = [], 0
            for source, repeat in self.classes[root].parts or ():
                inner = self.channels(source)[:, None] * repeat + torch.arange(repeat)
                parts.append(offset + inner.flatten())
                offset += len(self.of(source).needed) * repeat
            self.kept[root] = torch.cat(parts)
        return self.kept[root]

    def reads(self, step: Step) -> Tensor:
        """Which channels of its input a convolution or linear layer needs, boolean (in,)."""
        assert isinstance(step.module, nn.Conv2d | nn.Linear)
        rows = step.module.weight[self.of(step.node).needed.to(step.module.weight.device)]
        live = (rows.flatten(2) != 0).any(2) if rows.dim() > 2 else rows != 0
        return live.any(0).cpu() & ~foldable(step.module, self.known[step.sources[0]])

    def _join(self) -> set[fx.Node]:
        """Make the classes; returns the identities that may narrow."""
        calls = Counter(step.module for step in self.steps if step.module is not None)
        repeated = {module for module, count in calls.items() if count > 1}
        seen: dict[nn.Module, Step] = {}
        flexible = set()
        for step in self.steps:
            if step.kind in RIGID or (step.kind == "identity" and step.module in repeated):
                for source in step.sources:
                    self._unite(source, step.node)
            elif step.kind == "identity":
                flexible.add(step.node)
            if step.module is not None and step.kind != "opaque":
                first = seen.setdefault(step.module, step)  # its parameters are one set for all its calls
                if first is not step and first.kind == step.kind and step.kind in ("conv", "linear", *RIGID[:2]):
                    self._unite(first.node, step.node)
                    self._unite(first.sources[0], step.sources[0])
        return flexible

    def _unite(self, one: fx.Node, other: fx.Node) -> None:
        self.parents[self.root(other)] = self.root(one)

    def _mark(self, shapes: dict[fx.Node, torch.Size]) -> None:
        """Say which classes are read by position, and which are stacked of others."""
        for step in self.steps:
            if step.kind in ("input", "opaque"):
                for node in (step.node, *step.sources, *step.changed):
                    if node in self.parents:
                        self._fix(self.of(node))
            elif step.kind in ("cat", "flatten"):
                found = self.of(step.node)
                repeats = [1 if step.kind == "cat" else shapes[step.node][1] // shapes[step.sources[0]][1]]
                parts = list(zip(step.sources, repeats * len(step.sources), strict=True))
                if found.parts is not None or found.fixed:
                    self._fix(found)
                    for source in step.sources:
                        self._fix(self.of(source))
                else:
                    found.parts = parts
        self._fix_stacked()

    def _fix(self, found: Class) -> None:
        found.fixed = True
        found.needed[:] = True

    def _fix_stacked(self) -> None:
        """What is stacked and read by position has parts that are so too."""
        for _ in self.classes:
            for found in self.classes.values():
                if found.fixed and found.parts is not None:
                    for source, _ in found.parts:
                        self._fix(self.of(source))

    def _settle(self) -> None:
        """Let needs spread from outputs to inputs until nothing changes."""
        before = -1
        while before != (before := sum(int(found.needed.sum()) for found in self.classes.values())):
            for step in reversed(self.steps):
                if step.kind in ("conv", "linear"):
                    self.of(step.sources[0]).needed |= self.reads(step)
                elif step.node in self.flexible:
                    self.of(step.sources[0]).needed |= self.of(step.node).needed
                elif step.kind in ("cat", "flatten"):
                    self._hand_down(self.of(step.node))

    def _hand_down(self, found: Class) -> None:
        offset = 0
        for source, repeat in found.parts or ():
            part = self.of(source).needed
            part |= found.needed[offset : offset + len(part) * repeat].view(-1, repeat).any(1)
            offset += len(part) * repeat

    def _order(self) -> None:
        """Put the channels of a residual stage that are needed longest first: narrower tensors are then views."""
        chains: dict[fx.Node, fx.Node] = {root: root for root in self.classes}

        def end(root: fx.Node) -> fx.Node:
            while chains[root] is not root:
                root = chains[root]
            return root

        for step in self.steps:
            if step.node in self.flexible:
                chains[end(self.root(step.node))] = end(self.root(step.sources[0]))
        members: dict[fx.Node, list[fx.Node]] = {}
        for root in self.classes:
            members.setdefault(end(root), []).append(root)
        for roots in members.values():
            found = [self.classes[root] for root in roots]
            rank = torch.stack([one.needed.long() for one in found]).sum(0)
            if any(one.fixed or one.parts is not None for one in found):
                rank = torch.zeros_like(rank)
            order = torch.argsort(rank, descending=True, stable=True)
            for root, one in zip(roots, found, strict=True):
                if one.parts is None or one.fixed:
                    self.kept[root] = order[one.needed[order]]
