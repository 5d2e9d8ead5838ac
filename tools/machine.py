"""The machine that pages are executed on."""

from __future__ import annotations

import platform

from mtlcore.machine import cores


def device(asked: str | None) -> str:
    """The device that the parameter meant, with its model where known; the machine where none was asked."""
    machine = f"cpu, {platform.machine()}, {cores()} cores"
    if asked is None:
        return machine
    from mtlcore.profiles import resolve_device  # here, as its import waits for torch

    kind = resolve_device(asked)
    if kind.startswith("cuda"):
        import torch

        return f"{kind}, {torch.cuda.get_device_name(kind)}"
    return machine if kind == "cpu" else kind
