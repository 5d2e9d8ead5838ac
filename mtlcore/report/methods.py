"""Which methods a claim is about, for readers who follow a method and not a document."""

from __future__ import annotations

import re

from mtlcore import claims
from mtlcore.claims import Claim

# what a row or a study is called, the method that it stands for
METHODS: dict[str, dict[str, str]] = {
    "ge": {
        r"nb-.*|neuron-behaviour": "Neuron Behaviour",
        r"wm-.*|weight-matrix": "Weight Matrix",
        r"dropout.*": "dropout",
        r"chosen|all-features": "genetic selection",
    },
    "singh": {
        r"merge|delete|remove-both": "distinctiveness",
        r"table-\d|backbones|angles|dissimilarity": "distinctiveness",
        r"pcgrad": "gradient surgery",
        r"mining|hardest-.*": "hard samples",
        r"dropout": "dropout",
    },
    "upadhyay": {r"table-\d|lambda-path|penalty|target": "group sparsity", r"l1|l1_\d+": "ℓ1"},
    "tran": {
        r"hybrid": "hybrid of GradNorm and MGDA",
        r"mgda.*|frank_wolfe|projected": "MGDA",
        r"gradnorm": "GradNorm",
        r"ours|random_\d|search|search-cost|branched": "architecture search",
    },
    "goutam": {
        r"dfreeze|efreeze|warmup|since_start|layerout": "LayerOut",
        r"stochastic_depth": "stochastic depth",
        r"blockdrop": "BlockDrop",
    },
}
# what a document is about where a claim names no method of its own
SUBJECT = {
    "ge": "Weight Matrix",
    "singh": "distinctiveness",
    "upadhyay": "group sparsity",
    "tran": "MGDA",
    "goutam": "LayerOut",
}


def methods_of(short: str, claim: Claim) -> list[str]:
    """The methods that a claim compares or speaks of.

    >>> methods_of("goutam", claims.load("goutam").claims[0])
    ['LayerOut']
    """
    test = claim.test
    if test is None:
        return [SUBJECT[short]]
    sides = (side for pair in test.pairs for side in pair if not claims.is_number(side))
    parts = {part for side in sides for part in claims.operand_of(side, test.metric)[0].split("/")} | {test.study}
    found = (name for pattern, name in METHODS[short].items() if any(re.fullmatch(pattern, part) for part in parts))
    return list(dict.fromkeys(found)) or [SUBJECT[short]]
