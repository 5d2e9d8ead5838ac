import math
import signal
import subprocess
import sys
import time

import pytest
import torch
from torch._functorch import config
from torch.nn import functional as F

from mtlcore.balance import MGDA, MGDAUB, GradNorm, Hybrid, Losses, NormalisedMean, PCGrad, Sum, Uncertainty
from mtlcore.train import DivergedError, Precision
from tests import small_tasks
from tests.helpers import ENV, ROOT
from tests.small import train_small
from tests.small_tasks import hybrid, objective, train_tasks

BALANCERS = {
    "Sum": Sum,
    "Uncertainty": lambda: Uncertainty(2),
    "GradNorm": lambda: GradNorm(2),
    "MGDA": MGDA,
    "MGDAUB": MGDAUB,
    "NormalisedMean": lambda: NormalisedMean(per="block", normalise="l2"),
    "Hybrid": hybrid,
    "PCGrad": lambda: PCGrad(seed=4),
}


def bits(module):
    return {name: value.clone() for name, value in module.state_dict().items() if isinstance(value, torch.Tensor)}


def assert_same_bits(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(value, other[name]), name


def told(curves):
    """Curves without the time, as text: NaN equals NaN there."""
    return {name: repr(values) for name, values in curves.items() if name != "seconds"}


def run(make, **options):
    net, balancer = small_tasks.net(), make()
    return train_tasks(net, balancer, **options), net, balancer


@pytest.mark.parametrize("method", BALANCERS)
@pytest.mark.parametrize("stop", [1, 3])
def test_resumed_training_gives_the_same_bits(tmp_path, method, stop):
    make = BALANCERS[method]
    curves, whole, balancer = run(make, epochs=5)
    run(make, epochs=stop, checkpoint=tmp_path / "run.pt")
    torch.manual_seed(99)
    net, parted = small_tasks.net(), make()
    optimizers = []
    resumed = train_tasks(net, parted, epochs=5, checkpoint=tmp_path / "run.pt", optimizers=optimizers)
    assert told(resumed) == told(curves)
    assert_same_bits(bits(net), bits(whole))
    assert_same_bits(bits(parted), bits(balancer))
    assert len(optimizers) == 1


@pytest.mark.slow
def test_killed_training_resumes_to_the_same_bits(tmp_path):
    curves, whole, balancer = run(hybrid, epochs=6)
    checkpoint = tmp_path / "run.pt"
    program = [sys.executable, str(ROOT / "tests" / "small_tasks.py"), str(checkpoint)]
    first = subprocess.Popen(program, env=ENV)
    while not checkpoint.exists():
        assert first.poll() is None
        time.sleep(0.005)
    time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert 0 < len(torch.load(checkpoint, weights_only=True)["curves"]["loss"]) < 6
    resumed, net, parted = run(hybrid, epochs=6, checkpoint=checkpoint)
    assert told(resumed) == told(curves)
    assert_same_bits(bits(net), bits(whole))
    assert_same_bits(bits(parted), bits(balancer))
    assert parted.switched_at == balancer.switched_at == 3


def test_sum_trains_as_one_loss_does():
    def plain(net, points, labels):
        return sum(objective(net, points, labels).tasks.values())

    one = small_tasks.net()
    expected = train_small(one, objective=plain)
    curves, other, _ = run(lambda: Sum(mean=False), epochs=3)
    for name, value in bits(one).items():
        torch.testing.assert_close(bits(other)[name], value, rtol=1e-4, atol=1e-6)
    assert [2 * loss for loss in curves["loss"]] == pytest.approx(expected["loss"], rel=1e-4)


def test_curves_are_means_over_the_steps_of_an_epoch():
    seen = []

    class Watched(GradNorm):
        def backward(self, losses, blocks, representation=None):
            numbers = super().backward(losses, blocks, representation)
            seen.append([float(loss.detach()) for loss in losses.values()] + [float(n) for n in numbers.values()])
            return numbers

    curves, _, _ = run(lambda: Watched(2), epochs=2)
    names = ["loss_first", "loss_second", "weight_first", "weight_second"]
    assert set(curves) == {"loss", "seconds", *names}
    for place, name in enumerate(names):
        by_epoch = [sum(row[place] for row in seen[start : start + 12]) / 12 for start in (0, 12)]
        assert curves[name] == pytest.approx(by_epoch, rel=1e-6), name
    assert curves["loss"] == pytest.approx(
        [(first + second) / 2 for first, second in zip(curves["loss_first"], curves["loss_second"], strict=True)]
    )


@pytest.mark.parametrize("method", BALANCERS)
def test_both_tasks_are_learned(method):
    curves, _, _ = run(BALANCERS[method], epochs=12)
    for task in ("first", "second"):
        assert curves[f"loss_{task}"][-1] < 0.5 * curves[f"loss_{task}"][0]


def test_hybrid_keeps_the_momentum_across_the_switch():
    optimizers, momenta = [], []

    class Watched(Hybrid):
        def backward(self, losses, blocks, representation=None):
            momenta.append((self.phase, [state["momentum_buffer"].clone() for state in optimizers[0].state.values()]))
            return super().backward(losses, blocks, representation)

    balancer = Watched(GradNorm(2, on="representations"), MGDAUB(), epsilon=0.01)
    curves = train_tasks(small_tasks.net(), balancer, epochs=5, optimizers=optimizers)
    assert [phase for phase, _ in momenta] == [1] * 36 + [2] * 24
    assert len(optimizers) == 1
    assert all(float(buffer.abs().max()) > 0 for buffer in momenta[36][1])
    assert curves["phase"] == [1, 1, 1, 2, 2]
    assert [math.isnan(ratio) for ratio in curves["kkt_ratio"]] == [True, True, True, False, False]


def test_recipe_may_start_a_fresh_optimiser_at_the_switch():
    balancer, optimizers = hybrid(), []
    train_tasks(
        small_tasks.net(),
        balancer,
        epochs=5,
        optimizers=optimizers,
        reset_optimizer=lambda epoch: epoch == balancer.switched_at,
    )
    assert len(optimizers) == 2


def spoil(task, at):
    calls = []

    def spoilt(net, points, labels):
        calls.append(None)
        found = objective(net, points, labels)
        if len(calls) == at:
            found.tasks[task] = found.tasks[task] * math.nan
        return found

    return spoilt


@pytest.mark.parametrize("method", BALANCERS)
def test_loss_that_is_not_finite_names_its_task(tmp_path, method):
    good, _, _ = run(BALANCERS[method], epochs=1)
    checkpoint = tmp_path / "run.pt"
    message = "the loss of task second is nan at epoch 2, step 5; the checkpoint of epoch 1 is kept in .*run.pt; lower"
    with pytest.raises(DivergedError, match=message):
        run(BALANCERS[method], checkpoint=checkpoint, objective=spoil("second", 12 + 5))
    kept = torch.load(checkpoint, weights_only=True)
    assert told(kept["curves"]) == told(good)
    assert all(bool(value.isfinite().all()) for value in kept["net"].values())


def test_gradient_that_is_not_finite_behind_finite_losses_is_said():
    def spoilt(net, points, labels):
        found = objective(net, points, labels)
        found.tasks["first"] = found.tasks["first"] + 0 * torch.sqrt(net.root[0].weight.sum() * 0)
        return found

    with pytest.raises(DivergedError, match=r"a gradient is not finite at epoch 1, step 1; lower the learning rate"):
        run(MGDA, objective=spoilt)


def test_objective_and_balancer_go_together():
    with pytest.raises(TypeError, match="an objective returns Losses when there is a balancer, and one scalar when"):
        train_small(small_tasks.net(), objective=objective)
    with pytest.raises(TypeError, match="an objective returns Losses when there is a balancer, and one scalar when"):
        run(Sum, objective=lambda net, points, labels: F.cross_entropy(net.heads[0](net(points)), labels))


def test_checkpoints_with_and_without_a_balancer_are_told_apart(tmp_path):
    path = tmp_path / "run.pt"
    train_small(small_tasks.net(), epochs=1, checkpoint=path, objective=lambda net, x, y: net(x).square().mean())
    assert set(torch.load(path, weights_only=True)) - {"cuda_rng"} == {"net", "optimizer", "curves", "rng", "code"}
    with pytest.raises(ValueError, match="run.pt is not a checkpoint of this network .*; remove it to start anew"):
        run(lambda: GradNorm(2), checkpoint=path)
    path.unlink()
    run(lambda: GradNorm(2), epochs=1, checkpoint=path)
    with pytest.raises(ValueError, match="run.pt is not a checkpoint of this network"):
        run(lambda: Hybrid(Sum(), MGDA()), checkpoint=path)


def test_training_with_everything_frozen_changes_nothing():
    for make in BALANCERS.values():
        net = small_tasks.net().requires_grad_(False)
        before = bits(net)
        curves = train_tasks(net, make(), epochs=2)
        assert_same_bits(bits(net), before)
        assert len(curves["loss_first"]) == 2


@pytest.mark.parametrize("method", BALANCERS)
def test_losses_of_a_bfloat16_pass_train_float32_weights(method):
    curves, net, _ = run(BALANCERS[method], epochs=12, precision=Precision(bf16=True))
    assert {parameter.dtype for parameter in net.parameters()} == {torch.float32}
    assert curves["loss_first"][-1] < 0.6 * curves["loss_first"][0]


def test_blocks_without_names_are_numbered():
    def numbered(net, points, labels):
        found = objective(net, points, labels)
        return Losses(list(found.tasks.values()), found.blocks)

    curves, _, _ = run(MGDA, objective=numbered, epochs=1)
    assert set(curves) == {"loss", "loss_0", "loss_1", "weight_0", "weight_1", "kkt_ratio", "kkt_max", "seconds"}


def test_compiled_networks_keep_their_buffers_for_several_passes(monkeypatch):
    """Without this, torch's default compiler refuses the second pass of MGDA; compiling here would take too long."""
    monkeypatch.setattr(torch, "compile", lambda net: net)
    monkeypatch.setattr(config, "donated_buffer", True)
    compiled = Precision(compile=True)
    train_small(small_tasks.net(), epochs=1, precision=compiled, objective=lambda net, x, y: net(x).square().mean())
    assert config.donated_buffer
    run(MGDA, epochs=1, precision=compiled)
    assert not config.donated_buffer
