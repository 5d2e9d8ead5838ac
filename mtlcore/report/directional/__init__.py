"""Figures, tables and sentences of the chapter on directional and random pruning [ge]."""

from mtlcore.report.directional.angles import angle_words, draw_histograms
from mtlcore.report.directional.evidence import merged, network_of, whole
from mtlcore.report.directional.ideas import draw_angles
from mtlcore.report.directional.lessons import lessons
from mtlcore.report.directional.noise import draw_noise, noise_words
from mtlcore.report.directional.removal import direction_words, draw_directions, removal_table, removal_words
from mtlcore.report.directional.selection import (
    draw_generations,
    draw_redundancy,
    redundancy_words,
    search_words,
    selection_table,
    selection_words,
    together_words,
)
from mtlcore.report.directional.sharing import draw_sharing, network_words
from mtlcore.report.directional.training import (
    draw_jumps,
    draw_losses,
    jump_words,
    losses_words,
    pruned_words,
    stacking_words,
    time_words,
)
from mtlcore.report.directional.variants import alternatives_table, alternatives_words, variants
from mtlcore.report.directional.words import best_words, calibration_words, constant_words, data_words, headline

__all__ = [
    "alternatives_table",
    "alternatives_words",
    "angle_words",
    "best_words",
    "calibration_words",
    "constant_words",
    "data_words",
    "direction_words",
    "draw_angles",
    "draw_directions",
    "draw_generations",
    "draw_histograms",
    "draw_jumps",
    "draw_losses",
    "draw_noise",
    "draw_redundancy",
    "draw_sharing",
    "headline",
    "jump_words",
    "lessons",
    "losses_words",
    "merged",
    "network_of",
    "network_words",
    "noise_words",
    "pruned_words",
    "redundancy_words",
    "removal_table",
    "removal_words",
    "search_words",
    "selection_table",
    "selection_words",
    "stacking_words",
    "time_words",
    "together_words",
    "variants",
    "whole",
]
