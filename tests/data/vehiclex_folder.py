"""A small folder in the layout of the first VehicleX package, made up on the spot."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SIZES = {"train": 30, "val": 8, "test": 10}
NUMBERS = {"orientation": 360, "lightInt": 4, "lightDir": 180, "camHei": 8, "camDis": 14}


class Folder:
    """<root>/vehicle-x with features, labels and lists.

    features: (2048,) by name of the image. items: the attributes in the XML by the same name, as text.
    """

    def __init__(self, root: Path, sizes: dict[str, int] | None = None, seed: int = 0) -> None:
        self.path = root / "vehicle-x"
        self.split: dict[str, str] = {}
        self.features: dict[str, np.ndarray] = {}
        self.items: dict[str, dict[str, str]] = {}
        random = np.random.default_rng(seed)
        for split, count in (sizes or SIZES).items():
            (self.path / split).mkdir(parents=True)
            for _ in range(count):
                self._add(split, random)
        self.write_xml()
        (self.path / "ReadMe.txt").write_text("made up\n")

    def _add(self, split: str, random: np.random.Generator) -> None:
        vehicle, camera = int(random.integers(1, 1363)), int(random.integers(1, 21))
        name = f"{vehicle:04d}_c{camera:03d}_{len(self.split)}"
        self.split[name] = split
        self.features[name] = np.abs(random.standard_normal(2048)).astype(np.float32)
        self.items[name] = {
            "imageName": f"{name}.npy",
            "vehicleID": f"{vehicle:04d}",
            "cameraID": f"c{camera:03d}",
            "colorID": str(random.integers(12)),
            "typeID": str(random.integers(11)),
            **{attribute: f"{random.uniform(0, high):.1f}" for attribute, high in NUMBERS.items()},
        }
        np.save(self.file(name), self.features[name])

    def names(self, split: str) -> list[str]:
        return [name for name, mine in self.split.items() if mine == split]

    def file(self, name: str) -> Path:
        return self.path / self.split[name] / f"{name}.npy"

    @property
    def xml(self) -> Path:
        return self.path / "finegrained_label.xml"

    def write_xml(self) -> None:
        """As VehicleX writes it: everything in attributes, indented by tabs."""
        lines = ['<?xml version="1.0" encoding="utf-8"?>', "<TrainingImages>"]
        lines.append(f'\t<Items number="{len(self.items)}">')
        for item in self.items.values():
            lines.append("\t\t<Item " + " ".join(f'{name}="{text}"' for name, text in item.items()) + " />")
        self.xml.write_text("\n".join([*lines, "\t</Items>", "</TrainingImages>", ""]))
