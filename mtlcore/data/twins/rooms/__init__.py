"""The twin of NYU-v2: furnished rooms, ray-cast, with exact depth, normals and classes.

Shared with the original are the classes, the camera's intrinsics, the sizes of the splits and the kinds of rooms.
Rooms are furnished one by one, each from a random stream of its own, and cast a block at a time, so that sample i is
the same whatever the number asked for.
"""

from __future__ import annotations

import functools
import zlib

import numpy as np
import torch
from torch import Tensor

from mtlcore.data.nyuv2_files import CLASSES
from mtlcore.data.nyuv2_normals import Camera
from mtlcore.data.twins.rooms.render import render
from mtlcore.data.twins.rooms.scene import Scene, furnish, numbers

BLOCK = 8  # rooms cast at a time
KEPT = 4  # whole draws


def scene(split: str, seed: int, number: int) -> Scene:
    """The room that sample `number` of a split shows."""
    words = [zlib.crc32(f"nyuv2 {split}".encode()), seed, number]
    return furnish(np.random.default_rng(words))


@functools.lru_cache(maxsize=KEPT)
def draw(*, split: str, count: int, seed: int, size: int) -> tuple[Tensor, dict[str, Tensor]]:
    """The first `count` samples of a split, at `size` pixels a side.

    Returns images (count, 3, size, size) uint8 and labels: segmentation (count, size, size) uint8, depth (count,
    size, size) float32 in metres, normals (count, 3, size, size) float16 in the axes of nyuv2_normals.
    The last few draws are kept, as the runs of a sweep ask for the same again and again.
    """
    blocks = [_block(split, seed, block, size) for block in range(-(-count // BLOCK))]
    parts = {name: torch.cat([block[name] for block in blocks])[:count] for name in blocks[0]}
    images = parts.pop("images")
    return images, parts


def _block(split: str, seed: int, block: int, size: int) -> dict[str, Tensor]:
    scenes = [scene(split, seed, number) for number in range(block * BLOCK, (block + 1) * BLOCK)]
    camera = Camera().scaled((size, size))
    words = (zlib.crc32(f"nyuv2 {split}".encode()), seed, block)
    return render(scenes, [numbers(found, CLASSES) for found in scenes], camera, words)
