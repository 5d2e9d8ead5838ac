"""The reader of NYU-v2: what comes out of a folder in the prepared layout, and what is refused."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mtlcore import data
from mtlcore.data import DataError, Pictures, nyuv2, nyuv2_store
from mtlcore.data.check import available, check
from mtlcore.data.nyuv2_files import CLASSES, encode_normals, names_of
from mtlcore.data.nyuv2_normals import centres

from .nyuv2_folder import COUNT, SIZE, TEST, write_prepared

TRAIN, VAL = 19, 1  # of the 20 that are not for the test


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path))
    write_prepared(tmp_path / "nyuv2")
    return tmp_path / "nyuv2"


def load(split: str = "train", limit: int | None = None, size: int | None = 16) -> Pictures:
    return data.load("nyuv2", source="real", split=split, limit=limit, size=size)


def refused(words: str, split: str = "train") -> str:
    with pytest.raises(DataError, match=words) as caught:
        load(split)
    return str(caught.value)


def test_form(folder: Path) -> None:
    found = load()
    assert (found.name, found.source, found.split, len(found)) == ("nyuv2", "real", "train", TRAIN)
    assert (found.images.shape, found.images.dtype) == ((TRAIN, 3, 16, 16), torch.uint8)
    forms = {label: (tuple(values.shape), values.dtype) for label, values in found.labels.items()}
    assert forms == {
        "segmentation": ((TRAIN, 16, 16), torch.uint8),
        "depth": ((TRAIN, 16, 16), torch.float32),
        "normals": ((TRAIN, 3, 16, 16), torch.float16),
    }
    assert found.classes == {"segmentation": CLASSES}
    assert len(CLASSES) == len(set(CLASSES)) == 40
    assert found.note == (
        "real NYU-v2, 19 training images, 716 are published, at 64×48, published at 640×480, "
        "normals computed from depth"
    )


def test_maps_are_those_of_the_pixels_at_the_centres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path))
    made = write_prepared(tmp_path / "nyuv2")
    found = load("test", size=16)
    rows, columns = np.arange(16) * 3 + 1, np.arange(16) * 4 + 2
    assert np.array_equal(rows, centres(16, SIZE[0]))
    for i, name in enumerate(found.names):
        at = int(name) - 1
        assert np.array_equal(found.labels["segmentation"][i], made["labels"][at][np.ix_(rows, columns)])
        assert found.labels["depth"][i].numpy() == pytest.approx(made["depths"][at][np.ix_(rows, columns)], abs=6e-4)
        mean = made["images"][at].reshape(16, 3, 16, 4, 3).mean(axis=(1, 3))
        # Bilinear weights reach a little beyond the pixel, so that only the mean of the whole agrees closely.
        assert found.images[i].double().mean().item() == pytest.approx(mean.mean(), abs=2)


def test_unknown_depth_has_no_normal_and_all_others_have_length_one(folder: Path) -> None:
    found = load()
    length = found.labels["normals"].float().norm(dim=1)
    unknown = found.labels["depth"] == 0
    assert unknown.any()
    assert torch.equal(length == 0, unknown)
    assert (length[~unknown] - 1).abs().max() < 2e-3


def test_splits_are_the_published_ones_and_val_is_held_out_of_train(folder: Path) -> None:
    parts = {split: set(load(split, size=8).names) for split in ("train", "val", "test")}
    assert parts["test"] == {f"{number:04d}" for number in TEST}
    assert (len(parts["train"]), len(parts["val"])) == (TRAIN, VAL)
    assert parts["train"] | parts["val"] == {f"{n:04d}" for n in range(1, COUNT + 1)} - parts["test"]


def test_published_sizes_of_the_parts(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("".join(f"{number:04d}\n" for number in range(795)))
    (tmp_path / "test.txt").write_text("".join(f"{number:04d}\n" for number in range(795, 1449)))
    assert [len(names_of(tmp_path, split)) for split in ("train", "val", "test")] == [716, 79, 654]


def test_limit_decodes_no_more_and_the_store_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    original = nyuv2.read_sample

    def counting(listing: nyuv2.Listing, number: int) -> object:
        read.append(number)
        return original(listing, number)

    monkeypatch.setattr(nyuv2, "read_sample", counting)
    few = load(limit=3)
    assert sorted(read) == [0, 1, 2]
    whole = load()
    assert sorted(read) == list(range(TRAIN)), "each sample once"
    assert few.names == whole.names[:3]
    assert torch.equal(few.images, whole.images[:3])
    load()
    assert len(read) == TRAIN


def test_what_is_written_to_the_tensors_stays_here(folder: Path) -> None:
    load().labels["depth"].fill_(-1)
    assert load().labels["depth"].min() == 0


def test_sizes_have_stores_of_their_own(folder: Path) -> None:
    assert load(size=8).images.shape[-1] == 8
    assert load(size=24).images.shape[-1] == 24
    assert load(size=8).images.shape[-1] == 8


def test_published_size_is_that_of_the_paper(folder: Path) -> None:
    assert load(limit=1, size=None).images.shape == (1, 3, 256, 256)


def test_a_changed_file_is_read_again_and_the_old_store_goes(folder: Path) -> None:
    name = load().names[4]
    path = folder / "label40" / f"{name}.png"
    Image.fromarray(np.full(SIZE, 17, dtype=np.uint8)).save(path)
    os.utime(path, ns=(1, 1))
    assert (load().labels["segmentation"][4] == 17).all()
    assert len(list((folder.parent / "cache" / "nyuv2").glob("train-16-*"))) == 1


def test_stored_normals_are_taken_at_any_size(folder: Path) -> None:
    up = np.zeros((3, 4, 5), dtype=np.float32)
    up[1] = 1
    (folder / "normals").mkdir()
    for number in range(1, COUNT + 1):
        Image.fromarray(encode_normals(up)).save(folder / "normals" / f"{number:04d}.png")
    found = load()
    assert found.labels["normals"].float().mean(dim=(0, 2, 3)).tolist() == [0, 1, 0]
    assert found.note.endswith("normals stored")


def test_a_store_that_was_broken_off_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nyuv2_store, "CHUNK", 4)
    original = nyuv2.read_sample

    def breaks(listing: nyuv2.Listing, number: int) -> object:
        if number == 9:
            raise KeyboardInterrupt
        return original(listing, number)

    monkeypatch.setattr(nyuv2, "read_sample", breaks)
    with pytest.raises(KeyboardInterrupt):
        load()
    read: list[int] = []
    monkeypatch.setattr(nyuv2, "read_sample", lambda listing, number: read.append(number) or original(listing, number))
    assert len(load()) == TRAIN
    assert sorted(read) == list(range(8, TRAIN))


@pytest.mark.parametrize("spoil", ["depth.npy", "done"])
def test_a_spoilt_store_is_made_anew(folder: Path, spoil: str) -> None:
    before = load().labels["depth"].clone()
    (place,) = (folder.parent / "cache" / "nyuv2").glob("train-16-*")
    (place / spoil).write_bytes(b"nothing")
    assert torch.equal(load().labels["depth"], before)


def test_a_full_disk_is_one_sentence_and_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(nyuv2_store.os, "posix_fallocate", full)
    message = refused("make room, or set MTLCORE_DATA")
    assert "The train samples of NYU-v2" in message
    assert not list((folder.parent / "cache" / "nyuv2").glob("train-16-*"))


# What is refused.


@pytest.mark.parametrize("kind", ["image", "depth", "label40"])
def test_missing_files_are_named(folder: Path, kind: str) -> None:
    name = names_of(folder, "train")[2]
    (folder / kind / f"{name}.png").unlink()
    assert "1 files of the train split are missing" in refused(f"{kind}/{name}")


@pytest.mark.parametrize("kind", ["image", "depth", "label40"])
def test_a_cut_file_is_named(folder: Path, kind: str) -> None:
    path = folder / kind / f"{names_of(folder, 'train')[2]}.png"
    path.write_bytes(path.read_bytes()[:60])
    assert str(path) in refused("cannot be read")


def test_a_class_out_of_range_is_refused(folder: Path) -> None:
    path = folder / "label40" / f"{names_of(folder, 'train')[0]}.png"
    Image.fromarray(np.full(SIZE, 40, dtype=np.uint8)).save(path)
    assert str(path) in refused("40 is no class of 0 to 39")


def test_depth_of_8_bits_is_refused(folder: Path) -> None:
    path = folder / "depth" / f"{names_of(folder, 'train')[0]}.png"
    Image.fromarray(np.full(SIZE, 40, dtype=np.uint8)).save(path)
    assert str(path) in refused("holds no 16-bit millimetres")


def test_maps_of_two_sizes_are_refused(folder: Path) -> None:
    path = folder / "label40" / f"{names_of(folder, 'train')[0]}.png"
    Image.fromarray(np.zeros((10, 10), dtype=np.uint8)).save(path)
    refused("but its image is")


@pytest.mark.parametrize(("text", "words"), [("", "names no sample"), ("0003\n0003\n", "names a sample twice")])
def test_lists_must_be_sound(folder: Path, text: str, words: str) -> None:
    (folder / "train.txt").write_text(text)
    refused(words)


def test_without_a_part_auto_takes_the_twin_and_real_says_how(folder: Path) -> None:
    (folder / "train.txt").unlink()
    assert data.source_of("nyuv2") == "twin"
    assert "data prepare nyuv2" in refused("train.txt missing")


# Reports.


def test_check_and_list(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nyuv2, "SIDE", 16)
    report = check("nyuv2")
    assert report.ok
    assert [file.state for file in report.files] == ["other"] * 5
    assert report.files[0].about == "24 of 1,449 files"
    assert report.files[3].about == "20 of 795 samples"
    row = next(row for row in available() if row.name == "nyuv2")
    assert (row.source, row.present, row.files) == ("real", 5, 5)


@pytest.mark.real
def test_the_real_set() -> None:
    if data.source_of("nyuv2") != "real":
        pytest.skip("nyuv2 is not in the data root (python -m mtlcore data prepare nyuv2)")
    found = data.load("nyuv2", source="real", split="train", limit=12, size=32)
    depth, normals = found.labels["depth"], found.labels["normals"].float()
    assert 0.5 < depth.median() < 6
    labels = found.labels["segmentation"]
    # Floors look up, ceilings down: the labels know nothing of the depth.
    assert normals[:, 1][labels == CLASSES.index("floor")].median() > 0.85
    up = normals[:, 1][labels == CLASSES.index("wall")]
    assert up.abs().median() < 0.3
