"""The twin of CelebAMask-HQ: drawn faces with exact masks of hair and skin, of men and women who smile or do not.

People are drawn in blocks of 16, each from its own random stream, and a block is always drawn whole: picture i is the
same person whatever the number asked for, and the same at every size but for the finest texture.
"""

from __future__ import annotations

import functools
import zlib

import torch
from torch import Tensor

from mtlcore.data import seeding
from mtlcore.data.twins.faces.painting import paint
from mtlcore.data.twins.faces.people import draw_people

BLOCK = 16
PIXELS = 64 * 64 * 50  # painted at a time: what a processor's cache holds


def draw(*, split: str, count: int, seed: int, size: int) -> tuple[Tensor, dict[str, Tensor]]:
    """The first `count` faces of a split at `size` pixels a side.

    Returns pictures (count, 3, size, size) uint8 and labels: mask (count, size, size) uint8, 0 background, 1 hair and
    2 skin; male and smiling (count,) int64, 1 for yes.
    """
    drawn = [_block(split, seed, block, size) for block in range(-(-count // BLOCK))]
    pictures, masks, male, smiling = (torch.cat(parts)[:count].clone() for parts in zip(*drawn, strict=True))
    return pictures, {"mask": masks, "male": male.long(), "smiling": smiling.long()}


@functools.lru_cache(maxsize=1250)  # of the smaller sizes a whole training part: a sweep asks for it again and again
def _kept(split: str, seed: int, block: int, size: int) -> tuple[Tensor, ...]:
    words = (zlib.crc32(f"celebamask {split}".encode()), seed, block)
    people = draw_people(BLOCK, seeding.generator(*words, 0))
    texture = seeding.generator(*words, 1)
    step = max(1, PIXELS // size**2)
    painted = [paint(people.rows(slice(at, at + step)), size, texture) for at in range(0, BLOCK, step)]
    pictures, masks = (torch.cat(parts) for parts in zip(*painted, strict=True))
    return pictures, masks, people.male, people.smiling


def _block(split: str, seed: int, block: int, size: int) -> tuple[Tensor, ...]:
    # Large pictures are not kept: 1,250 blocks at 64 pixels are 330 MB, at 256 they would be 5 GB.
    return (_kept if size <= 64 else _kept.__wrapped__)(split, seed, block, size)
