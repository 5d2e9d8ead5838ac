"""A stand-in for the images of VehicleX that is drawn in no time: a square of a colour, with a pattern, on a ground."""

from __future__ import annotations

import colorsys

import torch

from mtlcore import data
from mtlcore.recipes.singh import pictures

CLASSES = {"vehicle": 40, "camera": 20, "colour": 12, "type": 11}


def drawn(split: str, limit: int, size: int) -> data.Pictures:
    generator = torch.Generator().manual_seed(["train", "val", "test"].index(split))
    vehicle = (torch.rand(limit, generator=generator).square() * CLASSES["vehicle"]).long()
    camera = torch.randint(CLASSES["camera"], (limit,), generator=generator)
    labels = {"vehicle": vehicle, "camera": camera, "colour": vehicle % 12, "type": vehicle * 7 % 11}
    colours = torch.tensor([colorsys.hsv_to_rgb(hue / 12, 0.9, 0.9) for hue in range(12)])
    images = (camera / 20)[:, None, None, None].expand(limit, 3, size, size).clone()
    inner = size // 4
    stripes = torch.arange(size - 2 * inner).expand(limit, -1) * (1 + labels["type"])[:, None] * 0.6
    squares = colours[labels["colour"]][:, :, None, None] * (0.6 + 0.4 * stripes.sin())[:, None, :, None]
    images[:, :, inner : size - inner, inner : size - inner] = squares
    noise = 0.05 * torch.randn(images.shape, generator=generator)
    return data.Pictures(
        "vehiclex",
        "twin",
        split,
        ((images + noise).clamp(0, 1) * 255).byte(),
        labels,
        tuple(f"{number:04d}" for number in range(limit)),
        {name: tuple(map(str, range(count))) for name, count in CLASSES.items()},
        "a stand-in",
    )


def install(monkeypatch) -> None:
    """Let the recipe draw these instead of loading a data set."""

    def load(source, split, limit, size, vehicles):
        return pictures.of_vehicles(drawn(split, limit, size), vehicles)

    monkeypatch.setattr(pictures, "_load", load)
    known = data.source_of

    def source_of(name, source="auto"):
        return "twin" if name == "vehiclex" and source != "real" else known(name, source)

    monkeypatch.setattr(data, "source_of", source_of)
