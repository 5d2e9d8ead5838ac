"""Methods that make a network smaller or train less of it."""

from mtlcore.prune.channels import channels, sparsity
from mtlcore.prune.compact import compact
from mtlcore.prune.distinctiveness import Distinctiveness
from mtlcore.prune.hidden import HiddenLayer
from mtlcore.prune.layerout import LayerOut
from mtlcore.prune.measures import incoming, observe
from mtlcore.prune.picking import fit
from mtlcore.prune.prox_adam import ProxAdam, penalised

__all__ = [
    "Distinctiveness",
    "HiddenLayer",
    "LayerOut",
    "ProxAdam",
    "channels",
    "compact",
    "fit",
    "incoming",
    "observe",
    "penalised",
    "sparsity",
]
