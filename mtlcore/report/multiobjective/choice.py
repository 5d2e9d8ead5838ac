"""Which runs the chapter draws: the recorded ones, or those of this run where the reader has changed it [tran]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
from mtlcore.report.multiobjective.evidence import BALANCING
from mtlcore.report.tables import where
from mtlcore.report.verdicts import listed

EVERYWHERE = ("profile", "source", "variant")  # parameters that change the runs of every study
TRAINING = ("alpha", "tau", "epochs")  # those that change the training algorithms


def changed(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that decide what is run and have other values than their defaults."""
    return {name: values[name] for name in (*EVERYWHERE, *TRAINING) if values[name] != defaults[name]}


def changes(study: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the changed parameters that mean something to a study."""
    return {name: value for name, value in own.items() if name in EVERYWHERE or study in BALANCING}


def shown(
    study: str, recorded: Evidence | None, compute: Callable[[str], Evidence], own: Mapping[str, Any]
) -> Evidence:
    """The runs that figures and sentences are of.

    Args:
        study: its name.
        recorded: its largest stored runs, if there are any.
        compute: gives this run of a study.
        own: the changed parameters.
    """
    return compute(study) if recorded is None or changes(study, own) else recorded


def which(evidence: Evidence, recorded: Evidence | None, own: Mapping[str, Any]) -> Block:
    """In a sentence, whose runs a figure shows."""
    if evidence is recorded:
        return prose(f"Shown: the recorded runs ({where(evidence)}).")
    why = [f"`{name}` is `{value}`" for name, value in changes(evidence.study, own).items()]
    because = f", because {listed(why)}" if why else ", because nothing is recorded"
    return prose(f"Shown: this run ({where(evidence)}){because}.")
