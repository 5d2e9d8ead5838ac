"""The reader of the VehicleX images and its store: what comes out of the published layout, goes on, and is refused."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mtlcore import data, paths
from mtlcore.data import DataError, Pictures, picture_store
from mtlcore.data.check import available, check
from mtlcore.data.fetch import fetch
from mtlcore.data.picture_store import PictureStore, decode
from mtlcore.data.vehiclex_labels import CLASSES
from tests.helpers import ENV

SIZES = {"train": 24, "val": 6, "test": 8}
ATTRIBUTES = ("orientation", "lightInt", "lightDir", "camHei", "camDis")


class Folder:
    """<root>/vehicle-x_v2/Classification Task with JPEGs and the XML; pixels: (64, 64, 3) as decoded, by name."""

    def __init__(self, root: Path, side: int = 64) -> None:
        self.path = root / "vehicle-x_v2" / "Classification Task"
        self.split: dict[str, str] = {}
        self.pixels: dict[str, np.ndarray] = {}
        self.items: dict[str, dict[str, str]] = {}
        random = np.random.default_rng(0)
        for split, count in SIZES.items():
            (self.path / split).mkdir(parents=True)
            for _ in range(count):
                vehicle, camera = int(random.integers(1, 1363)), int(random.integers(1, 21))
                name = f"{vehicle:04d}_c{camera:03d}_{len(self.split)}"
                self.split[name] = split
                self.items[name] = {
                    "imageName": f"{name}.jpg",
                    "vehicleID": f"{vehicle:04d}",
                    "cameraID": f"c{camera:03d}",
                    "colorID": str(random.integers(12)),
                    "typeID": str(random.integers(11)),
                    **{attribute: f"{random.uniform(0, 90):.1f}" for attribute in ATTRIBUTES},
                }
                blocks = random.integers(0, 256, (4, 4, 3), dtype=np.uint8)
                self.write(name, Image.fromarray(blocks.repeat(side // 4, axis=0).repeat(side // 4, axis=1)))
        self.write_xml()

    def write(self, name: str, image: Image.Image) -> None:
        image.save(self.file(name), "JPEG", quality=95)
        with Image.open(self.file(name)) as found:
            self.pixels[name] = np.asarray(found.convert("RGB"))

    def file(self, name: str) -> Path:
        return self.path / self.split[name] / f"{name}.jpg"

    def names(self, split: str) -> list[str]:
        return [name for name, mine in self.split.items() if mine == split]

    @property
    def xml(self) -> Path:
        return self.path / "finegrained_label.xml"

    def write_xml(self) -> None:
        lines = ['<?xml version="1.0" encoding="utf-8"?>', "<TrainingImages>", f'\t<Items number="{len(self.items)}">']
        for item in self.items.values():
            lines.append("\t\t<Item " + " ".join(f'{name}="{text}"' for name, text in item.items()) + " />")
        self.xml.write_text("\n".join([*lines, "\t</Items>", "</TrainingImages>", ""]))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path))
    return Folder(tmp_path)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are decoded, in whatever order."""
    names: list[str] = []
    plain = picture_store.decode

    def noted(path: Path, size: int) -> np.ndarray:
        names.append(path.stem)
        return plain(path, size)

    monkeypatch.setattr(PictureStore.__init__, "__defaults__", (*PictureStore.__init__.__defaults__[:-1], noted))
    return names


def load(split: str = "train", limit: int | None = None, size: int | None = 64) -> Pictures:
    return data.load("vehiclex", source="real", split=split, limit=limit, size=size)


def refused(words: str, split: str = "train") -> str:
    with pytest.raises(DataError, match=words) as caught:
        load(split)
    return str(caught.value)


# --- what is read ---


@pytest.mark.parametrize("split", SIZES)
def test_reads_what_was_written(folder: Folder, split: str) -> None:
    found = load(split)
    assert sorted(found.names) == sorted(folder.names(split))
    assert (found.images.shape, found.images.dtype) == ((SIZES[split], 3, 64, 64), torch.uint8)
    for i, name in enumerate(found.names):
        item = folder.items[name]
        assert np.array_equal(found.images[i].permute(1, 2, 0).numpy(), folder.pixels[name])
        assert found.classes["vehicle"][found.labels["vehicle"][i]] == item["vehicleID"]
        assert found.classes["camera"][found.labels["camera"][i]] == item["cameraID"]
        assert (found.labels["colour"][i], found.labels["type"][i]) == (int(item["colorID"]), int(item["typeID"]))
        assert found.labels["camera_distance"][i] == torch.tensor(float(item["camDis"]))


def test_form(folder: Folder) -> None:
    found = load("val", size=None)
    assert (found.name, found.source, found.images.shape) == ("vehiclex", "real", (6, 3, 256, 256))
    assert found.note == "real VehicleX images, 6 validation samples, 14,936 were published"
    assert load("val", size=16).note.endswith("were published, at 16x16 pixels")
    assert {label: values.dtype for label, values in found.labels.items()} == {
        label: torch.int64 if label in CLASSES else torch.float32 for label in found.labels
    }
    assert len(found.labels) == 9


@pytest.mark.parametrize("size", [8, 12, 16, 32, 100])
def test_other_sizes_keep_what_is_seen(folder: Folder, size: int) -> None:
    """Four by four blocks of one colour each: their middles keep it."""
    found = load("test", size=size)
    assert found.images.shape == (8, 3, size, size)
    for i, name in enumerate(found.names):
        middles = (np.arange(4) * size + size // 2) // 4
        expected = folder.pixels[name][8::16, 8::16].astype(int)
        got = found.images[i].permute(1, 2, 0).numpy()[middles][:, middles].astype(int)
        assert np.abs(got - expected).mean() < 12


def test_order_is_that_of_the_features_and_limit_takes_the_first(folder: Folder) -> None:
    from mtlcore.data.vehiclex_cache import fair_order

    names = sorted(folder.names("train"))
    whole, few = load(), load(limit=5)
    assert whole.names == tuple(names[i] for i in fair_order(tuple(names)))
    assert list(whole.names) != names
    assert few.names == whole.names[:5]
    assert torch.equal(few.images, whole.images[:5])
    assert all(torch.equal(values, whole.labels[label][:5]) for label, values in few.labels.items())


def test_what_is_written_to_the_images_stays_here(folder: Folder) -> None:
    first = load().images.clone()
    load().images[:] = 0
    assert torch.equal(load().images, first)


def test_grey_images_and_png_content_are_taken(folder: Folder) -> None:
    name, other = folder.names("val")[:2]
    folder.write(name, Image.fromarray(folder.pixels[name]).convert("L"))
    Image.fromarray(folder.pixels[other]).save(folder.file(other), "PNG")
    found = load("val")
    for wanted in (name, other):
        got = found.images[found.names.index(wanted)].permute(1, 2, 0).numpy()
        assert np.array_equal(got, folder.pixels[wanted])


@pytest.mark.parametrize("inner", ["vehicle-x_v2/Classification Task", "."])
def test_other_ways_of_unpacking_are_found(folder: Folder, tmp_path: Path, inner: str) -> None:
    aside = folder.path.rename(tmp_path / "aside")
    target = tmp_path / "vehicle-x_v2" / inner
    target.mkdir(parents=True, exist_ok=True)
    for part in aside.iterdir():
        part.rename(target / part.name)
    assert len(load()) == SIZES["train"]


def test_labels_may_lie_one_folder_up(folder: Folder) -> None:
    folder.xml.rename(folder.path.parent / folder.xml.name)
    assert len(load("val")) == SIZES["val"]


def test_a_folder_that_cannot_be_written_to(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    monkeypatch.setattr("mtlcore.data.caches.os.access", lambda path, _: path != folder.path.parent)
    assert len(load("val")) == SIZES["val"]
    assert any((tmp_path / "build" / "cache").iterdir())
    assert not (folder.path.parent / "cache").exists()


# --- the store ---


def test_files_are_decoded_once_for_each_size(folder: Folder, decoded: list[str]) -> None:
    first = load(size=32)
    assert sorted(decoded) == sorted(folder.names("train"))
    decoded.clear()
    assert torch.equal(load(size=32).images, first.images)
    assert decoded == []
    load(size=16)
    assert len(decoded) == SIZES["train"]


def test_a_limit_decodes_no_more_and_the_rest_follows(folder: Folder, decoded: list[str]) -> None:
    few = load(limit=5)
    assert sorted(decoded) == sorted(few.names)
    whole = load()
    assert len(decoded) == len(set(decoded)) == SIZES["train"]
    assert torch.equal(whole.images[:5], few.images)


def test_a_changed_file_is_decoded_anew(folder: Folder, decoded: list[str]) -> None:
    before = load()
    decoded.clear()
    name = before.names[3]
    folder.write(name, Image.fromarray(255 - folder.pixels[name]))
    after = load()
    assert decoded == [name]
    assert np.array_equal(after.images[3].permute(1, 2, 0).numpy(), folder.pixels[name])
    assert torch.equal(after.images[4:], before.images[4:])


def test_a_killed_run_goes_on(folder: Folder, decoded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_store, "CHUNK", 5)
    names = sorted(folder.names("train"))
    files = [folder.file(name) for name in names]
    states = np.array([(path.stat().st_size, path.stat().st_mtime_ns) for path in files])
    store = PictureStore(folder.path.parent / "cache" / "train", files, states, 32)
    seen: list[tuple[int, int]] = []

    def broken(there: int, wanted: int) -> None:
        seen.append((there, wanted))
        if there >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.images(progress=broken)
    assert seen == [(5, 24), (10, 24)]
    decoded.clear()
    images = store.images(progress=lambda there, wanted: seen.append((there, wanted)))
    assert len(decoded) == 14
    assert seen[2:] == [(15, 24), (20, 24), (24, 24)]
    assert np.array_equal(images, np.stack([decode(path, 32) for path in files]))


@pytest.mark.parametrize("spoilt", ["images.npy", "states.npy"])
def test_a_spoilt_store_is_made_anew(folder: Folder, spoilt: str) -> None:
    first = load("val").images.clone()
    (place,) = (folder.path.parent / "cache" / folder.path.name).glob("val-64-*/")
    (place / spoilt).write_bytes((place / spoilt).read_bytes()[:100])
    assert torch.equal(load("val").images, first)


def test_two_processes_at_once(folder: Folder, tmp_path: Path) -> None:
    read = "data.load('vehiclex', source='real', split='train', size=48).images.sum().item()"
    line = f"from mtlcore import data; print({read})"
    environment = ENV | {"MTLCORE_DATA": str(tmp_path)}
    both = [
        subprocess.Popen([sys.executable, "-c", line], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    sums = {process.communicate(timeout=120)[0] for process in both}
    assert len(sums) == 1
    assert sums == {f"{load(size=48).images.sum()}\n"}


# --- what is refused ---


def test_corrupt_images_are_named_and_the_others_kept(folder: Folder, decoded: list[str]) -> None:
    cut, noise, empty, web = folder.names("train")[:4]
    whole = {name: folder.file(name).read_bytes() for name in (cut, noise, empty, web)}
    folder.file(cut).write_bytes(whole[cut][: len(whole[cut]) // 2])
    folder.file(noise).write_bytes(b"\xff\xd8\xff" + bytes(300))
    folder.file(empty).write_bytes(b"")
    folder.file(web).write_text("<html>not found</html>")
    message = refused("cannot be used")
    for name in (cut, noise, empty, web):
        assert f"train/{name}.jpg" in message
    assert "Unpack the package again" in message
    for name, content in whole.items():
        folder.file(name).write_bytes(content)
    decoded.clear()
    assert len(load()) == SIZES["train"]
    assert sorted(decoded) == sorted((cut, noise, empty, web))


def test_what_claims_to_be_huge_is_not_decoded(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_store, "LARGEST", 100)
    name = folder.names("val")[0]
    folder.write(name, Image.new("RGB", (101, 8)))
    assert f"val/{name}.jpg 101x8" in refused("too large", "val")


def test_other_formats_are_refused(folder: Folder) -> None:
    name = folder.names("val")[0]
    content = io.BytesIO()
    Image.fromarray(folder.pixels[name]).save(content, "BMP")
    folder.file(name).write_bytes(content.getvalue())
    assert f"val/{name}.jpg" in refused("neither JPEG nor PNG", "val")


def test_files_and_labels_must_agree(folder: Folder) -> None:
    gone, unnamed = folder.names("test")[0], folder.names("train")[0]
    folder.file(gone).unlink()
    del folder.items[unnamed]
    folder.write_xml()
    message = refused("cannot be used")
    assert f"{gone}.jpg" in message
    assert f"train/{unnamed}.jpg" in message


def test_missing_parts_are_named(folder: Folder) -> None:
    folder.xml.unlink()
    assert "finegrained_label.xml" in refused("missing in")
    assert "vehicle-x_v2.zip" in refused("missing in")
    assert data.load("vehiclex", split="val", limit=2, size=16).note.endswith("finegrained_label.xml missing)")


def test_a_full_disk_is_said(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "images.npy")

    monkeypatch.setattr(np.lib.format, "open_memmap", full)
    assert "make room" in refused("No space left")


# --- the command line's view ---


def test_check_reads_everything_and_list_says_what_is_there(folder: Folder, tmp_path: Path) -> None:
    found = check("vehiclex", tmp_path)
    assert found.ok
    assert [report.state for report in found.files] == ["other"] * 4
    assert found.files[0].about == "24 of 45,438 files"
    (row,) = (row for row in available(tmp_path) if row.name == "vehiclex")
    assert (row.source, row.present, row.files) == ("real", 4, 4)
    folder.file(folder.names("test")[0]).write_bytes(b"")
    assert not check("vehiclex", tmp_path).ok


def test_fetch_says_where_the_package_was(empty_root: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be fetched.*vehicle-x_v2\.zip.*by hand"):
        fetch("vehiclex")
    assert [report.state for report in check("vehiclex", empty_root).files] == ["missing"] * 4
