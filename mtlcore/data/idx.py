"""The IDX file format, in which MNIST and its successors are published [lecun1998mnist].

A file is: two zero bytes, a type (8 = unsigned byte), the number of dimensions, the size of each dimension as
a big-endian 32-bit integer, and the bytes themselves in row-major order. It may be gzipped.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from mtlcore.data.dataset import DataError


@dataclass(frozen=True)
class IdxFile:
    """The contents of one IDX file: array (uint8) and the SHA-256 of its uncompressed bytes, header included."""

    path: Path
    array: np.ndarray
    sha256: str


def find_idx(folder: Path, name: str) -> Path | None:
    """The file `name` (such as train-images-idx3-ubyte) in a folder, gzipped or not, with either separator."""
    for stem in (name, name.replace("-idx", ".idx")):
        for path in (folder / f"{stem}.gz", folder / stem):
            if path.is_file():
                return path
    return None


def read_idx(path: Path, *, shape: tuple[int, ...]) -> IdxFile:
    """Read one IDX file of unsigned bytes.

    path: gzipped when its name ends in .gz.
    shape: size of one item, such as (28, 28) for images and () for labels.
    Returns the array, (items, *shape). Raises DataError when the file is not exactly what its header says; how to get
    another, the data set knows.
    """
    try:
        with _open(path) as stream:
            header, payload, surplus = _split(stream, path, shape)
    except gzip.BadGzipFile as error:
        raise DataError(
            f"{path} is not a sound gzip file ({error}): take .gz off its name if it is unpacked already."
        ) from error
    except (EOFError, zlib.error) as error:
        raise DataError(f"{path} is truncated or corrupt ({error}).") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}): check its permissions.") from error
    if surplus:
        raise DataError(f"{path} goes on after the bytes that its header announces.")
    digest = hashlib.sha256(header)
    digest.update(payload)
    # Over a bytearray the array is writable, which torch.from_numpy asks for.
    array = np.frombuffer(payload, dtype=np.uint8).reshape(-1, *shape)
    return IdxFile(path, array, digest.hexdigest())


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _split(stream: BinaryIO, path: Path, shape: tuple[int, ...]) -> tuple[bytes, bytearray, bool]:
    """Header, payload, and whether anything follows; reads no more than the header announces and one byte."""
    wanted = bytes([0, 0, 8, 1 + len(shape)])
    magic = stream.read(4)
    if magic != wanted:
        raise DataError(
            f"{path} begins with the bytes {magic.hex(' ') or '(none)'} where an IDX file of "
            f"{'images' if shape else 'labels'} begins with {wanted.hex(' ')}."
        )
    rest = stream.read(4 * (1 + len(shape)))
    sizes = tuple(int(size) for size in np.frombuffer(rest[: len(rest) // 4 * 4], dtype=">u4"))
    if len(sizes) < 1 + len(shape):
        raise DataError(f"{path} ends within its header.")
    if sizes[1:] != shape:
        raise DataError(f"{path} holds items of {sizes[1:]} pixels, not {shape}: it belongs to another data set.")
    announced = math.prod(sizes)
    payload = _read(stream, announced)
    if len(payload) < announced:
        raise DataError(f"{path} is truncated: its header announces {announced:,} bytes and {len(payload):,} follow.")
    return magic + rest, payload, bool(stream.read(1))


def _read(stream: BinaryIO, size: int) -> bytearray:
    """So many bytes, or fewer where the file ends. In pieces, as a corrupt header may announce terabytes."""
    payload = bytearray()
    while piece := stream.read(min(size - len(payload), 1 << 22)):
        payload += piece
    return payload
