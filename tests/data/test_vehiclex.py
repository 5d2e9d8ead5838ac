"""The reader of the VehicleX features: what comes out of a folder in the published layout, and what is refused."""

from __future__ import annotations

import errno
import io
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from mtlcore import data, paths
from mtlcore.data import DataError, Features, vehiclex_cache
from mtlcore.data.check import available, check
from mtlcore.data.fetch import fetch
from mtlcore.data.vehiclex_labels import CLASSES, read_labels
from tests.helpers import ENV

from .vehiclex_folder import SIZES, Folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path))
    return Folder(tmp_path)


def load(split: str = "train", limit: int | None = None) -> Features:
    return data.load("vehiclex-features", source="real", split=split, limit=limit)


def refused(words: str, split: str = "train") -> str:
    with pytest.raises(DataError, match=words) as caught:
        load(split)
    return str(caught.value)


@pytest.mark.parametrize("split", SIZES)
def test_reads_what_was_written(folder: Folder, split: str) -> None:
    found = load(split)
    assert sorted(found.names) == sorted(folder.names(split))
    assert (found.features.shape, found.features.dtype) == ((SIZES[split], 2048), torch.float32)
    for i, name in enumerate(found.names):
        item = folder.items[name]
        assert np.array_equal(found.features[i].numpy(), folder.features[name])
        assert found.labels["vehicle"][i] == int(item["vehicleID"]) - 1
        assert found.classes["vehicle"][found.labels["vehicle"][i]] == item["vehicleID"]
        assert found.classes["camera"][found.labels["camera"][i]] == item["cameraID"]
        assert found.labels["colour"][i] == int(item["colorID"])
        assert found.labels["type"][i] == int(item["typeID"])
        for label, attribute in (
            *(("orientation", "orientation"), ("light_intensity", "lightInt"), ("light_direction", "lightDir")),
            *(("camera_height", "camHei"), ("camera_distance", "camDis")),
        ):
            assert found.labels[label][i] == torch.tensor(float(item[attribute]))


def test_form(folder: Folder) -> None:
    found = load("val")
    assert (found.name, found.source, found.split, len(found)) == ("vehiclex-features", "real", "val", 8)
    assert found.note == "real VehicleX features, 8 validation samples, 14,936 were published"
    assert len(found.labels) == 9
    assert {label: values.dtype for label, values in found.labels.items()} == {
        label: torch.int64 if label in CLASSES else torch.float32 for label in found.labels
    }
    assert [len(found.classes[label]) for label in ("vehicle", "camera", "colour", "type")] == [1362, 20, 12, 11]


def test_order_is_that_of_no_label_and_limit_takes_the_first(folder: Folder) -> None:
    whole, few = load(), load(limit=7)
    assert list(whole.names) != sorted(whole.names)
    assert few.names == whole.names[:7]
    assert torch.equal(few.features, whole.features[:7])
    assert all(torch.equal(values, whole.labels[label][:7]) for label, values in few.labels.items())
    assert len(load(limit=1000)) == SIZES["train"]


def test_order_does_not_depend_on_other_files(folder: Folder) -> None:
    whole = load().names
    gone = whole[3]
    folder.file(gone).unlink()
    del folder.items[gone]
    folder.write_xml()
    assert load().names == tuple(name for name in whole if name != gone)


def test_what_is_written_to_the_features_stays_here(folder: Folder) -> None:
    load().features[0] = -1
    assert load().features.min() >= 0


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<f2"])
def test_other_floating_types_are_taken(folder: Folder, dtype: str) -> None:
    """All files, or some among others."""
    for name in folder.names("train")[:9] + folder.names("val"):
        np.save(folder.file(name), folder.features[name].astype(dtype))
    for split in ("train", "val"):
        found = load(split)
        expected = np.stack([folder.features[name].astype(dtype).astype(np.float32) for name in found.names])
        changed = [i for i, name in enumerate(found.names) if name in folder.names("train")[:9] or split == "val"]
        assert np.array_equal(found.features[changed].numpy(), expected[changed])


def test_an_older_header_is_taken(folder: Folder) -> None:
    """Older versions of numpy padded the header to 16 bytes, not 64; the format allows any."""
    for name in folder.names("val"):
        text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2048,), }     \n"
        head = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
        folder.file(name).write_bytes(head + folder.features[name].tobytes())
    found = load("val")
    assert np.array_equal(found.features.numpy(), np.stack([folder.features[name] for name in found.names]))


def test_images_named_as_in_the_second_package(folder: Folder) -> None:
    for name, item in folder.items.items():
        item["imageName"] = f"{name}.jpg"
    folder.write_xml()
    assert len(load()) == SIZES["train"]


def test_other_files_are_passed_over(folder: Folder) -> None:
    (folder.path / "train" / "._0001_c001_1.npy").write_bytes(b"left by an archive")
    (folder.path / "train" / "notes.txt").write_text("mine")
    assert len(load()) == SIZES["train"]


def test_a_folder_unpacked_inside_itself_is_found(folder: Folder) -> None:
    inner = folder.path / "vehicle-x"
    inner.mkdir()
    for name in (*SIZES, "finegrained_label.xml"):
        (folder.path / name).rename(inner / name)
    assert len(load()) == SIZES["train"]


# --- names of colours and types ---


@pytest.mark.parametrize("first", [0, 1])
def test_lists_name_the_classes(folder: Folder, first: int) -> None:
    names = [f"kind {letter}" for letter in "abcdefghijk"]
    (folder.path / "list_type.txt").write_text("".join(f"{n} {name}\n" for n, name in enumerate(names, first)))
    found = load()
    assert found.classes["type"] == tuple(names)
    assert found.classes["colour"][11] == "pink"
    assert "not understood" not in found.note


@pytest.mark.parametrize("text", ["", "0 red\n0 red\n", "0 yellow\n1 orange\n"])
def test_a_list_that_is_not_understood_is_said(folder: Folder, text: str) -> None:
    (folder.path / "list_color.txt").write_text(text)
    found = load()
    assert found.classes == CLASSES
    assert found.note.endswith("(list_color.txt not understood, known names taken)")


# --- the cache ---


def cached(folder: Folder) -> list[str]:
    return sorted(path.name for path in (folder.path.parent / "cache" / "vehicle-x").iterdir())


def test_the_second_time_no_sample_is_read(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load()

    def never(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(vehiclex_cache, "read_rows", never)
    monkeypatch.setattr(vehiclex_cache, "read_labels", never)
    second = load()
    assert torch.equal(first.features, second.features)
    assert first.names == second.names
    assert all(torch.equal(values, second.labels[label]) for label, values in first.labels.items())


def test_a_changed_file_is_read_again(folder: Folder) -> None:
    load()
    name = folder.names("train")[5]
    before = cached(folder)
    np.save(folder.file(name), folder.features[name] + 1)
    state = folder.file(name).stat()
    os.utime(folder.file(name), ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    found = load()
    assert np.array_equal(found.features[found.names.index(name)].numpy(), folder.features[name] + 1)
    assert len(cached(folder)) == len(before)  # the old one is gone
    assert cached(folder) != before


def test_a_changed_label_is_read_again(folder: Folder) -> None:
    name = folder.names("train")[5]
    for colour in ("3", "4"):
        folder.items[name]["colorID"] = colour
        folder.items[name]["camDis"] = "9." + colour * int(colour)  # another size, if the clock stands still
        folder.write_xml()
        found = load()
        assert found.labels["colour"][found.names.index(name)] == int(colour)


def test_splits_have_their_own_cache(folder: Folder) -> None:
    load("test")
    load("train")
    np.save(folder.file(folder.names("test")[0]), np.zeros(2048, dtype=np.float32))
    before = [name for name in cached(folder) if name.startswith("train-")]
    load("test")
    assert [name for name in cached(folder) if name.startswith("train-")] == before


@pytest.mark.parametrize("name", ["features.npy", "labels.npz"])
@pytest.mark.parametrize("size", [0, 100])
def test_a_spoilt_cache_is_made_anew(folder: Folder, name: str, size: int) -> None:
    whole = load().features.clone()
    (place,) = (folder.path.parent / "cache" / "vehicle-x").glob("train-*")
    os.truncate(place / name, size)
    assert torch.equal(load().features, whole)
    assert (place / name).stat().st_size > 100


def test_what_a_killed_process_left_is_removed(folder: Folder) -> None:
    place = folder.path.parent / "cache" / "vehicle-x" / "train-0123456789abcdef.new"
    place.mkdir(parents=True)
    (place / "features.npy").write_bytes(b"half")
    load()
    assert not place.exists()


def test_a_full_disk_is_named_and_leaves_nothing(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        refused(r"cannot be brought into one file \(.*No space left on device\): make room, or set MTLCORE_DATA")
    assert cached(folder) == ["train.lock"]
    assert len(load()) == SIZES["train"]


def test_a_root_that_may_not_be_written_to(folder: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path)
    assert len(load()) == SIZES["train"]
    assert not (tmp_path / "cache").exists()
    assert any((tmp_path / "build" / "cache").glob("vehicle-x-*/train-*/features.npy"))


@pytest.mark.slow
def test_several_processes_at_once(folder: Folder, tmp_path: Path) -> None:
    script = "from mtlcore import data; print(float(data.load('vehiclex-features', split='train').features.sum()))"
    command, environment = [sys.executable, "-c", script], ENV | {"MTLCORE_DATA": str(tmp_path)}
    started = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    sums = [float(process.communicate()[0]) for process in started]
    assert sums == [float(load().features.sum())] * 3
    assert len([name for name in cached(folder) if name.startswith("train-")]) == 1


# --- what is refused ---


def test_missing_and_extra_files_are_named(folder: Folder) -> None:
    names = folder.names("train")
    for name in names[:5]:
        folder.file(name).unlink()
    extra = np.zeros(2048, dtype=np.float32)
    np.save(folder.path / "train" / "mine.npy", extra)
    np.save(folder.path / "val" / "yours.npy", extra)
    message = refused("cannot be used")
    shown = ", ".join(f"{name}.npy" for name in sorted(names[:5])[:3])
    assert f"5 named in finegrained_label.xml but missing ({shown}, ...)" in message
    assert "2 without an Item in finegrained_label.xml (train/mine.npy, val/yours.npy)" in message
    assert str(folder.path) in message


def test_a_file_in_two_folders_is_named(folder: Folder) -> None:
    name = folder.names("train")[0]
    np.save(folder.path / "test" / f"{name}.npy", folder.features[name])
    refused(rf"1 in two folders \({name}.npy in train and test\)")


def test_everything_wrong_is_said_at_once(folder: Folder) -> None:
    names = folder.names("train")
    holes = folder.features[names[4]].copy()
    holes[7] = np.nan
    huge = folder.features[names[8]].astype(np.float64)
    huge[2] = 1e300
    whole = folder.file(names[5]).read_bytes()
    np.save(folder.file(names[0]), np.zeros((1, 2048), dtype=np.float32))
    np.save(folder.file(names[1]), np.zeros(2047, dtype=np.float32))
    np.save(folder.file(names[2]), np.zeros(2048, dtype=np.int64))
    folder.file(names[3]).write_bytes(b"<html>not found</html>")
    np.save(folder.file(names[4]), holes)
    folder.file(names[5]).write_bytes(whole[:-1])
    folder.file(names[6]).write_bytes(whole + b"\n")
    folder.file(names[7]).write_bytes(b"")
    np.save(folder.file(names[8]), huge)
    message = refused("cannot be used")
    misshaped = sorted([f"train/{names[0]}.npy is (1, 2048)", f"train/{names[1]}.npy is (2047,)"])
    for words in (
        f"2 misshaped ({', '.join(misshaped)})",
        f"1 of the wrong type (train/{names[2]}.npy is int64)",
        f"1 cut (train/{names[5]}.npy)",
        f"1 too long (train/{names[6]}.npy)",
        f"2 not in the .npy format ({', '.join(sorted(f'train/{n}.npy' for n in (names[3], names[7])))})",
        f"2 not finite ({', '.join(sorted(f'train/{n}.npy' for n in (names[4], names[8])))})",
    ):
        assert words in message
    assert cached(folder) == ["train.lock"]


class Trap:
    """Unpickled, it would leave a mark."""

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return os.mkdir, ("unpickled",)


def test_nothing_is_unpickled(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, second = folder.names("train")[:2]
    stream = io.BytesIO()
    np.save(stream, np.array([Trap()], dtype=object), allow_pickle=True)
    folder.file(first).write_bytes(stream.getvalue())
    folder.file(second).write_bytes(pickle.dumps(Trap()))
    message = refused("cannot be used")
    assert f"1 of the wrong type (train/{first}.npy is object)" in message
    assert f"1 not in the .npy format (train/{second}.npy)" in message
    assert not (tmp_path / "unpickled").exists()


def test_a_folder_named_like_a_file(folder: Folder) -> None:
    name = folder.names("train")[0]
    folder.file(name).unlink()
    folder.file(name).mkdir()
    refused(r"1 not readable \(train/.*Is a directory")


XML_FAULTS = [
    ('vehicleID="{vehicle}"', 'vehicleID="1363"', "vehicleID='1363' of .* is not one of 1 to 1362"),
    ('vehicleID="{vehicle}"', 'vehicleID="0000"', "vehicleID='0000' of .* is not one of 1 to 1362"),
    ('cameraID="{camera}"', 'cameraID="7"', "cameraID='7' of .* is not one of c1 to c20"),
    ('cameraID="{camera}"', 'cameraID="c021"', "cameraID='c021' of .* is not one of c1 to c20"),
    ('colorID="{colour}"', 'colorID="12"', "colorID='12' of .* is not one of 0 to 11"),
    ('colorID="{colour}"', 'colorID="-1"', "colorID='-1' of .* is not one of 0 to 11"),
    ('colorID="{colour}"', 'colorID="²"', "colorID='²' of .* is not one of 0 to 11"),
    ('typeID="{type}"', "", "has no typeID"),
    ('camHei="{height}"', 'camHei="tall"', "camHei='tall' of .* is not a number"),
    ('camHei="{height}"', 'camHei="nan"', "camHei='nan' of .* is not a finite number"),
    ('imageName="{name}.npy"', "", "an Item without imageName"),
    ('imageName="{name}.npy"', 'imageName="{other}.npy"', "{other}.npy is there twice"),
    ("<Item imageName", "<Item <imageName", "not well-formed XML"),
]


@pytest.mark.parametrize(("old", "new", "words"), XML_FAULTS)
def test_a_fault_in_the_labels_is_named_with_its_line(folder: Folder, old: str, new: str, words: str) -> None:
    """In the sixth Item, which is on line 9."""
    name = list(folder.items)[5]
    item = folder.items[name]
    known = {"name": name, "other": next(iter(folder.items)), "height": item["camHei"]}
    known |= {"vehicle": item["vehicleID"], "camera": item["cameraID"]}
    known |= {"colour": item["colorID"], "type": item["typeID"]}
    lines = folder.xml.read_text().splitlines(keepends=True)
    assert old.format(**known) in lines[8]
    lines[8] = lines[8].replace(old.format(**known), new.format(**known))
    folder.xml.write_text("".join(lines), encoding="utf-8")
    refused(rf"finegrained_label.xml, line 9: .*{words.format(**known)}")


def test_a_cut_xml_is_refused(folder: Folder) -> None:
    os.truncate(folder.xml, folder.xml.stat().st_size // 2)
    refused(r"finegrained_label.xml, line \d+: not well-formed XML")


def test_an_empty_xml_is_refused(folder: Folder) -> None:
    folder.xml.write_text("<TrainingImages />")
    refused("holds no Item")


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/hostname">',
    ],
)
def test_entities_are_refused(folder: Folder, declared: str) -> None:
    text = folder.xml.read_text()
    folder.xml.write_text(text.replace("<TrainingImages>", f"{declared}\n<TrainingImages>"))
    refused("line 2: a document type is declared")


def test_the_declared_encoding_does_not_matter(folder: Folder) -> None:
    """XML of this family is known to declare gb2312 over plain ASCII."""
    text = folder.xml.read_text()
    folder.xml.write_text(text.replace('encoding="utf-8"', 'encoding="gb2312"'), encoding="utf-8-sig")
    assert len(read_labels(folder.xml).rows) == sum(SIZES.values())


# --- what is there, and how it is said ---


def test_an_absent_set_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path))
    message = refused("VehicleX features is not there: train/")
    assert "cs.anu.edu.au/~tom/datasets/vehicle-x.zip" in message
    assert "or take source='twin'" in message
    assert data.source_of("vehiclex-features") == "twin"


@pytest.mark.parametrize("part", ["val", "finegrained_label.xml"])
def test_an_incomplete_set_is_said(folder: Folder, part: str) -> None:
    (folder.path / part).rename(folder.path / f"{part} away")
    found = data.load("vehiclex-features", split="test", limit=3)
    assert found.source == "twin"
    name = "val/*.npy" if part == "val" else part
    assert found.note.endswith(f"(the real files are incomplete: {name} missing)")
    assert f"{name} missing in {folder.path}" in check("vehiclex-features").notes["train"]


def test_splits_are_its_own(folder: Folder) -> None:
    with pytest.raises(DataError, match="split='valid' is none of train, val, test"):
        load("valid")


def test_nothing_is_downloaded(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="VehicleX features cannot be fetched. It was a course package"):
        fetch("vehiclex-features", root=tmp_path / "root")
    assert not (tmp_path / "root").exists()


def test_check_of_what_is_there(folder: Folder) -> None:
    report = check("vehiclex-features")
    assert report.ok
    assert [(file.name, file.state) for file in report.files] == [
        *((f"{split}/*.npy", "other") for split in SIZES),
        ("finegrained_label.xml", "other"),
    ]
    assert report.files[0].about == "30 of 45,438 files"
    assert report.files[3].about == "labels of 48 of 75,516 images"
    assert report.notes["test"].startswith("real VehicleX features, 10 test samples")


def test_check_of_what_is_broken(folder: Folder) -> None:
    folder.file(folder.names("val")[0]).write_bytes(b"")
    folder.file(folder.names("test")[0]).unlink()
    report = check("vehiclex-features")
    assert not report.ok
    assert "1 not in the .npy format" in report.notes["val"]
    assert "1 named in finegrained_label.xml but missing" in report.notes["train"]
    folder.xml.write_text("<")
    assert check("vehiclex-features").files[3].state == "corrupt"


def test_the_list_of_sets(folder: Folder) -> None:
    row = {row.name: row for row in available()}["vehiclex-features"]
    assert (row.source, row.present, row.files, row.megabytes) == ("real", 4, 4, pytest.approx(628, abs=1))
