"""Convolutional backbones by name: the six of the document [singh, Table 2], their thin siblings, and any of timm.

A backbone gives the globally pooled features of its last convolution. VGG-11 has batch normalisation, as the parameter
count that the document prints has it, and goes without its fully connected layers: the text describes the encoder as
the convolutional part. ImageNet weights come from a file below the data root, `imagenet/<timm name>.safetensors` or
`.pth`, else from the hub that timm asks (its cache first). timm and torchvision are imported where a backbone is made.
"""

from __future__ import annotations

import difflib
import importlib
import warnings
from pathlib import Path
from types import ModuleType

import torch
from torch import nn
from tqdm import TqdmWarning

from mtlcore.nets.thin import THIN, thin
from mtlcore.nets.torchvision_cpu import declare_operators

BACKBONES = {
    "efficientnet-b0": "efficientnet_b0",
    "efficientnet-b2": "efficientnet_b2",
    "resnet-18": "resnet18",
    "resnet-50": "resnet50",
    "nfnet-l0": "nfnet_l0",
    "vgg-11": "vgg11_bn",
}
INSTALL = "pip install -c constraints.txt timm torchvision"
IMAGENET_CLASSES = 1000


class WeightsError(ValueError):
    """ImageNet weights that are not there or do not fit; the message says what to do."""


def timm() -> ModuleType:
    """The package timm, ready for use beside any torch.

    Raises:
        ModuleNotFoundError: it, or torchvision, is not installed; the message says how.
    """
    declare_operators()
    try:
        with warnings.catch_warnings():
            # the hub that timm imports wants a widget for its progress, and says so in every notebook without one
            warnings.simplefilter("ignore", TqdmWarning)
            return importlib.import_module("timm")
    except ModuleNotFoundError as error:
        missing = (error.name or "timm").partition(".")[0]
        raise ModuleNotFoundError(
            f"the backbones of this network need {missing}, which is not installed: run `{INSTALL}`", name=missing
        ) from None


def check_backbone(name: str) -> None:
    """Refuse a name that cannot be one of a backbone; whether timm has it, `backbone` finds out.

    Raises:
        ValueError: it is no name of the document, of a thin sibling, or a word that timm would use.
    """
    if name not in BACKBONES and name not in THIN.values() and not name.replace(".", "_").isidentifier():
        known = ", ".join([*BACKBONES, *THIN.values()])
        raise ValueError(f"backbone {name!r} is unknown; choose {known}, or a name of timm")


def backbone(name: str, *, weights: str = "none", root: Path | None = None) -> nn.Module:
    """A backbone without its classifier.

    Args:
        name: a key of BACKBONES, a value of `thin.THIN`, or any name that timm knows.
        weights: "none" (random) or "imagenet".
        root: the data root, below which a file with the weights is looked for.

    Returns:
        (B, 3, H, W) -> (B, d), d as its attribute `num_features`.

    Raises:
        ModuleNotFoundError: timm is not installed.
        ValueError: timm knows no such network.
        WeightsError: ImageNet weights are asked for, and there are none.
    """
    check_backbone(name)
    library = timm()
    if name in THIN.values():
        if weights != "none":
            raise WeightsError(f"there are no ImageNet weights of {name}; take weights=none")
        return thin(name)
    known = _known(name, library)
    given = _file(known, root) if weights == "imagenet" else None
    net = _create(library, known, hub=weights == "imagenet" and given is None)
    if given is not None:
        _load(library, net, given)
    return _pooled(net)


def classifier_parameters(name: str) -> int:
    """Parameters of a backbone as the ImageNet classifier that the document counts; a thin one with such a head too."""
    check_backbone(name)
    library = timm()
    with torch.device("meta"):
        if name in THIN.values():
            net = thin(name)
            return count(net) + (int(net.num_features) + 1) * IMAGENET_CLASSES  # type: ignore[arg-type]
        return count(library.create_model(_known(name, library)))


def count(net: nn.Module) -> int:
    """Parameters of a network."""
    return sum(parameter.numel() for parameter in net.parameters())


def _known(name: str, library: ModuleType) -> str:
    known = BACKBONES.get(name, name)
    if not library.is_model(known):
        near = difflib.get_close_matches(known, library.list_models(), 3)
        hint = f"; near it are {', '.join(near)}" if near else ""
        raise ValueError(f"timm {library.__version__} knows no network {known!r}{hint}")
    return known


def _file(known: str, root: Path | None) -> Path | None:
    """A file of weights below the data root, where there is one."""
    places = [root / "imagenet" / f"{known}{ending}" for ending in (".safetensors", ".pth")] if root else []
    return next((path for path in places if path.is_file()), None)


def _create(library: ModuleType, known: str, *, hub: bool) -> nn.Module:
    if not hub:
        return library.create_model(known, num_classes=0)
    try:
        return library.create_model(known, pretrained=True, num_classes=0)
    except Exception as error:  # of the hub, the network, the cache: each has its own kinds
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(
            f"ImageNet weights of {known} could not be had from timm's hub ({said}); put imagenet/{known}.safetensors "
            "below the data root, or start from random ones with --set weights=none"
        ) from None


def _load(library: ModuleType, net: nn.Module, path: Path) -> None:
    """Load a file of weights into a network without a classifier; code in it is never run."""
    try:
        state = library.models.load_state_dict(str(path), weights_only=True)
    except Exception as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(f"{path} is no file of weights ({said}); bring it again") from None
    wrong = [
        name
        for name, value in net.state_dict().items()
        if (name not in state or state[name].shape != value.shape) and not name.endswith("num_batches_tracked")
    ]
    if wrong:
        raise WeightsError(f"{path} has no {wrong[0]} of the shape that is needed; bring the weights of this network")
    net.load_state_dict(state, strict=False)  # the classifier's weights stay behind


def _pooled(net: nn.Module) -> nn.Module:
    """Without the fully connected layers of VGG, which timm keeps before its classifier."""
    if hasattr(net, "pre_logits") and isinstance(net.pre_logits, nn.Module):
        net.pre_logits = nn.Identity()
    return net
