"""Painting convex faces over images, batched: coverage of pixels by signed distances to edges, in small square tiles.

Faces are painted from the furthest to the nearest, one of each image at a time. The canvas is kept in tiles, and a
face touches the tiles that it can reach alone: distances of all their pixels to all its edges are one product of
matrices, and the least of them, clamped, is how much of a pixel is covered. That is exact antialiasing for straight
edges, with nothing drawn twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

FAR = 1e3  # pixels; the distance to an edge that is none


@dataclass(frozen=True)
class Canvas:
    """Images in tiles: (B * rows * columns, 3, tile * tile), from 0 up; size: pixels of a side."""

    tiles: Tensor
    size: int
    tile: int

    @property
    def across(self) -> int:
        """Tiles in a row of an image."""
        return -(-self.size // self.tile)

    def images(self) -> Tensor:
        """(B, 3, size, size)."""
        n, t = self.across, self.tile
        whole = self.tiles.view(-1, n, n, 3, t, t).permute(0, 3, 1, 4, 2, 5).reshape(-1, 3, n * t, n * t)
        return whole[:, :, : self.size, : self.size]


def tile_for(size: int) -> int:
    """Pixels of a tile's side: small enough that little is touched in vain, large enough for long rows."""
    return 8 if size < 128 else 16


def blank(images: Tensor, tile: int) -> Canvas:
    """A canvas of images (B, 3, n, n), whose side is a multiple of the tile's."""
    count, _, size, _ = images.shape
    n = size // tile
    tiles = images.view(count, 3, n, tile, n, tile).permute(0, 2, 4, 1, 3, 5).reshape(-1, 3, tile * tile)
    return Canvas(tiles, size, tile)


@dataclass(frozen=True)
class Shapes:
    """m convex shapes on the canvas; those of one rank lie in different images.

    edges: (m, k, 3), distance inside in pixels as c + a x + b y; box: (m, 4), left, top, right, bottom in pixels.
    colour: (m, 3); slope: (m, 3), light as c + a x + b y; alpha, image, rank: (m,), ordered by rank.
    """

    edges: Tensor
    box: Tensor
    colour: Tensor
    slope: Tensor
    alpha: Tensor
    image: Tensor
    rank: Tensor


def edges_of(points: Tensor) -> Tensor:
    """Edges (m, k, 3) of polygons (m, k, 2), counterclockwise as one sees them; an edge of no length is far away."""
    ahead = points.roll(-1, dims=1)
    along = ahead - points
    length = along.norm(dim=2)
    real = length > 1e-4
    scale = real / length.clamp(min=1e-4)
    a, b = along[..., 1] * scale, -along[..., 0] * scale
    c = torch.where(real, -(a * points[..., 0] + b * points[..., 1]), FAR)
    return torch.stack([c, a, b], dim=2)


@dataclass(frozen=True)
class Reach:
    """n pairs of a shape and a tile that it reaches, in the order of the shapes.

    owner: (n,), number of the shape; place: (n,), the tile on the canvas; origin: (n, 3), 1 and the x and y of its
    corner; basis: (3, p), 1 and the x and y of its pixels from there.
    """

    owner: Tensor
    place: Tensor
    origin: Tensor
    basis: Tensor

    def part(self, start: int, count: int) -> Reach:
        """So many of them from one on."""
        some = slice(start, start + count)
        return Reach(self.owner[some], self.place[some], self.origin[some], self.basis)

    def moved(self, linear: Tensor) -> Tensor:
        """Functions c + a x + b y (n, ..., 3) of the whole image as such of the tile."""
        origin = self.origin.view(-1, *([1] * (linear.dim() - 2)), 3)
        return torch.cat([(linear * origin).sum(dim=-1, keepdim=True), linear[..., 1:]], dim=-1)

    def spread(self, linear: Tensor) -> Tensor:
        """Values (n, ..., p) at the tile's pixels of functions c + a x + b y (n, ..., 3) of the whole image."""
        return (self.moved(linear).view(-1, 3) @ self.basis).view(*linear.shape[:-1], -1)


def reach(box: Tensor, image: Tensor, canvas: Canvas) -> Reach:
    """The tiles of their images that shapes with these boxes, (m, 4) in pixels, touch."""
    tile, across = canvas.tile, canvas.across
    cells = (box / tile).floor().long()
    low, high = cells[:, :2].clamp(min=0), cells[:, 2:].clamp(max=across - 1)
    span = (high - low + 1).clamp(min=0)
    count = span[:, 0] * span[:, 1]
    owner = torch.repeat_interleave(count)
    number = torch.arange(len(owner), device=box.device) - (count.cumsum(0) - count)[owner]
    down = torch.div(number, span[owner, 0], rounding_mode="floor")
    column, row = low[owner, 0] + number - down * span[owner, 0], low[owner, 1] + down
    origin = torch.stack([torch.ones_like(column), column * tile, row * tile], dim=1).float()
    steps = torch.arange(tile, device=box.device) + 0.5
    basis = torch.stack([torch.ones(tile * tile, device=box.device), steps.repeat(tile), steps.repeat_interleave(tile)])
    return Reach(owner, (image[owner] * across + row) * across + column, origin, basis)


def paint(canvas: Canvas, shapes: Shapes, grow: float) -> None:
    """Paint shapes over the canvas, in place. grow: pixels by which each is larger, so that seams close."""
    found = reach(shapes.box, shapes.image, canvas)
    centre = found.origin.clone()
    centre[:, 1:] += canvas.tile / 2
    inside = torch.einsum("nkc,nc->nk", shapes.edges[found.owner], centre).amin(dim=1)
    near = inside > -(canvas.tile * 0.7072 + grow + 0.5)
    found = Reach(found.owner[near], found.place[near], found.origin[near], found.basis)
    counts = torch.bincount(shapes.rank[found.owner]).tolist()
    start = 0
    for count in filter(None, counts):
        _paint_tiles(canvas.tiles, shapes, found.part(start, count), grow)
        start += count


def _paint_tiles(tiles: Tensor, shapes: Shapes, found: Reach, grow: float) -> None:
    """Blend one face an image into the tiles it touches."""
    distance = found.spread(shapes.edges[found.owner]).amin(dim=1)
    cover = distance.add_(0.5 + grow).clamp_(0, 1).mul_(shapes.alpha[found.owner, None])
    light = found.spread(shapes.slope[found.owner])
    colour = shapes.colour[found.owner, :, None] * light[:, None]
    tiles[found.place] = torch.lerp(tiles[found.place], colour, cover[:, None])
