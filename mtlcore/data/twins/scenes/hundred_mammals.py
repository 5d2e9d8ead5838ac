"""The mammals of CIFAR-100 that live on land."""

from __future__ import annotations

from mtlcore.data.twins.scenes.creatures import beast, face
from mtlcore.data.twins.scenes.drawing import Figure, figure

MAMMALS: dict[str, Figure] = {
    "bear": figure(
        "forest water grass snow",
        "coat=brown|bark|black|dark|white",
        beast(body=(27, 16), legs=15, leg=6, head=(-31, -8, 11), muzzle=(9, 5.5), neck=10, ears="round", tail="none"),
        face(head=(26, 23), ears="round", muzzle=(12, 9), snout="tan"),
    ),
    "leopard": figure(
        "grass forest sand",
        "coat=gold|tan|gold mark=black|dark",
        beast(
            body=(28, 10),
            legs=17,
            leg=4,
            head=(-32, -12, 9),
            muzzle=(7, 4.6),
            ears="round",
            tail="thin",
            coat="coat#spots",
        ),
        face(coat="coat#spots", ears="round", muzzle=(11, 8), snout="cream", eyes="lime"),
    ),
    "lion": figure(
        "grass sand sand",
        "coat=gold|tan|gold mane=brown|rust|bark",
        beast(
            body=(27, 11),
            legs=18,
            leg=4.4,
            head=(-30, -12, 9),
            muzzle=(9, 5),
            ears="none",
            tail="thin",
            more="oval mane 45 8 4 5; oval mane -22 -8 12 17; oval coat -31 -12 8.6 9;"
            "limb coat -33 -9 -39 -8 4.6 3.8; oval black -33 -14 1.5 1.5; oval dark -42 -9 2 2",
        ),
        face(head=(19, 21), ears="none", muzzle=(10, 8), snout="cream", behind="oval mane 0 2 36 37"),
        beast(
            body=(27, 10),
            legs=17,
            leg=4.2,
            head=(-31, -12, 9),
            muzzle=(9, 5),
            ears="round",
            tail="thin",
            more="oval mane 45 8 4 5",
        ),
    ),
    "tiger": figure(
        "forest grass snow",
        "coat=orange|rust|orange mark=black",
        beast(
            body=(29, 12),
            legs=16,
            leg=5,
            head=(-33, -10, 10),
            muzzle=(8, 5),
            ears="round",
            tail="thin",
            coat="coat#stripes",
        ),
        face(coat="coat#stripes", ears="round", muzzle=(13, 10), snout="white", head=(27, 25), eyes="lime"),
    ),
    "wolf": figure(
        "snow forest snow",
        "coat=grey|silver|dark|white",
        beast(body=(26, 10), legs=23, leg=3.2, head=(-33, -12, 8), muzzle=(13, 4), neck=8, ears="point", tail="bushy"),
        face(
            head=(22, 24),
            ears="point",
            muzzle=(8, 11),
            snout="white",
            eyes="gold",
            behind="poly coat*0.9 -34 10 34 10 0 44",
        ),
    ),
    "camel": figure(
        "sand sand grass",
        "coat=tan|gold|beige",
        beast(
            body=(25, 11),
            legs=27,
            leg=2.8,
            head=(-40, -22, 6),
            muzzle=(8, 3.6),
            neck=4,
            ears="round",
            tail="thin",
            more="oval coat -7 -10 10 12; oval coat 13 -10 9 11",
        ),
        beast(
            body=(25, 11),
            legs=27,
            leg=2.8,
            head=(-40, -22, 6),
            muzzle=(8, 3.6),
            neck=4,
            ears="round",
            tail="thin",
            more="oval coat 3 -11 13 12",
        ),
    ),
    "cattle": figure(
        "grass grass sand",
        "coat=white|brown|black|cream|rust mark=black|brown|white",
        beast(
            body=(30, 14),
            legs=18,
            leg=3.8,
            head=(-37, -6, 9),
            muzzle=(8, 6),
            neck=8,
            ears="flop",
            tail="thin",
            coat="coat#spots",
            more="limb cream -36 -14 -40 -22 1.6 1; limb cream -32 -14 -26 -20 1.6 1; oval pink 12 13 6 4",
        ),
        beast(
            body=(30, 14),
            legs=18,
            leg=3.8,
            head=(-37, 2, 9),
            muzzle=(8, 6),
            neck=9,
            ears="flop",
            tail="thin",
            more="limb cream -36 -6 -44 -12 1.8 1; limb cream -32 -6 -24 -12 1.8 1",
        ),
    ),
    "chimpanzee": figure(
        "forest leaves plain",
        "coat=black|dark|bark",
        face(
            head=(24, 26),
            ears="round",
            muzzle=(15, 11),
            snout="tan*0.8",
            more="oval tan*0.75 -9 -5 7 6; oval tan*0.75 9 -5 7 6; oval black -9 -5 2.6 2.6; oval black 9 -5 2.6 2.6;"
            "limb dark -8 16 8 16 1 1",
        ),
        "limb coat*0.8 14 22 22 40 6 4; limb coat*0.8 -8 24 -14 40 6 4; oval coat 4 8 18 22;"
        "limb coat*0.9 -10 -6 -30 28 5 4; limb coat*0.9 18 -6 34 22 5 4; oval coat -4 -22 13 14;"
        "oval tan*0.8 -7 -19 8 9; oval black -10 -23 1.6 1.6; oval black -3 -23 1.6 1.6;"
        "oval coat*0.8 9 -20 4 5",
    ),
    "elephant": figure(
        "grass sand forest",
        "coat=grey|silver|dark|beige",
        beast(
            body=(28, 20),
            legs=19,
            leg=6.5,
            head=(-28, -10, 14),
            muzzle=(6, 6),
            neck=12,
            ears="none",
            tail="thin",
            more="oval coat*0.75 -18 -8 10 15; limb coat -38 -4 -44 30 5.5 2.6; limb white -36 6 -46 14 1.8 1;"
            "oval black -32 -14 1.6 1.6",
        ),
        "oval coat*0.75 -30 -6 18 22; oval coat*0.75 30 -6 18 22; oval coat 0 -8 19 23;"
        "limb coat*0.92 0 4 4 44 7 3.4; oval black -10 -10 2 2; oval black 10 -10 2 2;"
        "limb white -10 12 -15 28 2.4 1.4; limb white 10 12 15 28 2.4 1.4",
    ),
    "kangaroo": figure(
        "grass sand soil",
        "coat=tan|rust|grey",
        "limb coat*0.8 12 26 46 38 5 2; oval coat 8 18 17 17; limb coat 4 12 -8 -16 10 6;"
        "limb coat*0.85 8 26 -6 40 7 3.4; limb coat*0.85 -8 40 -22 41 2.8 2.2;"
        "limb coat*0.85 -8 -4 -20 6 2.6 1.8; oval coat -13 -25 7.6 6.6; limb coat -16 -24 -24 -21 4 3;"
        "oval coat*0.8 -8 -37 2.8 9 8; oval coat*0.7 -3 -35 2.6 8 22; oval black -15 -27 1.4 1.4;"
        "oval black -27 -21 1.5 1.3",
    ),
    "fox": figure(
        "snow grass forest",
        "coat=orange|rust|orange",
        beast(
            body=(23, 8),
            legs=15,
            leg=2.6,
            head=(-28, -9, 7.6),
            muzzle=(12, 3),
            neck=5,
            ears="point",
            tail="bushy",
            more="oval white 39 -6 5 5; oval white -34 -3 5 2.4",
        ),
        face(
            head=(25, 20),
            ears="point",
            muzzle=(6, 8),
            snout="white",
            eyes="gold",
            more="oval white -15 10 8 6; oval white 15 10 8 6",
        ),
    ),
    "porcupine": figure(
        "soil forest grass",
        "coat=bark|dark|brown mark=cream|white",
        ";".join(
            f"limb mark {x} {2 - 0.02 * x * x:.0f} {x * 1.5 + 8:.0f} {-30 + abs(x) * 0.5:.0f} 1.4 0.7"
            for x in range(-20, 36, 5)
        )
        + "; oval coat#stripes 6 8 28 17; oval coat -24 14 10 8; oval dark -34 16 2.4 2.2;"
        "oval black -26 11 1.6 1.6; limb coat*0.7 -12 20 -14 32 3 3; limb coat*0.7 18 20 18 32 3 3",
    ),
    "possum": figure(
        "forest leaves night",
        "coat=grey|silver|beige",
        beast(
            body=(22, 12),
            legs=10,
            leg=3,
            head=(-25, -2, 9),
            muzzle=(15, 3),
            neck=8,
            ears="round",
            tail="none",
            more="limb pink*0.9 20 4 42 -6 2.2 1.4; limb pink*0.9 42 -6 40 -22 1.4 1; oval white -29 0 7 6;"
            "oval black -28 -3 1.8 1.8; oval pink -42 3 2.2 2",
        ),
    ),
    "raccoon": figure(
        "forest grass soil night",
        "coat=grey|silver|grey mark=dark|black",
        face(
            head=(25, 21),
            ears="round",
            muzzle=(8, 8),
            snout="white",
            more="oval black -11 -4 9 6 -18; oval black 11 -4 9 6 18; oval white -11 -4 2.6 2.6;"
            "oval white 11 -4 2.6 2.6",
        ),
        beast(
            body=(22, 13),
            legs=10,
            leg=3,
            head=(-25, -4, 9),
            muzzle=(8, 3.6),
            ears="round",
            tail="none",
            more="limb coat#stripes 20 2 42 -8 5.5 4.5; oval black -29 -6 5 3; oval white -29 -6 1.4 1.4",
        ),
    ),
    "skunk": figure(
        "grass soil forest",
        "coat=black|dark mark=white",
        beast(
            body=(22, 10),
            legs=10,
            leg=3,
            head=(-26, 0, 7),
            muzzle=(8, 3),
            ears="round",
            tail="none",
            more="limb coat 20 0 34 -24 6 8; limb white -24 -6 -8 -8 2 3; limb white -8 -8 18 -6 3.4 3.4;"
            "limb white 22 -4 36 -28 2.6 4",
        ),
    ),
    "hamster": figure(
        "plain table room",
        "coat=gold|orange|tan|white|beige",
        face(head=(28, 26), ears="round", muzzle=(10, 8), snout="white"),
        "oval coat 2 8 28 22; oval coat -20 2 16 15; oval white -20 14 14 8; oval coat*0.7 -16 -13 5.4 5.4;"
        "oval black -26 -2 2.6 2.6; oval pink -36 4 2.4 2; oval pink -14 30 5 2; oval pink 14 30 5 2",
    ),
    "mouse": figure(
        "plain table grass soil",
        "coat=grey|brown|white|beige",
        "limb pink*0.9 20 16 44 6 1.3 0.8; oval coat 4 12 22 14; limb coat -8 10 -28 14 11 3.4;"
        "oval coat*0.75 -10 -6 8 8; oval pink -10 -6 5 5; oval black -20 8 2 2; oval pink -33 15 2 1.8;"
        "limb pink -8 24 -10 29 1.6 1.6; limb pink 14 24 14 29 1.6 1.6",
        face(
            head=(17, 19),
            ears="none",
            muzzle=(6, 8),
            behind="oval coat*0.8 -20 -18 15 15; oval pink -20 -18 10 10; oval coat*0.8 20 -18 15 15;"
            "oval pink 20 -18 10 10",
        ),
    ),
    "rabbit": figure(
        "grass grass snow room",
        "coat=white|brown|grey|tan|black",
        face(head=(18, 18), ears="long", muzzle=(7, 6), snout="white"),
        beast(
            body=(21, 15),
            legs=9,
            leg=3.6,
            head=(-22, -9, 9.6),
            muzzle=(4, 4.4),
            neck=8,
            ears="long",
            tail="none",
            more="oval white 21 2 5.4 5.4",
        ),
    ),
    "shrew": figure(
        "soil leaves grass",
        "coat=dark|bark|grey|brown",
        "limb coat*0.8 26 14 42 18 1.5 1; oval coat 8 10 23 13; limb coat -6 10 -38 17 10 1.5;"
        "oval pink -40 17.5 2 1.6; oval black -20 9 1.2 1.2; oval coat*0.7 -10 2 3.4 3.4;"
        "limb pink -6 22 -8 28 1.4 1.4; limb pink 18 22 18 28 1.4 1.4",
    ),
    "squirrel": figure(
        "forest leaves grass",
        "coat=rust|grey|brown",
        "limb coat*0.85 16 30 30 10 6 9; limb coat*0.85 30 10 28 -22 9 9; limb coat*0.85 28 -22 14 -30 8 5;"
        "oval coat 2 16 14 20; oval coat*1.2 -4 18 7 14; oval coat -9 -10 11 10;"
        "poly coat*0.8 -9 -18 -3 -17 -5 -28; oval black -13 -12 2 2; oval dark -19 -7 1.8 1.5;"
        "limb coat*0.8 -6 6 -16 8 2.8 2.2; oval bark -19 8 4 4; limb coat*0.8 0 34 -12 37 4 3",
    ),
}
