"""Group sparsity in a shared backbone [upadhyay]: the studies behind its tables and figures, and two beyond.

Metrics of a run, on the test images after the last epoch (in Table 2 a row/arm shows `accuracy` and
`constant` of that arm alone):

- `iou`: of segmentation as published, all classes of an image together, mean over images, 0 to 1, at the size of the
  prediction; `miou`: mean over the classes that occur, counts of the whole set, at the size of the image.
- `cs`: mean cosine with the true normals, over all pixels that have one, at the size of the image; `angle` and
  `angle_median`: mean and median of the angle, degrees.
- `mae`: of depth divided by each image's largest and clipped to 0.1..1, as published, at the size of the prediction;
  `mae_metres`: mean absolute error in metres at the size of the image, the prediction multiplied by the image's true
  largest depth (the network never sees that scale).
- `accuracy_male`, `accuracy_smile`: shares, 0 to 1; `constant_male`, `constant_smile`: of the commoner answer among the
  test images, what answering always the same gets right.
- `loss_<task>`: the training loss without its weight, on the test images.
- `group_sparsity`: % of the backbone's input channels that are zero; `parameter_sparsity`: % of its convolution
  weights; `filter_sparsity`: % of its output filters, which is what the published code logs while it trains.
- `compact_parameters`, `compact_macs`: % of the backbone's parameters and multiply-accumulates that are left in the
  compacted backbone.
- `inference_ms`: median time of a pass of the compacted backbone over one batch, ms; `dense_ms` and `masked_ms`: of
  the backbone with no weight zero, and of the trained one with its zeros in place, timed turn by turn with it (on a
  CPU in processor time, of which neighbours take none); `speedup`, `speedup_masked`: median over the turns of the
  dense time over these, which depend less on the machine.
- `strength`: λ as the optimiser had it at the end (scaled as `config.scale_of` says).

Curves, one number an epoch: `loss`, `loss_<task>` and `weight_<task>` (training), `val_<metric>` (validation images,
the metrics above at the size of the prediction), `group_sparsity`, `filter_sparsity`, `parameter_sparsity` and
`strength` (at the epoch's end), `seconds`. Curves of one number a convolution of the backbone, in the order of
computation (names: `running.convolutions`): `channels_before`, `channels_after` (input channels, and those not zero),
`filters_before`, `filters_after`; and, where several tasks are trained, `kept_<task>` (living input channels that this
task needs most) and `kept_shared` (those that no task needs much more than another; see `keeping`).

Provenance `alive`: the living input channels of all convolutions, concatenated, as hexadecimal digits of bits; to be
read by `keeping.alive_of(record)`, and compared between runs by `keeping.overlap`.
"""

from __future__ import annotations

from mtlcore.recipes import Study
from mtlcore.recipes.upadhyay import running, studies
from mtlcore.recipes.upadhyay.fields import FIELDS

ABOUT = {
    "table-1": "NYU-v2: seven sets of tasks at three strengths of the group penalty.",
    "table-2": "CelebAMask-HQ: six sets of tasks, dense and with the group penalty.",
    "table-3": "NYU-v2: three sets of tasks with ℓ1 on single weights.",
    "lambda-path": "NYU-v2, three tasks: performance, sparsity and inference time over seven strengths.",
    "penalty": "NYU-v2: the group penalty beside ℓ1, three sets of tasks.",
    "confound": "NYU-v2: one optimiser for all rows, beside the published pair of optimisers.",
    "target": "NYU-v2, three tasks: λ led to a wanted sparsity instead of chosen.",
}
STUDIES = {
    name: Study(about, studies.GRIDS[name], running.run, view=studies.by_arm if name == "table-2" else None)
    for name, about in ABOUT.items()
}

# the field, and what it is as written, as published and as corrected; choices where the text is silent are in
# data/papers/upadhyay.yaml
VARIANTS = [
    ["proximal step", "closed form (Eq. 5)", "weighted by Adam's second moment", "weighted by Adam's second moment"],
    ["penalty in the loss", "no", "too, by √ of the number of groups", "no"],
    ["optimiser at λ = 0", "that of the other rows", "Adam, decay 0.1 inside the gradient", "that of the other rows"],
    ["weight decay", "none", "0.1, behind the step", "0.1, behind the step, in all rows"],
    ["Adam's ε", "1e-8", "1e-6", "1e-6"],
    ["Adam's moments", "kept", "forgotten every epoch", "kept"],
    ["weights of the losses", "learnt (Eq. 2)", "exp(−1) for good", "learnt (Eq. 2)"],
    ["label smoothing", "none", "0.1", "none"],
    ["segmentation outputs, NYU-v2", "40", "41, one of them dead", "40"],
    ["size of targets reduced", "nearest pixel", "depth and face masks bilinear", "nearest pixel"],
    ["pixels without depth", "left out", "0 against 0 in the loss", "left out"],
    ["classification", "one sigmoid, threshold 0.5", "two sigmoids, threshold 0.4", "one sigmoid, threshold 0.5"],
    ["backbone passes a step", "one", "one a task (in their effect on running statistics)", "one"],
    ["incomplete batches", "used", "left out, in tests too", "used"],
    ["images of faces", "60-20-20 %", "7,000, 1,500 and 1,500 at most", "60-20-20 %"],
]

__all__ = ["FIELDS", "STUDIES", "VARIANTS"]
