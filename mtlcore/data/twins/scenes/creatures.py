"""Drawings of four-legged animals, faces, fish, people and trees, from a few measures each."""

from __future__ import annotations


def beast(
    *,
    body: tuple[float, float] = (26, 10),
    legs: float = 18,
    leg: float = 3.5,
    head: tuple[float, float, float] = (-34, -14, 8),
    muzzle: tuple[float, float] = (8, 4),
    neck: float = 6,
    ears: str = "point",
    tail: str = "down",
    coat: str = "coat",
    more: str = "",
) -> str:
    """An animal from the side, looking left.

    body: half its length and height; legs: how far they reach below it; leg: half their width; head: place and radius;
    muzzle: length and half height; neck: half its width; ears: point, round, flop, long or none; tail: down, up,
    bushy, thin or none; more: parts drawn at the end.
    """
    bx, by = body
    hx, hy, hr = head
    foot, hip = by * 0.4 + legs, bx - leg - 2
    far = [f"limb {coat}*0.65 {x} 2 {x + 3} {foot - 2} {leg} {leg * 0.7}" for x in (-hip + 7, hip - 7)]
    near = [f"limb {coat}*0.9 {x} 3 {x - 1} {foot} {leg} {leg * 0.7}" for x in (-hip, hip)]
    tails = {
        "down": f"limb {coat}*0.85 {bx - 3} {-by / 2} {bx + 6} {by + 4} 2.2 1.6",
        "up": f"limb {coat}*0.9 {bx - 3} {-by / 3} {bx + 11} {-by - 12} 2.4 1.4",
        "bushy": f"limb {coat}*0.95 {bx - 3} 0 {bx + 15} {-by / 2 - 2} 3 7",
        "thin": f"limb {coat}*0.8 {bx - 2} 2 {bx + 17} {by - 2} 1.6 0.8",
        "none": "",
    }
    top = hy - hr
    shapes = {
        "point": f"poly {coat}*0.75 {hx - 1} {top + 3} {hx + 7} {top + 4} {hx + 5} {top - 7}",
        "round": f"oval {coat}*0.7 {hx + 5} {top + 1} 3.6 3.6",
        "flop": f"oval {coat}*0.62 {hx + 5} {hy + 2} 3.2 8",
        "long": f"oval {coat}*0.8 {hx + 3} {top - 8} 2.6 11 12; oval {coat}*0.68 {hx + 8} {top - 6} 2.4 10 24",
        "none": "",
    }
    parts = [
        *far,
        tails[tail],
        f"oval {coat} 0 0 {bx} {by}",
        *near,
        f"limb {coat} {-bx + 7} {-by * 0.3} {hx + 2} {hy} {by * 0.75} {neck}",
        f"oval {coat} {hx} {hy} {hr} {hr}",
        f"limb {coat}*0.95 {hx - 2} {hy + 2} {hx - muzzle[0]} {hy + 4} {muzzle[1]} {muzzle[1] * 0.8}",
        f"oval dark {hx - muzzle[0] - muzzle[1] * 0.7} {hy + 3} 1.8 1.6",
        shapes[ears],
        f"oval black {hx - 2} {hy - 2} 1.5 1.5",
        more,
    ]
    return ";".join(parts)


def face(
    *,
    head: tuple[float, float] = (26, 24),
    ears: str = "point",
    muzzle: tuple[float, float] = (9, 7),
    snout: str = "coat*1.15",
    eyes: str = "black",
    coat: str = "coat",
    behind: str = "",
    more: str = "",
) -> str:
    """A face that looks at the camera. head, muzzle: half width and height; eyes: colour; behind: parts drawn first."""
    rx, ry = head
    shapes = {
        "point": "; ".join(
            f"poly {coat}*0.8 {s * rx * 0.95} {-ry * 0.25} {s * rx * 0.2} {-ry * 0.85} {s * rx * 0.85} {-ry * 1.6}; "
            f"poly pink*0.8 {s * rx * 0.8} {-ry * 0.6} {s * rx * 0.45} {-ry * 0.85} {s * rx * 0.78} {-ry * 1.35}"
            for s in (-1, 1)
        ),
        "round": "; ".join(
            f"oval {coat}*0.75 {s * rx * 0.82} {-ry * 0.8} {rx * 0.34} {rx * 0.34}; "
            f"oval {coat}*0.5 {s * rx * 0.82} {-ry * 0.8} {rx * 0.18} {rx * 0.18}"
            for s in (-1, 1)
        ),
        "long": "; ".join(
            f"oval {coat}*0.9 {s * rx * 0.42} {-ry * 1.55} {rx * 0.24} {ry * 0.95} {s * 10}; "
            f"oval pink*0.9 {s * rx * 0.42} {-ry * 1.5} {rx * 0.11} {ry * 0.7} {s * 10}"
            for s in (-1, 1)
        ),
        "none": "",
        "flop": "",
    }
    flop = "; ".join(f"oval {coat}*0.6 {s * rx * 0.98} {ry * 0.1} {rx * 0.3} {ry * 0.8} {-s * 12}" for s in (-1, 1))
    mx, my = muzzle
    parts = [
        behind,
        f"oval {coat}*0.85 0 {ry * 1.5} {rx * 1.15} {ry}",
        shapes[ears],
        f"oval {coat} 0 0 {rx} {ry}",
        flop if ears == "flop" else "",
        *(f"oval {eyes} {s * rx * 0.42} {-ry * 0.16} {rx * 0.15} {rx * 0.15}" for s in (-1, 1)),
        *(f"oval black {s * rx * 0.42} {-ry * 0.16} {rx * 0.08} {rx * 0.12}" for s in (-1, 1)),
        f"oval {snout} 0 {ry * 0.45} {mx} {my}",
        f"oval dark 0 {ry * 0.45 - my * 0.45} {mx * 0.4} {my * 0.32}",
        f"limb dark -{mx * 0.4} {ry * 0.45 + my * 0.5} {mx * 0.4} {ry * 0.45 + my * 0.5} 0.8 0.8",
        more,
    ]
    return ";".join(parts)


def fish(*, body: tuple[float, float] = (28, 13), fin: float = 10, tail: float = 14, more: str = "") -> str:
    """A fish from the side, looking left; fin, tail: how far they reach."""
    bx, by = body
    return (
        f"poly coat*0.8 {bx - 6} 0 {bx + 13} {-tail} {bx + 9} 0;"
        f"poly coat*0.75 {bx - 6} 0 {bx + 13} {tail} {bx + 9} 0;"
        f"poly coat*0.75 {-bx * 0.35} {-by * 0.7} {bx * 0.1} {-by - fin} {bx * 0.5} {-by * 0.6};"
        f"oval coat 0 0 {bx} {by}; oval coat*1.25 {-bx * 0.1} {by * 0.45} {bx * 0.75} {by * 0.4};"
        f"poly coat*0.7 {-bx * 0.2} {by * 0.2} {bx * 0.2} {by * 0.9} {bx * 0.1} {by * 0.1};"
        f"oval white {-bx * 0.68} {-by * 0.15} 3 3; oval black {-bx * 0.69} {-by * 0.15} 1.6 1.6; {more}"
    )


def person(*, tall: float = 1.0, hair: str = "short", dress: bool = False, broad: float = 1.0) -> str:
    """Somebody standing. tall: 1 for a grown-up; hair: short, long, tails or none; dress: or trousers."""
    hip, foot, shoulder, head = 8 * tall, 42 * tall, -20 * tall, 9 - 2 * (tall - 1)
    wide, neck = 10 * broad, -20 * tall - 5
    crown = neck - head
    hairs = {
        "short": f"oval hair 0 {crown - head * 0.55} {head} {head * 0.6}",
        "long": f"limb hair -2 {crown - 3} -3 {shoulder + 10} {head * 0.95} {head * 0.9};"
        f"limb hair 2 {crown - 3} 3 {shoulder + 10} {head * 0.95} {head * 0.9}",
        "tails": f"oval hair {-head * 1.25} {crown + 3} 4 8; oval hair {head * 1.25} {crown + 3} 4 8;"
        f"oval hair 0 {crown - head * 0.4} {head * 1.05} {head * 0.8}",
        "none": "",
    }
    below = (
        f"poly cloth {-wide * 0.6} -2 {wide * 0.6} -2 {wide * 1.7} {foot * 0.62} {-wide * 1.7} {foot * 0.62}"
        if dress
        else ""
    )
    return (
        (hairs[hair] + ";" if hair in ("long", "tails") else "")
        + f"limb legs {-wide * 0.45} {hip} {-wide * 0.5} {foot} 4.4 3.2;"
        f"limb legs {wide * 0.45} {hip} {wide * 0.5} {foot} 4.4 3.2; {below};"
        f"limb cloth*0.8 {-wide} {shoulder + 4} {-wide - 5} {hip - 3} 3.2 2.6;"
        f"limb cloth*0.8 {wide} {shoulder + 4} {wide + 5} {hip - 3} 3.2 2.6;"
        f"poly cloth {-wide - 1} {shoulder} {wide + 1} {shoulder} {wide * 0.8} {hip + 3} {-wide * 0.8} {hip + 3};"
        f"limb flesh 0 {shoulder} 0 {neck} 3 3; oval flesh 0 {crown} {head * 0.85} {head};"
        f"oval black {-head * 0.35} {crown - 1} 1.1 1.1; oval black {head * 0.35} {crown - 1} 1.1 1.1;"
        f"limb crimson {-head * 0.25} {crown + head * 0.5} {head * 0.25} {crown + head * 0.5} 0.8 0.8;"
        + (hairs["short"] if hair in ("short", "long") else "")
    )


def portrait(*, hair: str = "short", round_: float = 1.0, brow: str = "", more: str = "") -> str:
    """Head and shoulders. hair: short, long, tails, fringe or none; round_: width of the face, 1 for a grown-up."""
    rx, ry = 17 * round_, 21
    hairs = {
        "short": ("", f"oval hair 0 -22 {rx * 1.02} 10; oval hair {-rx * 0.9} -14 4 8; oval hair {rx * 0.9} -14 4 8"),
        "long": (
            f"limb hair -10 -14 -15 26 {rx * 0.75} 9; limb hair 10 -14 15 26 {rx * 0.75} 9",
            "oval hair -7 -23 13 8 -24; oval hair 8 -23 12 8 24",
        ),
        "tails": (
            f"oval hair {-rx * 1.35} 4 7 15 10; oval hair {rx * 1.35} 4 7 15 -10",
            f"oval hair 0 -22 {rx * 1.08} 10; limb hair {-rx * 0.7} -14 {rx * 0.7} -14 4 4",
        ),
        "fringe": ("", f"oval hair 0 -21 {rx * 1.15} 11; limb hair {-rx * 0.8} -15 {rx * 0.8} -16 5 5"),
        "none": ("", "oval hair 0 -26 9 3"),
    }
    behind, above = hairs[hair]
    return (
        f"{behind}; poly cloth -36 44 -26 26 26 26 36 44; limb flesh*0.85 0 14 0 28 7 8;"
        f"oval flesh 0 -4 {rx} {ry}; {above};"
        f"oval white {-rx * 0.42} -5 3.4 2.2; oval white {rx * 0.42} -5 3.4 2.2;"
        f"oval black {-rx * 0.42} -5 1.9 2.1; oval black {rx * 0.42} -5 1.9 2.1;"
        f"limb flesh*0.75 0 -3 1 4 1 1.6; limb crimson {-rx * 0.3} 10 {rx * 0.3} 10 1.5 1.5; {brow}; {more}"
    )


def tree(crown: str, *, trunk: tuple[float, float] = (4, 3), top: float = 0) -> str:
    """A trunk from the ground up to `top`, and a crown."""
    return f"limb bark 0 44 0 {top} {trunk[0]} {trunk[1]}; {crown}"
