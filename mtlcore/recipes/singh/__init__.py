"""Distinctiveness pruning of a multi-task encoder [singh]: the studies behind its tables, figures and claims.

What a record of a run holds (one `run` serves all studies; `Study.view` shows a row its share where it is named):

metrics
    accuracy, accuracy_<task>: on the test images after the last epoch, %; without a task the average of the tasks.
    balanced_accuracy, balanced_accuracy_<task>: mean recall of the classes that have test images, %.
    rare_accuracy, rare_accuracy_<task>: the same over the third of these classes with the fewest training images, %.
    constant, constant_<task>: accuracy of always guessing the class that is commonest in training, %;
    constant_balanced, constant_balanced_<task>: its mean recall. Both follow from the labels alone.
    tasks, initial_hidden, final_hidden: how many; compression, feature_utilization: %, which add up to 100.
    parameters: of the backbone as an ImageNet classifier, as the document counts; parameters_trained: of the network
    of the run at its start; parameters_final: at its end; all in millions. feature_width: what the layer reads.
    minimum_angle_first, minimum_angle_last: smallest angle between two units after the first and the last epoch,
    before that epoch's prune, degrees. The study `angles` shows one of them as minimum_angle.
    output_change_merge, output_change_delete: mean over the prunes that removed a unit of the relative change of all
    tasks' outputs on the training images, with and without moving its weights (1 is 100 %); missing where no prune
    removed one. The study `merge` shows one of them as output_change.
    conflict_share: of pairs of tasks with a negative product of gradients, %, mean over the epochs; missing with one
    task. similar, opposite: pairs pruned in all.
curves, one number an epoch
    hidden: units during the epoch; minimum_angle, maximum_angle: degrees, after it and before its prune;
    pruned: units taken by the prune before the epoch; conflict_share; rate: the learning rate;
    loss, loss_<task>: training; val_loss, val_accuracy_<task>; seconds.
curves, one number a class (of the tasks color, type and camera that the run has)
    recall_<task>: %, 0 for a class without test images; train_count_<task>, test_count_<task>: images of the class.
"""

from __future__ import annotations

from mtlcore.recipes import Study
from mtlcore.recipes.singh import grids, running
from mtlcore.recipes.singh.fields import FIELDS

__all__ = ["FIELDS", "STUDIES", "VARIANTS"]

STUDIES = {
    "table-1": Study(
        "Pruned, against built at the size that is left.", grids.table_1, running.run, view=grids.table_1_view
    ),
    "table-2": Study("What pruning leaves of the layer behind six backbones.", grids.table_2, running.run),
    "table-3": Study("What it leaves with one to four tasks.", grids.table_3, running.run),
    "backbones": Study("Accuracy behind the six backbones of Table 2.", grids.table_2, running.run),
    "angles": Study(
        "The smallest angle, first and last epoch, by backbone.", grids.angles, running.run, view=grids.angles_view
    ),
    "dissimilarity": Study("Opposing units merged, or both removed.", grids.dissimilarity, running.run),
    "merge": Study("Outputs at a prune, weights moved or lost.", grids.merge, running.run, view=grids.merge_view),
    "pcgrad": Study("Conflicts of gradients with surgery and without.", grids.pcgrad, running.run),
    "mining": Study("The hardest 70 % of a batch, or all of it.", grids.mining, running.run),
    "dropout": Study("Dropout of hidden units, or none.", grids.dropout, running.run),
    "dropout-unpruned": Study("The same, where nothing is pruned.", grids.dropout_unpruned, running.run),
    "width": Study("The backbones with features of their own width, and of the same.", grids.width, running.run),
    "single-tasks": Study("Each task alone.", grids.single_tasks, running.run),
    "alternatives": Study("Other readings of what the text leaves silent.", grids.alternatives, running.run),
    "real-backbones": Study(
        "The six backbones at desk as they are, not thin; wants a GPU.", grids.real_backbones, running.run
    ),
    "all": Study("Every run of the other studies but real-backbones, once.", grids.everything, running.run),
}

# the field, and what it is as written, as published and as corrected; no code was published, so that column says so
VARIANTS = [
    ["weights of a removed unit are moved times", "cos θ", "–", "cos θ · |h_y| / |h_x|, the least-squares coefficient"],
    ["ℓ2 penalty", "a term of the loss, which Adam rescales", "–", "decoupled decay (AdamW)"],
]
