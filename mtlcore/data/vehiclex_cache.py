"""All feature files of one split as one memory-mapped array, made once and made anew when a file has changed."""

from __future__ import annotations

import errno
import functools
import hashlib
import os
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from mtlcore.data.caches import alone, cache_root
from mtlcore.data.dataset import DataError
from mtlcore.data.vehiclex_files import Faults, Listing, list_folder, read_rows
from mtlcore.data.vehiclex_labels import ATTRIBUTES, Labels, read_labels

WIDTH = 2048
XML = "finegrained_label.xml"
FORM = "1"  # of the cache; another one is another fingerprint


@dataclass(frozen=True)
class Split:
    """One split as it lies in the cache: features (n, 2048) mapped into memory, labels (n,) each, names."""

    features: np.ndarray
    labels: dict[str, np.ndarray]
    names: tuple[str, ...]


def read_split(folder: Path, split: str, splits: tuple[str, ...]) -> Split:
    """Read one split of a folder, from the cache where the files are still what it was made of.

    splits: of all folders there are, as the labels of all are in one XML.
    Samples come in the order of a checksum of their names, so that any beginning is a fair sample of the whole.
    Raises DataError with everything that is wrong at once, and nothing is kept then.
    """
    try:
        listing = list_folder(folder / split)
        place = cache_root(folder) / f"{split}-{_fingerprint(listing, folder / XML)}"
        found = _kept(place, listing)
        if found is None:
            place.parent.mkdir(parents=True, exist_ok=True)
            with alone(place.with_name(f"{split}.lock")):
                found = _kept(place, listing)  # another process may have made it in the meantime
                if found is None:
                    _make(place, folder, listing, splits)
                    found = _open(place, listing)
        return found
    except OSError as error:
        cure = "make room, or set MTLCORE_DATA to a folder on a larger disk"
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            cure = "check its permissions"
        about = f"{error.filename or cache_root(folder)}: {error.strerror or error}"
        raise DataError(f"The {split} features cannot be brought into one file ({about}): {cure}.") from error


def _fingerprint(listing: Listing, xml: Path) -> str:
    """A hash of names, sizes and times of change; no file is read."""
    state = xml.stat()
    digest = hashlib.sha256(f"{FORM} {state.st_size} {state.st_mtime_ns}\n".encode())
    digest.update(os.fsencode("\n".join(listing.names)))
    digest.update(listing.states.tobytes())
    return digest.hexdigest()[:16]


def _make(place: Path, folder: Path, listing: Listing, splits: tuple[str, ...]) -> None:
    """Read all files into a folder under another name and rename it; what was there of the split goes."""
    split = listing.folder.name
    faults, labels = Faults(), _labels(folder / XML, (folder / XML).stat().st_mtime_ns)
    join(labels, listing, [list_folder(folder / name) for name in splits if name != split], faults)
    order = fair_order(listing.names)
    rows = read_rows(listing, np.argsort(order), WIDTH, faults)
    if faults:
        raise DataError(
            f"The features in {folder} cannot be used: {faults}. Unpack the package again, "
            f"or mend {XML} and the folders so that they agree."
        )
    items = [labels.rows[listing.names[i]] for i in order]
    columns = {label: values[items] for label, values in labels.columns.items()} | {"order": np.array(order)}
    older = [path for path in place.parent.glob(f"{split}-*") if path != place]
    fresh = place.with_name(f"{place.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    try:
        with (fresh / "features.npy").open("wb") as stream:
            npy.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": rows.shape})
            stream.write(rows.data.cast("B"))
            stream.flush()
            os.fsync(stream.fileno())  # or a loss of power could leave a whole name over half a file
        np.savez(fresh / "labels.npz", allow_pickle=False, **columns)
        shutil.rmtree(place, ignore_errors=True)  # where it is spoilt
        fresh.rename(place)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    for path in older:
        shutil.rmtree(path, ignore_errors=True)


@functools.lru_cache(maxsize=1)
def _labels(xml: Path, _: int) -> Labels:
    """The labels of all splits, read once for all three unless the file has changed in the meantime."""
    return read_labels(xml)


def join(labels: Labels, listing: Listing, others: list[Listing], faults: Faults) -> None:
    """Every name of the XML must have one file, and every file a name."""
    seen: dict[str, str] = {}
    for found in (listing, *others):
        for name in found.names:
            if name not in labels.rows:
                faults.add(f"without an Item in {XML}", f"{found.folder.name}/{name}{found.suffix}")
            elif name in seen:
                faults.add("in two folders", f"{name}{found.suffix} in {seen[name]} and {found.folder.name}")
            seen.setdefault(name, found.folder.name)
    for name in labels.rows.keys() - seen.keys():
        faults.add(f"named in {XML} but missing", f"{name}{listing.suffix}")


def fair_order(names: tuple[str, ...]) -> list[int]:
    """The order of a checksum of the names: any beginning is a fair sample of the whole, in either package the same."""
    return sorted(range(len(names)), key=lambda i: hashlib.blake2b(os.fsencode(names[i])).digest())


def _kept(place: Path, listing: Listing) -> Split | None:
    """What is in the cache; None where nothing is or where it is spoilt."""
    try:
        return _open(place, listing)
    except (FileNotFoundError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile):
        return None


def _open(place: Path, listing: Listing) -> Split:
    # "c": what is written to the array stays in this process.
    features = np.load(place / "features.npy", mmap_mode="c", allow_pickle=False)
    with (place / "labels.npz").open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        labels = {label: stored[label] for label in ATTRIBUTES}
        names = tuple(listing.names[i] for i in stored["order"].tolist())
    return Split(features, labels, names)
