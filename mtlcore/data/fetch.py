"""Bring the original files from their published addresses, verified and resumable.

pooch holds an arrived file against its published checksum and puts it in its place; the downloader below adds what
it lacks: going on where a broken download stopped, waiting longer before each new try, and giving up on a server that
stalls. What has arrived is kept in a .part file beside the target until it is whole.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pooch
import requests
import urllib3

from mtlcore import paths
from mtlcore.data.check import SOUND, file_state
from mtlcore.data.dataset import DataError
from mtlcore.data.idxset import IdxSet, Published
from mtlcore.data.registry import named

Progress = Callable[[str, int, int], None]
_Trouble = (requests.RequestException, urllib3.exceptions.HTTPError)


class _Truncated(requests.RequestException):
    """The server closed the connection before the last byte."""


@dataclass(frozen=True)
class Patience:
    """How long to try each address: tries, seconds before the second try (doubled each time), seconds of silence."""

    tries: int = 4
    pause: float = 1.0
    timeout: float = 30.0


def fetch(
    name: str,
    *,
    root: Path | None = None,
    mirrors: Sequence[str] | None = None,
    progress: Progress | None = None,
    patience: Patience = Patience(),  # noqa: B008 - frozen, so one for all is safe
) -> list[Path]:
    """Bring the files of a data set that are not there or not whole.

    root: the data root, default mtlcore.paths.data_root(). mirrors: addresses of folders, default the published ones.
    progress: called as progress(file name, bytes here, bytes in all). Returns the paths of the files brought.
    Sound copies, recompressed or unpacked ones among them, are left alone; partial and corrupt ones are replaced
    once the new file is whole. Raises DataError, naming addresses, checksums and the cure.
    """
    known = named(name)
    folder = known.folder(root or paths.data_root())
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{folder} cannot be made ({error.strerror}): set MTLCORE_DATA to a folder you may write to."
        ) from error
    wanted = [file for place, file in known.files.items() if _is_wanted(known, folder, *place)]
    # All of them first under names of their own, so that what is there stays usable until the set is whole.
    fresh = [
        _bring(known, file, folder, mirrors or known.mirrors, progress, patience) for file in wanted
    ]
    brought = [folder / f"{file.name}.gz" for file in wanted]
    for new, target in zip(fresh, brought, strict=True):
        os.replace(new, target)
    return brought


def _is_wanted(known: IdxSet, folder: Path, split: str, kind: str) -> bool:
    state, path, _ = file_state(known, folder, split, kind)
    if state == "different":
        raise DataError(
            f"{path} is sound but not the published file: move it away if the published one shall take its place."
        )
    return state not in SOUND


def _bring(
    known: IdxSet,
    file: Published,
    folder: Path,
    mirrors: Sequence[str],
    progress: Progress | None,
    patience: Patience,
) -> Path:
    """One file as name.gz.new, from the first of the mirrors that gives it whole."""
    pooch.get_logger().setLevel("ERROR")  # it writes every step to the terminal otherwise
    fresh = folder / f"{file.name}.gz.new"
    failures = []
    for mirror in mirrors:
        address = f"{mirror.rstrip('/')}/{file.name}.gz"
        downloader = _Resuming(folder / f"{file.name}.gz", file.size, progress, patience)
        try:
            pooch.retrieve(address, file.sha256, fname=fresh.name, path=folder, downloader=downloader)
            return fresh
        except _Trouble as error:
            failures.append(f"{address}: {_reason(error)}")
        except DataError:
            raise
        except ValueError as error:
            failures.append(f"{address}: its SHA-256 is {_got(str(error))}, not {file.sha256}")
        except OSError as error:
            raise DataError(
                f"{fresh} cannot be written ({error.strerror or error}): "
                "make room, or set MTLCORE_DATA to another folder."
            ) from error
    raise DataError(
        f"{known.title}: {file.name}.gz could not be fetched ({'; '.join(failures)}). Try again later, what has "
        f"arrived is kept; or put the file by hand into {folder} ({file.size:,} bytes, SHA-256 {file.sha256})."
    )


class _Resuming:
    """A pooch downloader that goes on with what an earlier try left in `target`.part."""

    def __init__(self, target: Path, size: int, progress: Progress | None, patience: Patience) -> None:
        self.name, self.size = target.name, size
        self.part = target.with_name(target.name + ".part")
        self.progress, self.patience = progress, patience

    def __call__(self, url: str, output_file: str, _: object) -> None:
        with self.part.open("ab") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise DataError(
                    f"{self.part} is being written by another process: wait until it has done."
                ) from error
            for attempt in range(self.patience.tries):
                try:
                    self._transfer(url, stream)
                    break
                except _Trouble as error:
                    if attempt == self.patience.tries - 1 or _final(error):
                        raise
                    time.sleep(self.patience.pause * 2**attempt)
            os.replace(self.part, output_file)

    def _transfer(self, url: str, stream: BinaryIO) -> None:
        """Append what is missing; begin anew where the server cannot go on in the middle."""
        here = stream.seek(0, os.SEEK_END)
        if here >= self.size:
            # Whole already, or too long to be the file: the checksum decides on the first, the second is dropped.
            if here == self.size:
                return
            here = stream.truncate(0)
        # identity: a server that unpacks on the way would break the checksum.
        headers = {"Accept-Encoding": "identity", "User-Agent": "mtlcore"}
        if here:
            headers["Range"] = f"bytes={here}-"
        timeout = self.patience.timeout
        with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
            if response.status_code == 416:
                stream.truncate(0)
                raise _Truncated("the server refused to go on; beginning anew")
            response.raise_for_status()
            goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {here}-")
            if here and not (response.status_code == 206 and goes_on):
                here = stream.truncate(0)
            for chunk in response.raw.stream(1 << 16, decode_content=False):
                stream.write(chunk)
                here += len(chunk)
                if self.progress:
                    self.progress(self.name, here, self.size)
        stream.flush()
        if here < self.size:
            raise _Truncated(f"it ended after {here:,} of {self.size:,} bytes")


def _final(error: Exception) -> bool:
    """Whether trying the same address again is useless: the server says that the file is not to be had."""
    response = getattr(error, "response", None)
    return response is not None and 400 <= response.status_code < 500 and response.status_code not in (408, 429)


def _reason(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        return f"{response.status_code} {response.reason}"
    text = str(error)
    if isinstance(error, requests.Timeout) or "timed out" in text.lower():
        return "it did not answer in time"
    return "no connection" if isinstance(error, requests.ConnectionError) else text


def _got(message: str) -> str:
    """The checksum of what arrived, from pooch's sentence about it."""
    words = [word.strip(".,'\"()") for word in message.split()]
    sums = [word for word in words if len(word) == 64 and set(word) <= set("0123456789abcdef")]
    return sums[-1] if sums else "another"
