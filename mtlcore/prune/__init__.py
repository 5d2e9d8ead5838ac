"""Methods that make a network smaller or train less of it."""

from mtlcore.prune.layerout import LayerOut

__all__ = ["LayerOut"]
