"""Data: readers of the original files, twins that stand in for them, and batches that live on the device."""

from mtlcore.data.dataset import DataError, Dataset
from mtlcore.data.features import Features
from mtlcore.data.pictures import Pictures
from mtlcore.data.registry import SETS
from mtlcore.data.resident import Resident
from mtlcore.data.sources import load, source_of
from mtlcore.data.triple import Triple

__all__ = ["SETS", "DataError", "Dataset", "Features", "Pictures", "Resident", "Triple", "load", "source_of"]
