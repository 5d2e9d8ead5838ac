"""Data: readers of the original files, twins that stand in for them, and batches that live on the device."""

from mtlcore.data.dataset import DataError, Dataset
from mtlcore.data.registry import SETS
from mtlcore.data.resident import Resident
from mtlcore.data.sources import load, source_of

__all__ = ["SETS", "DataError", "Dataset", "Resident", "load", "source_of"]
