"""The flowers, fruit, vegetables and trees of CIFAR-100."""

from __future__ import annotations

import math

from mtlcore.data.twins.scenes.creatures import tree
from mtlcore.data.twins.scenes.drawing import Figure, figure

_STEM = "limb leaf 0 0 2 46 1.8 1.8; oval leaf 12 34 11 4 -30"


def _ring(colour: str, radius: float, size: float, count: int = 12) -> str:
    """Petals at even distances round a heart at (0, -8)."""
    turns = (2 * math.pi * k / count for k in range(count))
    places = ((radius * math.cos(turn), radius * math.sin(turn) - 8) for turn in turns)
    return ";".join(f"oval {colour} {x:.1f} {y:.1f} {size} {size}" for x, y in places)


PLANTS: dict[str, Figure] = {
    "orchid": figure(
        "leaves plain forest",
        "petal=purple|pink|white|yellow lip=crimson|purple|yellow",
        "limb leaf 0 0 8 46 1.4 1.4; oval petal 0 -26 8 14; oval petal*0.9 -22 -8 17 12 15;"
        "oval petal*0.9 22 -8 17 12 -15; oval petal*0.8 -13 14 7 13 30; oval petal*0.8 13 14 7 13 -30;"
        "oval lip 0 6 7 10; oval yellow 0 -2 3 3",
    ),
    "poppy": figure(
        "grass leaves sky",
        "petal=red|orange|red|crimson",
        _STEM + "; oval petal*0.85 0 -22 22 14; oval petal -18 -6 18 16; oval petal 18 -6 18 16;"
        "oval petal*1.1 0 8 22 13; oval black 0 -6 7 7; oval olive 0 -6 3 3",
    ),
    "rose": figure(
        "leaves plain pine".replace("pine", "leaves"),
        "petal=red|pink|crimson|white|yellow",
        _STEM + "; oval petal*0.7 0 -6 29 27; oval petal*0.9 -9 -10 18 18; oval petal*0.75 9 -6 18 19;"
        "oval petal 0 -2 17 16; oval petal*0.7 -2 -9 12 9; oval petal*0.95 2 -6 9 8; oval petal*0.6 0 -8 5 4",
        "limb leaf 0 0 -2 46 1.8 1.8; oval leaf -12 30 11 5 30; oval petal*0.75 -10 -8 13 18 -15;"
        "oval petal*0.75 10 -8 13 18 15; oval petal 0 -4 14 20; oval petal*0.65 0 -18 9 5",
    ),
    "sunflower": figure(
        "sky grass leaves",
        "petal=yellow|gold|yellow heart=bark|brown|dark",
        _STEM + ";" + _ring("petal", 25, 8) + "; oval heart 0 -8 19 19; oval heart*1.3 0 -8 9 9",
    ),
    "tulip": figure(
        "grass leaves sky",
        "petal=red|yellow|pink|purple|orange|white",
        "limb leaf 0 4 0 46 2 2; oval leaf -12 28 4 20 18; oval leaf 12 30 4 18 -18;"
        "poly petal*0.85 -15 -8 -13 -34 -2 -16; poly petal*0.85 15 -8 13 -34 2 -16; oval petal 0 -6 15 15;"
        "poly petal*1.1 -9 -10 0 -36 9 -10",
    ),
    "apple": figure(
        "table leaves plain",
        "coat=red|lime|crimson|green|yellow",
        "limb bark 0 -22 5 -38 1.6 1.2; oval leaf 13 -32 9 4 -25; oval coat -10 2 22 25;"
        "oval coat 10 2 22 25; oval coat*1.25 -12 -6 7 9; oval coat*0.6 0 -20 8 3",
    ),
    "mushroom": figure(
        "soil forest grass plain",
        "cap=red|brown|tan|white|rust|orange mark=white|cream|brown",
        "poly cream -8 -2 8 -2 12 36 -12 36; oval cream*0.85 0 2 22 6; oval cap#spots 0 -10 34 18;"
        "poly cream*0.9 -30 -1 30 -1 20 6 -20 6",
        "poly white -6 4 6 4 8 38 -8 38; oval cap 0 -2 25 20; oval cap*0.6 0 10 24 6",
    ),
    "orange": figure(
        "table leaves plain",
        "coat=orange",
        "oval coat 0 2 31 30; oval coat*1.2 -10 -8 9 9; oval olive 2 -24 3.6 2.4; oval leaf 12 -28 8 3.4 -20",
        "oval coat 0 2 31 31; oval cream 0 2 27 27; oval coat*1.15 0 2 24 24; limb cream 0 -22 0 26 0.8 0.8;"
        "limb cream -24 2 24 2 0.8 0.8; limb cream -17 -15 17 19 0.8 0.8; limb cream 17 -15 -17 19 0.8 0.8",
    ),
    "pear": figure(
        "table leaves plain",
        "coat=lime|yellow|gold|green",
        "limb bark 0 -30 4 -44 1.6 1.2; limb coat 0 12 0 -20 24 11; oval coat 0 14 25 24;"
        "oval coat*1.2 -9 6 7 11; oval leaf 13 -36 9 4 -20",
    ),
    "sweet pepper": figure(
        "table plain leaves",
        "coat=red|yellow|green|orange",
        "limb leaf 0 -20 5 -40 3 2.4; oval coat*0.85 -19 0 14 25; oval coat*0.85 19 0 14 25;"
        "oval coat 0 2 15 29; oval coat*1.35 -17 -8 3.4 9; oval coat*1.35 -2 -8 3 9; oval leaf 0 -22 12 4",
    ),
    "maple tree": figure(
        "grass forest sky",
        "leafs=orange|red|crimson|yellow",
        tree(
            "oval leafs*0.8 0 -10 34 26; oval leafs -14 -16 18 16; oval leafs*1.1 12 -20 18 15;"
            "oval leafs*0.9 14 2 17 13; oval leafs -16 4 16 12",
            top=10,
        ),
    ),
    "oak tree": figure(
        "grass grass sky",
        "leafs=leaf|green|olive",
        tree(
            "limb bark 0 16 -18 -2 4 3; limb bark 0 16 18 -2 4 3; oval leafs*0.75 0 -8 43 22;"
            "oval leafs -20 -8 20 15; oval leafs*1.15 4 -18 24 14; oval leafs*0.9 22 -4 19 14",
            trunk=(7, 6),
            top=6,
        ),
    ),
    "palm tree": figure(
        "sky sand water",
        "leafs=green|lime|leaf",
        "limb bark 6 46 0 -14 3.4 2.4;"
        + ";".join(
            f"limb leafs*{0.8 + 0.06 * k:.2f} 0 -16 {x} {y} 3.4 1"
            for k, (x, y) in enumerate(((-36, -18), (36, -20), (-30, 6), (30, 4), (-16, -38), (18, -40), (2, 10)))
        )
        + "; oval brown -3 -10 3 3; oval brown 4 -10 3 3",
    ),
    "pine tree": figure(
        "snow grass sky forest",
        "leafs=pine|leaf|teal",
        tree(
            "poly leafs*0.8 -28 34 28 34 0 -2; poly leafs*0.95 -22 16 22 16 0 -20;poly leafs*1.1 -15 -2 15 -2 0 -44",
            top=24,
        ),
    ),
    "willow tree": figure(
        "grass water sky",
        "leafs=lime|olive|green",
        tree(
            "oval leafs 0 -18 30 18;"
            + ";".join(
                f"limb leafs*{0.75 + 0.1 * (k % 4):.2f} {x * 0.8:.0f} -14 {x} {30 - abs(x) * 0.3:.0f} 4 2.4"
                for k, x in enumerate(range(-38, 39, 9))
            ),
            trunk=(5, 4),
            top=-8,
        ),
    ),
}
