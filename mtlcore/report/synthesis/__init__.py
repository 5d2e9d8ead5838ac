"""Figures, tables and sentences of the synthesis: all methods on one task set, one network, one budget."""

from mtlcore.report.synthesis.advice import monday
from mtlcore.report.synthesis.evidence import missing
from mtlcore.report.synthesis.figures import draw_crossing, draw_pareto, draw_shares
from mtlcore.report.synthesis.tables import (
    crossing_table,
    methods_table,
    pairs_table,
    rooms_table,
    shares_table,
    tasks_table,
)
from mtlcore.report.synthesis.words import base_of, headline

__all__ = [
    "base_of",
    "crossing_table",
    "draw_crossing",
    "draw_pareto",
    "draw_shares",
    "headline",
    "methods_table",
    "missing",
    "monday",
    "pairs_table",
    "rooms_table",
    "shares_table",
    "tasks_table",
]
