"""Networks with zero groups made smaller, and their speed, beside Torch-Pruning on the same zeros.

    python benchmarks/compact.py [--width 64] [--share 0.5 0.7] [--zeros scattered shared] [--size 128] [--batch 2]

The dilated ResNet of the chapter on group sparsity, with that share of the input channels of every convolution set to
zero (`mtlcore.recipes.upadhyay.peers`). "masked" is the network with its zeros. All take turns, on a CPU by the
process's own time, and the fastest turn counts; "error" is the largest difference of the outputs, as a share of the
largest output.
"""

from __future__ import annotations

import argparse
import warnings

import torch

from mtlcore.recipes.upadhyay.peers import available, measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=64, help="64 is ResNet-50")
    parser.add_argument("--share", type=float, nargs="+", default=[0.5, 0.7])
    parser.add_argument("--zeros", nargs="+", choices=["scattered", "shared"], default=["scattered", "shared"])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    if not available():
        parser.error("Torch-Pruning is not installed; `pip install torch-pruning` brings it")
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    warnings.simplefilter("ignore")  # of Torch-Pruning, about parameters of no layer
    batch = torch.rand(arguments.batch, 3, arguments.size, arguments.size, device=arguments.device)

    print(f"{'zeros':<22}{'network':<16}{'parameters':>12}{'ms':>9}{'speed-up':>10}{'error':>10}{'made in s':>11}")
    for zeros in arguments.zeros:
        for share in arguments.share:
            for line in measure(arguments.width, share, zeros, batch, arguments.turns):
                title = f"{zeros} {line.zero:.1f} %" if line.network == "masked" else ""
                print(
                    f"{title:<22}{line.network:<16}{line.parameters:>12,}{line.milliseconds:>9.1f}"
                    f"{line.speedup:>10.2f}{line.error:>10.1e}{line.made:>11.2f}"
                )


if __name__ == "__main__":
    main()
