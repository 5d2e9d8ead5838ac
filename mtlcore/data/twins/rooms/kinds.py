"""The kinds of rooms, and with what chance each piece of furniture is in them.

Shares and chances are ours, set so that classes cover about the share of the pixels that they have in the original, and
to nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mtlcore.data.twins.rooms import fixtures as x
from mtlcore.data.twins.rooms import furniture as f
from mtlcore.data.twins.rooms import hangings as h
from mtlcore.data.twins.rooms import things as t
from mtlcore.data.twins.rooms.pieces import Piece, Random

Maker = Callable[[Random], Piece]


@dataclass(frozen=True)
class Kind:
    """A kind of room: its share, the sides of its floor, and with what chance each piece is there.

    walls: along the walls, from the floor; middle: in the open; hung: on the walls, where what stands below leaves
    them free. A chance above 1 is so many pieces, and one more with what is left of it.
    """

    share: float
    sides: tuple[float, float]
    walls: tuple[tuple[Maker, float], ...]
    middle: tuple[tuple[Maker, float], ...]
    hung: tuple[tuple[Maker, float], ...]


ANYWHERE = ((h.picture, 4.5), (h.beam, 1.3), (x.column, 0.5), (t.boxes, 0.5), (h.notices, 0.3))
LYING = ((t.bag, 0.6), (t.boxes, 0.4), (f.ottoman, 1.0), (t.person, 0.06), (t.mat, 0.5))
KINDS = (
    Kind(  # bedroom
        0.3,
        (2.9, 4.8),
        ((f.bed, 1.2), (f.night_stand, 1.2), (f.dresser, 0.6), (f.wardrobe, 0.9), (f.desk, 0.5), (f.bookshelf, 0.25)),
        ((f.chair, 0.9), (t.heap, 0.4), (t.stand, 0.4), *LYING),
        ((h.window, 1.8), (h.mirror, 0.1), (h.hooks, 0.2), (h.shelves, 0.25), *ANYWHERE),
    ),
    Kind(  # living room
        0.22,
        (3.3, 6.2),
        ((f.sofa, 1.9), (h.television, 0.5), (f.bookshelf, 0.9), (x.column, 0.5), (t.plant, 0.4), (h.radiator, 0.3)),
        ((f.table, 1.3), (f.chair, 1.2), (f.sofa, 0.4), (t.stand, 0.5), *LYING),
        ((h.window, 2.0), (h.shelves, 0.4), *ANYWHERE),
    ),
    Kind(  # kitchen
        0.18,
        (2.5, 4.4),
        ((x.kitchen, 2.6), (x.refrigerator, 0.7), (x.stove, 0.8), (f.wardrobe, 0.9), (h.shelves, 0.2)),
        ((f.table, 0.7), (f.chair, 1.6), *LYING),
        ((h.window, 1.0), (h.towels, 0.4), *ANYWHERE),
    ),
    Kind(  # bathroom
        0.1,
        (2.1, 3.1),
        ((x.toilet, 1.0), (x.washstand, 1.0), (x.bathtub, 0.8), (h.shelves, 0.3), (f.wardrobe, 0.3)),
        ((t.mat, 0.9), (t.heap, 0.3)),
        ((h.window, 0.5), (h.towels, 1.8), (h.picture, 0.8)),
    ),
    Kind(  # dining room
        0.08,
        (3.2, 5.5),
        ((f.wardrobe, 1.2), (f.dresser, 0.4), (t.plant, 0.4), (h.radiator, 0.4), (f.bookshelf, 0.3)),
        ((f.table, 1.6), (f.chair, 5.5), *LYING),
        ((h.window, 2.2), *ANYWHERE),
    ),
    Kind(  # office and class room
        0.12,
        (3.4, 7.0),
        ((f.desk, 2.6), (f.bookshelf, 1.2), (h.shelves, 0.8), (f.wardrobe, 0.9), (t.boxes, 0.6)),
        ((f.chair, 3.5), (f.table, 0.9), (f.desk, 0.5), *LYING),
        ((h.whiteboard, 1.0), (h.window, 1.3), (h.notices, 1.0), *ANYWHERE),
    ),
    Kind(  # shop and library
        0.03,
        (4.0, 8.0),
        ((f.bookshelf, 4.5), (h.shelves, 2.5), (t.boxes, 0.8)),
        ((f.table, 1.5), (f.bookshelf, 1.0), (t.person, 0.4), (t.stand, 0.5)),
        ((h.notices, 0.6), *ANYWHERE),
    ),
)
