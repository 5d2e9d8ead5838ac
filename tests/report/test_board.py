"""The scoreboard in full, what was found in short, and the files that go with them."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from urllib.parse import unquote

import pytest

from mtlcore import claims, recipes, report
from mtlcore.claims import Verdict
from mtlcore.recipes import Evidence
from mtlcore.report import board, downloads, landing, tables
from mtlcore.report.methods import METHODS, SUBJECT, methods_of
from tests.helpers import record

LEVELS = {"baseline": 98.0, "since_start": 97.5, "warmup": 98.4, "dfreeze": 98.2, "efreeze": 98.9}


def evidence(source="real", **options):
    rows = {
        row: [record(seed, row, accuracy=level + seed / 7, frozen=1.0) for seed in range(3)]
        for row, level in LEVELS.items()
    }
    return Evidence("goutam", "table-1", "desk", source, "corrected", rows)


@pytest.fixture
def recorded(monkeypatch):
    """Pretend that corrected runs of Table 1 are recorded and nothing else."""

    def found(recipe, study, *, variant):
        return evidence() if (recipe, study, variant) == ("goutam", "table-1", "corrected") else None

    monkeypatch.setattr(recipes, "recorded", found)


def rows_of(html, document):
    """The rows of a document on the board: what they are filtered by, and their text."""
    found = re.findall(r"<tr data-document='(\w+)'(.*?)>(<th.*?)</tr>", html, re.S)
    return [(dict(re.findall(r"data-(\w+)='(.*?)'", marks)), text) for short, marks, text in found if short == document]


def test_every_row_says_what_it_is_filtered_by(recorded):
    shown = report.scoreboard().html
    offered = {
        name: set(re.findall(r"<option value='([^']+)'>", field))
        for name, field in re.findall(r"<select name='(\w+)'>(.*?)</select>", shown)
    }
    assert list(offered) == ["document", "method", "verdict", "source"]
    assert offered["document"] == set(claims.DOCUMENTS)
    assert offered["verdict"] == {str(verdict) for verdict in Verdict}
    for short in claims.DOCUMENTS:
        rows = rows_of(shown, short)
        assert len(rows) == len(claims.load(short).claims)
        for marks, _ in rows:
            for name, value in marks.items():
                assert set(value.split("|")) <= offered[name]
    marks = [marks for marks, _ in rows_of(shown, "goutam")]
    assert {one["source"] for one in marks} == {"real", "not recorded"}
    assert all(one["source"] == "not recorded" for one, _ in rows_of(shown, "ge"))
    assert re.search(r"<form [^>]*hidden", shown)  # a script shows it


def test_a_verdict_leads_to_its_table_and_shows_its_command(recorded):
    rows = [(marks, unescape(text)) for marks, text in rows_of(report.scoreboard().html, "goutam")]
    tested = [text for marks, text in rows if marks["source"] == "real"]
    command = evidence().command
    for text in tested:
        assert f"<code>{command}</code>" in text
        assert "data-label='tbl-goutam-1'" in text
        assert "chapters/layerout.html#clm-goutam-" in text
    wanted = [text for marks, text in rows if marks["source"] != "real"]
    assert any("<code>python -m mtlcore run goutam table-2 --profile desk --seeds 5" in text for text in wanted)
    claim = next(claim for claim in claims.load("goutam").claims if claim.test is None)
    plain = next(text for text in wanted if claim.says in text)
    assert "<code>" not in plain


def test_the_whole_board_is_a_file(recorded):
    address = re.search(r"download='scoreboard.csv' href='data:text/csv;charset=utf-8,(.*?)'", report.scoreboard().html)
    rows = list(csv.DictReader(io.StringIO(unquote(address[1]))))
    assert len(rows) == sum(len(claims.load(s).claims) * len(claims.load(s).variants) for s in claims.DOCUMENTS)
    assert set(rows[0]) == set(board.COLUMNS)
    mine = next(r for r in rows if (r["claim"], r["variant"]) == ("mnist-efreeze-best", "corrected"))
    assert (mine["verdict"], mine["seeds"], mine["data"]) == ("holds", "3", "real")
    assert float(mine["low"]) <= float(mine["difference"]) <= float(mine["high"])
    assert mine["command"] == evidence().command


def test_a_file_in_a_link_is_what_it_was_given():
    shown = downloads.csv_link([["a", "b"], ["1,5 ± 2", "it's <x>"]], "numbers", "Numbers")
    address = unescape(re.search(r"href='(.*?)'", shown)[1])
    assert list(csv.reader(io.StringIO(unquote(address.partition(",")[2])))) == [["a", "b"], ["1,5 ± 2", "it's <x>"]]


@pytest.mark.parametrize("short", claims.DOCUMENTS)
def test_every_claim_is_about_a_method(short):
    known = {*METHODS[short].values(), SUBJECT[short]}
    found = {method for claim in claims.load(short).claims for method in methods_of(short, claim)}
    assert found == known


def test_findings_are_a_row_a_document(recorded):
    shown = unescape(report.findings().html)
    body = re.findall(r"<tr>(<th scope='row'.*?)</tr>", shown, re.S)
    assert len(body) == len(claims.DOCUMENTS)
    mine = next(row for row in body if "chapters/layerout.html'" in row)
    claim, runs, judgement = landing.tested(claims.load("goutam"))[0]
    assert claim.says in mine
    assert str(judgement.verdict) in mine
    assert tables.origin(runs) in mine
    assert shown.count("not recorded yet") == len(claims.DOCUMENTS) - 1


def test_the_abstract_goes_first(monkeypatch):
    paper = claims.load("goutam")
    monkeypatch.setattr(recipes, "recorded", lambda *names, variant: evidence())
    kinds = [landing.KINDS.index(claim.kind) for claim, _, _ in landing.tested(paper)]
    assert kinds == sorted(kinds)


def test_a_column_says_where_its_numbers_come_from():
    shown = report.published_table("goutam", "table-1", recorded=evidence(), this_run=evidence("twin")).markdown
    named, columns = re.search(r"data-table='(.*?)' data-columns='(.*?)'", shown).groups()
    assert named == "tbl-goutam-1"
    assert unescape(columns).count(evidence().command) == 1
    assert evidence("twin").command in unescape(columns)
    assert "class='sources'" not in report.published_table("goutam", "table-1").markdown
