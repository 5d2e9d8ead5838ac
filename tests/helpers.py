"""Run functions and configurations that worker processes can import."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
import time
from pathlib import Path

from mtlcore import results

ROOT = Path(__file__).resolve().parent.parent
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclasses.dataclass(frozen=True)
class Config:
    seed: int
    row: str = "a"
    share: float = 0.5
    vector: tuple[float, ...] | None = None
    wait: float = 0.0
    fails: str = ""
    folder: str = ""

    @property
    def recipe(self) -> str:
        return "toy"


def measure(config: Config) -> results.Result:
    """A result that depends on the configuration alone."""
    value = config.seed + config.share
    return results.Result({"accuracy": value}, {"accuracy": [value / 2, value]}, {"device": "cpu", "seconds": 0.0})


def work(config: Config) -> results.Result:
    """Leave a mark, wait, and measure or fail."""
    if config.folder:
        (Path(config.folder) / f"{config.seed}.{os.getpid()}.{time.monotonic_ns()}").touch()
    time.sleep(config.wait)
    if config.fails == "error":
        raise ValueError(f"seed {config.seed} cannot be")
    if config.fails == "nan":
        return results.Result({"accuracy": float("nan")})
    if config.fails == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if config.fails == "kill once" and not (Path(config.folder) / "killed").exists():
        (Path(config.folder) / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return measure(config)


def record(seed: int = 0, row: str = "a", **metrics: float) -> results.Record:
    """A record as a study would hold it, without provenance of the machine."""
    return results.Record(
        f"{row}{seed:04}", "toy", {"seed": seed, "row": row}, metrics, {}, {"device": "cpu", "seconds": 1.0}
    )


if __name__ == "__main__":  # python tests/helpers.py append PATH FIRST COUNT | sweep PATH
    task, path, *numbers = sys.argv[1:]
    store = results.Store(path)
    if task == "append":
        first, count = map(int, numbers)
        Path(f"{path}.{first}.ready").touch()
        while not Path(f"{path}.go").exists():  # so that all writers write at once
            time.sleep(0.001)
        for seed in range(first, first + count):
            store.append(record(seed, accuracy=float(seed)))
    else:
        from mtlcore.sweep import sweep

        sweep(work, [Config(seed, wait=0.05) for seed in range(20)], store=store)
