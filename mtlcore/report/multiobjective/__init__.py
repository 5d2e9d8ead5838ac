"""Figures, tables and sentences of the chapter on multi-objective training [tran]."""

from mtlcore.report.multiobjective.choice import changed, changes, shown, which
from mtlcore.report.multiobjective.evidence import BALANCING
from mtlcore.report.multiobjective.geometry import draw_hulls, draw_unbalanced, unbalanced_words
from mtlcore.report.multiobjective.quality import quality_table, quality_words, shared_verdicts
from mtlcore.report.multiobjective.samples import channel_words, draw_channel, draw_samples
from mtlcore.report.multiobjective.search import (
    cost_words,
    draw_stress,
    nats_table,
    stress_words,
    tree_panels,
    tree_words,
)
from mtlcore.report.multiobjective.settings import data_words, draw_inputs, network_words, refusals
from mtlcore.report.multiobjective.solvers import draw_iterations, draw_stationary, solver_words, stationary_words
from mtlcore.report.multiobjective.timing import time_table, time_words
from mtlcore.report.multiobjective.training import draw_training
from mtlcore.report.multiobjective.trees import draw_architectures, draw_trees
from mtlcore.report.multiobjective.variants import variants
from mtlcore.report.multiobjective.words import headline, lessons

__all__ = [
    "BALANCING",
    "changed",
    "changes",
    "channel_words",
    "cost_words",
    "data_words",
    "draw_architectures",
    "draw_channel",
    "draw_hulls",
    "draw_inputs",
    "draw_iterations",
    "draw_samples",
    "draw_stationary",
    "draw_stress",
    "draw_training",
    "draw_trees",
    "draw_unbalanced",
    "headline",
    "lessons",
    "nats_table",
    "network_words",
    "quality_table",
    "quality_words",
    "refusals",
    "shared_verdicts",
    "shown",
    "solver_words",
    "stationary_words",
    "stress_words",
    "time_table",
    "time_words",
    "tree_panels",
    "tree_words",
    "unbalanced_words",
    "variants",
    "which",
]
