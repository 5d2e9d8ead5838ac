"""Directional or random pruning [ge]: the studies behind its tables and figures."""

from __future__ import annotations

from mtlcore.recipes import Study
from mtlcore.recipes.ge import grids, training
from mtlcore.recipes.ge.fields import FIELDS
from mtlcore.recipes.ge.shown import shown

__all__ = ["FIELDS", "STUDIES", "VARIANTS"]

STUDIES = {
    "table-1": Study("Six settings of the baseline, one with all features.", grids.table_1, training.run, view=shown),
    "table-2": Study("Two pruning methods at four angles.", grids.table_2, training.run, view=shown),
    "table-3": Study("Dropout beside both methods at similar rates.", grids.table_3, training.run, view=shown),
    "table-4": Study(
        "The document's best setting of each technique, and the baseline.", grids.table_4, training.run, view=shown
    ),
    "thresholds": Study("Table 2 with the baseline.", grids.thresholds, training.run, view=shown),
    "loss-jump": Study(
        "The loss at the first pruning, narrow and wide angle.", grids.loss_jump, training.run, view=shown
    ),
    "overfitting": Study(
        "The gap between validation and training loss, rows of Table 4.", grids.table_4, training.run, view=shown
    ),
    "alternatives": Study(
        "Other readings of what the text leaves silent.", grids.alternatives, training.run, view=shown
    ),
    "selection": Study(
        "Features by the genetic algorithm, at random, and all.", grids.selection, training.run, view=shown
    ),
}

# the field, and what it is as written, as published and as corrected; no code was published, so that column says so
VARIANTS = [
    ["angles of behaviour", "from the origin", "–", "from the centre of the pattern space: 0.5 for sigmoid"],
    ["rates of Table 3", "as the angles give them", "–", "pruned to 0.20 and 0.50 exactly"],
    ["epochs of Weight Matrix", "400, then 400 again", "–", "200, then 200: as many as all others"],
    ["time and best epoch of Weight Matrix", "without its pretraining", "–", "with it"],
    ["epochs of dropout at 0.5", "600 of 400", "–", "as all others"],
    ["seed of the selection", "1000 for all runs", "–", "one for each seed"],
]
