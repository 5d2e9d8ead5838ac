"""The rendered twin: images are of their labels, the same to the bit however many are drawn, and of every type."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from mtlcore import data
from mtlcore.data import Pictures
from mtlcore.data.twins import vehiclex
from mtlcore.data.twins.vehicles import fleet
from mtlcore.data.twins.vehiclex.camera import look
from mtlcore.data.twins.vehiclex.garage import garage
from mtlcore.data.twins.vehiclex.paint import Shapes, blank, edges_of, paint
from mtlcore.data.vehiclex_labels import CLASSES, COLOURS, TYPES


@pytest.fixture(scope="module")
def drawn() -> Pictures:
    return data.load("vehiclex", source="twin", split="train", limit=600, size=32)


# --- what is drawn ---


def test_form(drawn: Pictures) -> None:
    assert (drawn.images.shape, drawn.images.dtype) == ((600, 3, 32, 32), torch.uint8)
    assert (drawn.source, drawn.note) == ("twin", "twin of VehicleX images, procedural, seed 0")
    assert drawn.classes == CLASSES
    assert len(drawn.labels) == 9
    for label, values in drawn.labels.items():
        assert (values.shape, values.dtype) == ((600,), torch.int64 if label in CLASSES else torch.float32)
    flat = drawn.images.flatten(1).float()
    assert flat.std(dim=1).min() > 8  # no image is empty
    assert len(torch.unique(drawn.images.flatten(1), dim=0)) == 600


def test_labels_and_names_are_those_of_the_features(drawn: Pictures) -> None:
    features = data.load("vehiclex-features", source="twin", split="train", limit=600)
    assert drawn.names == features.names
    assert all(torch.equal(values, drawn.labels[label]) for label, values in features.labels.items())


@pytest.mark.parametrize("count", [1, 127, 129, 513])
def test_an_image_does_not_depend_on_how_many_are_drawn(drawn: Pictures, count: int) -> None:
    vehiclex._chunk.cache_clear()
    fewer = data.load("vehiclex", source="twin", split="train", limit=count, size=32)
    assert torch.equal(fewer.images, drawn.images[:count])


def test_seeds_splits_and_sizes_differ(drawn: Pictures) -> None:
    for split, seed in (("test", 0), ("train", 1)):
        other = data.load("vehiclex", source="twin", split=split, limit=5, seed=seed, size=32)
        assert not bool((other.images == drawn.images[:5]).flatten(1).all(dim=1).any())


@pytest.mark.parametrize("size", [8, 33, 100, 150])
def test_any_size_shows_the_same(drawn: Pictures, size: int) -> None:
    """Brought to 8 pixels, images of all sizes are nearly alike."""

    def small(images: Tensor) -> Tensor:
        return torch.nn.functional.interpolate(images.float(), size=(8, 8), mode="area")

    other = data.load("vehiclex", source="twin", split="train", limit=16, size=size)
    assert other.images.shape == (16, 3, size, size)
    assert (small(other.images) - small(drawn.images[:16])).abs().mean() < 8


def test_global_random_state_is_untouched() -> None:
    before = torch.get_rng_state()
    vehiclex.draw(split="val", count=2, seed=5, size=16)
    assert torch.equal(before, torch.get_rng_state())


def test_what_is_written_to_images_stays_there(drawn: Pictures) -> None:
    first = data.load("vehiclex", source="twin", split="train", limit=3, size=32)
    first.images[:] = 0
    assert torch.equal(data.load("vehiclex", source="twin", split="train", limit=3, size=32).images, drawn.images[:3])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_draws_the_same(drawn: Pictures) -> None:
    images, _, _ = vehiclex.draw(split="train", count=200, seed=0, size=32, device="cuda")
    assert (images.cpu().int() - drawn.images[:200].int()).abs().float().mean() < 0.05


# --- each label is seen ---


def paired(**changed: Tensor) -> tuple[Tensor, Tensor]:
    """Images of 24 vehicles, and with one label changed; all else is the same."""
    vehicle = torch.arange(0, 1362, 57)[:24]
    labels = {"vehicle": vehicle, "camera": vehicle % 20, "orientation": (vehicle * 37 % 360).float()}
    return vehiclex.views(labels, seed=0, size=48), vehiclex.views(labels | changed, seed=0, size=48)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        *(("camera", 3), ("orientation", 200.0), ("light_intensity", 3.0), ("light_direction", 130.0)),
        *(("camera_height", 5.0), ("camera_distance", 12.0)),
    ],
)
def test_every_condition_shows(label: str, value: float) -> None:
    before, after = paired(**{label: torch.full((24,), value)})
    changed = (before.int() - after.int()).abs().float().mean(dim=(1, 2, 3))
    assert changed.median() > 3


def test_more_light_is_brighter() -> None:
    dim, bright = (paired(light_intensity=torch.full((24,), value))[1].float().mean() for value in (1.0, 3.0))
    assert bright > 1.3 * dim


def test_individuals_of_a_body_and_colour_differ() -> None:
    """From the same side under the same light: the details are a vehicle's own, and the same in each image of it."""
    known = fleet(0)
    groups: dict[tuple[int, int], list[int]] = {}
    for number, key in enumerate(zip(known.body.tolist(), known.colour.tolist(), strict=True)):
        groups.setdefault(key, []).append(number)
    pairs = torch.tensor([group[:2] for group in groups.values() if len(group) > 1][:40])
    labels = {"camera": torch.zeros(len(pairs), dtype=torch.int64)}
    # One place on the street for all, or the background would tell them apart.
    shown = [_in_one_place(pairs[:, i], labels) for i in range(2)]
    differing = (shown[0].int() - shown[1].int()).abs().amax(dim=1) > 24
    assert differing.flatten(1).any(dim=1).all()
    assert differing.float().mean() < 0.25


def _in_one_place(vehicle: Tensor, labels: dict[str, Tensor]) -> Tensor:
    cars, street = vehiclex._stage(0, 16, "cpu")
    whole = {label: torch.full(vehicle.shape, usual) for label, usual in vehiclex.USUAL.items()}
    return vehiclex._render(cars, street, whole | labels | {"vehicle": vehicle}, torch.full((len(vehicle), 6), 0.5), 96)


def test_colours_of_paint_are_told_by_name() -> None:
    """Mean paint of a colour is nearest to that of its own name."""
    known, cars = fleet(0), garage(0)
    means = torch.stack(
        [cars.paint[torch.from_numpy(known.colour == colour)].mean(dim=0) for colour in range(len(COLOURS))]
    )
    named = torch.cdist(cars.paint, means).argmin(dim=1).numpy()
    assert (named == known.colour).mean() > 0.97


def test_types_differ_in_form() -> None:
    """Measures tell long from short and high from low, as the names say."""
    known, extent = fleet(0), garage(0).extent
    mean = {kind: extent[torch.from_numpy(known.type == number)].mean(dim=0) for number, kind in enumerate(TYPES)}
    length, height = ({kind: float(values[i]) for kind, values in mean.items()} for i in (0, 2))
    assert max(length, key=length.__getitem__) == "bus"
    assert min(length, key=length.__getitem__) == "hatchback"
    assert min(height, key=height.__getitem__) == "sportscar"
    assert min(height[kind] for kind in ("bus", "truck", "RV")) > height["van"] > height["suv"] > height["sedan"]


def test_type_is_learnt_from_shape() -> None:
    """A linear classifier on small grey images of unseen vehicles from one side is far better than chance."""
    known = fleet(0)
    kinds = [np.flatnonzero(known.type == kind)[:24] for kind in range(len(TYPES))]
    vehicle = torch.from_numpy(np.concatenate(kinds))
    target = torch.from_numpy(known.type)[vehicle]
    labels = {"vehicle": vehicle, "orientation": torch.full(vehicle.shape, 290.0)}
    grey = vehiclex.views(labels, seed=0, size=24).float().mean(dim=1).flatten(1)
    grey = (grey - grey.mean(dim=1, keepdim=True)) / grey.std(dim=1, keepdim=True)
    train = torch.arange(len(vehicle)) % 4 > 0
    gram = grey[train] @ grey[train].T + 300 * torch.eye(int(train.sum()))
    weights = torch.linalg.solve(gram, torch.nn.functional.one_hot(target[train], len(TYPES)).float())
    found = (grey[~train] @ grey[train].T @ weights).argmax(dim=1)
    assert (found == target[~train]).float().mean() > 0.4


def test_sheet_has_a_row_a_type() -> None:
    images, rows = vehiclex.sheet(columns=4, size=32)
    assert (images.shape, rows) == ((11, 4, 3, 32, 32), TYPES)
    assert images.float().flatten(2).std(dim=2).min() > 8


# --- geometry and painting, against plain ones ---


@pytest.mark.parametrize("size", [32, 64])
def test_the_whole_vehicle_is_in_the_picture(size: int) -> None:
    cars = garage(0)
    vehicle = torch.arange(0, 1362, 7)
    random = torch.Generator().manual_seed(0)
    count = len(vehicle)
    labels = {
        "orientation": 360 * torch.rand(count, generator=random),
        "camera_height": 0.5 + 7 * torch.rand(count, generator=random),
        "camera_distance": 15 * torch.rand(count, generator=random),
    }
    view = look(labels, cars.extent[vehicle], torch.rand(count, 3, generator=random), size)
    there = (cars.alpha[vehicle] > 0)[:, :, None, None]
    points = view.pixels(cars.corners[vehicle].flatten(1, 2)).view(count, -1, 8, 2)
    points = torch.where(there, points, torch.tensor(size / 2))
    assert -0.06 * size < points.min() < points.max() < 1.06 * size  # mirrors stand out a little


def test_a_camera_sees_its_own_place_at_no_distance() -> None:
    """The camera's axes are at right angles, and the middle of the vehicle is straight ahead, a little up or down."""
    labels = {"orientation": torch.tensor([0.0, 77.0, 250.0])}
    labels |= {"camera_height": torch.tensor([1.0, 3.0, 6.0]), "camera_distance": torch.tensor([5.0, 8.0, 14.0])}
    view = look(labels, torch.tensor([[2.2, 0.9, 1.5]]).expand(3, 3), torch.full((3, 3), 0.5), 64)
    eye = torch.eye(3).expand(3, 3, 3)
    torch.testing.assert_close(view.turn @ view.turn.mT, eye, atol=1e-6, rtol=0)
    target = torch.tensor([[0.0, 0.0, 0.42 * 1.5]]).expand(3, 3)
    seen = torch.einsum("bij,bj->bi", view.turn, target - view.eye)
    torch.testing.assert_close(seen[:, :2], torch.zeros(3, 2), atol=1e-5, rtol=0)
    torch.testing.assert_close(view.eye[:, 2], labels["camera_height"])


def test_orientation_0_faces_the_camera_and_90_shows_the_right_side() -> None:
    labels = {"orientation": torch.tensor([0.0, 90.0, 180.0])}
    labels |= {"camera_height": torch.full((3,), 2.0), "camera_distance": torch.full((3,), 8.0)}
    eye = look(labels, torch.tensor([[2.2, 0.9, 1.5]]).expand(3, 3), torch.full((3, 3), 0.5), 64).eye
    assert eye[0, 0] > 8
    assert eye[1, 1] < -8  # y is to the left
    assert eye[2, 0] < -8


def test_normals_point_outwards() -> None:
    """Of the hull of every vehicle: away from its middle."""
    cars = garage(0)
    body = (cars.level == 0) & (cars.alpha > 0)
    middle = cars.corners.mean(dim=2) - torch.stack(
        [torch.zeros(1362), torch.zeros(1362), 0.4 * cars.extent[:, 2]], dim=1
    )[:, None].clamp(max=0.7)
    sides = body & (cars.normal[..., 1].abs() > 0.99)
    outward = (cars.normal * middle).sum(dim=2)
    assert int(sides.sum()) > 1362
    assert bool((outward[sides] > 0).all())


@pytest.mark.parametrize("tile", [4, 8])
def test_painting_is_as_by_a_loop_over_pixels(tile: int) -> None:
    """Coverage is the least distance to an edge, clamped; later ranks lie above earlier ones."""
    random = torch.Generator().manual_seed(1)
    size, images, ranks = 24, 3, 5
    angles = torch.tensor([0.0, -1.4, -2.6, -4.1])  # counterclockwise as seen: against y down
    centres = size * torch.rand(images * ranks, 1, 2, generator=random)
    reach = 2 + 9 * torch.rand(images * ranks, 1, 1, generator=random)
    points = centres + reach * torch.stack([angles.cos(), angles.sin()], dim=1)
    edges = edges_of(points)
    box = torch.cat([points.amin(dim=1) - 1, points.amax(dim=1) + 1], dim=1)
    colour = torch.rand(images * ranks, 3, generator=random)
    slope = torch.tensor([[1.0, 0.01, -0.02]]).expand(images * ranks, 3)
    alpha = 0.3 + 0.7 * torch.rand(images * ranks, generator=random)
    rank, image = torch.arange(ranks).repeat_interleave(images), torch.arange(images).repeat(ranks)
    start = torch.rand(images, 3, size, size, generator=random)
    canvas = blank(start, tile)
    paint(canvas, Shapes(edges, box, colour, slope, alpha, image, rank), 0.2)
    expected = start.clone()
    grid = torch.arange(size) + 0.5
    x, y = grid[None, :], grid[:, None]
    for i in range(images * ranks):
        distance = torch.stack([c + a * x + b * y for c, a, b in edges[i].tolist()]).amin(dim=0)
        cover = (distance + 0.7).clamp(0, 1) * alpha[i]
        paint_ = colour[i, :, None, None] * (1 + 0.01 * x - 0.02 * y)
        expected[image[i]] = expected[image[i]] * (1 - cover) + paint_ * cover
    torch.testing.assert_close(canvas.images(), expected, atol=1e-5, rtol=0)


def test_edges_measure_distances_in_pixels() -> None:
    square = torch.tensor([[[2.0, 2.0], [2.0, 6.0], [8.0, 6.0], [8.0, 2.0], [8.0, 2.0]]])  # the last corner twice
    distance = edges_of(square) @ torch.tensor([1.0, 5.0, 3.0])
    assert sorted(distance[0].tolist())[:4] == pytest.approx([1, 3, 3, 3])
    assert distance.max() > 100
