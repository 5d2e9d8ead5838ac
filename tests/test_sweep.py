import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import Executor, Future, ProcessPoolExecutor

import pytest

from mtlcore.results import Result, Store, StoreError, key
from mtlcore.sweep import SweepError, sweep
from tests.helpers import ENV, ROOT, Config, work


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs.jsonl")


def pool(processes=2):
    return ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))


def lines(store):
    return [json.loads(line) for line in store.path.read_text().splitlines()]


def assert_each_once(store, configs):
    assert sorted(line["key"] for line in lines(store)) == sorted({key(config) for config in configs})


def test_sweep_here_in_order_without_repeats(store, tmp_path):
    seen, kept = [], []
    configs = [Config(seed, folder=str(tmp_path)) for seed in (3, 1, 3, 2)]
    records = sweep(
        work, configs, store=store, progress=lambda *told: seen.append(told), stored=lambda one: kept.append(one.seed)
    )
    assert [record.seed for record in records] == [3, 1, 3, 2]
    assert [done for done, _, _ in seen] == [1, 2, 3]
    assert all(of == 3 and left >= 0 for _, of, left in seen)
    assert seen[-1][2] == 0
    assert kept == [3, 1, 2]
    assert_each_once(store, configs)


def test_second_sweep_computes_only_what_is_missing(store, tmp_path):
    configs = [Config(seed, folder=str(tmp_path)) for seed in range(4)]
    first = sweep(work, configs[:2], store=store)
    marks = set(tmp_path.glob("[0-9]*"))
    assert sweep(work, configs, store=store)[:2] == first
    assert sorted(mark.name[0] for mark in set(tmp_path.glob("[0-9]*")) - marks) == ["2", "3"]
    assert_each_once(store, configs)


def test_process_that_joins_makes_runs_beside_its_worker_and_none_twice(store, tmp_path):
    configs = [Config(seed, folder=str(tmp_path), wait=0.02) for seed in range(20)]
    with pool(1) as workers:
        workers.submit(int).result()  # it has started
        records = sweep(work, configs, store=store, executor=workers, joins=True)
    assert [record.seed for record in records] == list(range(20))
    assert_each_once(store, configs)
    processes = {mark.name.split(".")[1] for mark in tmp_path.glob("[0-9]*")}
    assert len(processes) == 2
    assert str(os.getpid()) in processes


def test_process_that_joins_does_not_wait_for_a_worker_that_starts(store, tmp_path):
    class Starting(Executor):
        def submit(self, *_):
            return Future()  # for ever

    configs = [Config(seed, folder=str(tmp_path)) for seed in range(3)]
    assert len(sweep(work, configs, store=store, executor=Starting(), joins=True)) == 3


def test_runs_of_a_worker_that_died_beside_a_process_that_joins_are_told(store, tmp_path):
    configs = [Config(seed, folder=str(tmp_path), wait=0.2, fails="kill" if seed == 0 else "") for seed in range(9)]
    with pool(1) as workers:
        workers.submit(int).result()
        workers.submit(work, configs[0])  # breaks the pool while it has runs
        with pytest.raises(SweepError, match="a worker process died"):
            sweep(work, configs[1:], store=store, executor=workers, joins=True)
    records = sweep(work, configs[1:], store=store, executor=None)
    assert [record.seed for record in records] == list(range(1, 9))


@pytest.mark.parametrize("executor", [None, "pool"])
def test_failing_runs_are_told_at_the_end_and_the_others_stored(store, executor):
    configs = [Config(seed, fails={1: "error", 3: "nan"}.get(seed, "")) for seed in range(5)]
    workers = pool() if executor else None
    with pytest.raises(SweepError, match=r"2 of 5 runs failed, the first toy [0-9a-f]{16}: ValueError: ") as caught:
        sweep(work, configs, store=store, executor=workers)
    if workers:
        workers.shutdown()
    assert "Finished runs are stored: mend the cause and run the same command again." in str(caught.value)
    assert isinstance(caught.value.__cause__, ValueError)
    assert sorted(line["config"]["seed"] for line in lines(store)) == [0, 2, 4]


def test_what_is_told_of_failures_has_one_full_stop_and_no_runs_that_are_not_there(store):
    def run(config):
        raise ValueError("there is none.")

    with pytest.raises(SweepError) as caught:
        sweep(run, [Config(0)], store=store)
    told = "ValueError: there is none. Mend the cause and run the same command again."
    assert str(caught.value).endswith(told)


def test_a_metric_that_is_no_number_costs_its_run_alone(store):
    def run(config):
        return Result({"accuracy": None if config.seed == 0 else 1.0})

    with pytest.raises(SweepError, match="1 of 3 runs failed, .*TypeError"):
        sweep(run, [Config(seed) for seed in range(3)], store=store)
    assert [line["config"]["seed"] for line in lines(store)] == [1, 2]


def test_a_store_that_cannot_be_written_is_told_before_a_run(tmp_path):
    (tmp_path / "file").touch()
    ran = []
    with pytest.raises(StoreError, match="cannot write"):
        sweep(ran.append, [Config(0)], store=Store(tmp_path / "file" / "runs.jsonl"))
    assert not ran


def test_what_is_missing_is_told_before_anything_is_run_or_written(store):
    told = []

    def refuse(missing):
        told.append([config.seed for config in missing])
        assert not store.path.exists() or told[1:]

    sweep(work, [Config(0), Config(0), Config(1)], store=store, begin=refuse)
    sweep(work, [Config(1), Config(2)], store=store, begin=refuse)
    assert told == [[0, 1], [2]]


def test_killed_worker_of_a_pool_is_told_and_the_sweep_goes_on_when_it_is_run_again(store, tmp_path):
    configs = [Config(seed, folder=str(tmp_path), fails="kill once" if seed == 2 else "") for seed in range(6)]
    with pool() as workers, pytest.raises(SweepError, match=r"a worker process died \(out of memory, or killed\)"):
        sweep(work, configs, store=store, executor=workers)
    with pool() as workers:
        records = sweep(work, configs, store=store, executor=workers)
    assert [record.seed for record in records] == list(range(6))
    assert_each_once(store, configs)


def test_store_that_cannot_be_written_starts_no_further_runs(store, tmp_path, monkeypatch):
    def full(record):
        raise StoreError("cannot write")

    monkeypatch.setattr(store, "append", full)
    configs = [Config(seed, folder=str(tmp_path), wait=0.1) for seed in range(30)]
    with pool(1) as workers, pytest.raises(StoreError, match="cannot write"):
        sweep(work, configs, store=store, executor=workers)
    assert len(list(tmp_path.glob("[0-9]*"))) < 10


@pytest.mark.slow
def test_dask_client_loses_nothing_when_a_worker_is_killed(store, tmp_path):
    from dask.distributed import Client, LocalCluster

    configs = [Config(seed, folder=str(tmp_path), wait=0.02) for seed in range(12)]
    configs.append(Config(12, folder=str(tmp_path), fails="kill once"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the cluster's own, about ports and lost connections
        cluster = LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs="CRITICAL"
        )
        with cluster, Client(cluster) as client, client.get_executor() as executor:
            records = sweep(work, configs, store=store, executor=executor)
    assert (tmp_path / "killed").exists()
    assert len({mark.name.split(".")[1] for mark in tmp_path.glob("[0-9]*")}) >= 2  # more than one process
    assert [record.seed for record in records] == list(range(13))
    assert_each_once(store, configs)


@pytest.mark.slow
def test_killed_sweep_goes_on_to_the_records_of_an_uninterrupted_one(store, tmp_path):
    command = [sys.executable, str(ROOT / "tests" / "helpers.py"), "sweep", str(store.path)]
    first = subprocess.Popen(command, env=ENV)
    while not store.path.exists() or store.path.stat().st_size < 1000:
        assert first.poll() is None
        time.sleep(0.005)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert 0 < len(store.path.read_bytes().splitlines()) < 20
    whole = Store(tmp_path / "whole.jsonl")
    configs = [Config(seed, wait=0.05) for seed in range(20)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a torn last line, if the kill met one
        resumed = sweep(work, configs, store=store)
    uninterrupted = sweep(work, configs, store=whole)
    assert_each_once(store, configs)
    for one, other in zip(resumed, uninterrupted, strict=True):
        assert (one.key, one.config, one.metrics, one.curves) == (other.key, other.config, other.metrics, other.curves)


def test_provenance_is_of_the_code_that_ran(store, monkeypatch):
    from mtlcore import results

    results.commit.cache_clear()
    monkeypatch.setattr(results.paths, "ROOT", ROOT)
    told = []
    monkeypatch.setattr("mtlcore.sweep.provenance", lambda: told.append("before"))

    def run(config):
        told.append("run")
        return Result({"accuracy": 1.0})

    sweep(run, [Config(0)], store=store)
    assert told == ["before", "run"]
    sweep(run, [Config(0)], store=store)
    assert told == ["before", "run"]
