"""NYU-v2 made up on the spot, in both published forms: the .mat files, and the prepared layout."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import scipy.io
from PIL import Image

SIZE = (48, 64)  # rows, columns
COUNT = 24
TEST = (1, 2, 9, 14)  # counted from 1


def samples(count: int = COUNT, size: tuple[int, int] = SIZE) -> dict[str, np.ndarray]:
    """Images (n, H, W, 3), depths (n, H, W) metres and labels (n, H, W), different everywhere."""
    random = np.random.default_rng(3)
    slope = np.linspace(1, 2, size[0])[:, None] + np.zeros(size[1])
    return {
        "images": random.integers(0, 256, (count, *size, 3), dtype=np.uint8),
        "depths": (slope + 0.1 * np.arange(count)[:, None, None]).astype(np.float32),
        "labels": random.integers(0, 895, (count, *size)).astype(np.uint16),
    }


def mapping() -> np.ndarray:
    """Of 894 classes into 1 to 40."""
    return (np.arange(894) * 7 % 40 + 1).astype(np.uint8)


def write_published(folder: Path, made: dict[str, np.ndarray]) -> None:
    """The three published files, as MATLAB writes them: 7.3 for the big one, 5 for the others."""
    folder.mkdir(parents=True, exist_ok=True)
    with h5py.File(folder / "nyu_depth_v2_labeled.mat", "w", userblock_size=512) as file:
        file["images"] = made["images"].transpose(0, 3, 2, 1)
        file["depths"] = made["depths"].transpose(0, 2, 1)
        file["labels"] = made["labels"].transpose(0, 2, 1)
        file["names"] = np.zeros((1, 894), dtype=np.uint8)
    scipy.io.savemat(folder / "classMapping40.mat", {"mapClass": mapping()[None], "className": np.zeros((1, 40))})
    count = len(made["images"])
    train = [number for number in range(1, count + 1) if number not in TEST]
    splits = {"trainNdxs": np.array(train)[:, None], "testNdxs": np.array(TEST)[:, None]}
    scipy.io.savemat(folder / "splits.mat", splits)


def write_prepared(folder: Path, count: int = COUNT, size: tuple[int, int] = SIZE) -> dict[str, np.ndarray]:
    """The prepared layout, without normals; labels are 0 to 39 and 255 here. Returns what was written."""
    made = samples(count, size)
    made["labels"] = np.where(made["labels"] == 0, 255, made["labels"] % 40).astype(np.uint8)
    made["depths"][:, :3] = 0
    for kind in ("image", "depth", "label40"):
        (folder / kind).mkdir(parents=True)
    for number in range(count):
        name = f"{number + 1:04d}"
        Image.fromarray(made["images"][number]).save(folder / "image" / f"{name}.png")
        millimetres = np.rint(made["depths"][number] * 1000).astype(np.uint16)
        Image.fromarray(millimetres).save(folder / "depth" / f"{name}.png")
        Image.fromarray(made["labels"][number]).save(folder / "label40" / f"{name}.png")
    names = [f"{number:04d}" for number in range(1, count + 1)]
    test = {f"{number:04d}" for number in TEST}
    (folder / "train.txt").write_text("\n".join(name for name in names if name not in test) + "\n")
    (folder / "test.txt").write_text("\n".join(sorted(test)) + "\n")
    return made
