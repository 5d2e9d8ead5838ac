"""How far the claims of all documents hold: for the landing page, and as bars; `report.board` has them one by one."""

from __future__ import annotations

from collections import Counter

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mtlcore import claims, paths, recipes
from mtlcore.claims import Claim, Paper, Verdict
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block
from mtlcore.report.verdicts import counted, judge_on

CHAPTERS = {
    "ge": "directional_or_random",
    "singh": "distinctiveness",
    "upadhyay": "less_is_more",
    "tran": "multiobjective",
    "goutam": "layerout",
}


def chapter(short: str) -> str | None:
    """The page of a document's chapter, without suffix; None while it is not written."""
    page = f"chapters/{CHAPTERS[short]}"
    return page if (paths.BOOK / f"{page}.md").exists() else None


def documents() -> list[str]:
    """The documents, those with a chapter first."""
    return sorted(claims.DOCUMENTS, key=lambda short: chapter(short) is None)


def recorded(short: str, claim: Claim, variant: str) -> Evidence | None:
    """The recorded runs that speak for a claim, in a variant."""
    return recipes.recorded(short, claim.test.study, variant=variant) if claim.test else None


def verdicts(paper: Paper, variant: str = "corrected") -> Counter[Verdict]:
    """How many claims of a document get which verdict from the recorded runs of a variant."""
    return Counter(
        judge_on(claim, paper.short, recorded(paper.short, claim, variant)).verdict for claim in paper.claims
    )


def document_cards() -> Block:
    """One card a document: what it is about and how its claims fare in the recorded runs, corrected variant."""
    cards = []
    for short in documents():
        paper = claims.load(short)
        page = chapter(short)
        link = [f":link: {page}", ":link-type: doc"] if page else []
        state = "" if page else "\n\n*Its chapter is not written yet.*"
        original = f"*{paper.title}*\n\n" if paper.title_en else ""
        cards.append(
            "\n".join(
                [
                    f"```{{grid-item-card}} {paper.title_en or paper.title}",
                    *link,
                    "",
                    f"{original}{' '.join(str(paper.subject).split())}{state}",
                    "+++",
                    f"{', '.join(paper.authors)}, {paper.year}. {len(paper.claims)} claims: {counted(verdicts(paper))}",
                    "```",
                ]
            )
        )
    body = "\n".join(["````{grid} 1 1 2 2", ":gutter: 3", "", *cards, "````"])
    return Block(body)


def scoreboard_summary() -> Block:
    """One sentence: how many claims there are and how many of them have been tested."""
    total: Counter[Verdict] = Counter()
    for short in claims.DOCUMENTS:
        total += verdicts(claims.load(short))
    tested = total.total() - total[Verdict.UNTESTABLE]
    return Block(
        f"The five documents make {total.total()} claims. "
        f"Recorded runs have tested {tested} of them so far: {counted(total)}"
    )


SHADES = {
    Verdict.HOLDS: "#0B7A4B",
    Verdict.DIRECTION: "#7CC6A4",
    Verdict.UNTESTABLE: "#C9CED6",
    Verdict.DIFFERS: "#F0B27A",
    Verdict.CLEARLY: "#C0440E",
}


def draw_scoreboard() -> Figure:
    """A bar a document: how many of its claims get which verdict, corrected variant, recorded runs."""
    figure, axes = plt.subplots(figsize=(7.6, 2.6))
    papers = [claims.load(short) for short in reversed(documents())]
    counts = [verdicts(paper) for paper in papers]
    left = [0] * len(papers)
    for verdict in Verdict:
        widths = [found[verdict] for found in counts]
        bars = axes.barh([paper.short for paper in papers], widths, left=left, color=SHADES[verdict], label=verdict)
        axes.bar_label(bars, [str(width) if width else "" for width in widths], label_type="center", fontsize=9)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set_xlabel("claims")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", visible=False)
    axes.legend(ncols=5, loc="lower center", bbox_to_anchor=(0.45, 1.0), fontsize=9, columnspacing=1.2)
    return figure
