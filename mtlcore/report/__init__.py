"""From results to pages: tables, verdicts, figures and lines of provenance. Nothing here computes a result."""

from mtlcore.report import layerout
from mtlcore.report.block import Block, prose, show_source
from mtlcore.report.board import scoreboard
from mtlcore.report.claimlist import claim_list
from mtlcore.report.curves import draw_learning_curves
from mtlcore.report.figures import COLOURS, LABELS, draw_network, style
from mtlcore.report.grids import grid_table
from mtlcore.report.landing import findings
from mtlcore.report.scoreboard import document_cards, draw_scoreboard, scoreboard_summary
from mtlcore.report.tables import audit, provenance, published_table, silences, variants_table
from mtlcore.report.variants import compare_variants, variant_columns

__all__ = [
    "COLOURS",
    "LABELS",
    "Block",
    "audit",
    "claim_list",
    "compare_variants",
    "document_cards",
    "draw_learning_curves",
    "draw_network",
    "draw_scoreboard",
    "findings",
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
    "variant_columns",
    "variants_table",
]
