"""How much outputs change when one hidden node takes over another's weights [singh, Eq. 5-15].

All in closed form: h_x and h_y lie at angle θ, y goes, and x takes over c times y's outgoing weights. Output p then
changes by w_py (c h_x - h_y), of which only the length of the bracket depends on the rule.
"""

from __future__ import annotations

import math

RULES = ("projection", "cosine", "one", "delete")


def coefficient(angle: float, ratio: float, rule: str) -> float:
    """What x takes over of y's weights.

    Args:
        angle: between the two patterns, degrees.
        ratio: |h_x| / |h_y|, of the survivor to the removed.
        rule: "projection" (least squares), "cosine" [singh, Eq. 12], "one" [singh, below Eq. 13 and Eq. 15] or
            "delete" (nothing is taken over).

    Raises:
        ValueError: the rule is unknown.
    """
    if rule not in RULES:
        raise ValueError(f"rule {rule!r} is unknown; choose one of {', '.join(RULES)}")
    cosine = math.cos(math.radians(angle))
    return {"projection": cosine / ratio, "cosine": cosine, "one": math.copysign(1.0, cosine), "delete": 0.0}[rule]


def change(angle: float, ratio: float, rule: str) -> float:
    """|c h_x - h_y| / |h_y|: the change of an output, as a share of what the removed node gave it.

    Arguments and errors as `coefficient`.

    >>> round(change(30, 1, "projection"), 3), round(change(30, 2, "cosine"), 3), change(30, 1, "delete")
    (0.5, 1.0, 1.0)
    """
    c = coefficient(angle, ratio, rule)
    return math.sqrt(max(0.0, (c * ratio) ** 2 - 2 * c * ratio * math.cos(math.radians(angle)) + 1))


def break_even() -> float:
    """|h_x| / |h_y| at which Eq. 12 changes outputs as much as deletion does, at every angle.

    cos² θ (|h_x| - |h_y|)² + |h_y|² sin² θ = |h_y|² exactly where |h_x| = 2 |h_y|.
    """
    return 2.0


def signed_energy(angle: float) -> float:
    """The least share of its energy that each of two alike nodes has on its weaker side if they lie this far apart.

    With |h⁺| = |h| cos a and |h⁻| = |h| sin a, the cosine of two nodes is at least -sin(a_x + a_y), so that
    a_x + a_y is at least angle - 90°; alike, each has sin²((angle - 90°) / 2) of its energy below zero.

    >>> signed_energy(90.0), round(signed_energy(150.0), 2), round(signed_energy(180.0), 2)
    (0.0, 0.25, 0.5)
    """
    return math.sin(math.radians(max(0.0, angle - 90) / 2)) ** 2
