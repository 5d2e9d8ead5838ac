"""All methods on one task set, one network and one budget, and crossed with the balancers: no document has this.

The balancers: `sum` is the plain sum, what most of the methods were published with. `gradnorm` and `mgda` are those of
[tran] in the form that a shared input permits, on the representation, so that no pass through the trunk is repeated;
MGDA on parameters and the hybrid cost more passes for the same aim and have their rows in that chapter. `pcgrad` is
that of [singh], and the one that has to go back through the trunk once a task. Uncertainty weighting is left out here:
it looks at losses alone, and three cross-entropies over ten classes each have nothing to bring to one scale.

Metrics of a run on the digit triple, on the test images after the last epoch:

- `accuracy_<task>` and their mean `accuracy` (shares of 1), `loss_<task>` (nats).
- `parameters`: % of the dense network's parameters that are left in the compacted network; `nonzero`: % of them that
  are not zero in the network as trained, which for single zero weights is less; `macs`: % of the multiply-accumulates.
- `inference_ms`: median time of the compacted network on one batch, ms, in float32; `dense_ms` of the dense network,
  timed turn by turn with it (on a CPU in processor time, of which neighbours take none); `speedup` and
  `speedup_masked`: medians over the turns of the dense time over that of the compacted network, and over that of the
  trained one with its zeros in place. `compact_difference`: largest difference of a logit between these two.
- `seconds`: of training, with pruning and without evaluation (on a CPU processor time).
- `units`, `channels`: hidden units and filters of both convolutions in the compacted network.

Curves, one number an epoch: `loss`, `loss_<task>`, `weight_<task>`, `accuracy` (on some test images), `units`, `frozen`
(share of the layers' parameters), `train_seconds`, `seconds`.

The study `rooms` has the metrics of the recipe of [upadhyay], and `seconds`.
"""

from __future__ import annotations

from mtlcore.recipes import Study
from mtlcore.recipes.synthesis import rooms, running, studies
from mtlcore.recipes.synthesis.fields import FIELDS

TITLE = "All methods on one task set, one network, one budget"
STUDIES = {
    "methods": Study("Every method alone on the digit triple, losses added up.", studies.methods, running.run),
    "crossing": Study("Every method with every balancer.", studies.crossing, running.run),
    "pairs": Study("Two methods at once, beside each alone.", studies.pairs, running.run),
    "shares": Study("How much can be taken: half, three quarters, nine tenths.", studies.shares, running.run),
    "rooms": Study("NYU-v2, three dense tasks: penalties, LayerOut, both.", rooms.grid, rooms.run),
}

__all__ = ["FIELDS", "STUDIES", "TITLE"]
