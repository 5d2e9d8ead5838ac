"""Figures, tables and sentences of the chapter on group sparsity in a shared backbone [upadhyay]."""

from mtlcore.report.pairing import whole
from mtlcore.report.sparsity.confound import confound_reason, confound_table, confound_words, draw_confound
from mtlcore.report.sparsity.data import data_words
from mtlcore.report.sparsity.effects import effects_table
from mtlcore.report.sparsity.evidence import network_of
from mtlcore.report.sparsity.faces import faces_words
from mtlcore.report.sparsity.keeping import draw_keeping, keeping_words, overlap_table, overlap_words
from mtlcore.report.sparsity.kinds import draw_kinds, kinds_words
from mtlcore.report.sparsity.layers import draw_layers, layer_words
from mtlcore.report.sparsity.lessons import lessons
from mtlcore.report.sparsity.measures import measures_table, measures_words
from mtlcore.report.sparsity.network import draw_network, network_words, published
from mtlcore.report.sparsity.path import draw_path, floor_words, path_words, time_words
from mtlcore.report.sparsity.peer import peer_table
from mtlcore.report.sparsity.penalty import penalty_words
from mtlcore.report.sparsity.runs import run_table
from mtlcore.report.sparsity.samples import draw_faces, draw_rooms
from mtlcore.report.sparsity.steps import draw_metrics, draw_step, metric_words
from mtlcore.report.sparsity.target import draw_target, target_table, target_words
from mtlcore.report.sparsity.variants import variants
from mtlcore.report.sparsity.words import headline

__all__ = [
    "confound_reason",
    "confound_table",
    "confound_words",
    "data_words",
    "draw_confound",
    "draw_faces",
    "draw_keeping",
    "draw_kinds",
    "draw_layers",
    "draw_metrics",
    "draw_network",
    "draw_path",
    "draw_rooms",
    "draw_step",
    "draw_target",
    "effects_table",
    "faces_words",
    "floor_words",
    "headline",
    "keeping_words",
    "kinds_words",
    "layer_words",
    "lessons",
    "measures_table",
    "measures_words",
    "metric_words",
    "network_of",
    "network_words",
    "overlap_table",
    "overlap_words",
    "path_words",
    "peer_table",
    "penalty_words",
    "published",
    "run_table",
    "target_table",
    "target_words",
    "time_words",
    "variants",
    "whole",
]
