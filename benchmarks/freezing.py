"""What freezing a prefix of layers saves, measured against the cost model: python benchmarks/freezing.py.

Both sides are measured in this run, in one process, on one thread. The last column is what matters: the measured
speed-up over the predicted one.
"""

from __future__ import annotations

import argparse

import torch

from mtlcore.nets.shallow import shallow
from mtlcore.prune import cost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--fp32", action="store_true", help="instead of bf16 and channels_last")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net = shallow()
    layers = len(cost.freezable(net))
    patterns = torch.tensor([[index < frozen for index in range(layers)] for frozen in range(layers)])
    images, labels = torch.randn(arguments.batch, 1, 32, 32), torch.randint(10, (arguments.batch,))
    fast = not arguments.fp32
    measured, predicted = cost.compare(
        net, images, labels, patterns, turns=arguments.turns, bf16=fast, channels_last=fast
    )
    print(f"{'layers frozen':>14}{'ms a step':>12}{'speed-up':>12}{'predicted':>12}{'ratio':>8}")
    for frozen in range(layers):
        faster, expected = float(measured[0] / measured[frozen]), float(predicted[0] / predicted[frozen])
        line = f"{frozen:>14}{1000 * float(measured[frozen]):>12.1f}{faster:>12.2f}{expected:>12.2f}"
        print(f"{line}{faster / expected:>8.3f}")


if __name__ == "__main__":
    main()
