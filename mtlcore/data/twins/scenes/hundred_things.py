"""The classes of CIFAR-100 that do not live: containers, devices, furniture, buildings, landscapes, vehicles."""

from __future__ import annotations

from mtlcore.data.twins.scenes.drawing import Figure, figure

_WHEEL = "oval tyre {0} {1} {2} {2}; oval silver {0} {1} {3} {3}"


def _wheel(x: float, y: float, radius: float) -> str:
    return _WHEEL.format(x, y, radius, radius * 0.4)


def _box(colour: str, left: float, top: float, right: float, bottom: float) -> str:
    return f"poly {colour} {left} {top} {right} {top} {right} {bottom} {left} {bottom}"


def _grid(colour: str, columns: range, rows: range, width: float, height: float) -> str:
    return ";".join(_box(colour, x, y, x + width, y + height) for y in rows for x in columns)


_PAINT = "paint=red|blue|white|yellow|green|silver|orange|navy"

HOUSEHOLD: dict[str, Figure] = {
    "bottle": figure(
        "table plain room",
        "glassy=green|brown|teal|azure|red|white label=white|cream|red|yellow",
        f"{_box('glassy', -4.5, -38, 4.5, -14)}; {_box('dark', -5.5, -44, 5.5, -36)};"
        f"limb glassy 0 -4 0 36 13 13; {_box('label', -13, 6, 13, 26)}; limb white -7 0 -7 34 1.6 1.6",
        turn=8,
    ),
    "bowl": figure(
        "table plain room",
        "clay=white|azure|red|brown|silver|teal food=yellow|orange|green|rust",
        "oval clay*0.8 0 -8 38 11; oval food 0 -7 33 8; poly clay -38 -8 38 -8 29 16 14 26 -14 26 -29 16; "
        + _box("clay*0.7", -12, 25, 12, 31),
        "oval clay*0.6 0 -8 38 11; poly clay -38 -6 38 -6 29 16 14 26 -14 26 -29 16; "
        + _box("clay*0.7", -12, 25, 12, 31),
        turn=5,
    ),
    "can": figure(
        "table plain room",
        "tin=red|blue|green|silver|orange|yellow label=white|cream|navy",
        f"{_box('tin', -18, -32, 18, 32)}; oval tin*0.8 0 32 18 5; {_box('label', -18, -10, 18, 14)};"
        "oval silver 0 -32 18 5.5; oval silver*0.75 0 -32 13 3.4; limb white -11 -26 -11 28 2 2",
        turn=10,
    ),
    "cup": figure(
        "table plain room",
        "clay=white|red|azure|brown|yellow|green drink=bark|brown|gold",
        "oval clay*0.8 30 4 13 15; oval grey 30 4 7.5 9; poly clay -27 -22 25 -22 20 28 -21 28;"
        "oval clay*0.85 -1 -22 26 7; oval drink -1 -21 22 5; oval clay*0.8 0 28 20 4",
        turn=6,
    ),
    "plate": figure(
        "table plain room table",
        "clay=white|cream|azure|silver rim=blue|gold|red|green",
        "oval clay 0 2 41 38; oval rim 0 2 36 33; oval clay 0 2 33 30; oval clay*0.88 0 3 24 21;oval clay 0 4 21 18",
        "oval clay 0 6 43 19; oval rim 0 6 39 16; oval clay 0 6 36 14; oval clay*0.86 0 7 25 8.5",
        turn=12,
    ),
    "clock": figure(
        "room plain",
        "frame=bark|gold|black|red|silver|white",
        "oval frame 0 0 38 38; oval white 0 0 32 32; limb dark 0 0 0 -23 1.8 1.2; limb dark 0 0 15 8 2 1.6;"
        "oval dark 0 -28 2 2; oval dark 0 28 2 2; oval dark -28 0 2 2; oval dark 28 0 2 2",
        "oval frame -16 -27 10 9; oval frame 16 -27 10 9; limb frame -18 26 -26 38 3 3;"
        "limb frame 18 26 26 38 3 3; oval frame 0 2 32 32; oval white 0 2 26 26; limb dark 0 2 0 -16 1.8 1.2;"
        "limb dark 0 2 -12 8 2 1.6",
        turn=8,
    ),
    "keyboard": figure(
        "table plain",
        "case=silver|dark|white|black|beige key=white|grey|black|cream",
        f"{_box('case', -45, -17, 45, 18)}; {_grid('key', range(-41, 38, 8), range(-13, 8, 8), 6.2, 6)};"
        f"{_box('key', -20, 10, 20, 15)}",
        turn=14,
    ),
    "lamp": figure(
        "room plain night",
        "shade=cream|yellow|orange|white|red|gold stand=dark|gold|bark|silver",
        "oval stand 0 40 16 4; limb stand 0 38 0 -4 2 2; poly shade -14 -40 14 -40 27 -4 -27 -4;"
        "oval shade*1.2 0 -18 12 12",
        "oval stand 6 40 17 4; limb stand 8 38 18 4 1.8 1.8; limb stand 18 4 -6 -26 1.8 1.8;"
        "poly shade -2 -36 8 -24 -18 -6 -30 -20; oval yellow -20 -12 6 6",
        turn=6,
    ),
    "telephone": figure(
        "table plain room",
        "case=red|black|cream|green|grey",
        "poly case -20 -8 20 -8 34 30 -34 30; oval white 0 12 15 13; oval case*0.7 0 12 6 5;"
        "oval dark -9 8 2 2; oval dark 9 8 2 2; oval dark 0 3 2 2; oval dark -7 18 2 2; oval dark 7 18 2 2;"
        "limb case*0.85 -30 -18 30 -18 5 5; oval case*0.8 -32 -13 9 9; oval case*0.8 32 -13 9 9",
        f"{_box('case*0.8', -16, -42, 16, 42)}; {_box('glass', -12, -34, 12, -8)};"
        f"{_grid('white', range(-11, 8, 9), range(-2, 30, 9), 6, 5)}",
        turn=9,
    ),
    "television": figure(
        "room room plain",
        "case=black|bark|silver|dark screen=azure|blue|glass|teal|green",
        f"{_box('case', -42, -28, 42, 26)}; {_box('screen', -37, -23, 37, 20)};"
        f"poly screen*1.3 -34 -20 -6 -20 -26 14 -34 14; {_box('case*0.9', -5, 26, 5, 34)};"
        f"{_box('case', -20, 33, 20, 38)}",
        f"limb dark -2 -24 -18 -44 1 1; limb dark 2 -24 18 -44 1 1; {_box('case', -38, -25, 38, 30)};"
        "oval screen -8 2 25 22; oval white 28 -8 4 4; oval white 28 6 4 4; limb dark -24 30 -28 40 2 2;"
        "limb dark 24 30 28 40 2 2",
        turn=4,
    ),
    "bed": figure(
        "room",
        "cover=red|azure|white|green|purple|pink|navy wood=brown|bark|tan|white",
        f"{_box('wood', -45, -22, -38, 30)}; {_box('wood*0.85', 38, -4, 44, 30)};"
        f"{_box('white', -38, -2, 38, 12)}; {_box('cover', -16, -6, 40, 20)}; oval white*0.95 -28 -7 10 6;"
        f"{_box('wood*0.8', -38, 18, 38, 24)}",
        f"{_box('wood', -30, -34, 30, -10)}; poly white -27 -14 27 -14 36 8 -36 8; oval cream -14 -8 11 5;"
        f"oval cream 14 -8 11 5; poly cover -34 2 34 2 44 34 -44 34; {_box('cover*0.75', -44, 32, 44, 40)}",
        turn=4,
    ),
    "chair": figure(
        "room plain",
        "wood=brown|red|white|black|tan|azure",
        "limb wood*0.75 -14 -6 -12 38 2.2 1.8; limb wood*0.75 20 8 19 34 2.2 1.8;"
        f"{_box('wood', -18, -42, -11, 10)}; poly wood -18 4 12 4 26 12 -12 14; limb wood -16 10 -17 44 2.4 2;"
        "limb wood 14 14 15 44 2.4 2",
        f"{_box('wood', -19, -42, 19, -6)}; {_box('wood*0.6', -12, -34, 12, -14)};"
        "poly wood*0.9 -21 4 21 4 25 14 -25 14; limb wood -21 12 -22 44 2.4 2; limb wood 21 12 22 44 2.4 2;"
        "limb wood*0.7 -12 14 -12 36 2 1.8; limb wood*0.7 12 14 12 36 2 1.8",
        turn=6,
    ),
    "couch": figure(
        "room room plain",
        "cloth=red|brown|grey|green|navy|cream|tan",
        f"limb cloth -32 -12 32 -12 11 11; {_box('cloth*0.8', -36, 8, 36, 26)}; oval cloth*1.15 -16 6 18 6;"
        "oval cloth*1.15 16 6 18 6; limb cloth*0.9 -40 2 -40 24 6 6; limb cloth*0.9 40 2 40 24 6 6;"
        "limb dark -34 28 -34 34 2 2; limb dark 34 28 34 34 2 2",
        turn=4,
    ),
    "table": figure(
        "room room plain",
        "wood=brown|tan|bark|white|rust",
        "limb wood*0.6 -24 -4 -23 24 2.2 2; limb wood*0.6 24 -4 23 24 2.2 2;"
        f"poly wood -30 -16 30 -16 45 0 -45 0; {_box('wood*0.75', -45, 0, 45, 5)};"
        "limb wood*0.85 -40 4 -39 38 2.8 2.4; limb wood*0.85 40 4 39 38 2.8 2.4",
        "limb wood*0.75 0 -4 0 30 4 4; limb wood*0.75 0 28 -20 38 2.8 2.4; limb wood*0.75 0 28 20 38 2.8 2.4;"
        "oval wood 0 -8 42 11; oval wood*1.15 0 -9 37 8",
        turn=5,
    ),
    "wardrobe": figure(
        "room room plain",
        "wood=brown|tan|bark|white|rust|cream",
        f"{_box('wood*0.7', -30, -44, 30, -38)}; {_box('wood', -27, -40, 27, 38)};"
        f"{_box('wood*1.15', -23, -35, -2, 33)}; {_box('wood*1.15', 2, -35, 23, 33)}; oval dark -5 0 1.8 2.4;"
        f"oval dark 5 0 1.8 2.4; {_box('wood*0.6', -28, 38, -21, 44)}; {_box('wood*0.6', 21, 38, 28, 44)}",
        turn=3,
    ),
}

OUTDOORS: dict[str, Figure] = {
    "bridge": figure(
        "water water grass",
        "stone=grey|red|tan|bark|silver",
        f"{_box('stone', -50, -8, 50, 0)}; {_box('stone*0.85', -30, -40, -23, 26)};"
        f"{_box('stone*0.85', 23, -40, 30, 26)}; limb stone*0.8 -26 -38 0 -12 1.2 1.2;"
        "limb stone*0.8 26 -38 0 -12 1.2 1.2; limb stone*0.8 -26 -38 -50 -12 1.2 1.2;"
        "limb stone*0.8 26 -38 50 -12 1.2 1.2",
        f"{_box('stone', -50, -14, 50, 22)}; oval teal*0.8 -25 22 15 22; oval teal*0.8 25 22 15 22;"
        f"{_box('stone*1.15', -50, -20, 50, -13)}; {_box('teal', -50, 22, 50, 46)}",
        turn=4,
    ),
    "castle": figure(
        "grass sky forest",
        "stone=grey|tan|beige|silver|rust roof=red|navy|bark",
        f"{_box('stone*0.9', -30, -10, 30, 36)}; {_box('stone', -42, -24, -22, 38)};"
        f"{_box('stone', 22, -24, 42, 38)}; poly roof -44 -23 -20 -23 -32 -46; poly roof 20 -23 44 -23 32 -46;"
        f"{_grid('stone*0.9', range(-18, 19, 12), range(-17, -16, 1), 7, 8)}; oval dark 0 30 8 12;"
        f"{_box('dark', -34, -12, -30, -4)}; {_box('dark', 30, -12, 34, -4)}",
        turn=4,
    ),
    "house": figure(
        "grass grass snow",
        "wall=white|cream|red|azure|yellow|beige|rust roof=rust|bark|grey|crimson|navy",
        f"{_box('roof*0.7', 12, -36, 20, -18)}; {_box('wall', -32, -8, 32, 32)};"
        f"poly roof -40 -7 40 -7 20 -32 -20 -32; {_box('bark', -6, 10, 6, 32)};"
        f"{_box('glass', -25, 2, -13, 14)}; {_box('glass', 13, 2, 25, 14)}",
        f"{_box('wall', -26, -6, 26, 34)}; poly roof -34 -4 34 -4 0 -38; {_box('bark', -7, 12, 5, 34)};"
        f"{_box('glass', 10, 4, 21, 16)}; {_box('glass', -22, 4, -11, 16)}; oval glass 0 -16 5 5",
        turn=4,
    ),
    "road": figure(
        "grass forest sand sky",
        "way=grey|dark|silver line=white|yellow",
        "poly way -6 -14 4 -14 44 50 -44 50; poly line -1 -8 0 -8 1 2 -2 2; poly line -1 8 1 8 2 22 -3 22;"
        "poly line -2 28 2 28 3 48 -4 48",
        "poly way -50 20 -50 46 6 6 2 0; poly way 2 0 6 6 26 -12 22 -14; poly line -50 34 -50 31 2 3 2 4",
        turn=5,
        size=1.1,
    ),
    "skyscraper": figure(
        "sky sky night road",
        "wall=glass|silver|grey|tan|navy|beige mark=white|azure|dark",
        f"{_box('wall#bars', -14, -46, 14, 48)}; {_box('wall#bars', -34, -8, -16, 48)};limb silver 0 -46 0 -56 1 0.8",
        f"{_box('wall*0.8', 12, -14, 36, 50)}; poly wall#bars -18 -34 0 -48 16 -34 16 50 -18 50",
        f"{_box('wall', -16, -44, 16, 50)}; {_grid('mark*0.9', range(-13, 12, 7), range(-40, 46, 9), 4, 5)}",
        turn=4,
        size=1.05,
    ),
    "cloud": figure(
        "sky sky sky",
        "puff=white|white|silver",
        "oval puff*0.85 0 12 38 13; oval puff -18 2 19 17; oval puff 8 -8 22 20; oval puff 25 6 17 13",
        "oval puff 0 -12 44 8; oval puff*0.9 -12 16 34 9; oval puff 16 -16 22 12",
        turn=8,
        size=1.1,
    ),
    "forest": figure(
        "forest",
        "leafs=leaf|pine|green|olive|rust",
        ";".join(
            f"limb bark {x} 46 {x + 1} -40 {2.4 + (x % 3)} 2;"
            f"oval leafs*{0.75 + 0.12 * (k % 3):.2f} {x} {-30 + 7 * (k % 2)} 14 20"
            for k, x in enumerate(range(-42, 46, 14))
        ),
        ";".join(
            f"poly leafs*{0.7 + 0.13 * (k % 4):.2f} {x - 12} 40 {x + 12} 40 {x} {-34 + 9 * (k % 3)}"
            for k, x in enumerate(range(-44, 46, 11))
        ),
        turn=3,
        size=1.15,
    ),
    "mountain": figure(
        "sky grass water snow",
        "rock=grey|bark|navy|silver|olive",
        "poly rock*0.8 6 34 52 34 32 -16; poly rock -52 36 36 36 -8 -38; poly white -18 -20 4 -20 -8 -38;"
        "poly white -18 -20 -8 -20 -15 -12; poly white -6 -20 4 -20 2 -11",
        "poly rock -50 36 10 36 -22 -26; poly rock*0.85 -12 36 52 36 20 -40; poly white 12 -25 27 -25 20 -40",
        turn=4,
        size=1.15,
    ),
    "plain": figure(
        "grass",
        "field=lime|gold|green|tan|olive",
        "poly field -60 6 60 6 60 60 -60 60; poly field*0.85 -60 16 60 12 60 22 -60 30; oval leaf -30 4 6 4;"
        "oval leaf 24 4 4 3",
        "poly field*0.9 -60 10 60 14 60 60 -60 60; poly field*1.1 -60 30 60 24 60 60 -60 60",
        turn=3,
        size=1.15,
    ),
    "sea": figure(
        "water water",
        "wave=white|azure|teal",
        "limb wave -46 14 -16 12 1.4 1; limb wave 6 20 42 22 1.6 1; limb wave -30 30 14 28 1.8 1.2;"
        "limb wave 10 8 40 8 1 0.8; limb wave -44 42 -6 44 2 1.4",
        "poly blue -60 -4 60 -4 60 60 -60 60; limb wave*0.9 -50 24 50 28 3.4 3;"
        "limb wave -50 38 50 36 4.4 3.6; poly tan -60 46 60 42 60 60 -60 60",
        "limb gold 0 -16 0 -16 9 9; limb gold 0 4 0 4 5 1; limb gold*0.9 -4 14 6 14 1.4 1.4;"
        "limb gold*0.9 6 26 -8 26 1.6 1.6",
        turn=3,
        size=1.1,
    ),
}

VEHICLES: dict[str, Figure] = {
    "bicycle": figure(
        "road grass plain room",
        _PAINT,
        "oval tyre -25 14 19 19; oval silver -25 14 15.5 15.5; oval tyre 25 14 19 19;"
        "oval silver 25 14 15.5 15.5; limb paint -25 14 -10 -14 1.8 1.8; limb paint -10 -14 16 -14 1.8 1.8;"
        "limb paint 16 -14 25 14 1.8 1.8; limb paint -10 -14 0 14 1.8 1.8; limb paint 0 14 16 -12 1.8 1.8;"
        "limb paint -25 14 0 14 1.6 1.6; limb dark -15 -22 -5 -22 2.4 2; limb dark 14 -26 24 -26 1.8 1.8;"
        "limb dark 16 -14 15 -26 1.4 1.4; oval dark 0 14 4 4",
        turn=8,
    ),
    "bus": figure(
        "road road plain",
        _PAINT,
        f"{_box('paint', -44, -26, 44, 20)};"
        f"{_grid('glass', range(-40, 36, 11), range(-20, -19, 1), 8.6, 14)};"
        f"{_box('paint*0.75', -44, 4, 44, 8)}; {_wheel(-26, 20, 8)}; {_wheel(26, 20, 8)}",
        f"{_box('tyre', -26, 28, -16, 38)}; {_box('tyre', 16, 28, 26, 38)}; {_box('paint', -28, -40, 28, 30)};"
        f"{_box('dark', -18, -38, 18, -31)}; {_box('glass', -24, -28, 24, 0)}; oval yellow -20 20 4 4;"
        "oval yellow 20 20 4 4",
        turn=5,
    ),
    "motorcycle": figure(
        "road grass plain",
        _PAINT,
        "oval tyre -27 16 16 16; oval silver -27 16 8 8; oval tyre 27 16 16 16; oval silver 27 16 8 8;"
        "oval silver 0 14 13 10; limb silver 4 20 36 22 2.6 2.6; limb dark -27 16 -17 -14 2 2;"
        "limb dark -20 -22 -8 -20 2 2; oval yellow -23 -11 5 5; oval paint -4 -4 16 8;"
        "limb dark 10 -4 32 -6 5 3.4; poly paint 20 -2 38 -6 36 2",
        turn=8,
    ),
    "pickup truck": figure(
        "road grass sand plain",
        _PAINT,
        "poly paint -44 4 -40 -4 42 -4 44 4 43 14 -44 14; poly paint*0.9 -22 -4 -12 -22 10 -22 12 -4;"
        f"poly glass -18 -5 -10 -18 -2 -18 -2 -5; {_box('glass', 1, -18, 8, -5)};"
        f"{_box('dark*0.8', 14, -6, 42, -2)}; {_wheel(-27, 15, 9.5)}; {_wheel(28, 15, 9.5)}",
        turn=6,
    ),
    "train": figure(
        "grass forest road",
        _PAINT + " smoke=white|grey|silver",
        f"limb dark -50 31 50 31 1.4 1.4; {_box('paint', -50, -20, 50, 22)};"
        f"{_grid('glass', range(-46, 42, 15), range(-14, -13, 1), 11, 13)};"
        f"{_box('paint*0.6', -50, 8, 50, 12)}; {_wheel(-34, 26, 5)}; {_wheel(-20, 26, 5)};"
        f"{_wheel(20, 26, 5)}; {_wheel(34, 26, 5)}",
        "oval smoke -28 -34 9 7; oval smoke -10 -40 11 8; limb dark -50 33 50 33 1.4 1.4;"
        f"{_box('dark', -30, -28, -22, -8)}; limb paint*0.8 -32 2 10 2 12 12;"
        f"{_box('paint', 10, -26, 38, 20)}; {_box('glass', 16, -20, 30, -6)}; {_wheel(-28, 22, 9)};"
        f"{_wheel(-4, 22, 9)}; {_wheel(24, 22, 9)}",
        "poly dark -14 34 14 34 30 48 -30 48; limb silver -12 34 -28 50 1.2 1.4;"
        "limb silver 12 34 28 50 1.2 1.4; poly paint -20 -20 20 -20 24 34 -24 34; oval paint*0.9 0 -20 20 14;"
        "poly glass -15 -18 15 -18 17 2 -17 2; oval yellow -14 22 4 4; oval yellow 14 22 4 4",
        turn=4,
    ),
    "lawn mower": figure(
        "grass grass",
        _PAINT,
        "limb dark 14 2 42 -36 1.8 1.8; limb dark 38 -38 46 -34 2.4 2.4; oval paint -8 10 30 11;"
        f"{_box('dark', -20, -10, 4, 4)}; {_box('grey', -14, -18, -2, -9)}; {_wheel(-28, 22, 8.5)};"
        f"{_wheel(16, 22, 8.5)}",
        turn=7,
    ),
    "rocket": figure(
        "sky night sky",
        "hull=white|silver|cream fin=red|navy|orange|dark fire=yellow|orange",
        "oval fire 0 42 8 14; oval white 0 38 4 8; poly fin -8 16 -8 34 -22 40; poly fin 8 16 8 34 22 40;"
        "limb hull 0 -22 0 26 10 10; poly hull -9.5 -24 9.5 -24 0 -48; poly fin -7 -30 7 -30 0 -48;"
        "oval glass 0 -12 4.4 4.4",
        f"oval silver -14 44 16 8; oval silver 14 44 16 8; {_box('hull*0.85', -16, -14, -9, 34)};"
        f"{_box('hull*0.85', 9, -14, 16, 34)}; {_box('hull', -8, -34, 8, 36)}; poly hull -8 -34 8 -34 0 -48;"
        f"{_box('fin', -8, -20, 8, -12)}",
        turn=16,
    ),
    "streetcar": figure(
        "road road grass",
        _PAINT,
        "limb dark -50 36 50 36 1 1; limb dark -50 -44 50 -42 0.8 0.8; limb dark 0 -28 12 -43 1 1;"
        f"{_box('cream', -42, -28, 42, 0)}; {_grid('glass', range(-38, 34, 13), range(-23, -22, 1), 9.6, 17)};"
        f"{_box('paint', -42, 0, 42, 24)}; {_box('dark', -34, 24, 34, 29)}; {_wheel(-20, 30, 5)};"
        f"{_wheel(20, 30, 5)}",
        "limb dark 0 -34 -8 -46 1 1; limb dark -50 -46 50 -46 0.8 0.8;"
        "poly paint -23 -32 23 -32 25 34 -25 34; poly cream -20 -26 20 -26 20 -4 -20 -4;"
        "poly glass -17 -23 17 -23 17 -6 -17 -6; oval yellow 0 12 6 6; limb silver -12 38 -26 50 1 1.2;"
        "limb silver 12 38 26 50 1 1.2",
        turn=4,
    ),
    "tank": figure(
        "sand grass soil snow",
        "paint=olive|tan|grey|leaf|pine",
        f"limb paint*0.8 -6 -14 -46 -18 2.4 2; oval paint 2 -13 21 10; {_box('paint*0.7', 2, -26, 12, -20)};"
        "poly paint -40 -4 40 -4 44 8 -44 8; limb dark -36 16 36 16 10 10; "
        + ";".join(f"oval grey {x} 17 6 6" for x in (-32, -16, 0, 16, 32)),
        turn=6,
    ),
    "tractor": figure(
        "grass grass soil",
        _PAINT,
        f"{_box('dark', -26, -26, -22, -6)}; {_box('paint', -40, -8, 10, 12)};"
        f"{_box('paint*0.8', 0, -34, 34, -29)}; {_box('glass', 6, -29, 30, -4)};"
        f"{_box('paint', 4, -6, 34, 12)}; {_wheel(-29, 22, 12)}; oval tyre 22 13 23 23;"
        "oval yellow 22 13 11 11; oval paint 22 13 5 5",
        turn=6,
    ),
}
