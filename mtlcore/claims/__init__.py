"""What the documents print and claim, and whether a claim holds on given results.

A document is kept as data in data/papers/<short>.yaml: every number of every table, and every claim as a statement
over results (study, metric, relation, pairs of rows). A verdict is computed from differences paired by seed; it is
never typed.
"""

from mtlcore.claims.judging import (
    CONFIDENCE,
    FEWEST_SEEDS,
    NEAR_CEILING,
    Difference,
    Judgement,
    Outcome,
    Verdict,
    interval,
    judge,
)
from mtlcore.claims.reading import DOCUMENTS, load, parse
from mtlcore.claims.schema import Claim, Column, Paper, PaperError, Row, Table, Test, is_number, operand_of

__all__ = [
    "CONFIDENCE",
    "DOCUMENTS",
    "FEWEST_SEEDS",
    "NEAR_CEILING",
    "Claim",
    "Column",
    "Difference",
    "Judgement",
    "Outcome",
    "Paper",
    "PaperError",
    "Row",
    "Table",
    "Test",
    "Verdict",
    "interval",
    "is_number",
    "judge",
    "load",
    "operand_of",
    "parse",
]
