"""One training loop for all recipes.

It knows nothing of the methods: a recipe gives the network, the batches, the objective, the optimiser and what to do
at the start of an epoch. It keeps the device busy (no host synchronisation inside a step), stops at a loss that is not
finite and says the step, writes a checkpoint an epoch, and resumes to the same bits.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

CHECK_EVERY = 64  # steps between looks at the losses; a look waits for the device


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
    objective: Callable[..., Tensor],
    make_optimizer: Callable[[nn.Module], torch.optim.Optimizer],
    epochs: int,
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
        objective: (net, *batch) -> scalar loss.
        make_optimizer: net -> optimiser; called again where `reset_optimizer` asks for it.
        epochs: how many in all.
        device: as `profiles.resolve_device` gives it.
        precision: bf16, channels_last and compile, where asked.
        schedule: epoch -> factor on every learning rate.
        start_epoch: called before an epoch, freezes or prunes; returns numbers for the curves, or None.
        reset_optimizer: epoch -> whether to forget the optimiser's state first.
        evaluate: net -> numbers for the curves, called after every epoch, in evaluation mode, without gradients.
        checkpoint: file written after every epoch; if it is there, training goes on behind its epoch to the same
            bits on the same machine, and it is removed by whoever stores the result.
        progress: called with (epoch, epochs, numbers, seconds left) after every epoch.

    Returns:
        Curves: `loss` (mean over the epoch's steps), `seconds`, and what `start_epoch` and `evaluate` give.

    Raises:
        DivergedError: a loss, a weight or a measured number is not finite; names epoch and step. The checkpoint is
            that of the epoch before.
        ValueError: the checkpoint is damaged or of another network.
        OSError: the checkpoint cannot be written.
    """
    net.to(device)
    if precision.channels_last:
        net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = make_optimizer(net)
    rates = [group["lr"] for group in optimizer.param_groups]
    curves: dict[str, list[float]] = {}
    first = _resume(checkpoint, net, optimizer, curves, device) if checkpoint and checkpoint.exists() else 0
    forward = torch.compile(net) if precision.compile else net
    begin = time.perf_counter()
    for epoch in range(first, epochs):
        started = time.perf_counter()
        numbers = dict(start_epoch(epoch) or {})
        if reset_optimizer(epoch):
            optimizer = make_optimizer(net)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * schedule(epoch)
        net.train()
        numbers["loss"] = _epoch(forward, batches, objective, optimizer, precision, device, epoch, checkpoint)
        net.eval()
        with torch.no_grad(), precision.autocast(device):
            numbers |= evaluate(net)
        _stop_if_spoilt(net, numbers, epoch, checkpoint)
        numbers["seconds"] = time.perf_counter() - started
        for name, value in numbers.items():
            curves.setdefault(name, []).append(float(value))
        if checkpoint:
            _save(checkpoint, net, optimizer, curves)
        if progress:
            done = epoch + 1 - first
            progress(epoch + 1, epochs, numbers, (time.perf_counter() - begin) / done * (epochs - epoch - 1))
    return curves


def _epoch(
    net: Callable[..., Tensor],
    batches: Batches,
    objective: Callable[..., Tensor],
    optimizer: torch.optim.Optimizer,
    precision: Precision,
    device: str,
    epoch: int,
    checkpoint: Path | None,
) -> float:
    losses = torch.zeros(len(batches), device=device)
    for step, batch in enumerate(batches.epoch(epoch)):
        optimizer.zero_grad(set_to_none=True)
        with precision.autocast(device):
            loss = objective(net, *batch)
        if loss.requires_grad:  # not so where every layer is frozen: then a step changes nothing
            loss.backward()
            optimizer.step()
        losses[step] = loss.detach()
        if step % CHECK_EVERY == CHECK_EVERY - 1 or step == len(batches) - 1:
            _stop_if_diverged(losses[: step + 1], epoch, checkpoint)
    return float(losses.double().mean())


def _stop_if_diverged(losses: Tensor, epoch: int, checkpoint: Path | None) -> None:
    bad = (~torch.isfinite(losses)).nonzero()
    if len(bad):
        step = int(bad[0])
        raise DivergedError(
            f"the loss is {float(losses[step])} at epoch {epoch + 1}, step {step + 1}{_kept(epoch, checkpoint)}"
        )


def _stop_if_spoilt(net: nn.Module, numbers: dict[str, float], epoch: int, checkpoint: Path | None) -> None:
    """Keep what is not finite out of the checkpoint: an epoch's last step can spoil weights behind a finite loss."""
    spoilt = [name for name, value in numbers.items() if not math.isfinite(value)]
    weights = [parameter.isfinite().all() for parameter in net.parameters()]
    if weights and not bool(torch.stack(weights).all()):
        spoilt.append("a weight")
    if spoilt:
        raise DivergedError(f"{' and '.join(spoilt)} not finite after epoch {epoch + 1}{_kept(epoch, checkpoint)}")


def _kept(epoch: int, checkpoint: Path | None) -> str:
    kept = f"; the checkpoint of epoch {epoch} is kept in {checkpoint}" if checkpoint and epoch else ""
    return f"{kept}; lower the learning rate"


def _save(path: Path, net: nn.Module, optimizer: torch.optim.Optimizer, curves: dict[str, list[float]]) -> None:
    state = {
        "net": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "curves": curves,
        "rng": torch.get_rng_state(),
    }
    if torch.cuda.is_available():
        state["cuda_rng"] = torch.cuda.get_rng_state_all()
    partial = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, partial)
        partial.replace(path)  # a kill leaves the old checkpoint whole
    except (OSError, RuntimeError) as error:  # torch's writer raises RuntimeError where the disk is full
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise OSError(
            f"cannot write the checkpoint {path} ({_first_line(error)}); free some space and run again: "
            "the checkpoint of the epoch before is kept"
        ) from None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _resume(
    path: Path,
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    curves: dict[str, list[float]],
    device: str,
) -> int:
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
        curves.update(state["curves"])
        torch.set_rng_state(state["rng"].cpu())
        if "cuda_rng" in state and torch.cuda.is_available():
            torch.cuda.set_rng_state_all([rng.cpu() for rng in state["cuda_rng"]])
        return len(curves["loss"])
    except Exception as error:
        raise ValueError(
            f"{path} is not a checkpoint of this network ({_first_line(error)}); remove it to start anew"
        ) from None
