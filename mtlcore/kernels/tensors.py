"""What comes in at the public doors of the kernels."""

from __future__ import annotations

from typing import Any

from torch import Tensor


def need_tensor(value: Any, name: str) -> None:
    """Refuse what is no tensor, such as a NumPy array or a list.

    Raises:
        TypeError: names the argument, its type and the cure.

    >>> need_tensor([1.0], "losses")
    Traceback (most recent call last):
    TypeError: losses is a list; give a tensor, such as torch.as_tensor(losses)
    """
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} is a {type(value).__name__}; give a tensor, such as torch.as_tensor({name})")
