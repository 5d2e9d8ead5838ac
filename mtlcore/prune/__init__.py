"""Methods that make a network smaller or train less of it."""

from mtlcore.prune.compact import compact
from mtlcore.prune.distinctiveness import Distinctiveness
from mtlcore.prune.hidden import HiddenLayer
from mtlcore.prune.layerout import LayerOut
from mtlcore.prune.measures import incoming, observe

__all__ = ["Distinctiveness", "HiddenLayer", "LayerOut", "compact", "incoming", "observe"]
