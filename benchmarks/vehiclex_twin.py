"""How fast is the twin of the VehicleX images rendered?

    python benchmarks/vehiclex_twin.py [--sizes 32 64 128 256] [--images 512] [--threads 1] [--device cpu] [--profile]

Images a second of each size, the fastest of the turns; on a CPU of the process's own time, which other processes
disturb less. Vehicles and streets are built before, and how long that takes is said. With --profile, the time of the
parts of one turn follows, in per cent.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections.abc import Callable

import torch

from mtlcore.data.twins import vehiclex
from mtlcore.data.twins.vehiclex import scene

PARTS = (
    "background",
    "_shadows",
    "wheels",
    "paint_wheels",
    "_faces",
    "paint",
    "blank",
    "images",
    "look",
    "shade",
    "reach",
)


def drawn(size: int, images: int, device: str) -> None:
    """All of them anew."""
    vehiclex._chunk.cache_clear()
    vehiclex.draw(split="train", count=images, seed=0, size=size, device=device)
    if device != "cpu":
        torch.cuda.synchronize()


def profiled(size: int, images: int, clock: Callable[[], float]) -> None:
    """Share of each part; parts that call others include these."""
    profile = cProfile.Profile(clock)
    profile.runcall(drawn, size, images, "cpu")
    rows = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    spent = {name: row[3] for (path, _, name), row in rows.items() if "vehiclex" in path}
    for name in sorted((name for name in PARTS if name in spent), key=lambda name: -spent[name]):
        print(f"    {name:<14}{100 * spent[name] / spent[scene.render.__name__]:5.1f} % of rendering")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[32, 64, 128, 256])
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    clock = time.process_time if options.device == "cpu" and options.threads == 1 else time.perf_counter
    for size in options.sizes:
        start = clock()
        drawn(size, 1, options.device)
        built, best = clock() - start, float("inf")
        for _ in range(options.turns):
            start = clock()
            drawn(size, options.images, options.device)
            best = min(best, clock() - start)
        print(
            f"{size:4d} pixels {options.images / best:8,.0f} images/s   vehicles, streets and first image {built:.1f} s"
        )
        if options.profile and options.device == "cpu":
            profiled(size, options.images, clock)


if __name__ == "__main__":
    main()
