"""Sunlight, sky and mirrored surroundings: the colour of a flat face from its normal, its paint and where one looks."""

from __future__ import annotations

import torch
from torch import Tensor

SKY, GROUND = (0.72, 0.83, 0.98), (0.30, 0.29, 0.28)


def sun(direction: Tensor, bearing: Tensor) -> Tensor:
    """Where the sun is, (B, 3), of length 1 in the world.

    direction: (B,) degrees on its way from one side (0) over the top (90) to the other (180). bearing: (B,) radians,
    from where the camera looks on that way.
    """
    angle = torch.deg2rad(direction)
    east, north, up = angle.cos(), torch.full_like(angle, 0.5), 0.75 * angle.sin().clamp(min=0.2)
    cos, sin = bearing.cos(), bearing.sin()
    return torch.nn.functional.normalize(torch.stack([east * cos - north * sin, east * sin + north * cos, up], dim=1))


def strength(intensity: Tensor) -> tuple[Tensor, Tensor]:
    """Light of the sky and of the sun for a labelled intensity, (B,) each; a camera's exposure evens some of it out."""
    return 0.30 + 0.10 * intensity, 0.42 * intensity.clamp(min=0).pow(0.75)


def shade(colour: Tensor, material: Tensor, normal: Tensor, seen: Tensor, sunward: Tensor, intensity: Tensor) -> Tensor:
    """Colours of faces, (B, n, 3).

    colour, normal: (B, n, 3); material: (B, n, 3), diffuse, mirror and glow; seen: (B, n, 3), from the face to the
    eye, of length 1; sunward: (B, 3); all in one frame. intensity: (B,).
    """
    sky, sunny = strength(intensity)
    upward = normal[..., 2]
    lit = torch.einsum("bnc,bc->bn", normal, sunward).clamp(min=0)
    light = sky[:, None] * (0.8 + 0.3 * upward) + sunny[:, None] * lit
    facing = (normal * seen).sum(dim=2).clamp(0, 1)
    mirrored = 2 * facing[..., None] * normal - seen
    fresnel = 0.22 + 0.78 * (1 - facing).pow(3)
    glint = torch.einsum("bnc,bc->bn", mirrored, sunward).clamp(min=0).pow(20) * sunny[:, None]
    up = (0.5 + 2.5 * mirrored[..., 2]).clamp(0, 1)[..., None]
    around = up * colour.new_tensor(SKY) + (1 - up) * colour.new_tensor(GROUND)
    around = around * (0.45 + 0.3 * intensity.clamp(max=2.2))[:, None, None]
    diffuse, mirror, glow = material.split(1, dim=2)
    shine = fresnel[..., None] * around + 1.2 * glint[..., None]
    return colour * (diffuse * light[..., None] + glow) + mirror * shine


def exposed(colour: Tensor) -> Tensor:
    """Colours as a camera keeps them: what is very bright is held back."""
    return colour / (0.82 + 0.3 * colour)
