"""What a network gets right: accuracy by task, and by class, for the classes are unequal [singh, Sections 2.2, 3.2]."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlcore.nets.encoder import Encoder
from mtlcore.recipes.singh.pictures import Batches

SHOWN = ("color", "type", "camera")  # tasks with few enough classes to keep the recall of each
RARE = 3  # the rarest third of the classes


class Score(NamedTuple):
    """One task on some images: (classes,) right answers and images, and the mean cross-entropy in nats."""

    right: Tensor
    images: Tensor
    loss: float

    @property
    def accuracy(self) -> float:
        """Right answers, %."""
        return 100 * float(self.right.sum()) / float(self.images.sum())

    def recall(self) -> Tensor:
        """Right answers of each class, %, (classes,); 0 where there is no image."""
        return 100 * self.right.double() / self.images.clamp_min(1)


@torch.no_grad()
def measure(net: Encoder, batches: Batches) -> dict[str, Score]:
    """Score a network, in evaluation mode, on images in order; nothing is read back before the end."""
    mode = net.training
    net.eval()
    sizes = {task: len(decoder.bias) for task, decoder in zip(net.tasks, net.decoders, strict=True)}  # type: ignore[arg-type]
    right = {task: torch.zeros(size, device=batches.device) for task, size in sizes.items()}
    images = {task: torch.zeros_like(one) for task, one in right.items()}
    losses = {task: torch.zeros((), dtype=torch.float64, device=batches.device) for task in net.tasks}
    for batch, *labels in batches.epoch(0):
        outputs = net(batch)
        for task, own in zip(net.tasks, labels, strict=True):
            hit = (outputs[task].argmax(1) == own).float()
            right[task].index_add_(0, own, hit)
            images[task].index_add_(0, own, torch.ones_like(hit))
            losses[task] += F.cross_entropy(outputs[task].float(), own, reduction="sum")
    net.train(mode)
    return {
        task: Score(right[task].cpu(), images[task].cpu(), float(losses[task]) / float(images[task].sum()))
        for task in net.tasks
    }


def validation(scores: dict[str, Score], weights: Sequence[float] = ()) -> dict[str, float]:
    """Numbers for the curves: the loss of all tasks together, weighted as in training, and the accuracy of each."""
    each = zip(weights or [1.0] * len(scores), scores.values(), strict=True)
    return {
        "val_loss": sum(weight * score.loss for weight, score in each),
        **{f"val_accuracy_{task}": score.accuracy for task, score in scores.items()},
    }


def metrics(scores: dict[str, Score], trained_on: dict[str, Tensor]) -> dict[str, float]:
    """Accuracies of all classes, of all classes alike, and of the rare ones alike, by task and on average, %.

    Beside them what one answer for all images would reach: of all classes, and of all classes alike.

    Args:
        scores: on the test images.
        trained_on: training images of each class, by task.
    """
    found: dict[str, float] = {}
    for task, score in scores.items():
        there = (score.images > 0).nonzero().flatten()
        order = there[trained_on[task][there].argsort(stable=True)]
        rare = order[: -(-len(order) // RARE)]
        recall = score.recall()
        found[f"accuracy_{task}"] = score.accuracy
        found[f"balanced_accuracy_{task}"] = float(recall[there].mean())
        found[f"rare_accuracy_{task}"] = float(recall[rare].mean())
        found[f"constant_{task}"] = constant(trained_on[task], score.images)
        found[f"constant_balanced_{task}"] = 100 / len(there)
    for name in ("accuracy", "balanced_accuracy", "rare_accuracy", "constant", "constant_balanced"):
        found[name] = statistics.fmean(found[f"{name}_{task}"] for task in scores)
    return found


def constant(trained_on: Tensor, images: Tensor) -> float:
    """Accuracy of always guessing the class that is commonest in training, %.

    Args:
        trained_on, images: training images and test images of each class, (classes,).
    """
    return 100 * float(images[trained_on.argmax()]) / float(images.sum())


def by_class(scores: dict[str, Score], trained_on: dict[str, Tensor]) -> dict[str, list[float]]:
    """Recall (%) of each class, and its training and test images, by task."""
    found: dict[str, list[float]] = {}
    for task in (task for task in SHOWN if task in scores):
        found[f"recall_{task}"] = [round(value, 3) for value in scores[task].recall().tolist()]
        found[f"train_count_{task}"] = trained_on[task].double().tolist()
        found[f"test_count_{task}"] = scores[task].images.double().tolist()
    return found
