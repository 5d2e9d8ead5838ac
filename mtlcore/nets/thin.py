"""Thin siblings of the six backbones: the same families from timm's own blocks, narrow and shallow, for a CPU.

Every sibling has a quarter of its original's width, so that their feature widths stand to each other as those of the
originals do (320, 352, 128, 512, 576 and 128 features for 1280, 1408, 512, 2048, 2304 and 512), and fewer blocks a
stage. They are no networks that anybody published, and a run names them: `thin resnet-50`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch import nn

THIN = {
    name: f"thin {name}"
    for name in ("efficientnet-b0", "efficientnet-b2", "resnet-18", "resnet-50", "nfnet-l0", "vgg-11")
}
# stages of EfficientNet in timm's notation: repeats, kernel, stride, expansion, channels, squeeze-and-excitation
EFFICIENTNET = (
    "ds_r1_k3_s1_e1_c16_se0.25",
    "ir_r2_k3_s2_e6_c24_se0.25",
    "ir_r2_k5_s2_e6_c40_se0.25",
    "ir_r3_k3_s2_e6_c80_se0.25",
    "ir_r3_k5_s1_e6_c112_se0.25",
    "ir_r4_k5_s2_e6_c192_se0.25",
    "ir_r1_k3_s1_e6_c320_se0.25",
)
VGG_11 = (16, "M", 32, "M", 64, 64, "M", 128, 128, "M", 128, 128, "M")  # a quarter of the original's channels
QUARTERS = (16, 32, 64, 128)


def thin(name: str) -> nn.Module:
    """A thin sibling by its name in THIN's values, with random weights; timm must be importable.

    Returns:
        (B, 3, H, W) -> (B, d) features, d as its `num_features`.
    """
    return _MAKERS[name]()


def _efficientnet(width: float, depth: float) -> nn.Module:
    from timm.models._efficientnet_builder import decode_arch_def, round_channels
    from timm.models.efficientnet import EfficientNet

    rounded = functools.partial(round_channels, multiplier=width, divisor=4)
    return EfficientNet(
        decode_arch_def([[stage] for stage in EFFICIENTNET], depth),
        num_features=rounded(1280),
        stem_size=32,
        round_chs_fn=rounded,
        norm_layer=nn.BatchNorm2d,
        act_layer=nn.SiLU,
        num_classes=0,
    )


def _resnet(bottleneck: bool) -> nn.Module:
    from timm.models.resnet import BasicBlock, Bottleneck, ResNet

    block: Any = Bottleneck if bottleneck else BasicBlock
    return ResNet(block, (1, 1, 1, 1), channels=QUARTERS, stem_width=QUARTERS[0], num_classes=0)


def _nfnet() -> nn.Module:
    from timm.models.nfnet import NfCfg, NormFreeNet

    config = NfCfg(
        depths=(1, 1, 1, 1),
        channels=(64, 128, 384, 384),
        stem_type="deep_quad",
        stem_chs=32,
        group_size=16,
        bottle_ratio=0.25,
        extra_conv=True,
        num_features=576,
        act_layer="silu",
        attn_layer="se",
        attn_kwargs={"rd_ratio": 0.25, "rd_divisor": 8},
    )
    return NormFreeNet(config, num_classes=0)


def _vgg() -> nn.Module:
    from timm.models.vgg import VGG

    net: nn.Module = VGG(list(VGG_11), norm_layer=nn.BatchNorm2d, num_classes=0, mlp_ratio=0.01)
    net.pre_logits = nn.Identity()  # its fully connected layers
    return net


_MAKERS: dict[str, Callable[[], nn.Module]] = {
    "thin efficientnet-b0": lambda: _efficientnet(0.25, 0.4),
    "thin efficientnet-b2": lambda: _efficientnet(0.275, 0.5),
    "thin resnet-18": lambda: _resnet(bottleneck=False),
    "thin resnet-50": lambda: _resnet(bottleneck=True),
    "thin nfnet-l0": _nfnet,
    "thin vgg-11": _vgg,
}
