"""CIFAR: both published versions are read, copies are told apart, and pickles can do no harm."""

from __future__ import annotations

import functools
import http.server
import io
import os
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from mtlcore import data
from mtlcore.data import DataError, cifar, cifarset, registry
from mtlcore.data.check import check
from mtlcore.data.cifar import CIFAR10, CIFAR100
from mtlcore.data.fetch import fetch
from mtlcore.data.pickles import read_pickle

from .cifar_folder import COUNTS, Toy, arrays, binary, make, python3

SETS = [CIFAR10, CIFAR100]


def _make(name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    monkeypatch.setattr(cifarset, "HEAD", 5)
    monkeypatch.setenv("MTLCORE_DATA", str(root))
    toy = make({"cifar10": CIFAR10, "cifar100": CIFAR100}[name], root, head=5)
    monkeypatch.setitem(registry.SETS, name, toy.known)
    return toy


@pytest.fixture(params=["cifar10", "cifar100"])
def toy(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    return _make(request.param, tmp_path, monkeypatch)


@pytest.fixture
def ten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    toy = _make("cifar10", tmp_path, monkeypatch)
    toy.write()
    return toy


def _expected(toy: Toy, split: str) -> tuple[np.ndarray, np.ndarray]:
    held = [arrays(toy.known, part, part.items) for part in toy.known.files[split]]
    pixels, labels = (np.concatenate(parts) for parts in zip(*held, strict=True))
    return pixels.reshape(-1, 3, 32, 32), labels


@pytest.mark.parametrize("version", ["binary", "python"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_reads_what_was_written(toy: Toy, version: str, split: str) -> None:
    toy.write(version=version)
    found = data.load(toy.known.name, source="real", split=split)
    pixels, labels = _expected(toy, split)
    assert (found.images.dtype, found.labels.dtype) == (torch.uint8, torch.int64)
    assert np.array_equal(found.images.numpy(), pixels)
    assert np.array_equal(found.labels.numpy(), labels[:, -1])
    title = "Python" if version == "python" else "binary"
    assert found.note == f"real {toy.known.title}, {title} version, canonical files"
    assert len(found) == COUNTS[split] * len(toy.known.files[split])


def test_limit_takes_the_first_across_files(ten: Toy) -> None:
    found = data.load("cifar10", source="real", split="train", limit=15)
    pixels, labels = _expected(ten, "train")
    assert np.array_equal(found.images.numpy(), pixels[:15])
    assert found.labels.tolist() == labels[:15, 0].tolist()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_written_anew_are_the_same_content(toy: Toy, protocol: int) -> None:
    folder = toy.write(version="python")
    for part in toy.known.files["test"]:
        (folder / part.pickled).write_bytes(python3(*arrays(toy.known, part, part.items), protocol))
    found = data.load(toy.known.name, split="test")
    assert found.note == f"real {toy.known.title}, Python version, canonical content, written anew"
    assert np.array_equal(found.images.numpy(), _expected(toy, "test")[0])


def test_recompressed_pixels_are_named(ten: Toy) -> None:
    content = bytearray(ten.content["data_batch_2.bin"])
    content[-1] ^= 1
    (ten.folder / "data_batch_2.bin").write_bytes(content)
    note = data.load("cifar10", split="train").note
    assert note == (
        "real CIFAR-10, binary version, recompressed: labels and the first 5 images a file as published, "
        "not every pixel"
    )
    assert data.load("cifar10", split="test").note.endswith("canonical files")


@pytest.mark.parametrize(("place", "words"), [(0, "but not the published content"), (-3073, "but not the published")])
def test_other_labels_or_beginnings_are_named(ten: Toy, place: int, words: str) -> None:
    content = bytearray(ten.content["test_batch.bin"])
    content[place] = (content[place] + 1) % 10
    (ten.folder / "test_batch.bin").write_bytes(content)
    assert words in data.load("cifar10", split="test").note
    assert [file.state for file in check("cifar10").files][-1] == "different"


def test_a_partial_file_is_named(ten: Toy) -> None:
    (ten.folder / "test_batch.bin").write_bytes(ten.content["test_batch.bin"][: 6 * 3073])
    assert data.load("cifar10", split="test").note.endswith("partial: 6 of 8 test images")


def test_content_without_known_checksums_is_unverified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy = _make("cifar100", tmp_path, monkeypatch)
    content = bytearray(toy.content["test.bin"])
    content[-1] ^= 1
    toy.write()
    (toy.folder / "test.bin").write_bytes(content)
    assert "not verified" in data.load("cifar100", split="test").note


def test_a_changed_file_is_compared_again(ten: Toy) -> None:
    assert data.load("cifar10", split="test").note.endswith("canonical files")
    path = ten.folder / "test_batch.bin"
    path.write_bytes(ten.content["test_batch.bin"][: 6 * 3073])
    assert "partial" in data.load("cifar10", split="test").note


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no image"),
        (bytes(3073 * 2 - 1), r"no whole number of records: 6,145 bytes in records of 3,073 leave 3,072"),
        (bytes([10]) + bytes(3072), r"label 10 at position 0 is not one of 0\.\.9"),
    ],
)
def test_corrupt_files_are_refused(ten: Toy, content: bytes, words: str) -> None:
    (ten.folder / "test_batch.bin").write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        data.load("cifar10", split="test")
    assert str(ten.folder / "test_batch.bin") in str(caught.value)
    assert "python -m mtlcore data fetch cifar10, which replaces it" in str(caught.value)
    assert [file.state for file in check("cifar10").files][-1] == "corrupt"


def test_missing_files_fall_back_to_the_twin_and_are_named(ten: Toy) -> None:
    (ten.folder / "data_batch_3.bin").unlink()
    assert "data_batch_3.bin missing" in data.load("cifar10", split="test", limit=2).note
    with pytest.raises(DataError, match="data_batch_3.bin missing"):
        data.load("cifar10", source="real", split="train")


def test_folders_of_other_programs_are_found(ten: Toy) -> None:
    ten.folder.rename(ten.root / "cifar-10-batches-bin")
    assert data.load("cifar10", split="test").note.endswith("canonical files")


class _Harm:
    """Pickles to a call of os.system."""

    def __reduce__(self) -> tuple:
        return os.system, ("echo harm > harmed",)


def _state(module: str, name: str, body: bytes) -> bytes:
    return b"\x80\x02c" + module.encode() + b"\n" + name.encode() + b"\n" + body


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(_Harm()),
        pickle.dumps({"data": np.array([_Harm()], dtype=object)}),
        _state("builtins", "eval", b"X\x05\x00\x00\x001 + 1\x85R."),
        _state("numpy", "load", b"X\x01\x00\x00\x00x\x85R."),
        _state("numpy.core.multiarray", "scalar", b"."),
    ],
)
def test_a_pickle_can_ask_for_nothing_but_arrays(content: bytes, tmp_path: Path, monkeypatch: object) -> None:
    path = tmp_path / "batch"
    path.write_bytes(content)
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        with pytest.raises(DataError, match=r"asks for \S+\.\S+, which arrays of numbers do not need|no sound pickle"):
            read_pickle(path)
    finally:
        os.chdir(here)
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pickle",
        pickle.dumps({"data": np.zeros(4)})[:-9],
        _state("numpy", "dtype", b"(}b."),  # changes a function
        _state("numpy", "dtype", b"."),  # leaves one over
        _state("numpy", "dtype", b"X\x02\x00\x00\x00O8\x85R."),  # and a type
        pickle.dumps({"a": {1, 2}}),
        pickle.dumps(np.array(["a", None], dtype=object)),
        _state(
            "numpy.core.multiarray",
            "_reconstruct",
            b")R(K\x01K\x09\x85cnumpy\ndtype\nX\x02\x00\x00\x00u1\x85R\x89C\x01atb.",
        ),
    ],
)
def test_a_spoilt_pickle_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "batch"
    path.write_bytes(content)
    with pytest.raises(DataError, match="is no sound pickle"):
        read_pickle(path)


@pytest.mark.parametrize("protocol", [1, 2, 4, 5])
@pytest.mark.parametrize("dtype", ["u1", "i4", "i8", "f4", "f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_are_read_as_pickle_reads_them(protocol: int, dtype: str, order: str, tmp_path: Path) -> None:
    array = np.asarray(np.arange(24).reshape(2, 3, 4), dtype=dtype, order=order)
    held = {"data": array, "labels": [1, 2], "name": "é", "raw": b"\x00\xff", "none": None, "number": 2.5}
    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps(held, protocol=protocol))
    found, plain = read_pickle(path), pickle.load(io.BytesIO(path.read_bytes()))
    assert found["data"].dtype == plain["data"].dtype
    np.testing.assert_array_equal(found.pop("data"), plain.pop("data"))
    assert found == plain


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ({"labels": [1]}, "does not hold data and labels"),
        ({"data": np.zeros((1, 5), np.uint8), "labels": [1]}, r"no rows of 3,072 bytes"),
        ({"data": np.zeros((2, 3072), np.uint8), "labels": [1]}, "labels that do not fit them"),
        ({"data": np.zeros((1, 3072), np.uint8), "labels": ["a"]}, "no lists of numbers"),
    ],
)
def test_pickles_of_other_things_are_refused(ten: Toy, held: dict, words: str) -> None:
    folder = ten.write(version="python")
    for name in ten.content:
        (ten.folder / name).unlink()
    (folder / "test_batch").write_bytes(pickle.dumps(held))
    with pytest.raises(DataError, match=words):
        data.load("cifar10", split="test")


@pytest.fixture
def served(ten: Toy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An address that offers the archive."""
    place = tmp_path_factory.mktemp("served")
    (place / ten.known.archive.name).write_bytes(ten.archive())

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(place)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_fetch_unpacks_the_archive(ten: Toy, served: str) -> None:
    for name in ten.content:
        (ten.folder / name).unlink()
    ten.folder.rmdir()
    brought = fetch("cifar10", mirrors=[served])
    assert [path.name for path in brought] == list(ten.content)
    assert {file.state for file in check("cifar10").files} == {"canonical"}
    assert sorted(path.name for path in ten.folder.iterdir()) == sorted(ten.content)
    assert [path.name for path in ten.folder.parent.iterdir()] == [ten.folder.name]
    assert fetch("cifar10", mirrors=["http://127.0.0.1:9"]) == []


def test_fetch_replaces_corrupt_and_keeps_other_content(ten: Toy, served: str) -> None:
    (ten.folder / "test_batch.bin").write_bytes(b"cut")
    assert len(fetch("cifar10", mirrors=[served])) == 6
    changed = bytes([(ten.content["test_batch.bin"][0] + 1) % 10]) + ten.content["test_batch.bin"][1:]
    (ten.folder / "test_batch.bin").write_bytes(changed)
    with pytest.raises(DataError, match="is sound but not the published file"):
        fetch("cifar10", mirrors=[served])


def test_superclasses_are_a_function_of_the_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path))
    fine = data.load("cifar100", split="test", limit=100)
    coarse = cifar.coarse(fine)
    assert len(coarse.classes) == 20
    assert torch.bincount(coarse.labels).tolist() == [5] * 20
    for label, above in zip(fine.labels.tolist(), coarse.labels.tolist(), strict=True):
        assert fine.classes[label] in cifar.SUPERCLASSES[coarse.classes[above]]
    with pytest.raises(DataError, match="cifar10 of 10 classes has no superclasses"):
        cifar.coarse(data.load("cifar10", split="test", limit=3))


def test_augmentation_of_the_text_on_colour_images(ten: Toy) -> None:
    """Crops from 4 black pixels around, mirrored; boxes of a fiftieth to two fifths at the mean, on half the images."""
    dataset = data.load("cifar10", source="real", split="train")
    mean, std = dataset.moments()
    options = {"batch_size": 60, "mean": mean, "std": std, "crop_padding": 4, "flip": True}
    plain, labels = next(data.Resident(dataset, **options).epoch(0))
    erased, same = next(data.Resident(dataset, erase=0.5, **options).epoch(0))
    assert torch.equal(labels, same)
    assert plain.shape == (60, 3, 32, 32)
    changed = (plain != erased).any(dim=1)
    assert bool((erased.movedim(1, -1)[changed] == 0).all())
    share = changed.double().mean(dim=(1, 2))
    hit = share > 0
    assert 15 <= int(hit.sum()) <= 45
    assert share[hit].min() > 0.01
    assert share[hit].max() < 0.43
    black = -torch.tensor(mean) / torch.tensor(std)
    corner = torch.isclose(plain[:, :, 0, 0], black, atol=1e-5).all(dim=1)
    assert corner.double().mean() > 0.5  # all but the crops that begin at the image's own corner


def test_published_facts_of_the_classes() -> None:
    """Places of the first and last, and of a few between, as the published lists of names have them."""
    assert (CIFAR100.classes[0], CIFAR100.classes[99], CIFAR100.classes[47]) == ("apple", "worm", "maple tree")
    assert cifar.COARSE_OF_FINE[:10] == (4, 1, 14, 8, 0, 6, 7, 7, 18, 3)
    assert len(binary(np.zeros((1, 3072), np.uint8), np.zeros((1, 2), np.uint8))) == 3074


@pytest.mark.real
def test_the_original_is_recognised() -> None:
    if data.source_of("cifar10") != "real":
        pytest.skip("cifar10 is not in the data root (python -m mtlcore data fetch cifar10)")
    found = data.load("cifar10", source="real", split="train")
    assert "not the published" not in found.note
    assert found.labels[:5].tolist() == [6, 9, 9, 4, 1]
    assert torch.bincount(found.labels).tolist() == [5000] * 10
    mean, std = found.moments()
    assert mean == pytest.approx((0.4914, 0.4822, 0.4465), abs=2e-4)
    assert std == pytest.approx((0.2470, 0.2435, 0.2616), abs=2e-4)
