"""Fetching, against a server on this machine that behaves as badly as servers do."""

from __future__ import annotations

import dataclasses
import errno
import fcntl
import re
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mtlcore import data
from mtlcore.data import DataError
from mtlcore.data.check import check
from mtlcore.data.download import Patience
from mtlcore.data.fetch import fetch
from mtlcore.data.idxset import IdxSet

from .conftest import Toy, arrays, idx_bytes

IMAGES = "train-images-idx3-ubyte.gz"
LABELS = "train-labels-idx1-ubyte.gz"
QUICK = Patience(tries=3, pause=0.01, timeout=0.4)


@dataclasses.dataclass
class Server:
    """Files under an address, what goes wrong with them, and the requests that came."""

    url: str
    files: dict[str, bytes]
    fault: dict[str, str] = dataclasses.field(default_factory=dict)
    seen: list[tuple[str, str | None]] = dataclasses.field(default_factory=list)

    def asked(self, name: str) -> list[str | None]:
        return [header for path, header in self.seen if path == name]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        name, header = self.path.rsplit("/", 1)[-1], self.headers.get("Range")
        self.state.seen.append((name, header))
        content, fault = self.state.files.get(name), self.state.fault.get(name, "")
        if content is None or fault == "404":
            self.send_error(404)
            return
        if fault == "503 once" and len(self.state.asked(name)) == 1:
            self.send_error(503)
            return
        if fault == "corrupt":
            content = content[:-9] + bytes(1) + content[-8:]
        if fault == "longer":
            content += b"surplus"
        start = 0
        if header and fault == "416":
            self.send_error(416)
            return
        if header and fault != "no range":
            start = int(header.removeprefix("bytes=").rstrip("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self._body(content[start:], fault, first=len(self.state.asked(name)) == 1)

    def _body(self, content: bytes, fault: str, *, first: bool) -> None:
        if fault == "truncate" or (fault in ("truncate once", "no range", "416") and first):
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
        elif fault == "stall" or (fault == "stall once" and first):
            self.wfile.write(content[: len(content) // 3])
            self.wfile.flush()
            time.sleep(0.8)
            self.close_connection = True
        else:
            self.wfile.write(content)


@pytest.fixture
def server(toy: Toy) -> Iterator[Server]:
    handler = type("Handler", (_Handler,), {})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.state = state = Server(f"http://127.0.0.1:{running.server_port}/mnist", toy.files)  # type: ignore[attr-defined]
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def bare(toy: Toy) -> Toy:
    """The set is known, and nothing of it is there."""
    for name in toy.files:
        (toy.folder / name).unlink()
    return toy


def _leftovers(toy: Toy) -> list[str]:
    return sorted(path.name for path in toy.folder.iterdir() if path.name not in toy.files)


def _sound(toy: Toy) -> bool:
    return {file.state for file in check("mnist").files} == {"canonical"} and not _leftovers(toy)


def test_brings_all_files(bare: Toy, server: Server) -> None:
    steps: list[tuple[str, int, int]] = []
    brought = fetch("mnist", mirrors=[server.url], patience=QUICK, progress=lambda *step: steps.append(step))
    assert [path.name for path in brought] == list(bare.files)
    assert _sound(bare)
    for name, packed in bare.files.items():
        mine = [(done, of) for step_name, done, of in steps if step_name == name]
        assert mine[-1] == (len(packed), len(packed))
        assert mine == sorted(mine)
    assert data.load("mnist", source="real", split="train").note == "real MNIST, canonical files"


def test_another_root_may_be_named(bare: Toy, server: Server, tmp_path: Path) -> None:
    fetch("mnist", root=tmp_path / "new" / "root", mirrors=[server.url], patience=QUICK)
    assert check("mnist", tmp_path / "new" / "root").ok
    assert not check("mnist").ok


def test_sound_copies_are_left_alone(toy: Toy, server: Server) -> None:
    toy.write("train-images-idx3-ubyte", toy.content("train-images-idx3-ubyte"))
    before = toy.path("train-images-idx3-ubyte").read_bytes()
    assert fetch("mnist", mirrors=[server.url], patience=QUICK) == []
    assert server.seen == []
    assert toy.path("train-images-idx3-ubyte").read_bytes() == before


def test_goes_on_where_a_truncated_download_stopped(bare: Toy, server: Server) -> None:
    server.fault[IMAGES] = "truncate once"
    fetch("mnist", mirrors=[server.url], patience=QUICK)
    half = len(bare.files[IMAGES]) // 2
    assert server.asked(IMAGES) == [None, f"bytes={half}-"]
    assert _sound(bare)


def test_goes_on_in_a_later_call(bare: Toy, server: Server) -> None:
    server.fault[IMAGES] = "truncate"
    with pytest.raises(DataError, match="could not be fetched"):
        fetch("mnist", mirrors=[server.url], patience=dataclasses.replace(QUICK, tries=1))
    kept = (bare.folder / f"{IMAGES}.part").stat().st_size
    assert 0 < kept < len(bare.files[IMAGES])
    server.fault.clear()
    fetch("mnist", mirrors=[server.url], patience=QUICK)
    assert server.asked(IMAGES)[-1] == f"bytes={kept}-"
    assert _sound(bare)


def test_a_spoilt_beginning_is_thrown_away(bare: Toy, server: Server) -> None:
    (bare.folder / f"{IMAGES}.part").write_bytes(b"the beginning of something else")
    fetch("mnist", mirrors=[server.url], patience=QUICK)
    assert server.asked(IMAGES) == ["bytes=31-", None]
    assert _sound(bare)


@pytest.mark.parametrize("more", [0, 7])
def test_a_part_that_is_whole_or_too_long(bare: Toy, server: Server, more: int) -> None:
    """A whole one is used without asking; one that is too long is not of this file."""
    (bare.folder / f"{IMAGES}.part").write_bytes(bare.files[IMAGES] + bytes(more))
    fetch("mnist", mirrors=[server.url], patience=QUICK)
    assert server.asked(IMAGES) == ([None] if more else [])
    assert _sound(bare)


def test_gives_up_on_a_server_that_always_truncates(bare: Toy, server: Server) -> None:
    """Each try halves what is missing, so three tries are not enough."""
    server.fault[IMAGES] = "truncate"
    with pytest.raises(DataError, match=r"ended after|IncompleteRead") as caught:
        fetch("mnist", mirrors=[server.url], patience=QUICK)
    assert f"put the file by hand into {bare.folder}" in str(caught.value)
    assert len(server.asked(IMAGES)) == QUICK.tries


@pytest.mark.parametrize("fault", ["no range", "416"])
def test_begins_anew_where_the_server_cannot_go_on(bare: Toy, server: Server, fault: str) -> None:
    server.fault[IMAGES] = fault
    fetch("mnist", mirrors=[server.url], patience=QUICK)
    assert server.asked(IMAGES)[1] == f"bytes={len(bare.files[IMAGES]) // 2}-"
    assert _sound(bare)


def test_a_stalling_server_is_left_after_the_time_out(bare: Toy, server: Server) -> None:
    server.fault[IMAGES] = "stall once"
    start = time.perf_counter()
    fetch("mnist", mirrors=[server.url], patience=QUICK)
    assert time.perf_counter() - start < 5
    assert server.asked(IMAGES)[1] == f"bytes={len(bare.files[IMAGES]) // 3}-"
    assert _sound(bare)


def test_a_server_that_only_stalls_is_named(bare: Toy, server: Server) -> None:
    server.fault[IMAGES] = "stall"
    with pytest.raises(DataError, match=re.escape(f"{server.url}/{IMAGES}: it did not answer in time")):
        fetch("mnist", mirrors=[server.url], patience=dataclasses.replace(QUICK, tries=1, timeout=0.1))


def test_corrupt_content_is_refused_with_both_checksums(bare: Toy, server: Server) -> None:
    server.fault[IMAGES] = "corrupt"
    published = bare.known.files["train", "images"].sha256
    with pytest.raises(DataError, match=rf"its SHA-256 is [0-9a-f]{{64}}, not {published}"):
        fetch("mnist", mirrors=[server.url], patience=QUICK)
    assert not (bare.folder / IMAGES).exists()
    assert _leftovers(bare) == []


def test_surplus_content_is_refused(bare: Toy, server: Server) -> None:
    server.fault[IMAGES] = "longer"
    with pytest.raises(DataError, match="its SHA-256 is"):
        fetch("mnist", mirrors=[server.url], patience=QUICK)


def test_the_next_mirror_is_tried(bare: Toy, server: Server) -> None:
    other = server.url.replace("/mnist", "/elsewhere")
    server.fault[IMAGES] = "503 once"
    fetch("mnist", mirrors=[other, server.url], patience=dataclasses.replace(QUICK, tries=1))
    assert _sound(bare)
    assert len(server.asked(IMAGES)) == 2


def test_an_overloaded_server_is_tried_again(bare: Toy, server: Server) -> None:
    server.fault[IMAGES] = "503 once"
    fetch("mnist", mirrors=[server.url], patience=QUICK)
    assert len(server.asked(IMAGES)) == 2
    assert _sound(bare)


def test_a_missing_file_is_not_asked_for_again(bare: Toy, server: Server) -> None:
    server.fault[IMAGES] = "404"
    with pytest.raises(DataError, match=re.escape(f"{server.url}/{IMAGES}: 404 Not Found")):
        fetch("mnist", mirrors=[server.url], patience=QUICK)
    assert len(server.asked(IMAGES)) == 1


def test_no_connection_is_named(bare: Toy) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(DataError, match=re.escape(f"{address}/{IMAGES}: no connection")):
        fetch("mnist", mirrors=[address], patience=dataclasses.replace(QUICK, tries=1))


def test_a_partial_set_stays_usable_when_fetching_fails(toy: Toy, server: Server) -> None:
    whole = arrays("train")
    toy.write("train-images-idx3-ubyte", idx_bytes(whole["images"][:13]))
    toy.write("train-labels-idx1-ubyte", idx_bytes(whole["labels"][:13]))
    server.fault[LABELS] = "404"
    with pytest.raises(DataError, match="could not be fetched"):
        fetch("mnist", mirrors=[server.url], patience=QUICK)
    assert data.load("mnist", split="train").note == "real MNIST, partial: the first 13 of 60 training images"
    server.fault.clear()
    fetch("mnist", mirrors=[server.url], patience=QUICK)
    assert len(server.asked(IMAGES)) == 1  # the images had arrived and are not brought twice
    assert _sound(toy)


def test_a_corrupt_file_is_replaced(toy: Toy, server: Server) -> None:
    (toy.folder / IMAGES).write_bytes(b"broken")
    assert [path.name for path in fetch("mnist", mirrors=[server.url], patience=QUICK)] == [IMAGES]
    assert _sound(toy)


def test_other_content_is_not_overwritten(toy: Toy, server: Server) -> None:
    changed = arrays("train")["images"]
    changed[0, 0, 0] ^= 1
    mine = toy.write("train-images-idx3-ubyte", idx_bytes(changed))
    before = mine.read_bytes()
    with pytest.raises(DataError, match=rf"{re.escape(str(mine))} is sound but not the published file: move it"):
        fetch("mnist", mirrors=[server.url], patience=QUICK)
    assert mine.read_bytes() == before


def test_two_processes_do_not_write_one_file(bare: Toy, server: Server) -> None:
    with (bare.folder / f"{IMAGES}.part").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(DataError, match="is being written by another process"):
            fetch("mnist", mirrors=[server.url], patience=QUICK)


def test_a_root_that_cannot_be_made_is_named(bare: Toy, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DataError, match="cannot be made .*set MTLCORE_DATA"):
        fetch("mnist", root=tmp_path / "file")


def test_a_full_disk_is_named(bare: Toy, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("mtlcore.data.download.Resuming._transfer", full)
    with pytest.raises(DataError, match=r"cannot be written \(No space left on device\): make room"):
        fetch("mnist", mirrors=[server.url], patience=QUICK)


def test_unknown_name_is_refused() -> None:
    with pytest.raises(DataError, match="did you mean 'fashion'"):
        fetch("fashoin")


def test_published_addresses_and_checksums_are_whole() -> None:
    idx_sets = [known for known in data.SETS.values() if isinstance(known, IdxSet)]
    assert [known.name for known in idx_sets] == ["mnist", "fashion", "kmnist"]
    for known in idx_sets:
        assert len(known.files) == 4
        assert all(mirror.startswith(("https://", "http://")) and mirror.endswith("/") for mirror in known.mirrors)
        for file in known.files.values():
            sums = [file.sha256, file.head, *([file.content] if file.content else [])]
            assert all(re.fullmatch("[0-9a-f]{64}", one) for one in sums)
            assert len(set(sums)) == len(sums)
