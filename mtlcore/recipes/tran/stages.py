"""Long runs in stages: what is finished is kept, so that a killed run goes on with the stage it was in."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

SECONDS = " seconds"  # no stage has this name


class Stages:
    """Results of the finished stages of a run, in `<name>.pt`, which is left to whoever stores the run's result.

    Args:
        folder: where the file is kept; None keeps nothing.
        name: of the run.

    Raises:
        ValueError: there is such a file, and it is damaged.
    """

    def __init__(self, folder: Path | None, name: str) -> None:
        self.path = folder / f"{name}.pt" if folder else None
        self.done: dict[str, Any] = {}
        if self.path and self.path.exists():
            try:
                self.done = dict(torch.load(self.path, map_location="cpu", weights_only=True))
            except Exception as error:
                told = (str(error).splitlines() or [type(error).__name__])[0]
                raise ValueError(f"{self.path} holds no stages ({told}); remove it to start the run anew") from None

    def do(self, stage: str, work: Callable[[Path | None], Any]) -> Any:
        """What a stage comes to: kept from an earlier leg of the run, or worked out and kept.

        Args:
            stage: its name.
            work: (file for a checkpoint of its own, or None) -> tensors and plain values. The file is removed once
                the stage is kept.

        Raises:
            OSError: the result cannot be written; what was kept before still is.
        """
        checkpoint = self.path.with_suffix(f".{stage}.pt") if self.path else None
        if stage not in self.done:
            started = time.perf_counter()
            self.done[stage] = work(checkpoint)
            self.done[SECONDS] = self.seconds + time.perf_counter() - started
            self._keep()
        if checkpoint:
            checkpoint.unlink(missing_ok=True)
        return self.done[stage]

    @property
    def seconds(self) -> float:
        """What all finished stages took, in earlier legs too; of an interrupted stage only its last leg."""
        return float(self.done.get(SECONDS, 0.0))

    def _keep(self) -> None:
        if self.path is None:
            return
        partial = self.path.with_suffix(f".{os.getpid()}.part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            torch.save(self.done, partial)
            partial.replace(self.path)  # a kill leaves the old file whole
        except (OSError, RuntimeError) as error:  # torch's writer raises RuntimeError where the disk is full
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            told = (str(error).splitlines() or [type(error).__name__])[0]
            raise OSError(
                f"cannot write {self.path} ({told}); free some space and run again: the stages before are kept"
            ) from None
