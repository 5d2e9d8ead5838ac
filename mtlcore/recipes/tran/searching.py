"""One run of the architecture search and of all the trees it could have found [tran, Algorithms 2 to 5, Table 1]."""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtlcore import profiles
from mtlcore.balance import Balancer
from mtlcore.kernels.divergence import slimming_penalty
from mtlcore.nets.lenet import lenet
from mtlcore.nets.tree import TreeNet
from mtlcore.recipes.tran import balancers
from mtlcore.recipes.tran.affinity import child_affinity, stress, task_affinity
from mtlcore.recipes.tran.config import TASKS, Sets, part, sets_of, triple
from mtlcore.recipes.tran.evaluation import Evaluator, Score, flat, statistics_of
from mtlcore.recipes.tran.running import fit
from mtlcore.recipes.tran.search import Partition, all_splits, best_split
from mtlcore.recipes.tran.stages import Stages
from mtlcore.recipes.tran.switching import Switch
from mtlcore.recipes.tran.training import Timed, make_optimizer
from mtlcore.recipes.tran.trees import TREES, UNSPLIT, Config
from mtlcore.results import Result, key
from mtlcore.train import Batches, train

BLOCK = 1  # the last shared block of the trunk


class Later:
    """Batches whose epochs begin further on, so that training goes on with new ones."""

    def __init__(self, batches: Batches, first: int) -> None:
        self.batches, self.first = batches, first

    def __len__(self) -> int:
        return len(self.batches)

    def epoch(self, index: int) -> Iterator[tuple[Tensor, ...]]:
        """The batches of one epoch."""
        yield from self.batches.epoch(self.first + index)


class Search:
    """The stages of a run; each gives tensors and plain values that the next ones start from.

    Args:
        config: of the run.
        sets: its images.
        device: where it runs.
    """

    def __init__(self, config: Config, sets: Sets, device: str) -> None:
        self.config, self.sets, self.device = config, sets, device
        self.evaluator = Evaluator(config, sets, device)
        some = {task: part(one, 0, config.compared) for task, one in sets.train.items()}
        self.images = {
            task: [images for images, _ in triple(config, {task: one}, device, turned=False, shuffle=False).epoch(0)]
            for task, one in some.items()
        }

    def trunk(self, checkpoint: Path | None) -> dict[str, Any]:
        """Train the network that is to be split."""
        torch.manual_seed(self.config.seed)
        net, balancer = lenet(TASKS), balancers.make(self.config)
        made: list[torch.optim.Optimizer] = []
        self._train(net, balancer, checkpoint, 0, self.config.epochs, _remembered(made, make_optimizer(self.config)))
        states = {"optimizer": made[-1].state_dict(), "balancer": balancer.state_dict()}
        return {"net": net.state_dict(), "chains": dict(net.chains), **states}

    def network(self, stage: Mapping[str, Any]) -> TreeNet:
        """The network that a stage has come to, ready to be measured."""
        net = lenet(TASKS).regrown(stage["chains"]).to(self.device)
        net.load_state_dict(stage["net"])
        return net.eval()

    def branch(self, trunk: dict[str, Any], partition: Partition | None, checkpoint: Path | None) -> dict[str, Any]:
        """Split the trunk, or do not, train it on with its second algorithm, and score it."""
        net = self.network(trunk)
        optimizer = make_optimizer(self.config)(net)
        optimizer.load_state_dict(copy.deepcopy(trunk["optimizer"]))  # it would share the momentum with other branches
        balancer = balancers.make(self.config)
        balancer.load_state_dict(trunk["balancer"])
        if partition is not None:
            net.split(BLOCK, partition, optimizer)
        second = balancers.phases(balancer)[-1]
        self._train(net, second, checkpoint, self.config.epochs, self.config.after, lambda net: optimizer)
        scores = {task: tuple(score) for task, score in self.evaluator(net.eval()).items()}
        return {"net": net.state_dict(), "chains": dict(net.chains), "scores": scores}

    def _train(
        self,
        net: TreeNet,
        balancer: Balancer,
        checkpoint: Path | None,
        first: int,
        epochs: int,
        make: Callable[[nn.Module], torch.optim.Optimizer],
    ) -> None:
        batches = Later(triple(self.config, self.sets.train, self.device, turned=self.config.augment), first)
        fit(
            self.config,
            net,
            balancer,
            Timed(batches, self.device),
            self.evaluator,
            Switch(self.config, balancer, self.evaluator),
            device=self.device,
            checkpoint=checkpoint,
            make=make,
            epochs=epochs,
        )

    def finetuned(self, net: TreeNet, task: str, first: int, checkpoint: Path | None) -> dict[str, Any]:
        """Peel a task off a network and train it alone, with the penalty on γ [tran, Eq. 5.6]."""
        alone, config = net.peel(task), self.config
        gammas = [norm.weight for norm in alone.modules() if isinstance(norm, nn.BatchNorm2d)]

        def objective(net: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
            loss = F.cross_entropy(net({task: images})[task].float(), labels)
            return loss + config.slimming * slimming_penalty(gammas, form=config.penalty)

        train(
            alone,
            Later(triple(config, {task: self.sets.train[task]}, self.device, turned=config.augment), first),
            objective=objective,
            make_optimizer=make_optimizer(config),
            epochs=config.finetune,
            device=self.device,
            precision=config.precision,
            checkpoint=checkpoint,
        )
        return alone.state_dict()

    def stress(self, net: TreeNet, alone: Mapping[str, TreeNet]) -> dict[int, float]:
        """Stress of every shared block, summed over its tasks [tran, Algorithm 2]."""
        total = dict.fromkeys(net.shared, 0.0)
        for task, own in alone.items():
            with self._statistics([(task, own), (task, net)], task):
                found = stress(net, {task: own}, self.images, measure=self.config.measure)
            for block, of_tasks in found.items():
                total[block] += of_tasks.get(task, 0.0)
        return total

    def affinity(self, alone: Mapping[str, TreeNet]) -> Tensor:
        """Divergences of the tasks at the last shared block [tran, Algorithm 3], (T, T)."""
        if self.config.statistics == "running":
            return task_affinity(alone, BLOCK, self.images, measure=self.config.measure)
        found = []
        for name, batches in self.images.items():
            with self._statistics(alone.items(), name):
                found.append(task_affinity(alone, BLOCK, {name: batches}, measure=self.config.measure))
        total = torch.stack(found).sum(0)
        return total if self.config.sets == "summed" else total / len(found)

    @contextlib.contextmanager
    def _statistics(self, nets: Iterable[tuple[str, TreeNet]], name: str) -> Iterator[None]:
        """Normalise tasks' networks by the statistics of the images they are compared on, or by the running ones.

        Z̃ has mean 0 and variance 1 on these images then, as Section 5.2.1 supposes.
        """
        with contextlib.ExitStack() as stack:
            if self.config.statistics == "estimated":
                stack.enter_context(torch.no_grad())
                for task, net in nets:
                    stack.enter_context(statistics_of(net, [{task: images} for images in self.images[name]]))
            yield


def _remembered(
    made: list[torch.optim.Optimizer], make: Callable[[nn.Module], torch.optim.Optimizer]
) -> Callable[[nn.Module], torch.optim.Optimizer]:
    def remember(net: nn.Module) -> torch.optim.Optimizer:
        made.append(make(net))
        return made[-1]

    return remember


def run(config: Config, *, device: str = "cpu", checkpoints: Path | None = None) -> Result:
    """Search, and train all the trees; what is finished is kept in `<key>.pt`, left to whoever stores the result.

    Returns:
        metrics: divergence_<task>_<task> of Table 1 (a); stress_<block> of the trunk; ours, the position in TASKS of
        the task that the search gives a block of its own; for each tree of `trees.TREES` and "unsplit" its scores,
        "<tree> accuracy_<task>" and so on as `running.run`, "<tree> stress", "<tree> accuracy" and "<tree> loss"
        (means over the tasks, nats); correlation, Spearman's, of stress and mean accuracy over the three splits (0
        where one of them is the same for all); finetunings_ours, counted, finetunings_printed (Algorithms 2, 3 and 5
        as printed, for one step) and finetunings_branched (T²N, as the thesis has it). curves: stress, accuracy and
        loss, one number a split.
    """
    started = time.perf_counter()
    sets = sets_of(config)
    search, stages = Search(config, sets, device), Stages(checkpoints, key(config))
    trunk = stages.do("trunk", search.trunk)
    net = search.network(trunk)
    alone = _alone(search, stages, "trunk", net, config.epochs)
    metrics = _found(search, net, alone)
    for tree, partition in [(UNSPLIT, None), *((_name(net, split), split) for split in all_splits(net, BLOCK))]:
        branch = stages.do(tree, lambda file, split=partition: search.branch(trunk, split, file))  # type: ignore[misc]
        grown = search.network(branch)
        peeled = _alone(search, stages, tree, grown, config.epochs + config.after)
        metrics |= _scores(tree, branch["scores"])
        metrics[f"{tree} stress"] = sum(search.stress(grown, peeled).values())
    points = {name: [metrics[f"{tree} {name}"] for tree in TREES] for name in ("stress", "accuracy", "loss")}
    metrics["correlation"] = _correlation(points["stress"], points["accuracy"])
    seconds = max(stages.seconds, time.perf_counter() - started)
    return Result(
        metrics, points, {"device": profiles.device_name(device), "seconds": round(seconds, 1), "data": sets.note}
    )


def _alone(search: Search, stages: Stages, tree: str, net: TreeNet, first: int) -> dict[str, TreeNet]:
    """The peeled, fine-tuned networks of all tasks, trained on the epochs from `first` on."""
    alone = {}
    for task in net.tasks:
        state = stages.do(f"{tree}.{task}", lambda file, task=task: search.finetuned(net, task, first, file))  # type: ignore[misc]
        alone[task] = net.peel(task)
        alone[task].load_state_dict(state)
    return alone


def _found(search: Search, net: TreeNet, alone: Mapping[str, TreeNet]) -> dict[str, float]:
    """Stress and affinity of the trunk, and the split that they lead to [tran, Algorithms 2 to 5]."""
    affinity = search.affinity(alone)
    found = {f"stress_{block}": value for block, value in search.stress(net, alone).items()}
    for i, first in enumerate(TASKS):
        found |= {f"divergence_{first}_{second}": float(affinity[i, j]) for j, second in enumerate(TASKS)}
    groups = best_split(child_affinity(affinity, [[number] for number in range(len(TASKS))]), seed=search.config.seed)
    (position,) = min(groups, key=lambda group: len(group))
    tasks, blocks = len(TASKS), len(net.shared)
    counts = {"ours": len(alone), "printed": tasks * blocks + tasks, "branched": tasks**2 * blocks}
    found |= {f"finetunings_{name}": float(count) for name, count in counts.items()}
    return found | {"ours": float(position)}


def _name(net: TreeNet, partition: Partition) -> str:
    """The tree that a split leads to."""
    (head,) = min(partition, key=len)
    (task,) = net.tasks_of(head)
    return f"{task}_alone"


def _scores(tree: str, scores: Mapping[str, tuple[float, ...]]) -> dict[str, float]:
    named = {task: Score(*values) for task, values in scores.items()}
    found = flat(named, f"{tree} ")
    for name in ("accuracy", "loss"):
        found[f"{tree} {name}"] = sum(getattr(one, name) for one in named.values()) / len(named)
    return found


def _correlation(first: list[float], second: list[float]) -> float:
    if len(set(first)) == 1 or len(set(second)) == 1:
        return 0.0
    from scipy import stats  # takes a second to import

    return float(stats.spearmanr(first, second).statistic)
