"""How fast are the VehicleX files read?

    python benchmarks/vehiclex_reader.py [--files 20000] [--folder DIR]

A folder in the published layout is filled from the twin. Then, in this process and in this order, the files are read
by a loop over numpy.load into one array, by the reader, which also joins the labels, checks every number and writes
its cache, and by the reader again, which finds the cache. The files have just been written, so they come from memory
where there is room for them: what is measured is everything but the disk.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import torch

from mtlcore import data
from mtlcore.data.features import Features
from mtlcore.data.vehiclex_labels import ATTRIBUTES, CLASSES


def item(samples: Features, i: int) -> str:
    """One Item of the XML, as the package has it."""
    attributes = {"imageName": f"{samples.names[i]}.npy"}
    for label, (attribute, _) in ATTRIBUTES.items():
        value = samples.labels[label][i].item()
        if label in ("vehicle", "camera"):
            attributes[attribute] = CLASSES[label][int(value)]
        else:
            attributes[attribute] = str(int(value) if label in CLASSES else round(value, 1))
    return "<Item " + " ".join(f"{name}={quoteattr(text)}" for name, text in attributes.items()) + " />"


def fill(folder: Path, files: int) -> None:
    """Write so many training files, a tenth as many of the other splits, and the XML."""
    items = []
    for split, count in (("train", files), ("val", files // 10), ("test", files // 10)):
        samples = data.load("vehiclex-features", source="twin", split=split, limit=count)
        (folder / split).mkdir(parents=True)
        for i, row in enumerate(samples.features.numpy()):
            np.save(folder / split / f"{samples.names[i]}.npy", row)
            items.append(item(samples, i))
    lines = "\n\t\t".join(items)
    text = f"<TrainingImages>\n\t<Items number='{len(items)}'>\n\t\t{lines}\n\t</Items>\n</TrainingImages>\n"
    (folder / "finegrained_label.xml").write_text(text, encoding="utf-8")


def by_numpy(folder: Path) -> torch.Tensor:
    """What a loop over numpy.load takes, without labels and without checks."""
    paths = sorted(folder.glob("*.npy"))
    rows = np.empty((len(paths), 2048), dtype=np.float32)
    for i, path in enumerate(paths):
        rows[i] = np.load(path, allow_pickle=False)
    return torch.from_numpy(rows)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, help="where the files go for the time being, default the system's")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=options.folder) as root:
        os.environ["MTLCORE_DATA"] = root
        folder = Path(root) / "vehicle-x"
        written = seconds(lambda: fill(folder, options.files))
        print(f"{options.files:,} training files written in {written:.1f} s")

        def read() -> Features:
            return data.load("vehiclex-features", source="real", split="train")

        loop = seconds(lambda: by_numpy(folder / "train"))
        first, second = seconds(read), seconds(read)
        print(f"numpy.load in a loop {loop:6.2f} s {options.files / loop:10,.0f} files/s")
        print(f"reader, first time   {first:6.2f} s {options.files / first:10,.0f} files/s: {loop / first:.1f} times")
        print(f"reader, second time  {second:6.2f} s {options.files / second:10,.0f} files/s")


if __name__ == "__main__":
    main()
