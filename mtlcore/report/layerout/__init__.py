"""Figures, tables and sentences of the chapter on LayerOut [goutam]."""

from mtlcore.report.layerout.costs import cost_table, cost_words, draw_cost
from mtlcore.report.layerout.expected import expected_saving, expected_share
from mtlcore.report.layerout.figures import draw_curves, draw_epochs, draw_idea
from mtlcore.report.layerout.tables import frozen_table, frozen_words, variants
from mtlcore.report.layerout.words import budget_words, headline, lessons, looking_words

__all__ = [
    "budget_words",
    "cost_table",
    "cost_words",
    "draw_cost",
    "draw_curves",
    "draw_epochs",
    "draw_idea",
    "expected_saving",
    "expected_share",
    "frozen_table",
    "frozen_words",
    "headline",
    "lessons",
    "looking_words",
    "variants",
]
