"""Figures, tables and sentences of the chapter on distinctiveness pruning [singh]."""

from mtlcore.report.distinctiveness.angles import angle_words, draw_angles, draw_histograms, histogram_words
from mtlcore.report.distinctiveness.beyond import (
    conflict_words,
    draw_conflicts,
    dropout_table,
    dropout_words,
    opposing_table,
    opposing_words,
    outputs_words,
)
from mtlcore.report.distinctiveness.constant import constant_table
from mtlcore.report.distinctiveness.contributions import contribution_table
from mtlcore.report.distinctiveness.ideas import bound_words, draw_idea, signed_words
from mtlcore.report.distinctiveness.imbalance import draw_imbalance, imbalance_words
from mtlcore.report.distinctiveness.lessons import lessons
from mtlcore.report.distinctiveness.mining import draw_mining, mining_table, mining_words
from mtlcore.report.distinctiveness.network import draw_network, network_words
from mtlcore.report.distinctiveness.parameters import parameter_table, parameter_words, sizes
from mtlcore.report.distinctiveness.readings import alternatives_table, alternatives_words, draw_takes, takes_words
from mtlcore.report.distinctiveness.real import real_table, real_words
from mtlcore.report.distinctiveness.runs import run_table
from mtlcore.report.distinctiveness.samples import draw_samples
from mtlcore.report.distinctiveness.tasks import draw_tasks, task_words
from mtlcore.report.distinctiveness.variants import variants
from mtlcore.report.distinctiveness.width import cause_words, draw_width, order_words, width_words
from mtlcore.report.distinctiveness.words import data_words, departures_words, headline
from mtlcore.report.pairing import whole

__all__ = [
    "alternatives_table",
    "alternatives_words",
    "angle_words",
    "bound_words",
    "cause_words",
    "conflict_words",
    "constant_table",
    "contribution_table",
    "data_words",
    "departures_words",
    "draw_angles",
    "draw_conflicts",
    "draw_histograms",
    "draw_idea",
    "draw_imbalance",
    "draw_mining",
    "draw_network",
    "draw_samples",
    "draw_takes",
    "draw_tasks",
    "draw_width",
    "dropout_table",
    "dropout_words",
    "headline",
    "histogram_words",
    "imbalance_words",
    "lessons",
    "mining_table",
    "mining_words",
    "network_words",
    "opposing_table",
    "opposing_words",
    "order_words",
    "outputs_words",
    "parameter_table",
    "parameter_words",
    "real_table",
    "real_words",
    "run_table",
    "signed_words",
    "sizes",
    "takes_words",
    "task_words",
    "variants",
    "whole",
    "width_words",
]
