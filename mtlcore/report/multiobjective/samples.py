"""Images: samples of the sets and of the shared input (Fig. 5), and what a channel answers to (Fig. 7) [tran]."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from mtlcore.recipes.tran.pictures import Channel
from mtlcore.report.block import Block, prose
from mtlcore.report.figures import LABELS
from mtlcore.report.multiobjective.evidence import TASKS, written


def mosaic(images: Tensor, columns: int) -> Tensor:
    """Images (N, 1, S, S) as one of (rows (S + 2) - 2, columns (S + 2) - 2), two pixels of 0 between them."""
    count, _, side, _ = images.shape
    rows = -(-count // columns)
    whole = images.new_zeros(rows * (side + 2) - 2, columns * (side + 2) - 2)
    for number, image in enumerate(images[:, 0]):
        row, column = divmod(number, columns)
        whole[row * (side + 2) :, column * (side + 2) :][:side, :side] = image
    return whole


def draw_samples(sets: Mapping[str, Tensor], shared: Tensor, *, columns: int = 8) -> Figure:
    """Fig. 5: samples of each set, and shared inputs composed of one of each.

    Args:
        sets: task -> images (N, 1, S, S), white is 1.
        shared: composed images (N, 1, S, S).
        columns: images in a row.
    """
    panels = {LABELS[task]: sets[task] for task in TASKS} | {"shared input": shared}
    figure, axes = plt.subplots(2, 2, figsize=(8.6, 3.1))
    for place, (title, images) in zip(axes.flat, panels.items(), strict=True):
        _show(place, mosaic(images, columns), title)
    return figure


def draw_channel(channel: Channel) -> Figure:
    """Fig. 7: what a channel answers to least and most, optimised images outside, images of the sets inside."""
    panels = {
        "minimised": channel.minimised[None],
        "images that minimise it": channel.smallest,
        "images that maximise it": channel.largest,
        "maximised": channel.maximised[None],
    }
    figure, axes = plt.subplots(1, 4, figsize=(8.6, 2.5))
    for place, letter, (title, images) in zip(axes, "abcd", panels.items(), strict=True):
        _show(place, mosaic(images, 1 if len(images) == 1 else 3), f"({letter}) {title}")
    return figure


def channel_words(channel: Channel, profile: str) -> Block:
    """Fig. 7 in a sentence: how far the channel was driven, and whose images drive it; `profile`: of its network."""
    most = max(TASKS, key=lambda task: channel.tasks.count(task))
    (low, high), (least, greatest) = ([written(end, 1) for end in ends] for ends in (channel.range, channel.reached))
    return prose(
        f"""Of the small network of {{numref}}`fig-tran-2` (`{profile}`, one seed), channel {channel.number} has the
        largest |γ| of the last shared block.
        Its mean activation is {low} to {high} standard deviations over the images of all three sets, and optimisation
        drives it to {least} and {greatest}.
        Of the {len(channel.tasks)} images that excite it most, {channel.tasks.count(most)} are of {LABELS[most]}."""
    )


def _show(axes: Axes, image: Tensor, title: str) -> None:
    axes.imshow(torch.as_tensor(image).numpy(), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    axes.set_title(title, fontsize=10)
    axes.axis("off")
