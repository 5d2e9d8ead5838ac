"""Let torchvision, and timm with it, be imported beside a torch for CPUs alone.

The torchvision that package indexes carry is built for a GPU: beside a CPU-only torch its library of C++ operators
cannot be loaded. It goes on without it, but then describes two of these operators to torch, `nms` and `qnms`, which do
not exist, and its import fails ("operator torchvision::nms does not exist"). The cure is to declare both first; models
and transforms then work, and `torchvision.ops.nms` itself says that it has no operators. Where the library can be
loaded, nothing is done. `nets.backbones` calls this where timm is wanted, and nowhere else is torchvision imported.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import torch

SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
LIBRARY = ("_C.so", "_C.*.so", "_C.pyd", "_C.*.pyd")


@functools.cache
def declare_operators() -> torch.library.Library | None:
    """Declare torchvision's two operators where its own library cannot do so; once a process, before it is imported.

    Returns:
        What keeps the declarations alive, or None where none are needed: no torchvision, or one that works.
    """
    found = importlib.util.find_spec("torchvision")
    if found is None or not found.submodule_search_locations:
        return None
    for folder in found.submodule_search_locations:
        for path in (path for pattern in LIBRARY for path in Path(folder).glob(pattern)):
            try:
                torch.ops.load_library(path)
                return None
            except OSError:  # of another build of torch
                continue
    declared = torch.library.Library("torchvision", "DEF")
    for schema in SCHEMAS:
        declared.define(schema)
    return declared
