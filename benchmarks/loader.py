"""Images a second from resident batches and from a per-sample DataLoader, and their ratio.

    python benchmarks/loader.py [--images 60000] [--batch-size 128] [--repeats 3] [--device cpu]

Both hand out normalised 28x28 batches in a new order each epoch, from the same tensor, on one thread; both
are measured in turn in this process, and the best of the repeats counts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from mtlcore.data import Dataset, Resident

MEAN, STD = 0.1307, 0.3081


class PerSample(TorchDataset[tuple[Tensor, Tensor]]):
    """What a tutorial would write: one image at a time, normalised when it is asked for."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return (self.dataset.images[index].float() / 255 - MEAN) / STD, self.dataset.labels[index]


def rate(batches: Iterable[tuple[Tensor, Tensor]], images: int, device: str) -> float:
    """Images a second over one epoch."""
    start = time.perf_counter()
    for here, _ in batches:
        here.to(device)
    if device == "cuda":
        torch.cuda.synchronize()
    return images / (time.perf_counter() - start)


def main() -> None:
    """Measure, and print one line for each arrangement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(1)
    images = torch.randint(0, 256, (options.images, 1, 28, 28), dtype=torch.uint8)
    dataset = Dataset("noise", "twin", "train", images, torch.arange(options.images) % 10, ("noise",), "")

    def resident(**more: object) -> Resident:
        common = {"batch_size": options.batch_size, "device": options.device, "mean": MEAN, "std": STD}
        return Resident(dataset, **common, **more)  # type: ignore[arg-type]

    arranged: dict[str, Iterable[tuple[Tensor, Tensor]]] = {
        "DataLoader, one sample at a time": DataLoader(PerSample(dataset), options.batch_size, shuffle=True),
        "Resident": resident(),
        "Resident, channels_last": resident(channels_last=True),
        "Resident, bfloat16, channels_last": resident(dtype=torch.bfloat16, channels_last=True),
        "Resident, crop 32 of 36": resident(crop_size=32, crop_padding=4),
        "Resident, crop, flip": resident(crop_size=32, crop_padding=4, flip=True),
        "Resident, crop, flip, erase": resident(crop_size=32, crop_padding=4, flip=True, erase=0.5),
    }
    best = dict.fromkeys(arranged, 0.0)
    for _ in range(options.repeats):
        for name, batches in arranged.items():
            best[name] = max(best[name], rate(batches, options.images, options.device))
    reference = next(iter(best.values()))
    for name, value in best.items():
        print(f"{name:36} {value:12,.0f} images/s  {value / reference:6.1f} x")


if __name__ == "__main__":
    main()
