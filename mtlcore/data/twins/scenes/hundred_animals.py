"""The animals of CIFAR-100 in the water, of six and eight legs, of shells and of scales."""

from __future__ import annotations

from mtlcore.data.twins.scenes.creatures import beast, fish
from mtlcore.data.twins.scenes.drawing import Figure, figure

ANIMALS: dict[str, Figure] = {
    "beaver": figure(
        "water soil forest",
        "coat=brown|bark|rust",
        beast(
            body=(26, 15),
            legs=10,
            leg=4,
            head=(-27, -8, 10),
            muzzle=(7, 6),
            ears="round",
            tail="none",
            more="oval dark 36 9 14 5 10; poly white -38 0 -34 0 -34 6 -38 6",
        ),
    ),
    "dolphin": figure(
        "deep water",
        "coat=grey|azure|silver",
        "poly coat*0.8 -2 -8 12 -10 16 -24; limb coat -26 4 30 2 11 3; oval coat -6 0 28 11;"
        "oval white -8 7 20 4; limb coat -32 6 -44 8 4 2.4; poly coat*0.8 28 2 44 -10 42 2;"
        "poly coat*0.8 28 2 44 14 42 2; poly coat*0.7 -10 8 0 8 2 22; oval black -27 1 1.5 1.5",
        turn=22,
    ),
    "otter": figure(
        "water soil water",
        "coat=brown|bark|dark",
        "limb coat*0.8 28 8 46 14 5 2; limb coat -20 4 28 8 9 8; limb coat -22 2 -24 -18 8 8;"
        "oval coat -26 -20 10 8; oval beige -32 -16 7 5; oval black -37 -18 2.4 2;"
        "oval black -27 -23 1.4 1.4; oval coat*0.7 -18 -26 3 3; limb coat*0.8 -16 10 -18 24 3.4 3;"
        "limb coat*0.8 16 12 16 24 3.4 3",
        "oval coat 4 14 36 9; oval beige 2 11 22 5; oval coat -30 4 11 10; oval beige -33 7 6 4;"
        "oval black -36 2 1.6 1.6; oval black -27 1 1.6 1.6; limb coat*0.8 -6 10 -10 0 3 2.6;"
        "limb coat*0.8 30 12 40 2 4 3",
    ),
    "seal": figure(
        "water snow sand",
        "coat=grey|silver|dark|tan",
        "limb coat -20 -4 34 18 10 3; oval coat 0 10 28 13 12; oval coat -22 -12 11 12;"
        "oval coat*1.2 -28 -8 6 5; oval black -33 -10 2 1.6; oval black -25 -15 2 2;"
        "poly coat*0.7 -10 18 2 18 -4 32; poly coat*0.7 30 14 44 8 42 22",
        "limb coat#spots -20 -4 34 18 10 3; oval coat#spots 0 10 28 13 12; oval coat -22 -12 11 12;"
        "oval black -33 -10 2 1.6; oval black -25 -15 2 2; poly coat*0.7 -10 18 2 18 -4 32;"
        "poly coat*0.7 30 14 44 8 42 22",
    ),
    "whale": figure(
        "deep water",
        "coat=navy|grey|dark|blue",
        "oval coat -6 4 36 18; poly coat 24 2 40 -4 44 -18; poly coat 24 6 40 -2 50 -8;"
        "oval white -12 14 26 7; limb coat*0.6 -38 8 -18 9 1 1; oval black -24 3 1.6 1.6;"
        "poly coat*0.7 -6 16 6 14 6 28",
        "poly coat -4 0 4 0 6 44 -6 44; poly coat -3 2 -40 -18 -34 -26 0 -8;"
        "poly coat 3 2 40 -18 34 -26 0 -8; oval white 0 44 34 5",
    ),
    "aquarium fish": figure(
        "deep leaves deep",
        "coat=orange|yellow|red|gold|blue mark=white|black|navy",
        fish(body=(22, 17), fin=12, tail=18),
        fish(body=(20, 18), fin=10, tail=14).replace("oval coat 0", "oval coat#stripes 0", 1),
    ),
    "flatfish": figure(
        "sand deep table",
        "coat=brown|tan|olive|beige mark=dark|brown|cream",
        "oval coat*0.75 0 0 34 23; oval coat#spots 0 0 28 17; poly coat*0.7 26 0 44 -11 44 11;"
        "oval black -24 -6 2.4 2.4; oval black -22 3 2.4 2.4; limb coat*0.6 -18 0 26 0 0.8 0.8",
    ),
    "ray": figure(
        "deep sand",
        "coat=grey|navy|brown|teal",
        "poly coat 0 -24 46 4 0 24; poly coat 0 -24 -46 4 0 24; oval coat*1.1 0 0 15 21;"
        "limb coat*0.7 0 20 6 48 1.8 0.8; oval black -7 -16 1.8 1.8; oval black 7 -16 1.8 1.8",
        turn=24,
    ),
    "shark": figure(
        "deep water",
        "coat=grey|navy|silver|azure",
        "poly coat*0.85 -4 -8 12 -8 12 -28; limb coat -30 2 28 0 9 3; oval coat -6 0 30 10;"
        "oval white -10 6 22 4; poly coat*0.85 26 0 46 -22 38 2; poly coat*0.85 26 0 42 12 36 0;"
        "poly coat*0.7 -14 6 -2 6 6 24; oval black -30 -1 1.5 1.5; limb dark -38 6 -26 7 1 1;"
        "limb dark -18 -4 -18 4 0.7 0.7; limb dark -15 -4 -15 4 0.7 0.7",
        turn=16,
    ),
    "trout": figure(
        "table water grass plain",
        "coat=olive|silver|grey|tan mark=dark|crimson",
        fish(body=(34, 9), fin=6, tail=11).replace("oval coat 0", "oval coat#spots 0", 1),
        turn=22,
    ),
    "bee": figure(
        "leaves plain grass",
        "coat=gold|yellow mark=black|dark",
        "oval silver 4 -20 9 15 -30; oval silver*0.95 20 -16 8 13 30; oval coat#stripes 12 6 25 15;"
        "oval dark -16 4 12 12; oval black -28 4 7 8; limb dark -32 -2 -40 -12 1 1;"
        "limb dark -29 -3 -34 -15 1 1; limb dark -14 14 -18 26 1.3 1; limb dark -4 16 -4 28 1.3 1",
        "oval silver -24 -8 20 8 -25; oval silver 24 -8 20 8 25; oval coat#bars 0 14 13 22;"
        "oval coat*0.7 0 -10 11 10; oval black 0 -22 7 6",
        turn=24,
    ),
    "beetle": figure(
        "leaves soil sand plain",
        "coat=black|green|crimson|navy|bark mark=gold|dark",
        "limb dark -14 -12 -38 -22 1.5 1.2; limb dark 14 -12 38 -22 1.5 1.2; limb dark -16 6 -42 8 1.5 1.2;"
        "limb dark 16 6 42 8 1.5 1.2; limb dark -14 20 -36 34 1.5 1.2; limb dark 14 20 36 34 1.5 1.2;"
        "oval coat 0 8 20 27; limb dark 0 -14 0 34 0.8 0.8; oval coat*0.7 0 -20 13 8; oval dark 0 -29 8 6;"
        "limb dark -4 -33 -12 -42 1 1; limb dark 4 -33 12 -42 1 1",
        turn=40,
        size=0.86,
    ),
    "butterfly": figure(
        "leaves grass plain sky",
        "coat=orange|yellow|blue|white|purple|azure|red mark=black|dark|white",
        "oval mark -20 -13 23 17 30; oval mark 20 -13 23 17 -30; oval mark -15 15 16 15;"
        "oval mark 15 15 16 15; oval coat -20 -13 18 12 30; oval coat 20 -13 18 12 -30;"
        "oval coat*0.9 -15 15 11 10; oval coat*0.9 15 15 11 10; limb dark 0 -16 0 22 2.6 1.8;"
        "limb dark -1 -18 -9 -34 0.8 0.8; limb dark 1 -18 9 -34 0.8 0.8",
        "poly coat 0 -2 38 -32 44 -8 12 10; poly coat 0 -2 -38 -32 -44 -8 -12 10;"
        "poly coat#spots 0 0 28 10 20 36; poly coat#spots 0 0 -28 10 -20 36; limb dark 0 -16 0 22 2.6 1.8",
        turn=24,
    ),
    "caterpillar": figure(
        "leaves leaves soil",
        "coat=lime|green|yellow|dark|olive mark=black|yellow|crimson",
        "limb leaf*0.7 -46 24 46 18 2.6 2; oval coat -30 4 10 10; oval coat*0.85 -18 8 10 10;"
        "oval coat -6 6 10 10; oval coat*0.85 6 8 10 10; oval coat 18 6 10 10; oval coat*0.85 30 8 9 9;"
        "oval mark -34 2 4 4; limb dark -32 -6 -36 -16 1 1; limb dark -28 -6 -26 -16 1 1",
        "limb leaf*0.7 -46 26 46 22 2.6 2; limb coat#stripes -32 12 -10 -10 8 8;"
        "limb coat#stripes -10 -10 12 -8 8 8; limb coat#stripes 12 -8 32 12 8 8; oval mark -34 12 7 7",
    ),
    "cockroach": figure(
        "plain table plain",
        "coat=rust|brown|bark|tan",
        "limb dark -6 -28 -26 -48 0.9 0.7; limb dark 6 -28 26 -48 0.9 0.7;"
        "limb coat*0.6 -10 -8 -32 -20 1.3 1; limb coat*0.6 10 -8 32 -20 1.3 1;"
        "limb coat*0.6 -10 4 -34 6 1.3 1; limb coat*0.6 10 4 34 6 1.3 1; limb coat*0.6 -9 14 -28 38 1.5 1;"
        "limb coat*0.6 9 14 28 38 1.5 1; oval coat 0 8 13 31; oval coat*1.25 0 -22 12 8;"
        "oval coat*0.6 0 -22 6 5; limb coat*0.6 0 -12 0 38 0.7 0.7",
        turn=40,
    ),
    "crab": figure(
        "sand sand soil",
        "coat=red|orange|rust|blue",
        "limb coat*0.7 -18 6 -36 22 2 1.4; limb coat*0.7 18 6 36 22 2 1.4; limb coat*0.7 -14 10 -26 32 2 1.4;"
        "limb coat*0.7 14 10 26 32 2 1.4; limb coat*0.7 -20 2 -42 10 2 1.4; limb coat*0.7 20 2 42 10 2 1.4;"
        "limb coat*0.85 -18 -6 -30 -20 3 3; limb coat*0.85 18 -6 30 -20 3 3; oval coat -30 -28 10 8 -40;"
        "oval coat 30 -28 10 8 40; oval coat 0 4 25 16; limb coat -6 -10 -7 -18 1.2 1.2;"
        "limb coat 6 -10 7 -18 1.2 1.2; oval black -7 -19 2.4 2.4; oval black 7 -19 2.4 2.4",
    ),
    "lobster": figure(
        "table deep sand plain",
        "coat=red|crimson|orange|navy",
        "limb coat*0.8 -6 -10 -22 -24 3 3; limb coat*0.8 6 -10 22 -24 3 3; oval coat -24 -35 7 12 -15;"
        "oval coat 24 -35 7 12 15; limb coat*0.7 -8 2 -26 6 1.4 1; limb coat*0.7 8 2 26 6 1.4 1;"
        "limb coat*0.7 -8 8 -24 18 1.4 1; limb coat*0.7 8 8 24 18 1.4 1; oval coat 0 -4 10 16;"
        "oval coat*0.85 0 12 9 6; oval coat 0 19 8 6; oval coat*0.85 0 26 7 6;"
        "poly coat*0.8 0 28 14 44 -14 44; limb coat*0.7 -3 -18 -12 -46 0.7 0.6;"
        "limb coat*0.7 3 -18 12 -46 0.7 0.6",
        turn=28,
    ),
    "snail": figure(
        "leaves soil grass",
        "coat=tan|olive|beige|grey shell=brown|rust|gold|cream mark=bark|dark",
        "limb coat -32 26 34 30 5 2; limb coat -28 22 -34 8 5 4; limb coat -36 6 -42 -8 1 1;"
        "limb coat -32 6 -32 -10 1 1; oval shell 8 4 23 22; oval shell*0.7 8 4 17 16; oval shell 8 5 12 11;"
        "oval shell*0.65 7 5 7 6; oval shell 7 5 3 3",
    ),
    "spider": figure(
        "plain leaves soil",
        "coat=black|bark|brown|dark mark=crimson|gold",
        ";".join(
            f"limb coat*0.8 {s * 6} {y} {s * 24} {y * 2.2 - 14:.0f} 1.4 1.2;"
            f"limb coat*0.8 {s * 24} {y * 2.2 - 14:.0f} {s * 42} {y * 3.2 + 4:.0f} 1.2 0.9"
            for s in (-1, 1)
            for y in (-10, -4, 3, 9)
        )
        + "; oval coat 0 14 15 17; oval coat*0.8 0 -8 10 10; oval mark 0 14 4 7",
        turn=40,
    ),
    "worm": figure(
        "soil soil leaves table",
        "coat=pink|rust|beige|brown",
        "limb coat -40 10 -22 -6 4.4 5; limb coat -22 -6 -2 8 5 5; limb coat*0.92 -2 8 18 -8 5 5;"
        "limb coat 18 -8 40 8 5 3; limb coat*1.2 -14 0 -8 4 5.6 5.6",
        "limb coat -10 -30 12 -18 3.6 4.6; limb coat 12 -18 -4 0 4.6 4.6; limb coat*0.92 -4 0 16 14 4.6 4.6;"
        "limb coat 16 14 -16 28 4.6 3",
        turn=70,
    ),
    "crocodile": figure(
        "water soil sand",
        "coat=olive|green|bark|leaf mark=dark|pine",
        "limb coat 20 6 46 12 8 1.6; oval coat#bars 6 6 27 9; limb coat -18 4 -44 8 6 3;"
        "limb dark -44 10 -22 10 0.8 0.8; poly white -42 10 -38 10 -40 14; poly white -34 10 -30 10 -32 14;"
        "oval coat -19 -2 4 4; oval gold -20 -3 1.8 1.8; limb coat*0.7 -8 12 -12 22 3 2.6;"
        "limb coat*0.7 20 12 24 22 3 2.6; poly coat*0.7 -4 -2 2 -2 -1 -7; poly coat*0.7 6 -2 12 -2 9 -7;"
        "poly coat*0.7 16 -2 22 -2 19 -6",
        turn=5,
    ),
    "dinosaur": figure(
        "forest sand grass plain",
        "coat=green|olive|grey|rust|teal",
        "limb coat 10 4 46 14 10 1.6; oval coat 2 4 22 15; limb coat -12 0 -28 -32 8 4;"
        "oval coat -33 -34 8 5; oval black -35 -36 1.3 1.3; limb coat*0.75 -10 12 -12 38 5 4;"
        "limb coat*0.75 14 12 14 38 5 4; limb coat*0.9 -4 14 -4 40 5 4",
        "limb coat 6 8 46 8 11 1.6; limb coat 6 6 -12 -18 12 8; oval coat -18 -26 12 9;"
        "poly coat -24 -30 -42 -26 -42 -20 -22 -20; limb dark -40 -21 -24 -20 1 1; oval gold -20 -29 2 2;"
        "limb coat*0.8 6 14 2 40 7 4; limb coat*0.8 -12 -4 -22 2 2.2 1.4; poly white -40 -20 -37 -20 -38 -16",
    ),
    "lizard": figure(
        "sand soil leaves",
        "coat=green|tan|lime|olive|brown mark=dark|yellow",
        "limb coat*0.9 14 4 32 16 5 3; limb coat*0.9 32 16 46 2 3 0.9; limb coat#spots -14 -2 16 4 7 6;"
        "limb coat -18 -3 -34 -8 7 4; oval black -28 -9 1.5 1.5; limb coat*0.7 -10 2 -22 18 2.2 1.6;"
        "limb coat*0.7 -10 -6 -6 -22 2.2 1.6; limb coat*0.7 12 6 6 24 2.2 1.6;"
        "limb coat*0.7 14 2 24 -14 2.2 1.6",
        turn=35,
    ),
    "snake": figure(
        "soil sand leaves grass",
        "coat=olive|green|tan|rust|dark mark=dark|gold|cream",
        "limb coat#spots 38 30 10 32 2 4.4; limb coat#spots 10 32 -24 22 4.4 5;"
        "limb coat#spots -24 22 -8 8 5 5; limb coat#spots -8 8 24 4 5 5; limb coat#spots 24 4 20 -12 5 5;"
        "limb coat#spots 20 -12 -16 -16 5 4.6; oval coat -22 -18 9 6; oval black -24 -20 1.4 1.4;"
        "limb red -31 -17 -39 -15 0.7 0.6",
        "oval coat#spots 0 18 32 15; oval coat*0.5 0 16 18 7; oval coat#spots 0 8 22 10;"
        "oval coat*0.5 0 6 11 4; limb coat 6 4 -6 -22 5 5; oval coat -12 -25 9 6; oval black -14 -27 1.5 1.5",
    ),
    "turtle": figure(
        "sand water deep grass",
        "coat=olive|lime|green|tan shell=brown|olive|bark|leaf mark=gold|dark",
        "limb coat -22 8 -36 0 5 5; oval coat -38 -1 8 6.4; oval black -41 -3 1.4 1.4;"
        "limb coat*0.8 -16 12 -22 24 5 4; limb coat*0.8 20 12 26 24 5 4; poly coat*0.8 28 10 40 14 28 15;"
        "oval shell#spots 2 2 29 19; limb shell*0.65 -24 12 28 12 3 3",
        "limb coat -14 -12 -32 -28 6 3; limb coat 14 -12 32 -28 6 3; limb coat -14 16 -26 30 5 3;"
        "limb coat 14 16 26 30 5 3; oval coat 0 -28 8 10; oval shell*0.7 0 2 23 26;"
        "oval shell#spots 0 2 19 22",
    ),
}
