"""LayerOut [goutam]: the studies behind its tables."""

from __future__ import annotations

from mtlcore.recipes import Study
from mtlcore.recipes.goutam import cost, mnist
from mtlcore.recipes.goutam.fields import FIELDS

__all__ = ["FIELDS", "STUDIES", "VARIANTS", "cost", "mnist"]

STUDIES = {
    "table-1": Study("MNIST, the shallow network: baseline and four ways of LayerOut.", mnist.table_1, mnist.run),
    "cost": Study("What freezing saves of a training step, counted and timed.", cost.grid, cost.run, alone=True),
}

# the field, and what it is as written, as published and as corrected; choices where the text is silent are in
# data/papers/goutam.yaml
VARIANTS = [
    ["initial weights", "Glorot", "PyTorch's default: Glorot's is named and never applied", "Glorot"],
    ["test image", "padded to 32×32", "stretched to 32×32", "padded to 32×32"],
    ["layers drawn", "each on its own", "leading run only (a slip)", "each on its own"],
    ["random v", "new every epoch", "one vector for all runs", "one vector a run (our reading)"],
    ["since start", "freezes", "freezes nothing (a slip)", "freezes"],
    ["optimiser", "kept", "rebuilt every epoch, momentum lost", "kept"],
    ["reported epoch", "last", "best on the test set, beside the last", "last"],
]
