"""One training loop for all recipes.

It knows nothing of the methods: a recipe gives the network, the batches, the objective, the optimiser and what to do
at the start of an epoch; for several tasks also the balancer that makes one gradient of theirs. It keeps the device
busy (no host synchronisation inside a step), stops at a loss that is not finite and says the step, writes checkpoints,
and resumes to the same bits.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import math
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from mtlcore import paths
from mtlcore.balance import Balancer, Losses, NotFiniteError

CHECK_EVERY = 64  # steps between looks at the losses; a look waits for the device
SAVE_EVERY = 5.0  # seconds of work that a kill may cost; a checkpoint takes longer than an epoch of a small network


# told of every epoch in this process as `progress` is, where `train` is given none: the command line sets it
listener: Callable[[int, int, dict[str, float], float], None] | None = None


class Batches(Protocol):
    """Training batches whose epoch `i` is the same whenever it is asked for."""

    def epoch(self, index: int) -> Iterable[tuple[Tensor, ...]]:
        """The batches of one epoch."""
        ...

    def __len__(self) -> int: ...


class DivergedError(Exception):
    """The loss is no longer finite; the last good checkpoint is kept."""


@dataclasses.dataclass(frozen=True)
class Precision:
    """How a step computes: autocast to bf16, memory format, compilation."""

    bf16: bool = False
    channels_last: bool = False
    compile: bool = False

    def autocast(self, device: str) -> contextlib.AbstractContextManager[Any]:
        """The context in which a forward pass runs."""
        return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=self.bf16)


def constant(epoch: int) -> float:
    """A learning rate that stays."""
    return 1.0


def milestones(*epochs: int, factor: float = 0.1) -> Callable[[int], float]:
    """A learning rate multiplied by `factor` at each of the given epochs."""
    return lambda epoch: factor ** sum(epoch >= milestone for milestone in epochs)


def train(
    net: nn.Module,
    batches: Batches,
    *,
    objective: Callable[..., Tensor | Losses],
    make_optimizer: Callable[[nn.Module], torch.optim.Optimizer],
    epochs: int,
    balance: Balancer | None = None,
    device: str = "cpu",
    precision: Precision = Precision(),
    schedule: Callable[[int], float] = constant,
    start_epoch: Callable[[int], dict[str, float] | None] = lambda epoch: None,
    reset_optimizer: Callable[[int], bool] = lambda epoch: False,
    evaluate: Callable[[nn.Module], dict[str, float]] = lambda net: {},
    checkpoint: Path | None = None,
    progress: Callable[[int, int, dict[str, float], float], None] | None = None,
) -> dict[str, list[float]]:
    """Train a network and return its curves, one number an epoch each.

    Args:
        net: moved to the device and trained in place.
        batches: give tuples of tensors on the device.
        objective: (net, *batch) -> scalar loss; with a balancer, `Losses`.
        make_optimizer: net -> optimiser; called again where `reset_optimizer` asks for it.
        epochs: how many in all.
        balance: turns the losses of several tasks into gradients; its state is kept in the checkpoint. What depends
            on an epoch's numbers, such as `Hybrid.observe`, is best called in `evaluate`, before the checkpoint.
        device: as `profiles.resolve_device` gives it.
        precision: bf16, channels_last and compile, where asked.
        schedule: epoch -> factor on every learning rate.
        start_epoch: called before an epoch, freezes or prunes; returns numbers for the curves, or None.
        reset_optimizer: epoch -> whether to forget the optimiser's state first.
        evaluate: net -> numbers for the curves, called after every epoch, in evaluation mode, without gradients.
        checkpoint: file written after an epoch once `SAVE_EVERY` seconds went by since the last; if it is there,
            training goes on behind its epoch to the same bits on the same machine, and it is removed by whoever stores
            the result. One of another state of the code is left aside with a warning: a run is of one state.
        progress: called with (epoch, epochs, numbers, seconds left) after every epoch; None takes `listener`.

    Returns:
        Curves: `loss` (mean over the epoch's steps), `seconds`, and what `start_epoch` and `evaluate` give. With a
        balancer also `loss_<task>`, and the balancer's numbers, each the mean over the epoch's steps; `loss` is then
        the mean over the tasks. A number that some epochs do not give is NaN there.

    Raises:
        DivergedError: a loss, a weight or a measured number is not finite; names epoch and step, and with a balancer
            the task. The checkpoint is that of an epoch before.
        TypeError: the objective returns `Losses` without a balancer, or none to one.
        ValueError: there is no batch; or the checkpoint is damaged or of another network.
        OSError: the checkpoint cannot be read or written.
    """
    if not len(batches):
        raise ValueError("the training samples make no batch; take more of them, or a smaller batch_size")
    net.to(device)
    if balance is not None:
        balance.to(device)
    if precision.channels_last:
        net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = make_optimizer(net)
    rates = [group["lr"] for group in optimizer.param_groups]
    curves: dict[str, list[float]] = {}
    parts = {"net": net, "optimizer": optimizer} | ({} if balance is None else {"balance": balance})
    first = _resume(checkpoint, parts, curves, device) if checkpoint and checkpoint.exists() else 0
    forward = _compiled(net, balance) if precision.compile else net
    begin = time.perf_counter()
    keeper = _Keeper(checkpoint, first)
    for epoch in range(first, epochs):
        started = time.perf_counter()
        numbers = dict(start_epoch(epoch) or {})
        if reset_optimizer(epoch):
            parts["optimizer"] = optimizer = make_optimizer(net)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * schedule(epoch)
        net.train()
        steps = _Steps(len(batches), device, epoch, keeper)
        numbers |= _epoch(forward, batches, objective, optimizer, balance, precision, steps)
        net.eval()
        with torch.no_grad(), precision.autocast(device):
            numbers |= evaluate(net)
        _stop_if_spoilt(net, numbers, epoch, keeper)
        numbers["seconds"] = time.perf_counter() - started
        for name in dict.fromkeys([*curves, *numbers]):
            curves.setdefault(name, [math.nan] * epoch).append(float(numbers.get(name, math.nan)))
        keeper.keep(parts, curves)
        if tell := progress or listener:
            done = epoch + 1 - first
            tell(epoch + 1, epochs, numbers, (time.perf_counter() - begin) / done * (epochs - epoch - 1))
    return curves


def _compiled(net: nn.Module, balance: Balancer | None) -> Callable[..., Any]:
    if balance is not None:
        from torch._functorch import config

        config.donated_buffer = False  # several backward passes go through one graph: the first may not spoil it
    return torch.compile(net)


def _epoch(
    net: Callable[..., Tensor],
    batches: Batches,
    objective: Callable[..., Tensor | Losses],
    optimizer: torch.optim.Optimizer,
    balance: Balancer | None,
    precision: Precision,
    steps: _Steps,
) -> dict[str, float]:
    for step, batch in enumerate(batches.epoch(steps.epoch)):
        optimizer.zero_grad(set_to_none=True)
        with precision.autocast(steps.device):
            found = objective(net, *batch)
        losses = steps.record(step, found, balance)
        trains = any(loss.requires_grad for loss in losses)  # not so where every layer is frozen: nothing to step
        if balance is not None and isinstance(found, Losses):
            try:
                numbers = balance.backward(found.tasks, found.blocks, found.representation)
            except NotFiniteError:
                steps.stop_if_diverged(step)  # a loss that is not finite explains more
                raise DivergedError(f"a gradient is not finite {steps.place(step)}") from None
            steps.add(numbers)
        elif trains:
            losses[0].backward()
        if trains:
            optimizer.step()
        if step % CHECK_EVERY == CHECK_EVERY - 1 or step == len(batches) - 1:
            steps.stop_if_diverged(step)
    return steps.means()


class _Steps:
    """What the steps of an epoch give, kept on the device until the epoch is over."""

    def __init__(self, count: int, device: str, epoch: int, keeper: _Keeper) -> None:
        self.count, self.device, self.epoch, self.keeper = count, device, epoch, keeper
        self.names: list[str] = []  # of the tasks; none without a balancer
        self.losses = torch.zeros(1, count, device=device)  # (tasks, steps)
        self.numbers: list[str] = []
        self.sums = torch.zeros(0)

    def record(self, step: int, found: Tensor | Losses, balance: Balancer | None) -> tuple[Tensor, ...]:
        """Keep the losses of a step; returns them with their graph."""
        if isinstance(found, Losses) != (balance is not None):
            raise TypeError("an objective returns Losses when there is a balancer, and one scalar when there is none")
        losses = {"": found} if isinstance(found, Tensor) else found.by_task()
        if step == 0 and balance is not None:
            self.names = list(losses)
            self.losses = torch.zeros(len(losses), self.count, device=self.device)
        values = tuple(losses.values())
        self.losses[:, step] = torch.stack([value.detach().to(self.losses.dtype) for value in values])
        return values

    def add(self, numbers: dict[str, Tensor]) -> None:
        """Add what a balancer says of a step."""
        values = torch.stack([value.to(self.device, torch.float64) for value in numbers.values()])
        self.numbers = list(numbers)
        self.sums = values if len(self.sums) == 0 else self.sums + values

    def means(self) -> dict[str, float]:
        """The curves' numbers of the epoch."""
        losses = [float(row.double().mean()) for row in self.losses]
        found = {"loss": sum(losses) / len(losses)}
        found |= {f"loss_{name}": loss for name, loss in zip(self.names, losses, strict=False)}
        return found | dict(zip(self.numbers, (self.sums / self.count).tolist(), strict=True))

    def stop_if_diverged(self, step: int) -> None:
        """Raise DivergedError if a loss up to this step is not finite."""
        bad = (~torch.isfinite(self.losses[:, : step + 1])).T.nonzero()
        if len(bad):
            first, task = bad[0].tolist()
            whose = f"the loss of task {self.names[task]}" if self.names else "the loss"
            raise DivergedError(f"{whose} is {float(self.losses[task, first])} {self.place(first)}")

    def place(self, step: int) -> str:
        """Where in the run a step is, and what can be done."""
        return f"at epoch {self.epoch + 1}, step {step + 1}{self.keeper.cure()}"


def _stop_if_spoilt(net: nn.Module, numbers: dict[str, float], epoch: int, keeper: _Keeper) -> None:
    """Keep what is not finite out of the checkpoint: an epoch's last step can spoil weights behind a finite loss."""
    spoilt = [name for name, value in numbers.items() if not math.isfinite(value)]
    weights = [parameter.isfinite().all() for parameter in net.parameters()]
    if weights and not bool(torch.stack(weights).all()):
        spoilt.append("a weight")
    if spoilt:
        raise DivergedError(f"{' and '.join(spoilt)} not finite after epoch {epoch + 1}{keeper.cure()}")


class _Keeper:
    """Writes the checkpoints of a run, if it has a file for them."""

    def __init__(self, path: Path | None, epochs: int) -> None:
        self.path, self.epochs, self.since = path, epochs, time.perf_counter()  # epochs that the file holds

    def keep(self, parts: dict[str, Any], curves: dict[str, list[float]]) -> None:
        """Write a checkpoint if enough was done since the last."""
        now = time.perf_counter()
        if self.path and now - self.since >= SAVE_EVERY:
            _save(self.path, parts, curves)
            self.epochs, self.since = len(curves["loss"]), now

    def cure(self) -> str:
        """What is left of a run that is lost, and what can be done."""
        kept = f"; the checkpoint of epoch {self.epochs} is kept in {self.path}" if self.path and self.epochs else ""
        return f"{kept}; lower the learning rate"


def _save(path: Path, parts: dict[str, Any], curves: dict[str, list[float]]) -> None:
    state = {name: part.state_dict() for name, part in parts.items()}
    state |= {"curves": curves, "rng": torch.get_rng_state(), "code": paths.code_hash()}
    if torch.cuda.is_available():
        state["cuda_rng"] = torch.cuda.get_rng_state_all()
    paths.replace_whole(path, lambda partial: torch.save(state, partial))


def _resume(path: Path, parts: dict[str, Any], curves: dict[str, list[float]], device: str) -> int:
    content = io.BytesIO(path.read_bytes())  # apart: torch raises OSError for a damaged file, too
    try:
        state = torch.load(content, map_location=device, weights_only=True)
        if state.get("code") == paths.code_hash():
            for name, part in parts.items():
                part.load_state_dict(state[name])
            curves.update(state["curves"])
            torch.set_rng_state(state["rng"].cpu())
            here = state.get("cuda_rng", ())[: torch.cuda.device_count()]  # it may be of a machine with more GPUs
            torch.cuda.set_rng_state_all([rng.cpu() for rng in here])
            return len(curves["loss"])
    except torch.OutOfMemoryError:
        raise  # nothing is wrong with the checkpoint
    except Exception as error:
        raise ValueError(
            f"{path} is not a checkpoint of this network ({paths.first_line(error)}); remove it to start anew"
        ) from None
    warnings.warn(f"{path} was written by another state of the code: the run starts anew", stacklevel=3)
    return 0
