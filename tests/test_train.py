import errno
import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from mtlcore import paths
from mtlcore import train as training
from mtlcore.prune import LayerOut
from mtlcore.train import DivergedError, Precision, constant, milestones, train
from tests.helpers import ENV, ROOT
from tests.small import Batches, cross_entropy, sgd, small_net, train_small


def bits(net):
    return {name: value.clone() for name, value in net.state_dict().items()}


def assert_same_bits(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(value, other[name]), name


def without_seconds(curves):
    return {name: values for name, values in curves.items() if name != "seconds"}


@pytest.mark.slow
def test_killed_training_resumes_to_the_same_bits(tmp_path):
    whole, whole_state = small_net(), []
    curves = train_small(whole, epochs=6, optimizers=whole_state)
    checkpoint = tmp_path / "run.pt"
    first = subprocess.Popen([sys.executable, str(ROOT / "tests" / "small.py"), str(checkpoint)], env=ENV)
    while not checkpoint.exists():
        assert first.poll() is None
        time.sleep(0.005)
    time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    done = len(torch.load(checkpoint, weights_only=True)["curves"]["loss"])
    assert 0 < done < 6
    net, state, told = small_net(), [], []
    torch.manual_seed(99)  # whatever this process has drawn must not matter
    resumed = train_small(
        net, epochs=6, checkpoint=checkpoint, optimizers=state, progress=lambda epoch, *_: told.append(epoch)
    )
    assert told == list(range(done + 1, 7))
    assert without_seconds(resumed) == without_seconds(curves)
    assert_same_bits(bits(net), bits(whole))
    for one, other in zip(net.parameters(), whole.parameters(), strict=True):
        assert torch.equal(state[-1].state[one]["momentum_buffer"], whole_state[-1].state[other]["momentum_buffer"])


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("stop", [1, 3])
def test_resume_with_frozen_layers_gives_the_same_bits(tmp_path, stop, reset):
    def run(net, epochs, checkpoint=None):
        policy = LayerOut(net, (0.7, 0.5, 0.2), warmup=1, seed=5)
        return train_small(
            net,
            epochs=epochs,
            checkpoint=checkpoint,
            start_epoch=lambda epoch: {"frozen": policy.share(policy.apply(epoch))},
            reset_optimizer=lambda epoch: reset and epoch >= 1,
        )

    whole, parted = small_net(), small_net()
    curves = run(whole, 5)
    assert len(set(curves["frozen"])) > 1
    run(small_net(), stop, tmp_path / "run.pt")
    assert without_seconds(run(parted, 5, tmp_path / "run.pt")) == without_seconds(curves)
    assert_same_bits(bits(parted), bits(whole))


def test_finished_checkpoint_gives_its_curves_again(tmp_path):
    first = train_small(small_net(), checkpoint=tmp_path / "run.pt")
    net = small_net()
    assert train_small(net, checkpoint=tmp_path / "run.pt") == first
    assert not list(tmp_path.glob("*.part"))


def spoil_loss(at):
    calls = []

    def objective(net, points, labels):
        calls.append(None)
        return cross_entropy(net, points, labels) * (math.nan if len(calls) == at else 1.0)

    return objective


def test_checkpoints_are_written_when_enough_would_be_lost(tmp_path, monkeypatch):
    checkpoint, now, written = tmp_path / "run.pt", [0.0], []
    save = training._save

    def wait(net):
        now[0] += 3.0  # an epoch
        return {}

    def note(path, parts, curves):
        written.append(len(curves["loss"]))
        save(path, parts, curves)

    monkeypatch.setattr(training.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(training, "_save", note)
    monkeypatch.setattr(training, "SAVE_EVERY", 5.0)
    with pytest.raises(DivergedError, match="at epoch 8, step 5; the checkpoint of epoch 6 is kept in"):
        train_small(small_net(), epochs=9, checkpoint=checkpoint, evaluate=wait, objective=spoil_loss(7 * 12 + 5))
    assert written == [2, 4, 6]
    train_small(small_net(), epochs=9, checkpoint=checkpoint, evaluate=wait)  # from epoch 6 on
    assert written == [2, 4, 6, 8]
    assert len(torch.load(checkpoint, weights_only=True)["curves"]["loss"]) == 8


def test_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_checkpoint(tmp_path):
    good = small_net()
    curves = train_small(good, epochs=2)
    checkpoint = tmp_path / "run.pt"
    message = r"the loss is nan at epoch 3, step 5; the checkpoint of epoch 2 is kept in .*run.pt; lower the learning"
    with pytest.raises(DivergedError, match=message):
        train_small(small_net(), epochs=4, checkpoint=checkpoint, objective=spoil_loss(2 * 12 + 5))
    kept = torch.load(checkpoint, weights_only=True)
    assert_same_bits(kept["net"], bits(good))
    assert without_seconds(kept["curves"]) == without_seconds(curves)


def test_loss_that_is_not_finite_in_the_first_epoch_names_no_checkpoint(tmp_path):
    with pytest.raises(DivergedError, match=r"the loss is nan at epoch 1, step 1; lower the learning rate"):
        train_small(small_net(), checkpoint=tmp_path / "run.pt", objective=spoil_loss(1))
    assert not (tmp_path / "run.pt").exists()


def test_weights_spoilt_by_the_last_step_of_an_epoch_never_reach_the_checkpoint(tmp_path):
    calls = []

    def objective(net, points, labels):
        calls.append(None)
        loss = cross_entropy(net, points, labels)
        if len(calls) == 24:  # a finite loss with gradients that are not
            loss = loss + 0 * torch.sqrt(next(net.parameters()).sum() * 0)
        return loss

    with pytest.raises(DivergedError, match=r"a weight not finite after epoch 2; the checkpoint of epoch 1 is kept"):
        train_small(small_net(), checkpoint=tmp_path / "run.pt", objective=objective)
    kept = torch.load(tmp_path / "run.pt", weights_only=True)["net"]
    assert all(bool(value.isfinite().all()) for value in kept.values())
    with pytest.raises(DivergedError, match="error_rate not finite after epoch 1"):
        train_small(small_net(), evaluate=lambda net: {"error_rate": math.nan})


def test_damaged_checkpoints_are_said(tmp_path):
    checkpoint = tmp_path / "run.pt"
    train_small(small_net(), epochs=1, checkpoint=checkpoint)
    content = checkpoint.read_bytes()
    other = tmp_path / "other.pt"
    train_small(nn.Sequential(nn.Linear(6, 2)), epochs=1, checkpoint=other)
    torch.save({"net": 1, "code": paths.code_hash()}, tmp_path / "third.pt")
    for bad in (content[:-100], b"", b"no checkpoint", other.read_bytes(), (tmp_path / "third.pt").read_bytes()):
        checkpoint.write_bytes(bad)
        with pytest.raises(
            ValueError, match=r"run.pt is not a checkpoint of this network .*; remove it to start anew$"
        ):
            train_small(small_net(), checkpoint=checkpoint)


@pytest.mark.parametrize(
    ("where", "name", "error"),
    [
        (Path, "read_bytes", OSError(errno.EIO, "Input/output error")),
        (torch, "load", torch.OutOfMemoryError("CUDA out of memory")),
    ],
)
def test_a_sound_checkpoint_that_cannot_be_read_now_is_not_called_damaged(tmp_path, monkeypatch, where, name, error):
    train_small(small_net(), epochs=1, checkpoint=tmp_path / "run.pt")
    paths.code_hash()  # reads files, too

    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(where, name, fail)
    with pytest.raises(type(error)) as caught:
        train_small(small_net(), checkpoint=tmp_path / "run.pt")
    assert caught.value is error


def test_a_checkpoint_of_other_code_is_left_aside_and_said(tmp_path, monkeypatch):
    checkpoint = tmp_path / "run.pt"
    whole = train_small(small_net(), epochs=3)
    train_small(small_net(), epochs=2, checkpoint=checkpoint, schedule=lambda epoch: 0.5)
    monkeypatch.setattr(paths, "code_hash", lambda: "edited")
    with pytest.warns(UserWarning, match=r"run.pt was written by another state of the code: the run starts anew"):
        found = train_small(small_net(), epochs=3, checkpoint=checkpoint)
    assert without_seconds(found) == without_seconds(whole)
    assert train_small(small_net(), epochs=3, checkpoint=checkpoint) == found  # it is of this state now


def test_a_checkpoint_of_a_machine_with_more_gpus_is_resumed(tmp_path, monkeypatch):
    checkpoint, restored = tmp_path / "run.pt", []
    first = train_small(small_net(), checkpoint=checkpoint)
    state = torch.load(checkpoint, weights_only=True)
    torch.save(state | {"cuda_rng": [torch.tensor([gpu], dtype=torch.uint8) for gpu in range(3)]}, checkpoint)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_rng_state_all", restored.extend)
    assert train_small(small_net(), checkpoint=checkpoint) == first
    assert [int(rng) for rng in restored] == [0, 1]


def test_nothing_to_train_on_is_no_divergence():
    class Empty(Batches):
        def __len__(self):
            return 0

    with pytest.raises(ValueError, match="the training samples make no batch; take more of them, or a smaller batch_"):
        train(small_net(), Empty(), objective=cross_entropy, make_optimizer=sgd, epochs=1)


class Malice:
    def __reduce__(self):
        return print, ("run",)


def test_checkpoint_with_code_in_it_is_not_run(tmp_path, capsys):
    torch.save({"net": Malice()}, tmp_path / "run.pt")
    with pytest.raises(ValueError, match="is not a checkpoint of this network"):
        train_small(small_net(), checkpoint=tmp_path / "run.pt")
    assert not capsys.readouterr().out


def test_full_disk_keeps_the_checkpoint_of_the_epoch_before(tmp_path, monkeypatch):
    checkpoint = tmp_path / "run.pt"
    train_small(small_net(), epochs=1, checkpoint=checkpoint)
    before = checkpoint.read_bytes()

    def full(state, path):
        path.write_bytes(b"half")
        raise RuntimeError("[enforce fail at inline_container.cc]\nmore lines")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(
        OSError, match=r"cannot write .*run.pt .*; free some space, .* and run again: what was there is"
    ):
        train_small(small_net(), epochs=2, checkpoint=checkpoint)
    assert checkpoint.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


def test_schedules():
    factor = milestones(2, 5)
    assert [constant(epoch) for epoch in (0, 100)] == [1.0, 1.0]
    assert [factor(epoch) for epoch in range(7)] == pytest.approx([1, 1, 0.1, 0.1, 0.1, 0.01, 0.01])
    optimizers, rates = [], []

    def look(net):
        rates.append(optimizers[-1].param_groups[0]["lr"])
        return {}

    train_small(
        small_net(),
        epochs=4,
        optimizers=optimizers,
        schedule=milestones(1, 3),
        evaluate=look,
        reset_optimizer=lambda epoch: epoch == 2,
    )
    assert rates == pytest.approx([0.1, 0.01, 0.01, 0.001])
    assert len(optimizers) == 2


def test_optimiser_reset_forgets_the_momentum():
    class Still(Batches):
        def __len__(self):
            return 1

    seen = []

    def objective(net, points, labels):
        return net[0].weight.sum()

    def run(reset):
        net, optimizers = small_net(), []
        train(
            net,
            Still(),
            objective=objective,
            make_optimizer=lambda net: optimizers.append(torch.optim.SGD(net.parameters(), 0.1, 0.9)) or optimizers[-1],
            epochs=2,
            reset_optimizer=lambda epoch: reset,
        )
        seen.append(float((small_net()[0].weight - net[0].weight).detach()[0, 0]))

    run(False)
    run(True)
    assert seen == pytest.approx([0.1 * (1 + 1.9), 0.1 * 2], abs=1e-6)


def test_frozen_layers_keep_weights_and_momentum_bit_for_bit():
    net, optimizers, at_start = small_net(), [], []

    def start(epoch):
        if epoch == 2:
            LayerOut(net, (1.0, 0.0, 1.0)).apply(epoch)
            state = optimizers[0].state
            at_start.append((bits(net), [state[p]["momentum_buffer"].clone() for p in net.parameters()]))

    train_small(net, epochs=5, optimizers=optimizers, start_epoch=start)
    before, momenta = at_start[0]
    after = bits(net)
    for (name, parameter), momentum in zip(net.named_parameters(), momenta, strict=True):
        frozen = name[0] in "05"
        assert torch.equal(before[name], after[name]) == frozen
        assert torch.equal(momentum, optimizers[0].state[parameter]["momentum_buffer"]) == frozen


def test_training_with_everything_frozen_changes_nothing():
    net = small_net().requires_grad_(False)
    before = bits(net)
    curves = train_small(net)
    assert_same_bits(bits(net), before)
    assert len(curves["loss"]) == 3


def test_layerout_that_freezes_nothing_is_the_baseline_bit_for_bit():
    baseline = small_net()
    train_small(baseline)
    net = small_net()  # seeds dropout as well
    policy = LayerOut(net, (0.0, 0.0, 0.0))
    train_small(net, start_epoch=lambda epoch: {"frozen": policy.share(policy.apply(epoch))})
    assert_same_bits(bits(net), bits(baseline))


def test_network_learns_and_curves_have_one_number_an_epoch():
    net = small_net()
    seen = []

    def evaluate(net):
        seen.append((net.training, torch.is_grad_enabled()))
        points, labels = next(Batches().epoch(1000))
        return {"accuracy": float((net(points).argmax(1) == labels).double().mean())}

    curves = train_small(net, epochs=15, evaluate=evaluate)
    assert set(curves) == {"loss", "accuracy", "seconds"}
    assert all(len(curve) == 15 for curve in curves.values())
    assert curves["loss"][-1] < 0.3 * curves["loss"][0]
    assert curves["accuracy"][-1] > 0.9
    assert set(seen) == {(False, False)}


def test_precision_is_used_where_asked():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 4, 2))
    seen = []

    class Images(Batches):
        def epoch(self, index):
            return (
                (points.view(16, 1, 1, 6).expand(16, 1, 4, 6)[..., :4], labels)
                for points, labels in super().epoch(index)
            )

    def objective(net, images, labels):
        seen.append(net[0](images).dtype)
        return cross_entropy(net, images, labels)

    train(
        net,
        Images(),
        objective=objective,
        make_optimizer=sgd,
        epochs=1,
        precision=Precision(bf16=True, channels_last=True),
    )
    assert set(seen) == {torch.bfloat16}
    assert net[0].weight.dtype == torch.float32
    assert net[0].weight.is_contiguous(memory_format=torch.channels_last)
