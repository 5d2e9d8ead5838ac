"""Figures as tables of numbers, so that a batch of any classes is painted part by part rather than figure by figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mtlcore.data.twins.scenes.drawing import COLOURS, PATTERNS, Figure, Part

KINDS = ("oval", "limb", "poly")
NOTHING = len(KINDS)  # the kind of the places that a drawing with fewer parts leaves
NAMES = tuple(COLOURS)
RGB = torch.tensor(list(COLOURS.values()), dtype=torch.float32) / 255


@dataclass(frozen=True)
class Choices:
    """Lists of unequal length as one table: places (n, longest), and how many of each row count."""

    places: Tensor
    count: Tensor

    @staticmethod
    def of(rows: Sequence[Sequence[int]]) -> Choices:
        """From lists that are not empty."""
        longest = max(map(len, rows))
        padded = [[*row, *[row[0]] * (longest - len(row))] for row in rows]
        return Choices(torch.tensor(padded), torch.tensor([len(row) for row in rows]))

    def pick(self, row: Tensor, chance: Tensor) -> Tensor:
        """An entry of each chosen row, every one as likely, by chances from 0 to 1."""
        return self.places[row, (chance * self.count[row]).long()]


@dataclass(frozen=True)
class Tables:
    """F figures in D drawings of up to P parts.

    drawings: of each figure; grounds: of each figure, places in canvas.GROUNDS; palette: colours of each of the S names
    of each figure, row figure * S + name; turn, size: (F,).
    kind, pattern, tone: (D, P); colour: (D, P), a name of the palette, or S + a common colour; mark: (F,) the name of
    the second colour of patterns, -1 for none. numbers: (D, P, N); corner, next_corner: (D, P, K) of polygons,
    repeated up to K; angle: (D, P) radians of ovals.
    """

    drawings: Choices
    grounds: Choices
    palette: Choices
    names: int
    turn: Tensor
    size: Tensor
    kind: Tensor
    pattern: Tensor
    tone: Tensor
    colour: Tensor
    mark: Tensor
    numbers: Tensor
    corner: Tensor
    next_corner: Tensor
    angle: Tensor

    @staticmethod
    def of(figures: Sequence[Figure], grounds: Sequence[str]) -> Tables:
        """grounds: names of the backgrounds there are, in order."""
        names = max(max(len(figure.palette), 1) for figure in figures)
        palettes: list[list[int]] = []
        drawings: list[list[int]] = []
        rows: list[list[dict]] = []
        for figure in figures:
            known = list(figure.palette)
            lists = [[NAMES.index(name) for name in choice] for choice in figure.palette.values()]
            palettes += lists + [[0]] * (names - len(lists))
            drawings.append(list(range(len(rows), len(rows) + len(figure.drawings))))
            rows += [[_row(part, known, names) for part in drawing] for drawing in figure.drawings]
        longest = max(map(len, rows))
        nothing = _row(Part("oval", "white", 1.0, "plain", (0.0, 0.0, 1.0, 1.0)), [], names)
        nothing["kind"] = NOTHING
        padded = [row + [nothing] * (longest - len(row)) for row in rows]
        marks = [list(figure.palette).index("mark") if "mark" in figure.palette else -1 for figure in figures]

        def column(name: str) -> Tensor:
            return torch.tensor([[part[name] for part in row] for row in padded])

        return Tables(
            drawings=Choices.of(drawings),
            grounds=Choices.of([[grounds.index(name) for name in figure.grounds] for figure in figures]),
            palette=Choices.of(palettes),
            names=names,
            turn=torch.tensor([figure.turn for figure in figures]).deg2rad(),
            size=torch.tensor([figure.size for figure in figures]),
            mark=torch.tensor(marks),
            **{name: column(name) for name in nothing},
        )


CORNERS = 8  # of a polygon at most


def _row(part: Part, palette: list[str], names: int) -> dict:
    corners = len(part.numbers) // 2 if part.kind == "poly" else 1
    return {
        "kind": KINDS.index(part.kind),
        "pattern": PATTERNS.index(part.pattern),
        "tone": part.tone,
        "colour": palette.index(part.colour) if part.colour in palette else names + NAMES.index(part.colour),
        "numbers": list(part.numbers) + [0.0] * (2 * CORNERS - len(part.numbers)),
        "corner": [k % corners for k in range(CORNERS)],
        "next_corner": [(k + 1) % corners for k in range(CORNERS)],
        "angle": part.numbers[4] * torch.pi / 180 if part.kind == "oval" and len(part.numbers) > 4 else 0.0,
    }
