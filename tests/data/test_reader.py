"""Readers: what is told apart, and what is refused in which words."""

from __future__ import annotations

import gzip
import struct
import warnings

import numpy as np
import pytest
import torch

from mtlcore import data
from mtlcore.data import DataError, idxset
from mtlcore.data.check import available, check

from .conftest import Toy, arrays, idx_bytes

TRAIN, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.mark.parametrize("split", ["train", "test"])
def test_reads_what_was_written(toy: Toy, split: str) -> None:
    found = data.load("mnist", source="real", split=split)
    expected = arrays(split)
    assert found.images.shape == (len(expected["images"]), 1, 28, 28)
    assert (found.images.dtype, found.labels.dtype) == (torch.uint8, torch.int64)
    assert np.array_equal(found.images[:, 0].numpy(), expected["images"])
    assert np.array_equal(found.labels.numpy(), expected["labels"])
    assert (found.source, found.split, len(found)) == ("real", split, len(expected["labels"]))
    assert found.note == "real MNIST, canonical files"


def test_limit_takes_the_first(toy: Toy) -> None:
    found = data.load("mnist", source="real", split="train", limit=7)
    assert np.array_equal(found.images[:, 0].numpy(), arrays("train")["images"][:7])
    assert len(found) == 7


def test_files_are_read_once_until_they_change(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    read = idxset.read_idx
    monkeypatch.setattr(idxset, "read_idx", lambda path, **form: opened.append(path.name) or read(path, **form))
    first = data.load("mnist", source="real", split="train", limit=5)
    first.images.zero_()  # what is handed out is the caller's own
    second = data.load("mnist", source="real", split="train", limit=5)
    assert np.array_equal(second.images[:, 0].numpy(), arrays("train")["images"][:5])
    assert len(opened) == 2
    whole = arrays("train")
    toy.write(TRAIN, idx_bytes(255 - whole["images"]))
    third = data.load("mnist", source="real", split="train", limit=5)
    assert np.array_equal(third.images[:, 0].numpy(), 255 - whole["images"][:5])
    assert len(opened) == 4


def test_torchvision_folders_are_found(toy: Toy) -> None:
    (toy.root / "MNIST").mkdir()
    toy.folder.rename(toy.root / "MNIST" / "raw")
    assert data.load("mnist", source="real", split="test").note == "real MNIST, canonical files"


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-images.idx3-ubyte"])
def test_unpacked_copy_is_named(toy: Toy, name: str) -> None:
    toy.path(TRAIN).unlink()
    (toy.folder / name).write_bytes(toy.content(TRAIN))
    assert data.load("mnist", split="train").note == "real MNIST, canonical content, unpacked"


def test_recompressed_copy_is_named(toy: Toy) -> None:
    toy.write(TRAIN, toy.content(TRAIN))
    assert data.load("mnist", split="train").note == "real MNIST, canonical content, recompressed gz"


def test_partial_copy_is_named(toy: Toy) -> None:
    whole = arrays("train")
    toy.write(TRAIN, idx_bytes(whole["images"][:13]))
    toy.write(LABELS, idx_bytes(whole["labels"][:13]))
    found = data.load("mnist", split="train")
    assert found.note == "real MNIST, partial: the first 13 of 60 training images"
    assert np.array_equal(found.labels.numpy(), whole["labels"][:13])
    assert data.load("mnist", split="test").note == "real MNIST, canonical files"


def test_other_content_is_named(toy: Toy) -> None:
    changed = arrays("train")["images"]
    changed[40, 3, 3] ^= 1  # beyond the head that tells a partial copy
    toy.write(TRAIN, idx_bytes(changed))
    assert "not the published content: 60 of 60 training images" in data.load("mnist", split="train").note


def test_partial_copy_of_other_content_is_not_called_partial(toy: Toy) -> None:
    whole = arrays("train")
    toy.write(TRAIN, idx_bytes(whole["images"][20:40]))
    toy.write(LABELS, idx_bytes(whole["labels"][20:40]))
    assert "not the published content: 20 of 60" in data.load("mnist", split="train").note


def _refused(toy: Toy, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        data.load("mnist", split="train")
    message = str(caught.value)
    assert str(toy.folder) in message
    assert "python -m mtlcore data fetch mnist" in message


def test_wrong_magic_is_refused(toy: Toy) -> None:
    toy.write(TRAIN, b"\x00\x00\x0d\x03" + toy.content(TRAIN)[4:])
    _refused(toy, r"begins with the bytes 00 00 0d 03 where an IDX file of images begins with 00 00 08 03")


def test_images_in_the_place_of_labels_are_refused(toy: Toy) -> None:
    toy.write(LABELS, toy.content(TRAIN))
    _refused(toy, "an IDX file of labels begins with 00 00 08 01")


def test_empty_file_is_refused(toy: Toy) -> None:
    toy.write(TRAIN, b"")
    _refused(toy, r"begins with the bytes \(none\)")


def test_cut_header_is_refused(toy: Toy) -> None:
    toy.write(TRAIN, toy.content(TRAIN)[:10])
    _refused(toy, "ends within its header")


def test_truncated_content_is_refused(toy: Toy) -> None:
    toy.write(TRAIN, toy.content(TRAIN)[:-5])
    _refused(toy, "announces 47,040 bytes and 47,035 follow")


def test_surplus_bytes_are_refused(toy: Toy) -> None:
    toy.write(TRAIN, toy.content(TRAIN) + b"!")
    _refused(toy, "goes on after the bytes that its header announces")


def test_truncated_gzip_is_refused(toy: Toy) -> None:
    toy.path(TRAIN).write_bytes(toy.files[f"{TRAIN}.gz"][:-2000])
    _refused(toy, "truncated or corrupt")


def test_flipped_bits_in_gzip_are_refused(toy: Toy) -> None:
    packed = bytearray(toy.files[f"{TRAIN}.gz"])
    packed[-8] ^= 0xFF  # the stored CRC
    toy.path(TRAIN).write_bytes(bytes(packed))
    _refused(toy, "not a sound gzip file")


def test_unpacked_file_under_a_gz_name_is_refused(toy: Toy) -> None:
    toy.path(TRAIN).write_bytes(toy.content(TRAIN))
    _refused(toy, "not a sound gzip file.*take .gz off its name")


def test_a_bomb_is_not_unpacked(toy: Toy) -> None:
    """No more is read than the header announces, however much the gzip holds."""
    toy.write(TRAIN, toy.content(TRAIN) + bytes(50_000_000))
    _refused(toy, "goes on after")


def test_other_image_size_is_refused(toy: Toy) -> None:
    toy.write(TRAIN, idx_bytes(np.zeros((60, 32, 32), np.uint8)))
    _refused(toy, r"items of \(32, 32\) pixels, not \(28, 28\)")


def test_announced_terabytes_are_refused_as_truncated(toy: Toy) -> None:
    header = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2_000_000_000, 28, 28)
    toy.write(TRAIN, header + bytes(784))
    _refused(toy, "and 784 follow")


def test_count_mismatch_is_refused(toy: Toy) -> None:
    toy.write(LABELS, idx_bytes(arrays("train")["labels"][:59]))
    _refused(toy, "60 images and .* 59 labels")


def test_label_out_of_range_is_refused(toy: Toy) -> None:
    labels = arrays("train")["labels"]
    labels[17] = 10
    toy.write(LABELS, idx_bytes(labels))
    _refused(toy, r"label 10 at position 17 is not one of 0\.\.9")


def test_no_images_are_refused(toy: Toy) -> None:
    toy.write(TRAIN, idx_bytes(np.zeros((0, 28, 28), np.uint8)))
    toy.write(LABELS, idx_bytes(np.zeros(0, np.uint8)))
    _refused(toy, "holds no image")


def test_unreadable_file_is_refused(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(gzip, "open", forbidden)
    _refused(toy, r"cannot be read \(Permission denied\)")


def test_missing_files_are_refused_when_real_is_asked_for(toy: Toy) -> None:
    toy.path(TRAIN).unlink()
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte missing in .*data fetch mnist.*source='twin'"):
        data.load("mnist", source="real", split="train")


def test_auto_takes_the_twin_and_says_what_is_missing(toy: Toy) -> None:
    toy.path(TRAIN).unlink()
    assert data.source_of("mnist", "auto") == "twin"
    found = data.load("mnist", split="train", limit=10)
    assert found.source == "twin"
    assert "the real files are incomplete: train-images-idx3-ubyte missing" in found.note


def test_auto_does_not_pass_over_a_corrupt_file(toy: Toy) -> None:
    toy.write(TRAIN, b"nothing like it")
    assert data.source_of("mnist") == "real"
    _refused(toy, "begins with the bytes")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "minst", "split": "train"}, "did you mean 'mnist'.*there are mnist, fashion, kmnist"),
        ({"name": "mnist", "split": "valid"}, "split='valid' is none of train, test"),
        ({"name": "mnist", "split": "train", "source": "fake"}, "source='fake' is none of auto, real, twin"),
        ({"name": "mnist", "split": "train", "limit": 0}, "limit=0 would leave no images"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        data.load(**arguments)  # type: ignore[arg-type]


def test_images_may_be_written_to(toy: Toy) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data.load("mnist", split="test").images[0, 0, 0, 0] = 3


def test_moments_are_those_of_the_pixels(toy: Toy) -> None:
    found = data.load("mnist", split="train")
    values = found.images.double() / 255
    mean, std = found.moments()
    assert mean == pytest.approx((values.mean().item(),), abs=1e-12)
    assert std == pytest.approx((values.std(correction=0).item(),), abs=1e-12)


def test_check_reports_every_state(toy: Toy) -> None:
    toy.write(TRAIN, idx_bytes(arrays("train")["images"][:13]))
    toy.path(LABELS).unlink()
    toy.write("t10k-images-idx3-ubyte", toy.content("t10k-images-idx3-ubyte"))
    toy.path("t10k-labels-idx1-ubyte").write_bytes(b"broken")
    report = check("mnist")
    assert [file.state for file in report.files] == ["partial", "missing", "recompressed", "corrupt"]
    assert not report.ok
    assert "train-labels-idx1-ubyte.gz is missing" in report.notes["train"]
    assert "not a sound gzip file" in report.notes["test"]
    assert "13 of 60 images" in report.files[0].about


def test_check_of_sound_files(toy: Toy) -> None:
    report = check("mnist")
    assert report.ok
    assert {file.state for file in report.files} == {"canonical"}
    assert report.notes["train"] == "real MNIST, canonical files"


def test_available_tells_real_from_twin(toy: Toy) -> None:
    rows = {row.name: row for row in available()}
    assert list(rows) == list(data.SETS)
    assert (rows["mnist"].source, rows["mnist"].present, rows["mnist"].files) == ("real", 4, 4)
    assert (rows["kmnist"].source, rows["kmnist"].present) == ("twin", 0)
