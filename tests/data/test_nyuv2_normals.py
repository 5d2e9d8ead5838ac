"""Surface normals: planes come back exactly, and through 8 bits nearly; edges stay edges."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mtlcore.data.nyuv2_normals import Camera, centres, surface_normals

SIZE = (120, 160)
CAMERA = Camera().scaled(SIZE)


def plane(normal: tuple[float, float, float], distance: float) -> np.ndarray:
    """Depth (H, W) of a plane with a normal in the axes of surface_normals, so far from the camera; 0 if behind it."""
    v, u = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float64)
    # Towards the camera: x to the right, y up, z backwards, while rays go forwards.
    ray = np.stack([(u - CAMERA.cx) / CAMERA.fx, -(v - CAMERA.cy) / CAMERA.fy, -np.ones(SIZE)])
    facing = -np.einsum("i,ihw->hw", np.array(normal), ray)
    return np.where(facing > 0.02, distance / np.maximum(facing, 0.02), 0)


def normals(depth: np.ndarray, size: int = 24) -> torch.Tensor:
    return surface_normals(depth, centres(size, SIZE[0]), centres(size, SIZE[1]), CAMERA)


def degrees(found: torch.Tensor, normal: tuple[float, float, float]) -> torch.Tensor:
    cosine = torch.einsum("ihw,i->hw", found.double(), torch.tensor(normal, dtype=torch.float64))
    return torch.rad2deg(torch.acos(cosine.clamp(-1, 1)))


def unit(x: float, y: float, z: float) -> tuple[float, float, float]:
    length = (x * x + y * y + z * z) ** 0.5
    return x / length, y / length, z / length


@settings(max_examples=10)
@given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(0.8, 4))
def test_a_plane_has_its_own_normal_everywhere(x: float, y: float, distance: float) -> None:
    normal = unit(x, y, 1)
    error = degrees(normals(plane(normal, distance)), normal)
    assert error.median() < 0.2
    assert error.max() < 1.5  # at the edges of the image, where neighbours are on one side only


@pytest.mark.parametrize(
    ("normal", "distance"), [((0.0, 1.0, 0.0), 1.4), ((1.0, 0.0, 0.0), 1.0), ((0.0, 0.0, 1.0), 3.0)]
)
def test_floor_wall_and_front(normal: tuple[float, float, float], distance: float) -> None:
    depth = plane(normal, distance)
    depth[depth > 6] = 0
    found = normals(depth)
    seen = found.norm(dim=0) > 0
    assert seen.float().mean() > 0.15
    assert degrees(found, normal)[seen].max() < 1


@pytest.mark.parametrize("normal", [unit(0, 0, 1), unit(0.3, 0, 1), unit(0.7, 0.3, 1), unit(0, 1, 0.3)])
def test_depth_of_8_bits_hardly_matters(normal: tuple[float, float, float]) -> None:
    """Steps of 4 cm, as the real copy has; a small window alone would be off by tens of degrees."""
    depth = plane(normal, 2.0)
    depth[depth > 9.9] = 0
    rough = np.round(depth * 255 / 10) * 10 / 255
    rough = (rough + np.roll(rough, 1, 0) + np.roll(rough, 1, 1) + np.roll(rough, (1, 1), (0, 1))) / 4
    inner = (slice(3, -3), slice(3, -3))
    error = degrees(normals(rough), normal)[inner][normals(depth).norm(dim=0)[inner] > 0]
    assert error.median() < 4
    small = depth_gradient_error(rough, normal)
    assert small > 3 * error.median()


def depth_gradient_error(depth: np.ndarray, normal: tuple[float, float, float]) -> float:
    """What the usual difference of neighbouring pixels gives, in degrees."""
    v, u = np.mgrid[: SIZE[0], : SIZE[1]]
    points = np.stack([(u - CAMERA.cx) / CAMERA.fx * depth, -(v - CAMERA.cy) / CAMERA.fy * depth, -depth])
    across, down = points[:, 1:-1, 2:] - points[:, 1:-1, :-2], points[:, 2:, 1:-1] - points[:, :-2, 1:-1]
    cross = np.cross(down, across, axis=0)
    cross /= np.linalg.norm(cross, axis=0) + 1e-12
    error = np.degrees(np.arccos(np.clip(np.einsum("i,ihw->hw", np.array(normal), cross), -1, 1)))
    return float(np.median(error[10:-10, 10:-10]))


def test_two_walls_keep_their_normals_up_to_the_edge() -> None:
    left, right = unit(0.8, 0, 1), unit(-0.8, 0, 1)
    depth = np.where(np.arange(SIZE[1]) < SIZE[1] // 2, plane(left, 2.0), plane(right, 2.0))
    found = normals(depth, 40)
    assert degrees(found[:, :, :18], left).max() < 6
    assert degrees(found[:, :, 22:], right).max() < 6


def test_a_thing_in_front_does_not_tilt_the_wall() -> None:
    wall = unit(0.2, 0, 1)
    depth = plane(wall, 3.0)
    depth[40:80, 60:100] = 1.5
    error = degrees(normals(depth, 40), wall)
    outside = torch.ones(40, 40, dtype=torch.bool)
    outside[12:28, 14:26] = False
    assert error[outside].max() < 3
    assert degrees(normals(depth, 40), (0.0, 0.0, 1.0))[16:24, 18:22].max() < 3


def test_unknown_depth_has_no_normal() -> None:
    depth = plane((0.0, 0.0, 1.0), 2.0)
    depth[:, :80] = 0
    found = normals(depth)
    assert (found[:, :, :12] == 0).all()
    assert degrees(found, (0.0, 0.0, 1.0))[:, 12:].max() < 0.5
    assert (normals(np.zeros(SIZE)) == 0).all()


def test_camera_scales_by_the_corner_of_the_image() -> None:
    camera = Camera().scaled((240, 320))
    assert (camera.fx, camera.fy) == (Camera().fx / 2, Camera().fy / 2)
    assert camera.cx + 0.5 == pytest.approx((Camera().cx + 0.5) / 2)
    square = Camera().scaled((64, 64))
    assert square.fx / square.fy == pytest.approx(0.75 * Camera().fx / Camera().fy)


@given(st.integers(1, 300), st.integers(1, 700))
def test_centres_are_inside_and_even(size: int, length: int) -> None:
    found = centres(size, length)
    assert found.min() >= 0
    assert found.max() < length
    assert size < 3 or np.ptp(np.diff(found)) <= 1
