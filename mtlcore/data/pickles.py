"""Python's pickles of arrays, lists, strings and numbers, read without building anything else.

Unpickling calls whatever functions the file names. Here a name gives one of three stand-ins, which gather the parts
of an array, or it is refused: nothing of a file is ever looked up in a module, and so nothing of it can run.
"""

from __future__ import annotations

import codecs
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from mtlcore.data.dataset import DataError

# Errors that the pickle module and the stand-ins raise for a file that is cut or spoilt.
_SPOILT = (
    *(pickle.UnpicklingError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError),
    *(OverflowError, MemoryError, UnicodeDecodeError),
)
_TYPES = {"u1": "u1", "i1": "i1", "i4": "<i4", "i8": "<i8", "f4": "<f4", "f8": "<f8"}


def read_pickle(path: Path) -> Any:
    """What the file holds: dictionaries, lists and tuples of strings, bytes, numbers and NumPy arrays of numbers.

    Strings of Python 2, in which CIFAR is published, are read as Latin-1.
    Raises DataError for a file that names anything else, and for one that is no sound pickle.
    """
    try:
        with path.open("rb") as stream:
            return _finished(_Unpickler(stream, encoding="latin1").load())
    except _Refused as error:
        raise DataError(
            f"{path} asks for {error}, which arrays of numbers do not need: it may be harmful; get it again from its "
            "authors."
        ) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}): check its permissions.") from error
    except _SPOILT as error:
        raise DataError(f"{path} is no sound pickle ({error}): get it again from its authors.") from error


class _Refused(Exception):
    """The name that was asked for."""


class _Array:
    """An array in the making: pickles make it empty, and give its shape, type and bytes afterwards."""

    __slots__ = ("made",)

    def __setstate__(self, state: tuple) -> None:
        if hasattr(self, "made"):
            raise ValueError("an array is filled twice")
        _, shape, dtype, fortran, content = state
        self.made = _array(content, dtype, shape, "F" if fortran else "C")


class _Type:
    """A type in the making, by its short name such as u1."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __setstate__(self, state: tuple) -> None:
        if state[1] not in ("<", "|", "=") or any(part is not None for part in state[2:5]):
            raise ValueError("a type that is no plain number of this machine's order")


class _Maker:
    """A stand-in for one of NumPy's functions; it can be called, and nothing of it can be changed."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __setstate__(self, _: object) -> None:
        raise ValueError("a function has no state")

    def __call__(self, *parts: Any) -> Any:
        if self._name == "_reconstruct":
            return _Array()
        if self._name == "dtype":
            return _Type(str(parts[0]))
        if self._name == "_frombuffer":
            content, dtype, shape, order = parts
            return _array(content, dtype, shape, order)
        if self._name == "encode" and str(parts[1]).replace("-", "") == "latin1":
            return codecs.latin_1_encode(parts[0])[0]
        raise ValueError(f"{self._name} is called")


_KNOWN = {
    **{(f"numpy.{core}.multiarray", "_reconstruct"): "_reconstruct" for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): "_frombuffer" for core in ("core", "_core")},
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "encode",  # how Python 3 writes bytes in the old protocols
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise _Refused(f"{module}.{name}")
        return _Maker(_KNOWN[module, name])


def _array(content: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    """An array over its bytes. Raises ValueError where they do not agree."""
    if not isinstance(dtype, _Type) or dtype.name not in _TYPES:
        raise ValueError(f"an array of the type {getattr(dtype, 'name', dtype)!r}")
    if isinstance(content, str):
        content = content.encode("latin1")
    kind, sizes = np.dtype(_TYPES[dtype.name]), tuple(int(size) for size in shape)
    if min(sizes, default=0) < 0 or len(content) != math.prod(sizes) * kind.itemsize:
        raise ValueError(f"an array of {sizes} with {len(content):,} bytes")
    return np.frombuffer(bytearray(content), dtype=kind).reshape(sizes, order="F" if order == "F" else "C")


def _finished(value: Any, depth: int = 0) -> Any:
    """The same with arrays in the place of what they were made of. Raises ValueError where anything is left over."""
    if depth > 8:
        raise ValueError("too deep")
    if isinstance(value, _Array):
        return value.made
    if isinstance(value, dict):
        return {_finished(key, depth + 1): _finished(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finished(item, depth + 1) for item in value]
    if isinstance(value, (str, bytes, int, float, np.ndarray)) or value is None:
        return value
    raise ValueError(f"a {type(value).__name__}")
