"""One look for all figures: the same colours for the same methods, white ground, readable in print."""

from __future__ import annotations

import sys
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from torch import nn

# Okabe and Ito's palette, which the colour-blind can tell apart
COLOURS = {
    "baseline": "#000000",
    "since_start": "#E69F00",
    "warmup": "#56B4E9",
    "dfreeze": "#D55E00",
    "efreeze": "#009E73",
    "resnet110": "#000000",
    "blockdrop": "#E69F00",
    "stochastic_depth": "#009E73",
    "layerout": "#56B4E9",
    "averaging": "#000000",
    "gradnorm": "#E69F00",
    "mgda": "#0072B2",
    "hybrid": "#D55E00",
    "mgda_parameters": "#56B4E9",
    "pcgrad": "#009E73",
    "uncertainty": "#CC79A7",
    # tasks, in colours that no method has
    "fashion": "#882255",
    "kmnist": "#77771E",
    "mnist": "#332288",
    "neuron-behaviour": "#0072B2",
    "weight-matrix": "#D55E00",
    "dropout": "#009E73",
    "type": "#AA4499",
    "colour": "#806600",
}
LABELS = {
    "baseline": "baseline",
    "since_start": "LayerOut since start",
    "warmup": "LayerOut with warm-up",
    "dfreeze": "LayerOut-dfreeze",
    "efreeze": "LayerOut-efreeze",
    "vgg16": "VGG-16",
    "resnet110": "ResNet-110",
    "stochastic_depth": "Stochastic Depth",
    "blockdrop": "BlockDrop",
    "layerout": "LayerOut",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "re": "with erasing",
    "nore": "without erasing",
    "step_saved": "step time saved",
    "backward_saved": "backward FLOPs saved",
    "averaging": "averaging",
    "gradnorm": "GradNorm",
    "mgda": "MGDA",
    "hybrid": "hybrid",
    "mgda_parameters": "MGDA on parameters",
    "pcgrad": "PCGrad",
    "uncertainty": "uncertainty weighting",
    "frank_wolfe": "Frank-Wolfe",
    "projected": "projected method",
    "parameters": "on parameters",
    "representations": "on representations",
    "fashion": "Fashion-MNIST",
    "kmnist": "Kuzushiji-MNIST",
    "mnist": "MNIST",
    "neuron-behaviour": "Neuron Behaviour",
    "weight-matrix": "Weight Matrix",
    "dropout": "dropout",
    "dropout-r20": "dropout 0.20",
    "dropout-r50": "dropout 0.50",
    **{f"nb-{angle}": f"Neuron Behaviour {angle}°" for angle in (15, 20, 25, 30)},
    **{f"wm-{angle}": f"Weight Matrix {angle}°" for angle in (15, 20, 25, 30)},
    "nb-always": "Neuron Behaviour 30°, whatever the loss",
    "nb-origin": "Neuron Behaviour 30°, from the origin",
    "nb-centre": "Neuron Behaviour 30°, from 0.5",
    "wm-bias": "Weight Matrix 15°, bias compared",
    "wm-afresh": "Weight Matrix 15°, new weights",
    "baseline-twice": "baseline, twice the epochs",
    "chosen": "half of the features, genetic",
    "random-half": "half of the features, random",
    "all-features": "all features",
    "type": "vehicle type",
    "colour": "vehicle colour",
    **{f"l{strength}": f"λ = {strength}" for strength in ("0", "1e-7", "1e-6", "1e-5", "1e-4", "1e-3", "1e-2")},
    "seg_normal": "segmentation + surface normals",
    "normal_depth": "surface normals + depth",
    "seg_normal_depth": "segmentation + surface normals + depth",
    "group": "group penalty",
    "l1": "ℓ1",
    **{f"scheduled_{share}": f"group penalty, led to {share} % of the groups" for share in (50, 70, 90)},
    "learned_70": "group penalty, λ learnt for 70 %",
    "l1_75": "ℓ1, led to 75 % of the weights",
}
KINDS = {nn.Conv2d: "#0072B2", nn.Linear: "#D55E00"}


def style(profile: str = "lab") -> None:
    """Set matplotlib's defaults for the book.

    In a notebook, figures are kept as SVG beside PNG, to be downloaded; at `smoke`, which is for tests and has a budget
    of seconds, as PNG alone.
    """
    mpl.rcParams.update(
        {
            "figure.figsize": (7.2, 3.6),
            "figure.dpi": 110,
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.constrained_layout.use": True,
            "font.size": 10.5,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#e4e4e4",
            "legend.frameon": False,
            "lines.linewidth": 2,
            "svg.hashsalt": "book",  # the same figure is the same file
        }
    )
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("png", *([] if profile == "smoke" else ["svg"]), metadata={"Date": None})


def draw_network(net: nn.Sequential, shape: tuple[int, ...]) -> Figure:
    """A chain of layers drawn from the module itself, with the shape behind every layer.

    Args:
        net: sequential; activations are drawn as the colour's edge, not as boxes.
        shape: of one input, (C, H, W).
    """
    layers = _layers(net, shape)
    figure, axes = plt.subplots(figsize=(8.4, 3.3))
    tallest = max(_height(size) for _, _, _, size in layers)
    x = 0.0
    for name, module, about, size in layers:
        height = 0.35 + 1.9 * _height(size) / tallest
        width = 0.18 + 0.62 * min(1.0, size[0] / 1024) ** 0.5
        colour = "#999999" if module is None else KINDS[type(module)]
        axes.add_patch(
            FancyBboxPatch(
                (x, -height / 2), width, height, boxstyle="round,pad=0.02", facecolor=colour, alpha=0.85, lw=0
            )
        )
        middle = x + width / 2
        axes.text(middle, 1.3, name, ha="center", va="bottom", weight="bold")
        axes.text(middle, -1.28, about, ha="center", va="top", fontsize=8.5, color="#333333")
        x += width + 0.62
        if module is not layers[-1][1]:
            axes.annotate(
                "", (x - 0.08, 0), (x - 0.54, 0), arrowprops={"arrowstyle": "-|>", "color": "#666666", "lw": 1}
            )
    axes.set_xlim(-0.35, x - 0.3)
    axes.set_ylim(-2.15, 1.6)
    axes.axis("off")
    return figure


def _height(size: tuple[int, ...]) -> float:
    return float(size[1]) if len(size) > 1 else 6.0


def _layers(net: nn.Sequential, shape: tuple[int, ...]) -> list[tuple[str, Any, str, tuple[int, ...]]]:
    """(name, module, caption, output shape) of the input and of every layer with parameters."""
    found: list[tuple[str, Any, str, tuple[int, ...]]] = [("input", None, "×".join(map(str, shape)), shape)]
    hidden = torch.zeros(1, *shape)
    with torch.no_grad():
        for name, module in net.named_children():
            hidden = module(hidden)
            if type(module) in KINDS:
                size = tuple(hidden.shape[1:])
                parameters = sum(p.numel() for p in module.parameters())
                kernel = f"{module.kernel_size[0]}×{module.kernel_size[1]}" if isinstance(module, nn.Conv2d) else "full"
                step = getattr(module, "stride", (1,))[0]
                stride = f", stride {step}" if step > 1 else ""
                found.append((name, module, f"{kernel}{stride}\n{'×'.join(map(str, size))}\n{parameters:,}", size))
    return found
