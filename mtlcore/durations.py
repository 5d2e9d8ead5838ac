"""How long something takes, in words; for those who must not wait for torch."""

from __future__ import annotations


def words(seconds: float) -> str:
    """A duration, rounded up.

    >>> words(38), words(170), words(7800)
    ('40 s', '3 min', '2 h 10 min')
    """
    if seconds < 55:
        return f"{max(5, -(-int(seconds) // 5) * 5)} s"
    minutes = -(-int(seconds) // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
