"""Several two-task networks trained as one, against one after another: python benchmarks/stacked.py.

Both sides are measured in this run, in one process, on one thread; the ratio is what matters.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from mtlcore.nets.stacked import StackedTwoTask
from mtlcore.nets.two_task import TASKS, TwoTask


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=8)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    device = torch.device(arguments.device)
    features = torch.rand(arguments.batch, 1024, device=device)
    labels = [torch.randint(classes, (arguments.batch,), device=device) for classes in TASKS.values()]
    print(f"{arguments.networks} networks, batch {arguments.batch}, ms a network and step, least of {arguments.rounds}")
    print(f"{'':>6} {'alone':>8} {'stacked':>8} {'ratio':>6}")
    for bf16 in (False, True):
        alone, together = sides(arguments.networks, features, labels, bf16)
        took: list[list[float]] = [[], []]
        for _ in range(arguments.rounds):  # in turn, so that both meet the same neighbours
            for side, work in zip(took, (alone, together), strict=True):
                side.append(timed(work, device))
        first, second = (1000 * min(side) / arguments.networks for side in took)
        print(f"{'bf16' if bf16 else 'fp32':>6} {first:8.2f} {second:8.2f} {first / second:6.2f}")


def sides(
    networks: int, features: torch.Tensor, labels: list[torch.Tensor], bf16: bool
) -> tuple[Callable[[], None], Callable[[], None]]:
    """One step of all networks, one after another and side by side."""
    device = features.device
    nets = [TwoTask().to(device) for _ in range(networks)]
    stacked = StackedTwoTask(nets).to(device)
    single = [torch.optim.SGD(net.parameters(), 1e-3) for net in nets]
    joint = torch.optim.SGD(stacked.parameters(), 1e-3)

    def alone() -> None:
        for net, optimizer in zip(nets, single, strict=True):
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                outputs = net(features).values()
            losses = [F.cross_entropy(out.float(), label) for out, label in zip(outputs, labels, strict=True)]
            step(optimizer, torch.stack(losses).sum())

    def together() -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            losses = stacked.losses(features, *labels)
        step(joint, losses.sum())

    return alone, together


def step(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    """One update."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def timed(work: Callable[[], None], device: torch.device) -> float:
    """Seconds that some work takes."""
    start = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
