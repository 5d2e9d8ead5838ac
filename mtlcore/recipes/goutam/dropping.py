"""BlockDrop behind a residual network that has been trained as the baseline is [goutam, Table 6; wu2018blockdrop].

The document says nothing of how its row was made and prints the value of BlockDrop's authors, who train a policy for
up to 10,000 epochs and finetune for 2,000. Ours is shorter at every profile, `cifar.POLICY_EPOCHS`.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from mtlcore.kernels.dropping import curriculum
from mtlcore.nets.resnet_cifar import ResNet, he
from mtlcore.prune.blockdrop import BlockDrop
from mtlcore.recipes.goutam import cifar_training
from mtlcore.recipes.goutam.cifar import Config
from mtlcore.recipes.goutam.cifar_training import Batches, Curves, measure
from mtlcore.recipes.goutam.networks import policy_of
from mtlcore.results import Result, key
from mtlcore.train import Precision, train


def run(config: Config, *, device: str = "cpu", checkpoints: Path | None = None) -> Result:
    """Train a run of any study on CIFAR; one of BlockDrop in three stages, each with a checkpoint of its own.

    Returns:
        as `cifar_training.run`; of BlockDrop the accuracy with blocks dropped, with kept (% of the blocks that a test
        image is computed with) and pretrained_accuracy (%, of the network before its policy).
    """
    if not config.policy_epochs:
        return cifar_training.run(config, device=device, checkpoints=checkpoints)
    started = time.perf_counter()
    batches = Batches.of(config, device)
    paths = [checkpoints / f"{key(config)}{stage}.pt" if checkpoints else None for stage in (".1", ".2", "")]
    net = cifar_training.network(config)
    plain = dataclasses.replace(config, policy_epochs=0, finetune_epochs=0)
    pretrained = cifar_training.fit(net, batches, plain, device=device, checkpoint=paths[0])
    both = blockdrop(net, config)
    curves = _teach(both, batches, config, device, paths[1])
    if config.finetune_epochs:
        curves = _finetune(both, batches, config, device, paths[2])
    for path in paths[:2]:
        if path:
            path.unlink(missing_ok=True)
    found = {"kept": curves["kept"][-1], "pretrained_accuracy": pretrained["accuracy"][-1]}
    return cifar_training.result(curves, batches, config, device=device, started=started, **found)


def blockdrop(net: nn.Module, config: Config) -> BlockDrop:
    """A trained network with a policy that knows nothing yet."""
    if not isinstance(net, ResNet):
        raise ValueError(f"network {config.network} has no residual blocks to drop; choose a residual one")
    policy = policy_of(net)
    he(policy)
    return BlockDrop(net, policy, penalty=config.penalty, seed=config.seed)


def _teach(both: BlockDrop, batches: Batches, config: Config, device: str, checkpoint: Path | None) -> Curves:
    """The curriculum: the policy learns, the network stays."""
    both.network.requires_grad_(False)

    def start(epoch: int) -> None:
        both.start(epoch, curriculum(epoch, config.policy_epochs, both.blocks))

    try:
        return _train(both, batches, config, device, checkpoint, BlockDrop.policy_loss, start, config.policy_epochs)
    finally:
        both.network.requires_grad_(True)


def _finetune(both: BlockDrop, batches: Batches, config: Config, device: str, checkpoint: Path | None) -> Curves:
    def start(epoch: int) -> None:
        both.start(config.policy_epochs + epoch, both.blocks)

    return _train(both, batches, config, device, checkpoint, BlockDrop.joint_loss, start, config.finetune_epochs)


def _train(
    both: BlockDrop,
    batches: Batches,
    config: Config,
    device: str,
    checkpoint: Path | None,
    loss: Callable[[BlockDrop, Tensor, Tensor], Tensor],
    start: Callable[[int], None],
    epochs: int,
) -> Curves:
    lr = config.policy_lr if loss is BlockDrop.policy_loss else config.finetune_lr
    return train(
        both,
        batches.train,
        objective=loss,
        make_optimizer=lambda both: torch.optim.Adam([one for one in both.parameters() if one.requires_grad], lr),
        epochs=epochs,
        device=device,
        precision=Precision(config.bf16, config.channels_last),
        start_epoch=start,
        evaluate=functools.partial(_evaluate, batches),
        checkpoint=checkpoint,
    )


def _evaluate(batches: Batches, both: nn.Module) -> dict[str, float]:
    """Accuracy with the policy's best guess, and the share of blocks that it keeps (%)."""
    kept: list[Tensor] = []

    def predict(images: Tensor) -> Tensor:
        keep = both.choice(both.probabilities(images))  # type: ignore[operator]
        kept.append(keep.mean(1))
        return both.network(images, keep)  # type: ignore[operator]

    found = measure(predict, batches.test)
    return found | {"kept": 100 * float(torch.cat(kept).mean())}
