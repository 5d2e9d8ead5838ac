import json
import re
from html import unescape

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from mtlcore import claims, recipes, report
from mtlcore.claims import Judgement, Verdict
from mtlcore.nets.shallow import shallow
from mtlcore.recipes import Evidence
from mtlcore.recipes.goutam import mnist
from mtlcore.report import block, claimlist, differences, tables, verdicts
from tests.helpers import Config, record

LEVELS = {"baseline": 98.0, "since_start": 97.5, "warmup": 98.4, "dfreeze": 98.2, "efreeze": 98.9}


def evidence(source="real", seeds=3, profile="desk", study="table-1", variant="corrected", **levels):
    rows = {
        row: [
            record(seed, row, accuracy=level + seed / 7 + (seed % 2) / 100 * index, frozen=10.0 * index)
            for seed in range(seeds)
        ]
        for index, (row, level) in enumerate({**LEVELS, **levels}.items())
    }
    return Evidence("goutam", study, profile, source, variant, rows)


@pytest.fixture
def recorded(monkeypatch):
    """Pretend that corrected runs of Table 1 are recorded and nothing else."""
    monkeypatch.setattr(
        recipes,
        "recorded",
        lambda recipe, study, *, variant: (
            evidence() if (recipe, study, variant) == ("goutam", "table-1", "corrected") else None
        ),
    )


def cells(markdown):
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize("short", claims.DOCUMENTS)
def test_published_tables_hold_every_printed_number(short):
    for paper in claims.load(short).tables:
        results, *settings = report.published_table(short, paper.id).markdown.split("{dropdown}")
        body = [row for row in cells(results)[2:] if not row[0].startswith("**")]
        assert [row[1] for row in body] == printed(paper, setting=False)
        across = [row[1:] for row in cells("".join(settings))[2:]]
        assert [value for column in zip(*across, strict=True) for value in column] == printed(paper, setting=True)
        measured = [column for column in paper.columns if not column.setting]
        assert [row[0] for row in body] == [
            row.label
            for column in measured
            for row in paper.rows
            if row.values[paper.columns.index(column)] is not None
        ]
        assert {len(row) for row in body} == {3}
        assert f":name: tbl-{short}-{paper.number}" in results
        assert "Not recorded yet." in results
        shown = report.published_table(short, paper.id).html
        for number in printed(paper, setting=False) + printed(paper, setting=True):
            assert f">{number}<" in shown


def printed(paper, *, setting):
    """The numbers of a published table, column by column; of the settings, or of the results."""
    return [
        tables.printed(row.values[index], column.decimals)
        for index, column in enumerate(paper.columns)
        for row in paper.rows
        if column.setting == setting and (setting or row.values[index] is not None)
    ]


def test_a_strength_below_the_decimals_is_not_printed_as_zero():
    assert [tables.printed(value, 2) for value in (0, 1e-6, 0.25, -0.004)] == ["0.00", "1e-06", "0.25", "-0.004"]


def test_variants_without_published_code_are_two(recorded):
    assert "as published" not in report.variants_table("ge").markdown
    assert "as published" in report.variants_table("goutam").markdown
    assert "no code was published" not in report.scoreboard().html  # nothing is recorded of a document without code


def test_scoreboard_says_where_no_code_was_published(monkeypatch):
    monkeypatch.setattr(recipes, "recorded", lambda recipe, study, *, variant: evidence())
    boards = {part.split("'")[0]: part for part in report.scoreboard().html.split("<h3 id='board-")[1:]}
    for short, board in boards.items():
        assert ("no code was published" in board) == (not claims.load(short).code), short


def test_published_numbers_keep_their_decimals():
    column = claims.load("goutam").table("table-1").columns[0]
    assert [tables.printed(value, 2) for value in (98.87, 94, None)] == ["98.87", "94.00", "–"]
    assert tables.printed({"mean": 0.331, "sd": 0.012}, 3) == "0.331 ± 0.012"
    assert tables.measured(evidence(), "warmup", column) == "98.55 ± 0.14"
    assert tables.measured(evidence(seeds=1), "warmup", column) == "98.40"
    assert tables.measured(evidence(), "no row", column) == tables.measured(None, "warmup", column) == "–"


def test_a_caption_may_name_code():
    """A fence of backticks may have none behind it in its first line (CommonMark 4.5); one of tildes may."""
    shown = block.folded("At `lab`", block.table(["", "b"], [["a", "1"]], caption="Runs at `lab`.", name="tbl-x"))
    first, second, *_, last_but_one, last = shown.markdown.splitlines()
    assert (first, second) == ("~~~~~{dropdown} At `lab`", "~~~~{table} Runs at `lab`.")
    assert (last_but_one, last) == ("~~~~", "~~~~~")


def test_three_numbers_a_cell_with_their_origin():
    shown = report.published_table("goutam", "table-1", recorded=evidence(), this_run=evidence("twin", 1, "lab"))
    rows = cells(shown.markdown)
    assert rows[0] == ["", "paper", "recorded · desk · real · 3 seeds", "this run · lab · twin · 1 seed"]
    assert ["LayerOut-efreeze", "99.08", "99.06 ± 0.14", "98.90"] in rows
    assert "Twin data (this run): compare orderings with the paper, not numbers." in shown.markdown
    assert "Not recorded yet" not in shown.markdown
    real = report.published_table("goutam", "table-1", recorded=evidence())
    assert "Twin data" not in real.markdown


def test_a_result_shows_its_first_points_and_folds_the_others():
    shown = block.result(["one", "", "two"], ["", "three"])
    head, rest = shown.markdown.split("{dropdown}")
    assert re.findall("^- (.*)$", head, re.MULTILINE) == ["one", "two"]
    assert re.findall("^- (.*)$", rest, re.MULTILINE) == ["three"]
    assert shown.html.index("two") < shown.html.index("<details>") < shown.html.index("three")
    assert "dropdown" not in block.result(["one"], [""]).markdown


def test_all_columns_of_a_table_of_one_study_say_its_runs():
    runs = evidence()
    shown = tables.table_of(runs, ["", "one", "two"], [["a", "1", "2"]], caption="x", name="tbl-x-2")
    found = re.search("data-table='tbl-x-2' data-columns='(.*?)'", shown.markdown)
    assert json.loads(unescape(found[1])) == {"1": tables.origin(runs), "2": tables.origin(runs)}
    assert cells(shown.markdown)[0] == ["", "one", "two"]


def test_tables_escape_what_they_are_given():
    shown = block.table(
        ["", "a|b"], [["<script>x</script>", "1 | 2"], ["head & tail"]], caption="a < b", name="tbl-x-1"
    )
    assert "<script>" not in shown.html
    assert "&lt;script&gt;" in shown.html
    assert "a &lt; b" in shown.html
    assert "head &amp; tail" in shown.html
    assert r"1 \| 2" in shown.markdown
    assert r"a\|b" in shown.markdown
    heading = next(line for line in shown.markdown.splitlines() if "head & tail" in line)
    assert len(re.findall(r"(?<!\\)\|", heading)) == 3


def test_block_is_a_bundle_of_what_it_has():
    both = block.Block("text", "<p>text</p>")
    assert both._repr_mimebundle_() == {"text/plain": "Block", "text/html": "<p>text</p>", "text/markdown": "text"}
    assert set(report.prose(" a\n b ")._repr_mimebundle_()) == {"text/plain", "text/markdown"}
    assert set(block.Block(html="<p>")._repr_mimebundle_()) == {"text/plain", "text/html"}
    joined = both + report.prose("more")
    assert (joined.markdown, joined.html) == ("text\n\nmore", "<p>text</p>")
    assert report.show_source(claims.interval).markdown.startswith("```python\ndef interval(")
    assert block.percent(0.634) == "63 %"


@pytest.mark.parametrize(
    ("verdict", "name"),
    [
        (Verdict.HOLDS, "verdict-holds"),
        (Verdict.DIRECTION, "verdict-direction"),
        (Verdict.UNTESTABLE, "verdict-untestable"),
        (Verdict.DIFFERS, "verdict-differs"),
        (Verdict.CLEARLY, "verdict-differs"),
    ],
)
def test_badge_has_a_class_a_sign_and_the_word(verdict, name):
    shown = verdicts.badge(verdict)
    assert f"class='verdict {name}'" in shown
    assert shown.endswith(f" {verdict.value}</span>")
    assert "aria-hidden='true'" in shown


def test_the_rules_are_those_of_the_judge():
    """Differences on all sides of zero and of a margin: the verdict whose rule is true of them is the judge's."""
    margin = 1.0
    ends = {  # mean, low, high of a difference -> the verdict on "above", the verdict on "alike within 1"
        (0.5, 0.2, 0.8): (Verdict.HOLDS, Verdict.HOLDS),
        (0.5, -0.2, 1.2): (Verdict.DIRECTION, Verdict.DIRECTION),
        (-1.5, -3.2, 0.2): (Verdict.DIFFERS, Verdict.DIFFERS),
        (-1.5, -1.8, -1.2): (Verdict.CLEARLY, Verdict.CLEARLY),
        (-0.5, -0.8, -0.2): (Verdict.CLEARLY, Verdict.HOLDS),
    }
    for (mean, low, high), found in ends.items():
        half = (high - low) / 2
        spread = half / 4.302652729696142 * 3**0.5  # of three seeds, so that the interval has this half width
        values = [mean - spread, mean, mean + spread]
        rows = {
            "one": [record(seed, "one", accuracy=value) for seed, value in enumerate(values)],
            "other": [record(seed, "other", accuracy=0.0) for seed in range(3)],
        }
        above = claims.Test("x", "accuracy", "greater", (("one", "other"),))
        alike = claims.Test("x", "accuracy", "equal", (("one", "other"),), margin=margin)
        assert (claims.judge(above, rows).verdict, claims.judge(alike, rows).verdict) == found
        first, second = (verdicts.RULES[verdict][place] for place, verdict in enumerate(found))
        assert ("on the other side" in first) == (mean < 0)
        assert ("crosses zero" in first) == (low < 0 < high)
        assert ("outside the margin" in second) == (abs(mean) > margin)
        assert ("reaches" in second) == (low < -margin < high or low < margin < high)
    shown = verdicts.rules().markdown
    assert [shown.count(verdicts.badge(verdict)) for verdict in Verdict] == [1] * len(Verdict)
    assert f"fewer than {claims.FEWEST_SEEDS} seeds" in shown
    assert "at its ceiling or its floor" in shown


def test_signs_differ_so_that_colour_is_not_needed():
    assert len({sign for _, sign in verdicts.CLASSES.values()}) == len(Verdict)


def difference(mean, low, high):
    return claims.Difference("efreeze", "baseline", mean, low, high, 3)


def claim_of(short, id):
    return next(claim for claim in claims.load(short).claims if claim.id == id)


def test_deciding_pair_is_told_with_its_unit():
    one, several = claim_of("goutam", "mnist-dfreeze-below-efreeze"), claim_of("goutam", "mnist-efreeze-best")

    def told(claim, verdict, **outcome):
        worst = claims.Outcome(*claim.test.pairs[0], verdict, **outcome)
        found = verdicts.told(claim, "goutam", Judgement(verdict, worst.why, worst, (worst,)))
        return found.replace(differences.TIE, " ")

    shown = difference(-0.064, -0.16, 0.03)
    assert told(one, Verdict.DIRECTION, difference=shown) == "−0.06 [−0.16, +0.03] points"
    assert told(several, Verdict.DIFFERS, difference=shown) == (
        "LayerOut-efreeze − baseline: −0.06 [−0.16, +0.03] points"
    )
    assert told(one, Verdict.UNTESTABLE, why="2 seeds; 3 are needed") == "2 seeds; 3 are needed"
    assert told(one, Verdict.UNTESTABLE, why="why", difference=shown).endswith("points; why")
    assert told(one, Verdict.UNTESTABLE, why="no", missing=("since_start", "warmup/re")) == (
        "no runs of LayerOut since start and LayerOut with warm-up, with erasing"
    )
    plain = claim_of("goutam", "any-architecture")
    assert verdicts.told(plain, "goutam", verdicts.judge_on(plain, "goutam", evidence())) == plain.untestable


def table_rows(html):
    return [
        [re.sub(r"<[^>]+>", " ", cell).split() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", html)
    ]


def test_every_pair_is_shown_with_its_verdict(recorded):
    shown = report.claim_list(
        "goutam", ["table-1"], this_run=[evidence("twin", 3, "lab", efreeze=10.0)], first=True
    ).html
    assert shown.count(verdicts.RULE) == 1
    assert verdicts.RULE not in report.claim_list("goutam", ["table-1"]).html
    for claim in claims.load("goutam").claims:
        if claim.test and claim.test.study == "table-1":
            start = shown.index(f"clm-goutam-{claim.id}'")
            item = unescape(shown[start : shown.find("<div class='claim'", start)])
            several = len(claim.test.pairs) > 1
            assert item.count("<details class='claim-pairs'>") == several
            if several:
                head, *body = table_rows(item[item.index("<table") :])
                assert [" ".join(cell) for cell in head] == ["difference", "paper", "corrected", "this run, corrected"]
                assert len(body) == len(claim.test.pairs)
                judgement = verdicts.judge_on(claim, "goutam", evidence())
                signs = [verdicts.CLASSES[outcome.verdict][1] for outcome in judgement.outcomes]
                assert [row[2][0] for row in body] == signs
    best = shown[shown.index("clm-goutam-mnist-efreeze-best'") :]
    first = table_rows(unescape(best[best.index("<table") :]))[1]
    assert [" ".join(cell) for cell in first][:2] == ["LayerOut-efreeze − baseline", "+0.21"]


def test_pairs_of_several_measures_stand_under_headings():
    claim = claim_of("ge", "nb-worst")
    rows = {
        row: [record(seed, row, accuracy_t1=level + seed, accuracy_t2=level - seed * seed) for seed in range(3)]
        for row, level in (("nb-r20", 50.0), ("dropout-r20", 60.0), ("wm-r23", 70.0), ("dropout-r50", 55.0))
    }
    runs = Evidence("ge", "table-3", "desk", "twin", "corrected", rows)
    judgement = verdicts.judge_on(claim, "ge", runs)
    shown = unescape(claimlist.pair_table("ge", claim, [("corrected", runs, judgement)]))
    body = [[" ".join(cell) for cell in row] for row in table_rows(shown)]
    assert "Each of the 8 pairs, in points" in shown
    assert body[0] == ["difference", "paper", "corrected"]
    assert [row for row in body if len(row) == 1] == [["T1 accuracy (type)"], ["T2 accuracy (colour)"]]
    assert body[2] == ["Neuron Behaviour 0.20 − dropout 0.20", "−0.8", "✓ −10.0 [−10.0, −10.0]"]
    assert [row[2] for row in body if len(row) > 1].count("– no runs") == 4


def test_interval_beyond_the_scale_is_said_once(recorded, monkeypatch):
    assert differences.BEYOND not in report.claim_list("goutam", ["table-1"]).html
    lost = evidence()
    lost.rows["since_start"][2].metrics["accuracy"] = 9.8
    monkeypatch.setattr(recipes, "recorded", lambda *names, variant: lost if variant == "corrected" else None)
    shown = report.claim_list("goutam", ["table-1"]).html
    assert shown.count(differences.BEYOND) == 1
    start = shown.index("mnist-since-start-not-worse'")
    assert "[&lt;\N{NO-BREAK SPACE}−100," in shown[start : start + 900]


def test_claims_are_listed_with_a_verdict_a_variant(recorded):
    shown = report.claim_list("goutam", ["table-1"], this_run=[evidence("twin", 2, "lab")]).html
    mine = [claim for claim in claims.load("goutam").claims if claim.test and claim.test.study == "table-1"]
    assert re.findall(r"id='clm-goutam-([a-z-]+)'", shown) == [claim.id for claim in mine]
    for claim in mine:
        assert claim.says.split()[-1] in unescape(shown)
    assert shown.count("desk · real · 3 seeds") == len(mine)
    assert shown.count(">2 seeds; 3 are needed<") == len(mine)
    best = shown[shown.index("clm-goutam-mnist-efreeze-best") :]
    judgement = claims.judge(mine[2].test, evidence().rows, ceilings={"accuracy": 100})
    assert f"verdict-{judgement.verdict.value}" in best[: best.index("this run")]


def test_claims_without_runs_say_so(monkeypatch):
    monkeypatch.setattr(recipes, "recorded", lambda *names, **options: None)
    shown = report.claim_list("goutam", ["table-2"]).html
    assert shown.count("not recorded yet") == shown.count("class='claim'") > 0


def test_scoreboard_lists_every_claim(recorded):
    shown = unescape(report.scoreboard().html)
    total = 0
    for short in claims.DOCUMENTS:
        paper = claims.load(short)
        assert f"id='board-{short}'" in shown
        assert (paper.title_en or paper.title) in shown
        for claim in paper.claims:
            assert claim.says in shown
        total += len(paper.claims)
    assert shown.count("<th scope='row'>") == shown.count("<tr data-document=") == total
    known = sum(1 for claim in claims.load("goutam").claims if claim.test and claim.test.study == "table-1")
    assert shown.count("<td>") == 3 * known
    assert shown.count("<td colspan='3'>") == total - known
    assert "desk · real · 3 seeds" in shown
    several = [claim for claim in claims.load("goutam").claims if claim.test and claim.test.study == "table-1"]
    assert shown.count("class='verdict-sign") == sum(len(c.test.pairs) for c in several if len(c.test.pairs) > 1)


def test_landing_page_counts_claims(recorded):
    cards = report.document_cards().markdown
    total = 0
    for short in claims.DOCUMENTS:
        paper = claims.load(short)
        total += len(paper.claims)
        assert paper.title in cards
        assert f"{len(paper.claims)} claims" in cards
    assert f"{total} claims" in report.scoreboard_summary().markdown
    found = report.scoreboard_summary().markdown
    counts = [int(number) for number in re.findall(r"</span> (\d+)", found)]
    assert sum(counts) == total


def test_provenance_is_one_escaped_line_a_source():
    shown = report.provenance(evidence(), None, evidence("twin", 1, "lab")).html
    assert shown.count("<p class='provenance'>") == 2
    assert "python -m mtlcore run goutam table-1 --profile desk --source real --seeds 3 --variant corrected" in shown
    assert "15 runs, 1 s each" in shown
    odd = evidence(seeds=1)
    odd.records[0].provenance["data"] = "<b>"
    assert "&lt;b&gt;" in report.provenance(odd).html


@pytest.mark.parametrize("short", claims.DOCUMENTS)
def test_audit_and_silences_tell_every_entry(short):
    paper = claims.load(short)
    audit = unescape(report.audit(short).html)
    open_lines = re.findall("<summary>(.*?)</summary>", audit)
    assert len(open_lines) == len(paper.contradictions)
    folded = re.findall("</summary>(.*?)</details>", audit)
    by_kind = sorted(paper.contradictions, key=lambda entry: [*tables.KINDS].index(entry["kind"]))
    for entry, line, fold in zip(by_kind, open_lines, folded, strict=True):
        assert line == f"<strong>{entry['between']}.</strong> {entry['says']}"
        assert fold == f"<p>{entry['follows']}</p>"
    assert report.silences(short).html.count("<dt>") == len(paper.silences)


def test_grid_is_told_in_the_recipe_s_words():
    grid = mnist.table_1("lab", "twin", 2, "corrected")
    markdown = report.grid_table(grid).markdown
    head, _, *rows = cells(markdown)
    assert head == ["", "freezes layers", "freeze probability of each layer", "warm-up epochs", "seeds"]
    assert rows[0] == ["baseline", "no", "–", "–", "2"]
    assert rows[1] == ["LayerOut since start", "yes", "random", "0", "2"]
    assert rows[-1] == ["LayerOut-efreeze", "yes", "0.9, 0.7, 0.6, 0.5, 0.4, 0.3, 0.1", "1", "2"]
    caption = markdown.splitlines()[0]
    for same in ("layers drawn: each on its own", "momentum dropped every epoch: no", "training images: 2,000"):
        assert same in caption
    published = report.grid_table(mnist.table_1("lab", "twin", 2, "code"), ["scheme", "reset_optimizer"])
    assert "layers drawn: leading run only" in published.markdown
    assert [row[1] for row in cells(published.markdown)[2:]] == ["no", *["yes"] * 4]


def test_grid_without_words_shows_fields_as_they_are():
    grid = [("a", Config(0)), ("a", Config(1)), ("b/arm", Config(0, row="b", vector=(0.5, 1.0)))]
    shown = report.grid_table(grid, ["vector", "share"]).markdown
    head, _, *rows = cells(shown)
    assert head == ["", "vector", "seeds"]
    assert rows == [["a", "–", "2"], ["b, arm", "0.5, 1", "1"]]
    assert "The same in every row that has it: share: 0.5." in shown
    assert cells(report.grid_table(grid[:1], ["vector", "share"]).markdown)[2] == ["a", "–", "0.5", "1"]
    long = [(f"row {number}", config) for number, (_, config) in enumerate(grid * 13)][:13]
    assert report.grid_table(long, ["vector"]).markdown.startswith("~~~~~{dropdown} The grid of this run: 13 rows")


def test_variants_as_a_table():
    assert cells(report.variants_table("goutam").markdown)[0] == ["", "as written", "as published", "corrected"]


def test_figures_draw_what_they_are_given(recorded):
    with mpl.rc_context():
        report.style()
        network = report.draw_network(shallow(), (1, 32, 32))
        words = " ".join(text.get_text() for text in network.axes[0].texts)
        assert "conv1" in words
        assert "fc2" in words
        assert "295,936" in words
        assert "32×30×30" in words
        board = report.draw_scoreboard()
        total = sum(bar.get_width() for bar in board.axes[0].patches)
        assert total == sum(len(claims.load(short).claims) for short in claims.DOCUMENTS)
        plt.close("all")
