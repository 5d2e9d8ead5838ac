"""A downloader for pooch that goes on where a broken download stopped.

What has arrived is kept in a .part file beside the target until it is whole. Every try waits longer than the one
before, and a server that falls silent is given up.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import requests
import urllib3

from mtlcore.data.dataset import DataError

Progress = Callable[[str, int, int], None]
TROUBLE = (requests.RequestException, urllib3.exceptions.HTTPError)


class Truncated(requests.RequestException):
    """The server closed the connection before the last byte."""


@dataclass(frozen=True)
class Patience:
    """How long to try each address: tries, seconds before the second try (doubled each time), seconds of silence."""

    tries: int = 4
    pause: float = 1.0
    timeout: float = 30.0


class Resuming:
    """A pooch downloader that goes on with what an earlier try left in `target`.part.

    resumed: whether there was anything of an earlier call.
    """

    def __init__(self, target: Path, size: int, progress: Progress | None, patience: Patience) -> None:
        self.name, self.size = target.name, size
        self.part = target.with_name(target.name + ".part")
        self.progress, self.patience = progress, patience
        self.resumed = self.part.is_file() and self.part.stat().st_size > 0

    def __call__(self, url: str, output_file: str, _: object) -> None:
        """Bring `url` to `output_file`, as pooch asks for it."""
        with self.part.open("ab") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise DataError(f"{self.part} is being written by another process: wait until it has done.") from error
            for attempt in range(self.patience.tries):
                try:
                    self._transfer(url, stream)
                    break
                except TROUBLE as error:
                    if attempt == self.patience.tries - 1 or _final(error):
                        raise
                    time.sleep(self.patience.pause * 2**attempt)
            self.part.replace(output_file)

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
                raise Truncated("the server refused to go on; beginning anew")
            response.raise_for_status()
            goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {here}-")
            if here and not (response.status_code == 206 and goes_on):
                here = stream.truncate(0)
            # read1 hands out what is there, so that a stall loses nothing that has arrived.
            while chunk := response.raw.read1(1 << 16, decode_content=False):
                stream.write(chunk)
                here += len(chunk)
                if self.progress:
                    self.progress(self.name, here, self.size)
        stream.flush()
        if here < self.size:
            raise Truncated(f"it ended after {here:,} of {self.size:,} bytes")


def _final(error: Exception) -> bool:
    """Whether trying the same address again is useless: the server says that the file is not to be had."""
    response = getattr(error, "response", None)
    return response is not None and 400 <= response.status_code < 500 and response.status_code not in (408, 429)


def reason(error: Exception) -> str:
    """Why a download failed, in a few words."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"{response.status_code} {response.reason}"
    text = str(error)
    if isinstance(error, requests.Timeout) or "timed out" in text.lower():
        return "it did not answer in time"
    return "no connection" if isinstance(error, requests.ConnectionError) else text
