"""The twins of CIFAR: the same for a seed, whatever is asked for, with figures that are what the tables say."""

from __future__ import annotations

import pytest
import torch

from mtlcore import data
from mtlcore.data.cifar import CIFAR10, FINE
from mtlcore.data.twins import scenes
from mtlcore.data.twins.scenes import canvas, shapes
from mtlcore.data.twins.scenes.drawing import COLOURS, figure, parse
from mtlcore.data.twins.scenes.tables import Tables

NAMES = list(scenes.SCENES)


@pytest.fixture(scope="module")
def drawn() -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    return {name: scenes.draw(name, split="train", count=1000, seed=0) for name in NAMES}


def test_classes_are_those_published() -> None:
    assert tuple(scenes.SCENES["cifar10"].figures) == CIFAR10.classes
    assert tuple(scenes.SCENES["cifar100"].figures) == FINE


@pytest.mark.parametrize("name", NAMES)
def test_an_image_does_not_depend_on_how_many_are_drawn(name: str, drawn: dict) -> None:
    images, labels = drawn[name]
    for count in (1, 499, 501):
        fewer, fewer_labels = scenes.draw(name, split="train", count=count, seed=0)
        assert torch.equal(fewer, images[:count])
        assert torch.equal(fewer_labels, labels[:count])


@pytest.mark.parametrize(("name", "classes"), [("cifar10", 10), ("cifar100", 100)])
def test_form_and_balance(name: str, classes: int, drawn: dict) -> None:
    images, labels = drawn[name]
    assert (images.shape, images.dtype) == ((1000, 3, 32, 32), torch.uint8)
    assert (labels.shape, labels.dtype) == ((1000,), torch.int64)
    assert bool((labels.view(-1, classes).sort(dim=1).values == torch.arange(classes)).all())
    assert len(images.flatten(1).unique(dim=0)) == 1000


@pytest.mark.parametrize("name", NAMES)
def test_seeds_and_splits_differ(name: str, drawn: dict) -> None:
    for split, seed in (("test", 0), ("train", 1)):
        other, _ = scenes.draw(name, split=split, count=20, seed=seed)
        assert not bool((other == drawn[name][0][:20]).flatten(1).all(dim=1).any())


def test_global_random_state_is_untouched() -> None:
    before = torch.get_rng_state()
    scenes.draw("cifar10", split="test", count=10, seed=5)
    assert torch.equal(before, torch.get_rng_state())


def test_harder_is_harder() -> None:
    """The nearest class mean is right far more often than by chance where little varies, and less where much does."""

    def right(difficulty: float) -> float:
        images, labels = scenes.draw("cifar10", split="train", count=1000, seed=2, difficulty=difficulty)
        flat = images.flatten(1).float()
        means = torch.stack([flat[:700][labels[:700] == label].mean(dim=0) for label in range(10)])
        return (torch.cdist(flat[700:], means).argmin(dim=1) == labels[700:]).double().mean().item()

    easy = right(0.2)
    assert easy > 0.3
    assert easy > right(2.0) + 0.05


@pytest.mark.parametrize("name", NAMES)
def test_loading_a_twin(name: str, drawn: dict, empty_root: object) -> None:
    found = data.load(name, split="train", limit=25)
    assert (found.source, found.note) == ("twin", f"twin of {data.SETS[name].title}, procedural, seed 0")
    assert torch.equal(found.images, drawn[name][0][:25])
    assert len(found.classes) == len(scenes.SCENES[name].figures)


def test_pictures_do_not_depend_on_the_company_at_no_difficulty() -> None:
    """With nothing varying, a figure is drawn alike whatever is drawn beside it."""
    one = figure("plain", "coat=red", "oval coat 0 0 30 30")
    other = figure("plain", "", "poly blue -30 -30 30 -30 30 30 -30 30; limb white -20 0 20 0 5 5")
    tables = Tables.of([one, other], list(canvas.GROUNDS))
    pictures = canvas.paint(tables, torch.tensor([0, 1, 0, 1]), torch.Generator().manual_seed(0), 0.0)
    red, blue = (torch.tensor(COLOURS[name]) / 255 for name in ("red", "blue"))
    for picture, centre in zip(pictures, (red, torch.tensor(COLOURS["white"]) / 255, red, None), strict=True):
        if centre is not None:
            assert (picture[:, 15:17, 15:17].mean(dim=(1, 2)) / centre - 1).abs().max() < 0.25
    assert (pictures[1][:, 8, 16] / blue - 1).abs().max() < 0.6


def _grid() -> tuple[torch.Tensor, torch.Tensor]:
    axis = torch.linspace(-50, 50, 101)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return x.reshape(1, -1), y.reshape(1, -1)


def test_a_circle_is_one() -> None:
    x, y = _grid()
    inside, depth = shapes.oval(x, y, torch.tensor([[5.0, -3.0, 20.0, 20.0]]), torch.zeros(1))
    torch.testing.assert_close(inside, 20 - ((x - 5).square() + (y + 3).square()).sqrt(), atol=1e-3, rtol=0)
    assert depth.min() == -1
    assert depth.max() == 1


def test_a_turned_oval_is_turned_clockwise() -> None:
    x, y = torch.tensor([[20.0, 20.0]]), torch.tensor([[20.0, -20.0]])
    inside, _ = shapes.oval(x, y, torch.tensor([[0.0, 0.0, 40.0, 5.0]]), torch.tensor([torch.pi / 4]))
    assert inside[0, 0] > 0 > inside[0, 1]


def test_a_limb_is_a_capsule() -> None:
    x, y = _grid()
    inside, _ = shapes.limb(x, y, torch.tensor([[-20.0, 0.0, 20.0, 0.0, 6.0, 6.0]]))
    expected = 6 - ((x.abs() - 20).clamp(min=0).square() + y.square()).sqrt()
    torch.testing.assert_close(inside, expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_polygon_has_its_corners_either_way_round(reverse: bool) -> None:
    from matplotlib.path import Path

    corners = [(-30.0, -20.0), (25.0, -28.0), (35.0, 15.0), (-10.0, 30.0)]
    order = corners[::-1] if reverse else corners
    points = torch.tensor([order + order])  # twice round: edges may come again
    following = torch.tensor([(order * 2)[1:] + order[:1]])
    x, y = _grid()
    inside, _ = shapes.polygon(x, y, points, following)
    expected = Path(corners).contains_points(torch.cat([x, y]).T.numpy())
    clear = inside[0].abs() > 0.1
    assert ((inside[0] > 0) == torch.from_numpy(expected))[clear].all()


def test_drawings_are_parsed() -> None:
    first, second = parse("oval coat*0.5#spots 1 2 3 4 90; limb red 0 0 1 1 2 2;", {"coat": ("red",)})
    assert (first.kind, first.colour, first.tone, first.pattern) == ("oval", "coat", 0.5, "spots")
    assert first.numbers == (1, 2, 3, 4, 90)
    assert (second.colour, second.tone, second.pattern) == ("red", 1.0, "plain")
    assert parse("oval coat#spots*0.5*0.5 0 0 1 1", {"coat": ("red",)})[0].tone == 0.25


@pytest.mark.parametrize(
    "text", ["circle red 0 0 1 1", "oval red 0 0 1", "oval mauve 0 0 1 1", "oval red#dots 0 0 1 1", "poly red 0 0 1 1"]
)
def test_wrong_drawings_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="red|mauve"):
        parse(text, {})
    with pytest.raises(ValueError, match="no colour is called 'mauve'"):
        figure("plain", "coat=mauve", "oval coat 0 0 1 1")


def test_every_polygon_is_convex_and_small_enough() -> None:
    """A polygon that is not convex would be drawn as another one."""
    for twin in scenes.SCENES.values():
        for name, shown in twin.figures.items():
            assert set(shown.grounds) <= set(canvas.GROUNDS)
            for part in (part for drawing in shown.drawings for part in drawing if part.kind == "poly"):
                corners = torch.tensor(part.numbers).view(-1, 2)
                edges = corners.roll(-1, 0) - corners
                turns = edges[:, 0] * edges.roll(-1, 0)[:, 1] - edges[:, 1] * edges.roll(-1, 0)[:, 0]
                assert bool((turns >= 0).all() or (turns <= 0).all()), (name, part)
                assert len(corners) <= 8
