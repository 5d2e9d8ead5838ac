"""Which runs a sentence, a point or a figure is of: profile and seeds, in a few words."""

from __future__ import annotations

from matplotlib.figure import Figure

from mtlcore import profiles
from mtlcore.recipes import Evidence
from mtlcore.report.pairing import seeds_of


def runs_of(evidence: Evidence) -> str:
    """Profile and seeds of some runs, in a few words."""
    return f"{evidence.profile}, {seeds_of(evidence)}"


def unrecorded(evidence: Evidence | None) -> str:
    """Profile and seeds of runs that are not recorded ones, in a few words; nothing of recorded ones, or of none."""
    return runs_of(evidence) if evidence and evidence.profile not in profiles.RECORDED else ""


def opened(words: str, evidence: Evidence) -> str:
    """Sentences on runs, the first of which begins with profile and seeds where these are not recorded ones."""
    runs = unrecorded(evidence)
    return f"In runs that are not recorded ({runs}), {words[0].lower()}{words[1:]}" if runs else words


def aside(evidence: Evidence | None) -> str:
    """Names runs that are not recorded ones, behind what is told of them; nothing of recorded ones."""
    runs = unrecorded(evidence)
    return f"(These runs are not recorded ones: {runs}.)" if runs else ""


def topic(words: str, evidence: Evidence | None) -> str:
    """What a point is about, in bold, with the profile and seeds of runs that are not recorded ones."""
    runs = unrecorded(evidence)
    return f"**{words}** *({runs})*" if runs else f"**{words}**"


def note(figure: Figure, about: str) -> None:
    """Write above a figure what it is of, such as its runs, which a caption cannot compute."""
    figure.suptitle(about, fontsize=9, color="#555555")
