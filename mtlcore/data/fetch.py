"""Bring the original files from their published addresses, verified and resumable.

pooch holds an arrived file against its published checksum and puts it in its place; `download` brings it.
"""

from __future__ import annotations

import shutil
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pooch

from mtlcore import paths
from mtlcore.data import cifarset
from mtlcore.data.cifarset import CifarSet
from mtlcore.data.dataset import DataError
from mtlcore.data.download import TROUBLE, Patience, Progress, Resuming, reason
from mtlcore.data.idxset import SOUND, IdxSet
from mtlcore.data.known import FileReport
from mtlcore.data.registry import named


@dataclass(frozen=True)
class _Wanted:
    """A file as it is published: of which data set, its name, bytes and checksum."""

    title: str
    name: str
    size: int
    sha256: str


def fetch(
    name: str,
    *,
    root: Path | None = None,
    mirrors: Sequence[str] | None = None,
    progress: Progress | None = None,
    patience: Patience | None = None,
) -> list[Path]:
    """Bring the files of a data set that are not there or not whole.

    root: the data root, default mtlcore.paths.data_root(). mirrors: addresses of folders, default the published ones.
    progress: called as progress(file name, bytes here, bytes in all). patience: with a server that fails or stalls.
    Returns the paths of the files brought.
    Sound copies, recompressed or unpacked ones among them, are left alone; partial and corrupt ones are replaced
    once the new file is whole. Raises DataError, naming addresses, checksums and the cure; for a set that no public
    address offers any more it says how to bring it by hand.
    """
    known, root, patience = named(name), root or paths.data_root(), patience or Patience()
    if isinstance(known, CifarSet):
        return _fetch_archive(known, root, mirrors or known.mirrors, progress, patience)
    if not isinstance(known, IdxSet):
        raise DataError(f"{known.title} cannot be fetched. {known.bring}.")
    folder = _made(known.folder(root))
    wanted = [
        _Wanted(known.title, f"{file.name}.gz", file.size, file.sha256)
        for place, file in known.files.items()
        if _is_wanted(known.inspect_file(folder, *place), SOUND)
    ]
    # All of them first under names of their own, so that what is there stays usable until the set is whole.
    fresh = [_bring(file, folder, mirrors or known.mirrors, progress, patience) for file in wanted]
    brought = [folder / file.name for file in wanted]
    for new, target in zip(fresh, brought, strict=True):
        new.replace(target)
    return brought


def _fetch_archive(
    known: CifarSet, root: Path, mirrors: Sequence[str], progress: Progress | None, patience: Patience
) -> list[Path]:
    """The files of one archive, unpacked; the archive itself goes once they are there."""
    if not [file for file in known.inspect(root) if _is_wanted(file, cifarset.SOUND)]:
        return []
    folder = _made(root / known.place)
    archive = known.archive
    fresh = _bring(
        _Wanted(known.title, archive.name, archive.size, archive.sha256), folder, mirrors, progress, patience
    )
    try:
        brought = _unpack(fresh, _made(folder / archive.inside), archive.inside, known.parts)
    except (tarfile.TarError, KeyError, EOFError, zlib.error) as error:
        raise DataError(
            f"{fresh} is no sound archive of {known.title} ({error}): delete it and fetch again."
        ) from error
    except OSError as error:
        raise DataError(
            f"{fresh} cannot be unpacked ({error.strerror or error}): make room, or set MTLCORE_DATA to another folder."
        ) from error
    fresh.unlink()
    return brought


def _unpack(archive: Path, folder: Path, inside: str, names: Sequence[str]) -> list[Path]:
    """The named members of a .tar.gz, and no others, into a folder; each is whole before it has its name."""
    brought = [folder / name for name in names]
    with tarfile.open(archive, "r:gz") as tar:
        for target in brought:
            member = tar.extractfile(f"{inside}/{target.name}")
            if member is None:
                raise KeyError(f"{target.name} is no file")
            with member, target.with_name(f"{target.name}.new").open("wb") as stream:
                shutil.copyfileobj(member, stream)
    for target in brought:
        target.with_name(f"{target.name}.new").replace(target)
    return brought


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{folder} cannot be made ({error.strerror}): set MTLCORE_DATA to a folder you may write to."
        ) from error
    return folder


def _is_wanted(found: FileReport, sound: Sequence[str]) -> bool:
    if found.state == "different":
        raise DataError(
            f"{found.path} is sound but not the published file: move it away if the published one shall take its place."
        )
    return found.state not in sound


def _bring(
    file: _Wanted,
    folder: Path,
    mirrors: Sequence[str],
    progress: Progress | None,
    patience: Patience,
) -> Path:
    """One file as name.new, from the first of the mirrors that gives it whole."""
    pooch.get_logger().setLevel("ERROR")  # it writes every step to the terminal otherwise
    fresh = folder / f"{file.name}.new"
    addresses = [f"{mirror.rstrip('/')}/{file.name}" for mirror in mirrors]
    failures = []
    while addresses:
        address = addresses.pop(0)
        downloader = Resuming(folder / file.name, file.size, progress, patience)
        try:
            pooch.retrieve(address, file.sha256, fname=fresh.name, path=folder, downloader=downloader)
            return fresh
        except TROUBLE as error:
            failures.append(f"{address}: {reason(error)}")
        except DataError:
            raise
        except ValueError as error:
            if downloader.resumed:
                addresses.insert(0, address)  # the fault may be in what an earlier try had left: once more, from zero
                continue
            failures.append(f"{address}: its SHA-256 is {_got(str(error))}, not {file.sha256}")
        except OSError as error:
            raise DataError(
                f"{fresh} cannot be written ({error.strerror or error}): "
                "make room, or set MTLCORE_DATA to another folder."
            ) from error
    raise DataError(
        f"{file.title}: {file.name} could not be fetched ({'; '.join(failures)}). Try again later, what has "
        f"arrived is kept; or put the file by hand into {folder} ({file.size:,} bytes, SHA-256 {file.sha256})."
    )


def _got(message: str) -> str:
    """The checksum of what arrived, from pooch's sentence about it."""
    words = [word.strip(".,'\"()") for word in message.split()]
    sums = [word for word in words if len(word) == 64 and set(word) <= set("0123456789abcdef")]
    return sums[-1] if sums else "another"
