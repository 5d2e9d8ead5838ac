"""The ten classes of CIFAR-10, each drawn in several ways."""

from __future__ import annotations

from mtlcore.data.twins.scenes.creatures import beast, face
from mtlcore.data.twins.scenes.drawing import Figure, figure

_WHEELS = "oval tyre -24 16 9 9; oval tyre 24 16 9 9; oval silver -24 16 4 4; oval silver 24 16 4 4"
_ANTLERS = (
    "limb bark -36 -32 -44 -46 1.4 1.2; limb bark -34 -32 -26 -46 1.4 1.2; limb bark -42 -40 -36 -46 1.1 1; "
    "limb bark -29 -40 -36 -45 1.1 1"
)

FIGURES: dict[str, Figure] = {
    "airplane": figure(
        "sky sky sky road",
        "hull=white|silver|grey|azure|white wing=silver|grey|white",
        # From the side, from below, a jet fighter, a propeller aeroplane from the front.
        "limb hull -40 2 36 0 6 3; poly hull 22 -2 38 -22 45 -22 38 0; poly wing*0.8 -6 2 12 2 26 22 14 22;"
        "poly wing*0.7 -2 -3 8 -3 14 -13 8 -13; oval glass -39 0 4 2; limb navy -26 -1 24 -2 1 1;"
        "oval dark 6 10 5 3",
        "limb hull 0 -42 0 38 5 2.5; poly wing 0 -10 44 14 44 20 0 8; poly wing 0 -10 -44 14 -44 20 0 8;"
        "poly wing 0 28 15 38 15 42 0 37; poly wing 0 28 -15 38 -15 42 0 37; oval dark 16 4 2.4 5;"
        "oval dark -16 4 2.4 5",
        "poly wing 0 -30 34 28 -34 28; limb hull 0 -44 0 30 3 5; poly hull*0.7 -12 26 -6 26 -9 42; "
        "poly hull*0.7 12 26 6 26 9 42; oval glass 0 -22 2.6 6",
        "limb wing -44 -4 44 -4 2 2; oval hull 0 0 10 11; oval glass 0 -4 6 4; limb dark -9 4 9 -2 1 1;"
        "oval dark 0 2 2 2;"
        "limb hull 0 -10 0 -22 1.6 1; limb dark -6 10 -12 20 1.4 1.4; limb dark 6 10 12 20 1.4 1.4",
        turn=22,
    ),
    "automobile": figure(
        "road road grass plain",
        "paint=red|blue|black|silver|white|yellow|crimson|green",
        "poly paint -43 5 -38 -5 38 -5 43 6 41 16 -43 16; poly paint*0.9 -26 -4 -15 -20 14 -20 30 -4;"
        "poly glass -21 -5 -13 -17 -1 -17 -1 -5; poly glass 2 -5 2 -17 12 -17 24 -5;"
        "oval yellow -41 4 2.4 2.4;" + _WHEELS,
        "poly tyre -34 18 -24 18 -24 29 -34 29; poly tyre 24 18 34 18 34 29 24 29;"
        "poly paint -36 0 36 0 37 21 -37 21;"
        "poly paint*0.9 -24 -21 24 -21 33 2 -33 2; poly glass -20 -17 20 -17 26 -2 -26 -2;"
        "oval yellow -27 8 5.5 4.5;"
        "oval yellow 27 8 5.5 4.5; poly dark -14 7 14 7 12 15 -12 15",
        "poly paint -44 8 -40 0 -6 -4 36 -6 43 4 42 15 -44 15; poly glass -14 -4 0 -15 4 -15 4 -4;"
        "poly paint*0.8 4 -4 4 -15 22 -15 30 -5; oval tyre -26 15 8 8; oval tyre 26 15 8 8;"
        "oval silver -26 15 4 4;"
        "oval silver 26 15 4 4",
        turn=6,
    ),
    "bird": figure(
        "sky leaves water grass forest",
        "coat=brown|blue|red|yellow|grey|white|black|green wing=brown|dark|blue|grey beak=orange|yellow|dark",
        "limb bark -40 30 40 28 2.4 2; limb dark -4 14 -4 28 1 1; limb dark 4 14 4 28 1 1;"
        "poly wing*0.8 14 2 40 16 36 22 8 12;"
        "oval coat 0 2 20 13 25; oval coat*1.2 -6 6 11 8 25; oval wing 6 2 15 7 30; oval coat -17 -15 10 9;"
        "poly beak -25 -18 -25 -11 -37 -13; oval black -20 -17 1.8 1.8",
        "poly wing -2 0 10 2 44 -26 22 -24; poly wing*0.8 -4 0 8 4 -26 -30 -36 -22; limb coat -14 2 22 4 6 3;"
        "oval coat -20 0 7 6; poly beak -26 -3 -26 2 -35 0; poly wing*0.7 20 2 38 0 38 10 20 7;"
        "oval black -22 -2 1.4 1.4",
        "limb beak -4 22 -6 42 1.6 1.6; limb beak 6 22 8 42 1.6 1.6; oval coat 6 12 24 14 -10;"
        "oval wing 12 12 17 9 -8;"
        "limb coat*1.1 -10 8 -18 -24 5 3.4; oval coat -19 -28 6.5 6; poly beak -24 -31 -24 -25 -37 -27;"
        "oval black -21 -30 1.5 1.5",
    ),
    "cat": figure(
        "room room plain grass",
        "coat=grey|orange|black|white|tan|brown mark=dark|brown|white eye=lime|gold|green",
        face(eyes="eye", more="limb white -10 14 -30 10 0.6 0.5; limb white 10 14 30 10 0.6 0.5"),
        face(eyes="eye", coat="coat#stripes", snout="white"),
        beast(
            body=(24, 9),
            legs=15,
            leg=3,
            head=(-27, -13, 9),
            muzzle=(5, 3.6),
            tail="up",
            neck=6,
            more="poly coat*0.8 -34 -17 -29 -20 -35 -28; poly coat*0.8 -24 -19 -19 -15 -18 -26",
        ),
        "limb coat 16 34 38 18 4 3; oval coat 4 20 19 22; oval coat*1.1 -2 26 9 14; oval coat -5 -14 15 13;"
        "poly coat*0.8 -19 -18 -9 -24 -18 -36; poly coat*0.8 9 -18 -1 -24 8 -36; oval eye -11 -15 2.8 2.8;"
        "oval eye 1 -15 2.8 2.8;"
        "oval black -11 -15 1.2 2.4; oval black 1 -15 1.2 2.4; oval pink -5 -9 1.8 1.3;"
        "limb coat*0.9 -7 26 -8 40 4 4;"
        "limb coat*0.9 6 26 6 40 4 4",
    ),
    "deer": figure(
        "forest grass leaves sand grass",
        "coat=brown|tan|rust|brown",
        beast(
            body=(22, 9),
            legs=28,
            leg=2.4,
            head=(-32, -26, 6),
            muzzle=(9, 3),
            neck=3.6,
            tail="none",
            more=_ANTLERS + "; oval cream 21 -2 3 4",
        ),
        beast(
            body=(22, 9),
            legs=28,
            leg=2.4,
            head=(-32, -24, 6),
            muzzle=(8, 3),
            neck=3.6,
            tail="none",
            more="oval white 4 -4 1.4 1.4; oval white 10 -2 1.4 1.4; oval white -4 -3 1.4 1.4; oval cream 21 -2 3 4",
        ),
        face(
            head=(13, 20),
            ears="none",
            muzzle=(7, 7),
            snout="coat*0.8",
            behind="oval coat*0.8 -23 -14 11 5 20; oval coat*0.8 23 -14 11 5 -20",
            more="limb bark -7 -20 -18 -44 1.6 1.4; limb bark 7 -20 18 -44 1.6 1.4; limb bark -13 -32 -26 -38 1.3 1.1; "
            "limb bark 13 -32 26 -38 1.3 1.1",
        ),
    ),
    "dog": figure(
        "grass room grass sand plain",
        "coat=brown|tan|black|white|gold|grey|rust mark=white|dark",
        face(ears="flop", head=(21, 23), muzzle=(12, 11), more="oval pink*0.9 0 20 3.4 5"),
        beast(body=(24, 10), legs=20, leg=3.4, head=(-31, -14, 9), muzzle=(13, 4.6), ears="flop", tail="up"),
        beast(
            body=(20, 9),
            legs=13,
            leg=3.4,
            head=(-26, -12, 9),
            muzzle=(12, 4.4),
            ears="flop",
            tail="up",
            coat="coat#spots",
        ),
        "limb coat 16 34 36 26 3 2; oval coat 6 18 17 24; oval coat*1.15 -2 20 8 14;"
        "limb coat*0.9 -6 20 -8 42 4.4 4;"
        "limb coat*0.9 6 22 6 42 4.4 4; oval coat -6 -18 13 13; limb coat*1.05 -8 -12 -24 -10 6.5 5;"
        "oval black -28 -13 3 2.4;"
        "oval coat*0.6 5 -12 4.6 11 -10; oval black -11 -21 1.8 1.8",
    ),
    "frog": figure(
        "leaves soil water plain",
        "coat=green|lime|olive|leaf|brown mark=dark|brown|yellow belly=cream|lime|yellow",
        "oval coat*0.8 -28 20 13 9 -30; oval coat*0.8 28 20 13 9 30; limb coat*0.7 -30 28 -44 32 3 2;"
        "limb coat*0.7 30 28 44 32 3 2;"
        "oval coat 0 10 27 20; oval belly 0 20 18 11; oval coat -15 -12 9 9; oval coat 15 -12 9 9;"
        "oval gold -15 -13 5.4 5.4;"
        "oval gold 15 -13 5.4 5.4; oval black -15 -13 2.6 3.2; oval black 15 -13 2.6 3.2;"
        "limb dark -18 5 18 5 0.9 0.9",
        "limb coat*0.8 10 16 38 30 5 2; limb coat*0.8 26 4 38 30 8 5; oval coat#spots 4 6 28 15 -18;"
        "oval coat -20 -8 13 10 -12;"
        "oval coat -16 -18 6 6; oval gold -17 -19 4 4; oval black -17 -19 2 2; oval belly -20 0 11 4;"
        "limb coat*0.8 -12 14 -20 30 4 3",
        "limb coat*0.8 -14 16 -40 4 4 3; limb coat*0.8 14 16 40 4 4 3; limb coat*0.8 -40 4 -32 34 3.4 2.4;"
        "limb coat*0.8 40 4 32 34 3.4 2.4; limb coat*0.8 -12 -10 -32 -24 3 2.4;"
        "limb coat*0.8 12 -10 32 -24 3 2.4;"
        "oval coat#spots 0 2 18 24; oval coat 0 -20 14 11; oval black -10 -26 3 3; oval black 10 -26 3 3",
        turn=14,
        size=0.86,
    ),
    "horse": figure(
        "grass grass sand forest snow",
        "coat=brown|rust|black|white|grey|tan mane=black|dark|cream|bark",
        beast(
            body=(25, 11),
            legs=27,
            leg=3.2,
            head=(-36, -26, 6.4),
            muzzle=(11, 4.4),
            neck=6.4,
            tail="none",
            more="limb mane -18 -12 -32 -32 3.4 3; limb mane 24 -5 34 22 3 4; poly coat*0.8 -37 -31 -32 -31 -34 -39",
        ),
        "oval coat*0.8 8 30 28 22; limb coat 10 24 -8 -16 15 9; limb coat -8 -20 -26 8 9 6;"
        "oval dark -29 8 2 2;"
        "oval black -14 -16 2 2; poly coat*0.8 -10 -26 -3 -26 -6 -38; limb mane 2 -28 24 16 4 6;"
        "limb dark -28 14 -22 15 0.8 0.8",
        beast(
            body=(25, 11),
            legs=22,
            leg=3.2,
            head=(-38, 12, 6.4),
            muzzle=(9, 4.4),
            neck=6,
            tail="none",
            more="limb mane -18 -8 -34 4 3 2.6; limb mane 24 -5 33 22 3 4",
        ),
    ),
    "ship": figure(
        "water",
        "hull=navy|red|black|white|grey|teal house=white|cream|grey|silver sail=white|cream|white",
        "poly hull -45 6 45 2 36 22 -36 22; poly house -22 -8 26 -8 28 6 -24 6;"
        "poly house*0.9 -12 -18 14 -18 14 -8 -12 -8;"
        "poly hull*1.1 -2 -32 8 -32 8 -18 -2 -18; limb dark -28 -30 -28 6 1 1; limb navy -20 -2 24 -2 1.4 1.4",
        "poly sail -2 -42 -2 8 -32 8; poly sail*0.88 3 -34 3 8 27 8; poly hull -32 12 32 12 21 25 -23 25;"
        "limb bark 0 -44 0 14 1.2 1.2",
        "poly hull -18 -4 18 -4 12 30 -12 30; poly house -13 -26 13 -26 13 -4 -13 -4;"
        "poly glass -11 -22 11 -22 11 -16 -11 -16;"
        "limb dark 0 -42 0 -26 1 1; limb white -15 24 15 24 1 1",
        "poly hull -45 8 45 8 40 22 -42 22; poly red -34 -4 -18 -4 -18 8 -34 8;"
        "poly blue -16 -4 0 -4 0 8 -16 8;"
        "poly green 2 -4 16 -4 16 8 2 8; poly orange -26 -14 -8 -14 -8 -4 -26 -4;"
        "poly house 22 -22 36 -22 36 8 22 8",
        turn=5,
    ),
    "truck": figure(
        "road road grass plain",
        "cab=red|blue|white|yellow|green|silver load=white|silver|orange|grey|azure|tan",
        "poly load -16 -28 45 -28 45 13 -16 13; poly cab -44 -6 -33 -21 -17 -21 -17 14 -44 14;"
        "poly glass -40 -6 -32 -17 -23 -17 -23 -6;"
        "oval tyre -32 16 8 8; oval tyre 18 16 8 8; oval tyre 35 16 8 8; oval silver -32 16 3 3;"
        "oval silver 18 16 3 3; oval silver 35 16 3 3",
        "poly load -30 -38 30 -38 30 -14 -30 -14; poly tyre -30 24 -20 24 -20 37 -30 37;"
        "poly tyre 20 24 30 24 30 37 20 37;"
        "poly cab -29 -26 29 -26 30 26 -30 26; poly glass -24 -21 24 -21 24 -4 -24 -4;"
        "poly dark -15 4 15 4 15 16 -15 16;"
        "oval yellow -22 19 4.4 4; oval yellow 22 19 4.4 4; poly silver -30 24 30 24 30 29 -30 29",
        "poly load -10 4 -14 -16 44 -24 42 4; poly cab -44 0 -38 -24 -18 -24 -18 12 -44 12;"
        "poly glass -40 -4 -36 -19 -26 -19 -26 -4;"
        "poly dark -18 4 42 4 42 12 -18 12; oval tyre -30 16 9 9; oval tyre 14 16 9 9; oval tyre 34 16 9 9",
        "limb cab -34 2 -22 2 9 9; poly cab -40 -2 -30 -20 -8 -20 -8 12 -44 12;"
        "poly glass -34 -4 -27 -16 -16 -16 -16 -4;"
        "oval load 18 -6 27 15; oval load*0.85 44 -6 4 14; poly dark -8 8 44 8 44 13 -8 13;"
        "oval tyre -30 15 8 8; oval tyre 16 15 8 8; oval tyre 34 15 8 8",
        turn=5,
    ),
}
