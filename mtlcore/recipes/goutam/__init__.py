"""LayerOut [goutam]: the studies behind its tables."""

from __future__ import annotations

from mtlcore.recipes import Study
from mtlcore.recipes.goutam import cost, mnist

STUDIES = {
    "table-1": Study("MNIST, the shallow network: baseline and four ways of LayerOut.", mnist.table_1, mnist.run),
    "cost": Study("What freezing saves of a training step, counted and timed.", cost.grid, cost.run, alone=True),
}
