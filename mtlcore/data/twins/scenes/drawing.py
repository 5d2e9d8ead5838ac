"""A figure in words: coloured ovals, limbs and polygons in a square of 100 by 100, drawn one over the other.

A drawing is a text of parts with `;` between them, each `shape colour numbers`:

    oval  colour  x y  rx ry  [turn]          an ellipse, turned clockwise by degrees
    limb  colour  x1 y1  x2 y2  r1 r2         a tapering rod with round ends
    poly  colour  x1 y1  x2 y2  x3 y3  ...    a convex polygon

x goes right and y down from the middle. A colour is a name of the figure's palette or a common one; `coat*0.8` is a
darker one, `coat#stripes`, `coat#spots` and `coat#bars` have a pattern in the palette's colour `mark`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

COLOURS: dict[str, tuple[int, int, int]] = {
    "white": (238, 238, 234),
    "black": (34, 33, 36),
    "grey": (128, 128, 130),
    "silver": (186, 190, 196),
    "dark": (52, 50, 52),
    "tyre": (38, 38, 40),
    "glass": (96, 126, 148),
    "brown": (120, 78, 46),
    "bark": (92, 66, 46),
    "tan": (188, 146, 98),
    "cream": (232, 214, 176),
    "beige": (208, 188, 160),
    "orange": (230, 126, 34),
    "rust": (176, 88, 40),
    "red": (204, 38, 40),
    "crimson": (150, 22, 44),
    "pink": (236, 150, 178),
    "purple": (132, 70, 160),
    "yellow": (242, 206, 48),
    "gold": (214, 168, 60),
    "green": (70, 140, 58),
    "lime": (150, 190, 70),
    "olive": (112, 116, 58),
    "leaf": (58, 112, 48),
    "pine": (34, 76, 50),
    "blue": (44, 88, 180),
    "navy": (30, 44, 92),
    "azure": (96, 164, 220),
    "teal": (40, 130, 136),
    "skin": (226, 178, 148),
    "dusk": (150, 102, 76),
}
PATTERNS = ("plain", "stripes", "spots", "bars")
_NUMBERS = {"oval": (4, 5), "limb": (6, 6), "poly": (6, 24)}


@dataclass(frozen=True)
class Part:
    """One shape: kind oval, limb or poly; colour by name, its brightness, its pattern; numbers as the text gives."""

    kind: str
    colour: str
    tone: float
    pattern: str
    numbers: tuple[float, ...]


@dataclass(frozen=True)
class Figure:
    """What a class looks like.

    drawings: ways of drawing it, each as likely; grounds: names of backgrounds, each as likely;
    palette: for each name of a colour the common ones it may be; turn: degrees by which it may be turned;
    size: its usual share of the picture's side.
    """

    drawings: tuple[tuple[Part, ...], ...]
    grounds: tuple[str, ...]
    palette: dict[str, tuple[str, ...]]
    turn: float = 10.0
    size: float = 0.92


def figure(grounds: str, palette: str, *drawings: str, turn: float = 10.0, size: float = 0.92) -> Figure:
    """A figure from texts: grounds "sky water", palette "coat=brown|black mark=white", and drawings."""
    pairs = (pair.split("=") for pair in palette.split())
    known = {name: tuple(choice.split("|")) for name, choice in pairs}
    for choice in known.values():
        if unknown := [name for name in choice if name not in COLOURS]:
            raise ValueError(f"no colour is called {unknown[0]!r}: there are {', '.join(COLOURS)}")
    return Figure(tuple(parse(text, known) for text in drawings), tuple(grounds.split()), known, turn, size)


def parse(text: str, palette: dict[str, tuple[str, ...]]) -> tuple[Part, ...]:
    """The parts of a drawing. Raises ValueError for unknown shapes, colours or patterns and wrong counts of numbers."""
    parts = []
    for line in filter(None, (line.strip() for line in text.replace("\n", " ").split(";"))):
        kind, paint, *rest = line.split()
        # A pattern may stand before a brightness too: templates add one to the colour that they are given.
        colour, *marks = re.split(r"(?=[*#])", paint)
        tone = math.prod(float(mark[1:]) for mark in marks if mark[0] == "*")
        pattern = next((mark[1:] for mark in marks if mark[0] == "#"), "plain")
        numbers = tuple(map(float, rest))
        if kind not in _NUMBERS or not _NUMBERS[kind][0] <= len(numbers) <= _NUMBERS[kind][1]:
            raise ValueError(f"{line!r}: a part is one of {', '.join(_NUMBERS)} with its numbers")
        if (colour not in COLOURS and colour not in palette) or pattern not in PATTERNS:
            raise ValueError(f"{line!r}: unknown colour {colour!r} or pattern {pattern!r}")
        parts.append(Part(kind, colour, tone, pattern, numbers))
    return tuple(parts)
