"""Unpack the published NYU-v2 into the layout that is read, and compute its surface normals.

Each file is written under another name and renamed once it is whole, so that an interrupted run, a full disk or a
truncated download lose nothing: the next run leaves alone what is there. The lists of the split come last; until then
the set counts as incomplete.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mtlcore import paths
from mtlcore.data.dataset import DataError
from mtlcore.data.nyuv2 import NYUV2
from mtlcore.data.nyuv2_files import CLASSES, MAPS, encode_normals, names_of, read_depth
from mtlcore.data.nyuv2_mat import HOMES, MAPPING, MAT, SPLITS, LabelledMat, Raw, read_mapping, read_splits
from mtlcore.data.nyuv2_normals import centres, surface_normals

Progress = Callable[[int, int], None]  # samples done, of how many
BYTES = 3.2  # a pixel of a sample, all maps together: what is asked of the disk before anything is written
COLUMNS = 320  # normals are stored no wider: a plane is fitted to more than that can tell apart
KINDS = (*MAPS, "normals")


def prepare(root: Path | None = None, progress: Progress | None = None) -> str:
    """Write what is missing of the prepared layout, and say in one line what there is now.

    root: the data root, default mtlcore.paths.data_root(); the three published files lie in its folder of the set.
    Without the .mat, a folder in the layout gets the normals that it lacks. progress: called after each sample.
    Raises DataError, naming file and cure, for files that are missing or unsound, and for a full disk.
    """
    root = root or paths.data_root()
    folder = NYUV2.folder(root)
    tell = progress or (lambda done, of: None)
    try:
        if (folder / MAT).is_file():
            return _unpack(folder, tell)
        if NYUV2.missing(root):
            raise DataError(f"{_absent(folder, (MAT, MAPPING, SPLITS))}, then run this again.")
        return _add_normals(folder, tell)
    except OSError as error:
        cure = "make room and run this again"
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            cure = "set MTLCORE_DATA to a folder you may write to"
        reason = f"{error.filename or folder}: {error.strerror or error}"
        raise DataError(f"{NYUV2.title} cannot be written ({reason}): {cure}; what is done is kept.") from error


def _absent(folder: Path, names: tuple[str, ...]) -> str:
    missing = [name for name in names if not (folder / name).is_file()]
    homes = ", ".join(f"{name} from {HOMES[name]}" for name in missing)
    return f"{', '.join(missing)} missing in {folder}: get {homes}"


def _unpack(folder: Path, tell: Progress) -> str:
    if not all((folder / name).is_file() for name in (MAPPING, SPLITS)):
        raise DataError(f"{_absent(folder, (MAPPING, SPLITS))}, then run this again.")
    with LabelledMat(folder / MAT, read_mapping(folder / MAPPING)) as mat:
        count, size = len(mat), mat.size
        splits = read_splits(folder / SPLITS, count)
        _refuse_another_copy(folder, size)
        _tidy(folder)
        wanted = [number for number in range(count) if not all(_file(folder, k, number).is_file() for k in KINDS)]
        _refuse_full_disk(folder, int(len(wanted) * size[0] * size[1] * BYTES))
        samples = ((number, mat.read(number)) for number in wanted)
        _spread(partial(_write_sample, folder), samples, len(wanted), count, tell)
    for split, numbers in splits.items():
        _write_text(folder / f"{split}.txt", [f"{number:04d}" for number in numbers])
    _write_text(folder / "classes40.txt", list(CLASSES))
    return f"{count:,} samples in {folder}, {len(wanted):,} of them new; {MAT} is no longer needed"


def _add_normals(folder: Path, tell: Progress) -> str:
    """Normals of a folder that was prepared elsewhere, without them."""
    _tidy(folder)
    names = [name for split in NYUV2.splits for name in names_of(folder, split)]
    wanted = [name for name in names if not (folder / "normals" / f"{name}.png").is_file()]

    def work(name: str, depth: np.ndarray) -> None:
        _write_normals(folder / "normals" / f"{name}.png", depth)

    maps = ((name, read_depth(folder / "depth" / f"{name}.png")) for name in wanted)
    _spread(work, maps, len(wanted), len(names), tell)
    return f"{len(names):,} samples in {folder}, normals computed for {len(wanted):,} of them"


def _spread(
    work: Callable[..., None], items: Iterator[tuple[Any, ...]], wanted: int, count: int, tell: Progress
) -> None:
    """Work on items in threads, reading no further ahead than they can follow; the first error ends it."""
    threads = len(os.sched_getaffinity(0))
    done = count - wanted
    with ThreadPoolExecutor(threads) as pool:
        while some := list(itertools.islice(items, 2 * threads)):
            for _ in pool.map(lambda item: work(*item), some):
                done += 1
                tell(done, count)


def _file(folder: Path, kind: str, number: int) -> Path:
    return folder / kind / f"{number + 1:04d}.png"


def _write_sample(folder: Path, number: int, raw: Raw) -> None:
    for kind, values in (("image", raw.image), ("depth", raw.depth), ("label40", raw.label)):
        _write(_file(folder, kind, number), values)
    _write_normals(_file(folder, "normals", number), raw.depth.astype(np.float32) / 1000)


def _write_normals(path: Path, depth: np.ndarray) -> None:
    """Normals of a whole depth map, no wider than COLUMNS."""
    height, width = depth.shape
    fewer = max(width // COLUMNS, 1)
    normals = surface_normals(depth, centres(height // fewer, height), centres(width // fewer, width))
    _write(path, encode_normals(normals.numpy()))


def _write(path: Path, values: np.ndarray) -> None:
    """As a PNG, whole or not at all; what is there stays."""
    if path.is_file():
        return
    path.parent.mkdir(exist_ok=True)
    with _whole(path) as part:
        Image.fromarray(np.ascontiguousarray(values)).save(part, format="png", compress_level=3)


def _write_text(path: Path, lines: list[str]) -> None:
    with _whole(path) as part:
        part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A hidden name to write under, which becomes `path` when all went well."""
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _tidy(folder: Path) -> None:
    """Remove what a run that was killed had begun."""
    for part in folder.glob("*/.*.part"):
        part.unlink(missing_ok=True)


def _refuse_another_copy(folder: Path, size: tuple[int, int]) -> None:
    """Files that are there must be of the same form, or two copies would be mixed."""
    for kind in MAPS:
        found = next((path for path in sorted(folder.glob(f"{kind}/[!.]*"))), None)
        if found is None:
            continue
        with Image.open(found) as image:
            same = found.suffix == ".png" and image.size == size[::-1]
        if not same:
            raise DataError(
                f"{found} is of another copy, not of {MAT} ({size[1]}×{size[0]}, .png): move the folders "
                f"{', '.join(KINDS)} away and run this again, or move {MAT} away to use that copy."
            )


def _refuse_full_disk(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise DataError(
            f"{folder} has {free / 1e9:.1f} GB of free disk and {wanted / 1e9:.1f} GB are needed: make room, or set "
            "MTLCORE_DATA to a folder on a larger disk."
        )
