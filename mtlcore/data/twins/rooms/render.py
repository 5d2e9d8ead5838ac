"""Several rooms at once, seen through the same camera: colours, classes, depth and normals."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mtlcore.data import seeding
from mtlcore.data.nyuv2_normals import Camera
from mtlcore.data.twins.rooms import shading
from mtlcore.data.twins.rooms.scene import Scene
from mtlcore.data.twins.rooms.trace import Blocks, Hits, distances, nearest

RAYS = 4096  # cast at a time, so that what is between stays in the processor's cache
GRAIN = 2.5  # levels of 255


def render(
    scenes: list[Scene], arrays: list[dict[str, np.ndarray]], camera: Camera, words: tuple[int, ...]
) -> dict[str, Tensor]:
    """Cast all scenes through one camera; words: of the random stream of the grain.

    Maps are those of the ray through the centre of each pixel. Its colour is half that of this ray and half the mean
    of the rays through its four corners, which neighbours share, so that edges and textures are smooth.
    Returns images (B, 3, S, S) uint8, segmentation uint8, depth float32, normals float16.
    """
    size = camera.size[0]
    blocks, looks, axes = _blocks(scenes, arrays, camera)
    centre, corner = (_rays(camera, axes, offset) for offset in (0.0, 0.5))
    colours, hits = _cast(scenes, blocks, looks, centre)
    edges, _ = _cast(scenes, blocks, looks, corner)
    light = colours.view(-1, size, size, 3).permute(0, 3, 1, 2)
    between = torch.nn.functional.avg_pool2d(edges.view(-1, size + 1, size + 1, 3).permute(0, 3, 1, 2), 2, stride=1)
    image = (light + between) / 2
    grain = GRAIN * torch.randn(image.shape, generator=seeding.generator(*words))
    exposure = 0.3 / image.mean(dim=(1, 2, 3)).clamp(min=1e-3).pow(0.6)
    normals = torch.einsum("bij,bnj->bin", axes, hits.normal).view(-1, 3, size, size)
    label = looks["label"].gather(1, hits.block)
    return {
        "images": shading.develop(image, exposure, grain),
        "segmentation": label.view(-1, size, size).to(torch.uint8),
        "depth": hits.depth.view(-1, size, size),
        "normals": normals.to(torch.float16),
    }


def _blocks(
    scenes: list[Scene], arrays: list[dict[str, np.ndarray]], camera: Camera
) -> tuple[Blocks, dict[str, Tensor], Tensor]:
    """Blocks in view of all scenes, padded with blocks of no size; how they look, by number; the cameras' axes.

    Axes, (B, 3, 3), are those of nyuv2_normals: right, up and backwards, in the room's.
    """
    axes = torch.from_numpy(np.stack([_axes(scene.angles) for scene in scenes])).float()
    origin = torch.from_numpy(np.stack([scene.position for scene in scenes])).float()
    seen = [_in_view(array, axes[i], origin[i], camera) for i, array in enumerate(arrays)]
    most = max(max(len(kept) for kept in seen), 1)

    def gather(name: str, tail: int = 0) -> Tensor:
        rows = []
        for kept, array in zip(seen, arrays, strict=True):
            values = torch.from_numpy(array[name])
            empty = values.new_zeros(most - len(kept), *values.shape[1:])
            rows.append(torch.cat([values[kept], empty, values[len(values) - tail :]]))
        return torch.stack(rows)

    half, centre, angles = gather("half"), gather("centre"), gather("turn")
    half[half == 0] = 1e-3
    centre[torch.arange(most) >= torch.tensor([len(kept) for kept in seen])[:, None]] = 1e3  # padding, out of the way
    turns = [values.unique(return_inverse=True) for values in angles]
    wide = max(len(values) for values, _ in turns)
    table = torch.stack([torch.nn.functional.pad(values, (0, wide - len(values))) for values, _ in turns])
    turn = torch.stack([index for _, index in turns])
    room = torch.from_numpy(np.stack([scene.size for scene in scenes])).float()
    looks = {name: gather(name, 6) for name in ("label", "texture", "colour", "second", "scale")}
    looks["half"] = torch.cat([half, (room / 2)[:, None].expand(-1, 6, -1)], dim=1)
    return Blocks(gather("shape"), centre, half, turn, table.cos(), table.sin(), room), looks, axes


def _axes(angles: np.ndarray) -> np.ndarray:
    """Right, up and backwards of a camera that is turned, tilted down and rolled; rows in the room's axes."""
    yaw, pitch, roll = angles
    forward = np.array([np.sin(yaw) * np.cos(pitch), -np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    right = np.cross(forward, [0, 1, 0])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    return np.stack([np.cos(roll) * right + np.sin(roll) * up, np.cos(roll) * up - np.sin(roll) * right, -forward])


def _in_view(array: dict[str, np.ndarray], axes: Tensor, origin: Tensor, camera: Camera) -> Tensor:
    """Numbers of the blocks whose surrounding sphere reaches into the pyramid that the camera sees."""
    centre, radius = torch.from_numpy(array["centre"]), torch.from_numpy(array["half"]).norm(dim=1)
    right, up, back = ((centre - origin) @ axes.T).unbind(1)
    ahead, (height, width) = -back, camera.size
    inside = ahead > -radius
    for across, low, high, focal in (
        (right, -0.5 - camera.cx, width - 0.5 - camera.cx, camera.fx),
        (-up, -0.5 - camera.cy, height - 0.5 - camera.cy, camera.fy),
    ):
        for edge, sign in ((low / focal, 1), (high / focal, -1)):
            inside &= sign * (across - edge * ahead) / (1 + edge**2) ** 0.5 > -radius
    return inside.nonzero()[:, 0]


def _rays(camera: Camera, axes: Tensor, offset: float) -> Tensor:
    """Directions (B, N, 3) in the room's axes through the centres of all pixels, or through their corners at 0.5."""
    extra = 1 if offset else 0
    rows, columns = (torch.arange(side + extra) - offset for side in camera.size)
    v, u = torch.meshgrid((rows - camera.cy) / camera.fy, (columns - camera.cx) / camera.fx, indexing="ij")
    local = torch.stack([u, -v, -torch.ones_like(u)], dim=2).view(-1, 3)
    return local @ axes


def _cast(scenes: list[Scene], blocks: Blocks, looks: dict[str, Tensor], rays: Tensor) -> tuple[Tensor, Hits]:
    """Linear colours (B, N, 3) and hits of all rays (B, N, 3)."""
    origin = torch.from_numpy(np.stack([scene.position for scene in scenes])).float()
    colours, parts = [], []
    for some in rays.split(max(RAYS // len(scenes), 1), dim=1):
        hits = nearest(blocks, origin, some)
        colours.append(_lit(scenes, blocks, looks, origin[:, None] + hits.depth[..., None] * some, hits))
        parts.append(hits)
    fields = ("depth", "block", "local", "normal", "side")
    return torch.cat(colours, dim=1), Hits(
        *(torch.cat([getattr(part, name) for part in parts], dim=1) for name in fields)
    )


def _lit(scenes: list[Scene], blocks: Blocks, looks: dict[str, Tensor], place: Tensor, hits: Hits) -> Tensor:
    """Colour times light: ambient, darker in corners, a bulb that throws shadows, and the sun of the window side."""
    number = hits.block
    scene = torch.arange(len(scenes))[:, None]
    texture, half, scale = (looks[name][scene, number] for name in ("texture", "half", "scale"))
    second = shading.mix(texture, hits.local, hits.side, half, scale, number * 17 + scene)[..., None]
    colour = torch.lerp(looks["colour"][scene, number], looks["second"][scene, number], second)
    bulb, sun, strength, tint = (
        torch.from_numpy(np.stack([getattr(each, name) for each in scenes])).float()[:, None]
        for name in ("bulb", "sun", "light", "tint")
    )
    towards = bulb - place
    reach = towards.norm(dim=2, keepdim=True).clamp(min=0.1)
    facing = (hits.normal * towards / reach).sum(dim=2).clamp(min=0)
    start = place + 2e-3 * hits.normal
    # Rays that begin at the bulb: what is nearer than the place itself throws a shadow on it.
    nearer = distances(blocks, bulb[:, 0], start - bulb).amin(dim=1)
    shadow = torch.where(nearer < 0.995, 0.25, 1.0)
    light = strength[..., 0] * shading.corners(place, blocks.room)
    light = light + strength[..., 1] * facing * shadow * (2.6 / (0.8 + reach[..., 0].square()))
    light = light + strength[..., 2] * (hits.normal * sun).sum(dim=2).clamp(min=0)
    light = torch.maximum(light, shading.SHINE[texture])
    return colour.square() * 1.1 * light[..., None] * tint
