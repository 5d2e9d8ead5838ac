"""What balancing costs: a training step with each method, as a ratio to a plain step, beside TorchJD.

    python benchmarks/balance.py [--rounds 30] [--batch 256] [--threads 1] [--device cpu] [--give-back]

Three tasks on 28x28 images; convolutions of 32 and 64 channels and a fully connected layer of 128 are shared, 223,744
parameters. All methods take turns in one process, in random order; the least of the rounds and their 20th percentile
count. On a CPU it is the process's own time that is taken, which other processes disturb less. TorchJD differentiates
one task after the other, which is its fastest way here. "T passes" is one backward pass for each task and nothing else,
below which no method that needs the gradients of all tasks can go.

MGDA-UB and GradNorm stand alone: TorchJD has no GradNorm, and MGDA-UB only as what one builds oneself; LibMTL, which
has both, cannot be imported as PyPI ships it (1.1.5 asks for a module that torchvision has dropped).

Memory is kept from step to step. Left alone, glibc returns it to the system and takes it anew, and a step then pays for
page faults, those that hold a graph for several passes most; --give-back shows that.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchjd import aggregation, autojac

from mtlcore.balance import MGDA, MGDAUB, Balancer, Block, GradNorm, Hybrid, PCGrad, Sum, Uncertainty

TASKS = 3
KEEP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**32)}  # for glibc; read when a process starts
NO_PEER = "No peer of MGDA-UB and GradNorm: TorchJD ships neither, and LibMTL of PyPI (1.1.5) does not import."
Step = Callable[[list[Tensor], Tensor], None]  # from losses and representation to gradients


class Net(nn.Module):
    """The shared layers and a linear head a task."""

    def __init__(self) -> None:
        super().__init__()
        pool = nn.MaxPool2d(2)
        self.shared = nn.Sequential(
            nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), pool),
            nn.Sequential(nn.Conv2d(32, 64, 3), nn.ReLU(), pool),
            nn.Sequential(nn.Flatten(), nn.Linear(64 * 5 * 5, 128), nn.ReLU()),
        )
        self.heads = nn.ModuleList(nn.Linear(128, 10) for _ in range(TASKS))

    def blocks(self) -> list[Block]:
        """Three shared blocks and the heads."""
        shared = [Block(tuple(layer.parameters()), tuple(range(TASKS))) for layer in self.shared]
        return [*shared, *(Block(tuple(head.parameters()), (task,)) for task, head in enumerate(self.heads))]


def plain(losses: list[Tensor], representation: Tensor) -> None:
    """The backward pass of the sum."""
    torch.stack(losses).sum().backward()


def passes(losses: list[Tensor], representation: Tensor) -> None:
    """A backward pass for each loss."""
    for loss in losses:
        loss.backward(retain_graph=loss is not losses[-1])


def balanced(balancer: Balancer, blocks: list[Block], device: str) -> Step:
    balancer.to(device)

    def step(losses: list[Tensor], representation: Tensor) -> None:
        balancer.backward(losses, blocks, representation)

    return step


def torchjd(aggregator: aggregation.Aggregator, net: Net) -> Step:
    shared = list(net.shared.parameters())
    heads = [list(head.parameters()) for head in net.heads]

    def step(losses: list[Tensor], representation: Tensor) -> None:
        autojac.mtl_backward(losses, representation, tasks_params=heads, shared_params=shared, parallel_chunk_size=1)
        autojac.jac_to_grad(shared, aggregator)

    return step


def seconds(step: Step, net: Net, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor) -> float:
    """One step: forward, backward, optimiser."""
    clock = time.perf_counter if images.is_cuda else time.process_time
    start = clock()
    optimizer.zero_grad(set_to_none=True)
    representation = net.shared(images)
    losses = [F.cross_entropy(head(representation), found) for head, found in zip(net.heads, labels, strict=True)]
    step(losses, representation)
    optimizer.step()
    if images.is_cuda:
        torch.cuda.synchronize()
    return clock() - start


def main() -> None:
    """Measure, and print one line for each method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--give-back", action="store_true", help="let the allocator return memory between steps")
    options = parser.parse_args()
    if not options.give_back and not KEEP.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **KEEP})
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    net = Net().to(options.device)
    blocks = net.blocks()
    images = torch.randn(options.batch, 1, 28, 28, device=options.device)
    labels = torch.randint(10, (TASKS, options.batch), device=options.device)
    optimizer = torch.optim.SGD(net.parameters(), 1e-3, 0.9, nesterov=True)
    balancers = {
        "Sum": Sum(),
        "Uncertainty": Uncertainty(TASKS),
        "GradNorm, parameters": GradNorm(TASKS),
        "GradNorm, representations": GradNorm(TASKS, on="representations"),
        "MGDA-UB": MGDAUB(),
        "Hybrid, first phase": Hybrid(GradNorm(TASKS, on="representations"), MGDAUB()),
        "MGDA": MGDA(),
        "MGDA, per tensor": MGDA(per="tensor"),
        "PCGrad": PCGrad(),
    }
    steps = {"plain sum": plain, "T passes": passes} | {
        name: balanced(one, blocks, options.device) for name, one in balancers.items()
    }
    steps |= {"TorchJD MGDA": torchjd(aggregation.MGDA(), net), "TorchJD PCGrad": torchjd(aggregation.PCGrad(), net)}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(options.rounds + 2):
        for name in random.sample(list(steps), len(steps)):  # what ran before leaves its mark on the memory
            found = seconds(steps[name], net, optimizer, images, labels)
            if turn >= 2:  # after a warm-up
                times[name].append(found)
    table = {name: torch.tensor(found).quantile(torch.tensor([0.0, 0.2])) for name, found in times.items()}
    print(f"{'':28}{'least, ms':>12}{'ratio':>8}{'20 %, ms':>12}{'ratio':>8}")
    for name, (least, fifth) in table.items():
        ratios = least / table["plain sum"][0], fifth / table["plain sum"][1]
        print(f"{name:28}{1000 * least:12.2f}{ratios[0]:8.3f}{1000 * fifth:12.2f}{ratios[1]:8.3f}")
    print(NO_PEER)


if __name__ == "__main__":
    main()
