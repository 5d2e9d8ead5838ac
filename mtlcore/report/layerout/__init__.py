"""Figures, tables and sentences of the chapter on LayerOut [goutam]."""

from mtlcore.report.layerout.cifar import (
    TABLES,
    cifar_frozen_table,
    cifar_table,
    cifar_variants,
    networks_table,
    rivals_table,
    sources_words,
)
from mtlcore.report.layerout.cifar_costs import alike_words, cifar_cost_table, cifar_cost_words, commands, hours_table
from mtlcore.report.layerout.cifar_words import cifar_claims, cifar_lessons
from mtlcore.report.layerout.confounds import confound_table
from mtlcore.report.layerout.costs import cost_table, cost_words, draw_cost
from mtlcore.report.layerout.expected import expected_saving, expected_share
from mtlcore.report.layerout.figures import draw_curves, draw_epochs, draw_idea
from mtlcore.report.layerout.rivals import draw_rivals
from mtlcore.report.layerout.tables import frozen_table, frozen_words, variants
from mtlcore.report.layerout.words import budget_words, headline, lessons, looking_words

__all__ = [
    "TABLES",
    "alike_words",
    "budget_words",
    "cifar_claims",
    "cifar_cost_table",
    "cifar_cost_words",
    "cifar_frozen_table",
    "cifar_lessons",
    "cifar_table",
    "cifar_variants",
    "commands",
    "confound_table",
    "cost_table",
    "cost_words",
    "draw_cost",
    "draw_curves",
    "draw_epochs",
    "draw_idea",
    "draw_rivals",
    "expected_saving",
    "expected_share",
    "frozen_table",
    "frozen_words",
    "headline",
    "hours_table",
    "lessons",
    "looking_words",
    "networks_table",
    "rivals_table",
    "sources_words",
    "variants",
]
