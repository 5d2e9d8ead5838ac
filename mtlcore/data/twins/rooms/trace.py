"""Rays against many blocks at once: the nearest hit of every ray, with its place and normal in the block's own axes.

Rays (B, N) start at one point a scene, and their directions have length 1 along the camera's axis, so that the
distance found is depth. Blocks (B, P) are boxes, upright cylinders and ellipsoids turned about the vertical; a scene
with fewer has blocks of no size, which nothing hits. The room around them is a box seen from inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mtlcore.data.twins.rooms.pieces import CYLINDER, ELLIPSOID

NEAR = 0.05  # metres; what is nearer to the origin of a ray is not seen

# Of the six sides of the room: which one a ray that falls or grows along an axis meets, and where they face.
SIDES = torch.tensor([[3, 4, 0], [1, 5, 2]])
INWARD = torch.tensor([[0.0, 0, 1], [-1, 0, 0], [0, 0, -1], [1, 0, 0], [0, 1, 0], [0, -1, 0]])


@dataclass(frozen=True)
class Blocks:
    """Blocks of several scenes, as many of each.

    shape: (B, P) int64; centre, half: (B, P, 3); turn: (B, P) int64, into cos and sin, (B, U), of the turns in a
    scene; room: (B, 3), its far corner.
    """

    shape: Tensor
    centre: Tensor
    half: Tensor
    turn: Tensor
    cos: Tensor
    sin: Tensor
    room: Tensor


@dataclass(frozen=True)
class Hits:
    """What rays met, (B, N).

    depth: how far. block: int64, its number; P to P + 5 for the walls at z = 0, x far, z far, x = 0, the floor and the
    ceiling. local: (B, N, 3), the place in the block's axes, for a side of the room in the room's. normal: (B, N, 3),
    in the room's axes. side: int64, the axis of the block across the plane in which its texture lies.
    """

    depth: Tensor
    block: Tensor
    local: Tensor
    normal: Tensor
    side: Tensor


def distances(blocks: Blocks, origin: Tensor, rays: Tensor) -> Tensor:
    """How far along each ray each block is, infinity where it is missed; (B, P, N).

    origin: (B, 3); rays: (B, N, 3), of any length.
    """
    scene = torch.arange(len(rays))[:, None]
    cos, sin = blocks.cos[:, :, None], blocks.sin[:, :, None]
    x, y, z = (rays[:, None, :, axis] for axis in range(3))
    # Many blocks share a turn, so that rays are turned once for each turn and not once for each block.
    turned = [cos * x - sin * z, y, sin * x + cos * z]
    cos, sin = blocks.cos[scene, blocks.turn], blocks.sin[scene, blocks.turn]
    x, y, z = (origin[:, None] - blocks.centre).unbind(2)
    place = torch.stack([cos * x - sin * z, y, sin * x + cos * z], dim=2)
    found = _boxes(blocks, place, [1 / _away(part) for part in turned])
    for shape, solve in ((CYLINDER, _cylinders), (ELLIPSOID, _ellipsoids)):
        at = (blocks.shape == shape).nonzero(as_tuple=True)
        if len(at[0]):
            turn = blocks.turn[at]
            ray = [turned[0][at[0], turn], turned[1][at[0], 0], turned[2][at[0], turn]]
            found[at] = solve(blocks.half[at][..., None], place[at][..., None], ray)
    return found


def nearest(blocks: Blocks, origin: Tensor, rays: Tensor) -> Hits:
    """The first thing that each ray (B, N, 3) from `origin` (B, 3) meets."""
    wall, side = _room(blocks.room, origin, rays)
    depth, block = distances(blocks, origin, rays).min(dim=1)
    free = depth >= wall
    depth, block = torch.where(free, wall, depth), torch.where(free, blocks.shape.shape[1] + side, block)
    return _describe(blocks, depth, block, origin[:, None] + depth[..., None] * rays)


def _boxes(blocks: Blocks, place: Tensor, inverse: list[Tensor]) -> Tensor:
    """Slabs: a box is met where the last entry into its three pairs of planes comes before the first exit.

    place: of the origin from the centres, (B, P, 3); inverse: of the rays, (B, U or 1, N) an axis.
    """
    scene = torch.arange(len(place))[:, None]
    enters, leaves = [], []
    for axis, values in enumerate(inverse):
        each = values if axis == 1 else values[scene, blocks.turn]
        front = (-place[..., axis] - blocks.half[..., axis])[..., None] * each
        back = (blocks.half[..., axis] - place[..., axis])[..., None] * each
        enters.append(torch.minimum(front, back))
        leaves.append(torch.maximum(front, back, out=back))
    enter = torch.maximum(torch.maximum(enters[0], enters[1], out=enters[0]), enters[2], out=enters[0])
    leave = torch.minimum(torch.minimum(leaves[0], leaves[1], out=leaves[0]), leaves[2], out=leaves[0])
    return enter.masked_fill_((enter >= leave).logical_or_(enter <= NEAR), torch.inf)


def _away(values: Tensor) -> Tensor:
    """No component of exactly zero, as its inverse would make infinity minus infinity."""
    return torch.where(values.abs() < 1e-9, torch.full((), 1e-9), values)


def _quadric(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """The smaller root of a t² + 2 b t + c, infinity where there is none."""
    under = b * b - a * c
    root = (-b - under.clamp(min=0).sqrt()) / a
    return torch.where(under > 0, root, torch.inf)


def _ellipsoids(half: Tensor, origin: Tensor, ray: list[Tensor]) -> Tensor:
    """half, origin: (K, 3, 1) of K ellipsoids; ray: three of (K, N). Scaled to a sphere of radius 1."""
    along = torch.stack(ray, dim=1) / half
    place = origin / half
    found = _quadric(along.square().sum(dim=1), (along * place).sum(dim=1), place.square().sum(dim=1) - 1)
    return torch.where(found > NEAR, found, torch.inf)


def _cylinders(half: Tensor, origin: Tensor, ray: list[Tensor]) -> Tensor:
    """Upright, with an ellipse as base: the nearer of the mantle, between the ends, and of the end that is faced."""
    (x, y, z), (dx, dy, dz) = (origin / half).unbind(1), (part / half[:, axis] for axis, part in enumerate(ray))
    mantle = _quadric(_away(dx * dx + dz * dz), dx * x + dz * z, x * x + z * z - 1)
    within = (y + mantle * dy).abs() <= 1
    best = torch.where(within & (mantle > NEAR), mantle, torch.inf)
    down = _away(dy)
    end = (-y - down.sign()) / down
    inside = (x + end * dx).square() + (z + end * dz).square() <= 1
    return torch.where(inside & (end > NEAR) & (end < best), end, best)


def _room(room: Tensor, origin: Tensor, rays: Tensor) -> tuple[Tensor, Tensor]:
    """Where the rays leave the room, and through which side: z = 0, x far, z far, x = 0, floor, ceiling."""
    rays = _away(rays)
    goal = torch.where(rays > 0, room[:, None], torch.zeros(()))
    far, axis = ((goal - origin[:, None]) / rays).min(dim=2)
    ahead = rays.gather(2, axis[..., None])[..., 0] > 0
    return far, SIDES[ahead.long(), axis]


def _describe(blocks: Blocks, depth: Tensor, block: Tensor, place: Tensor) -> Hits:
    """Axes, normals and sides, of the blocks that were hit alone. place: (B, N, 3) in the room."""
    count = blocks.shape.shape[1]
    inside, number, wall = block < count, block.clamp(max=count - 1), (block - count).clamp(min=0)
    scene = torch.arange(len(place))[:, None]
    centre, half, shape, turn = (
        part[scene, number] for part in (blocks.centre, blocks.half, blocks.shape, blocks.turn)
    )
    cos, sin = blocks.cos[scene, turn], blocks.sin[scene, turn]
    x, y, z = (place - centre).unbind(2)
    local = torch.stack([cos * x - sin * z, y, sin * x + cos * z], dim=2)
    outward, side = _outward(local / half, half, shape)
    nx, ny, nz = torch.nn.functional.normalize(outward, dim=2).unbind(2)
    normal = torch.stack([cos * nx + sin * nz, ny, cos * nz - sin * nx], dim=2)
    normal = torch.where(inside[..., None], normal, INWARD[wall])
    side = torch.where(inside, side, INWARD.abs().argmax(dim=1)[wall])
    return Hits(depth, block, torch.where(inside[..., None], local, place), normal, side)


def _outward(share: Tensor, half: Tensor, shape: Tensor) -> tuple[Tensor, Tensor]:
    """Normals (B, N, 3), of any length, and the axes across their textures, in the axes of blocks.

    share: the place on the surface in half sides, from -1 to 1.
    """
    axis = share.abs().argmax(dim=2)
    flat = torch.nn.functional.one_hot(axis, 3) * share.sign()
    bowed = share / half
    end = share[..., 1].abs() > 1 - 1e-4
    up = torch.tensor([0.0, 1.0, 0.0])
    normal = torch.where((shape == ELLIPSOID)[..., None], bowed, flat)
    tube = torch.where(end[..., None], up * share.sign(), bowed * (1 - up))
    cylinder = shape == CYLINDER
    return torch.where(cylinder[..., None], tube, normal), torch.where(cylinder, torch.where(end, 1, 2), axis)
