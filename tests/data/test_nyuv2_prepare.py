"""Unpacking the published files of NYU-v2: what is written, what is refused, and going on after a break."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import torch
from click.testing import CliRunner
from PIL import Image

from mtlcore import data
from mtlcore.__main__ import main
from mtlcore.data import DataError, nyuv2_prepare
from mtlcore.data.nyuv2_files import CLASSES
from mtlcore.data.nyuv2_mat import LabelledMat, read_mapping
from mtlcore.data.nyuv2_prepare import prepare
from tests.helpers import ENV

from .nyuv2_folder import COUNT, SIZE, TEST, mapping, samples, write_prepared, write_published

MAT = "nyu_depth_v2_labeled.mat"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path))
    write_published(tmp_path / "nyuv2", samples())
    return tmp_path / "nyuv2"


def opened(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file of the layout."""
    found = (path for path in folder.rglob("*") if path.suffix in (".png", ".txt"))
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def test_writes_what_the_files_hold(folder: Path) -> None:
    assert prepare() == f"24 samples in {folder}, 24 of them new; {MAT} is no longer needed"
    made, mapped = samples(), np.concatenate([[256], mapping()]).astype(int) - 1
    for number in range(COUNT):
        name = f"{number + 1:04d}.png"
        assert np.array_equal(opened(folder / "image" / name), made["images"][number])
        depth = opened(folder / "depth" / name) / 1000
        assert depth == pytest.approx(made["depths"][number], abs=6e-4)
        assert np.array_equal(opened(folder / "label40" / name), mapped[made["labels"][number]])
        assert opened(folder / "normals" / name).shape == (*SIZE, 3)
    assert (folder / "test.txt").read_text().split() == [f"{number:04d}" for number in TEST]
    assert len((folder / "train.txt").read_text().split()) == COUNT - len(TEST)
    assert tuple((folder / "classes40.txt").read_text().splitlines()) == CLASSES


def test_what_is_prepared_is_what_is_read(folder: Path) -> None:
    prepare()
    (folder / MAT).unlink()
    stored = data.load("nyuv2", source="real", split="test", size=16)
    assert stored.note.endswith("normals stored")
    shutil.rmtree(folder / "normals")
    computed = data.load("nyuv2", source="real", split="test", size=16)
    assert computed.note.endswith("normals computed from depth")
    apart = (stored.labels["normals"].float() - computed.labels["normals"].float()).norm(dim=1)
    assert apart.max() < 0.015, "of vectors of length one: less than a degree"
    assert torch.equal(stored.labels["segmentation"], computed.labels["segmentation"])


def test_the_mapping_gives_40_classes_and_255_for_none(folder: Path) -> None:
    found = read_mapping(folder / "classMapping40.mat")
    assert (len(found), found[0]) == (895, 255)
    assert np.array_equal(found[1:], mapping() - 1)


def test_unknown_depth_is_zero(folder: Path) -> None:
    made = samples(5)
    made["depths"][0, 0, 0], made["depths"][0, 0, 1], made["depths"][0, 0, 2] = np.nan, -1, 99
    write_published(folder, made)
    with LabelledMat(folder / MAT, read_mapping(folder / "classMapping40.mat")) as mat:
        assert mat.read(0).depth[0, :3].tolist() == [0, 0, 65_535]
        assert (len(mat), mat.size) == (5, SIZE)


def test_the_second_time_nothing_is_written(folder: Path) -> None:
    prepare()
    before = {name: state for name, state in files(folder).items() if name.endswith(".png")}
    assert ", 0 of them new;" in prepare()
    assert {name: state for name, state in files(folder).items() if name.endswith(".png")} == before


def test_an_interrupted_run_goes_on(folder: Path) -> None:
    def stop(done: int, of: int) -> None:
        assert of == COUNT
        if done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(progress=stop)
    assert not (folder / "train.txt").exists(), "lists only when all is there"
    assert data.source_of("nyuv2") == "twin"
    before = files(folder)
    assert len(before) >= 4 * 7
    counts: list[int] = []
    prepare(progress=lambda done, of: counts.append(done))
    assert counts[-1] == COUNT
    assert counts[0] > 7
    after = files(folder)
    assert {name: after[name] for name in before} == before
    assert data.source_of("nyuv2") == "real"


def test_a_killed_process_goes_on(folder: Path) -> None:
    """Killed while a file is half written: the part is no file of the layout and goes with the next run."""
    program = (
        "import os, signal\nfrom PIL import Image\nfrom mtlcore.data.nyuv2_prepare import prepare\n"
        "save = Image.Image.save\n"
        "def kill(self, path, **options):\n"
        "    save(self, path, **options)\n"
        "    if path.name == '.0006.png.part' and path.parent.name == 'depth':\n"
        "        path.write_bytes(path.read_bytes()[:50])\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "Image.Image.save = kill\nprepare()\n"
    )
    environment = ENV | {"MTLCORE_DATA": str(folder.parent)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    assert list(folder.glob("*/.*.part"))
    prepare()
    assert not list(folder.glob("*/.*.part"))
    assert len(data.load("nyuv2", source="real", split="train", size=8)) == 19


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_mat_is_named(folder: Path, share: float) -> None:
    path = folder / MAT
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(DataError, match="truncated or no HDF5 file") as caught:
        prepare()
    assert str(path) in str(caught.value)
    assert "http" in str(caught.value)


def test_a_gap_inside_the_mat_keeps_what_came_before(folder: Path) -> None:
    """A checksum inside the file fails when a damaged sample is reached."""
    made = samples()
    with h5py.File(folder / MAT, "w") as file:
        chunks = {"images": (1, 3, *SIZE[::-1]), "depths": (1, *SIZE[::-1]), "labels": (1, *SIZE[::-1])}
        for name, axes in (("images", (0, 3, 2, 1)), ("depths", (0, 2, 1)), ("labels", (0, 2, 1))):
            file.create_dataset(name, data=made[name].transpose(axes), chunks=chunks[name], fletcher32=True)
        info = file["images"].id.get_chunk_info(17)
    with (folder / MAT).open("r+b") as stream:
        stream.seek(info.byte_offset + 40)
        stream.write(b"damage")
    with pytest.raises(DataError, match="truncated or no HDF5 file"):
        prepare()
    kept = len(list((folder / "normals").glob("0*.png")))
    assert 0 < kept < 18
    write_published(folder, made)
    assert f"{COUNT - kept} of them new" in prepare()


@pytest.mark.parametrize("name", ["classMapping40.mat", "splits.mat", MAT])
def test_a_missing_file_is_named_with_its_address(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(DataError, match=f"{name} missing in .*: get {name} from http"):
        prepare()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("classMapping40.mat", {"mapClass": np.ones((1, 890))}, "for each of 894 classes"),
        ("classMapping40.mat", {"mapClass": np.full((1, 894), 41)}, "one of 1 to 40"),
        ("classMapping40.mat", {"other": np.ones((1, 894))}, "no numbers called 'mapClass'"),
        ("splits.mat", {"trainNdxs": np.arange(1, 20), "testNdxs": np.arange(19, 25)}, "does not split the 24 samples"),
        ("splits.mat", {"trainNdxs": np.arange(1, 20)}, "no numbers called 'testNdxs'"),
    ],
)
def test_unsound_small_files_are_refused(folder: Path, name: str, content: dict, words: str) -> None:
    scipy.io.savemat(folder / name, content)
    with pytest.raises(DataError, match=words) as caught:
        prepare()
    assert str(folder / name) in str(caught.value)


@pytest.mark.parametrize("name", ["classMapping40.mat", "splits.mat"])
def test_a_small_file_that_is_none_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"<html>not found</html>" * 20)
    with pytest.raises(DataError, match="cannot be read as a .mat file"):
        prepare()


def test_another_mat_is_refused(folder: Path) -> None:
    with h5py.File(folder / MAT, "w") as file:
        file["images"] = np.zeros((3, 3, 8, 8), dtype=np.uint8)
    with pytest.raises(DataError, match="has no array 'depths' of the published form"):
        prepare()


def test_arrays_of_different_length_are_refused(folder: Path) -> None:
    made = samples()
    write_published(folder, made | {"labels": made["labels"][:20]})
    with pytest.raises(DataError, match="its arrays do not go together"):
        prepare()


def test_a_label_beyond_894_is_refused(folder: Path) -> None:
    made = samples()
    made["labels"][3, 0, 0] = 900
    write_published(folder, made)
    with pytest.raises(DataError, match="label 900 in sample 4 is none of 0 to 894"):
        prepare()


def test_too_little_room_is_said_before_anything_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(nyuv2_prepare.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(DataError, match="GB are needed: make room"):
        prepare()
    assert files(folder) == {}


def test_a_disk_that_fills_keeps_what_is_done(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Image.Image.save

    def full(self: Image.Image, path: Path, **options: object) -> None:
        if path.name == ".0006.png.part" and path.parent.name == "label40":
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        original(self, path, **options)

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(DataError, match="make room and run this again; what is done is kept"):
        prepare()
    assert not list(folder.glob("*/.*.part"))
    monkeypatch.undo()
    done = len(list((folder / "normals").glob("*.png")))
    assert done >= 4
    monkeypatch.setenv("MTLCORE_DATA", str(folder.parent))
    assert f"{COUNT - done} of them new" in prepare()


def test_two_copies_are_not_mixed(folder: Path) -> None:
    (folder / "image").mkdir()
    Image.new("RGB", (32, 24)).save(folder / "image" / "0001.png")
    with pytest.raises(DataError, match="is of another copy"):
        prepare()


def test_a_folder_prepared_elsewhere_gets_its_normals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTLCORE_DATA", str(tmp_path))
    write_prepared(tmp_path / "nyuv2")
    assert prepare().endswith("normals computed for 24 of them")
    assert prepare().endswith("normals computed for 0 of them")
    assert data.load("nyuv2", source="real", split="val", size=8).note.endswith("normals stored")


def test_command_line(folder: Path) -> None:
    done = CliRunner().invoke(main, ["data", "prepare", "nyuv2"])
    assert done.exit_code == 0
    assert done.output == f"nyuv2: 24 samples in {folder}, 24 of them new; {MAT} is no longer needed\n"
    (folder / "splits.mat").unlink()
    done = CliRunner().invoke(main, ["data", "prepare", "nyuv2"])
    assert isinstance(done.exception, DataError)
