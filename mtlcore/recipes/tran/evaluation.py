"""Loss and accuracy of a multi-task network on test images, task by task."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtlcore.data import Triple
from mtlcore.nets.chains import ChainNet
from mtlcore.recipes.tran.config import TASKS, Sets, Settings, part, triple

CALIBRATION = 512  # training images of a task on which its statistics are estimated
PRINTED_BATCH = 256  # images a batch, over whose means the published code adds up
Inputs = Tensor | Mapping[str, Tensor]  # of a network: shared by the tasks, or separate
SHARED = "shared"


class Score(NamedTuple):
    """One task on some images: share of right answers, mean loss in nats, and the loss as the document prints it."""

    accuracy: float
    loss: float
    printed_loss: float


def score(logits: Tensor, labels: Tensor) -> Score:
    """Score logits (N, classes) against labels (N,).

    The printed loss is the sum of the mean losses of batches of 256 divided by the number of images: for N = 10,000
    about the loss in nats over 250 [tran, Table 1; the published code].
    """
    losses = F.cross_entropy(logits.double(), labels, reduction="none")
    means = torch.stack([batch.mean() for batch in losses.split(PRINTED_BATCH)])
    right = (logits.argmax(1) == labels).double().mean()
    return Score(*torch.stack([right, losses.mean(), means.sum() / len(labels)]).tolist())


def evaluate(net: ChainNet, tests: Triple, own: Mapping[str, Sequence[Inputs]] | None = None) -> dict[str, Score]:
    """Score a network on every task that it has.

    Args:
        net: in evaluation mode; to be called without gradients and in the precision that is wanted.
        tests: of its setting; epoch 0 is taken.
        own: inputs on which the statistics of normalisation are estimated, by task with separate inputs, under SHARED
            with a shared one; None takes the running ones.
    """
    batches = list(zip(*tests.epoch(0), strict=True))
    if tests.setting == "shared":
        with statistics_of(net, own[SHARED]) if own else contextlib.nullcontext():
            outputs = [net(images) for images in batches[0]]
        given = dict(zip(tests.tasks, batches[1:], strict=True))
        return {task: score(_all(outputs, task), torch.cat(given[task])) for task in net.tasks}
    scores = {}
    for place, task in enumerate(tests.tasks):
        if task in net.tasks:
            with statistics_of(net, own[task]) if own else contextlib.nullcontext():
                outputs = [net({task: images}) for images in batches[2 * place]]
            scores[task] = score(_all(outputs, task), torch.cat(batches[2 * place + 1]))
    return scores


def _all(outputs: list[dict[str | int, Tensor]], task: str) -> Tensor:
    return torch.cat([output[task].float() for output in outputs])


class Evaluator:
    """Scores a network in the course of a run, as its configuration says.

    Args:
        config: of the run.
        sets: its images.
        device: where they live.
    """

    def __init__(self, config: Settings, sets: Sets, device: str) -> None:
        self.config, self.device = config, device
        whole = triple(config, sets.test, device, turned=config.augment_test, batch_size=PRINTED_BATCH)
        self.tests = {"all": whole, "some": whole}
        if config.curve_images < whole.size:
            some = {task: part(one, 0, config.curve_images) for task, one in sets.test.items()}
            self.tests["some"] = triple(config, some, device, turned=config.augment_test, batch_size=PRINTED_BATCH)
        if sets.held_out:
            self.tests["held_out"] = triple(config, sets.held_out, device, turned=False, shuffle=False)
        first = {task: part(one, 0, CALIBRATION) for task, one in sets.train.items()}
        self.own: dict[str, list[Inputs]] | None = inputs_of(triple(config, first, device, turned=False, shuffle=False))
        if config.statistics == "running":
            self.own = None

    def __call__(self, net: ChainNet, which: str = "all") -> dict[str, Score]:
        """Scores on "all" test images, on "some" of them, or on what is "held_out"; the network in evaluation mode."""
        with torch.no_grad(), self.config.precision.autocast(self.device):
            return evaluate(net, self.tests[which], self.own)


def inputs_of(batches: Triple) -> dict[str, list[Inputs]]:
    """What a network gets of epoch 0, in batches: task -> its separate inputs, or SHARED -> the shared ones."""
    parts = list(zip(*batches.epoch(0), strict=True))
    if batches.setting == "shared":
        return {SHARED: list(parts[0])}
    return {task: [{task: images} for images in own] for task, own in zip(batches.tasks, parts[::2], strict=True)}


@contextlib.contextmanager
def statistics_of(net: ChainNet, inputs: Iterable[Inputs]) -> Iterator[None]:
    """Normalise by means and variances estimated on some inputs, as long as it lasts.

    In training each batch is normalised by its own statistics. With separate inputs a shared normalisation sees one set
    after the other, so that the running statistics, which evaluation would use, are mixed over the sets and fit none;
    with any they lag behind the weights.

    Args:
        net: left in evaluation mode within, and as it was behind.
        inputs: of the network, in batches; to be called without gradients.
    """
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    kept = [([buffer.clone() for buffer in norm.buffers()], norm.momentum, norm.training) for norm in norms]
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # a mean over the batches
            norm.train()
        for batch in inputs:
            net(batch)
        for norm in norms:
            norm.eval()
        yield
    finally:
        for norm, (buffers, momentum, training) in zip(norms, kept, strict=True):
            for buffer, value in zip(norm.buffers(), buffers, strict=True):
                buffer.copy_(value)
            norm.momentum = momentum
            norm.train(training)


def flat(scores: Mapping[str, Score], prefix: str = "") -> dict[str, float]:
    """Scores as metrics: accuracy_<task>, loss_<task> (nats) and printed_loss_<task>, each behind a prefix."""
    return {
        f"{prefix}{name}_{task}": value
        for task in TASKS
        if task in scores
        for name, value in zip(Score._fields, scores[task], strict=True)
    }
