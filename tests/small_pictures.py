"""Pictures with the labels of the rooms and of the faces, made up on the spot: for tests that need no data set."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from mtlcore import data


def pictures(name: str, split: str = "train", count: int = 16, size: int = 16) -> data.Pictures:
    """Random images; the labels depend on them, so that something can be learnt."""
    generator = torch.Generator().manual_seed({"train": 0, "val": 1, "test": 2}[split])
    images = torch.randint(256, (count, 3, size, size), generator=generator, dtype=torch.uint8)
    light = images.float().mean(1)
    if name == "nyuv2":
        classes = (light / 6.4).long().clamp(max=39).to(torch.uint8)
        classes[:, :2] = 255
        depth = 1 + light / 64
        depth[:, -2:] = 0
        normals = F.normalize(images.float() - 127.5, dim=1).half()
        normals[:, :, :, :2] = 0
        labels = {"segmentation": classes, "depth": depth, "normals": normals}
    else:
        labels = {
            "mask": (images[:, 0] // 86).clamp(max=2),
            "male": (light.flatten(1).mean(1) > light.mean()).long(),
            "smiling": torch.arange(count) % 2,
        }
    names = tuple(f"{number}" for number in range(count))
    return data.Pictures(name, "twin", split, images, labels, names, {}, "made up")


def load(name, *, source, split, limit, size):
    """In place of `data.load`."""
    return pictures(name, split, limit, size)
