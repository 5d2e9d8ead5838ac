import dataclasses
import errno
import json
import os
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mtlcore import results
from mtlcore.results import Store, StoreError
from tests.helpers import ENV, ROOT, Config, measure, record


@dataclasses.dataclass(frozen=True)
class Reordered:
    folder: str = ""
    vector: tuple[float, ...] | None = None
    fresh: bool = False  # a field that a recipe gained
    share: float = 0.5
    row: str = "a"
    wait: float = 0.0
    fails: str = ""
    seed: int = 0

    @property
    def recipe(self):
        return "toy"


@dataclasses.dataclass(frozen=True)
class Changed(Config):
    share: float = 0.7  # a default that a recipe changed


def made(config):
    return results.record_of(config, measure(config))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "folder" / "runs.jsonl")


def filled(store, seeds=3):
    for seed in range(seeds):
        assert store.append(made(Config(seed)))
    return store


def test_key_is_stable_under_order_of_fields_and_new_fields_at_their_default():
    for changes in ({}, {"share": 0.25}, {"vector": (0.1, 0.9)}, {"row": "b", "wait": 1.5}):
        assert results.key(Config(seed=4, **changes)) == results.key(Reordered(seed=4, **changes))
    assert results.key(Reordered(seed=4, fresh=True)) != results.key(Config(seed=4))


def test_key_does_not_change_between_versions_of_the_code():
    assert results.key(Config(seed=4, vector=(0.1, 0.9))) == "2dd6ae4fd9f5abf0"


configs = st.builds(
    Config,
    seed=st.integers(0, 50),
    row=st.sampled_from("abc"),
    share=st.floats(0, 1),
    vector=st.none() | st.lists(st.floats(0, 1), max_size=3).map(tuple),
)


@given(configs, configs)
def test_key_is_equal_exactly_for_equal_configurations(one, other):
    assert (results.key(one) == results.key(other)) == (one == other)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1}])
def test_configuration_that_cannot_be_stored_is_refused(value):
    with pytest.raises(ValueError, match="configuration of toy has a value that cannot be stored"):
        results.key(Config(seed=0, share=value))


def test_records_come_back_as_they_were_stored(store):
    assert store.read() == {}
    filled(store)
    expected = [made(Config(seed)) for seed in range(3)]
    assert list(store.read().values()) == expected
    assert expected[2].seed == 2
    assert set(expected[0].provenance) >= {"date", "commit", "code", "python", "torch", "device", "seconds"}


def test_append_is_idempotent(store):
    filled(store)
    before = store.path.read_bytes()
    assert not store.append(made(Config(1)))
    assert store.path.read_bytes() == before


@pytest.mark.parametrize("cut", [1, 2, 40])
def test_torn_last_line_is_dropped_and_said_and_written_over(store, cut):
    filled(store)
    whole = store.path.read_bytes()
    store.path.write_bytes(whole[:-cut])
    if cut == 1:  # the newline alone is gone: the record is whole
        assert len(store.read()) == 3
    else:
        with pytest.warns(UserWarning, match=r"runs.jsonl: dropped a torn last line of \d+ bytes"):
            assert len(store.read()) == 2
        assert store.append(made(Config(2)))
        assert store.path.read_bytes() == whole
    assert store.append(made(Config(3)))
    assert [one.seed for one in store.read().values()] == [0, 1, 2, 3]


@pytest.mark.parametrize("line", [b"not json", b"", b"[1]", b"null", b'{"key":"a"}', b"\xff\xfe", b'{"key":'])
def test_damaged_line_is_named_and_nothing_is_written(store, line):
    filled(store)
    lines = store.path.read_bytes().split(b"\n")
    lines[1] = line
    store.path.write_bytes(b"\n".join(lines))
    before = store.path.read_bytes()
    for call in (store.read, lambda: store.append(made(Config(9)))):
        with pytest.raises(StoreError, match=r"runs.jsonl: line 2 is not a record; remove that line or restore"):
            call()
    assert store.path.read_bytes() == before


def test_append_sees_what_others_wrote_since_and_names_what_they_damaged(store):
    other = Store(store.path)
    assert store.append(record(0))
    assert other.append(record(1))
    assert not store.append(record(1))
    store.path.write_bytes(store.path.read_bytes().removesuffix(b"\n"))  # as an editor may leave it
    assert store.append(record(2))
    assert other.append(record(3))
    assert sorted(store.read()) == sorted(record(seed).key for seed in range(4))
    store.path.write_bytes(store.path.read_bytes() + b"{}\n")
    with pytest.raises(StoreError, match="line 5 is not a record"):
        store.append(record(4))
    store.path.write_bytes(b"".join(store.path.read_bytes().splitlines(keepends=True)[1:4]))  # another file
    assert store.append(record(0))


def test_two_processes_that_append_at_once_lose_nothing(store):
    command = [sys.executable, str(ROOT / "tests" / "helpers.py"), "append", str(store.path)]
    store.path.parent.mkdir()
    ranges = [("0", "60"), ("50", "60")]
    writers = [subprocess.Popen([*command, *numbers], env=ENV) for numbers in ranges]
    while len(list(store.path.parent.glob("*.ready"))) < 2:
        assert all(writer.poll() is None for writer in writers)
        time.sleep(0.005)
    store.path.with_name(f"{store.path.name}.go").touch()
    while any(writer.poll() is None for writer in writers):
        store.read()  # never meets a line half written: that would warn
    assert [writer.returncode for writer in writers] == [0, 0]
    lines = store.path.read_text().splitlines()
    assert sorted(json.loads(line)["config"]["seed"] for line in lines) == list(range(110))


@pytest.mark.parametrize("room", [0, 25])  # nothing fits; a part of the line fits
def test_full_disk_leaves_the_file_as_it_was(store, room):
    resource = pytest.importorskip("resource")
    filled(store, 1)
    before = store.path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    new = made(Config(1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + room, limits[1]))
    try:
        with pytest.raises(StoreError, match="cannot write .*; free some space and run again: what is stored is kept"):
            store.append(new)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert store.path.read_bytes() == before
    assert store.append(new)


def test_error_at_the_last_moment_leaves_the_file_as_it_was(store, monkeypatch):
    filled(store, 1)
    before = store.path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"cannot write .*: No space left on device; free some space"):
        store.append(made(Config(1)))
    assert store.path.read_bytes() == before


def test_append_is_durable_before_it_returns(store, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    filled(store, 1)
    assert synced == [store.path.stat().st_size]


def test_path_that_is_no_file_is_said(tmp_path):
    with pytest.raises(StoreError, match="cannot read .*Is a directory; check the path"):
        Store(tmp_path).read()
    with pytest.raises(StoreError, match="cannot write .*; check the path"):
        Store(tmp_path).append(record())


def test_lookup_refuses_a_default_that_changed(store):
    records = filled(store).read()
    assert results.lookup(records, Config(1)).seed == 1
    assert results.lookup(records, Config(1, share=0.6)) is None
    assert results.lookup(records, Reordered(seed=1)).seed == 1
    with pytest.raises(StoreError, match=r"was made with share=0.5, the default is now 0.7; keep the old default"):
        results.lookup(records, Changed(1))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_not_stored(bad):
    with pytest.raises(ValueError, match=f"metric accuracy of toy is {bad}; a run that diverged is not stored"):
        results.record_of(Config(0), results.Result({"accuracy": bad}))
    with pytest.raises(ValueError, match=f"curve loss of toy is {bad}"):
        results.record_of(Config(0), results.Result({"accuracy": 1.0}, {"loss": [bad, bad]}))


def test_numbers_of_numpy_and_torch_are_stored_as_numbers(store):
    result = results.Result({"accuracy": np.float32(0.5), "loss": torch.tensor(2.0)}, {"loss": [np.float64(1.5)]})
    store.append(results.record_of(Config(0), result))
    (found,) = store.read().values()
    assert (found.metrics, found.curves) == ({"accuracy": 0.5, "loss": 2.0}, {"loss": [1.5]})
    with pytest.raises(TypeError):
        results.record_of(Config(0), results.Result({"accuracy": None}))


def test_a_number_that_some_epochs_do_not_give_is_null_in_the_file(store):
    curves = {"share": [float("nan"), 0.5], "loss": [0.2, 0.1]}
    store.append(results.record_of(Config(0), results.Result({"accuracy": 1.0}, curves)))
    assert json.loads(store.path.read_text())["curves"] == {"share": [None, 0.5], "loss": [0.2, 0.1]}
    (found,) = store.read().values()
    assert str(found.curves) == str(curves)
    with pytest.raises(ValueError, match="curve share of toy is inf"):
        results.record_of(Config(0), results.Result({}, {"share": [float("nan"), float("inf")]}))


def test_summary():
    assert results.summary([99.0]) == "99.00"
    assert results.summary([99.0, 99.2, 99.4], 1) == "99.2 ± 0.2"


def test_commit_is_unknown_outside_a_repository(tmp_path, monkeypatch):
    monkeypatch.setattr(results.paths, "ROOT", tmp_path)
    results.commit.cache_clear()
    try:
        assert results.commit() == "unknown"
    finally:
        results.commit.cache_clear()


def test_reading_a_sound_store_warns_of_nothing(store):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        filled(store).read()
