"""The data sets there are. A new one is one line here, with its reader and its twin."""

from __future__ import annotations

import difflib

from mtlcore.data.celebamask import CELEBAMASK
from mtlcore.data.cifar import CIFAR10, CIFAR100
from mtlcore.data.dataset import DataError
from mtlcore.data.idxsets import FASHION, KMNIST, MNIST
from mtlcore.data.known import Known
from mtlcore.data.nyuv2 import NYUV2
from mtlcore.data.vehiclex import VEHICLEX_FEATURES
from mtlcore.data.vehiclex_images import VEHICLEX

_ALL: tuple[Known, ...] = (MNIST, FASHION, KMNIST, CIFAR10, CIFAR100, VEHICLEX_FEATURES, VEHICLEX, NYUV2, CELEBAMASK)
SETS: dict[str, Known] = {known.name: known for known in _ALL}


def named(name: str) -> Known:
    """The data set of that name. Raises DataError, with the names that exist, for any other."""
    if name not in SETS:
        close = difflib.get_close_matches(name, SETS, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise DataError(f"No data set is called {name!r}: {hint}there are {', '.join(SETS)}.")
    return SETS[name]
