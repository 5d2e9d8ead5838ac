"""From results to pages: tables, verdicts, figures and lines of provenance. Nothing here computes a result."""

from mtlcore.report import layerout
from mtlcore.report.block import Block, prose, show_source
from mtlcore.report.figures import COLOURS, LABELS, draw_network, style
from mtlcore.report.scoreboard import document_cards, draw_scoreboard, scoreboard, scoreboard_summary
from mtlcore.report.tables import audit, grid_table, provenance, published_table, silences, variants_table
from mtlcore.report.verdicts import claim_list

__all__ = [
    "COLOURS",
    "LABELS",
    "Block",
    "audit",
    "claim_list",
    "document_cards",
    "draw_network",
    "draw_scoreboard",
    "grid_table",
    "layerout",
    "prose",
    "provenance",
    "published_table",
    "scoreboard",
    "scoreboard_summary",
    "show_source",
    "silences",
    "style",
    "variants_table",
]
