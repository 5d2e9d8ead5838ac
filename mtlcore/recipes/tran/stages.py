"""Long runs in stages: what is finished is kept, so that a killed run goes on with the stage it was in."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from mtlcore import paths

SECONDS, CODE = " seconds", " code"  # no stage has these names


class Stages:
    """Results of the finished stages of a run, in `<name>.pt`, which is left to whoever stores the run's result.

    Those of another state of the code are left aside with a warning: a run is of one state.

    Args:
        folder: where the file is kept; None keeps nothing.
        name: of the run.

    Raises:
        ValueError: there is such a file, and it is damaged.
        OSError: it cannot be read.
    """

    def __init__(self, folder: Path | None, name: str) -> None:
        self.path = folder / f"{name}.pt" if folder else None
        self.done: dict[str, Any] = {}
        if self.path and self.path.exists():
            content = io.BytesIO(self.path.read_bytes())  # apart: torch raises OSError for a damaged file, too
            try:
                self.done = dict(torch.load(content, map_location="cpu", weights_only=True))
            except Exception as error:
                told = paths.first_line(error)
                raise ValueError(f"{self.path} holds no stages ({told}); remove it to start the run anew") from None
            if self.done.get(CODE) != paths.code_hash():
                self.done = {}
                told = f"{self.path} was written by another state of the code: the run starts anew"
                warnings.warn(told, stacklevel=2)

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
            self.done[CODE] = paths.code_hash()
            if self.path:
                paths.replace_whole(self.path, lambda partial: torch.save(self.done, partial))
        if checkpoint:
            checkpoint.unlink(missing_ok=True)
        return self.done[stage]

    @property
    def seconds(self) -> float:
        """What all finished stages took, in earlier legs too; of an interrupted stage only its last leg."""
        return float(self.done.get(SECONDS, 0.0))
