"""The measures of the tables, and those that other work can be compared by [upadhyay, Tables 1 and 2].

Sums stay on the device while a set is gone through; one look at the end.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from mtlcore import data
from mtlcore.recipes.upadhyay.config import Config
from mtlcore.recipes.upadhyay.losses import loss_of
from mtlcore.recipes.upadhyay.sets import IGNORE, label_of, prepared, targets_of
from mtlcore.train import Precision

TEST_BATCH = {"nyuv2": 8, "celebamask": 32}  # of the published code, which leaves out the incomplete ones in tests
BINS = 1800  # of a tenth of a degree
Sums = dict[str, tuple[Tensor, Tensor | int]]  # name -> total, count


def image_iou(predicted: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Intersection over union of all classes of an image together, summed over images; and how many have a label.

    With c of n labelled pixels right there are n - c false positives and as many false negatives: c / (2n - c).
    """
    known = labels != IGNORE
    right = ((predicted == labels) & known).flatten(1).sum(1).double()
    count = known.flatten(1).sum(1).double()
    seen = count > 0
    return torch.where(seen, right / (2 * count - right).clamp_min(1), 0).sum(), seen.sum()


def confusion(predicted: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Counts (classes, classes) of true by predicted class, over the pixels that have a label."""
    known = labels != IGNORE
    pairs = labels[known].long() * classes + predicted[known].long()
    return torch.bincount(pairs, minlength=classes * classes).view(classes, classes)


def mean_iou(counts: Tensor) -> float:
    """Mean over the classes that occur of intersection over union, from counts (classes, classes)."""
    counts = counts.double()
    right, true, predicted = counts.diagonal(), counts.sum(1), counts.sum(0)
    occurs = true > 0
    return float((right / (true + predicted - right).clamp_min(1))[occurs].mean()) if bool(occurs.any()) else 0.0


def larger(output: Tensor, size: int) -> Tensor:
    """A prediction (b, c, h, w) at the size of the image, bilinearly."""
    return F.interpolate(output, size=(size, size), mode="bilinear", align_corners=False)


class Examiner:
    """Measures a network on a set.

    Args:
        config: of the run.
        pictures: the set.
        device: where the network is.
        fine: measure at the size of the image too, as the docstring of the package says; otherwise all at that of the
            prediction.
    """

    def __init__(self, config: Config, pictures: data.Pictures, device: str, *, fine: bool) -> None:
        self.config, self.pictures, self.device, self.fine = config, pictures, device, fine
        self.targets = targets_of(config, pictures)
        self.batch = min(TEST_BATCH[config.dataset], len(pictures))
        self.images = len(pictures) // self.batch * self.batch if config.drop_last else len(pictures)

    @torch.no_grad()
    def __call__(self, net: Callable[[Tensor], dict[str, Tensor]]) -> dict[str, float]:
        """The measures of all tasks, and `loss_<task>`, in float32; the network is in evaluation mode."""
        with Precision().autocast(self.device):
            return self._examined(net)

    def _examined(self, net: Callable[[Tensor], dict[str, Tensor]]) -> dict[str, float]:
        sums: Sums = {}
        extra: dict[str, Tensor] = {}
        for first in range(0, self.images, self.batch):
            chosen = slice(first, min(first + self.batch, self.images))
            with self.config.precision.autocast(self.device):
                outputs = net(prepared(self.pictures.images[chosen].to(self.device), self.config))
            for task, targets in zip(self.config.tasks, self.targets, strict=True):
                output, target = outputs[task].float(), targets[chosen].to(self.device)
                loss = loss_of(self.config, task, output, target)
                _add(sums, f"loss_{task}", loss.double() * len(output), len(output))
                self._measure(task, output, target, chosen, sums, extra)
        found = {name: float(total) / max(float(count), 1.0) for name, (total, count) in sums.items()}
        for name in [name for name in found if name.startswith("constant_")]:
            found[name] = max(found[name], 1 - found[name])
        if "confusion" in extra:
            found["miou"] = mean_iou(extra["confusion"])
        if "angles" in extra:
            found["angle_median"] = _median(extra["angles"])
        return found

    def _measure(
        self, task: str, output: Tensor, target: Tensor, chosen: slice, sums: Sums, extra: dict[str, Tensor]
    ) -> None:
        if task == "seg":
            _add(sums, "iou", *image_iou(output.argmax(1), target))
            if self.fine:
                predicted = larger(output, self.config.size).argmax(1)
                counts = confusion(predicted, self._labels(task, chosen), output.shape[1])
                extra["confusion"] = extra.get("confusion", torch.zeros_like(counts)) + counts
        elif task == "depth":
            relative = torch.sigmoid(output)
            known = target > 0
            _add(sums, "mae", ((relative[:, 0] - target).abs() * known).double().sum(), known.sum())
            if self.fine:
                metres = self._labels(task, chosen)
                known = metres > 0
                predicted = larger(relative, self.config.size)[:, 0] * metres.flatten(1).amax(1)[:, None, None]
                _add(sums, "mae_metres", ((predicted - metres).abs() * known).double().sum(), known.sum())
        elif task == "normal":
            truth = self._labels(task, chosen).float() if self.fine else target.float()
            self._measure_normals(output, truth, sums, extra)
        else:
            said = torch.sigmoid(output[:, 0]) > self.config.threshold
            _add(sums, f"accuracy_{task}", (said == target.bool()).double().sum(), len(target))
            if self.fine:
                _add(sums, f"constant_{task}", target.bool().double().sum(), len(target))

    def _measure_normals(self, output: Tensor, truth: Tensor, sums: Sums, extra: dict[str, Tensor]) -> None:
        components = torch.tanh(output)
        found = F.normalize(larger(components, truth.shape[-1]) if self.fine else components, dim=1)
        cosine = (found * truth).sum(1).clamp(-1, 1)[(truth != 0).any(1)]
        _add(sums, "cs", cosine.double().sum(), cosine.numel())
        if self.fine:
            angles = torch.rad2deg(torch.acos(cosine))
            _add(sums, "angle", angles.double().sum(), angles.numel())
            counts = torch.histc(angles, BINS, 0.0, 180.0).double()
            extra["angles"] = extra.get("angles", torch.zeros_like(counts)) + counts

    def _labels(self, task: str, chosen: slice) -> Tensor:
        return self.pictures.labels[label_of(self.config, task)][chosen].to(self.device)


def _add(sums: Sums, name: str, total: Tensor, count: Tensor | int) -> None:
    before = sums.get(name, (torch.zeros_like(total), 0))
    sums[name] = (before[0] + total, before[1] + count)


def _median(counts: Tensor) -> float:
    """The median from counts of angles in bins, to a tenth of a degree."""
    below = counts.cumsum(0)
    return float((int((below < below[-1] / 2).sum()) + 0.5) * 180 / len(counts))
