"""What every test relies on: one thread, so that runs are the same bits, and no trace in the working tree."""

import pytest
import torch
from hypothesis import settings

from mtlcore import train

settings.register_profile("shared", deadline=None)  # a busy machine is no failure
settings.load_profile("shared")


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def runs_in_a_temporary_folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MTLCORE_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setenv("OMP_NUM_THREADS", "1")  # of the processes that tests start
        patch.setenv("MTLCORE_WORKERS", "1")  # tests run side by side already
        yield


@pytest.fixture(autouse=True)
def a_checkpoint_an_epoch(monkeypatch):
    monkeypatch.setattr(train, "SAVE_EVERY", 0.0)  # the runs of tests are over in less than its seconds
