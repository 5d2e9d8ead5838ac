"""CelebAMask-HQ: small folders in the published format, and the drawn faces that stand in for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mtlcore import data
from mtlcore.data import DataError, celebamask
from mtlcore.data.celebamask_files import PARTS, merge
from mtlcore.data.check import check
from mtlcore.data.twins import faces
from mtlcore.data.twins.faces import people

SIDE = 32  # of the images; masks are half as large, as in the original
NAMES = ("5_o_Clock_Shadow", "Male", "Young", "Smiling", "Wearing_Hat")


def _part(shape: tuple[int, int, int, int]) -> np.ndarray:
    """White in rows top to bottom and columns left to right of the 16x16 mask."""
    mask = np.zeros((16, 16, 3), dtype=np.uint8)
    mask[shape[0] : shape[1], shape[2] : shape[3]] = 255
    return mask


DRAWN = {
    "skin": (4, 14, 4, 12),
    "nose": (8, 10, 7, 9),
    "hair": (0, 6, 2, 14),
    "hat": (0, 2, 2, 14),
    "neck": (12, 16, 6, 10),
}
EXPECTED = np.zeros((16, 16), dtype=np.uint8)
EXPECTED[4:14, 4:12] = 2
EXPECTED[0:6, 2:14] = 1
EXPECTED[0:2, 2:14] = 0
EXPECTED[12:16, 6:10] = 2


class Toy:
    """Some images of the published numbers with parts and attributes."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "CelebAMask-HQ"
        images, masks = self.folder / "CelebA-HQ-img", self.folder / "CelebAMask-HQ-mask-anno"
        images.mkdir(parents=True)
        self.numbers = [int(n) for split in ("train", "val", "test") for n in celebamask.part(split)[:6]]
        self.male = {number: bool(number % 3) for number in self.numbers}
        self.smiling = {number: bool(number % 2) for number in self.numbers}
        for number in self.numbers:
            shade = np.full((SIDE, SIDE, 3), number % 200 + 20, dtype=np.uint8)
            Image.fromarray(shade).save(images / f"{number}.jpg", quality=95)
            place = masks / str(number // 2000)
            place.mkdir(parents=True, exist_ok=True)
            for part, shape in DRAWN.items():
                Image.fromarray(_part(shape)).save(place / f"{number:05d}_{part}.png")
        self.write_attributes()

    def image(self, number: int) -> Path:
        return self.folder / "CelebA-HQ-img" / f"{number}.jpg"

    def part(self, number: int, part: str) -> Path:
        return self.folder / "CelebAMask-HQ-mask-anno" / str(number // 2000) / f"{number:05d}_{part}.png"

    @property
    def attributes(self) -> Path:
        return self.folder / "CelebAMask-HQ-attribute-anno.txt"

    def write_attributes(self) -> None:
        sign = {True: "1", False: "-1"}
        lines = [f"{n}.jpg  -1 {sign[self.male[n]]} 1 {sign[self.smiling[n]]} -1" for n in sorted(self.numbers)]
        self.attributes.write_text("\n".join([str(len(lines)), " ".join(NAMES), *lines]) + "\n")


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path))
    return Toy(tmp_path)


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_reads_what_was_written(toy: Toy, split: str) -> None:
    found = data.load("celebamask", source="real", split=split, size=16)
    numbers = celebamask.part(split)[:6].tolist()
    assert found.names == tuple(f"{number}.jpg" for number in numbers)
    assert (found.images.shape, found.images.dtype) == ((6, 3, 16, 16), torch.uint8)
    for image, number in zip(found.images, numbers, strict=True):
        assert (image.float() - (number % 200 + 20)).abs().max() <= 2
    assert np.array_equal(found.labels["mask"].numpy(), np.broadcast_to(EXPECTED, (6, 16, 16)))
    assert found.labels["male"].tolist() == [int(toy.male[number]) for number in numbers]
    assert found.labels["smiling"].tolist() == [int(toy.smiling[number]) for number in numbers]
    assert (found.labels["male"].dtype, found.labels["mask"].dtype) == (torch.int64, torch.uint8)
    assert "6 of" in found.note
    assert "60-20-20 by seed 0, at 16x16 pixels" in found.note


def test_sizes_lie_beside_each_other_and_are_kept(toy: Toy) -> None:
    small = data.load("celebamask", split="val", size=8, limit=2)
    assert small.labels["mask"].shape == (2, 8, 8)
    assert data.load("celebamask", split="val", limit=1).images.shape == (1, 3, 256, 256)
    kept = sorted(path.name for path in (toy.folder.parent / "cache" / toy.folder.name).iterdir() if path.is_dir())
    assert [name.split("-")[:3] for name in kept] == [
        [kind, "val", side] for kind in ("images", "masks") for side in ("256", "8")
    ]
    times = [path.stat().st_mtime_ns for path in toy.folder.parent.glob("cache/*/*/*.npy")]
    data.load("celebamask", split="val", size=8, limit=2)
    assert [path.stat().st_mtime_ns for path in toy.folder.parent.glob("cache/*/*/*.npy")] == times


def test_a_mask_is_made_anew_when_a_part_is_added(toy: Toy) -> None:
    before = data.load("celebamask", split="test", size=16).labels["mask"].clone()
    number = int(celebamask.part("test")[2])
    Image.fromarray(_part((13, 16, 0, 16))).save(toy.part(number, "cloth"))
    after = data.load("celebamask", split="test", size=16).labels["mask"]
    assert not after[2, 13:].any()
    assert torch.equal(after[:2], before[:2])


def test_parts_of_grey_and_of_two_levels_are_the_same(tmp_path: Path) -> None:
    shape, results = (3, 9, 2, 12), []
    for mode in ("RGB", "L", "1", "P"):
        folder = tmp_path / mode
        folder.mkdir()
        Image.fromarray(_part(shape)).convert(mode).save(folder / "00001_hair.png")
        results.append(merge([folder / "00001_hair.png"], 16))
    assert all(np.array_equal(result, results[0]) for result in results)
    assert results[0].sum() == 6 * 10


def test_every_published_part_has_a_class() -> None:
    assert len(PARTS) == 18
    assert {part for part, label in PARTS.items() if label == 1} == {"hair"}
    assert {part for part, label in PARTS.items() if label == 0} == {"hat", "ear_r", "neck_l", "cloth"}


def test_splits_are_disjoint_and_whole() -> None:
    parts = [celebamask.part(split) for split in ("train", "val", "test")]
    assert [len(part) for part in parts] == [18_000, 6_000, 6_000]
    assert torch.cat(parts).sort().values.tolist() == list(range(30_000))
    assert not torch.equal(parts[0], celebamask.part("train", seed=1))


def test_missing_parts_are_named(toy: Toy) -> None:
    toy.attributes.unlink()
    with pytest.raises(DataError, match=r"CelebAMask-HQ-attribute-anno.txt missing .* Ask for CelebAMask-HQ.zip"):
        data.load("celebamask", source="real", split="test")
    assert "incomplete" in data.load("celebamask", split="test", limit=1, size=16).note


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda toy, n: [toy.part(n, part).unlink() for part in DRAWN], r"1 images in .* have no part"),
        (lambda toy, n: toy.part(n, "beard").write_bytes(b""), r"unknown kinds: \d+_beard.png; there are skin"),
        (lambda toy, n: toy.part(n, "hair").write_bytes(b"no image"), r"with a part that is no PNG .*_hair.png"),
        (
            lambda toy, n: toy.part(n, "hair").write_bytes(toy.part(n, "hair").read_bytes()[:60]),
            r"with a corrupt part .*_hair.png",
        ),
        (lambda toy, n: Image.new("L", (8, 8)).save(toy.part(n, "hair")), "with parts of several sizes"),
        (lambda toy, n: toy.image(n).write_bytes(b"no image"), "neither JPEG nor PNG"),
        (lambda toy, n: toy.attributes.write_text("6\nMale Young\n"), "does not name the attribute Smiling"),
        (lambda toy, n: toy.attributes.write_text("6\nMale Smiling\n1.jpg 1 0\n"), "line 3: not an image and 2 times"),
        (lambda toy, n: toy.attributes.write_text("6\nMale Smiling\n1.jpg 1 -1\n"), r"does not name \d+.jpg"),
    ],
)
def test_what_cannot_be_used_is_named(toy: Toy, spoil: object, words: str) -> None:
    spoil(toy, int(celebamask.part("train")[3]))  # type: ignore[operator]
    with pytest.raises(DataError, match=words):
        data.load("celebamask", source="real", split="train", size=16)


def test_check_says_what_is_there(toy: Toy) -> None:
    report = check("celebamask")
    assert report.ok
    assert [file.state for file in report.files] == ["partial", "partial", "partial"]
    assert report.files[0].about == "18 of 30,000 images"
    assert report.files[1].about == f"{18 * len(DRAWN)} parts of the images"


@pytest.fixture(scope="module")
def drawn() -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    return faces.draw(split="train", count=200, seed=0, size=32)


def test_a_face_does_not_depend_on_how_many_are_drawn(drawn: tuple) -> None:
    pictures, labels = drawn
    for count in (1, 15, 17):
        fewer, their = faces.draw(split="train", count=count, seed=0, size=32)
        assert torch.equal(fewer, pictures[:count])
        assert all(torch.equal(their[name], labels[name][:count]) for name in labels)


def test_form_of_the_faces(drawn: tuple) -> None:
    pictures, labels = drawn
    assert (pictures.shape, pictures.dtype) == ((200, 3, 32, 32), torch.uint8)
    assert (labels["mask"].shape, labels["mask"].dtype) == ((200, 32, 32), torch.uint8)
    assert labels["mask"].unique().tolist() == [0, 1, 2]
    assert labels["male"].dtype == labels["smiling"].dtype == torch.int64
    skin = (labels["mask"] == 2).flatten(1).double().mean(dim=1)
    assert skin.min() > 0.05
    assert skin.max() < 0.6
    for other in (
        faces.draw(split="val", count=3, seed=0, size=32),
        faces.draw(split="train", count=3, seed=1, size=32),
    ):
        assert not torch.equal(other[0], pictures[:3])


def test_the_same_person_at_every_size(drawn: tuple) -> None:
    """Of a pixel at 32 the class at 64 is nearly always the same, and so is the colour."""
    pictures, labels = faces.draw(split="train", count=50, seed=0, size=64)
    assert torch.equal(labels["male"], drawn[1]["male"][:50])
    near = labels["mask"][:, ::2, ::2] == drawn[1]["mask"][:50]
    assert near.double().mean() > 0.9
    small = torch.nn.functional.avg_pool2d(pictures.float(), 2)
    skin = (drawn[1]["mask"][:50] == 2)[:, None].expand_as(small)
    assert torch.corrcoef(torch.stack([small[skin], drawn[0][:50].float()[skin]]))[0, 1] > 0.9


def test_attributes_have_the_shares_of_the_original() -> None:
    some = people.draw_people(4000, torch.Generator().manual_seed(0))
    assert some.male.double().mean() == pytest.approx(people.MALE, abs=0.03)
    assert some.smiling.double().mean() == pytest.approx(people.SMILING, abs=0.03)


def test_attributes_are_decided_by_visible_features() -> None:
    """Brows, jaw and mouth have ranges that do not meet, and the ranges are those that are drawn."""
    some = people.draw_people(2000, torch.Generator().manual_seed(1))
    for trait, chosen in ((some.brow, some.male), (some.jaw, some.male), (some.curve, some.smiling)):
        assert trait[chosen].min() > trait[~chosen].max()


def test_masks_are_exact() -> None:
    """With flat colours a pixel's colour tells its class, away from edges: skin is nowhere painted as hair."""
    from mtlcore.data.twins.faces.painting import Canvas

    some = people.draw_people(2, torch.Generator().manual_seed(0))
    canvas = Canvas(some, 64, torch.Generator().manual_seed(0))
    disc = 0.5 - (canvas.x.square() + canvas.y.square()).sqrt()
    canvas.layer(disc, torch.ones(1, 3, 1), 2)
    canvas.layer(disc - 0.2, torch.full((1, 3, 1), 0.5), 1)
    pictures, masks = canvas.result()
    for picture, mask in zip(pictures[:, 0], masks, strict=True):
        assert torch.equal(mask[picture == 255], torch.full_like(mask[picture == 255], 2))
        assert torch.equal(mask[picture == 0], torch.zeros_like(mask[picture == 0]))
        assert (mask == 1).any()
        assert bool((picture[mask == 1] < 200).all())


def test_random_state_is_untouched() -> None:
    before = torch.get_rng_state()
    faces.draw(split="test", count=2, seed=3, size=16)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.slow
def test_a_small_network_sees_the_attributes() -> None:
    """Both attributes can be learnt from a few hundred faces, well above the share of the larger class."""
    torch.manual_seed(0)
    train, test = (
        data.load("celebamask", source="twin", split=s, limit=n, size=48) for s, n in (("train", 1500), ("test", 300))
    )
    layers = [torch.nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in ((3, 16), (16, 32), (32, 32))]
    body = [module for layer in layers for module in (layer, torch.nn.BatchNorm2d(layer.out_channels), torch.nn.ReLU())]
    net = torch.nn.Sequential(*body, torch.nn.Flatten(), torch.nn.Linear(32 * 36, 2))
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    targets = [torch.stack([part.labels["male"], part.labels["smiling"]], dim=1).float() for part in (train, test)]
    for _ in range(12):
        for rows in torch.randperm(1500).split(50):
            optimiser.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(net(train.images[rows] / 255), targets[0][rows])
            loss.backward()
            optimiser.step()
    net.eval()
    right = ((net(test.images / 255) > 0) == (targets[1] > 0.5)).double().mean(dim=0)
    assert right.min() > 0.85
