"""How hard is the twin of the VehicleX features? The baseline of `ge` on it, and on the real set where it is there.

    python benchmarks/calibrate_vehiclex.py [--shape 1.0 1.2] [--colour 0.2] [--epochs 20] [--real]

The network is 1024 -> 512 -> 128 -> (11, 12) with batch normalisation before each ReLU, trained on the mean of the
two cross-entropies by plain SGD on batches of 256, tested on the whole test split after the last epoch [ge, Section
2.2 and Table 1]. The published schedule is 400 epochs at a learning rate of 0.001. By default it is shortened to 20
epochs at 0.02: as many epochs times rate, which such small steps make nearly the same path. The 1024 features are
drawn by lot, as the distances that the genetic algorithm goes by know no labels; all are brought to 0 .. 1 by their
extremes over the training split.
"""

from __future__ import annotations

import argparse
import itertools
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtlcore import data
from mtlcore.data.features import Features
from mtlcore.data.twins import vehiclex_features as twin
from mtlcore.data.twins.vehicles import SIZES
from mtlcore.data.twins.vehiclex_features import Difficulty
from mtlcore.data.vehiclex_labels import CLASSES

RATE_TIMES_EPOCHS = 0.4
TASKS = ("type", "colour")


def baseline(inputs: int, classes: list[int]) -> tuple[nn.Module, nn.ModuleList]:
    """The shared layers and the heads."""
    shared = nn.Sequential(
        *(nn.Linear(inputs, 512), nn.BatchNorm1d(512), nn.ReLU()),
        *(nn.Linear(512, 128), nn.BatchNorm1d(128), nn.ReLU()),
    )
    return shared, nn.ModuleList([nn.Linear(128, count) for count in classes])


def scaled(splits: list[Features], kept: int, device: str) -> list[Tensor]:
    """The kept features of each split, from 0 to 1 over the first of them; a constant feature is 0."""
    columns = torch.randperm(splits[0].features.shape[1], generator=torch.Generator().manual_seed(0))[:kept]
    chosen = [split.features[:, columns].to(device) for split in splits]
    low, high = chosen[0].aminmax(dim=0)
    spread = torch.where(high > low, high - low, 1)
    return [(features - low) / spread for features in chosen]


def accuracies(train: Features, test: Features, options: argparse.Namespace, seed: int) -> str:
    """Test accuracies of both tasks, and the losses at the end, as text."""
    device, epochs = options.device, options.epochs
    torch.manual_seed(seed)
    inputs, unseen = scaled([train, test], options.features, device)
    targets, wanted = ([split.labels[task].to(device) for task in TASKS] for split in (train, test))
    shared, heads = (part.to(device) for part in baseline(options.features, [len(CLASSES[task]) for task in TASKS]))
    parameters = [*shared.parameters(), *heads.parameters()]
    optimiser = torch.optim.SGD(parameters, lr=RATE_TIMES_EPOCHS / epochs)
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).to(device).split(256):
            hidden = shared(inputs[batch])
            losses = [F.cross_entropy(head(hidden), target[batch]) for head, target in zip(heads, targets, strict=True)]
            optimiser.zero_grad()
            (sum(losses) / len(losses)).backward()  # type: ignore[union-attr]
            optimiser.step()
    shared.eval()
    found = []
    with torch.inference_mode():
        hidden, known = shared(unseen), shared(inputs)
        for task, head, target, seen in zip(TASKS, heads, wanted, targets, strict=True):
            right = (head(hidden).argmax(dim=1) == target).double().mean().item()
            loss, fit = (F.cross_entropy(head(x), y).item() for x, y in ((hidden, target), (known, seen)))
            found.append(f"{task} {100 * right:.1f} % (loss {loss:.3f}, in training {fit:.3f})")
    return ", ".join(found)


def drawn(split: str, seed: int, difficulty: Difficulty) -> Features:
    """A split of the twin at a difficulty other than its own."""
    count = SIZES[split]
    features, labels, names = twin.draw(split=split, count=count, seed=seed, difficulty=difficulty)
    return Features("vehiclex-features", "twin", split, features, labels, names, CLASSES, "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", type=float, nargs="*", default=[twin.CALIBRATED.shape])
    parser.add_argument("--colour", type=float, nargs="*", default=[twin.CALIBRATED.colour])
    parser.add_argument("--features", type=int, default=1024)
    parser.add_argument("--epochs", type=int, default=20, help="400 for the published schedule")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--real", action="store_true", help="the real set instead")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for shape, colour, seed in itertools.product(options.shape, options.colour, range(options.seeds)):
        start = time.perf_counter()
        if options.real:
            train, test = (data.load("vehiclex-features", source="real", split=split) for split in ("train", "test"))
            where = train.note
        else:
            train, test = (drawn(split, seed, Difficulty(shape, colour)) for split in ("train", "test"))
            where = f"twin, shape {shape:g}, colour {colour:g}, seed {seed}"
        read = time.perf_counter() - start
        print(f"{where}: {accuracies(train, test, options, seed)} [{read:.1f} s for the data]", flush=True)


if __name__ == "__main__":
    main()
