"""The people of CIFAR-100: small and large, in portraits and standing."""

from __future__ import annotations

from mtlcore.data.twins.scenes.creatures import person, portrait
from mtlcore.data.twins.scenes.drawing import Figure, figure

_PEOPLE = (
    "cloth=red|blue|white|green|pink|grey|yellow|navy legs=navy|grey|dark|tan "
    "hair=black|brown|gold|rust flesh=skin|dusk|beige"
)

PEOPLE: dict[str, Figure] = {
    "baby": figure(
        "plain room grass",
        _PEOPLE + " bib=white|azure|pink|yellow",
        portrait(hair="none", round_=1.35, more="oval pink*0.95 -14 6 4 3; oval pink*0.95 14 6 4 3"),
        "oval bib 4 22 22 16; limb flesh -8 26 -28 34 5 4; limb flesh 18 30 32 38 5.4 4;"
        "oval flesh -2 -10 19 18; oval hair -2 -26 8 3; oval black -9 -10 2 2.2; oval black 5 -10 2 2.2;"
        "limb crimson -5 0 1 0 1.2 1.2",
    ),
    "boy": figure(
        "grass room plain", _PEOPLE, portrait(hair="fringe", round_=1.12), person(tall=0.78, hair="short", broad=0.8)
    ),
    "girl": figure(
        "grass room plain",
        _PEOPLE + " bow=red|pink|purple",
        portrait(hair="tails", round_=1.1, more="oval bow -20 -14 4 4; oval bow 20 -14 4 4"),
        person(tall=0.78, hair="tails", dress=True, broad=0.75),
    ),
    "man": figure(
        "plain room road",
        _PEOPLE.replace("pink|", "") + " tie=navy|crimson|dark",
        portrait(
            hair="short",
            more="limb hair*0.8 -9 14 9 14 3 3; oval hair*0.8 0 17 9 4; poly white -7 26 7 26 0 42;"
            "poly tie -2 28 2 28 3 44 -3 44",
        ),
        person(tall=1.0, hair="short", broad=1.25),
    ),
    "woman": figure(
        "plain room grass",
        _PEOPLE,
        portrait(hair="long", round_=0.95, more="limb red -5 10 5 10 2 2"),
        person(tall=0.96, hair="long", dress=True, broad=0.9),
    ),
}
