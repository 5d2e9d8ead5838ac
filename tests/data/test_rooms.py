"""The twin of NYU-v2: deterministic, exact against plain loops, and with what rooms have."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mtlcore import data
from mtlcore.data.nyuv2_files import CLASSES
from mtlcore.data.nyuv2_normals import Camera, centres, surface_normals
from mtlcore.data.twins import rooms
from mtlcore.data.twins.rooms.pieces import BOX, CYLINDER, ELLIPSOID
from mtlcore.data.twins.rooms.trace import Blocks, distances, nearest

SHAPES = (BOX, CYLINDER, ELLIPSOID)


@pytest.fixture(scope="module")
def drawn() -> data.Pictures:
    return data.load("nyuv2", source="twin", split="train", limit=16, size=32)


def test_form(drawn: data.Pictures) -> None:
    assert (drawn.name, drawn.source, len(drawn)) == ("nyuv2", "twin", 16)
    assert drawn.note == "twin of NYU-v2, procedural, seed 0"
    forms = {label: (tuple(values.shape), values.dtype) for label, values in drawn.labels.items()}
    assert forms == {
        "segmentation": ((16, 32, 32), torch.uint8),
        "depth": ((16, 32, 32), torch.float32),
        "normals": ((16, 3, 32, 32), torch.float16),
    }
    assert (drawn.images.shape, drawn.images.dtype) == ((16, 3, 32, 32), torch.uint8)
    assert drawn.classes["segmentation"] == CLASSES


def test_a_sample_does_not_depend_on_how_many_are_drawn(drawn: data.Pictures) -> None:
    few = data.load("nyuv2", source="twin", split="train", limit=5, size=32)
    assert torch.equal(few.images, drawn.images[:5])
    assert all(torch.equal(values, drawn.labels[label][:5]) for label, values in few.labels.items())


def test_seeds_and_splits_differ(drawn: data.Pictures) -> None:
    for split, seed in (("train", 1), ("val", 0), ("test", 0)):
        other = data.load("nyuv2", source="twin", split=split, limit=2, size=32, seed=seed)
        assert not torch.equal(other.images, drawn.images[:2])


def test_sizes_show_the_same_rooms(drawn: data.Pictures) -> None:
    """A pixel of 96 lies at the centre of each of 32."""
    large = data.load("nyuv2", source="twin", split="train", limit=4, size=96)
    assert torch.equal(large.labels["segmentation"][:, 1::3, 1::3], drawn.labels["segmentation"][:4])
    assert torch.allclose(large.labels["depth"][:, 1::3, 1::3], drawn.labels["depth"][:4], atol=1e-3)


def test_maps_are_sound(drawn: data.Pictures) -> None:
    depth, normals = drawn.labels["depth"], drawn.labels["normals"].float()
    assert depth.min() > 0.05
    assert depth.max() < 12
    assert (normals.norm(dim=1) - 1).abs().max() < 2e-3
    camera = Camera().scaled((32, 32))
    v, u = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
    ray = torch.stack([(u - camera.cx) / camera.fx, -(v - camera.cy) / camera.fy, -torch.ones(32, 32)])
    facing = -torch.einsum("bchw,chw->bhw", normals, ray)
    assert facing.min() > -2e-3, "what is seen faces the camera"


def test_normals_agree_with_planes_fitted_to_the_depth() -> None:
    """Two ways that know nothing of each other: the geometry of the twin, and the normals of the reader."""
    found = data.load("nyuv2", source="twin", split="test", limit=4, size=128)
    camera, at = Camera().scaled((128, 128)), centres(64, 128)
    errors = []
    for depth, normals in zip(found.labels["depth"], found.labels["normals"].float(), strict=True):
        apart = surface_normals(depth.numpy(), at, at, camera) - normals[:, at][:, :, at]
        errors.append(torch.rad2deg(2 * torch.asin((apart.norm(dim=0) / 2).clamp(max=1))))
    degrees = torch.stack(errors)
    # Exact inside of planes; a fit near an edge, of which rooms are full, is not.
    assert degrees.quantile(0.25) < 0.1
    assert degrees.median() < 3
    assert degrees.quantile(0.75) < 12


def test_floor_ceiling_and_walls_look_where_they_should(drawn: data.Pictures) -> None:
    up, labels = drawn.labels["normals"][:, 1].float(), drawn.labels["segmentation"]
    assert up[labels == CLASSES.index("floor")].min() > 0.5
    assert up[labels == CLASSES.index("ceiling")].max() < -0.5
    assert up[labels == CLASSES.index("wall")].abs().max() < 0.85


def test_every_class_appears() -> None:
    labels = {placed.block.label for number in range(400) for placed in rooms.scene("train", 0, number).placed}
    assert labels | {"wall", "floor", "ceiling"} == set(CLASSES)


def test_furniture_stays_in_the_room() -> None:
    for number in range(60):
        scene = rooms.scene("train", 0, number)
        for placed in scene.placed:
            for axis in (0, 2):
                assert -0.6 < placed.centre[axis] < scene.size[axis] + 0.6, placed
        assert ((scene.position > 0.2) & (scene.position < scene.size - 0.2)).all()


# Rays against plain loops.


def one_block(shape: int, centre: np.ndarray, half: np.ndarray, turn: float) -> Blocks:
    return Blocks(
        torch.tensor([[shape]]),
        torch.tensor(centre, dtype=torch.float32).view(1, 1, 3),
        torch.tensor(half, dtype=torch.float32).view(1, 1, 3),
        torch.zeros(1, 1, dtype=torch.int64),
        torch.tensor([[math.cos(turn)]]),
        torch.tensor([[math.sin(turn)]]),
        torch.tensor([[10.0, 3.0, 10.0]]),
    )


def inside(shape: int, local: np.ndarray, half: np.ndarray) -> np.ndarray:
    x, y, z = (local / half).T
    if shape == BOX:
        return (abs(x) < 1) & (abs(y) < 1) & (abs(z) < 1)
    if shape == CYLINDER:
        return (x * x + z * z < 1) & (abs(y) < 1)
    return x * x + y * y + z * z < 1


def marched(
    shape: int, centre: np.ndarray, half: np.ndarray, turn: float, origin: np.ndarray, ray: np.ndarray
) -> float:
    """The first of many points along the ray that is inside; infinity for none."""
    along = np.arange(0.06, 12, 0.002)
    x, y, z = (origin + along[:, None] * ray - centre).T
    cos, sin = math.cos(turn), math.sin(turn)
    hit = inside(shape, np.stack([cos * x - sin * z, y, sin * x + cos * z], axis=1), half)
    return float(along[hit.argmax()]) if hit.any() else math.inf


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_distances_are_those_of_marching(shape: int, seed: int) -> None:
    random = np.random.default_rng([shape, seed])
    centre, half = random.uniform([2, 0.5, 4], [6, 2, 8]), random.uniform(0.2, 1.0, 3)
    turn, origin = random.uniform(0, 6.3), np.array([4.0, 1.4, 0.5])
    aims = centre + random.uniform(-1.2, 1.2, (8, 3)) * half
    rays = aims - origin
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    blocks = one_block(shape, centre, half, turn)
    found = distances(blocks, torch.tensor(origin[None]).float(), torch.tensor(rays[None]).float())[0, 0]
    for distance, ray in zip(found.tolist(), rays, strict=True):
        expected = marched(shape, centre, half, turn, origin, ray)
        if math.isinf(distance) or math.isinf(expected):
            # A march of 2 mm steps may miss what is barely touched, but never finds what is not there.
            assert math.isinf(expected)
        else:
            assert distance == pytest.approx(expected, abs=0.01) or distance < expected < distance + 0.1


@pytest.mark.parametrize("shape", SHAPES)
def test_normals_are_the_gradient_of_the_distance(shape: int) -> None:
    """Three rays close together span the surface: their hits lie in the plane that the normal gives."""
    random = np.random.default_rng(shape)
    centre, half, turn = np.array([5.0, 1.2, 6.0]), np.array([0.8, 0.6, 0.5]), 0.7
    blocks, origin = one_block(shape, centre, half, turn), np.array([4.0, 1.9, 1.0])
    aims = centre + random.uniform(-0.4, 0.4, (40, 3))
    rays = aims - origin
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    turned = [rays, rays + np.array([1e-3, 0, 0]), rays + np.array([0, 1e-3, 0])]
    start = torch.tensor(origin[None]).float()
    hits = [nearest(blocks, start, torch.tensor(some[None]).float()) for some in turned]
    points = [
        start + hit.depth[0][:, None] * torch.tensor(some).float() for hit, some in zip(hits, turned, strict=True)
    ]
    spanned = torch.linalg.cross(points[1] - points[0], points[2] - points[0])
    cosine = torch.nn.functional.cosine_similarity(spanned, hits[0].normal[0], dim=1).abs()
    assert (hits[0].block == 0).float().mean() > 0.9
    # A few of the triples lie across an edge.
    assert (cosine > 0.999).float().mean() > 0.9


def test_an_empty_room_is_its_six_sides() -> None:
    blocks = one_block(BOX, np.full(3, 1e3), np.full(3, 1e-3), 0.0)
    rays = torch.tensor([[[0.0, 0, -1], [1, 0, 0], [0, 0, 1], [-1, 0, 0], [0, -1, 0], [0, 1, 0]]])
    hits = nearest(blocks, torch.tensor([[4.0, 1.0, 3.0]]), rays)
    assert hits.depth.tolist() == [[3.0, 6.0, 7.0, 4.0, 1.0, 2.0]]
    assert hits.block.tolist() == [[1, 2, 3, 4, 5, 6]]
    assert torch.equal(hits.normal, -rays)
